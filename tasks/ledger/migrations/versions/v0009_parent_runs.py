"""Which run a run is a part of: the days of a backfill name it."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision: str | None = "0008"


def upgrade() -> None:
    op.add_column("run", sa.Column("parent_run_id", sa.Text, nullable=True))
    op.create_index("ix_run_parent", "run", ["parent_run_id"])
