"""The chain: every row of the audit trail is digested, and every entry names the one before it.

Whoever changes, deletes, inserts or reorders a row behind the ledger's back breaks it, and
`tasks.ledger.verify` tells where. One entry is made for each transaction that appends:

    body = canonical JSON of {"rows": {item: [[key, digest], ...]}, ...}
    hash = SHA-256(canonical JSON of [seq, kind, body, hash of the entry before])

The chain shows no cut of its newest entries by itself: so each run's report names the head that it
left (`Head`), and `scimflow ledger verify` looks for those.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from data_contracts.canonical import canonical_bytes, digest_of_bytes
from data_contracts.chain import START, Head
from tasks.ledger.audited import AUDITED, RUN_END, Audited
from tasks.ledger.chain_schema import ChainKind, chain_entry
from tasks.ledger.row_digests import Key, row_digest, row_salt

SALT_BYTES = 16

CHAIN_LOCK = 0x5C1F103B
"""PostgreSQL's advisory lock that is held from a transaction's entry to its commit, so that entries
follow one another; any number that others do not use. SQLite has one writer at a time anyway."""

BLOCK = 1000
"""Rows in an entry about rows that were there before the chain."""

OPTION = "ledger_trail"
"""Where a writing transaction carries its `Trail`: an execution option of its connection."""

_ADD = sa.insert(chain_entry)
_HEAD = sa.select(chain_entry.c.seq, chain_entry.c.hash).order_by(chain_entry.c.seq.desc()).limit(1)
_INSERT = {item.table.name: sa.insert(item.table) for item in AUDITED.values()}
_LAST = sa.select(
    *(
        sa.select(sa.func.coalesce(sa.func.max(item.key), 0)).scalar_subquery().label(item.name)
        for item in AUDITED.values()
        if item.is_numbered
    ),
)
"""The last number of every audit table in one statement: one for each table would cost a load more
than all digests do. By an index, whatever the table's size."""
_NEXT_NUMBERS = sa.text("SELECT nextval(:sequence) FROM generate_series(1, :count)")


@dataclass(slots=True)
class Trail:
    """What a transaction has appended and not chained yet.

    Attributes:
        salt: Of the entry that will be made.
        rows: Key and digest of each row, by item.
        last: Last number of each audit table, once looked up; on SQLite, where nobody else writes.
    """

    salt: str = field(default_factory=lambda: secrets.token_hex(SALT_BYTES))
    rows: dict[str, list[tuple[Key, str]]] = field(default_factory=dict)
    last: dict[str, int] = field(default_factory=dict)

    def note(self, item: Audited, rows: Iterable[Mapping[str, Any]]) -> None:
        """Take rows down, as they were written."""
        noted = self.rows.setdefault(item.name, [])
        for row in rows:
            key = row[item.key.name]
            noted.append((key, row_digest(item, row, row_salt(self.salt, item.name, key))))


def append_rows(
    connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]
) -> list[Key]:
    """Append to an audit table: the one way in, since it chains what it writes.

    Args:
        connection: A writing transaction of `Database`.
        table: An audit table.
        rows: With every column; `id` is given when it is missing.

    Returns:
        The rows' keys.
    """
    item = AUDITED[table.name]
    if not rows:
        return []
    if item.is_numbered and "id" not in rows[0]:
        numbers = take_numbers(connection, table, len(rows))
        rows = [{**row, "id": number} for row, number in zip(rows, numbers, strict=True)]
    connection.execute(_INSERT[table.name], rows)
    trail_of(connection).note(item, rows)
    return [row[item.key.name] for row in rows]


def note_run_end(connection: sa.Connection, row: Mapping[str, Any]) -> None:
    """Chain a run's end, which was written by an update."""
    trail_of(connection).note(AUDITED[RUN_END], [row])


def trail_of(connection: sa.Connection) -> Trail:
    """The trail of a writing transaction."""
    trail: Trail = connection.get_execution_options()[OPTION]
    return trail


def take_numbers(connection: sa.Connection, table: sa.Table, count: int) -> list[int]:
    """Take the next numbers of an audit table's rows.

    Asking the database for the numbers that it gave instead costs SQLite a statement for each row,
    three times the time of all of them in one.

    Args:
        connection: A writing transaction: on SQLite there is no other one at the same time.
        table: A table with `id`.
        count: How many.
    """
    if connection.dialect.name == "sqlite":
        last = trail_of(connection).last
        if not last:
            last.update(connection.execute(_LAST).one()._mapping)
        last[table.name] += count
        return list(range(last[table.name] + 1 - count, last[table.name] + 1))
    asked = {"sequence": f"{table.name}_id_seq", "count": count}
    return list(connection.scalars(_NEXT_NUMBERS, asked))


def seal(connection: sa.Connection, trail: Trail) -> None:
    """Chain what a transaction appended; the last thing that it does before its commit."""
    if trail.rows:
        add_entry(connection, ChainKind.APPENDED, {"rows": trail.rows}, trail.salt)
        trail.rows = {}


def add_entry(
    connection: sa.Connection, kind: ChainKind, body: Mapping[str, Any], salt: str | None
) -> Head:
    """Append an entry to the chain.

    Args:
        connection: A writing transaction.
        kind: What the entry tells.
        body: The same as a JSON-like value.
        salt: Of the rows' personal parts.

    Returns:
        The chain's head from now on.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(CHAIN_LOCK)))
    before = head(connection)
    text = canonical_bytes(body).decode()
    made = Head(before.seq + 1, entry_hash(before.seq + 1, kind, text, before.hash))
    connection.execute(
        _ADD,
        {"seq": made.seq, "kind": str(kind), "body": text, "hash": made.hash, "salt": salt},
    )
    return made


def head(connection: sa.Connection) -> Head:
    """The chain's newest entry."""
    last = connection.execute(_HEAD).first()
    return START if last is None else Head(last.seq, last.hash)


def entry_hash(seq: int, kind: str, body: str, previous: str) -> str:
    """The hash of an entry, which covers that of the entry before it."""
    return digest_of_bytes(canonical_bytes([seq, str(kind), body, previous]))


def begin(connection: sa.Connection) -> None:
    """Chain the rows of a ledger that had no chain; a chain that there is goes on.

    What was done to them before cannot be told: from here on it can.
    """
    if head(connection) != START:
        return
    first = True
    for item in AUDITED.values():
        there = {each["name"] for each in sa.inspect(connection).get_columns(item.table.name)}
        query = sa.select(*(c for c in item.table.c if c.name in there)).order_by(item.key)
        if item.name == RUN_END:
            query = query.where(item.table.c.ended_at.is_not(None))
        for rows in connection.execute(query).mappings().partitions(BLOCK):
            trail = Trail()
            trail.note(item, map(dict, rows))
            add_entry(connection, ChainKind.BEGUN, {"rows": trail.rows}, trail.salt)
            first = False
    if first:
        add_entry(connection, ChainKind.BEGUN, {"rows": {}}, None)
