"""Rows as files: CSV that a spreadsheet opens without harm, JSON, Parquet."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from data_contracts.quarantine_columns import with_guard

ENDINGS = ("csv", "json", "parquet")
"""What a file's name may end with; what is written follows from it."""

Row = Mapping[str, Any]
"""Text, numbers, moments (aware) and None, by column."""


def rows_file(
    ending: str, columns: Sequence[str], rows: Sequence[Row], *, name: str, moments: frozenset[str]
) -> bytes:
    """Write rows in one of the three forms.

    Args:
        ending: One of `ENDINGS`.
        columns: The columns, in their order.
        rows: The rows, each with all columns.
        name: What the rows are, as the key of the JSON document.
        moments: Columns that hold moments.
    """
    if ending == "csv":
        return _csv(columns, rows)
    if ending == "json":
        return _json(name, columns, rows)
    return _parquet(columns, rows, moments)


def _csv(columns: Sequence[str], rows: Sequence[Row]) -> bytes:
    """UTF-8 with a byte-order mark, since Excel wants one; everything quoted and guarded."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        cells = (_plain(row[name]) for name in columns)
        writer.writerow([with_guard("" if cell is None else str(cell)) for cell in cells])
    return text.getvalue().encode("utf-8-sig")


def _json(name: str, columns: Sequence[str], rows: Sequence[Row]) -> bytes:
    plain = [{column: _plain(row[column]) for column in columns} for row in rows]
    return json.dumps({name: plain}, indent=2, ensure_ascii=False).encode() + b"\n"


def _parquet(columns: Sequence[str], rows: Sequence[Row], moments: frozenset[str]) -> bytes:
    """Moments as such, in UTC, all else as text."""
    import pyarrow as pa  # a tenth of a second, for one of three forms
    import pyarrow.parquet

    def column(name: str) -> Any:
        cells = [row[name] for row in rows]
        if name in moments:
            return pa.array(cells, pa.timestamp("us", "UTC"))
        return pa.array([None if cell is None else str(cell) for cell in cells], pa.string())

    written = io.BytesIO()
    pyarrow.parquet.write_table(pa.table({name: column(name) for name in columns}), written)
    return written.getvalue()


def _plain(cell: Any) -> Any:
    return cell.isoformat() if isinstance(cell, datetime) else cell
