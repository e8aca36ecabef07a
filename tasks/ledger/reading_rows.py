"""Rows of the audit trail, read as they stand there: in batches, whatever was put into them."""

from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from tasks.ledger.audited import AUDITED, RUN_END, Audited
from tasks.ledger.row_digests import Key

ROWS_AT_A_TIME = 500
"""Keys asked for in one statement; SQLite allows 32,766, older ones 999."""

Row = Mapping[str, Any]


def read_rows(connection: sa.Connection, item: Audited, keys: list[Key]) -> dict[Key, Row | None]:
    """Read rows by their keys; one that cannot be read is None, one that is gone is missing."""
    found: dict[Key, Row | None] = {}
    for start in range(0, len(keys), ROWS_AT_A_TIME):
        some = keys[start : start + ROWS_AT_A_TIME]
        try:
            found.update(_rows(connection, item, some))
        except (ValueError, TypeError):  # something of another type was put into a column
            for key in some:
                try:
                    found.update(_rows(connection, item, [key]))
                except (ValueError, TypeError):
                    found[key] = None
    return found


def _rows(connection: sa.Connection, item: Audited, keys: list[Key]) -> dict[Key, Row | None]:
    query = sa.select(item.table).where(item.key.in_(keys))
    if item.name == RUN_END:
        query = query.where(item.table.c.ended_at.is_not(None))
    return {row[item.key.name]: dict(row) for row in connection.execute(query).mappings()}


def keys_of(connection: sa.Connection, item: Audited) -> Iterator[Key]:
    """Every key of an item that is there now."""
    query = sa.select(item.key).order_by(item.key)
    if item.name == RUN_END:
        query = query.where(item.table.c.ended_at.is_not(None))
    for some in in_batches(connection, query, item.key, ROWS_AT_A_TIME * 10):
        yield from (row[0] for row in some)


def in_batches(
    connection: sa.Connection, query: sa.Select[Any], key: sa.Column[Any], size: int
) -> Iterator[list[Any]]:
    """Read a query that is in the order of its key, some rows at a time.

    Args:
        connection: A transaction.
        query: Ordered by the key; has it among its columns.
        key: A column without repetitions.
        size: Rows at a time.
    """
    some = list(connection.execute(query.limit(size)))
    while some:
        yield some
        last = some[-1]._mapping[key]
        some = list(connection.execute(query.where(key > last).limit(size)))


def run_of(connection: sa.Connection, table: str, key: Key) -> str:
    """The run that a row belongs to; "" where it says none, or is gone."""
    item = AUDITED.get(table)
    if item is None:
        return ""
    if table == "run":
        return str(key)
    if "run_id" not in item.table.c:
        return ""
    found = connection.scalar(sa.select(item.table.c.run_id).where(item.key == key))
    return "" if found is None else str(found)
