"""The chain over the audit trail, and the one way past the triggers: a purge's or prune's permit.

The rows that are there already are chained when all migrations are done (`tasks.ledger.chain`).
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision: str | None = "0006"

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
WITHOUT_PERMIT = "NOT EXISTS (SELECT 1 FROM trail_permit)"


def upgrade() -> None:
    op.create_table(
        "chain_entry",
        sa.Column(
            "seq",
            sa.BigInteger().with_variant(sa.Integer, "sqlite"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("salt", sa.Text, nullable=True),
    )
    op.create_table("trail_permit", sa.Column("reason", sa.Text, primary_key=True))
    if op.get_bind().dialect.name == "sqlite":
        _sqlite()
    else:
        _postgresql()


def _sqlite() -> None:
    for table in APPEND_ONLY:
        for verb in ("UPDATE", "DELETE"):
            op.execute(f"DROP TRIGGER {table}_no_{verb.lower()}")
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"WHEN {WITHOUT_PERMIT} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
    op.execute("DROP TRIGGER run_ends_once")
    op.execute(
        "CREATE TRIGGER run_ends_once BEFORE UPDATE ON run "
        f"WHEN OLD.ended_at IS NOT NULL AND {WITHOUT_PERMIT} "
        "BEGIN SELECT RAISE(ABORT, 'an ended run is append-only'); END"
    )
    never = "BEGIN SELECT RAISE(ABORT, 'chain_entry is append-only'); END"
    op.execute(f"CREATE TRIGGER chain_entry_no_delete BEFORE DELETE ON chain_entry {never}")
    op.execute(
        "CREATE TRIGGER chain_entry_no_update BEFORE UPDATE OF seq, kind, body, hash "
        f"ON chain_entry {never}"
    )
    op.execute(
        "CREATE TRIGGER chain_entry_salt BEFORE UPDATE OF salt ON chain_entry "
        f"WHEN {WITHOUT_PERMIT} {never}"
    )


def _postgresql() -> None:
    op.execute(
        "CREATE OR REPLACE FUNCTION scimflow_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN "
        f"IF TG_OP = 'TRUNCATE' OR {WITHOUT_PERMIT} "
        "THEN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END IF; "
        "IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; "
        "RETURN NEW; "
        "END $$"
    )
    op.execute(
        "CREATE FUNCTION scimflow_never() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    op.execute(
        "CREATE TRIGGER chain_entry_append_only "
        "BEFORE DELETE OR UPDATE OF seq, kind, body, hash ON chain_entry "
        "FOR EACH ROW EXECUTE FUNCTION scimflow_never()"
    )
    op.execute(
        "CREATE TRIGGER chain_entry_salt BEFORE UPDATE OF salt ON chain_entry "
        "FOR EACH ROW EXECUTE FUNCTION scimflow_append_only()"
    )
    op.execute(
        "CREATE TRIGGER chain_entry_no_truncate BEFORE TRUNCATE ON chain_entry "
        "FOR EACH STATEMENT EXECUTE FUNCTION scimflow_never()"
    )
