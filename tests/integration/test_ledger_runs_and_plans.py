"""Runs, plans and approvals: found again exactly as they were written."""

import tracemalloc
from datetime import date, datetime

import pytest
import sqlalchemy as sa

from data_contracts.approval import Approval
from data_contracts.errors import ConfigurationError, LedgerError
from data_contracts.outcome import RunRecord
from data_contracts.words import RunState
from tasks.ledger import Ledger
from tests.ledger_parts import TARGET, a_plan, a_report, a_run, adoption, create, moment

RUN = "20260302-090000-a1b2"


def test_a_run_reads_back_as_it_began_and_as_it_ended(ledger: Ledger) -> None:
    begun = a_run(RUN, prefect_run_id="p-1")
    ledger.start_run(begun)
    assert ledger.run(RUN) == begun
    ledger.end_run(
        RUN,
        state=RunState.PARTLY_APPLIED,
        message="2 of 3 changes were made",
        counts={"created": 2, "failed": 1},
        plan_digest="sha256:ab",
        ended_at=moment(3),
    )
    assert ledger.run(RUN) == RunRecord(
        run_id=RUN,
        flow="sync-users",
        target=TARGET,
        as_of="2026-03-02",
        started_at=moment(0),
        ended_at=moment(3),
        state=RunState.PARTLY_APPLIED,
        plan_digest="sha256:ab",
        counts={"created": 2, "failed": 1},
        message="2 of 3 changes were made",
        prefect_run_id="p-1",
    )


def test_a_run_ends_once(ledger: Ledger) -> None:
    ledger.start_run(a_run("r1"))
    ledger.end_run("r1", state=RunState.FAILED, ended_at=moment(1))
    with pytest.raises(LedgerError, match=r"run r1 .* ended"):
        ledger.end_run("r1", state=RunState.COMPLETED, ended_at=moment(2))
    with pytest.raises(LedgerError, match=r"run r2 .* unknown"):
        ledger.end_run("r2", state=RunState.COMPLETED, ended_at=moment(2))
    found = ledger.run("r1")
    assert found is not None
    assert found.state is RunState.FAILED


def test_the_last_runs_come_first(ledger: Ledger) -> None:
    for number, target in enumerate([TARGET, "other", TARGET]):
        ledger.start_run(a_run(f"r{number}", number, target=target))
    assert [run.run_id for run in ledger.runs()] == ["r2", "r1", "r0"]
    assert [run.run_id for run in ledger.runs(1)] == ["r2"]
    assert [run.run_id for run in ledger.runs(5, target="other")] == ["r1"]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("20260302-09", "20260302-090000-a1b2"),
        (" 20260303 ", "20260303"),  # an id that another one begins with
        ("20260303-", "20260303-090000-c3d4"),
        ("2026030%", None),
        ("20260302-090000-A1B2", None),
        ("", None),
        ("r", None),
    ],
)
def test_a_run_is_found_by_the_beginning_of_its_id(
    ledger: Ledger, typed: str, found: str | None
) -> None:
    for run_id in (RUN, "20260303", "20260303-090000-c3d4"):
        ledger.start_run(a_run(run_id))
    run = ledger.run(typed)
    assert (run and run.run_id) == found


def test_a_beginning_that_fits_several_runs_is_wrong_usage_and_names_them(ledger: Ledger) -> None:
    for number in range(7):
        ledger.start_run(a_run(f"2026030{number}"))
    for ask in (ledger.run, ledger.plan_of_run):
        with pytest.raises(ConfigurationError, match=r"'2026': 20260300, .*20260304 \.\.\.$"):
            ask("2026")


def test_a_moment_without_a_zone_is_refused(ledger: Ledger) -> None:
    naive = datetime(2026, 3, 2, 9, 0)  # noqa: DTZ001 - the point of the test
    record = RunRecord("r1", "sync-users", TARGET, "2026-03-02", naive)
    with pytest.raises(LedgerError, match="time zone"):
        ledger.start_run(record)
    assert ledger.runs() == []


