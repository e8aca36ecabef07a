"""The audit trail: who was changed when, by which run, why, and with which result."""

import asyncio
from datetime import timedelta

import pytest

from data_contracts.approval import Approval
from data_contracts.errors import LedgerError
from data_contracts.outcome import HistoryEntry, HttpExchange
from data_contracts.words import OperationKind, OutcomeResult, RunState
from tasks.ledger import Ledger
from tests.ledger_parts import (
    START,
    TARGET,
    a_plan,
    a_run,
    adoption,
    carry_out,
    change,
    create,
    done,
    leave,
    moment,
    outcome,
)

FAILED, UNKNOWN, SETTLED = OutcomeResult.FAILED, OutcomeResult.UNKNOWN, OutcomeResult.SETTLED


def test_a_line_tells_everything_about_a_change(ledger: Ledger) -> None:
    exchanges = tuple(
        HttpExchange("GET", "/Users", status, ms, "look-up", START + timedelta(milliseconds=ms))
        for status, ms in ((None, 30), (429, 20), (200, 10))
    )
    update = change("E1", "a-1", {"title": "Lead", "name.familyName": "Moreau"})
    ended = outcome(update, FAILED, detail="not retained: title", verified="looked at",
                    not_retained=("title",), exchanges=exchanges)  # fmt: skip
    ledger.start_run(a_run("r1"))
    asyncio.run(carry_out(ledger, "r1", (update, ended), minutes=3))
    assert ledger.history(TARGET) == [
        HistoryEntry(
            at=moment(3),
            run_id="r1",
            worker_key="E1",
            account_id="a-1",
            kind="update",
            reason="mover",
            explanation="differs from the export",
            changed=("title", "name.familyName"),
            result="failed",
            detail="not retained: title",
            verified="looked at",
            rows=("hr:17",),
            exchanges=exchanges,
        )
    ]
    assert "Moreau" not in repr(ledger.history(TARGET))


def test_an_intent_without_an_outcome_is_a_line_without_a_result(ledger: Ledger) -> None:
    ledger.start_run(a_run("r1"))
    asyncio.run(carry_out(ledger, "r1", (leave("E1", "a-1"), None)))
    (line,) = ledger.history(TARGET)
    assert (line.kind, line.result, line.account_id) == ("deactivate", "", "a-1")


@pytest.mark.parametrize(
    "person",
    ["E1", "a-E1", "e1@acme.example", " E1@ACME.Example ", "ÉLISE@acme.example"],
)
def test_a_person_is_found_by_key_account_and_every_login_they_ever_had(
    ledger: Ledger, person: str
) -> None:
    login = "élise@acme.example"
    done(ledger, "r1", create("E1"), create("E2"))
    renamed = change("E1", "a-E1", {"userName": login}, user_name=login)
    done(ledger, "r2", renamed, minutes=10)
    assert [line.kind for line in ledger.history(TARGET, person=person)] == ["create", "update"]


@pytest.mark.parametrize("person", ["", "e1", "A-E1", "E%", "nobody@acme.example"])
def test_who_is_not_known_has_no_history(ledger: Ledger, person: str) -> None:
    done(ledger, "r1", create("E1"))
    assert ledger.history(TARGET, person=person) == []


def test_every_target_has_its_own_history(ledger: Ledger) -> None:
    done(ledger, "r1", create("E1"))
    assert ledger.history("other") == ledger.history("other", person="E1") == []


def test_the_newest_lines_are_shown_the_oldest_first(ledger: Ledger) -> None:
    for number in range(5):
        done(ledger, f"r{number}", create(f"E{number}"), minutes=number)
    ledger.adopt("r4", TARGET, [adoption("E9", "a-9")], moment(2.5))
    assert [line.worker_key for line in ledger.history(TARGET, limit=3)] == ["E9", "E3", "E4"]
    assert len(ledger.history(TARGET)) == 6
    assert ledger.history(TARGET, limit=0) == []


def test_a_runs_history_is_found_by_the_beginning_of_its_id(ledger: Ledger) -> None:
    done(ledger, "20260302-a", create("E1"))
    done(ledger, "20260303-b", create("E2"))
    assert [line.worker_key for line in ledger.history(TARGET, run="20260303")] == ["E2"]
    assert ledger.history(TARGET, run="20260304") == []


