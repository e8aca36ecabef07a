"""Where approvals were given, rejections (append-only), and the runs that wait for either."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision: str | None = "0005"

BigId = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def _text(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=null)


def _moment(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def upgrade() -> None:
    op.add_column("approval", sa.Column("via", sa.Text, nullable=False, server_default=""))
    op.create_table(
        "rejection",
        sa.Column("id", BigId, primary_key=True, autoincrement=True),
        _text("plan_digest"),
        _text("rejected_by"),
        _text("cause"),
        _text("note"),
        _text("via"),
        _text("run_id", null=True),
        _moment("at"),
    )
    op.create_index("ix_rejection_plan", "rejection", ["plan_digest"])
    op.create_table(
        "waiting_run",
        sa.Column("run_id", sa.Text, sa.ForeignKey("run.run_id"), primary_key=True),
        _text("target"),
        _text("flow"),
        _text("plan_digest"),
        _text("prefect_run_id"),
        _moment("since"),
        _moment("until"),
        sa.Column("asked", sa.Integer, nullable=False),
        sa.Column("for_everybody", sa.Boolean, nullable=False),
    )
    op.create_index("ix_waiting_run_target", "waiting_run", ["target"])
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER rejection_no_{verb.lower()} BEFORE {verb} ON rejection "
                "BEGIN SELECT RAISE(ABORT, 'rejection is append-only'); END"
            )
        return
    op.execute(
        "CREATE TRIGGER rejection_append_only BEFORE UPDATE OR DELETE ON rejection "
        "FOR EACH ROW EXECUTE FUNCTION scimflow_append_only()"
    )
    op.execute(
        "CREATE TRIGGER rejection_no_truncate BEFORE TRUNCATE ON rejection "
        "FOR EACH STATEMENT EXECUTE FUNCTION scimflow_append_only()"
    )
