"""Teams: links to managed ones, how those came to be, and who joined or left by which operation."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision: str | None = "0003"

APPEND_ONLY = ("team_link_event", "team_member")

BigId = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def _text(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=null)


def _moment(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def _number() -> sa.Column[int]:
    return sa.Column("id", BigId, primary_key=True, autoincrement=True)


def _of_run() -> sa.Column[str]:
    return sa.Column("run_id", sa.Text, sa.ForeignKey("run.run_id"), nullable=False)


def upgrade() -> None:
    _tables()
    for table in APPEND_ONLY:
        if op.get_bind().dialect.name == "sqlite":
            _guard_in_sqlite(table)
        else:
            _guard_in_postgresql(table)


def _tables() -> None:
    op.create_table(
        "team_link",
        sa.Column("target", sa.Text, primary_key=True),
        sa.Column("team_key", sa.Text, primary_key=True),
        _text("team_id"),
        _text("name"),
        _of_run(),
        _moment("linked_at"),
        sa.UniqueConstraint("target", "team_id", name="uq_team_link_team"),
    )
    op.create_table(
        "team_link_event",
        _number(),
        _of_run(),
        _text("target"),
        _text("event"),
        _text("team_key"),
        _text("team_id"),
        _text("name"),
        _moment("at"),
    )
    op.create_index("ix_team_link_event_run", "team_link_event", ["run_id"])
    op.create_index("ix_team_link_event_team", "team_link_event", ["target", "team_key"])
    op.create_table(
        "team_member",
        _number(),
        sa.Column("operation_ref", BigId, sa.ForeignKey("operation.id"), nullable=False),
        _text("worker_key"),
        _text("account_id", null=True),
        _text("change"),
        _text("reason"),
    )
    op.create_index("ix_team_member_operation", "team_member", ["operation_ref"])
    op.create_index("ix_team_member_worker", "team_member", ["worker_key"])


def _guard_in_sqlite(table: str) -> None:
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )


def _guard_in_postgresql(table: str) -> None:
    for name, event, each in (
        ("append_only", "UPDATE OR DELETE", "ROW"),
        ("no_truncate", "TRUNCATE", "STATEMENT"),
    ):
        op.execute(
            f"CREATE TRIGGER {table}_{name} BEFORE {event} ON {table} "
            f"FOR EACH {each} EXECUTE FUNCTION scimflow_append_only()"
        )
