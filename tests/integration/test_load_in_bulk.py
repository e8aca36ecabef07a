"""Writes sent together (RFC 7644 section 3.7): fewer requests, and each operation for itself."""

import asyncio
import logging
from collections import Counter
from typing import Any

import httpx
import orjson
import pytest

from data_contracts.outcome import HttpExchange, Outcome
from data_contracts.words import OutcomeResult
from deployments.sandbox.sandbox import Sandbox
from tests.target_parts import Target, asynchronous, change, create, leave, target

ON = {"enabled": True}
BODIES = {"bulk": True, "bulk_answers_bodies": True}
BARE = {"bulk": True}
PEOPLE = [f"E{n}" for n in range(20)]


def in_bulk(*faults: str, bulk: Any = ON, sandbox: Any = BODIES, **more: Any) -> Any:
    return target(*faults, sandbox=sandbox, bulk=bulk, **more)


def results(outcomes: tuple[Outcome, ...]) -> Counter[OutcomeResult]:
    return Counter(outcome.result for outcome in outcomes)


def sent(t: Target) -> Counter[str]:
    """Requests that reached the target, without the operations within a Bulk."""
    return Counter(f"{s.method} {s.path.split('/')[1]}" for s in t.sandbox.journal if not s.in_bulk)


def carried_out(sandbox: Sandbox) -> list[tuple[str, str]]:
    return [(s.method, s.path) for s in sandbox.journal if s.changed]


def told(exchanges: tuple[HttpExchange, ...]) -> list[tuple[str, str, int | None, str]]:
    return [(e.method, e.path, e.status, e.purpose) for e in exchanges]


async def made(t: Target, *keys: str) -> list[str]:
    """Accounts of these people, made one by one; their ids."""
    outcomes = [(await t.apply(create(key)))[0] for key in keys]
    t.sandbox.journal.clear()
    return [str(outcome.account_id) for outcome in outcomes]


@asynchronous
async def test_creates_in_flight_together_are_one_request_when_the_answer_holds_the_users() -> None:
    async with in_bulk() as t:
        outcomes = await t.apply(*map(create, PEOPLE))
        assert results(outcomes) == {OutcomeResult.APPLIED: 20}
        assert sent(t) == {"GET ServiceProviderConfig": 1, "POST Bulk": 1}
        assert t.client.requests == 2
        assert {user["externalId"] for user in t.users()} == set(PEOPLE)
        by_key = {user["externalId"]: user["id"] for user in t.users()}
        assert {o.worker_key: o.account_id for o in outcomes} == by_key


@asynchronous
async def test_without_bodies_each_is_read_where_the_answer_says_that_it_is() -> None:
    async with in_bulk(sandbox=BARE) as t:
        outcomes = await t.apply(*map(create, PEOPLE))
        assert results(outcomes) == {OutcomeResult.APPLIED: 20}
        assert sent(t) == {"GET ServiceProviderConfig": 1, "POST Bulk": 1, "GET Users": 20}


def unreadable(*, searches: bool) -> Any:
    """A target where accounts cannot be read one by one; `searches`: nor be searched."""

    def refuse(request: httpx.Request) -> httpx.Response | None:
        one = request.url.path.rpartition("/")[2].startswith("id-")
        if request.method == "GET" and (one or (searches and "filter" in str(request.url.query))):
            raise httpx.ReadTimeout("no answer")
        return None

    return refuse


@asynchronous
async def test_a_created_account_that_cannot_be_read_where_it_is_said_to_be_is_searched() -> None:
    async with in_bulk(sandbox=BARE, refuse=unreadable(searches=False)) as t:
        outcomes = await t.apply(create("E1"), create("E2"))
        assert results(outcomes) == {OutcomeResult.SETTLED: 2}
        assert [o.account_id for o in outcomes] == [u["id"] for u in t.users()]


@asynchronous
async def test_nobody_says_that_a_create_failed_that_was_answered_with_success() -> None:
    async with in_bulk(sandbox=BARE, refuse=unreadable(searches=True)) as t:
        outcomes = await t.apply(create("E1"), create("E2"))
        assert results(outcomes) == {OutcomeResult.UNKNOWN: 2}
        assert len(t.users()) == 2


