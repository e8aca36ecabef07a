"""The tables of the first version.

Written out and not taken from `tasks.ledger.schema`: a migration stays what it was.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision: str | None = None

BigId = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def _text(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=null)


def _count(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=null)


def _moment(name: str, *, null: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=null)


def _json(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.JSON, nullable=False)


def _number() -> sa.Column[int]:
    return sa.Column("id", BigId, primary_key=True, autoincrement=True)


def _of_run() -> sa.Column[str]:
    return sa.Column("run_id", sa.Text, sa.ForeignKey("run.run_id"), nullable=False)


def upgrade() -> None:
    _runs()
    _batches()
    _plans()
    _operations()
    _links()
    _approvals_and_leases()


def _runs() -> None:
    op.create_table(
        "run",
        sa.Column("run_id", sa.Text, primary_key=True),
        _text("flow"),
        _text("target"),
        _text("as_of"),
        _moment("started_at"),
        _moment("ended_at", null=True),
        _text("state"),
        _text("plan_digest", null=True),
        _json("counts"),
        _text("message"),
        _text("prefect_run_id", null=True),
    )
    op.create_index("ix_run_target", "run", ["target", "started_at"])


def _batches() -> None:
    op.create_table(
        "batch",
        _number(),
        _of_run(),
        _text("source"),
        _text("path"),
        _text("digest"),
        _text("contract"),
        _text("contract_version"),
        _text("verdict"),
        _count("rows_read"),
        _count("rows_accepted"),
        _count("rows_quarantined"),
        _json("refusals"),
        sa.UniqueConstraint("run_id", "source", name="uq_batch_run_source"),
    )
    op.create_table(
        "quarantined_row",
        _number(),
        _of_run(),
        _text("source"),
        _count("line"),
        _text("worker_key", null=True),
        _json("rule_ids"),
        _json("reasons"),
    )
    op.create_index("ix_quarantined_row_run", "quarantined_row", ["run_id"])
    op.create_index("ix_quarantined_row_worker", "quarantined_row", ["worker_key"])


def _plans() -> None:
    op.create_table(
        "plan",
        sa.Column("digest", sa.Text, primary_key=True),
        _text("target"),
        _text("as_of"),
        _text("verdict"),
        _count("operations"),
        _count("adoptions"),
        _json("counts"),
    )
    op.create_table(
        "plan_body",
        sa.Column("plan_digest", sa.Text, sa.ForeignKey("plan.digest"), primary_key=True),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "run_plan",
        _number(),
        _of_run(),
        sa.Column("plan_digest", sa.Text, sa.ForeignKey("plan.digest"), nullable=False),
        _text("path"),
        sa.UniqueConstraint("run_id", "plan_digest", name="uq_run_plan"),
    )
    op.create_index("ix_run_plan_digest", "run_plan", ["plan_digest"])


def _operations() -> None:
    op.create_table(
        "operation",
        _number(),
        _of_run(),
        _text("plan_digest", null=True),
        _text("target"),
        _text("operation_id"),
        _text("worker_key"),
        _text("account_id", null=True),
        _text("kind"),
        _text("user_name"),
        _text("user_name_folded"),
        _text("external_id", null=True),
        _text("correlated_by", null=True),
        _text("reason"),
        _text("explanation"),
        _json("changed"),
        _json("rows"),
        sa.UniqueConstraint("run_id", "operation_id", name="uq_operation_run"),
    )
    op.create_index("ix_operation_worker", "operation", ["target", "worker_key"])
    op.create_index("ix_operation_account", "operation", ["target", "account_id"])
    op.create_index("ix_operation_login", "operation", ["target", "user_name_folded"])
    op.create_table(
        "operation_event",
        _number(),
        sa.Column("operation_ref", BigId, sa.ForeignKey("operation.id"), nullable=False),
        _of_run(),
        _text("event"),
        _text("result", null=True),
        _text("detail"),
        _text("verified"),
        _json("not_retained"),
        _text("account_id", null=True),
        _moment("at"),
    )
    op.create_index("ix_operation_event_operation", "operation_event", ["operation_ref"])
    op.create_index("ix_operation_event_run", "operation_event", ["run_id"])
    op.create_table(
        "open_operation",
        sa.Column("operation_ref", BigId, sa.ForeignKey("operation.id"), primary_key=True),
        _text("target"),
    )
    op.create_index("ix_open_operation_target", "open_operation", ["target"])
    op.create_table(
        "exchange",
        _number(),
        sa.Column("event_ref", BigId, sa.ForeignKey("operation_event.id"), nullable=False),
        _text("method"),
        _text("path"),
        _count("status", null=True),
        _count("elapsed_ms"),
        _text("purpose"),
        _moment("at"),
    )
    op.create_index("ix_exchange_event", "exchange", ["event_ref"])


def _links() -> None:
    op.create_table(
        "account_link",
        sa.Column("target", sa.Text, primary_key=True),
        sa.Column("worker_key", sa.Text, primary_key=True),
        _text("account_id"),
        _text("user_name"),
        _text("external_id", null=True),
        _text("state"),
        _text("correlated_by", null=True),
        _of_run(),
        _moment("linked_at"),
        sa.UniqueConstraint("target", "account_id", name="uq_account_link_account"),
    )
    op.create_table(
        "link_event",
        _number(),
        _of_run(),
        _text("target"),
        _text("event"),
        _text("worker_key"),
        _text("account_id"),
        _text("user_name"),
        _text("user_name_folded"),
        _text("external_id", null=True),
        _text("correlated_by", null=True),
        _moment("at"),
    )
    op.create_index("ix_link_event_run", "link_event", ["run_id"])
    op.create_index("ix_link_event_worker", "link_event", ["target", "worker_key"])
    op.create_index("ix_link_event_account", "link_event", ["target", "account_id"])
    op.create_index("ix_link_event_login", "link_event", ["target", "user_name_folded"])


def _approvals_and_leases() -> None:
    op.create_table(
        "approval",
        _number(),
        _text("plan_digest"),
        _text("approved_by"),
        _text("note"),
        _moment("at"),
    )
    op.create_index("ix_approval_plan", "approval", ["plan_digest"])
    op.create_table(
        "lease",
        sa.Column("target", sa.Text, primary_key=True),
        _text("owner"),
        _text("process"),
        _moment("acquired_at"),
        _moment("renewed_at"),
        _moment("ends_at"),
    )
