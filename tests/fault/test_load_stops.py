"""When a load ends early: whose fault it is, said once; and what is under way is finished."""

import asyncio
from collections.abc import Sequence

import httpx
import pytest

from data_contracts.errors import LedgerError
from data_contracts.outcome import Outcome
from data_contracts.plan import Operation
from data_contracts.words import OutcomeResult
from tasks.load import session as load_session
from tasks.load.breaker import CircuitBreaker
from tasks.load.session import LoadSession
from tests.target_parts import (
    MemoryJournal,
    Target,
    asynchronous,
    change,
    create,
    target,
)

APPLIED, SKIPPED, FAILED = OutcomeResult.APPLIED, OutcomeResult.SKIPPED, OutcomeResult.FAILED
UNKNOWN = OutcomeResult.UNKNOWN


def people(number: int) -> list[Operation]:
    return [create(f"E{n:03}") for n in range(number)]


def results(outcomes: Sequence[Outcome]) -> set[OutcomeResult]:
    return {o.result for o in outcomes}


@asynchronous
async def test_a_token_refused_midway_stops_at_once_and_is_said_once() -> None:
    async with target("token-expired-midway=1@20", max_in_flight=4) as t, t.session() as session:
        outcomes = await session.apply(people(200))
        assert session.stopped.startswith("the token is refused: POST /Users")
        assert "(401)" in session.stopped
        assert sum(o.result is APPLIED for o in outcomes) == 20 == len(t.users())
        assert results(outcomes[30:]) == {SKIPPED}
        assert FAILED not in results(outcomes), "no person is to blame"
        assert len(t.sandbox.journal) <= 20 + 8
        assert len(outcomes) == 200


@asynchronous
async def test_a_session_that_stopped_begins_nothing_in_later_batches() -> None:
    async with target("token-expired-midway=1@0") as t, t.session() as session:
        await session.apply(people(1))
        sent = len(t.sandbox.journal)
        outcomes = await session.apply([create("E9")])
        assert results(outcomes) == {SKIPPED}
        assert len(t.sandbox.journal) == sent
        assert outcomes[0].detail == session.stopped


def forbid(word: bytes) -> object:
    def refuse(request: httpx.Request) -> httpx.Response | None:
        body = b'{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"403"}'
        return httpx.Response(403, content=body) if word in request.content else None

    return refuse


@asynchronous
async def test_a_403_for_one_person_is_that_person_s_failure() -> None:
    async with target(refuse=forbid(b"e005@"), max_in_flight=1) as t, t.session() as session:  # type: ignore[arg-type]
        outcomes = await session.apply(people(20))
        assert [o.worker_key for o in outcomes if o.result is FAILED] == ["E005"]
        assert session.stopped == ""


@asynchronous
async def test_a_403_before_any_success_or_in_a_row_means_the_token() -> None:
    async with target(refuse=forbid(b"@"), max_in_flight=1) as t, t.session() as session:  # type: ignore[arg-type]
        outcomes = await session.apply(people(20))
        assert results(outcomes) == {SKIPPED}
        assert "the token may not change users: POST /Users" in session.stopped
    async with target(refuse=forbid(b"e01"), max_in_flight=1) as t, t.session() as session:  # type: ignore[arg-type]
        outcomes = await session.apply(people(20))
        assert sum(o.result is APPLIED for o in outcomes) == 10
        assert sum(o.result is FAILED for o in outcomes) == 2
        assert "the token may not change users: POST /Users" in session.stopped


@asynchronous
async def test_a_target_that_is_down_stops_the_load_after_a_row_of_failures() -> None:
    async with target("500-not-applied=1", request_budget_s=5, max_in_flight=2) as t:
        async with t.session() as session:
            outcomes = await session.apply(people(100))
        assert "10 operations in a row failed" in session.stopped
        assert sum(o.result is SKIPPED for o in outcomes) >= 80
        assert sum(o.result is FAILED for o in outcomes) >= 10


def test_the_breaker_counts_rows_and_shares() -> None:
    row = CircuitBreaker()
    assert [bool(row.answered(ill=True)) for _ in range(10)] == [False] * 9 + [True]
    share = CircuitBreaker()
    pattern = [True, True, False] * 10
    said = [bool(share.answered(ill=ill)) for ill in pattern]
    assert said.index(True) == 19, "not before twenty are known"
    half = CircuitBreaker()
    assert not any(half.answered(ill=n % 2 == 0) for n in range(100))


