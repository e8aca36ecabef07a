"""The examples of RFC 7643 and RFC 7644, sent to the sandbox, each named by its section."""

from typing import Any

import pytest
from scim2_models import EnterpriseUser, Error, ListResponse, Schema, ServiceProviderConfig, User

from deployments.sandbox.in_process import ORIGIN, InProcessClient
from deployments.sandbox.settings import SandboxSettings

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
BABS, JAMES = "2819c223-7f76-453a-919d-413861904646", "08e1d05d-121c-4561-8b96-473d93df9210"

# RFC 7643 section 8.3: the enterprise user, with everything a User can have.
FULL_USER: dict[str, Any] = {
    "schemas": [CORE, ENTERPRISE],
    "id": BABS,
    "externalId": "701984",
    "userName": "bjensen@example.com",
    "name": {
        "formatted": "Ms. Barbara J Jensen III",
        "familyName": "Jensen",
        "givenName": "Barbara",
        "middleName": "Jane",
        "honorificPrefix": "Ms.",
        "honorificSuffix": "III",
    },
    "displayName": "Babs Jensen",
    "nickName": "Babs",
    "profileUrl": "https://login.example.com/bjensen",
    "emails": [
        {"value": "bjensen@example.com", "type": "work", "primary": True},
        {"value": "babs@jensen.org", "type": "home"},
    ],
    "addresses": [
        {
            "type": "work",
            "streetAddress": "100 Universal City Plaza",
            "locality": "Hollywood",
            "region": "CA",
            "postalCode": "91608",
            "country": "USA",
            "formatted": "100 Universal City Plaza\nHollywood, CA 91608 USA",
            "primary": True,
        },
        {"type": "home", "streetAddress": "456 Hollywood Blvd", "locality": "Hollywood"},
    ],
    "phoneNumbers": [{"value": "555-555-5555", "type": "work"}],
    "ims": [{"value": "someaimhandle", "type": "aim"}],
    "photos": [{"value": "https://photos.example.com/profilephoto/F", "type": "photo"}],
    "userType": "Employee",
    "title": "Tour Guide",
    "preferredLanguage": "en-US",
    "locale": "en-US",
    "timezone": "America/Los_Angeles",
    "active": True,
    "password": "t1meMa$heen",
    "groups": [{"value": "e9e30dba", "display": "Tour Guides"}],
    "x509Certificates": [{"value": "MIIDQzCCAqygAwIBAgICEAAwDQYJKoZIhvcNAQEFBQAw"}],
    ENTERPRISE: {
        "employeeNumber": "701984",
        "costCenter": "4130",
        "organization": "Universal Studios",
        "division": "Theme Park",
        "department": "Tour Operations",
        "manager": {"value": "26118915-6090", "$ref": "../Users/26118915-6090"},
    },
    "meta": {"resourceType": "User", "created": "2010-01-23T04:56:22Z"},
}
MINIMAL_POST = {  # RFC 7644 section 3.3
    "schemas": [CORE],
    "userName": "bjensen",
    "externalId": "bjensen",
    "name": {
        "formatted": "Ms. Barbara J Jensen III",
        "familyName": "Jensen",
        "givenName": "Barbara",
    },
}


@pytest.fixture
def client() -> InProcessClient:
    return InProcessClient(SandboxSettings(filters="all", teams=True, rate_limit_per_s=0))


@pytest.fixture
def babs(client: InProcessClient) -> str:
    return str(client.send("POST", "/Users", FULL_USER).json()["id"])


def patch(client: InProcessClient, path: str, *operations: dict[str, Any]) -> dict[str, Any]:
    response = client.send("PATCH", path, {"schemas": [PATCH], "Operations": list(operations)})
    assert response.status_code == 200, response.text
    resource: dict[str, Any] = response.json()
    return resource