@asynchronous
async def test_a_create_whose_account_a_token_may_not_read_is_not_said_to_have_failed() -> None:
    def refuse(request: httpx.Request) -> httpx.Response | None:
        return httpx.Response(403) if "/Users" in str(request.url) else None

    async with in_bulk(sandbox=BARE, refuse=refuse) as t:
        outcomes = await t.apply(create("E1"), create("E2"))
        assert results(outcomes) == {OutcomeResult.UNKNOWN: 2}
        assert len(t.users()) == 2


@asynchronous
async def test_the_trail_of_each_operation_names_the_bulk_and_its_own_status() -> None:
    async with in_bulk(sandbox=BARE) as t:
        (account_id,) = await made(t, "E1")
        gone = change("absent", {"title": "Lead"}, key="E3")
        first, second, third = await t.apply(
            change(account_id, {"title": "Lead"}), create("E2"), gone
        )
        bulk = ("POST", "/Bulk", 200, "bulk")
        assert told(first.exchanges) == [
            bulk,
            ("PATCH", "/Users/id-1", 200, "write"),
            ("GET", "/Users/id-1", 200, "verify"),
        ]
        assert told(second.exchanges)[-3:] == [
            bulk,
            ("POST", "/Users", 201, "write"),
            ("GET", "/Users/id-2", 200, "verify"),
        ]
        assert told(third.exchanges)[:2] == [bulk, ("PATCH", "/Users/absent", 404, "write")]
        assert third.result is OutcomeResult.FAILED
        assert "the account is gone" in third.detail


@asynchronous
async def test_changes_and_departures_of_many_go_together_and_hold_nobody_up() -> None:
    async with in_bulk() as t:
        ids = await made(t, *PEOPLE)
        outcomes = await t.apply(
            *(change(i, {"title": "Lead"}, key=k) for i, k in zip(ids[:10], PEOPLE, strict=False)),
            *(leave(i, key=k) for i, k in zip(ids[10:], PEOPLE[10:], strict=True)),
        )
        assert results(outcomes) == {OutcomeResult.APPLIED: 20}
        assert sent(t) == {"POST Bulk": 2}, "who leaves goes first, then the others"
        assert [u["active"] for u in t.users()] == [True] * 10 + [False] * 10
        assert {u["title"] for u in t.users()[:10]} == {"Lead"}


@asynchronous
async def test_one_person_s_failure_is_that_person_s_and_the_others_are_carried_out() -> None:
    async with in_bulk() as t:
        await made(t, "E3", "E7")
        taken = {"E3": "stranger", "E7": "E7"}
        outcomes = await t.apply(
            *(create(k, externalId=taken.get(k, k)) for k in PEOPLE),
        )
        ends = {o.worker_key: o.result for o in outcomes}
        assert ends.pop("E3") is OutcomeResult.CONFLICT
        assert ends.pop("E7") is OutcomeResult.ALREADY
        assert set(ends.values()) == {OutcomeResult.APPLIED}


@pytest.mark.parametrize(
    ("ours", "theirs", "bulks"),
    [(100, 1000, 1), (5, 1000, 4), (100, 5, 4), (7, 5, 4)],
)
@asynchronous
async def test_no_bulk_holds_more_than_we_or_the_target_want(
    ours: int, theirs: int, bulks: int
) -> None:
    sandbox = {**BODIES, "bulk_max_operations": theirs}
    async with in_bulk(bulk={**ON, "max_operations": ours}, sandbox=sandbox) as t:
        assert results(await t.apply(*map(create, PEOPLE))) == {OutcomeResult.APPLIED: 20}
        assert sent(t)["POST Bulk"] == bulks
        assert not [seen for seen in t.sandbox.journal if seen.status == 413]


@asynchronous
async def test_no_bulk_is_longer_than_the_target_wants() -> None:
    sizes: list[int] = []

    def measure(request: httpx.Request) -> httpx.Response | None:
        sizes.append(len(request.content))
        return None

    sandbox = {**BODIES, "max_payload_bytes": 2048}
    async with in_bulk(sandbox=sandbox, refuse=measure) as t:
        long = create("long", title="x" * 1900)
        assert results(await t.apply(*map(create, PEOPLE))) == {OutcomeResult.APPLIED: 20}
        assert sent(t)["POST Bulk"] > 5
        assert (await t.apply(long))[0].result is OutcomeResult.FAILED, "alone it is too long too"
        assert max(sizes[:-1]) <= 2048


