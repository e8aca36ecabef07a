"""A CSV as columns of text: nothing guessed, bad rows named by line, nothing lost in silence.

pyarrow reads on one thread, so that it can tell the number of a bad row.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from data_contracts.batch import MalformedRow
from data_contracts.errors import SourceError
from data_contracts.export_contract import ExportContract, ReaderSettings
from tasks.extract.cells import clean_cells
from tasks.extract.csv_header import read_header, refuse_wrong_delimiter
from tasks.extract.csv_lines import (
    RowLines,
    check_quotes,
    find_rows,
    hide_escaped,
    refuse_swallowed_rows,
)
from tasks.extract.headers import match_header
from tasks.extract.records import Records

_BLOCK = 1 << 22  # bytes; fastest of those tried, and the longest a row may be


@dataclass(slots=True)
class _Bad:
    """Rows that pyarrow could not take apart."""

    numbers: list[int] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    swallowed: list[bool] = field(default_factory=list)


def read_csv(path: str, text: bytes, contract: ExportContract) -> Records:
    """Read a CSV.

    Args:
        path: For messages.
        text: The file as UTF-8 with line feeds.
        contract: The columns, and how the file is written.

    Returns:
        The columns by the contract's names, the line of each row, the malformed rows.

    Raises:
        SourceError: The file cannot be taken apart; says where and why.
    """
    reader = contract.reader
    header = read_header(path, text, reader)
    refuse_wrong_delimiter(path, header, reader, len(contract.columns))
    matched = match_header(header.names, contract, path)
    body = _below(text, header.body_at)
    del text
    quotes = hide_escaped(body, reader)  # as `body`, byte for byte, but for escaped quotes
    check_quotes(path, quotes, reader.quote, header.body_line)
    labels = [f"c{i}" for i in range(len(header.names))]
    table, bad = _parse(path, body, labels, reader)
    rows = _lines(path, quotes, reader, table.num_rows + len(bad.numbers), header.body_line)
    kept = np.delete(rows.lines, np.array(bad.numbers, dtype="int64") - 1)
    if rows.spans:
        _refuse_swallowed(path, table, header.names, kept, rows, bad, reader)
    for number, written in enumerate(header.names):
        if not written:
            _refuse_nameless(path, table.column(number), number + 1)
    raw = table.columns
    del body, quotes, table  # a million rows: each column is let go once it is clean
    columns = {}
    for name in matched.names:
        cells = raw.pop(0)
        if name is not None:
            columns[name] = clean_cells(cells, _sentinels(contract, name))
    malformed = tuple(
        MalformedRow(int(rows.lines[number - 1]), reason)
        for number, reason in zip(bad.numbers, bad.reasons, strict=True)
    )
    return Records(header.names, columns, kept, malformed, matched.warnings)


def _below(text: bytes, start: int) -> bytes:
    """The rows below the header, without blank lines at the end; copied once."""
    end = len(text)
    while end > start and text[end - 1] == ord("\n"):
        end -= 1
    return text[start:end]


def _parse(path: str, body: bytes, labels: list[str], reader: ReaderSettings) -> tuple[Any, _Bad]:
    """Let pyarrow take the rows apart; only an empty cell is missing, `NA` and `None` are text."""
    bad = _Bad()
    text = pa.large_string()
    if not body:
        return pa.table({label: pa.array([], type=text) for label in labels}), bad

    def note(row: Any) -> str:
        delimiters, breaks = row.text.count(reader.delimiter), row.text.count("\n")
        bad.numbers.append(row.number)
        fields = "field" if row.expected_columns == 1 else "fields"
        bad.reasons.append(f"expected {row.expected_columns} {fields}, got {row.actual_columns}")
        bad.swallowed.append(breaks > 0 and delimiters >= (breaks + 1) * (len(labels) - 1))
        return "skip"

    try:
        table = csv.read_csv(
            pa.BufferReader(pa.py_buffer(body)),
            read_options=csv.ReadOptions(use_threads=False, column_names=labels, block_size=_BLOCK),
            parse_options=csv.ParseOptions(
                delimiter=reader.delimiter,
                quote_char=reader.quote or False,
                escape_char=reader.escape or False,
                newlines_in_values=bool(reader.quote) and reader.quote.encode() in body,
                invalid_row_handler=note,
            ),
            convert_options=csv.ConvertOptions(
                column_types=dict.fromkeys(labels, text),
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
                check_utf8=False,  # checked already, with the place of what is wrong
            ),
        )
    except pa.ArrowInvalid:
        # The library's own message repeats cells.
        raise SourceError(
            f"{path} cannot be taken apart as CSV: a row is longer than {_BLOCK:,} bytes",
            hint="check delimiter and quote in the contract, and the export",
        ) from None
    return table, bad


def _lines(path: str, body: bytes, reader: ReaderSettings, records: int, first: int) -> RowLines:
    """The line of each record."""
    if not body:
        return RowLines(np.array([], dtype="int64"), spans=False)
    if body.count(b"\n") + 1 == records:
        return RowLines(np.arange(first, first + records, dtype="int64"), spans=False)
    found = find_rows(body, reader.quote, first)
    if len(found.lines) != records:
        raise SourceError(
            f"{path}: its quotes can be read in two ways ({len(found.lines):,} rows or "
            f"{records:,})",
            hint="correct the export: a cell with quotes, delimiters or line ends is quoted as a "
            "whole, and quotes inside are doubled",
        )
    return found


def _refuse_swallowed(
    path: str,
    table: Any,
    names: tuple[str, ...],
    kept: Any,
    rows: RowLines,
    bad: _Bad,
    reader: ReaderSettings,
) -> None:
    for number, swallowed in zip(bad.numbers, bad.swallowed, strict=True):
        if swallowed:
            raise SourceError(
                f"{path}, line {rows.lines[number - 1]}: the row runs over several lines and holds "
                "what looks like several rows: a quote is missing",
                hint="correct the quotes in the export from that line on",
            )
    columns = dict(zip(names, table.columns, strict=True))
    refuse_swallowed_rows(path, columns, kept, reader.delimiter)


def _refuse_nameless(path: str, cells: Any, number: int) -> None:
    if pc.any(pc.is_valid(cells)).as_py():
        raise SourceError(
            f"{path}: column {number} has values and no name",
            hint="give each column of the export a name",
        )


def _sentinels(contract: ExportContract, name: str) -> tuple[str, ...]:
    for column in contract.columns:
        if column.name == name:
            return column.sentinels
    return ()