@asynchronous
async def test_people_whose_data_is_refused_never_stop_the_others() -> None:
    wrong = [create(f"E{n:03}", **{"roles[primary eq true].value": "emperor"}) for n in range(30)]
    async with target() as t, t.session() as session:
        outcomes = await session.apply([*wrong, create("E900")])
        assert results(outcomes[:30]) == {FAILED}
        assert outcomes[30].result is APPLIED
        assert session.stopped == ""


@pytest.mark.parametrize("status", [404, 405, 501])
@asynchronous
async def test_a_target_that_creates_nobody_is_said_once(status: int) -> None:
    body = b'{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"]}'

    def refuse(request: httpx.Request) -> httpx.Response | None:
        return httpx.Response(status, content=body) if request.method == "POST" else None

    async with target(refuse=refuse, max_in_flight=2) as t, t.session() as session:
        outcomes = await session.apply(people(100))
        assert sum(o.result is SKIPPED for o in outcomes) >= 80
        assert f"answered {status}" in session.stopped


@pytest.mark.parametrize("storm", ["429-storm=0.3:2", "429-http-date=0.3:2", "429-bare=0.3"])
@asynchronous
async def test_a_429_is_nobody_s_failure_and_nothing_is_lost(storm: str) -> None:
    async with target(storm, request_budget_s=1000) as t, t.session() as session:
        outcomes = await session.apply(people(60))
        assert results(outcomes) == {APPLIED}
        assert len(t.users()) == 60
        assert session.report().throttled > 0
        assert session.stopped == ""


@asynchronous
async def test_a_429_without_end_skips_people_and_fails_none() -> None:
    async with target("429-storm=1:1", request_budget_s=10, max_in_flight=2) as t:
        async with t.session() as session:
            outcomes = await session.apply(people(40))
        assert results(outcomes) == {SKIPPED}
        assert "10 operations in a row" in session.stopped
        assert t.users() == []


@asynchronous
async def test_a_wait_of_an_hour_is_not_waited_for() -> None:
    async with target("429-storm=1:3600") as t, t.session() as session:
        outcomes = await session.apply(people(40))
        assert results(outcomes) == {SKIPPED}
        assert t.time.seconds - 1000 < 200


@asynchronous
async def test_a_limit_of_fifty_a_second_is_kept_without_a_single_429() -> None:
    sandbox = {"rate_limit_per_s": 50}
    async with target(sandbox=sandbox, requests_per_s=50) as t, t.session() as session:
        outcomes = await session.apply(people(500))
        assert results(outcomes) == {APPLIED}
        assert session.report().throttled == 0
        assert 500 / (t.time.seconds - 1000) >= 0.97 * 50


@asynchronous
async def test_a_limit_that_is_lower_than_configured_is_found() -> None:
    sandbox = {"rate_limit_per_s": 20}
    async with target(sandbox=sandbox, requests_per_s=50) as t, t.session() as session:
        outcomes = await session.apply(people(300))
        assert results(outcomes) == {APPLIED}
        assert session.report().throttled < 60


