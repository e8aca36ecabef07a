"""The file that an analyst gives back: CSV or JSON Lines, as `quarantine export` wrote it."""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from data_contracts.errors import SourceError
from data_contracts.quarantine_columns import DELIVERY, LINE_NUMBER, OURS, SOURCE, without_guard
from tasks.extract.cells import clean_text
from tasks.extract.file_bytes import to_utf8
from tasks.extract.local_place import read_local
from tasks.extract.places import MEGABYTE

Cells = Mapping[str, str | None]

LARGEST_MB = 256
"""More is no file that a person has corrected."""

_HINT = "give the file that `scimflow quarantine export` wrote, with corrected cells"


def read_returned(path: Path) -> list[tuple[str, str, int, dict[str, str | None]]]:
    """Read corrected rows.

    Args:
        path: CSV (by whatever delimiter the spreadsheet wrote) or JSON Lines.

    Returns:
        Source, delivery, line and cells of each row, cells cleaned as those of exports.

    Raises:
        SourceError: It is not such a file; says where.
    """
    data = read_local(path, LARGEST_MB * MEGABYTE)
    text = to_utf8(str(path), data, "utf-8-sig").decode("utf-8")
    rows = _json_rows(path, text) if text.lstrip()[:1] == "{" else _csv_rows(path, text)
    found = list(rows)
    if not found:
        raise SourceError(f"{path} has no rows", hint=_HINT)
    return found


def _csv_rows(path: Path, text: str) -> Iterator[tuple[str, str, int, dict[str, str | None]]]:
    header = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=header.count)  # spreadsheets write back what their country uses
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        names = [without_guard(name) for name in next(rows, [])]
        missing = [name for name in OURS if name not in names]
        if missing:
            raise SourceError(f"{path}: column {missing[0]} is missing", hint=_HINT)
        for row in rows:
            if not any(row):
                continue
            if len(row) != len(names):
                raise SourceError(
                    f"{path}, line {rows.line_num}: expected {len(names)} cells, got {len(row)}",
                    hint=_HINT,
                )
            cells = dict(zip(names, row, strict=True))
            line = _line(path, cells[LINE_NUMBER], f"line {rows.line_num}")
            values = {n: _cell(text) for n, text in cells.items() if n not in OURS}
            yield cells[SOURCE].strip(), cells[DELIVERY].strip(), line, values
    except csv.Error as error:
        raise SourceError(f"{path}, line {rows.line_num}: {error}", hint=_HINT) from None


def _json_rows(path: Path, text: str) -> Iterator[tuple[str, str, int, dict[str, str | None]]]:
    for number, record in enumerate(text.splitlines(), 1):
        if not record.strip():
            continue
        where = f"line {number}"
        try:
            document: Any = json.loads(record)
            source, delivery = str(document["source"]), str(document["digest"])
            cells = document["row"] or {}
            line = _line(path, document["line"], where)
            values = {str(name): _json_cell(path, value, where) for name, value in cells.items()}
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise SourceError(
                f"{path}, {where}: no object with source, digest, line and row", hint=_HINT
            ) from None
        yield source, delivery, line, values


def _json_cell(path: Path, value: Any, where: str) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise SourceError(f"{path}, {where}: a cell is not text; put it into quotes", hint=_HINT)
    return clean_text(value) or None


def _cell(text: str) -> str | None:
    return clean_text(without_guard(text)) or None


def _line(path: Path, value: Any, where: str) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        raise SourceError(f"{path}, {where}: the row's line is no number", hint=_HINT) from None
