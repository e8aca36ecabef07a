"""The sandbox's members: created, read, replaced, deactivated, never deleted."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from deployments.sandbox.in_process import ORIGIN, InProcessClient
from deployments.sandbox.settings import ROLE_EXTENSION, SandboxSettings

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


@pytest.fixture
def client() -> InProcessClient:
    return InProcessClient(SandboxSettings(rate_limit_per_s=0))


def problem(response: Any, status: int, scim_type: str | None = None) -> str:
    """Check an answer against RFC 7644 section 3.12 and give its detail."""
    body = response.json()
    assert response.status_code == status
    assert response.headers["content-type"] == "application/scim+json"
    assert body["schemas"] == [ERROR]
    assert body["status"] == str(status)
    assert body.get("scimType") == scim_type
    return str(body["detail"])


def test_create_answers_201_with_location_and_meta() -> None:
    moment = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
    client = InProcessClient(now=lambda: moment, new_id=lambda: "7")

    response = client.create("bjensen@example.com", name={"givenName": "Barbara"})

    location = f"{ORIGIN}/scim/v2/Users/7"
    assert response.status_code == 201
    assert response.headers["location"] == location
    assert response.headers["content-type"] == "application/scim+json"
    assert response.json() == {
        "schemas": [CORE],
        "id": "7",
        "userName": "bjensen@example.com",
        "name": {"givenName": "Barbara"},
        "active": True,
        "roles": [{"value": "contributor", "primary": True}],
        "meta": {
            "resourceType": "User",
            "created": "2026-03-01T12:30:00.000Z",
            "lastModified": "2026-03-01T12:30:00.000Z",
            "location": location,
        },
    }
    assert client.get("/Users/7").json() == response.json()


def test_user_name_alone_is_enough_and_without_it_nothing_is_created(
    client: InProcessClient,
) -> None:
    assert client.create("a@example.com").status_code == 201
    for user_name in ("", "  ", None):
        problem(client.create(user_name, displayName="x"), 400, "invalidValue")  # type: ignore[arg-type]
    assert len(client.sandbox.store) == 1


def test_delete_is_405_and_removes_nobody(client: InProcessClient) -> None:
    user_id = client.create("a@example.com").json()["id"]

    for path in (f"/Users/{user_id}", "/Users", "/Users/unknown"):
        response = client.send("DELETE", path)
        problem(response, 405)
        assert "DELETE" not in response.headers["allow"]
    assert client.send("DELETE", f"/Users/{user_id}").headers["allow"] == "GET, PUT, PATCH"

    assert client.get(f"/Users/{user_id}").status_code == 200
    assert len(client.sandbox.store) == 1
    assert not client.sandbox.journal[-2].applied


def test_user_name_is_unique_in_any_case(client: InProcessClient) -> None:
    client.create("Anna@Example.com")
    other = client.create("ben@example.com").json()["id"]

    problem(client.create("anna@example.COM"), 409, "uniqueness")
    renaming = {"op": "replace", "path": "userName", "value": "ANNA@example.com"}
    problem(client.patch(other, renaming), 409, "uniqueness")
    replacement = {"schemas": [CORE], "userName": "anna@example.com"}
    problem(client.send("PUT", f"/Users/{other}", replacement), 409, "uniqueness")

    own = {"op": "replace", "path": "userName", "value": "BEN@example.com"}
    assert client.patch(other, own).json()["userName"] == "BEN@example.com"
    assert client.create("free@example.com").status_code == 201


def test_a_given_up_user_name_is_free_again(client: InProcessClient) -> None:
    user_id = client.create("Old@Example.com").json()["id"]
    client.patch(user_id, {"op": "replace", "path": "userName", "value": "new@example.com"})

    assert client.create("old@example.com").status_code == 201
    found = client.get("/Users", filter='userName eq "NEW@example.com"').json()
    assert [user["id"] for user in found["Resources"]] == [user_id]


def test_external_id_may_repeat_unless_the_target_forbids_it() -> None:
    for unique, status in ((False, 201), (True, 409)):
        client = InProcessClient(SandboxSettings(external_id_unique=unique))
        client.create("a@example.com", externalId="E1")
        assert client.create("b@example.com", externalId="E1").status_code == status
        assert client.create("c@example.com", externalId="e1").status_code == 201  # case counts


@pytest.mark.parametrize(
    ("carrier", "attributes"),
    [
        ("roles", {"roles": [{"value": "maker", "primary": True}]}),
        ("userType", {"userType": "maker"}),
        ("extension", {"schemas": [CORE, ROLE_EXTENSION], ROLE_EXTENSION: {"role": "maker"}}),
    ],
)
def test_the_role_sits_where_the_target_carries_it(
    carrier: Any, attributes: dict[str, Any]
) -> None:
    client = InProcessClient(SandboxSettings(role_carrier=carrier))
    given = client.create("a@example.com", **attributes).json()
    default = client.create("b@example.com").json()

    name = next(name for name in attributes if name != "schemas")
    assert given[name] == attributes[name]
    expected = {
        "roles": [{"value": "contributor", "primary": True}],
        "userType": "contributor",
        ROLE_EXTENSION: {"role": "contributor"},
    }
    assert default[name] == expected[name]
    assert (ROLE_EXTENSION in default["schemas"]) is (carrier == "extension")


def test_an_unknown_role_is_refused_and_a_custom_one_is_known() -> None:
    owner = {"roles": [{"value": "owner"}]}
    problem(InProcessClient().create("a@example.com", **owner), 400, "invalidValue")

    client = InProcessClient(SandboxSettings(custom_roles=("owner",)))
    assert client.create("a@example.com", **owner).json()["roles"] == [{"value": "owner"}]


def test_a_role_is_understood_in_any_case_and_kept_in_its_own(client: InProcessClient) -> None:
    given = [{"value": "Maker", "display": "M"}]
    user = client.create("a@example.com", roles=given).json()
    assert user["roles"] == [{"value": "maker", "display": "M"}]


def test_a_member_has_one_role(client: InProcessClient) -> None:
    two = [{"value": "maker"}, {"value": "viewer"}]
    problem(client.create("a@example.com", roles=two), 400, "invalidValue")

    user_id = client.create("a@example.com", roles=two[:1]).json()["id"]
    added = {"op": "add", "path": "roles", "value": [{"value": "admin", "primary": True}]}
    assert client.patch(user_id, added).json()["roles"] == [{"value": "admin", "primary": True}]
    also = [{"value": "admin"}, {"value": "viewer"}]
    replacement = {"schemas": [CORE], "userName": "a@example.com", "roles": also}
    problem(client.send("PUT", f"/Users/{user_id}", replacement), 400, "invalidValue")


def test_seats_are_taken_by_active_admins_and_makers_only() -> None:
    client = InProcessClient(SandboxSettings(seats=2))
    paid: dict[str, Any] = {"roles": [{"value": "maker", "primary": True}]}
    first = client.create("a@example.com", **paid).json()["id"]
    second = client.create("b@example.com", roles=[{"value": "admin"}]).json()["id"]
    viewer = client.create("c@example.com", roles=[{"value": "viewer"}]).json()["id"]

    assert "seats" in problem(client.create("d@example.com", **paid), 403)
    upgrade = {"op": "replace", "path": "roles", "value": paid["roles"]}
    problem(client.patch(viewer, upgrade), 403)
    assert client.create("e@example.com", active=False, **paid).status_code == 201
    assert client.patch(second, upgrade).status_code == 200  # had a seat already

    client.patch(first, {"op": "replace", "path": "active", "value": False})
    assert client.patch(viewer, upgrade).status_code == 200


def test_put_replaces_everything_and_falls_back_to_defaults(client: InProcessClient) -> None:
    created = client.create(
        "a@example.com",
        title="Boss",
        active=False,
        roles=[{"value": "admin", "primary": True}],
        externalId="E1",
    ).json()
    body = {"schemas": [CORE], "id": "other", "userName": "a@example.com", "nickName": "A"}
    replaced = client.send("PUT", f"/Users/{created['id']}", body)

    assert replaced.status_code == 200
    user = replaced.json()
    assert user["id"] == created["id"]
    assert user["meta"]["created"] == created["meta"]["created"]
    assert user["nickName"] == "A"
    assert "title" not in user
    assert "externalId" not in user
    assert user["active"] is True
    assert user["roles"][0]["value"] == "contributor"


def test_put_can_keep_state_and_role_that_it_omits() -> None:
    client = InProcessClient(SandboxSettings(put_keeps_omitted=True))
    roles = [{"value": "admin", "primary": True}]
    user_id = client.create("a@example.com", active=False, roles=roles).json()["id"]
    body = {"schemas": [CORE], "userName": "a@example.com"}

    user = client.send("PUT", f"/Users/{user_id}", body).json()

    assert user["active"] is False
    assert user["roles"][0]["value"] == "admin"


def test_last_modified_moves_only_when_something_changes() -> None:
    moments = iter(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=d) for d in range(9))
    client = InProcessClient(now=lambda: next(moments))
    created = client.create("a@example.com", title="Boss").json()

    same = {"op": "replace", "path": "title", "value": "Boss"}
    assert client.patch(created["id"], same).json()["meta"] == created["meta"]
    assert (client.sandbox.journal[-1].applied, client.sandbox.journal[-1].changed) == (True, False)

    other = {"op": "replace", "path": "title", "value": "Chief"}
    changed = client.patch(created["id"], other).json()["meta"]
    assert changed["created"] == created["meta"]["created"]
    assert changed["lastModified"] == "2026-01-02T00:00:00.000Z"


@pytest.mark.parametrize(
    ("attributes", "scim_type", "named"),
    [
        ({"active": "yes"}, "invalidValue", "active"),
        ({"active": 1}, "invalidValue", "active"),
        ({"title": 7}, "invalidValue", "title"),
        ({"emails": {"value": "x"}}, "invalidSyntax", "emails"),
        ({"emails": ["x@example.com"]}, "invalidSyntax", "emails"),
        ({"emails": [{"value": 1}]}, "invalidValue", "emails.value"),
        ({"name": "Barbara"}, "invalidSyntax", "name"),
        ({"favouriteColour": "red"}, "invalidSyntax", "favouritecolour"),
        ({"name": {"surname": "x"}}, "invalidSyntax", "name.surname"),
        ({"title": "a", "Title": "b"}, "invalidSyntax", "twice"),
        (
            {"emails": [{"value": "a", "primary": True}, {"value": "b", "primary": True}]},
            "invalidValue",
            "primary",
        ),
        ({ENTERPRISE: {"department": "R&D"}}, "invalidSyntax", "schemas"),
        ({"schemas": [ENTERPRISE]}, "invalidSyntax", "schemas"),
        ({"schemas": [CORE, "urn:example:unknown"]}, "invalidSyntax", "schemas"),
        ({"schemas": []}, "invalidSyntax", "schemas"),
        ({"department": "R&D"}, "invalidSyntax", "department"),
    ],
)
def test_a_malformed_user_is_refused_with_the_name_of_the_attribute(
    client: InProcessClient, attributes: dict[str, Any], scim_type: str, named: str
) -> None:
    detail = problem(client.create("a@example.com", **attributes), 400, scim_type)
    assert named in detail
    assert len(client.sandbox.store) == 0


def test_an_error_never_repeats_a_value(client: InProcessClient) -> None:
    secret = "Oblomov"
    for attributes in ({"active": secret}, {"emails": [secret]}, {"name": {"givenName": [secret]}}):
        assert secret not in client.create("a@example.com", **attributes).text
    client.create(secret)
    assert secret not in client.create(secret).text


def test_unknown_attributes_are_ignored_when_the_target_is_not_strict() -> None:
    client = InProcessClient(SandboxSettings(strict_attributes=False))
    user = client.create(
        "a@example.com",
        favouriteColour="red",
        name={"surname": "x"},
        **{"urn:example:x": {}, ENTERPRISE: {"department": "R&D"}},
    ).json()
    assert user[ENTERPRISE] == {"department": "R&D"}
    assert not {"favouriteColour", "name", "urn:example:x"} & set(user)


def test_names_of_attributes_and_schemas_are_read_in_any_case(client: InProcessClient) -> None:
    body = {
        "Schemas": [CORE.upper(), ENTERPRISE.lower()],
        "USERNAME": "a@example.com",
        "Name": {"GIVENNAME": "A"},
        ENTERPRISE.upper(): {"Department": "R&D"},
    }
    user = client.send("POST", "/Users", body).json()
    assert user["userName"] == "a@example.com"
    assert user["name"] == {"givenName": "A"}
    assert user[ENTERPRISE] == {"department": "R&D"}
    assert user["schemas"] == [CORE, ENTERPRISE]


def test_read_only_attributes_and_passwords_of_a_request_are_not_stored(
    client: InProcessClient,
) -> None:
    user = client.create(
        "a@example.com",
        id="mine",
        meta={"created": "1999-01-01T00:00:00Z"},
        groups=[{"value": "g"}],
        password="hunter2",
    ).json()
    assert user["id"] != "mine"
    assert user["meta"]["created"] > "2000"
    assert "groups" not in user
    assert "hunter2" not in client.sandbox.store.stored().decode()


def test_null_and_empty_lists_are_unassigned(client: InProcessClient) -> None:
    user = client.create("a@example.com", title=None, emails=[], name={"givenName": None}).json()
    assert not {"title", "emails", "name"} & set(user)


def test_a_target_can_forget_what_it_accepts() -> None:
    client = InProcessClient(
        SandboxSettings(keeps_enterprise_extension=False, forgotten_attributes={"nickName"})
    )
    response = client.create(
        "a@example.com",
        schemas=[CORE, ENTERPRISE],
        nickName="A",
        title="Boss",
        **{ENTERPRISE: {"department": "R&D"}},
    )
    assert response.status_code == 201
    assert response.json()["schemas"] == [CORE]
    assert not {ENTERPRISE, "nickName"} & set(response.json())
    assert response.json()["title"] == "Boss"
    announced = client.get("/ResourceTypes/User").json()["schemaExtensions"]
    assert announced == []


def test_user_name_can_be_held_to_be_an_email() -> None:
    client = InProcessClient(SandboxSettings(user_name_must_be_email=True))
    problem(client.create("bjensen"), 400, "invalidValue")
    problem(client.create("@"), 400, "invalidValue")
    assert client.create("bjensen@example.com").status_code == 201


def test_requests_that_are_no_scim_are_refused(client: InProcessClient) -> None:
    problem(client.send("POST", "/Users", b"{not json"), 400, "invalidSyntax")
    problem(client.send("POST", "/Users", b"[]"), 400, "invalidSyntax")
    text = {"Content-Type": "text/plain"}
    problem(client.send("POST", "/Users", b"{}", headers=text), 415, "invalidSyntax")
    plain = {"Content-Type": "application/json; charset=utf-8"}
    body = b'{"schemas":["%s"],"userName":"x"}' % CORE.encode()
    assert client.send("POST", "/Users", body, headers=plain).status_code == 201
    small = InProcessClient(SandboxSettings(max_payload_bytes=1024))
    problem(small.create("a", title="x" * 1024), 413)


@pytest.mark.parametrize(
    "path", ["/", "/Groups", "/Groups/1", "/Me", "/Users/1/2", "/Nobody", "/Schemas/urn:x"]
)
def test_everything_else_is_a_scim_404(client: InProcessClient, path: str) -> None:
    problem(client.get(path), 404)


def test_paths_outside_the_base_path_are_404_as_well(client: InProcessClient) -> None:
    problem(client.get("/../../v1/Users"), 404)


def test_an_unknown_user_is_404_for_every_method(client: InProcessClient) -> None:
    problem(client.get("/Users/unknown"), 404)
    problem(client.send("PUT", "/Users/unknown", {}), 404)
    problem(client.patch("unknown"), 404)


def test_put_and_patch_can_be_missing() -> None:
    client = InProcessClient(SandboxSettings(put=False, patch=False))
    user_id = client.create("a@example.com").json()["id"]

    put = client.send("PUT", f"/Users/{user_id}", {})
    problem(put, 405)
    assert put.headers["allow"] == "GET, PATCH"
    problem(client.patch(user_id), 501)
    assert client.get("/ServiceProviderConfig").json()["patch"] == {"supported": False}


@pytest.mark.parametrize(
    "wrong",
    [
        {"default_role": "owner"},
        {"default_page_size": 200, "max_page_size": 100},
        {"rate_limit_per_s": -1},
        {"unknown": 1},
        {"faults": ["nothing=1"]},
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        SandboxSettings.model_validate(wrong)
