"""Looking people up: what a filter answers is checked for holding what was asked."""

import asyncio

import pytest

from data_contracts.errors import AnswerUnreadable, TargetRefused, TokenRefused
from data_contracts.outcome import HttpExchange
from data_contracts.scim.schema import USER_SCHEMA
from tests.target_parts import Target, asynchronous, create, target

COMMON = {"filters": "common"}


async def ids(t: Target, user_name: str = "e1@acme.example") -> list[str]:
    return [user["id"] for user in await t.client.find_by_user_name(user_name)]


@asynchronous
async def test_a_user_name_is_found_in_any_case_with_one_request() -> None:
    async with target() as t:
        await t.apply(create())
        assert await ids(t, "E1@Acme.Example") == ["id-1"]
        assert await ids(t, "nobody@acme.example") == []
        assert t.requests() == ["POST 201", "GET 200", "GET 200"]


@asynchronous
async def test_empty_text_is_nobody_and_asks_nothing() -> None:
    async with target() as t:
        assert await t.client.find_by_user_name("  ") == ()
        assert t.requests() == []


@pytest.mark.parametrize("name", ['o"neil', "back\\slash", "Jürgen+x@acme.example", "a b"])
@asynchronous
async def test_names_with_special_characters_are_found(name: str) -> None:
    async with target() as t:
        await t.client.create_user({"schemas": [USER_SCHEMA], "userName": name})
        assert await ids(t, name) == ["id-1"]


@asynchronous
async def test_an_external_id_is_found_exactly() -> None:
    async with target(sandbox=COMMON) as t:
        await t.apply(create("E1"))
        assert [u["id"] for u in await t.client.find_by_external_id("E1")] == ["id-1"]
        assert await t.client.find_by_external_id("e1") == ()


@asynchronous
async def test_who_does_not_show_an_external_id_is_not_taken_for_the_one() -> None:
    async with target("hidden-external-id=1", sandbox=COMMON) as t:
        await t.apply(create("E1"))
        assert await t.client.find_by_external_id("E1") == ()
        assert t.requests()[-1] == "GET 200", "and nobody is listed for it"


@asynchronous
async def test_a_filter_that_is_not_understood_is_asked_once_and_then_the_list_is_read() -> None:
    async with target(sandbox={"made_up_users": 230}) as t:
        await t.apply(create("E1"))
        t.sandbox.journal.clear()
        assert [u["id"] for u in await t.client.find_by_external_id("E1")] == ["id-1"]
        assert t.requests() == ["GET 400", *["GET 200"] * 3, "GET 200"]  # filter, pages, user
        t.sandbox.journal.clear()
        assert await t.client.find_by_external_id("E2") == ()
        assert t.requests() == ["GET 200"] * 3


@asynchronous
async def test_look_ups_at_the_same_time_share_a_listing() -> None:
    async with target(sandbox={"made_up_users": 230, "latency_ms": 5}) as t:
        names = [f"E{n}" for n in range(20)]
        await asyncio.gather(*(t.client.find_by_external_id(name) for name in names))
        pages = [seen for seen in t.sandbox.journal if "startIndex" in seen.query]
        assert len(pages) <= 3 * 3


@asynchronous
async def test_an_ignored_filter_and_an_incomplete_list_find_nothing_out() -> None:
    sandbox = {"made_up_users": 230}
    async with target("filter-ignored=1", "short-list=1", sandbox=sandbox) as t:
        with pytest.raises(AnswerUnreadable, match="listing is not complete"):
            await ids(t)


@asynchronous
async def test_exchanges_are_noted_without_values_and_with_their_purpose() -> None:
    async with target() as t:
        trace: list[HttpExchange] = []
        await t.client.find_by_user_name("ada@acme.example", trace=trace)
        (exchange,) = trace
        assert (exchange.method, exchange.status, exchange.purpose) == ("GET", 200, "look-up")
        assert exchange.path == '/Users?filter=userName eq "***"'
        assert exchange.at == t.time.now()


@asynchronous
async def test_a_user_who_is_not_there_is_a_404_of_scim() -> None:
    async with target() as t:
        with pytest.raises(TargetRefused) as caught:
            await t.client.get_user("absent")
        assert caught.value.status == 404


@asynchronous
async def test_an_answer_about_somebody_else_is_not_taken() -> None:
    async with target() as t:
        await t.apply(create("E1"), create("E2"))
        honest = t.sandbox.service.users.read
        t.sandbox.service.users.read = lambda exchange, _: honest(exchange, "id-2")  # type: ignore[method-assign, assignment]
        with pytest.raises(AnswerUnreadable, match="not that user"):
            await t.client.get_user("id-1")


@asynchronous
async def test_discovery_tells_each_endpoint_and_the_clock() -> None:
    async with target(sandbox={"made_up_users": 7, "etags": True}) as t:
        found = await t.client.discover()
        assert [(check.name, check.ok) for check in found.endpoints] == [
            ("features", True),
            ("resource types", True),
            ("schemas", True),
            ("users", True),
        ]
        assert (found.config.patch, found.config.etag, found.users) == (True, True, 7)
        assert found.resource_types == ("User",)
        assert USER_SCHEMA in found.schemas


@asynchronous
async def test_discovery_with_a_wrong_token_tells_and_does_not_raise() -> None:
    async with target(sandbox={"token": "another"}) as t:
        found = await t.client.discover()
        assert {check.status for check in found.endpoints} == {401}
        assert all("expired, revoked" in check.hint for check in found.endpoints)
        with pytest.raises(TokenRefused):
            await t.client.provider_config()
