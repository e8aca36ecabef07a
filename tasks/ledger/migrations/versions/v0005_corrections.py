"""Corrections of quarantined rows: an append-only trail, and the cells beside it."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision: str | None = "0004"

BigId = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def _text(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=null)


def _json(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.JSON, nullable=False)


def upgrade() -> None:
    op.create_table(
        "correction",
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
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_correction_source", "correction", ["target", "source"])
    op.create_table(
        "correction_body",
        sa.Column("correction_id", BigId, sa.ForeignKey("correction.id"), primary_key=True),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER correction_no_{verb.lower()} BEFORE {verb} ON correction "
                "BEGIN SELECT RAISE(ABORT, 'correction is append-only'); END"
            )
        return
    op.execute(
        "CREATE TRIGGER correction_append_only BEFORE UPDATE OR DELETE ON correction "
        "FOR EACH ROW EXECUTE FUNCTION scimflow_append_only()"
    )
    op.execute(
        "CREATE TRIGGER correction_no_truncate BEFORE TRUNCATE ON correction "
        "FOR EACH STATEMENT EXECUTE FUNCTION scimflow_append_only()"
    )
