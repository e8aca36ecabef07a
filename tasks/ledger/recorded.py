"""Operations read back: what is still open, what failed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from data_contracts.outcome import Outcome
from data_contracts.words import OperationKind, OutcomeResult, TeamOperationKind
from tasks.ledger.runs import was_carried_out
from tasks.ledger.schema import open_operation, operation, operation_event, run

SUCCESSFUL = tuple(
    str(result)
    for result in OutcomeResult
    if Outcome("", "", OperationKind.UPDATE, result, None).succeeded
)
"""Results after which the target holds what was meant."""


@dataclass(frozen=True, slots=True)
class RecordedOperation:
    """An operation as the ledger keeps it: facts without attribute values.

    Attributes:
        ref: The ledger's number of it.
        run_id: The run that meant to do it.
        plan_digest: The plan that it was part of.
        operation_id: Its id in that plan.
        worker_key: Whose account.
        account_id: SCIM id, once known.
        kind: What was to be done.
        user_name: The account's login after the operation.
        external_id: The externalId that was to be written; None when none was.
        correlated_by: How the account was found; None for a create.
        reason: Why, as a code.
        explanation: Why, in words.
        changed: Names of the attributes written.
        rows: `source:line` of the rows that led to it.
        result: The last word on it; None after an intent alone.
        detail: Why it did not go well.
        at: When that last word was written.
    """

    ref: int
    run_id: str
    plan_digest: str | None
    operation_id: str
    worker_key: str
    account_id: str | None
    kind: OperationKind | TeamOperationKind
    user_name: str
    external_id: str | None
    correlated_by: str | None
    reason: str
    explanation: str
    changed: tuple[str, ...]
    rows: tuple[str, ...]
    result: OutcomeResult | None
    detail: str
    at: datetime


ON_TEAMS = operation.c.kind.in_([str(kind) for kind in TeamOperationKind])


def open_intents(
    connection: sa.Connection, target: str, *, on_teams: bool = False
) -> list[RecordedOperation]:
    """Read the operations whose end is not known, on accounts or on teams, oldest first."""
    query = _with_last_event().join(
        open_operation, open_operation.c.operation_ref == operation.c.id
    )
    query = query.where(
        open_operation.c.target == target, ON_TEAMS if on_teams else sa.not_(ON_TEAMS)
    )
    return [_recorded(row) for row in connection.execute(query.order_by(operation.c.id))]


def failed_last(connection: sa.Connection, target: str) -> list[RecordedOperation]:
    """Read what the last run that carried out a plan did not bring about, in its order."""
    last = (
        sa.select(run.c.run_id)
        .where(run.c.target == target, was_carried_out())
        .order_by(run.c.started_at.desc(), run.c.run_id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return _failed(connection, operation.c.run_id == last)


def failed_of_run(connection: sa.Connection, run_id: str) -> list[RecordedOperation]:
    """Read what a run did not bring about, in its order."""
    return _failed(connection, operation.c.run_id == run_id)


def _failed(connection: sa.Connection, where: sa.ColumnElement[bool]) -> list[RecordedOperation]:
    query = _with_last_event().where(where, operation_event.c.result.not_in(SUCCESSFUL))
    return [_recorded(row) for row in connection.execute(query.order_by(operation.c.id))]


def _with_last_event() -> sa.Select[Any]:
    later = operation_event.alias("later")
    newest = sa.select(sa.func.max(later.c.id)).where(later.c.operation_ref == operation.c.id)
    return (
        sa.select(
            operation,
            operation_event.c.result,
            operation_event.c.detail,
            operation_event.c.at,
            operation_event.c.account_id.label("account_seen"),
        )
        .select_from(operation)
        .join(operation_event, operation_event.c.id == newest.scalar_subquery())
    )


def _kind(text: str) -> OperationKind | TeamOperationKind:
    teams = set(map(str, TeamOperationKind))
    return TeamOperationKind(text) if text in teams else OperationKind(text)


def _recorded(row: Any) -> RecordedOperation:
    return RecordedOperation(
        ref=row.id,
        run_id=row.run_id,
        plan_digest=row.plan_digest,
        operation_id=row.operation_id,
        worker_key=row.worker_key,
        account_id=row.account_seen or row.account_id,
        kind=_kind(row.kind),
        user_name=row.user_name,
        external_id=row.external_id,
        correlated_by=row.correlated_by,
        reason=row.reason,
        explanation=row.explanation,
        changed=tuple(row.changed),
        rows=tuple(row.rows),
        result=None if row.result is None else OutcomeResult(row.result),
        detail=row.detail,
        at=row.at,
    )
