"""Targets that take a PATCH in one form only: found out once, then one request each."""

from typing import Any

import httpx
import orjson
import pytest

from data_contracts.words import OutcomeResult
from tests.target_parts import (
    ROLE,
    WORK_EMAIL,
    Refuse,
    Target,
    asynchronous,
    change,
    create,
    leave,
    target,
)

APPLIED, FAILED = OutcomeResult.APPLIED, OutcomeResult.FAILED
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


def refusal(scim_type: str | None, status: int = 400) -> httpx.Response:
    document = {"schemas": [ERROR], "status": str(status)}
    if scim_type:
        document["scimType"] = scim_type
    return httpx.Response(status, content=orjson.dumps(document))


def refuses(word: str, scim_type: str | None = "invalidPath") -> Refuse:
    """A target that refuses each PATCH with an operation that has this in its path."""

    def refuse(request: httpx.Request) -> httpx.Response | None:
        if request.method != "PATCH":
            return None
        operations: list[dict[str, Any]] = orjson.loads(request.content)["Operations"]
        paths = [operation.get("path", "-") for operation in operations]
        return refusal(scim_type) if any(word in path for path in paths) else None

    return refuse


def methods(t: Target) -> list[str]:
    return [seen.method for seen in t.sandbox.journal]


async def with_people(t: Target, number: int = 3) -> None:
    await t.apply(*(create(f"E{n}") for n in range(1, number + 1)))
    t.sandbox.journal.clear()


@pytest.mark.parametrize("scim_type", ["invalidPath", "invalidSyntax", None])
@asynchronous
async def test_without_value_paths_the_whole_list_is_sent_and_that_is_remembered(
    scim_type: str | None,
) -> None:
    async with target(refuse=refuses("[", scim_type)) as t:
        await with_people(t)
        async with t.session() as session:
            (first,) = await session.apply([change("id-1", {WORK_EMAIL: "a@acme.example"})])
            assert first.result is APPLIED, first
            assert [e.method for e in first.exchanges] == ["PATCH", "GET", "PATCH"]
            (second,) = await session.apply(
                [change("id-2", {WORK_EMAIL: "b@acme.example"}, key="E2")]
            )
            assert [e.method for e in second.exchanges] == ["GET", "PATCH"]
            (third,) = await session.apply([change("id-3", {"title": "Lead"}, key="E3")])
            assert [e.method for e in third.exchanges] == ["PATCH"]
        assert t.users()[0]["emails"][0]["value"] == "a@acme.example"


@asynchronous
async def test_without_any_paths_parts_of_a_user_are_sent() -> None:
    async with target(refuse=refuses("e")) as t:  # every path has one; "-" has not
        await with_people(t)
        async with t.session() as session:
            changes = {"title": "Lead", "name.familyName": "Lovelace", ROLE: "admin"}
            (first,) = await session.apply([change("id-1", changes)])
            assert first.result is APPLIED, first
            (second,) = await session.apply([change("id-2", {"title": "Lead"}, key="E2")])
            assert [e.method for e in second.exchanges] == ["PATCH"]
        user = t.users()[0]
        assert user["name"] == {"givenName": "Ada", "familyName": "Lovelace"}
        assert (user["title"], user["roles"][0]["value"]) == ("Lead", "admin")


@asynchronous
async def test_deactivating_works_at_a_target_that_knows_no_paths() -> None:
    async with target(refuse=refuses("active", None)) as t:
        await with_people(t, 2)
        async with t.session() as session:
            (first,) = await session.apply([leave("id-1")])
            (second,) = await session.apply([leave("id-2", key="E2")])
        assert (first.result, second.result) == (APPLIED, APPLIED)
        assert len(second.exchanges) == 1
        assert [user["active"] for user in t.users()] == [False, False]


@asynchronous
async def test_a_list_element_that_is_not_there_says_nothing_about_the_dialect() -> None:
    mobile = 'phoneNumbers[type eq "mobile"].value'
    async with target() as t:
        await with_people(t)
        async with t.session() as session:
            # nobody knew that it is missing: `noTarget`, and the whole list goes instead
            (first,) = await session.apply([change("id-1", {mobile: "1"}, before={mobile: "0"})])
            assert first.result is APPLIED, first
            (second,) = await session.apply(
                [change("id-2", {WORK_EMAIL: "b@acme.example"}, key="E2")]
            )
            assert [e.method for e in second.exchanges] == ["PATCH"]


