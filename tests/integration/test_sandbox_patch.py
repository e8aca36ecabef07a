"""PATCH at the sandbox: RFC 7644 section 3.5.2, and what Entra and Okta really send."""

from typing import Any

import pytest

from deployments.sandbox.in_process import InProcessClient
from deployments.sandbox.settings import SandboxSettings

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
WORK = {"value": "a@work.example", "type": "work", "primary": True}
HOME = {"value": "a@home.example", "type": "home"}


@pytest.fixture
def client() -> InProcessClient:
    return InProcessClient(SandboxSettings(rate_limit_per_s=0))


@pytest.fixture
def user_id(client: InProcessClient) -> str:
    user = client.create(
        "a@example.com",
        schemas=[CORE, ENTERPRISE],
        displayName="A",
        title="Boss",
        name={"givenName": "Ann", "familyName": "Lee"},
        emails=[WORK, HOME],
        **{ENTERPRISE: {"department": "R&D", "manager": {"value": "m1"}}},
    ).json()
    return str(user["id"])


def patched(client: InProcessClient, user_id: str, *operations: dict[str, Any]) -> dict[str, Any]:
    response = client.patch(user_id, *operations)
    assert response.status_code == 200, response.text
    user: dict[str, Any] = response.json()
    assert client.get(f"/Users/{user_id}").json() == user
    return user


def test_add_sets_single_values_and_merges_complex_ones(
    client: InProcessClient, user_id: str
) -> None:
    user = patched(
        client,
        user_id,
        {"op": "add", "path": "nickName", "value": "Annie"},
        {"op": "add", "path": "name", "value": {"middleName": "B"}},
        {"op": "add", "value": {"locale": "de-CH", "name": {"givenName": "Anna"}}},
    )
    assert (user["nickName"], user["locale"]) == ("Annie", "de-CH")
    assert user["name"] == {"givenName": "Anna", "middleName": "B", "familyName": "Lee"}


def test_add_appends_new_elements_only_and_moves_primary(
    client: InProcessClient, user_id: str
) -> None:
    other = {"value": "a@other.example", "type": "other", "primary": True}
    user = patched(client, user_id, {"op": "add", "path": "emails", "value": [HOME, other]})
    assert user["emails"] == [{**WORK, "primary": False}, HOME, other]

    one = {"value": "+1", "type": "work"}
    user = patched(client, user_id, {"op": "add", "path": "phoneNumbers", "value": one})
    assert user["phoneNumbers"] == [one]


def test_replace_overwrites_a_list_an_element_or_a_part_of_it(
    client: InProcessClient, user_id: str
) -> None:
    new_work = {"value": "b@work.example", "type": "work"}
    user = patched(
        client, user_id, {"op": "replace", "path": 'emails[type eq "work"]', "value": new_work}
    )
    assert user["emails"] == [new_work, HOME]

    path = 'emails[type eq "home" and value ew ".example"].value'
    user = patched(client, user_id, {"op": "replace", "path": path, "value": "b@home.example"})
    assert user["emails"][1] == {"value": "b@home.example", "type": "home"}

    user = patched(client, user_id, {"op": "replace", "path": "emails", "value": [WORK]})
    assert user["emails"] == [WORK]


def test_primary_moves_when_it_is_set_on_an_element(client: InProcessClient, user_id: str) -> None:
    path = 'emails[type eq "home"].primary'
    user = patched(client, user_id, {"op": "replace", "path": path, "value": True})
    assert user["emails"] == [{**WORK, "primary": False}, {**HOME, "primary": True}]


def test_null_removes_and_an_empty_extension_goes_with_its_last_value(
    client: InProcessClient, user_id: str
) -> None:
    user = patched(
        client,
        user_id,
        {"op": "replace", "path": f"{ENTERPRISE}:manager", "value": None},
        {"op": "replace", "path": "title", "value": None},
        {"op": "replace", "value": {"emails": []}},
    )
    assert not {"title", "emails"} & set(user)
    assert user[ENTERPRISE] == {"department": "R&D"}
    user = patched(client, user_id, {"op": "add", "value": {f"{ENTERPRISE}:department": None}})
    assert ENTERPRISE not in user
    assert user["schemas"] == [CORE]


def test_replace_sets_what_was_not_there(client: InProcessClient, user_id: str) -> None:
    user = patched(
        client,
        user_id,
        {"op": "replace", "path": "nickName", "value": "Annie"},
        {"op": "replace", "path": "name.honorificPrefix", "value": "Dr"},
    )
    assert (user["nickName"], user["name"]["honorificPrefix"]) == ("Annie", "Dr")