class Slow(MemoryJournal):
    """A journal by which a test sees where a load is, and can hold it there."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = asyncio.Event()

    async def intend(self, operation: Operation) -> None:
        await super().intend(operation)
        if len(self.entries) >= 6:
            self.begun.set()


async def cancelled_load(t: Target, journal: Slow, seen: list[Outcome]) -> LoadSession:
    load = LoadSession(t.client, journal, t.settings)
    running = asyncio.create_task(load.apply(people(300), seen.append))
    await journal.begun.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    return load


@asynchronous
async def test_cancelling_finishes_what_is_under_way_and_begins_nothing_new() -> None:
    async with target(sandbox={"latency_ms": 30}, max_in_flight=4) as t:
        journal, seen = Slow(), list[Outcome]()
        load = await cancelled_load(t, journal, seen)
        intended = [i for kind, i in journal.entries if kind == "intend"]
        assert len(intended) < 20
        assert [o.operation_id for o in journal.outcomes if o.result is APPLIED] == intended
        assert len(t.users()) == len(intended)
        assert load.stopped == "the run was cancelled"
        assert len(seen) == len(load.report().outcomes) == 300
        assert sum(o.result is SKIPPED for o in seen) == 300 - len(intended)


@asynchronous
async def test_what_does_not_end_in_time_is_broken_off_with_an_outcome(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(load_session, "GRACE_S", 0.1)
    async with target(sandbox={"latency_ms": 3000}, max_in_flight=4) as t:
        journal, seen = Slow(), list[Outcome]()
        began = asyncio.get_running_loop().time()
        await cancelled_load(t, journal, seen)
        assert asyncio.get_running_loop().time() - began < 2
        sent = [o for o in journal.outcomes if o.exchanges]
        assert sent
        assert results(sent) == {UNKNOWN}
        assert results([o for o in journal.outcomes if not o.exchanges]) <= {SKIPPED}


@asynchronous
async def test_a_second_cancel_does_not_wait_for_the_grace() -> None:
    async with target(sandbox={"latency_ms": 3000}, max_in_flight=4) as t:
        journal = Slow()
        load = LoadSession(t.client, journal, t.settings)
        running = asyncio.create_task(load.apply(people(50)))
        await journal.begun.wait()
        running.cancel()
        await asyncio.sleep(0.05)
        running.cancel()
        began = asyncio.get_running_loop().time()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert asyncio.get_running_loop().time() - began < 1
        intended = [i for kind, i in journal.entries if kind == "intend"]
        assert len(journal.outcomes) == len(intended)


@asynchronous
async def test_a_stop_that_was_asked_for_ends_as_a_cancel_does_and_returns() -> None:
    async with target(sandbox={"latency_ms": 30}, max_in_flight=4) as t:
        journal = Slow()
        load = LoadSession(t.client, journal, t.settings)
        running = asyncio.create_task(load.apply(people(300)))
        await journal.begun.wait()
        load.stop("SIGTERM")
        outcomes = await running
        assert len(outcomes) == 300
        assert load.report().stopped == "SIGTERM"
        assert {o.detail for o in outcomes if o.result is SKIPPED} == {"SIGTERM"}


class Broken(MemoryJournal):
    """A journal whose disk is full after some entries."""

    def __init__(self, kind: str, after: int) -> None:
        super().__init__()
        self.kind, self.after = kind, after

    async def intend(self, operation: Operation) -> None:
        if self.kind == "intend" and len(self.entries) >= self.after:
            raise LedgerError("the disk is full")
        await super().intend(operation)

    async def record(self, outcome: Outcome) -> None:
        if self.kind == "record" and len(self.entries) >= self.after:
            raise LedgerError("the disk is full")
        await super().record(outcome)


@pytest.mark.parametrize("kind", ["intend", "record"])
@asynchronous
async def test_nothing_is_written_without_a_durable_intent(kind: str) -> None:
    async with target(max_in_flight=2) as t:
        journal = Broken(kind, after=20)
        async with LoadSession(t.client, journal, t.settings) as load:
            with pytest.raises(LedgerError, match="the disk is full"):
                await load.apply(people(100))
        intended = sum(k == "intend" for k, _ in journal.entries)
        assert len(t.users()) <= intended < 30
        applied = [o for o in load.report().outcomes if o.result is APPLIED]
        assert len(applied) == len(t.users()), "also where the outcome could not be kept"


@asynchronous
async def test_an_answer_nobody_foresaw_fails_its_person_and_no_other() -> None:
    odd = (
        b'{"id": "x", "schemas": [], "userName": "a", "active": true, "name": "text", "emails": 7}'
    )

    def answer(request: httpx.Request) -> httpx.Response | None:
        return httpx.Response(201, content=odd) if b"e001@" in request.content else None

    async with target(refuse=answer) as t:
        outcomes = await t.apply(*people(3))
        assert [o.result for o in outcomes] == [APPLIED, FAILED, APPLIED]


@asynchronous
async def test_a_slow_target_ends_in_unknown_and_the_others_go_on() -> None:
    async with target("slow=1x:2000", timeout_s=0.1, request_budget_s=5) as t:
        (created,) = await t.apply(create("E1"))
        assert created.result in (APPLIED, OutcomeResult.SETTLED)
        t.sandbox.faults.add("slow=1x:2000")
        (changed,) = await t.apply(change("id-1", {"title": "Lead"}))
        assert changed.result in (APPLIED, OutcomeResult.SETTLED)
        assert len(t.users()) == 1


@asynchronous
async def test_a_run_that_has_written_for_its_whole_time_leaves_the_rest_to_the_next_one() -> None:
    async with (
        target(sandbox={"rate_limit_per_s": 0}, requests_per_s=10, run_budget_s=2) as t,
        t.session() as session,
    ):
        outcomes = await session.apply(people(100))
        assert "target.run_budget_s" in session.stopped
        assert results(outcomes) == {APPLIED, SKIPPED}
        done = sum(o.result is APPLIED for o in outcomes)
        assert 15 <= done <= 60
        assert done == len(t.users())
