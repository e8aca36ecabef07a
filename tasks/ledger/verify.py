"""Walking the whole chain: is every row of the audit trail what was written, and nothing else?

Entries are walked in their order and their rows read with them, a batch at a time. What is kept in
memory is which rows were seen, a bit for each, and whatever does not fit.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
import sqlalchemy as sa

from data_contracts.canonical import digest_of_pieces
from data_contracts.chain import START, Breach, ChainFinding, Head, Verification
from tasks.ledger.audited import AUDITED, RUN_END, Audited
from tasks.ledger.chain import entry_hash
from tasks.ledger.chain_schema import ChainKind, chain_entry
from tasks.ledger.correction_schema import correction, correction_body
from tasks.ledger.key_sets import Keys
from tasks.ledger.reading_rows import ROWS_AT_A_TIME, Row, in_batches, keys_of, read_rows, run_of
from tasks.ledger.row_digests import (
    Key,
    joined,
    personal_digest,
    plain_digest,
    row_digest,
)
from tasks.ledger.salts import Salts
from tasks.ledger.schema import plan, plan_body

ENTRIES_AT_A_TIME = 20
"""An entry has up to some thousand rows: these and their rows are held at the same time."""

FINDINGS_KEPT = 1000
"""Enough to look into; a ledger that somebody rewrote would have one for each row."""

PIECE = 64 * 1024
"""Bytes of a packed plan that are unpacked at a time."""

BODIES = "plan_body"
"""What a pruning or purging entry calls the contents of plans that it removed."""


@dataclass(frozen=True, slots=True)
class _Entry:
    seq: int
    kind: str
    body: dict[str, Any]
    salts: Salts

    def rows(self) -> Iterator[tuple[str, list[Any]]]:
        """Each row that the entry speaks of, with its item."""
        for name, rows in self.body.get("rows", {}).items():
            for row in rows:
                yield name, row


@dataclass(slots=True)
class _Walk:
    """What is known on the way.

    Attributes:
        connection: A transaction that sees one moment.
        heads: Known heads, by number.
        pruned: Keys that the chain says were deleted when their time was over, by item.
        seen: Keys that were chained, by item.
        open: Digest and entry of rows that are not what was written, until a purge explains them.
    """

    connection: sa.Connection
    heads: dict[int, set[str]]
    pruned: dict[str, Keys]
    seen: dict[str, Keys] = field(default_factory=lambda: {name: Keys() for name in AUDITED})
    open: dict[tuple[str, Key], tuple[str, int]] = field(default_factory=dict)
    findings: list[ChainFinding] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def count(self, what: str, number: int = 1) -> None:
        self.counts[what] = self.counts.get(what, 0) + number

    def find(self, breach: Breach, table: str, key: Key, seq: int, message: str) -> None:
        self.count("found")
        if len(self.findings) < FINDINGS_KEPT:
            run_id = run_of(self.connection, table, key)
            self.findings.append(ChainFinding(breach, table, str(key), run_id, seq, message))


def verify(
    connection: sa.Connection,
    heads: Collection[Head] = (),
    progress: Callable[[int], None] = lambda entries: None,
) -> Verification:
    """Walk the whole chain.

    Args:
        connection: A transaction that sees one moment of the ledger, from beginning to end.
        heads: Heads that were noted outside of the ledger: the chain has to lead to each.
        progress: Told now and then how many entries were walked.

    Returns:
        What was found.
    """
    noted: dict[int, set[str]] = {}
    for known in heads:
        noted.setdefault(known.seq, set()).add(known.hash)
    walk = _Walk(connection, noted, _pruned(connection))
    head = START
    query = sa.select(chain_entry).order_by(chain_entry.c.seq)
    for some in in_batches(connection, query, chain_entry.c.seq, ENTRIES_AT_A_TIME):
        entries = []
        for row in some:
            head, entry = _link(walk, head, row)
            if entry is not None:
                entries.append(entry)
        _hold_rows(walk, entries)
        walk.count("entries", len(some))
        progress(walk.counts["entries"])
    _end(walk, head)
    _hold_bodies(walk)
    return Verification(
        head=head,
        findings=tuple(walk.findings),
        **{name: walk.counts.get(name, 0) for name in _COUNTED},
    )


_COUNTED = ("entries", "rows", "begun_with", "purged", "pruned", "bodies", "heads", "found")


def _link(walk: _Walk, before: Head, row: Any) -> tuple[Head, _Entry | None]:
    """Hold an entry against the one before it, and against a head that was noted."""
    here = Head(row.seq, row.hash)
    if row.seq != before.seq + 1:
        missing = f"{before.seq + 1}" if row.seq == before.seq + 2 else f"{before.seq + 1} and more"
        walk.find(Breach.MISSING, "chain_entry", row.seq, row.seq, f"entry {missing} is gone")
    elif entry_hash(row.seq, row.kind, row.body, before.hash) != row.hash:
        text = f"entry {row.seq} does not follow from entry {before.seq}: one of them was changed"
        walk.find(Breach.ENTRY, "chain_entry", row.seq, row.seq, text)
    noted = walk.heads.pop(row.seq, set())
    walk.count("heads", len(noted & {row.hash}))
    for _ in noted - {row.hash}:
        text = f"entry {row.seq} is not the one that was noted: the chain was made anew from there"
        walk.find(Breach.HEAD, "chain_entry", row.seq, row.seq, text)
    try:
        return here, _Entry(row.seq, row.kind, orjson.loads(row.body), Salts(row.salt))
    except ValueError:
        walk.find(Breach.ENTRY, "chain_entry", row.seq, row.seq, f"entry {row.seq} is unreadable")
        return here, None


def _hold_rows(walk: _Walk, entries: list[_Entry]) -> None:
    """Hold the rows that some entries speak of against their digests."""
    wanted: dict[str, list[Key]] = {}
    for entry in entries:
        for name, row in entry.rows():
            if name in AUDITED:
                wanted.setdefault(name, []).append(row[0])
    found = {name: read_rows(walk.connection, AUDITED[name], keys) for name, keys in wanted.items()}
    for entry in entries:
        for name, row in entry.rows():
            item = AUDITED.get(name)
            if item is None:
                text = f"entry {entry.seq} speaks of {name!r}, which this scimflow does not know"
                walk.find(Breach.ENTRY, "chain_entry", entry.seq, entry.seq, text)
            elif entry.kind == ChainKind.PURGED:
                _hold_purged(walk, entry, item, row, found[name])
            else:
                _hold_written(walk, entry, item, row, found[name])


def _hold_written(
    walk: _Walk, entry: _Entry, item: Audited, said: list[Any], found: Mapping[Key, Row | None]
) -> None:
    """Hold a row against the digest that it had when it was written."""
    key, digest = said[0], said[1]
    if key in walk.seen[item.name]:
        text = f"{item.table.name} {key} was written twice: its number was given again"
        return walk.find(Breach.REPEATED, item.table.name, key, entry.seq, text)
    walk.seen[item.name].add(key)
    if key in walk.pruned.get(item.name, ()):
        if key in found:
            text = f"{item.table.name} {key} was deleted when its time was over, and is back"
            return walk.find(Breach.INSERTED, item.table.name, key, entry.seq, text)
        return walk.count("pruned")
    row = found.get(key)
    if row is None or _digest(item, row, entry.salts.of(item.name, key)) != digest:
        walk.open[item.name, key] = digest, entry.seq
        return None
    walk.count("begun_with" if entry.kind == ChainKind.BEGUN else "rows")
    return None


def _hold_purged(
    walk: _Walk, entry: _Entry, item: Audited, said: list[Any], found: Mapping[Key, Row | None]
) -> None:
    """Hold a row against what a purge made of it: a pseudonym, and nothing else."""
    key, digest, personal_before = said
    if key in walk.pruned.get(item.name, ()):
        return
    before = walk.open.pop((item.name, key), None)
    row = found.get(key)
    if before is None:
        text = f"{item.table.name} {key} is as it was before entry {entry.seq} purged it"
        return walk.find(Breach.CHANGED, item.table.name, key, entry.seq, text)
    if row is None or not _digest(item, row, ""):
        walk.open[item.name, key] = before
        return None
    plain = plain_digest(item, row)
    if joined(plain, bytes.fromhex(personal_before)) != before[0]:
        walk.open[item.name, key] = before
        return None
    now = joined(plain, personal_digest(item, row, entry.salts.of(item.name, key)))
    if now != digest:  # another purge may have come later
        walk.open[item.name, key] = digest, entry.seq
        return None
    walk.count("purged")
    return None


def _digest(item: Audited, row: Row, salt: str) -> str:
    """The digest of a row; "" for one that holds what no row of ours can."""
    try:
        return row_digest(item, row, salt)
    except (ValueError, TypeError):
        return ""


def _end(walk: _Walk, head: Head) -> None:
    """At the end: what no purge explained, what was never chained, heads that were not met."""
    rows = {}
    for (name, key), (_, seq) in walk.open.items():
        item = AUDITED[name]
        rows = read_rows(walk.connection, item, [key])
        gone = key not in rows
        breach = Breach.DELETED if gone else Breach.CHANGED
        what = "is gone" if gone else "is not what was written"
        walk.find(breach, item.table.name, key, seq, f"{item.table.name} {key} {what}")
    for item in AUDITED.values():
        for key in keys_of(walk.connection, item):
            if key not in walk.seen[item.name] and key not in walk.pruned.get(item.name, ()):
                what = "the end of run" if item.name == RUN_END else item.table.name
                text = f"{what} {key} was not written by scimflow"
                walk.find(Breach.INSERTED, item.table.name, key, 0, text)
    for seq, hashes in sorted(walk.heads.items()):
        for _ in hashes:
            text = f"the chain ends at entry {head.seq}, and once led to entry {seq}: it was cut"
            walk.find(Breach.HEAD, "chain_entry", seq, seq, text)


def _hold_bodies(walk: _Walk) -> None:
    """Hold the contents of plans and corrections against their digests; one at a time in memory."""
    for digest in _texts(walk.connection, plan.c.digest):
        query = sa.select(plan_body.c.body).where(plan_body.c.plan_digest == digest)
        packed = walk.connection.scalar(query)
        if packed is None and digest not in walk.pruned.get(BODIES, ()):
            text = f"the content of plan {digest} is gone"
            walk.find(Breach.DELETED, "plan_body", digest, 0, text)
        elif packed is not None:
            _hold_body(walk, "plan_body", digest, packed, digest)
    kept = sa.select(correction.c.id, correction.c.body_digest, correction_body.c.body).join(
        correction_body, correction_body.c.correction_id == correction.c.id
    )
    query = kept.order_by(correction.c.id)
    for some in in_batches(walk.connection, query, correction.c.id, ENTRIES_AT_A_TIME):
        for row in some:
            _hold_body(walk, "correction_body", row.id, row.body, row.body_digest)


def _hold_body(walk: _Walk, table: str, key: Key, packed: bytes, digest: str) -> None:
    try:
        found = digest_of_pieces(_unpacked(packed))
    except zlib.error:
        found = ""
    if found == digest:
        return walk.count("bodies")
    text = f"what is kept in {table} {key} is not what has its digest"
    return walk.find(Breach.BODY, table, key, 0, text)


def _unpacked(packed: bytes) -> Iterator[bytes]:
    """Unpack piece by piece: a plan of a million people is never in memory whole."""
    unpacker = zlib.decompressobj()
    for start in range(0, len(packed), PIECE):
        yield unpacker.decompress(packed[start : start + PIECE])
    yield unpacker.flush()


def _texts(connection: sa.Connection, column: sa.Column[str]) -> Iterator[str]:
    query = sa.select(column).order_by(column)
    for some in in_batches(connection, query, column, ROWS_AT_A_TIME):
        yield from (row[0] for row in some)


def _pruned(connection: sa.Connection) -> dict[str, Keys]:
    """What the chain says of rows that were deleted when their time was over."""
    pruned: dict[str, Keys] = {}
    kinds = [str(ChainKind.PRUNED), str(ChainKind.PURGED)]
    query = sa.select(chain_entry.c.body).where(chain_entry.c.kind.in_(kinds))
    for body in connection.scalars(query):
        try:
            said = orjson.loads(body).get("pruned", {})
        except ValueError:
            continue  # named when it is walked
        for name, found in said.items():
            keys = pruned.setdefault(name, Keys())
            for each in found:
                if isinstance(each, str):
                    keys.add(each)
                else:
                    keys.add_range(*each)
    return pruned
