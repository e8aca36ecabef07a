"""Everything that is sent about people, judged by scim2-models and scim-sanity, and by ourselves.

The two judges let pass an empty userName, `active` as text, and extension data whose URN is not in
`schemas` (and the reverse); those are checked here.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import httpx
import orjson
import pytest
from scim2_models import Context, EnterpriseUser, PatchOp, User
from scim_sanity.validator import SCIMValidator

from data_contracts.scim.resource import Value, build_resource
from data_contracts.scim.schema import ENTERPRISE_SCHEMA, USER_SCHEMA
from data_contracts.words import OperationKind
from tasks.scim.changes import PatchDialect, patch_body
from tests.target_parts import ROLE, WORK_EMAIL, asynchronous, change, create, leave, target

MOBILE = 'phoneNumbers[type eq "mobile"].value'
FLAT_USERS: dict[str, dict[str, Value]] = {
    "the least": {"userName": "ada@acme.example"},
    "a usual one": dict(create().attributes),
    "inactive": {"userName": "ada@acme.example", "active": False},
    "extension alone": {"userName": "a", "enterprise.employeeNumber": "007"},
    "a manager": {"userName": "a", "enterprise.manager.value": "26118915"},
    "empty values": {"userName": "a", "title": "", "enterprise.department": "", MOBILE: ""},
    "every kind": {
        "userName": "a",
        "externalId": "1",
        "displayName": "Ada",
        "nickName": "Countess",
        "profileUrl": "https://acme.example/ada",
        "preferredLanguage": "en-GB",
        "locale": "en-GB",
        "timezone": "Europe/London",
        "userType": "Employee",
        "name.formatted": "Ada Byron",
        "name.honorificPrefix": "Lady",
        WORK_EMAIL: "ada@acme.example",
        'emails[type eq "home"].value': "ada@home.example",
        MOBILE: "+44 20 1",
        'addresses[type eq "work"].streetAddress': "1 Square",
        'addresses[type eq "work"].locality': "London",
        ROLE: "maker",
        'entitlements[type eq "seat"].value': "full",
        "enterprise.costCenter": "00042",
        "enterprise.division": "Engines",
        "enterprise.organization": "Acme",
    },
    "letters of all kinds": {"userName": "jürgen@acme.example", "name.givenName": "李 ﬀ'\"\\"},
}


def own_problems(resource: Mapping[str, Any]) -> list[str]:
    """What the judges let pass."""
    problems = []
    if not str(resource.get("userName") or "").strip():
        problems.append("userName is empty")
    if not isinstance(resource.get("active", True), bool):
        problems.append("active is no boolean")
    named = {urn for urn in resource.get("schemas", ()) if urn != USER_SCHEMA}
    used = {key for key in resource if key.startswith("urn:")}
    problems += [f"{urn} has data and is not in schemas" for urn in used - named]
    problems += [f"{urn} is in schemas and has no data" for urn in named - used]
    problems += [
        f"{key} is empty" for key, value in resource.items() if value in ("", [], {}, None)
    ]
    return problems


def with_manager_reference(resource: dict[str, Any]) -> dict[str, Any]:
    """What scim2-models wants to see of a manager.

    RFC 7643 recommends `$ref` in section 4.3 and requires it in the schema of section 8.7.1. What
    it would have to say is the target's to know, and clients send the value alone.
    """
    extension = resource.get(ENTERPRISE_SCHEMA, {})
    if "manager" not in extension:
        return resource
    manager = {"$ref": "../Users/1", **extension["manager"]}
    return {**resource, ENTERPRISE_SCHEMA: {**extension, "manager": manager}}


def judge_resource(resource: dict[str, Any], context: Context) -> None:
    User[EnterpriseUser].model_validate(with_manager_reference(resource), scim_ctx=context)
    # the id in a PUT is read-only and allowed (RFC 7644 section 3.5.1); scim-sanity thinks of POST
    sent = {key: value for key, value in resource.items() if key != "id"}
    valid, errors = SCIMValidator().validate(sent, "full")
    assert valid, [str(error) for error in errors]
    assert own_problems(resource) == []


def judge_patch(body: dict[str, Any]) -> None:
    PatchOp[User[EnterpriseUser]].model_validate(body, scim_ctx=Context.RESOURCE_PATCH_REQUEST)
    valid, errors = SCIMValidator().validate(body, "patch")
    assert valid, [str(error) for error in errors]
    for operation in body["Operations"]:
        assert operation["op"] in ("add", "replace", "remove"), "Entra's `Replace` is a deviation"
        if operation.get("path") == "active":
            assert isinstance(operation["value"], bool)
        assert ("value" in operation) == (operation["op"] != "remove")


@pytest.mark.parametrize("name", FLAT_USERS)
def test_every_new_user_is_a_valid_resource(name: str) -> None:
    judge_resource(build_resource(FLAT_USERS[name]), Context.RESOURCE_CREATION_REQUEST)


@pytest.mark.parametrize("dialect", list(PatchDialect))
@pytest.mark.parametrize("name", FLAT_USERS)
def test_every_change_is_a_valid_patch_in_every_dialect(name: str, dialect: PatchDialect) -> None:
    current = build_resource(FLAT_USERS["every kind"])
    judge_patch(patch_body(FLAT_USERS[name], dialect=dialect, current=current))
    absent = frozenset(FLAT_USERS[name])
    judge_patch(patch_body(FLAT_USERS[name], dialect=dialect, current=current, absent=absent))


@pytest.mark.parametrize("update_with", ["patch", "put"])
@asynchronous
async def test_everything_that_a_load_sends_is_valid(update_with: str) -> None:
    sent: list[tuple[str, dict[str, Any]]] = []

    def note(request: httpx.Request) -> None:
        if request.content:
            sent.append((request.method, orjson.loads(request.content)))

    async with target(refuse=note, update_with=update_with) as t:
        for number, flat in enumerate(FLAT_USERS.values()):
            flat = {**flat, ROLE: "maker", "userName": f"{number}@acme.example"}
            operation = replace(create(f"E{number}"), attributes=flat, user_name=flat["userName"])
            (outcome,) = await t.apply(operation)
            assert outcome.account_id, outcome
            changes: dict[str, Value] = {"title": "Lead", WORK_EMAIL: "new@acme.example", ROLE: ""}
            await t.apply(change(outcome.account_id, changes, before={WORK_EMAIL: None}))
            await t.apply(leave(outcome.account_id))
            back: dict[str, Value] = {"active": True, "enterprise.department": "R"}
            await t.apply(change(outcome.account_id, back, kind=OperationKind.REACTIVATE))
    assert {method for method, _ in sent} == {"POST", update_with.upper()}
    for method, body in sent:
        if method == "PATCH":
            judge_patch(body)
        else:
            creation = method == "POST"
            judge_resource(
                body,
                Context.RESOURCE_CREATION_REQUEST
                if creation
                else Context.RESOURCE_REPLACEMENT_REQUEST,
            )


@pytest.mark.parametrize(
    ("resource", "problem"),
    [
        ({"schemas": [USER_SCHEMA], "userName": " "}, "userName is empty"),
        ({"schemas": [USER_SCHEMA], "userName": "a", "active": "true"}, "active is no boolean"),
        (
            {"schemas": [USER_SCHEMA], "userName": "a", ENTERPRISE_SCHEMA: {"department": "R"}},
            f"{ENTERPRISE_SCHEMA} has data and is not in schemas",
        ),
        (
            {"schemas": [USER_SCHEMA, ENTERPRISE_SCHEMA], "userName": "a"},
            f"{ENTERPRISE_SCHEMA} is in schemas and has no data",
        ),
        ({"schemas": [USER_SCHEMA], "userName": "a", "title": ""}, "title is empty"),
    ],
)
def test_our_own_judge_sees_what_it_is_there_for(resource: dict[str, Any], problem: str) -> None:
    assert own_problems(resource) == [problem]
