"""Approvals and rejections: somebody's word for one plan's digest, appended and never changed."""

import sqlalchemy as sa

from data_contracts.approval import Approval, Rejection, RejectionCause
from tasks.ledger.chain import append_rows
from tasks.ledger.schema import approval, rejection


def append(connection: sa.Connection, given: Approval) -> None:
    """Append an approval."""
    append_rows(
        connection,
        approval,
        [
            {
                "plan_digest": given.plan_digest,
                "approved_by": given.approved_by,
                "note": given.note,
                "at": given.at,
                "via": given.via,
            }
        ],
    )


def of_plan(connection: sa.Connection, digest: str) -> list[Approval]:
    """Read a plan's approvals, in the order in which they were given."""
    query = sa.select(approval).where(approval.c.plan_digest == digest).order_by(approval.c.id)
    return [
        Approval(row.plan_digest, row.approved_by, row.at, row.note, row.via)
        for row in connection.execute(query)
    ]


def append_rejection(connection: sa.Connection, given: Rejection) -> None:
    """Append a rejection."""
    append_rows(
        connection,
        rejection,
        [
            {
                "plan_digest": given.plan_digest,
                "rejected_by": given.rejected_by,
                "cause": str(given.cause),
                "note": given.note,
                "via": given.via,
                "run_id": given.run_id,
                "at": given.at,
            }
        ],
    )


def rejections_of_plan(connection: sa.Connection, digest: str) -> list[Rejection]:
    """Read a plan's rejections, in the order in which they were made."""
    query = sa.select(rejection).where(rejection.c.plan_digest == digest).order_by(rejection.c.id)
    return [
        Rejection(
            row.plan_digest,
            row.rejected_by,
            row.at,
            RejectionCause(row.cause),
            row.note,
            row.via,
            row.run_id,
        )
        for row in connection.execute(query)
    ]
