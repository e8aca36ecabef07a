"""The one way past the triggers of the audit tables: while a purge or prune is at work."""

import contextlib
from collections.abc import Iterator

import sqlalchemy as sa

from tasks.ledger.chain_schema import trail_permit


@contextlib.contextmanager
def permitted(connection: sa.Connection, reason: str) -> Iterator[None]:
    """Let this transaction change and delete audit rows; what it did has to be chained.

    Args:
        connection: A writing transaction. The permit is gone before it commits, so that no other
            one ever sees it.
        reason: What for.
    """
    connection.execute(sa.insert(trail_permit), {"reason": reason})
    yield
    connection.execute(sa.delete(trail_permit))
