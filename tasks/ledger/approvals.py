"""Approvals: somebody's word for one plan's digest, appended and never taken back."""

import sqlalchemy as sa

from data_contracts.outcome import Approval
from tasks.ledger.schema import approval


def append(connection: sa.Connection, given: Approval) -> None:
    """Append an approval."""
    connection.execute(
        sa.insert(approval),
        {
            "plan_digest": given.plan_digest,
            "approved_by": given.approved_by,
            "note": given.note,
            "at": given.at,
        },
    )


def of_plan(connection: sa.Connection, digest: str) -> list[Approval]:
    """Read a plan's approvals, in the order in which they were given."""
    query = sa.select(approval).where(approval.c.plan_digest == digest).order_by(approval.c.id)
    return [
        Approval(row.plan_digest, row.approved_by, row.at, row.note)
        for row in connection.execute(query)
    ]
