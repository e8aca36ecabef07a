"""Where the rows of a CSV stand in their file, and whether its quotes can be trusted.

Most files have one row a line; then counting is enough. Otherwise (cells over several lines, blank
lines) the bytes are walked once, a quote turning "inside" on and off. A quote that is missing
somewhere swallows rows, which would look like people who left: such files are refused.
"""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from data_contracts.errors import SourceError
from data_contracts.export_contract import ReaderSettings

_CHUNK = 1 << 24  # bytes looked at in one go: the scan takes a few times as much memory
_FEW_COLUMNS = 4  # below it, a cell of text with commas and lines easily looks like rows
_MANY_LINES = 3


@dataclass(frozen=True, slots=True)
class RowLines:
    """The place of each record in the file.

    Attributes:
        lines: Line of each record's start, from 1, malformed records included.
        spans: Whether any record takes several lines.
    """

    lines: Any
    spans: bool


def check_quotes(path: str, text: bytes, quote: str, first_line: int) -> None:
    """Refuse a file with an odd number of quotes: one is never closed.

    Args:
        path: For messages.
        text: The file below its header.
        quote: The quote character, or "".
        first_line: Line of the file in which `text` begins.

    Raises:
        SourceError: Names the first line that has an odd number of quotes.
    """
    sign = quote.encode()
    if not sign or text.count(sign) % 2 == 0:
        return
    for number, line in enumerate(text.split(b"\n")):
        if line.count(sign) % 2:
            raise SourceError(
                f"{path}: a quote ({quote}) is opened and never closed; the first line with an odd "
                f"number of quotes is line {first_line + number}",
                hint="correct the export: quotes inside a quoted cell are doubled",
            )


def hide_escaped(text: bytes, reader: ReaderSettings) -> bytes:
    """Blank out quotes that an escape character takes the meaning from; no byte moves.

    Args:
        text: The file below its header.
        reader: Its quote and escape characters.

    Returns:
        The text itself where nothing is escaped.
    """
    if not reader.escape or not reader.quote or reader.escape.encode() not in text:
        return text
    signs = re.escape(reader.escape + reader.quote).encode()
    return re.sub(re.escape(reader.escape.encode()) + b"[" + signs + b"]", b"  ", text)


def find_rows(text: bytes, quote: str, first_line: int) -> RowLines:
    """Find where each record begins.

    Args:
        text: The file below its header; lines end in line feeds.
        quote: The quote character, or "".
        first_line: Line of the file in which `text` begins.

    Returns:
        The line of every record that is not blank.
    """
    ends, line_count = _line_ends(text, ord(quote) if quote else None)
    total = len(text)
    stops = np.append(ends.positions, total) if ends.open_end else ends.positions
    starts = np.concatenate(([0], stops[:-1] + 1)) if len(stops) else stops
    filled = stops > starts
    lines_before = np.concatenate(([0], ends.line_numbers)) if len(stops) else ends.line_numbers
    lines = first_line + lines_before[: len(stops)]
    return RowLines(lines[filled].astype("int64"), spans=bool(line_count > len(stops)))


def refuse_swallowed_rows(path: str, columns: dict[str, Any], lines: Any, delimiter: str) -> None:
    """Refuse cells that hold whole rows: between two quotes that are missing.

    A quote forgotten in one row and another in a later one close each other, and what lies between
    becomes one cell. It gives itself away by the delimiters of the rows that it swallowed.

    Args:
        path: For messages.
        columns: The file's columns, Arrow arrays of text.
        lines: Line of each row.
        delimiter: Between cells.

    Raises:
        SourceError: Names the row's line.
    """
    import pyarrow.compute as pc

    width = len(columns) - 1
    for name, cells in columns.items():
        breaks = pc.count_substring(cells, "\n").fill_null(0)
        least = 1 if width + 1 >= _FEW_COLUMNS else _MANY_LINES
        expected = pc.multiply(breaks, width)
        found = pc.count_substring(cells, delimiter).fill_null(0)
        swallowed = pc.and_(pc.greater_equal(breaks, least), pc.equal(found, expected))
        if width and pc.any(swallowed).as_py():
            row = pc.index(swallowed, True).as_py()
            raise SourceError(
                f"{path}, line {lines[row]}: the cell in column {name!r} runs over several lines "
                "and holds what looks like whole rows: a quote is missing",
                hint="correct the quotes in the export from that line on",
            )


@dataclass(frozen=True, slots=True)
class _Ends:
    positions: Any
    line_numbers: Any
    open_end: bool


def _line_ends(text: bytes, quote: int | None) -> tuple[_Ends, int]:
    """Positions of the line feeds outside quotes, and how many lines lie before each."""
    positions: list[Any] = []
    numbers: list[Any] = []
    inside, seen = 0, 0
    whole = np.frombuffer(text, dtype=np.uint8)
    for offset in range(0, len(whole), _CHUNK):
        part = whole[offset : offset + _CHUNK]
        feeds = np.flatnonzero(part == ord("\n"))
        if quote is None:
            outside = np.ones(len(feeds), dtype=bool)
        else:
            parity = np.bitwise_xor.accumulate((part == quote).view(np.uint8)) ^ inside
            outside = parity[feeds] == 0
            inside = int(parity[-1])
        positions.append(feeds[outside] + offset)
        numbers.append(np.flatnonzero(outside) + seen + 1)
        seen += len(feeds)
    open_end = bool(text) and not text.endswith(b"\n")
    joined = np.concatenate(positions) if positions else np.array([], dtype="int64")
    lines = np.concatenate(numbers) if numbers else np.array([], dtype="int64")
    return _Ends(joined, lines, open_end), seen + open_end