def test_remove_takes_attributes_parts_and_elements(client: InProcessClient, user_id: str) -> None:
    user = patched(
        client,
        user_id,
        {"op": "remove", "path": "title"},
        {"op": "remove", "path": "name.familyName"},
        {"op": "remove", "path": 'emails[type eq "work"]'},
        {"op": "remove", "path": f"{ENTERPRISE}:department"},
        {"op": "remove", "path": f"{ENTERPRISE}:manager"},
    )
    assert "title" not in user
    assert user["name"] == {"givenName": "Ann"}
    assert user["emails"] == [HOME]
    assert ENTERPRISE not in user
    assert user["schemas"] == [CORE]
    assert "emails" not in patched(client, user_id, {"op": "remove", "path": "emails"})


def test_extension_paths_are_split_behind_the_dots_of_the_urn(
    client: InProcessClient, user_id: str
) -> None:
    user = patched(
        client,
        user_id,
        {"op": "replace", "path": f"{ENTERPRISE}:manager.value", "value": "m2"},
        {"op": "add", "path": f"{ENTERPRISE}:costCenter", "value": "4130"},
        {"op": "add", "path": ENTERPRISE, "value": {"division": "North"}},
        {"op": "replace", "path": f"{CORE}:name.givenName", "value": "Anna"},
    )
    assert user[ENTERPRISE] == {
        "department": "R&D",
        "manager": {"value": "m2"},
        "costCenter": "4130",
        "division": "North",
    }
    assert user["name"]["givenName"] == "Anna"


def test_entra_sends_capitalised_ops_and_booleans_as_text(
    client: InProcessClient, user_id: str
) -> None:
    # https://github.com/AzureAD/SCIMReferenceCode/issues/21
    off = {"op": "Replace", "path": "active", "value": "False"}
    assert patched(client, user_id, off)["active"] is False
    on = {"op": "Add", "value": {"active": "True"}}
    assert patched(client, user_id, on)["active"] is True

    strict = InProcessClient(SandboxSettings(lenient_booleans=False))
    other = strict.create("a@example.com").json()["id"]
    assert strict.patch(other, off).json()["scimType"] == "invalidValue"


def test_entra_sends_dotted_and_qualified_names_without_a_path(
    client: InProcessClient, user_id: str
) -> None:
    # https://github.com/Captain-P-Goldfish/scim-for-keycloak/issues/26
    value = {
        "displayName": "Bjfe",
        "name.givenName": "Kkom",
        "name.familyName": "Unua",
        f"{ENTERPRISE}:employeeNumber": "Aklq",
    }
    user = patched(client, user_id, {"op": "replace", "value": value})
    assert user["displayName"] == "Bjfe"
    assert user["name"] == {"givenName": "Kkom", "familyName": "Unua"}
    assert user[ENTERPRISE]["employeeNumber"] == "Aklq"
    assert user[ENTERPRISE]["department"] == "R&D"


def test_entra_adds_to_elements_that_do_not_exist_yet(
    client: InProcessClient, user_id: str
) -> None:
    user = patched(
        client,
        user_id,
        {"op": "Add", "path": 'phoneNumbers[type eq "mobile"].value', "value": "+41 79"},
        {"op": "Add", "path": 'addresses[type eq "work"].locality', "value": "Bern"},
    )
    assert user["phoneNumbers"] == [{"type": "mobile", "value": "+41 79"}]
    assert user["addresses"] == [{"type": "work", "locality": "Bern"}]


def test_entra_sets_the_role_through_the_primary_element(
    client: InProcessClient, user_id: str
) -> None:
    path = 'roles[primary eq "True"].value'
    user = patched(client, user_id, {"op": "Replace", "path": path, "value": "maker"})
    assert user["roles"] == [{"primary": True, "value": "maker"}]


def test_okta_replaces_without_a_path_and_repeats_the_id(
    client: InProcessClient, user_id: str
) -> None:
    value = {"id": user_id, "active": False, "schemas": [CORE]}
    user = patched(client, user_id, {"op": "replace", "value": value})
    assert user["active"] is False
    assert user["title"] == "Boss"
    role = {"roles": [{"primary": True, "value": "admin"}]}
    assert patched(client, user_id, {"op": "replace", "value": role})["roles"] == role["roles"]


