"""Reading one export: the file picked, its bytes named, its rows as columns of text."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from data_contracts.batch import RawBatch
from data_contracts.configuration import SourceSettings
from data_contracts.export_contract import ExportContract, FileFormat
from data_contracts.frames import LINE
from tasks.extract.csv_file import read_csv
from tasks.extract.file_bytes import read_bytes, to_utf8
from tasks.extract.ignored_rows import without_ignored
from tasks.extract.json_file import read_json
from tasks.extract.pick import pick_file
from tasks.extract.records import Records

_READERS: dict[FileFormat, Callable[[Path, bytes, ExportContract], Records]] = {
    FileFormat.CSV: read_csv,
    FileFormat.JSON: read_json,
    FileFormat.JSONL: read_json,
}


def read_batch(
    source: str,
    settings: SourceSettings,
    contract: ExportContract,
    *,
    folder: Path,
    now: datetime,
) -> RawBatch:
    """Read an export as its contract says it is written.

    Every cell is text: leading zeros stay, `NA` and `Null` stay. White space and invisible
    characters around a text go, Unicode is composed; what is empty then, or a declared sentinel,
    is missing.

    Args:
        source: The source's name.
        settings: Which file.
        contract: How it is written, and its columns.
        folder: What a relative path starts from.
        now: The present moment, aware.

    Returns:
        The rows in the file's order, each with its line; malformed rows apart.

    Raises:
        SourceError: The file is missing, unreadable or not what the contract says a file of it
            looks like; says where, and what to do.
    """
    picked = pick_file(source, settings, folder=folder, now=now)
    file = read_bytes(picked.path)
    text = to_utf8(picked.path, file.data, contract.reader.encoding)
    records = _READERS[contract.reader.format](picked.path, text, contract)
    frame, blank = _frame(records)
    frame, left_out = without_ignored(frame, contract.ignored_rows)
    warnings = [*picked.warnings, *records.warnings]
    if blank:
        warnings.append(f"{blank:,} rows with nothing in them were left out")
    warnings += left_out
    return RawBatch(
        source=source,
        path=_seen_from(folder, picked.path),
        digest=file.digest,
        header=records.header,
        frame=frame,
        malformed=records.malformed,
        rows_read=len(frame) + len(records.malformed),
        warnings=tuple(warnings),
        written_at=file.written_at,
    )


def _seen_from(folder: Path, path: Path) -> str:
    """A path as the settings write it: plans and reports do not depend on where a project is."""
    return str(path.relative_to(folder) if path.is_relative_to(folder) else path)


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
