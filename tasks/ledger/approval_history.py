"""Approvals and rejections as lines of the audit trail."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from data_contracts.approval import Rejection, RejectionCause
from data_contracts.outcome import HistoryEntry
from tasks.ledger.schema import approval, plan, rejection, run_plan

APPROVE = "approve"
REJECT = "reject"


def lines(
    connection: sa.Connection, target: str, run_id: str | None, limit: int | None
) -> Iterator[HistoryEntry]:
    """Read what people said of the target's plans; under the run that first had the plan.

    Args:
        connection: A transaction.
        target: Name of the target.
        run_id: Only of this run's plans; None for all.
        limit: At most so many of each sort, the newest ones.
    """
    for row in _rows(connection, approval, target, run_id, limit):
        words = f"{row.approved_by} released the plan {row.plan_digest}"
        yield _line(row, APPROVE, "approved", _with_place(words, row.via))
    for row in _rows(connection, rejection, target, run_id, limit):
        said = Rejection(row.plan_digest, row.rejected_by, row.at, RejectionCause(row.cause))
        words = f"the plan {row.plan_digest} was {said.told}"
        yield _line(row, REJECT, "rejected", _with_place(words, row.via))


def _with_place(words: str, via: str) -> str:
    return f"{words} ({via})" if via else words


def _line(row: Any, kind: str, result: str, words: str) -> HistoryEntry:
    return HistoryEntry(
        at=row.at,
        run_id=row.of_run or "",
        worker_key="",
        account_id=None,
        kind=kind,
        reason=result,
        explanation=words,
        detail=row.note,
        result=result,
    )


def _rows(
    connection: sa.Connection, table: sa.Table, target: str, run_id: str | None, limit: int | None
) -> list[Any]:
    of_plan = run_plan.c.plan_digest == table.c.plan_digest
    first = sa.select(sa.func.min(run_plan.c.id)).where(of_plan).correlate(table)
    made_by = (
        sa.select(run_plan.c.run_id)
        .where(run_plan.c.id == first.scalar_subquery())
        .correlate(table)
    )
    query = (
        sa.select(table, made_by.scalar_subquery().label("of_run"))
        .join(plan, plan.c.digest == table.c.plan_digest)
        .where(plan.c.target == target)
    )
    if run_id is not None:
        query = query.where(
            sa.exists().where(of_plan, run_plan.c.run_id == run_id).correlate(table)
        )
    found = connection.execute(query.order_by(table.c.id.desc()).limit(limit)).all()
    return list(found[::-1])
