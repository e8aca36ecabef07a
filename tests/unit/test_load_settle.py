"""What became of writes that a killed run left open, told from the accounts as they are now."""

from datetime import UTC, datetime
from typing import Any

import pytest

from data_contracts.outcome import Outcome
from data_contracts.plan import Operation
from data_contracts.snapshot import TargetSnapshot
from data_contracts.words import OperationKind, OutcomeResult
from tasks.ledger import RecordedOperation
from tasks.load.settle import settle_intents
from tests.builders import accounts
from tests.target_parts import MANAGER, change, refers

SETTLED, FAILED = OutcomeResult.SETTLED, OutcomeResult.FAILED


def intent(operation: Operation, changed: tuple[str, ...]) -> RecordedOperation:
    """What the ledger kept of an operation; `changed` is what was about to be written."""
    return RecordedOperation(
        ref=1,
        run_id="run-1",
        plan_digest="sha256:0",
        operation_id=operation.operation_id,
        worker_key=operation.worker_key,
        account_id=operation.account_id,
        kind=operation.kind,
        user_name=operation.user_name,
        external_id=None,
        correlated_by=None,
        reason=operation.reason,
        explanation=operation.explanation,
        changed=changed,
        rows=(),
        result=None,
        detail="",
        at=datetime(2026, 3, 2, tzinfo=UTC),
    )


def settle(operation: Operation, changed: tuple[str, ...], **there: Any) -> Outcome:
    shown = accounts([{"id": "a1", "userName": "e1@acme.example", **there}], ["title", MANAGER])
    known = [(intent(operation, changed), {operation.operation_id: operation})]
    ((_, outcome),) = settle_intents(
        known, TargetSnapshot("acme", shown), account_of={"E2": "a2", "E1": "a1"}
    )
    return outcome


def referring(*, title: str | None = None) -> Operation:
    """An update of somebody whose manager, E2, the same run had made before."""
    attributes = {} if title is None else {"title": title}
    return refers(change("a1", attributes, key="E1"), "E2")


@pytest.mark.parametrize(
    ("there", "result"),
    [
        ({MANAGER: "a2"}, SETTLED),
        ({MANAGER: "a9"}, FAILED),
        ({}, FAILED),
    ],
)
def test_a_reference_counts_as_written_when_the_new_account_is_there(
    there: dict[str, str], result: OutcomeResult
) -> None:
    outcome = settle(referring(), (MANAGER,), **there)
    assert outcome.result is result
    assert ("manager.value" in outcome.detail) is (result is FAILED)


def test_a_reference_that_was_left_out_was_not_to_be_written() -> None:
    """The manager's create had failed: the rest alone was sent."""
    assert settle(referring(title="Lead"), ("title",), title="Lead").result is SETTLED


def test_an_update_with_nothing_to_write_did_not_happen() -> None:
    outcome = settle(referring(), (), **{MANAGER: "a2"})
    assert outcome.result is FAILED
    assert "nothing to write" in outcome.detail


def test_an_account_that_the_ledger_does_not_tell_is_no_proof() -> None:
    operation = refers(referring(), "E9")
    assert settle(operation, (MANAGER,), **{MANAGER: "a2"}).result is FAILED


def test_other_writes_are_told_as_before() -> None:
    update = change("a1", {"title": "Lead"}, key="E1")
    assert settle(update, ("title",), title="Lead").result is SETTLED
    gone = change("a1", {"active": False}, key="E1", kind=OperationKind.DEACTIVATE)
    assert settle(gone, ("active",), active=True).result is FAILED
