"""What was learned of a target's attributes, and whose operations keep failing."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision: str | None = "0002"


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, primary_key=True)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False)


def _moment(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def _of_run() -> sa.Column[str]:
    return sa.Column("run_id", sa.Text, sa.ForeignKey("run.run_id"), nullable=False)


def upgrade() -> None:
    op.create_table(
        "attribute_habit",
        _key("target"),
        _key("path"),
        _count("kept"),
        _count("ignored"),
        _count("rewritten"),
    )
    op.create_table(
        "attribute_rewrite",
        _key("target"),
        _key("account_id"),
        _key("path"),
        _text("meant"),
        _text("held"),
        _of_run(),
        _moment("at"),
    )
    op.create_table(
        "failing_operation",
        _key("target"),
        _key("worker_key"),
        _text("kind"),
        _text("meaning"),
        _count("failures"),
        _text("detail"),
        _of_run(),
        _moment("first_at"),
        _moment("last_at"),
    )