def test_rfc7643_8_3_the_full_user_is_kept_but_for_what_the_service_owns(
    client: InProcessClient, babs: str
) -> None:
    user = client.get(f"/Users/{babs}").json()
    kept = set(FULL_USER) - {"id", "meta", "password", "groups"}
    assert {name: user[name] for name in kept} == {name: FULL_USER[name] for name in kept}
    assert set(user) == kept | {"id", "meta", "roles"}
    User[EnterpriseUser].model_validate(user)


def test_rfc7644_3_3_creating(client: InProcessClient) -> None:
    response = client.send("POST", "/Users", MINIMAL_POST)
    user = response.json()
    assert response.status_code == 201
    assert response.headers["location"] == user["meta"]["location"]
    assert user["meta"]["location"] == f"{ORIGIN}/scim/v2/Users/{user['id']}"
    assert {name: user[name] for name in MINIMAL_POST} == MINIMAL_POST


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ('userName eq "bjensen@example.com"', True),
        ('name.familyName co "O\'Malley"', False),
        ('userName sw "J"', False),
        ('urn:ietf:params:scim:schemas:core:2.0:User:userName sw "B"', True),
        ("title pr", True),
        ('meta.lastModified gt "2011-05-13T04:42:34Z"', True),
        ('meta.lastModified ge "2011-05-13T04:42:34Z"', True),
        ('meta.lastModified lt "2011-05-13T04:42:34Z"', False),
        ('meta.lastModified le "2011-05-13T04:42:34Z"', False),
        ('title pr and userType eq "Employee"', True),
        ('title pr or userType eq "Intern"', True),
        (f'schemas eq "{ENTERPRISE}"', True),
        (
            'userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")',
            True,
        ),
        (
            'userType ne "Employee" and not (emails co "example.com" or '
            'emails.value co "example.org")',
            False,
        ),
        ('userType eq "Employee" and (emails.type eq "work")', True),
        ('userType eq "Employee" and emails[type eq "work" and value co "@example.com"]', True),
        (
            'emails[type eq "work" and value co "@example.com"] or '
            'ims[type eq "xmpp" and value co "@foo.com"]',
            True,
        ),
    ],
)
def test_rfc7644_3_4_2_2_filters(
    client: InProcessClient, babs: str, text: str, matches: bool
) -> None:
    page = client.get("/Users", filter=text).json()
    assert [user["id"] for user in page["Resources"]] == ([babs] if matches else [])
    ListResponse[User[EnterpriseUser]].model_validate(page)


def test_rfc7644_3_5_1_replacing(client: InProcessClient, babs: str) -> None:
    body = {
        "schemas": [CORE],
        "id": BABS,
        "userName": "bjensen",
        "externalId": "bjensen",
        "name": {"familyName": "Jensen", "givenName": "Barbara", "middleName": "Jane"},
        "roles": [],
        "emails": [{"value": "bjensen@example.com"}, {"value": "babs@jensen.org"}],
    }
    response = client.send("PUT", f"/Users/{babs}", body)
    user = response.json()
    assert response.status_code == 200
    assert response.headers["location"] == user["meta"]["location"]
    assert user["emails"] == body["emails"]
    assert user["schemas"] == [CORE]
    assert not {"title", ENTERPRISE, "addresses"} & set(user)


def test_rfc7644_3_5_2_1_adding_emails_and_a_nickname(client: InProcessClient, babs: str) -> None:
    new = {"value": "babs@new.example", "type": "other"}
    value = {"emails": [new], "nickname": "Barbie"}
    user = patch(client, f"/Users/{babs}", {"op": "add", "value": value})
    assert user["emails"] == [*FULL_USER["emails"], new]
    assert user["nickName"] == "Barbie"