@asynchronous
async def test_a_write_that_nobody_goes_with_is_sent_as_itself() -> None:
    async with in_bulk() as t:
        (outcome,) = await t.apply(create("E1"))
        assert outcome.result is OutcomeResult.APPLIED
        assert sent(t) == {"GET ServiceProviderConfig": 1, "POST Users": 1}
        assert told(outcome.exchanges) == [("POST", "/Users", 201, "write")]


@pytest.mark.parametrize("bulk", [{}, {"enabled": False}])
@asynchronous
async def test_bulk_is_off_until_it_is_switched_on(bulk: Any) -> None:
    async with in_bulk(bulk=bulk) as t:
        await t.apply(*map(create, PEOPLE))
        assert sent(t) == {"POST Users": 20}


@asynchronous
async def test_a_target_that_announces_no_bulk_is_not_asked_for_it() -> None:
    async with in_bulk(sandbox={}) as t:
        assert results(await t.apply(*map(create, PEOPLE))) == {OutcomeResult.APPLIED: 20}
        assert sent(t) == {"GET ServiceProviderConfig": 1, "POST Users": 20}


@pytest.mark.parametrize("status", [404, 405, 501, 308])
def test_a_target_that_announces_bulk_in_vain_is_written_to_one_by_one_and_it_is_said_once(
    status: int, caplog: pytest.LogCaptureFixture
) -> None:
    def without(request: httpx.Request) -> httpx.Response | None:
        return httpx.Response(status) if request.url.path.endswith("/Bulk") else None

    async def run() -> None:
        async with in_bulk(refuse=without, bulk={**ON, "max_operations": 5}) as t:
            assert results(await t.apply(*map(create, PEOPLE))) == {OutcomeResult.APPLIED: 20}
            assert sent(t)["POST Users"] == 20
            assert sent(t)["GET Users"] == 0, "nobody has to be looked for: nothing was done"

    with caplog.at_level(logging.WARNING):
        asyncio.run(run())
    assert [r.getMessage().partition(":")[0] for r in caplog.records] == [
        "Bulk is not used, writes are sent one by one"
    ]


@asynchronous
async def test_a_bulk_that_is_too_large_is_halved_and_the_size_is_remembered() -> None:
    async with in_bulk("bulk-too-large=1:6") as t:
        assert results(await t.apply(*map(create, PEOPLE))) == {OutcomeResult.APPLIED: 20}
        refused = [seen.status for seen in t.sandbox.journal if seen.path == "/Bulk"]
        assert refused.count(413) == 3, "20, then twice 10, then 5 at a time"
        assert sent(t)["GET Users"] == 0
        t.sandbox.journal.clear()
        await t.apply(*(create(f"F{n}") for n in range(20)))
        assert 413 not in {seen.status for seen in t.sandbox.journal}


@asynchronous
async def test_a_target_that_takes_no_two_operations_is_written_to_one_by_one() -> None:
    async with in_bulk("bulk-too-large=1:1") as t:
        assert results(await t.apply(*map(create, PEOPLE))) == {OutcomeResult.APPLIED: 20}
        assert sent(t)["POST Users"] == 20


def no_blind_repeat(t: Target) -> None:
    """Each person has one account, and no create came for somebody who was there."""
    names = Counter(user["userName"] for user in t.users())
    assert set(names.values()) == {1}
    assert not [s for s in t.sandbox.journal if s.method == "POST" and s.status == 409]


@pytest.mark.parametrize("bodies", [True, False])
@pytest.mark.parametrize(
    ("fault", "settled"),
    [
        ("bulk-lost=1x", 20),
        ("bulk-half-done=1x:5", 5),
        ("bulk-silent=1x:3", 3),
        ("bulk-no-answer=1x", 20),
        ("bulk-refused=1x", 1),
    ],
)
@asynchronous
async def test_what_the_answer_does_not_say_is_looked_at_before_it_is_repeated(
    fault: str, settled: int, bodies: bool
) -> None:
    async with in_bulk(fault, sandbox={"bulk": True, "bulk_answers_bodies": bodies}) as t:
        outcomes = await t.apply(*map(create, PEOPLE))
        assert results(outcomes)[OutcomeResult.SETTLED] == settled
        assert results(outcomes)[OutcomeResult.APPLIED] == 20 - settled
        no_blind_repeat(t)
        for outcome in outcomes:
            unknown = [e for e in outcome.exchanges if e.purpose == "write" and e.status is None]
            assert bool(unknown) >= (outcome.result is OutcomeResult.SETTLED)


