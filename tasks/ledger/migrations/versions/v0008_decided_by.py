"""What decided the role that an operation writes, and when a leaver's access should have ended."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision: str | None = "0007"


def upgrade() -> None:
    op.add_column("operation", sa.Column("role", sa.Text, nullable=True))
    op.add_column("operation", sa.Column("role_rule", sa.Text, nullable=True))
    op.add_column("operation", sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))
