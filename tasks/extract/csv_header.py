"""The header of a CSV: found, taken apart, and recognised when its delimiter is another."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from data_contracts.errors import SourceError
from data_contracts.export_contract import ReaderSettings
from tasks.extract.cells import clean_text

DELIMITERS = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a vertical bar"}
_CELLS_OF_SEP = 2  # `sep=,` is two cells where the comma is the delimiter
_LONGEST = 1 << 20  # bytes; a header that goes on longer is no header


@dataclass(frozen=True, slots=True)
class CsvHeader:
    """A header and where the rows below it begin.

    Attributes:
        names: The columns' names, cleaned.
        body_at: Where the first row begins, in bytes.
        body_line: Line of the file in which it begins, from 1.
    """

    names: tuple[str, ...]
    body_at: int
    body_line: int


def read_header(path: str, text: bytes, reader: ReaderSettings) -> CsvHeader:
    """Take the header of a CSV apart.

    Args:
        path: For messages.
        text: The file as UTF-8.
        reader: Delimiter, quote, escape, lines to skip.

    Raises:
        SourceError: There is none, or its quotes never close.
    """
    source = io.BytesIO(text)
    for skipped in range(reader.skip_lines):
        if not source.readline():
            raise SourceError(
                f"{path} ends after {skipped} lines, and the contract skips {reader.skip_lines}",
                hint="correct `skipLines` in the contract",
            )
    skipped_lines = reader.skip_lines + _skip_starting(source, reader.skip_starting)
    lines = _Lines(source, skipped_lines)
    rows = csv.reader(
        iter(lines),
        delimiter=reader.delimiter,
        quotechar=reader.quote or None,
        escapechar=reader.escape or None,
        quoting=csv.QUOTE_MINIMAL if reader.quote else csv.QUOTE_NONE,
        strict=True,
    )
    try:
        names = next((row for row in rows if row), None)
    except csv.Error as error:
        if "limit" in str(error) or lines.too_long:
            raise SourceError(
                f"{path}, line {lines.number}: the header is longer than any header is",
                hint="check delimiter and line ends: the file may have lost them, or be no CSV",
            ) from None
        raise SourceError(
            f"{path}, line {lines.number}: the header cannot be taken apart; a quote is not closed",
            hint="correct the quotes of the header",
        ) from None
    if names is None:
        raise SourceError(f"{path} has no header", hint="ask for a new export")
    _refuse_no_header(path, names)
    for _ in range(reader.skip_after_header):
        lines.number += bool(source.readline())
    return CsvHeader(tuple(map(clean_text, names)), source.tell(), lines.number + 1)


def _refuse_no_header(path: str, names: list[str]) -> None:
    """Refuse a first line that gives away that it is none, with what it is."""
    first = clean_text(names[0])
    if first.lower().startswith("sep=") and len(names) <= _CELLS_OF_SEP:
        raise SourceError(
            f"{path}: the first line is Excel's word about the delimiter (`{first}`), no header",
            hint='declare `skipLinesStarting: ["sep="]` and the `delimiter` in the contract',
        )
    if first.startswith(("{", "[{", "<?xml")):
        kind = "XML" if first.startswith("<") else "JSON"
        raise SourceError(
            f"{path} is {kind}, the contract declares a CSV",
            hint="name the contract of that form, or declare its `format`; an API that answers "
            "with an error writes such a file too",
        )


def _skip_starting(source: io.BytesIO, starts: tuple[str, ...]) -> int:
    """Step over lines that begin as the contract declares; how many there were."""
    beginnings = tuple(text.encode() for text in starts)
    count = 0
    while beginnings:
        position = source.tell()
        if not source.readline().removeprefix(b'"').startswith(beginnings):
            source.seek(position)
            break
        count += 1
    return count


def refuse_wrong_delimiter(
    path: str, header: CsvHeader, reader: ReaderSettings, columns: int
) -> None:
    """Refuse a header that is one cell where a contract has several columns.

    Args:
        path: For messages.
        header: As read with the contract's delimiter.
        reader: The contract's delimiter.
        columns: How many columns the contract has.

    Raises:
        SourceError: Says which delimiter the header seems to have.
    """
    if len(header.names) > 1 or columns < 2:
        return
    line = header.names[0]
    seen = max(DELIMITERS, key=line.count)
    if seen == reader.delimiter or not line.count(seen):
        return
    raise SourceError(
        f"{path}: the header is one column where the contract has {columns}; its names seem to be "
        f"separated by {DELIMITERS[seen]}, the contract declares {_named(reader.delimiter)}",
        hint=f'declare `delimiter: "{_escaped(seen)}"` in the contract',
    )


class _Lines:
    """Lines of text for the csv module, counted."""

    def __init__(self, source: io.BytesIO, number: int) -> None:
        self._source = source
        self.number = number
        self.too_long = False
        self._start = source.tell()

    def __iter__(self) -> Iterator[str]:
        while line := self._source.readline():
            self.number += 1
            if self._source.tell() - self._start > _LONGEST:
                self.too_long = True
                raise csv.Error("too long")
            yield line.decode("utf-8")


def _named(delimiter: str) -> str:
    return DELIMITERS.get(delimiter, repr(delimiter))


def _escaped(delimiter: str) -> str:
    return "\\t" if delimiter == "\t" else delimiter