def test_removing_with_a_value_takes_just_those_elements(
    client: InProcessClient, user_id: str
) -> None:
    gone = [{"value": WORK["value"]}]
    user = patched(client, user_id, {"op": "Remove", "path": "emails", "value": gone})
    assert user["emails"] == [HOME]


@pytest.mark.parametrize(
    ("operation", "scim_type"),
    [
        ({"op": "replace", "path": "id", "value": "x"}, "mutability"),
        ({"op": "replace", "path": "meta.created", "value": "x"}, "mutability"),
        ({"op": "remove", "path": "userName"}, "mutability"),
        ({"op": "replace", "path": "userName", "value": None}, "mutability"),
        ({"op": "replace", "path": "userName", "value": ""}, "invalidValue"),
        ({"op": "remove"}, "noTarget"),
        ({"op": "remove", "path": 'emails[type eq "other"]'}, "noTarget"),
        ({"op": "replace", "path": 'emails[type eq "other"].value', "value": "x"}, "noTarget"),
        ({"op": "replace", "path": "favouriteColour", "value": "red"}, "invalidPath"),
        ({"op": "replace", "value": {"favouriteColour": "red"}}, "invalidPath"),
        ({"op": "replace", "path": "emails[type", "value": "x"}, "invalidFilter"),
        ({"op": "replace", "path": 'title[type eq "x"]', "value": "x"}, "invalidPath"),
        ({"op": "replace", "path": 'emails[colour eq "x"]', "value": "x"}, "invalidFilter"),
        ({"op": "replace", "path": 'emails[type eq "work"]value', "value": "x"}, "invalidPath"),
        ({"op": "replace", "path": 7, "value": "x"}, "invalidPath"),
        ({"op": "move", "path": "title", "value": "x"}, "invalidSyntax"),
        ({"op": "replace", "path": "title"}, "invalidValue"),
        ({"op": "replace", "value": "x"}, "invalidValue"),
        ({"op": "replace", "path": "title", "value": {"x": 1}}, "invalidValue"),
        ({"op": "replace", "path": "roles", "value": [{"value": "owner"}]}, "invalidValue"),
    ],
)
def test_a_wrong_operation_is_refused_and_nothing_of_the_request_is_applied(
    client: InProcessClient, user_id: str, operation: dict[str, Any], scim_type: str
) -> None:
    before = client.get(f"/Users/{user_id}").json()
    fine = {"op": "replace", "path": "title", "value": "Chief"}

    response = client.patch(user_id, fine, operation)

    assert response.status_code == 400
    assert response.json()["scimType"] == scim_type
    assert client.get(f"/Users/{user_id}").json() == before
    assert not client.sandbox.journal[-2].applied


@pytest.mark.parametrize(
    "body",
    [
        {"Operations": [{"op": "remove", "path": "title"}]},
        {"schemas": [CORE], "Operations": [{"op": "remove", "path": "title"}]},
        {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"]},
        {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": []},
        {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": ["x"]},
    ],
)
def test_a_message_of_another_kind_is_no_patch(
    client: InProcessClient, user_id: str, body: dict[str, Any]
) -> None:
    response = client.send("PATCH", f"/Users/{user_id}", body)
    assert (response.status_code, response.json()["scimType"]) == (400, "invalidSyntax")


def test_unknown_paths_are_ignored_when_the_target_is_not_strict() -> None:
    client = InProcessClient(SandboxSettings(strict_attributes=False))
    user_id = client.create("a@example.com").json()["id"]
    user = patched(
        client,
        user_id,
        {"op": "replace", "path": "favouriteColour", "value": "red"},
        {"op": "replace", "value": {"favouriteColour": "red", "title": "Boss"}},
    )
    assert user["title"] == "Boss"
    assert "favouriteColour" not in user


def test_patch_can_answer_204_unless_attributes_are_asked_for() -> None:
    client = InProcessClient(SandboxSettings(patch_answers_204=True))
    user_id = client.create("a@example.com").json()["id"]
    body = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "replace", "path": "title", "value": "Boss"}],
    }

    response = client.send("PATCH", f"/Users/{user_id}", body)
    assert (response.status_code, response.content) == (204, b"")
    assert client.get(f"/Users/{user_id}").json()["title"] == "Boss"

    asked = client.send("PATCH", f"/Users/{user_id}", body, params={"attributes": "title"})
    assert asked.status_code == 200
    assert asked.json() == {"schemas": [CORE], "id": user_id, "title": "Boss"}
