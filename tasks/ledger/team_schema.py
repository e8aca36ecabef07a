"""The ledger's tables about teams; `schema` tells which sorts of tables there are."""

import sqlalchemy as sa

from tasks.ledger.schema import BigId, UtcDateTime, metadata


def _text(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=null)


def _number() -> sa.Column[int]:
    return sa.Column("id", BigId, primary_key=True, autoincrement=True)


def _of_run() -> sa.Column[str]:
    return sa.Column("run_id", sa.Text, sa.ForeignKey("run.run_id"), nullable=False)


team_link = sa.Table(
    "team_link",
    metadata,
    sa.Column("target", sa.Text, primary_key=True),
    sa.Column("team_key", sa.Text, primary_key=True),
    _text("team_id"),
    _text("name"),
    _of_run(),
    sa.Column("linked_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("target", "team_id", name="uq_team_link_team"),
)
"""Managed teams: the source's value and the SCIM id of the group that stands for it."""

team_link_event = sa.Table(
    "team_link_event",
    metadata,
    _number(),
    _of_run(),
    _text("target"),
    _text("event"),
    _text("team_key"),
    _text("team_id"),
    _text("name"),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Index("ix_team_link_event_run", "run_id"),
    sa.Index("ix_team_link_event_team", "target", "team_key"),
)

team_member = sa.Table(
    "team_member",
    metadata,
    _number(),
    sa.Column("operation_ref", BigId, sa.ForeignKey("operation.id"), nullable=False),
    _text("worker_key"),
    _text("account_id", null=True),
    _text("change"),
    _text("reason"),
    sa.Index("ix_team_member_operation", "operation_ref"),
    sa.Index("ix_team_member_worker", "worker_key"),
)
"""Who was to join or leave by an operation on a team, so that each person's history tells it."""
