"""A sync that is killed, stopped, or started twice: nothing is lost, nothing is done twice.

Real processes, real signals, a real ledger file; tests/e2e/test_kill.py does the same at length.
"""

import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic

import pytest

from data_contracts.errors import EXIT_PARTLY
from data_contracts.words import RunState
from flows.leasing import hold_target
from flows.loading import LEASE_LOST
from flows.running import Run
from tests import sync_parts
from tests.kill_parts import (
    DONE,
    INT,
    KILL,
    TARGET,
    TERM,
    Endangered,
    endangered,
    is_in_line,
    moments,
    nothing_is_lost_or_doubled,
)
from tests.sync_parts import TOKEN, TOKEN_VARIABLE, SyncProcesses, sync_processes

PEOPLE = 200
SOONER_THAN_AN_ANSWER_S = 2.0
"""An answer takes 3 s there: who waits for it is later."""

MOST_UNDER_WAY = 32
"""Operations that may have begun before a stop is heard: two for each request in flight."""


@pytest.fixture(scope="module")
def processes() -> Iterator[SyncProcesses]:
    with sync_processes() as started:
        yield started


@pytest.fixture
def company(tmp_path: Path, processes: SyncProcesses) -> Iterator[Endangered]:
    with endangered(tmp_path / "company", PEOPLE, processes) as made:
        yield made


def test_three_kills_lose_nothing_and_double_nothing(company: Endangered) -> None:
    for moment in moments(random.Random(7), 3, PEOPLE):
        assert company.run(KILL, at=moment) == -KILL, company.said()
        assert len([s for s in company.witness if s.changed]) < PEOPLE
    assert company.run() == 0, company.said()
    nothing_is_lost_or_doubled(company)
    assert is_in_line(company)


@pytest.mark.thorough
def test_three_kills_in_the_middle_of_a_bulk_lose_nothing_and_double_nothing(
    tmp_path: Path, processes: SyncProcesses
) -> None:
    with endangered(tmp_path / "company", PEOPLE, processes, bulk=10) as company:
        for planned in moments(random.Random(8), 3, PEOPLE - 40):
            # what was under way when the last one was killed has been stored since
            moment = max(planned, company.witness.changes + 1)
            assert company.run(KILL, at=moment) == -KILL, company.said()
        assert company.run() == 0, company.said()
        assert [seen for seen in company.witness if seen.in_bulk]
        nothing_is_lost_or_doubled(company)
        assert is_in_line(company)


def test_a_write_that_was_under_way_when_the_run_was_killed_is_settled_by_looking(
    company: Endangered,
) -> None:
    assert company.run(KILL, at=120) == -KILL
    with company.ledger as ledger:
        intents = ledger.open_intents(TARGET)
        assert intents, "the write that was not answered was meant"
    assert company.run() == 0, company.said()
    with company.ledger as ledger:
        lines = [
            line for line in ledger.history(TARGET) if "ended without an outcome" in line.detail
        ]
        assert {line.worker_key for line in lines} == {intent.worker_key for intent in intents}
        assert "settled" in {line.result for line in lines}
    nothing_is_lost_or_doubled(company)


@pytest.mark.parametrize("number", [TERM, INT], ids=["SIGTERM", "Ctrl-C"])
def test_a_signal_finishes_what_is_under_way_and_leaves_the_rest_to_the_next_run(
    company: Endangered, number: int
) -> None:
    began = monotonic()
    assert company.run(number, at=60) == EXIT_PARTLY, company.said()
    assert monotonic() - began < 30
    with company.ledger as ledger:
        assert ledger.open_intents(TARGET) == []
        (record,) = ledger.runs()
        assert record.state is RunState.PARTLY_APPLIED
        assert record.counts["skipped"] > 0
        done = {line.account_id for line in ledger.history(TARGET) if line.result in DONE}
        assert done >= {seen.user_id for seen in company.witness if seen.changed}
    assert company.run() == 0, company.said()
    nothing_is_lost_or_doubled(company)


def test_a_second_ctrl_c_breaks_off_at_once_and_still_tells_what_was_under_way(
    tmp_path: Path, processes: SyncProcesses
) -> None:
    with endangered(tmp_path / "company", 100, processes, latency_ms=3000) as company:
        code = company.run(INT, at=1, again_after_s=0.3)
        assert code not in (0, EXIT_PARTLY), company.said()
        assert monotonic() - company.sent_at < SOONER_THAN_AN_ANSWER_S
        with company.ledger as ledger:
            lines = [line for line in ledger.history(TARGET) if line.kind != "adopt"]
        results = {line.result for line in lines}
        assert "unknown" in results
        assert "" not in results, "an intent without an outcome"


def test_a_run_that_may_have_lost_its_lease_writes_nothing_more(
    company: Endangered, monkeypatch: pytest.MonkeyPatch
) -> None:
    @asynccontextmanager
    async def hold_and_lose(run: Run) -> AsyncIterator[None]:
        async with hold_target(run):
            assert run.lease_lost is not None
            run.lease_lost.set()  # as the heartbeat does when another run took the target over
            yield

    monkeypatch.setattr(sync_parts, "hold_target", hold_and_lose)
    monkeypatch.setenv(TOKEN_VARIABLE, TOKEN)
    synced = company.company.sync()
    assert synced.record.state is RunState.PARTLY_APPLIED
    assert synced.load is not None
    assert synced.load.stopped == LEASE_LOST
    assert len([seen for seen in company.witness if seen.changed]) <= MOST_UNDER_WAY


def test_of_two_syncs_started_at_the_same_moment_one_works_and_the_other_names_it(
    tmp_path: Path, processes: SyncProcesses
) -> None:
    with endangered(tmp_path / "company", 100, processes, latency_ms=300) as company:
        pids = processes.start(company.company.folder, count=2)
        codes = processes.wait()
        one_worked_and_the_other_names_it(company, pids, codes)


def one_worked_and_the_other_names_it(
    company: Endangered, pids: list[int], codes: list[int]
) -> None:
    assert sorted(codes)[0] == 0, company.said()
    (loser,) = [pid for pid, code in zip(pids, codes, strict=True) if code != 0]
    (winner,) = set(pids) - {loser}
    said = (company.company.folder / f"{loser}.said").read_text(encoding="utf-8")
    assert said.startswith(f"target {TARGET}: another run works on it: ")
    assert f":{winner}:" in said
    nothing_is_lost_or_doubled(company)
    with company.ledger as ledger:
        states = {record.state for record in ledger.runs()}
        assert states == {RunState.COMPLETED, RunState.FAILED}
