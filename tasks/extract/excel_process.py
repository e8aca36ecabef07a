"""A sheet's cells by way of a process of its own, whose end says what is wrong with a workbook."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

from data_contracts.errors import SourceError
from data_contracts.export_contract import ReaderSettings
from tasks.extract.excel_child import MEMORY, SECONDS

_STARTS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_COMMAND = (sys.executable, "-P", "-m", "tasks.extract.excel_child")
_END = "end"


@dataclass(slots=True)
class Sheet:
    """The cells of a sheet, as `excel_child` describes them.

    Attributes:
        header: The cells of the header.
        columns: The cells below, by column; as many columns as the widest row has.
        lines: Number of each row as a spreadsheet shows it.
        rows: How many rows the sheet has, header and all.
        name: The sheet's name.
        sheets: The names of all sheets.
        header_line: Number of the header's row.
    """

    header: list[Any] = field(default_factory=list)
    columns: list[list[Any]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    rows: int = 0
    name: str = ""
    sheets: tuple[str, ...] = ()
    header_line: int = 0

    def take(self, line: int, cells: list[Any], reader: ReaderSettings) -> None:
        """Take one row: in front of the header, the header, or below it."""
        if not self.header_line:
            if line > reader.skip_lines and any(cell is not None for cell in cells):
                self.header, self.header_line = cells, line
        elif line > self.header_line + reader.skip_after_header:
            while len(self.columns) < max(len(cells), len(self.header)):
                self.columns.append([None] * len(self.lines))
            self.lines.append(line)
            for number, column in enumerate(self.columns):
                column.append(cells[number] if number < len(cells) else None)


def read_sheet(
    path: str, data: bytes, reader: ReaderSettings, most_rows: int | None = None
) -> Sheet:
    """Read the sheet that the contract declares.

    Args:
        path: For messages.
        data: The workbook.
        reader: Which sheet, and what is in front of its header and behind it.
        most_rows: Where only the beginning is wanted, how much of it.

    Raises:
        SourceError: It is no workbook, has no such sheet or no header, or takes too much to read.
    """
    if not data.startswith(_STARTS):
        raise SourceError(
            f"{path} is no workbook; the contract declares `format: excel`",
            hint="export it as .xlsx, or declare what the file is in the contract",
        )
    wanted = json.dumps({"sheet": reader.sheet, "most_rows": most_rows})
    sheet = Sheet()
    if not _fill(sheet, path, _lines(data, wanted), reader):
        raise SourceError(
            f"{path} takes more than {MEMORY >> 30} GB of memory or {SECONDS} s to read: its cells "
            "are spread over a huge area, or it is damaged",
            hint="copy the rows into a new sheet, or export them as CSV",
        )
    if not sheet.header_line:
        raise SourceError(
            f"{path}: sheet {sheet.name!r} has no header",
            hint="check `sheet` and `skipLines` in the contract, and the export",
        )
    while len(sheet.columns) < len(sheet.header):
        sheet.columns.append([])
    return sheet


def _fill(sheet: Sheet, path: str, lines: Iterator[Any], reader: ReaderSettings) -> bool:
    """Take what the process says; tell whether it came to its end."""
    for line in lines:
        if line == _END:
            return True
        if isinstance(line, dict):
            if "problem" in line:
                raise _problem(path, line, reader)
            sheet.name, sheet.rows = line["sheet"], line["rows"]
            sheet.sheets = tuple(line["sheets"])
        else:
            first, chunk = line
            for number, cells in enumerate(chunk, start=first):
                sheet.take(number, cells, reader)
    return False


def _lines(data: bytes, wanted: str) -> Iterator[Any]:
    """What the process says, line by line; it reads all of the workbook before it speaks."""
    with subprocess.Popen(  # noqa: S603  # our own module, and no shell
        [*_COMMAND, wanted],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # what the library says when it gives up may repeat cells
    ) as child:
        try:
            if child.stdin is None or child.stdout is None:
                return
            try:
                child.stdin.write(data)
                child.stdin.close()
            except BrokenPipeError:
                return
            for line in child.stdout:
                try:
                    yield orjson.loads(line)
                except orjson.JSONDecodeError:  # it was ended in the middle of a line
                    return
        finally:
            child.kill()


def _problem(path: str, answer: dict[str, Any], reader: ReaderSettings) -> SourceError:
    kind = answer["problem"]
    if kind == "sheet":
        names = ", ".join(map(repr, answer["sheets"]))
        if reader.sheet is None:
            return SourceError(
                f"{path} has {len(answer['sheets'])} sheets: {names}",
                hint="say by `sheet` in the contract which one is the export",
            )
        return SourceError(
            f"{path} has no sheet {reader.sheet!r}; its sheets: {names}",
            hint="correct `sheet` in the contract",
        )
    if kind == "password":
        return SourceError(
            f"{path} is protected by a password", hint="export it without one, or as CSV"
        )
    if kind == "layout":
        return SourceError(
            f"{path} cannot be read safely: {answer['kind']}",
            hint="open it in a spreadsheet program and save it anew, or export it as CSV",
        )
    return SourceError(
        f"{path} cannot be taken apart as a workbook: it is damaged, cut off, or something else",
        hint="ask for a new export, or export it as CSV",
    )