def test_a_plan_is_kept_byte_for_byte(ledger: Ledger) -> None:
    plan = a_plan([create("E1"), create("Zoë")], [adoption("E3", "a-3")], counts={"people": 3})
    ledger.start_run(a_run("r1"))
    ledger.save_plan("r1", plan, "runs/r1/plan.json")
    short = plan.digest.removeprefix("sha256:")[:12]
    for typed in (plan.digest, short, f"sha256:{short}"):
        found = ledger.plan(typed)
        assert found is not None
        assert found.to_bytes() == plan.to_bytes()
    assert ledger.plan_of_run("r") == plan
    assert ledger.plan("sha256:") is None
    assert ledger.plan("feed") is None
    assert ledger.plan_of_run("r2") is None


def test_a_large_plan_is_kept_without_being_whole_in_memory(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data_contracts.plan.PIECE", 100)
    plan = a_plan([create(f"E{number}") for number in range(10_000)])
    ledger.start_run(a_run("r1"))
    tracemalloc.start()
    ledger.save_plan("r1", plan)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < len(plan.to_bytes()) / 2
    assert ledger.plan_of_run("r1") == plan


def test_one_plan_may_belong_to_the_run_that_made_it_and_to_the_one_that_carries_it_out(
    ledger: Ledger,
) -> None:
    held, other = a_plan(), a_plan(day=date(2026, 3, 3))
    for number, plan in enumerate([held, other, held], start=1):
        ledger.start_run(a_run(f"r{number}", number))
        ledger.save_plan(f"r{number}", plan)
    ledger.save_plan("r3", held)
    assert [ledger.plan_of_run(f"r{n}") for n in (1, 2, 3)] == [held, other, held]


def test_a_run_that_does_not_say_which_plan_was_its_own_ends_with_the_one_it_saved(
    ledger: Ledger,
) -> None:
    ledger.start_run(a_run("r1"))
    ledger.save_plan("r1", a_plan())
    ledger.end_run("r1", state=RunState.HELD, ended_at=moment(1))
    found = ledger.run("r1")
    assert found is not None
    assert found.plan_digest == a_plan().digest


@pytest.mark.parametrize("body", [b"not zlib", None])
def test_a_plan_that_was_tampered_with_is_not_handed_out(
    ledger: Ledger, body: bytes | None
) -> None:
    plan, other = a_plan([create("E1")]), a_plan([create("E2")])
    ledger.start_run(a_run("r1"))
    ledger.save_plan("r1", plan)
    ledger.save_plan("r1", other)
    with ledger.database.write() as connection:
        if body is None:  # another plan, well formed
            ask = sa.text("SELECT body FROM plan_body WHERE plan_digest = :digest")
            body = connection.scalar(ask, {"digest": other.digest})
        change = sa.text("UPDATE plan_body SET body = :body WHERE plan_digest = :digest")
        connection.execute(change, {"body": body, "digest": plan.digest})
    with pytest.raises(LedgerError, match="is not that plan"):
        ledger.plan(plan.digest)


def test_a_plan_whose_content_was_removed_says_so(ledger: Ledger) -> None:
    ledger.start_run(a_run("r1"))
    ledger.save_plan("r1", a_plan())
    with ledger.database.write() as connection:
        connection.execute(sa.text("DELETE FROM plan_body"))
    with pytest.raises(LedgerError, match="no longer kept"):
        ledger.plan_of_run("r1")


def test_approvals_count_for_one_digest_and_stay_in_order(ledger: Ledger) -> None:
    first = Approval("sha256:ab", "ada", moment(1), "checked with HR")
    second = Approval("sha256:ab", "grace", moment(2))
    ledger.approve(first)
    ledger.approve(Approval("sha256:cd", "ada", moment(1)))
    ledger.approve(second)
    assert ledger.approvals("sha256:ab") == [first, second]
    assert ledger.approvals("sha256:a") == []


def test_what_cannot_be_written_whole_is_not_written_at_all(ledger: Ledger) -> None:
    ledger.start_run(a_run("r1"))
    ledger.record_batch("r1", a_report())
    with pytest.raises(LedgerError):
        ledger.record_batch("r1", a_report(rows=7))
    assert [batch.rows_read for batch in ledger.batches("r1")] == [100]


def test_nothing_is_written_for_a_run_that_was_never_started(ledger: Ledger) -> None:
    with pytest.raises(LedgerError):
        ledger.save_plan("r1", a_plan())
    assert ledger.plan(a_plan().digest) is None
