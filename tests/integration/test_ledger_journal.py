"""The journal: durable when it returns, many in one commit, and no word lost on the way out."""

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from data_contracts.errors import LedgerError
from data_contracts.plan import Operation
from data_contracts.words import OutcomeResult
from tasks.ledger import Journal, Ledger, open_ledger
from tests.ledger_parts import (
    START,
    TARGET,
    a_plan,
    a_run,
    asynchronous,
    create,
    outcome,
)

IN_FLIGHT = 32


def journal(ledger: Ledger, run_id: str = "r1") -> Journal:
    if ledger.run(run_id) is None:
        ledger.start_run(a_run(run_id))
    return Journal(ledger, run_id, lambda: START)


class Commits:
    """Lets every commit of an operation fail, and mends it."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._broken = False

    def _rename(self, old: str, new: str) -> None:
        with self._ledger.database.write() as connection:
            connection.execute(sa.text(f"ALTER TABLE {old} RENAME TO {new}"))

    def fail(self) -> None:
        self._rename("operation_event", "elsewhere")
        self._broken = True

    def mend(self) -> None:
        if self._broken:
            self._rename("elsewhere", "operation_event")
        self._broken = False


@pytest.fixture
def commits(ledger: Ledger) -> Iterator[Commits]:
    of_ledger = Commits(ledger)
    yield of_ledger
    of_ledger.mend()


@asynchronous
async def test_an_intent_is_durable_when_intend_returns(
    ledger: Ledger, ledger_url: str, tmp_path: Path
) -> None:
    async with journal(ledger) as writing:
        with open_ledger(ledger_url, folder=tmp_path, read_only=True) as somebody_else:
            await writing.intend(create("E1"))
            (seen,) = somebody_else.open_intents(TARGET)
            assert seen.operation_id == "create/E1"
            await writing.record(outcome(create("E1")))
            assert somebody_else.open_intents(TARGET) == []
            (line,) = somebody_else.history(TARGET)
            assert (line.result, len(line.exchanges)) == ("applied", 1)
            assert list(somebody_else.links(TARGET)["account_id"]) == ["a-E1"]


@asynchronous
async def test_operations_in_flight_share_commits(ledger: Ledger) -> None:
    places = asyncio.Semaphore(IN_FLIGHT)

    async def one(number: int, operation: Operation) -> None:
        async with places:
            await writing.intend(operation)
            await asyncio.sleep(0.001 * (number * 7 % 20))  # targets answer when they like
            await writing.record(outcome(operation))

    async with journal(ledger) as writing:
        operations = [create(f"E{number}") for number in range(10 * IN_FLIGHT)]
        await asyncio.gather(*map(one, range(len(operations)), operations))
    assert writing.entries == 2 * len(operations)
    assert writing.commits <= len(operations) // 2
    assert ledger.open_intents(TARGET) == []
    assert {line.result for line in ledger.history(TARGET)} == {"applied"}
    assert len(ledger.history(TARGET)) == len(ledger.links(TARGET)) == len(operations)


@asynchronous
async def test_operations_belong_to_the_plan_that_was_saved_for_the_run(ledger: Ledger) -> None:
    ledger.start_run(a_run("r1"))
    ledger.save_plan("r1", a_plan())
    async with journal(ledger) as writing:
        await writing.intend(create("E1"))
    assert ledger.open_intents(TARGET)[0].plan_digest == a_plan().digest


@asynchronous
async def test_an_operation_may_be_tried_again_in_the_same_run(ledger: Ledger) -> None:
    for result in (OutcomeResult.FAILED, None, OutcomeResult.APPLIED):
        async with journal(ledger) as writing:  # also by a process that goes on with the run
            await writing.intend(create("E1"))
            if result is not None:
                await writing.record(outcome(create("E1"), result))
        assert len(ledger.open_intents(TARGET)) == (result is None)
    assert [line.result for line in ledger.history(TARGET)] == ["failed", "applied"]


@asynchronous
async def test_an_intent_that_is_the_last_word_is_a_line_even_after_an_earlier_outcome(
    ledger: Ledger,
) -> None:
    async with journal(ledger) as writing:
        await writing.intend(create("E1"))
        await writing.record(outcome(create("E1"), OutcomeResult.FAILED))
        await writing.intend(create("E1"))
    assert [line.result for line in ledger.history(TARGET)] == ["failed", ""]


@asynchronous
async def test_what_was_never_intended_is_recorded_with_its_operation(ledger: Ledger) -> None:
    async with journal(ledger) as writing:
        skipped = outcome(create("E1"), OutcomeResult.SKIPPED, detail="the run stopped before")
        with pytest.raises(LedgerError, match="create/E1, which was not intended"):
            await writing.record(skipped)
        await writing.record(skipped, create("E1"))
    assert [failed.result for failed in ledger.failed_last(TARGET)] == ["skipped"]
    assert ledger.open_intents(TARGET) == []


@asynchronous
async def test_a_journal_needs_a_run_that_was_started(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="r1 is unknown"):
        async with Journal(ledger, "r1", lambda: START):
            pass


@asynchronous
async def test_a_journal_that_is_closed_takes_nothing(ledger: Ledger) -> None:
    async with journal(ledger) as writing:
        pass
    with pytest.raises(LedgerError, match="closed"):
        await writing.intend(create("E1"))


@asynchronous
async def test_a_failed_commit_is_told_to_everybody_and_the_journal_takes_no_more(
    ledger: Ledger, commits: Commits
) -> None:
    commits.fail()
    writing = await journal(ledger).__aenter__()
    tried = [writing.intend(create(f"E{number}")) for number in range(5)]
    told = await asyncio.gather(*tried, return_exceptions=True)
    assert [type(each) for each in told] == [LedgerError] * 5
    assert len({id(each) for each in told}) == 5  # each with a traceback of its own
    commits.mend()
    with pytest.raises(LedgerError, match="nothing more is written"):
        await writing.intend(create("E9"))
    with pytest.raises(LedgerError, match="nothing more is written"):  # whoever did not listen
        await writing.__aexit__(None, None, None)
    assert ledger.history(TARGET) == []
    assert writing.commits == 0


@asynchronous
async def test_the_error_that_ends_a_load_is_not_hidden_by_the_journals_own(
    ledger: Ledger, commits: Commits
) -> None:
    async def load() -> None:
        async with journal(ledger) as writing:
            with contextlib.suppress(LedgerError):
                await writing.intend(create("E1"))
            raise ZeroDivisionError

    commits.fail()
    with pytest.raises(ZeroDivisionError):
        await load()


@asynchronous
async def test_what_was_handed_in_is_written_also_when_the_run_is_cancelled(
    ledger: Ledger,
) -> None:
    async def load() -> None:
        async with journal(ledger) as writing:
            await writing.intend(create("E0"))
            tasks = [asyncio.create_task(writing.intend(create(f"E{n}"))) for n in range(1, 9)]
            await asyncio.sleep(0)  # all of them have handed in; none has been answered
            begun.set()
            await asyncio.gather(*tasks)

    begun = asyncio.Event()
    loading = asyncio.create_task(load())
    await begun.wait()
    loading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await loading
    assert {intent.worker_key for intent in ledger.open_intents(TARGET)} == {
        f"E{number}" for number in range(9)
    }


@asynchronous
@pytest.mark.parametrize("ledger_url", ["postgresql"], indirect=True)
async def test_a_connection_that_was_dropped_while_idle_is_replaced(ledger: Ledger) -> None:
    async with journal(ledger) as writing:
        await writing.intend(create("E1"))
        with ledger.database.read() as connection:
            others = "datname = current_database() AND pid != pg_backend_pid()"
            ended = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}"
            connection.execute(sa.text(ended))
        await writing.record(outcome(create("E1")))
    assert [line.result for line in ledger.history(TARGET)] == ["applied"]