@asynchronous
async def test_a_lost_bulk_of_changes_is_looked_at_too() -> None:
    async with in_bulk() as t:
        ids = await made(t, *PEOPLE)
        t.sandbox.faults.add("bulk-half-done=1x:8")
        work = [change(i, {"title": "Lead"}, key=k) for i, k in zip(ids, PEOPLE, strict=True)]
        outcomes = await t.apply(*work)
        assert results(outcomes) == {OutcomeResult.SETTLED: 8, OutcomeResult.APPLIED: 12}
        assert len(carried_out(t.sandbox)) == 20


@asynchronous
async def test_results_in_another_order_and_shape_are_each_person_s_own() -> None:
    faults = ("bulk-shuffled=1", "bulk-status-object=1")
    async with in_bulk(*faults) as t:
        await made(t, "E3")
        outcomes = await t.apply(*(create(k, externalId=f"x{k}") for k in PEOPLE))
        ends = {o.worker_key: o for o in outcomes}
        assert ends.pop("E3").result is OutcomeResult.CONFLICT
        for key, outcome in ends.items():
            assert outcome.result is OutcomeResult.APPLIED
            assert t.sandbox.store[str(outcome.account_id)]["externalId"] == f"x{key}"


@asynchronous
async def test_failures_without_a_name_are_known_by_their_place() -> None:
    async with in_bulk("bulk-unnamed-failures=1") as t:
        ids = await made(t, *PEOPLE)
        work = [
            change(i, {"title": "Lead"} if n != 4 else {"nonsense": "x"}, key=PEOPLE[n])
            for n, i in enumerate(ids)
        ]
        outcomes = await t.apply(*work)
        assert [o.worker_key for o in outcomes if not o.succeeded] == ["E4"]


@pytest.mark.parametrize("limit", [1, 3])
@asynchronous
async def test_operations_after_the_failure_that_stops_a_bulk_are_carried_out_later(
    limit: int,
) -> None:
    bodies: list[Any] = []

    def look(request: httpx.Request) -> httpx.Response | None:
        if request.url.path.endswith("/Bulk"):
            bodies.append(orjson.loads(request.content))
        return None

    async with in_bulk(bulk={**ON, "fail_on_errors": limit}, refuse=look) as t:
        await made(t, "E3", "E9", "E15")
        outcomes = await t.apply(*(create(k, externalId=f"x{k}") for k in PEOPLE))
        assert results(outcomes) == {OutcomeResult.CONFLICT: 3, OutcomeResult.APPLIED: 17}
        assert {body["failOnErrors"] for body in bodies} == {limit}
        assert len(bodies) > 1


@asynchronous
async def test_a_bulk_says_nothing_of_failures_unless_it_is_asked_to() -> None:
    bodies: list[Any] = []

    def look(request: httpx.Request) -> httpx.Response | None:
        if request.url.path.endswith("/Bulk"):
            bodies.append(orjson.loads(request.content))
        return None

    async with in_bulk(refuse=look) as t:
        await t.apply(*map(create, PEOPLE))
    (body,) = bodies
    assert set(body) == {"schemas", "Operations"}
    ids = [operation["bulkId"] for operation in body["Operations"]]
    assert len(set(ids)) == 20
    assert {o["data"]["externalId"] for o in body["Operations"]} == set(PEOPLE)


@asynchronous
async def test_a_service_that_stops_at_failures_by_itself_loses_nobody() -> None:
    async with in_bulk("bulk-stops=1") as t:
        await made(t, "E3", "E9")
        outcomes = await t.apply(*(create(k, externalId=f"x{k}") for k in PEOPLE))
        assert results(outcomes) == {OutcomeResult.CONFLICT: 2, OutcomeResult.APPLIED: 18}


@asynchronous
async def test_too_many_requests_are_nobody_s_failure_for_the_bulk_or_for_one_of_it() -> None:
    refusals = 2

    def throttled(request: httpx.Request) -> httpx.Response | None:
        nonlocal refusals
        if request.url.path.endswith("/Bulk") and refusals:
            refusals -= 1
            return httpx.Response(429, headers={"Retry-After": "2"})
        return None

    async with in_bulk("429-bare=3x", refuse=throttled) as t:
        outcomes = await t.apply(*map(create, PEOPLE))
        assert results(outcomes) == {OutcomeResult.APPLIED: 20}
        assert t.client.throttled == 3, "twice the whole, once some of it"
        assert t.time.seconds >= 1000 + 2 + 2 + 1
        no_blind_repeat(t)