def test_rfc7644_3_5_2_members_of_a_group(client: InProcessClient) -> None:
    group = client.send("POST", "/Groups", {"schemas": [GROUP], "displayName": "Guides"}).json()
    path = f"/Groups/{group['id']}"
    first = {
        "display": "Babs Jensen",
        "$ref": f"https://example.com/v2/Users/{BABS}",
        "value": BABS,
    }
    second = {"display": "James Smith", "value": JAMES}

    added = {"op": "add", "path": "members", "value": [first]}
    assert patch(client, path, added)["members"] == [first]
    assert patch(client, path, added)["members"] == [first]
    swapped = patch(
        client,
        path,
        {"op": "remove", "path": f'members[value eq"{BABS}"]'},  # no blank: as printed there
        {"op": "add", "path": "members", "value": [second]},
    )
    assert swapped["members"] == [second]
    replaced = {"op": "replace", "path": "members", "value": [first, second]}
    assert patch(client, path, replaced)["members"] == [first, second]
    assert "members" not in patch(client, path, {"op": "remove", "path": "members"})


def test_rfc7644_3_5_2_2_removing_one_email(client: InProcessClient, babs: str) -> None:
    path = 'emails[type eq "work" and value ew "example.com"]'
    user = patch(client, f"/Users/{babs}", {"op": "remove", "path": path})
    assert user["emails"] == FULL_USER["emails"][1:]


def test_rfc7644_3_5_2_3_replacing_an_address_and_a_street(
    client: InProcessClient, babs: str
) -> None:
    address = {
        "type": "work",
        "streetAddress": "911 Universal City Plaza",
        "locality": "Hollywood",
        "region": "CA",
        "postalCode": "91608",
        "country": "US",
        "formatted": "911 Universal City Plaza\nHollywood, CA 91608 US",
        "primary": True,
    }
    operation = {"op": "replace", "path": 'addresses[type eq "work"]', "value": address}
    home = FULL_USER["addresses"][1]
    assert patch(client, f"/Users/{babs}", operation)["addresses"] == [address, home]

    street = 'addresses[type eq "work"].streetAddress'
    operation = {"op": "replace", "path": street, "value": "1010 Broadway Ave"}
    addresses = patch(client, f"/Users/{babs}", operation)["addresses"]
    assert addresses == [{**address, "streetAddress": "1010 Broadway Ave"}, home]


def test_rfc7644_3_5_2_3_replacing_all_emails(client: InProcessClient, babs: str) -> None:
    value = {"emails": [{"value": "b@example.com", "type": "work", "primary": True}]}
    user = patch(client, f"/Users/{babs}", {"op": "replace", "value": {**value, "nickname": "B"}})
    assert (user["emails"], user["nickName"]) == (value["emails"], "B")


def test_rfc7644_3_9_a_part_of_a_user(client: InProcessClient, babs: str) -> None:
    part = client.get(f"/Users/{babs}", attributes="userName").json()
    assert part == {
        "schemas": [CORE, ENTERPRISE],
        "id": babs,
        "userName": "bjensen@example.com",
    }


def test_rfc7644_3_12_errors(client: InProcessClient, babs: str) -> None:
    for response in (
        client.get("/Users/unknown"),
        client.send("POST", "/Users", FULL_USER),
        client.patch(babs, {"op": "replace", "path": "id", "value": "x"}),
        client.send("DELETE", f"/Users/{babs}"),
    ):
        error = Error.model_validate(response.json())
        assert error.status == response.status_code
        assert isinstance(response.json()["status"], str)


def test_rfc7644_4_discovery_is_valid_to_scim2_models(client: InProcessClient) -> None:
    ServiceProviderConfig.model_validate(client.get("/ServiceProviderConfig").json())
    ours = {s["id"]: s for s in client.get("/Schemas").json()["Resources"]}
    for model in (User, EnterpriseUser):
        theirs = {a.name for a in model.to_schema().attributes or []}
        schema = Schema.model_validate(ours[str(model.__schema__)])
        names = {a.name for a in schema.attributes or []}
        assert names == theirs - {"id", "externalId", "meta", "schemas"}
