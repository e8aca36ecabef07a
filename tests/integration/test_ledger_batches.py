"""Deliveries: what shrinkage is measured against, and whose rows were set aside."""

import pytest

from data_contracts.approval import Approval
from data_contracts.batch import QuarantinedRow
from data_contracts.words import BatchVerdict, RunState
from tasks.ledger import AcceptedBatch, Ledger
from tests.ledger_parts import (
    TARGET,
    a_plan,
    a_report,
    a_run,
    asynchronous,
    carry_out,
    create,
    moment,
)


def deliver(
    ledger: Ledger,
    run_id: str,
    rows: int,
    state: RunState | None,
    minutes: float = 0,
    **more: str,
) -> None:
    """A run that reads a delivery, plans, and ends so (None: it goes on)."""
    ledger.start_run(a_run(run_id, minutes, **more))
    ledger.record_batch(run_id, a_report(rows))
    ledger.save_plan(run_id, a_plan(rows=rows))
    if state is not None:
        ledger.end_run(run_id, state=state, ended_at=moment(minutes + 1))


def measure(ledger: Ledger) -> int | None:
    found = ledger.last_accepted_batch(TARGET, "hr")
    return None if found is None else found.rows


def test_before_the_first_delivery_there_is_no_measure(ledger: Ledger) -> None:
    assert ledger.last_accepted_batch(TARGET, "hr") is None


def test_the_delivery_of_the_last_run_that_was_carried_out_is_the_measure(ledger: Ledger) -> None:
    deliver(ledger, "r1", 1000, RunState.COMPLETED)
    deliver(ledger, "r2", 990, RunState.COMPLETED_WITH_QUARANTINE, 10)
    deliver(ledger, "r3", 980, RunState.PARTLY_APPLIED, 20)
    assert ledger.last_accepted_batch(TARGET, "hr") == AcceptedBatch(980, "sha256:file-980")


@pytest.mark.parametrize(
    "state", [RunState.HELD, RunState.REFUSED, RunState.FAILED, RunState.RUNNING]
)
def test_a_delivery_that_nothing_was_done_with_is_no_measure(
    ledger: Ledger, state: RunState
) -> None:
    deliver(ledger, "r1", 1000, RunState.COMPLETED)
    deliver(ledger, "r2", 500, state, 10)
    assert measure(ledger) == 1000


@pytest.mark.parametrize("flow", ["plan-users", "report-drift"])
def test_a_flow_that_only_looks_sets_no_measure(ledger: Ledger, flow: str) -> None:
    deliver(ledger, "r1", 1000, RunState.COMPLETED)
    deliver(ledger, "r2", 950, RunState.COMPLETED, 10, flow=flow)
    assert measure(ledger) == 1000


def test_a_delivery_refused_by_its_contract_is_no_measure(ledger: Ledger) -> None:
    ledger.start_run(a_run("r1"))
    ledger.record_batch("r1", a_report(500, verdict=BatchVerdict.REFUSED, refusals=("broken",)))
    ledger.save_plan("r1", a_plan())
    ledger.end_run("r1", state=RunState.COMPLETED, ended_at=moment(1))
    assert measure(ledger) is None


@pytest.mark.parametrize("read_again", [True, False])
def test_a_shrunken_delivery_is_the_measure_once_its_plan_was_approved_and_carried_out(
    ledger: Ledger, read_again: bool
) -> None:
    deliver(ledger, "r1", 1000, RunState.COMPLETED)
    deliver(ledger, "r2", 500, RunState.HELD, 10)
    held = a_plan(rows=500)
    ledger.approve(Approval(held.digest, "ada", moment(12)))
    assert measure(ledger) == 1000
    ledger.start_run(a_run("r3", 20, flow="apply-plan"))
    if read_again:
        ledger.record_batch("r3", a_report(500))
    ledger.save_plan("r3", held)
    ledger.end_run("r3", state=RunState.COMPLETED, ended_at=moment(21))
    assert measure(ledger) == 500


@asynchronous
async def test_a_run_that_was_killed_in_the_middle_of_its_load_has_set_the_measure(
    ledger: Ledger,
) -> None:
    deliver(ledger, "r1", 1000, RunState.COMPLETED)
    deliver(ledger, "r2", 990, None, 10)
    await carry_out(ledger, "r2", (create("E1"), None))
    assert measure(ledger) == 990


def test_every_target_and_every_source_has_its_own_measure(ledger: Ledger) -> None:
    deliver(ledger, "r1", 1000, RunState.COMPLETED)
    assert ledger.last_accepted_batch("other", "hr") is None
    assert ledger.last_accepted_batch(TARGET, "idp") is None


def test_a_delivery_reads_back_with_its_numbers(ledger: Ledger) -> None:
    ledger.start_run(a_run("r1"))
    row = QuarantinedRow(
        "hr", 19, ("hire-date", "email"), ("no date", "no address"), "E7", ("x@y",)
    )
    ledger.record_batch("r1", a_report(quarantined=[row]))
    ledger.record_batch(
        "r1", a_report(3, source="idp", verdict=BatchVerdict.REFUSED, refusals=("empty",))
    )
    hr, idp = ledger.batches("r1")
    assert (hr.source, hr.path, hr.digest) == ("hr", "hr.csv", "sha256:file-100")
    assert (hr.contract, hr.contract_version) == ("hr", "1.0.0")
    assert (hr.rows_read, hr.rows_accepted, hr.rows_quarantined) == (100, 99, 1)
    assert (hr.verdict, hr.refusals) == (BatchVerdict.ACCEPTED_WITH_QUARANTINE, ())
    assert (idp.verdict, idp.refusals) == (BatchVerdict.REFUSED, ("empty",))


def test_a_quarantined_row_stands_in_its_persons_history_without_its_cells(
    ledger: Ledger,
) -> None:
    ledger.start_run(a_run("r1"))
    row = QuarantinedRow(
        "hr", 19, ("hire-date", "email"), ("no date", "no address"), "E7", ("x@y",)
    )
    nobody = QuarantinedRow("hr", 20, ("key",), ("no key",), None)
    ledger.record_batch("r1", a_report(quarantined=[row, nobody]))
    (line,) = ledger.history(TARGET, person="E7")
    assert (line.kind, line.result, line.worker_key) == ("quarantine", "quarantined", "E7")
    assert (line.reason, line.explanation) == ("hire-date, email", "no date; no address")
    assert (line.rows, line.at, line.run_id) == (("hr:19",), moment(0), "r1")
    assert "x@y" not in repr(ledger.history(TARGET))
    assert [each.rows for each in ledger.history(TARGET, run="r1")] == [("hr:19",), ("hr:20",)]


def test_the_rows_of_a_refused_batch_are_not_said_to_be_quarantined(ledger: Ledger) -> None:
    ledger.start_run(a_run("r1"))
    row = QuarantinedRow("hr", 19, ("key",), ("no key",), "E7")
    refused = a_report(quarantined=[row], verdict=BatchVerdict.REFUSED, refusals=("too many",))
    ledger.record_batch("r1", refused)
    assert ledger.history(TARGET) == []
    assert ledger.batches("r1")[0].rows_quarantined == 1
