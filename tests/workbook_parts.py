"""Workbooks for tests, made by other programs' libraries."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any

import openpyxl
import xlwt
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P

from data_contracts.export_contract import ExportContract
from tests.export_parts import columns, contract, custom

Rows = Sequence[Sequence[Any]]


def kept(*, schema: dict[str, Any] | None = None, **server: Any) -> ExportContract:
    """A contract of a workbook; keywords are the server's custom properties."""
    return contract(
        server={"format": "excel", "customProperties": custom(**server)},
        schema=schema or columns("id", "name"),
    )


def saved(book: openpyxl.Workbook) -> bytes:
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def xlsx(rows: Rows, **sheets: Rows) -> bytes:
    """A workbook with a sheet `People`, and others by name."""
    book = openpyxl.Workbook()
    first = book.active
    assert first is not None
    first.title = "People"
    for row in rows:
        first.append(list(row))
    for name, more in sheets.items():
        sheet = book.create_sheet(name)
        for row in more:
            sheet.append(list(row))
    return saved(book)


def xls(rows: Rows) -> bytes:
    book = xlwt.Workbook()
    sheet = book.add_sheet("People")
    day = xlwt.easyxf(num_format_str="yyyy-mm-dd")
    for at, row in enumerate(rows):
        for column, cell in enumerate(row):
            if cell is not None:
                style = (day,) if hasattr(cell, "year") else ()
                sheet.write(at, column, cell, *style)
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def ods(rows: Rows) -> bytes:
    document = OpenDocumentSpreadsheet()
    table = Table(name="People")
    for row in rows:
        line = TableRow()
        for cell in row:
            kind = {"valuetype": "string"}
            if isinstance(cell, (int, float)):
                kind = {"valuetype": "float", "value": str(cell)}
            elif hasattr(cell, "year"):
                kind = {"valuetype": "date", "datevalue": cell.isoformat()}
            made = TableCell(**kind)
            made.addElement(P(text=str(cell)))
            line.addElement(made)
        table.addElement(line)
    document.spreadsheet.addElement(table)
    file = BytesIO()
    document.write(file)
    return file.getvalue()