@asynchronous
async def test_a_refused_token_ends_the_load_at_the_first_bulk() -> None:
    def forbidden(request: httpx.Request) -> httpx.Response | None:
        return httpx.Response(401) if request.url.path.endswith("/Bulk") else None

    async with in_bulk(refuse=forbidden, bulk={**ON, "max_operations": 5}) as t:
        outcomes = await t.apply(*map(create, PEOPLE))
        assert results(outcomes) == {OutcomeResult.SKIPPED: 20}
        assert not t.users()


@asynchronous
async def test_a_method_that_is_not_taken_within_bulk_is_sent_alone() -> None:
    async with in_bulk() as t:
        ids = await made(t, *PEOPLE)
        honest = t.sandbox.service.answer

        async def creates_only(exchange: Any, ask: Any) -> Any:
            async def refuse(single: Any) -> Any:
                if single.method != "POST":
                    from deployments.sandbox.exchange import ScimProblem

                    return ScimProblem(501, "only creates").answer()
                return await ask(single)

            return await honest(exchange, refuse)

        t.sandbox.service.answer = creates_only  # type: ignore[method-assign]
        work = [change(i, {"title": "Lead"}, key=k) for i, k in zip(ids, PEOPLE, strict=True)]
        assert results(await t.apply(*work)) == {OutcomeResult.APPLIED: 20}
        assert sent(t) == {"POST Bulk": 1, "PATCH Users": 20}


@asynchronous
async def test_versions_guard_changes_within_a_bulk() -> None:
    sandbox = {**BODIES, "etags": True}
    async with in_bulk(sandbox=sandbox, update_with="put") as t:
        ids = await made(t, *PEOPLE)
        honest = t.sandbox.service.answer
        meddled = False

        async def meddling(exchange: Any, ask: Any) -> Any:
            nonlocal meddled
            if exchange.path == "/Bulk" and not meddled:
                meddled = True
                user = t.sandbox.store[ids[4]]
                t.sandbox.store.put({**user, "meta": {**user["meta"], "version": 'W/"9"'}})
            return await honest(exchange, ask)

        t.sandbox.service.answer = meddling  # type: ignore[method-assign]
        work = [change(i, {"title": "Lead"}, key=k) for i, k in zip(ids, PEOPLE, strict=True)]
        outcomes = await t.apply(*work)
        assert results(outcomes) == {OutcomeResult.APPLIED: 20}
        assert {user["title"] for user in t.users()} == {"Lead"}
        refused = [o for o in outcomes if 412 in {e.status for e in o.exchanges}]
        assert [o.worker_key for o in refused] == ["E4"], "read anew, and written again"


@asynchronous
async def test_a_load_that_is_cut_off_knows_what_was_sent_and_what_was_not() -> None:
    """Cancelled while one Bulk is on its way and the next is being gathered."""
    gate = asyncio.Event()
    async with in_bulk(bulk={**ON, "max_operations": 5}, max_in_flight=1) as t:
        honest = t.sandbox.service.answer

        async def held(exchange: Any, ask: Any) -> Any:
            if exchange.path == "/Bulk":
                gate.set()
                await asyncio.sleep(30)
            return await honest(exchange, ask)

        t.sandbox.service.answer = held  # type: ignore[method-assign]
        load = asyncio.create_task(t.apply(*map(create, PEOPLE)))
        await gate.wait()
        load.cancel()
        await asyncio.sleep(0)
        load.cancel()  # no more patience
        with pytest.raises(asyncio.CancelledError):
            await load
        ends = Counter(outcome.result for outcome in t.journal.outcomes)
        assert ends[OutcomeResult.UNKNOWN] == 5
        assert set(ends) == {OutcomeResult.UNKNOWN, OutcomeResult.SKIPPED}
        for outcome in t.journal.outcomes:
            unknown = outcome.result is OutcomeResult.UNKNOWN
            trail = [("POST", "/Bulk", None, "bulk"), ("POST", "/Users", None, "write")]
            assert told(outcome.exchanges)[-2:] == (trail if unknown else [])
    assert not t.users()
