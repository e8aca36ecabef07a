"""A workbook's sheet as columns of text: .xlsx, .xls and .ods.

A workbook keeps numbers and days, not what is seen on the screen. Whole numbers come as their
digits, days in the contract's format. In columns that identify people a number is refused unless
the contract says otherwise: `0000007` may have been typed, and `7` is kept.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import pyarrow as pa

from data_contracts.errors import SourceError
from data_contracts.export_contract import ExportContract
from tasks.extract.cells import clean_text
from tasks.extract.excel_process import Sheet, read_sheet
from tasks.extract.headers import MatchedHeader, match_header
from tasks.extract.records import Records
from tasks.extract.tables import table_records
from tasks.extract.values import identifying_columns, text_of

_MADE_UP = 10**15
"""A spreadsheet keeps fifteen digits of a number; from here on the last ones are not true."""

Cells = Sequence[Any]


def read_excel(path: str, data: bytes, contract: ExportContract) -> Records:
    """Read the sheet that the contract declares.

    Args:
        path: For messages.
        data: The workbook.
        contract: The columns, and which sheet.

    Returns:
        The columns by the contract's names; rows are numbered as a spreadsheet shows them.

    Raises:
        SourceError: It is no workbook, has no such sheet, or keeps identifiers as numbers.
    """
    sheet = read_sheet(path, data, contract.reader)
    header = header_of(sheet)
    matched = match_header(header, contract, path)
    _refuse_nameless(path, header, sheet)
    _refuse_numbers(path, header, matched, sheet, contract)
    faults = _faults(header, matched, sheet, contract)
    formats = {column.name: column.date_format for column in contract.columns}
    texts = [
        _texts(cells, formats.get(name)) if name is not None else None
        for name, cells in zip(matched.names, sheet.columns, strict=False)
    ]
    return table_records(header, matched, texts, sheet.lines, faults, contract)


def header_of(sheet: Sheet) -> tuple[str, ...]:
    """The columns' names, without empty ones behind the last."""
    names = [clean_text(text_of(typed(cell)) or "") for cell in sheet.header]
    while names and not names[-1]:
        names.pop()
    return tuple(names)


def typed(cell: Any) -> Any:
    """A cell as the value that it stands for; None for one that holds an error."""
    if not isinstance(cell, dict):
        return cell
    ((kind, value),) = cell.items()
    if kind == "date":
        return date.fromisoformat(value)
    if kind == "moment":
        return datetime.fromisoformat(value)
    return value if kind == "time" else None


def is_number(cell: Any) -> bool:
    """Whether a cell is a number or a day, and has lost how it was written."""
    return isinstance(cell, (int, float)) or (isinstance(cell, dict) and "fault" not in cell)


def _texts(cells: Cells, date_format: str | None) -> Any:
    try:
        return pa.array(cells, type=pa.large_string())
    except (pa.ArrowInvalid, pa.ArrowTypeError):  # not text alone
        texts = [text_of(typed(cell), date_format) for cell in cells]
        return pa.array(texts, type=pa.large_string())


def _refuse_nameless(path: str, header: tuple[str, ...], sheet: Sheet) -> None:
    for number, cells in enumerate(sheet.columns):
        name = header[number] if number < len(header) else ""
        row = next((at for at, cell in enumerate(cells) if cell is not None), None)
        if not name and row is not None:
            raise SourceError(
                f"{path}, row {sheet.lines[row]}: column {number + 1} has values and no name",
                hint="give each column of the export a name; check `skipLines` in the contract",
            )


def _refuse_numbers(
    path: str,
    header: tuple[str, ...],
    matched: MatchedHeader,
    sheet: Sheet,
    contract: ExportContract,
) -> None:
    if contract.reader.numeric_ids:
        return
    identifying = identifying_columns(contract)
    for number, name in enumerate(matched.names):
        if name not in identifying:
            continue
        rows = [at for at, cell in enumerate(sheet.columns[number]) if is_number(cell)]
        if rows:
            raise SourceError(
                f"{path}, row {sheet.lines[rows[0]]}, column {header[number]!r}: a number or a "
                f"date where text is expected (rows: {len(rows):,}); the column identifies people, "
                "and zeros in front of numbers are lost in a workbook",
                hint="format the column as text in the export; or, if no number ever begins with "
                "a zero, declare `numericIds: true` in the contract",
            )


def _faults(
    header: tuple[str, ...], matched: MatchedHeader, sheet: Sheet, contract: ExportContract
) -> dict[int, str]:
    """Why rows are malformed, by their numbers."""
    identifying = identifying_columns(contract)
    found: dict[int, str] = {}
    for number, cells in enumerate(sheet.columns[: len(header)]):
        if matched.names[number] is None:
            continue
        for at, cell in enumerate(cells):
            if isinstance(cell, dict) and "fault" in cell:
                found.setdefault(
                    sheet.lines[at], f"column {header[number]!r} holds {cell['fault']}"
                )
        if matched.names[number] in identifying:
            for at, cell in enumerate(cells):
                if isinstance(cell, float) and not abs(cell) < _MADE_UP:
                    found.setdefault(
                        sheet.lines[at],
                        f"column {header[number]!r} holds a number of more digits than a workbook "
                        "keeps",
                    )
    return found
