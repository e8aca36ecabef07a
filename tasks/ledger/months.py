"""What the audit trail has of a time: operations, rows set aside, rejections."""

from datetime import datetime

import sqlalchemy as sa

from data_contracts.batch import QuarantinedRow
from data_contracts.month import DoneOperation
from data_contracts.words import OperationKind
from tasks.ledger.event_words import EventKind
from tasks.ledger.schema import operation, operation_event, plan, quarantined_row, rejection, run


def done(
    connection: sa.Connection, target: str, since: datetime, until: datetime
) -> list[DoneOperation]:
    """Read the last word on each operation on accounts, oldest first."""
    later = operation_event.alias("later")
    is_last = ~sa.exists().where(
        later.c.operation_ref == operation_event.c.operation_ref,
        later.c.id > operation_event.c.id,
    )
    query = (
        sa.select(
            operation_event.c.at,
            operation_event.c.run_id,
            operation.c.worker_key,
            operation.c.kind,
            operation.c.reason,
            operation_event.c.result,
            operation_event.c.detail,
        )
        .join(operation, operation.c.id == operation_event.c.operation_ref)
        .where(
            operation.c.target == target,
            operation.c.kind.in_([str(kind) for kind in OperationKind]),
            operation_event.c.event == str(EventKind.OUTCOME),
            operation_event.c.at >= since,
            operation_event.c.at < until,
            is_last,
        )
        .order_by(operation_event.c.id)
    )
    return [DoneOperation(*row) for row in connection.execute(query)]


def set_aside(
    connection: sa.Connection, target: str, since: datetime, until: datetime
) -> list[tuple[str, QuarantinedRow]]:
    """Read the rows that runs of a time set aside, with the runs' ids."""
    query = (
        sa.select(quarantined_row)
        .join(run, run.c.run_id == quarantined_row.c.run_id)
        .where(run.c.target == target, run.c.started_at >= since, run.c.started_at < until)
        .order_by(quarantined_row.c.id)
    )
    return [
        (
            row.run_id,
            QuarantinedRow(
                source=row.source,
                line=row.line,
                rule_ids=tuple(row.rule_ids),
                reasons=tuple(row.reasons),
                worker_key=row.worker_key,
            ),
        )
        for row in connection.execute(query)
    ]


def rejected(connection: sa.Connection, target: str, since: datetime, until: datetime) -> int:
    """Count the plans that were rejected in a time."""
    query = (
        sa.select(sa.func.count(sa.distinct(rejection.c.plan_digest)))
        .join(plan, plan.c.digest == rejection.c.plan_digest)
        .where(plan.c.target == target, rejection.c.at >= since, rejection.c.at < until)
    )
    return connection.scalar(query) or 0
