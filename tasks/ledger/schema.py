"""The ledger's tables.

Three sorts of tables stand here. *Audit* tables (`APPEND_ONLY`) tell what happened: triggers of the
database refuse to change or delete their rows. *State* tables tell how things are now
(`account_link`, `team_link`, `open_operation`, `failing_operation`, `attribute_habit`,
`attribute_rewrite`, `lease`, `waiting_run`) and change in the same transaction as the audit rows
that they follow from. `run` is begun and ended once. `plan_body` holds whole plans, and with them
personal values (what accounts hold and what they shall hold), and `correction_body` the cells that
were corrected; a body that was tampered with no longer has its digest. Everywhere else the ledger
keeps identifiers (worker keys, account ids, userNames, externalIds, keys and names of teams), names
of attributes and of columns, names of those who decide, and reasons in words.

Audit rows are appended by `tasks.ledger.chain.append_rows` and by nothing else: it chains them. A
column that is added to an audit table later is nullable, so that older rows keep their digests.

The migrations bring a database here; a test holds the two against each other.
"""

from datetime import UTC, datetime

import sqlalchemy as sa

HEAD = "0009"
"""Newest migration: the version of a ledger that this code reads and writes."""

VERSION_TABLE = "ledger_version"
"""Not `alembic_version`: a database may be shared with another program that uses Alembic."""

metadata = sa.MetaData()

BigId = sa.BigInteger().with_variant(sa.Integer, "sqlite")
"""SQLite numbers rows by itself in a column of the type INTEGER alone."""


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """An aware moment, kept in UTC on every database."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Refuse a moment without a zone: hours of difference would go unnoticed."""
        if value is not None and value.tzinfo is None:
            raise ValueError("a moment without a time zone")
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Give SQLite's bare moments their zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _text(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=null)


def _count(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=null)


def _moment(name: str, *, null: bool = False) -> sa.Column[datetime]:
    return sa.Column(name, UtcDateTime, nullable=null)


def _json(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.JSON, nullable=False)


def _number() -> sa.Column[int]:
    return sa.Column("id", BigId, primary_key=True, autoincrement=True)


def _of_run() -> sa.Column[str]:
    return sa.Column("run_id", sa.Text, sa.ForeignKey("run.run_id"), nullable=False)


run = sa.Table(
    "run",
    metadata,
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
    _text("parent_run_id", null=True),
    sa.Index("ix_run_parent", "parent_run_id"),
    sa.Index("ix_run_target", "target", "started_at"),
)

