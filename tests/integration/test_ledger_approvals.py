"""Approvals, rejections, and runs that wait for either."""

from dataclasses import replace

import pytest

from data_contracts.approval import Approval, Rejection, RejectionCause, WaitingRun
from data_contracts.errors import LedgerError
from data_contracts.words import RunState
from tasks.ledger import Ledger
from tests.ledger_parts import TARGET, a_plan, a_run, moment

DIGEST = a_plan().digest
WAITING = WaitingRun("r1", TARGET, "sync-users", DIGEST, "prefect-1", moment(1), moment(61))


@pytest.fixture
def waiting(ledger: Ledger) -> Ledger:
    """A ledger with one run that waits."""
    ledger.start_run(a_run("r1", prefect_run_id="prefect-1"))
    ledger.save_plan("r1", a_plan())
    ledger.wait(WAITING, message="for somebody", counts={"to_create": 3})
    return ledger


def test_a_run_that_waits_is_found_by_target_and_by_prefect_run(waiting: Ledger) -> None:
    assert waiting.waiting_runs(TARGET) == [WAITING]
    assert waiting.waiting_runs("another") == []
    assert waiting.waiting_run("r1") == waiting.waiting_prefect_run("prefect-1") == WAITING
    assert waiting.waiting_run("r2") is waiting.waiting_prefect_run("prefect-2") is None
    record = waiting.run("r1")
    assert record is not None
    assert (record.state, record.ended_at) == (RunState.WAITING, None)
    assert (record.message, record.counts) == ("for somebody", {"to_create": 3})
    assert record.plan_digest == DIGEST


def test_another_form_is_counted(waiting: Ledger) -> None:
    waiting.ask_again("r1", 2)
    assert waiting.waiting_run("r1") == replace(WAITING, asked=2)


def test_a_waiting_run_is_taken_up_once_and_goes_on(waiting: Ledger) -> None:
    assert waiting.take_up("r1")
    assert not waiting.take_up("r1")
    record = waiting.run("r1")
    assert record is not None
    assert record.state is RunState.RUNNING
    assert waiting.waiting_runs(TARGET) == []
    waiting.end_run("r1", state=RunState.COMPLETED, ended_at=moment(9))
    assert waiting.verify().is_whole


def test_a_waiting_run_is_ended_once_with_what_ended_it(waiting: Ledger) -> None:
    late = Rejection(DIGEST, "", moment(61), RejectionCause.EXPIRED, run_id="r1")
    for at in (61, 62):
        ended = waiting.end_waiting(
            "r1",
            state=RunState.REJECTED,
            message="too late",
            at=moment(at),
            rejection=replace(late, at=moment(at)),
        )
        assert ended is (at == 61)
    assert waiting.rejections(DIGEST) == [late]
    record = waiting.run("r1")
    assert record is not None
    assert (record.state, record.message) == (RunState.REJECTED, "too late")
    assert record.ended_at == moment(61)
    assert not waiting.take_up("r1")
    assert waiting.verify().is_whole


def test_a_waiting_run_that_is_ended_as_any_other_waits_no_more(waiting: Ledger) -> None:
    waiting.end_run("r1", state=RunState.FAILED, ended_at=moment(2))
    assert waiting.waiting_runs(TARGET) == []


def test_only_a_run_that_goes_on_can_wait(waiting: Ledger) -> None:
    for run_id in ("r1", "r2"):
        with pytest.raises(LedgerError, match="not one that goes on"):
            waiting.wait(replace(WAITING, run_id=run_id))
    assert waiting.waiting_runs(TARGET) == [WAITING]


def test_rejections_stand_in_the_history_with_who_and_why(waiting: Ledger) -> None:
    waiting.approve(Approval(DIGEST, "ada", moment(3), "checked", "Prefect UI"))
    waiting.reject(Rejection(DIGEST, "grace", moment(5), note="ask HR first", via="command line"))
    approved, rejected = waiting.history(TARGET)
    assert (approved.kind, rejected.kind) == ("approve", "reject")
    assert "ada released the plan" in approved.explanation
    assert "(Prefect UI)" in approved.explanation
    assert rejected.explanation == f"the plan {DIGEST} was rejected by grace (command line)"
    assert (rejected.detail, rejected.result, rejected.run_id) == (
        "ask HR first",
        "rejected",
        "r1",
    )
