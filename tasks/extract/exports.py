"""Reading one export: the file picked, its bytes named, its rows as columns of text."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from data_contracts.as_of import AsOf
from data_contracts.batch import RawBatch
from data_contracts.canonical import digest_of_bytes
from data_contracts.configuration import SourceSettings
from data_contracts.errors import ConfigurationError
from data_contracts.export_contract import ExportContract, FileFormat
from data_contracts.frames import LINE
from tasks.extract.complete import check_digest
from tasks.extract.csv_file import read_csv
from tasks.extract.file_bytes import refuse_empty, to_utf8
from tasks.extract.ignored_rows import without_ignored
from tasks.extract.json_file import read_json
from tasks.extract.ldif_file import read_ldif
from tasks.extract.long_cells import without_long_cells
from tasks.extract.pick import Picked, pick_file
from tasks.extract.places import MEGABYTE, Entry
from tasks.extract.records import Records
from tasks.extract.spoiled_cells import without_spoiled_cells
from tasks.extract.unpack import unpack

Reader = Callable[[str, bytes, ExportContract], Records]

_TEXT_READERS: dict[FileFormat, Reader] = {
    FileFormat.CSV: read_csv,
    FileFormat.JSON: read_json,
    FileFormat.JSONL: read_json,
    FileFormat.LDIF: read_ldif,
}

_OTHER_READERS = {
    FileFormat.EXCEL: ("tasks.extract.excel_file", "read_excel"),
    FileFormat.PARQUET: ("tasks.extract.parquet_file", "read_parquet"),
    FileFormat.XML: ("tasks.extract.xml_file", "read_xml"),
}


def read_batch(
    source: str,
    settings: SourceSettings,
    contract: ExportContract,
    *,
    folder: Path,
    now: datetime,
    as_of: AsOf | None = None,
) -> RawBatch:
    """Read an export as its contract says it is written.

    Every cell is text: leading zeros stay, `NA` and `Null` stay. White space and invisible
    characters around a text go, Unicode is composed; what is empty then, or a declared sentinel,
    is missing.

    Args:
        source: The source's name.
        settings: Which file, and where.
        contract: How it is written, and its columns.
        folder: What a relative path starts from.
        now: The present moment, aware.
        as_of: The day of the run, for paths with a `{date}`.

    Returns:
        The rows in the file's order, each with its line; malformed rows apart.

    Raises:
        SourceError: The file is missing, unreadable or not what the contract says a file of it
            looks like; says where, and what to do.
    """
    picked = pick_file(source, settings, folder=folder, now=now, as_of=as_of)

    def take() -> tuple[bytes, str]:
        with closing(picked):
            return read_delivery(picked, settings)

    delivered = Delivered(picked.path, take, picked.warnings, _written_at(picked.entry))
    return batch_of(source, settings, contract, delivered, folder=folder)


@dataclass(frozen=True, slots=True)
class Delivered:
    """An export, from wherever it came.

    Attributes:
        path: What it is called in messages and reports.
        take: Gives its bytes, once, and their digest.
        warnings: What was noticed on the way, in words.
        written_at: When it was written, aware; None when nothing tells.
    """

    path: str
    take: Callable[[], tuple[bytes, str]]
    warnings: tuple[str, ...] = ()
    written_at: datetime | None = None


def batch_of(
    source: str,
    settings: SourceSettings,
    contract: ExportContract,
    delivered: Delivered,
    *,
    folder: Path,
) -> RawBatch:
    """Take an export apart as its contract says.

    Args:
        source: The source's name.
        settings: How packed files are unpacked, and how large they may be.
        contract: How it is written, and its columns.
        delivered: The export.
        folder: What paths are seen from.

    Raises:
        SourceError: It is not what the contract says; says where, and what to do.
    """
    records, digest = _records(delivered, settings, contract)
    records = without_spoiled_cells(without_long_cells(records, contract), contract)
    frame, blank = _frame(records)
    frame, left_out = without_ignored(frame, contract.ignored_rows)
    warnings = [*delivered.warnings, *records.warnings]
    if blank:
        warnings.append(f"{blank:,} rows with nothing in them were left out")
    warnings += left_out
    return RawBatch(
        source=source,
        path=seen_from(folder, delivered.path),
        digest=digest,
        header=records.header,
        frame=frame,
        malformed=records.malformed,
        rows_read=len(frame) + len(records.malformed),
        warnings=tuple(warnings),
        written_at=delivered.written_at,
    )


def _written_at(entry: Entry) -> datetime | None:
    """When the file was last written, where its place tells."""
    if entry.modified_ns is None:
        return None
    return datetime.fromtimestamp(entry.modified_ns / 1e9, UTC)


def seen_from(folder: Path, path: str) -> str:
    """A path as the settings write it: plans and reports do not depend on where a project is."""
    return str(Path(path).relative_to(folder)) if Path(path).is_relative_to(folder) else path


def read_delivery(picked: Picked, settings: SourceSettings) -> tuple[bytes, str]:
    """The bytes of the file as they were delivered, and their digest."""
    data = picked.place.read(picked.entry, settings.max_mb * MEGABYTE)
    digest = digest_of_bytes(data)
    check_digest(picked.place, picked.entry, settings.digest_file, digest)
    return data, digest


def _records(
    delivered: Delivered, settings: SourceSettings, contract: ExportContract
) -> tuple[Records, str]:
    """Let the reader of the contract's format take a file apart; the digest is its delivery's."""
    reader = contract.reader
    limit = settings.max_mb * MEGABYTE
    data, digest = delivered.take()
    shown, data = unpack(delivered.path, data, settings.member, limit)
    refuse_empty(shown, data)
    if reader.format is FileFormat.SQL:
        from tasks.extract.sql_source import read_sql

        query = to_utf8(shown, data, "utf-8-sig")
        return read_sql(shown, query, contract, settings.url_env, limit)
    if settings.url_env is not None:
        raise ConfigurationError(
            f"the source has a `url_env`, and its contract declares `format: {reader.format}`",
            hint="take `url_env` out of the source, or declare `format: sql`",
        )
    if reader.format in _TEXT_READERS:
        text = [to_utf8(shown, data, reader.encoding, reader.line_end)]
        del data  # a large file is here once and not twice while it is taken apart
        # popped: the reader alone holds the text, and lets it go when its columns are there
        return _TEXT_READERS[reader.format](shown, text.pop(), contract), digest
    return _reader_of(reader.format)(shown, data, contract), digest


def _reader_of(format_: FileFormat) -> Reader:
    """The reader of a format that is no text; imported when there is such a file."""
    module, name = _OTHER_READERS[format_]
    reader: Reader = getattr(import_module(module), name)
    return reader


def _frame(records: Records) -> tuple[pd.DataFrame, int]:
    """The columns as a frame without the rows that are empty all over, and how many those are."""
    columns, lines = records.columns, records.lines
    blank = _blank_rows(columns)
    count = 0 if blank is None else int(pc.sum(blank).as_py() or 0)
    if count:
        filled = pc.invert(blank)
        columns = {name: cells.filter(filled) for name, cells in columns.items()}
        lines = lines[filled.to_numpy(zero_copy_only=False)]
    # An Arrow table first: a frame built from single columns would be copied once more.
    frame = pa.table(columns).to_pandas() if columns else pd.DataFrame(index=range(len(lines)))
    frame[LINE] = pd.Series(lines, dtype="int64")
    return frame, count


def _blank_rows(columns: dict[str, Any]) -> Any:
    blank = None
    for cells in columns.values():
        empty = pc.is_null(cells)
        blank = empty if blank is None else pc.and_(blank, empty)
        if not pc.any(blank).as_py():
            return None
    return blank
