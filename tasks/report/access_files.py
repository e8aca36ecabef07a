"""Intervals of access as files: CSV that a spreadsheet opens without harm, JSON, Parquet."""

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence

from data_contracts.access import AccessInterval
from data_contracts.quarantine_columns import with_guard
from tasks.report.access import COLUMNS, MOMENTS, access_rows


def access_csv(found: Sequence[AccessInterval]) -> bytes:
    """CSV: UTF-8 with a byte-order mark, since Excel wants one; everything quoted and guarded."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in access_rows(found):
        writer.writerow([with_guard(row[name] or "") for name in COLUMNS])
    return text.getvalue().encode("utf-8-sig")


def access_json(found: Sequence[AccessInterval]) -> bytes:
    """One JSON document."""
    document = {"access": access_rows(found)}
    return json.dumps(document, indent=2, ensure_ascii=False).encode() + b"\n"


def access_parquet(found: Sequence[AccessInterval]) -> bytes:
    """Parquet: moments as such, in UTC, all else as text."""
    import pyarrow as pa  # a tenth of a second, for one of three formats
    import pyarrow.parquet

    kinds = {
        name: pa.timestamp("us", "UTC") if name in MOMENTS else pa.string() for name in COLUMNS
    }
    rows = access_rows(found)
    values = {name: [row[name] for row in rows] for name in COLUMNS}
    for name, attribute in MOMENTS.items():
        values[name] = [getattr(each, attribute) for each in found]
    table = pa.table({name: pa.array(values[name], kinds[name]) for name in COLUMNS})
    written = io.BytesIO()
    pyarrow.parquet.write_table(table, written)
    return written.getvalue()


WRITERS: Mapping[str, Callable[[Sequence[AccessInterval]], bytes]] = {
    "csv": access_csv,
    "json": access_json,
    "parquet": access_parquet,
}
"""By the ending of the file's name."""
