"""Triggers: audit tables are append-only, runs are not deleted, and an ended run stays so."""

from alembic import op

revision = "0002"
down_revision: str | None = "0001"

APPEND_ONLY = (
    "batch",
    "quarantined_row",
    "plan",
    "run_plan",
    "operation",
    "operation_event",
    "exchange",
    "link_event",
    "approval",
)


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _sqlite()
    else:
        _postgresql()


def _sqlite() -> None:
    for table in APPEND_ONLY:
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
    op.execute(
        "CREATE TRIGGER run_no_delete BEFORE DELETE ON run "
        "BEGIN SELECT RAISE(ABORT, 'run is append-only'); END"
    )
    op.execute(
        "CREATE TRIGGER run_ends_once BEFORE UPDATE ON run WHEN OLD.ended_at IS NOT NULL "
        "BEGIN SELECT RAISE(ABORT, 'an ended run is append-only'); END"
    )


def _postgresql() -> None:
    op.execute(
        "CREATE FUNCTION scimflow_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION scimflow_append_only()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION scimflow_append_only()"
        )
    op.execute(
        "CREATE TRIGGER run_append_only BEFORE DELETE ON run "
        "FOR EACH ROW EXECUTE FUNCTION scimflow_append_only()"
    )
    op.execute(
        "CREATE TRIGGER run_ends_once BEFORE UPDATE ON run FOR EACH ROW "
        "WHEN (OLD.ended_at IS NOT NULL) EXECUTE FUNCTION scimflow_append_only()"
    )