@asynchronous
async def test_a_part_that_an_element_lacks_makes_no_second_element() -> None:
    place, region = 'addresses[type eq "work"].locality', 'addresses[type eq "work"].region'
    async with target() as t:
        await t.apply(create("E1", **{place: "London"}))
        (outcome,) = await t.apply(change("id-1", {region: "Soho"}, before={region: None}))
        assert outcome.result is APPLIED, outcome
        assert t.users()[0]["addresses"] == [
            {"type": "work", "locality": "London", "region": "Soho"}
        ]


@asynchronous
async def test_a_refused_value_is_not_tried_in_every_form_once_the_form_is_known() -> None:
    async with target(sandbox={"strict_attributes": True}) as t:
        await with_people(t)
        async with t.session() as session:
            (fine,) = await session.apply([change("id-1", {ROLE: "admin"})])
            (bad,) = await session.apply([change("id-2", {ROLE: "emperor"}, key="E2")])
        assert (fine.result, bad.result) == (APPLIED, FAILED)
        assert [e.method for e in bad.exchanges] == ["PATCH"]
        assert "emperor" not in bad.detail


@pytest.mark.parametrize("status", [405, 501])
@asynchronous
async def test_patch_that_is_announced_and_not_there_gives_way_to_put(status: int) -> None:
    def refuse(request: httpx.Request) -> httpx.Response | None:
        return refusal(None, status) if request.method == "PATCH" else None

    async with target(refuse=refuse, update_with="auto") as t:
        await with_people(t)
        async with t.session() as session:
            (first,) = await session.apply([change("id-1", {"title": "Lead"})])
            (second,) = await session.apply([change("id-2", {"title": "Lead"}, key="E2")])
        assert (first.result, second.result) == (APPLIED, APPLIED)
        assert [e.method for e in second.exchanges] == ["GET", "PUT"]


@asynchronous
async def test_put_that_is_not_there_gives_way_to_patch() -> None:
    def refuse(request: httpx.Request) -> httpx.Response | None:
        if request.method == "PUT":
            return refusal(None, 405)
        if request.url.path.endswith("ServiceProviderConfig"):
            return httpx.Response(200, content=b'{"patch": {"supported": false}}')
        return None

    async with target(refuse=refuse, update_with="auto") as t:
        await with_people(t)
        (outcome,) = await t.apply(change("id-1", {"title": "Lead"}))
        assert outcome.result is APPLIED, outcome


@asynchronous
async def test_what_the_settings_demand_is_not_changed_by_a_refusal() -> None:
    def refuse(request: httpx.Request) -> httpx.Response | None:
        return refusal(None, 501) if request.method == "PATCH" else None

    async with target(refuse=refuse, update_with="patch") as t:
        await with_people(t)
        (outcome,) = await t.apply(change("id-1", {"title": "Lead"}))
        assert outcome.result is FAILED
        assert "PUT" not in methods(t)


@asynchronous
async def test_an_unreadable_service_provider_config_means_patch() -> None:
    def refuse(request: httpx.Request) -> httpx.Response | None:
        if request.url.path.endswith("ServiceProviderConfig"):
            return httpx.Response(404, content=b"<html>")
        return None

    async with target(refuse=refuse, update_with="auto") as t:
        await with_people(t)
        (outcome,) = await t.apply(change("id-1", {"title": "Lead"}))
        assert outcome.result is APPLIED
        assert methods(t) == ["PATCH"]


@asynchronous
async def test_a_put_sends_nothing_that_the_target_alone_sets_and_keeps_the_rest() -> None:
    sent: list[dict[str, Any]] = []

    def look(request: httpx.Request) -> httpx.Response | None:
        if request.method == "PUT":
            sent.append(orjson.loads(request.content))
        return None

    async with target(refuse=look, update_with="put", sandbox={"etags": True}) as t:
        await with_people(t)
        await t.client.patch_user(
            "id-1",
            {
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                "Operations": [{"op": "add", "path": "nickName", "value": "Countess"}],
            },
        )
        (outcome,) = await t.apply(change("id-1", {"title": "Lead"}))
        assert outcome.result is APPLIED
        assert "meta" not in sent[0]
        assert sent[0]["nickName"] == "Countess"
        assert t.users()[0]["nickName"] == "Countess"