batch = sa.Table(
    "batch",
    metadata,
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

quarantined_row = sa.Table(
    "quarantined_row",
    metadata,
    _number(),
    _of_run(),
    _text("source"),
    _count("line"),
    _text("worker_key", null=True),
    _json("rule_ids"),
    _json("reasons"),
    sa.Index("ix_quarantined_row_run", "run_id"),
    sa.Index("ix_quarantined_row_worker", "worker_key"),
)

plan = sa.Table(
    "plan",
    metadata,
    sa.Column("digest", sa.Text, primary_key=True),
    _text("target"),
    _text("as_of"),
    _text("verdict"),
    _count("operations"),
    _count("adoptions"),
    _json("counts"),
)

plan_body = sa.Table(
    "plan_body",
    metadata,
    sa.Column("plan_digest", sa.Text, sa.ForeignKey("plan.digest"), primary_key=True),
    sa.Column("body", sa.LargeBinary, nullable=False),
)
"""The plan's own bytes, compressed. Not an audit table: the digest proves the body, and personal
values must be removable when their time is over."""

run_plan = sa.Table(
    "run_plan",
    metadata,
    _number(),
    _of_run(),
    sa.Column("plan_digest", sa.Text, sa.ForeignKey("plan.digest"), nullable=False),
    _text("path"),
    sa.UniqueConstraint("run_id", "plan_digest", name="uq_run_plan"),
    sa.Index("ix_run_plan_digest", "plan_digest"),
)
"""Which run made or carried out which plan: one run makes it, another may carry it out."""

operation = sa.Table(
    "operation",
    metadata,
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
    _text("role", null=True),
    _text("role_rule", null=True),
    _moment("due_at", null=True),
    sa.UniqueConstraint("run_id", "operation_id", name="uq_operation_run"),
    sa.Index("ix_operation_worker", "target", "worker_key"),
    sa.Index("ix_operation_account", "target", "account_id"),
    sa.Index("ix_operation_login", "target", "user_name_folded"),
)

operation_event = sa.Table(
    "operation_event",
    metadata,
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
    sa.Index("ix_operation_event_operation", "operation_ref"),
    sa.Index("ix_operation_event_run", "run_id"),
)

open_operation = sa.Table(
    "open_operation",
    metadata,
    sa.Column("operation_ref", BigId, sa.ForeignKey("operation.id"), primary_key=True),
    _text("target"),
    sa.Index("ix_open_operation_target", "target"),
)
"""Operations whose end is not known: so that the next run need not search the whole past."""

exchange = sa.Table(
    "exchange",
    metadata,
    _number(),
    sa.Column("event_ref", BigId, sa.ForeignKey("operation_event.id"), nullable=False),
    _text("method"),
    _text("path"),
    _count("status", null=True),
    _count("elapsed_ms"),
    _text("purpose"),
    _moment("at"),
    sa.Index("ix_exchange_event", "event_ref"),
)

account_link = sa.Table(
    "account_link",
    metadata,
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

link_event = sa.Table(
    "link_event",
    metadata,
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
    sa.Index("ix_link_event_run", "run_id"),
    sa.Index("ix_link_event_worker", "target", "worker_key"),
    sa.Index("ix_link_event_account", "target", "account_id"),
    sa.Index("ix_link_event_login", "target", "user_name_folded"),
)

approval = sa.Table(
    "approval",
    metadata,
    _number(),
    _text("plan_digest"),
    _text("approved_by"),
    _text("note"),
    _moment("at"),
    sa.Column("via", sa.Text, nullable=False, server_default=""),
    sa.Index("ix_approval_plan", "plan_digest"),
)
"""No foreign key: a plan from a file may be approved before any run has seen it."""

rejection = sa.Table(
    "rejection",
    metadata,
    _number(),
    _text("plan_digest"),
    _text("rejected_by"),
    _text("cause"),
    _text("note"),
    _text("via"),
    _text("run_id", null=True),
    _moment("at"),
    sa.Index("ix_rejection_plan", "plan_digest"),
)
"""Likewise; `run_id` names the run that waited, if one did."""

waiting_run = sa.Table(
    "waiting_run",
    metadata,
    sa.Column("run_id", sa.Text, sa.ForeignKey("run.run_id"), primary_key=True),
    _text("target"),
    _text("flow"),
    _text("plan_digest"),
    _text("prefect_run_id"),
    _moment("since"),
    _moment("until"),
    _count("asked"),
    sa.Column("for_everybody", sa.Boolean, nullable=False),
    sa.Index("ix_waiting_run_target", "target"),
)
"""Runs that wait for a person's word; a row goes when its run goes on or ends."""

attribute_habit = sa.Table(
    "attribute_habit",
    metadata,
    sa.Column("target", sa.Text, primary_key=True),
    sa.Column("path", sa.Text, primary_key=True),
    _count("kept"),
    _count("ignored"),
    _count("rewritten"),
)
"""How often a target kept, ignored and rewrote what was written, by attribute."""

attribute_rewrite = sa.Table(
    "attribute_rewrite",
    metadata,
    sa.Column("target", sa.Text, primary_key=True),
    sa.Column("account_id", sa.Text, primary_key=True),
    sa.Column("path", sa.Text, primary_key=True),
    _text("meant"),
    _text("held"),
    _of_run(),
    _moment("at"),
)
"""Marks of values that a target stored otherwise than written; no values."""

failing_operation = sa.Table(
    "failing_operation",
    metadata,
    sa.Column("target", sa.Text, primary_key=True),
    sa.Column("worker_key", sa.Text, primary_key=True),
    _text("kind"),
    _text("meaning"),
    _count("failures"),
    _text("detail"),
    _of_run(),
    _moment("first_at"),
    _moment("last_at"),
)
"""Whose operations failed in the last runs that tried them, and how often in a row."""

lease = sa.Table(
    "lease",
    metadata,
    sa.Column("target", sa.Text, primary_key=True),
    _text("owner"),
    _text("process"),
    _moment("acquired_at"),
    _moment("renewed_at"),
    _moment("ends_at"),
)

APPEND_ONLY = (
    "batch",
    "quarantined_row",
    "plan",
    "run_plan",
    "operation",
    "operation_event",
    "exchange",
    "link_event",
    "team_link_event",
    "team_member",
    "approval",
    "rejection",
    "correction",
)
"""Audit tables: a trigger refuses UPDATE and DELETE."""


def folded(user_name: str) -> str:
    """A userName in the form in which it is searched: SCIM's userName ignores case.

    Folded here and not by the databases, which differ on letters beyond ASCII.

    >>> folded(" Zoë@Example.com ")
    'zoë@example.com'
    """
    return user_name.strip().casefold()
