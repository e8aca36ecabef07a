"""The ledger's tables about corrections; `schema` tells which sorts of tables there are."""

from enum import StrEnum

import sqlalchemy as sa

from tasks.ledger.schema import BigId, UtcDateTime, metadata


class CorrectionEvent(StrEnum):
    """What a row of `correction` tells."""

    REPLAYED = "replayed"  # an analyst gave a quarantined row back, corrected
    WITHDRAWN = "withdrawn"  # an earlier correction no longer counts


def _text(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=null)


def _json(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.JSON, nullable=False)


correction = sa.Table(
    "correction",
    metadata,
    sa.Column("id", BigId, primary_key=True, autoincrement=True),
    _text("target"),
    _text("source"),
    _text("event"),
    sa.Column("of", BigId, sa.ForeignKey("correction.id"), nullable=True),
    _text("delivery"),
    sa.Column("line", sa.Integer, nullable=False),
    _text("worker_key", null=True),
    _json("columns"),
    _json("reasons"),
    _text("body_digest"),
    _text("done_by"),
    _text("note"),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Index("ix_correction_source", "target", "source"),
)
"""Who replayed or withdrew which correction of a quarantined row; no cells."""

correction_body = sa.Table(
    "correction_body",
    metadata,
    sa.Column("correction_id", BigId, sa.ForeignKey("correction.id"), primary_key=True),
    sa.Column("body", sa.LargeBinary, nullable=False),
)
"""The cells of corrections that count, before and after; erased when one is withdrawn."""
