"""Corrections of quarantined rows: who replayed what and when, appended and never changed.

The cells stand in a table of their own, as the bodies of plans do: the audit row has names of
columns, keys and a digest, and the cells can be erased without it.
"""

import zlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa

from data_contracts.canonical import canonical_bytes, digest_of_bytes
from data_contracts.correction import (
    CorrectedCell,
    Correction,
    RecordedCorrection,
    Replayed,
)
from data_contracts.errors import ConfigurationError, LedgerError
from tasks.ledger.chain import append_rows
from tasks.ledger.correction_schema import CorrectionEvent, correction, correction_body


def record(
    connection: sa.Connection,
    target: str,
    rows: Iterable[Replayed],
    by: str,
    note: str,
    at: datetime,
) -> None:
    """Append what was replayed; the cells of rows that go on are kept for the next runs."""
    for row in rows:
        body = canonical_bytes(
            {
                "malformed": row.correction.malformed,
                "cells": [[c.column, c.before, c.after] for c in row.correction.cells],
            }
        )
        values = {
            "target": target,
            "source": row.correction.source,
            "event": str(CorrectionEvent.REPLAYED),
            "of": None,
            "delivery": row.correction.delivery,
            "line": row.correction.line,
            "worker_key": row.correction.worker_key,
            "columns": list(row.correction.columns),
            "reasons": list(row.reasons),
            "body_digest": digest_of_bytes(body),
            "done_by": by,
            "note": note,
            "at": at,
        }
        (number,) = append_rows(connection, correction, [values])
        if not row.reasons:
            kept = {"correction_id": number, "body": zlib.compress(body)}
            connection.execute(sa.insert(correction_body), kept)


def withdraw(
    connection: sa.Connection, target: str, number: int, by: str, note: str, at: datetime
) -> None:
    """Append that a correction no longer counts, and erase its cells.

    Raises:
        ConfigurationError: There is none of this number that counts.
    """
    found = next((row for row in read(connection, target) if row.number == number), None)
    if found is None or not found.counts:
        raise ConfigurationError(
            f"no correction of number {number} counts",
            hint="`scimflow quarantine list` shows those that do",
        )
    append_rows(
        connection,
        correction,
        [
            {
                "target": target,
                "source": found.source,
                "event": str(CorrectionEvent.WITHDRAWN),
                "of": number,
                "delivery": found.delivery,
                "line": found.line,
                "worker_key": found.worker_key,
                "columns": list(found.columns),
                "reasons": [],
                "body_digest": "",
                "done_by": by,
                "note": note,
                "at": at,
            }
        ],
    )
    connection.execute(sa.delete(correction_body).where(correction_body.c.correction_id == number))


def read(connection: sa.Connection, target: str) -> list[RecordedCorrection]:
    """Read the audit trail, oldest first."""
    query = (
        sa.select(correction, correction_body.c.correction_id.label("kept"))
        .outerjoin(correction_body, correction_body.c.correction_id == correction.c.id)
        .where(correction.c.target == target)
        .order_by(correction.c.id)
    )
    return [
        RecordedCorrection(
            number=row.id,
            event=row.event,
            of=row.of,
            source=row.source,
            delivery=row.delivery,
            line=row.line,
            worker_key=row.worker_key,
            columns=tuple(row.columns),
            reasons=tuple(row.reasons),
            by=row.done_by,
            note=row.note,
            at=row.at,
            counts=row.kept is not None,
        )
        for row in connection.execute(query)
    ]


def counting(
    connection: sa.Connection, target: str, source: str, place: str
) -> Sequence[Correction]:
    """Read the corrections of a source that count, with their cells, oldest first.

    Raises:
        LedgerError: What is kept of one is not what was replayed.
    """
    query = (
        sa.select(correction, correction_body.c.body)
        .join(correction_body, correction_body.c.correction_id == correction.c.id)
        .where(correction.c.target == target, correction.c.source == source)
        .order_by(correction.c.id)
    )
    return [_read(row, place) for row in connection.execute(query)]


def _read(row: Any, place: str) -> Correction:
    try:
        body = zlib.decompress(row.body)
    except zlib.error:
        body = b""
    if digest_of_bytes(body) != row.body_digest:
        raise LedgerError(
            f"ledger {place}: what is kept of correction {row.id} is not what was replayed: "
            "it was changed",
            hint=f"find out who wrote to the ledger; `scimflow quarantine withdraw {row.id}`",
        )
    document = orjson.loads(body)
    return Correction(
        source=row.source,
        delivery=row.delivery,
        line=row.line,
        worker_key=row.worker_key,
        cells=tuple(CorrectedCell(*cell) for cell in document["cells"]),
        malformed=document["malformed"],
        number=row.id,
        by=row.done_by,
        at=row.at,
        note=row.note,
    )
