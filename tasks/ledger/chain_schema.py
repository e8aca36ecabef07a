"""The tables of the chain; `schema` tells which sorts of tables there are."""

from enum import StrEnum

import sqlalchemy as sa

from tasks.ledger.schema import BigId, metadata


class ChainKind(StrEnum):
    """What an entry of the chain tells."""

    BEGUN = "begun"  # rows that stood in the ledger before it had a chain
    APPENDED = "appended"  # rows of one transaction
    PURGED = "purged"  # one person's identifiers gave way to a pseudonym
    PRUNED = "pruned"  # rows were deleted, their time being over


chain_entry = sa.Table(
    "chain_entry",
    metadata,
    sa.Column("seq", BigId, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
    sa.Column("salt", sa.Text, nullable=True),
)
"""One entry for each transaction that appended to the audit trail: `tasks.ledger.chain` tells how
it is made. An audit table but for `salt`, which is taken away from rows that are purged or pruned:
their digests then no longer serve to try out who it may have been."""

trail_permit = sa.Table(
    "trail_permit",
    metadata,
    sa.Column("reason", sa.Text, primary_key=True),
)
"""Empty, but for the inside of a transaction that purges or prunes: while a row stands here, the
triggers of the audit tables let it. Nobody else ever sees that row."""