def test_an_approval_stands_in_the_history_of_every_run_of_its_plan(ledger: Ledger) -> None:
    plan = a_plan()
    ledger.approve(Approval("sha256:of-nobody", "ada", moment(0)))
    for number in (1, 2):
        ledger.start_run(a_run(f"r{number}", number))
        ledger.save_plan(f"r{number}", plan)
    ledger.approve(Approval(plan.digest, "ada", moment(5), "checked with HR"))
    (line,) = ledger.history(TARGET)
    assert (line.kind, line.result, line.run_id) == ("approve", "approved", "r1")
    assert (line.at, line.detail) == (moment(5), "checked with HR")
    assert "ada" in line.explanation
    assert plan.digest in line.explanation
    for number in (1, 2):
        assert ledger.history(TARGET, run=f"r{number}") == [line]


def test_a_write_without_an_outcome_is_open_until_a_later_run_settles_it(ledger: Ledger) -> None:
    ledger.start_run(a_run("r1"))
    ledger.save_plan("r1", a_plan([create("E1"), create("E2"), create("E3")]))
    e1, e2, e3 = create("E1"), create("E2"), create("E3")
    lost = outcome(e3, UNKNOWN, "a-3", detail="no answer")
    asyncio.run(carry_out(ledger, "r1", (e1, outcome(e1)), (e2, None), (e3, lost)))
    second, third = ledger.open_intents(TARGET)
    assert ledger.open_intents("other") == []
    assert (second.operation_id, second.result, second.run_id) == ("create/E2", None, "r1")
    assert (second.worker_key, second.kind, second.account_id) == ("E2", OperationKind.CREATE, None)
    assert (second.user_name, second.external_id) == ("e2@acme.example", "x-E2")
    assert (second.plan_digest, second.rows) == (a_plan([e1, e2, e3]).digest, ("hr:17",))
    assert (third.result, third.account_id, third.detail) == (UNKNOWN, "a-3", "no answer")

    ledger.start_run(a_run("r2", 10))
    ledger.settle("r2", second, outcome(e2, SETTLED), moment(11))
    ledger.settle("r2", third, outcome(e3, FAILED), moment(12))
    assert ledger.open_intents(TARGET) == []
    assert set(ledger.links(TARGET)["worker_key"]) == {"E1", "E2"}
    told = [(line.run_id, line.worker_key, line.result) for line in ledger.history(TARGET)]
    assert told == [
        ("r1", "E1", "applied"),
        ("r1", "E3", "unknown"),
        ("r2", "E2", "settled"),
        ("r2", "E3", "failed"),
    ]
    assert ledger.history(TARGET, run="r1") == ledger.history(TARGET)
    assert len(ledger.history(TARGET, run="r2")) == 2


def test_what_is_settled_is_not_settled_again(ledger: Ledger) -> None:
    ledger.start_run(a_run("r1"))
    asyncio.run(carry_out(ledger, "r1", (create("E1"), None)))
    (intent,) = ledger.open_intents(TARGET)
    with pytest.raises(LedgerError, match="does not settle create/E1"):
        ledger.settle("r1", intent, outcome(create("E2")), moment(1))
    ledger.settle("r1", intent, outcome(create("E1")), moment(1))
    with pytest.raises(LedgerError, match="settled already"):
        ledger.settle("r1", intent, outcome(create("E1"), FAILED), moment(2))
    assert [line.result for line in ledger.history(TARGET)] == ["applied"]


def test_what_failed_in_the_last_load_is_known_to_the_next_run(ledger: Ledger) -> None:
    e1, e2, e3 = create("E1"), create("E2"), create("E3")
    ledger.start_run(a_run("r1"))
    steps = [(e1, outcome(e1)), (e2, outcome(e2, FAILED, detail="refused")), (e3, None)]
    asyncio.run(carry_out(ledger, "r1", *steps))
    ledger.end_run("r1", state=RunState.PARTLY_APPLIED, ended_at=moment(2))
    for run_id, flow, state in (
        ("r2", "sync-users", RunState.HELD),
        ("r3", "plan-users", RunState.COMPLETED),
    ):
        ledger.start_run(a_run(run_id, 10, flow=flow))
        ledger.end_run(run_id, state=state, ended_at=moment(11))
    (failed,) = ledger.failed_last(TARGET)
    assert (failed.operation_id, failed.result, failed.detail) == ("create/E2", FAILED, "refused")
    done(ledger, "r4", create("E2"), minutes=20)
    assert ledger.failed_last(TARGET) == []
