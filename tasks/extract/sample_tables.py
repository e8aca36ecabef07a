"""The beginning of an unknown workbook or Parquet file: sheet, header, how ids are kept."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from data_contracts.export_contract import IDENTIFYING, FileFormat, ReaderSettings, WorkerField
from tasks.extract.cells import clean_text
from tasks.extract.excel_file import header_of, is_number, typed
from tasks.extract.excel_process import Sheet, read_sheet
from tasks.extract.guesses import guess_meaning, looks_like_key
from tasks.extract.parquet_file import first_batches, is_nested, open_parquet, text_column
from tasks.extract.sample import MOST_ROWS, Sample
from tasks.extract.values import text_of

_TITLE_ROWS = 20  # rows in front of a header: titles, dates, a logo's place
_FIRST = ReaderSettings(format=FileFormat.EXCEL, sheet=1)
_NAMES_PEOPLE = {*IDENTIFYING, WorkerField.MANAGER}


def excel_sample(path: Path, data: bytes) -> Sample:
    """Look at the first sheet of a workbook.

    Args:
        path: The file.
        data: Its bytes.

    Raises:
        SourceError: It cannot be read, or has no header.
    """
    sheet = read_sheet(str(path), data, _FIRST, MOST_ROWS)
    skip = _title_rows(sheet)
    if skip:
        reader = ReaderSettings(format=FileFormat.EXCEL, sheet=1, skip_lines=skip)
        sheet = read_sheet(str(path), data, reader, MOST_ROWS)
    header = header_of(sheet)
    columns = [[_text(cell) for cell in cells] for cells in sheet.columns[: len(header)]]
    rows = tuple(row for row in zip(*columns, strict=True) if any(row))
    numeric = any(
        any(map(is_number, cells)) and (guess_meaning(name) in _NAMES_PEOPLE or _key(texts, rows))
        for name, cells, texts in zip(header, sheet.columns, columns, strict=False)
    )
    return Sample(
        path=path,
        reader=ReaderSettings(
            format=FileFormat.EXCEL,
            sheet=sheet.name if len(sheet.sheets) > 1 else None,
            skip_lines=skip,
            numeric_ids=numeric,
        ),
        certain=True,
        header=header,
        rows=rows,
        rows_estimate=max(sheet.rows - sheet.header_line, 0),
        sheet=sheet.name,
    )


def parquet_sample(path: Path, data: bytes) -> Sample:
    """Look at a Parquet file; columns of lists and objects are left out.

    Args:
        path: The file.
        data: Its bytes.

    Raises:
        SourceError: It cannot be read.
    """
    file = open_parquet(str(path), data)
    schema = file.schema_arrow
    plain = [name for i, name in enumerate(schema.names) if not is_nested(schema.field(i).type)]
    columns: list[list[str | None]] = [[] for _ in plain]
    for batch in first_batches(str(path), file, plain, MOST_ROWS):
        for number, column in enumerate(columns):
            texts, _ = text_column(batch.column(number), None)
            column += [clean_text(text) or None if text else None for text in texts.to_pylist()]
    return Sample(
        path=path,
        reader=ReaderSettings(format=FileFormat.PARQUET),
        certain=True,
        header=tuple(map(clean_text, plain)),
        rows=tuple(zip(*columns, strict=True)),
        rows_estimate=file.metadata.num_rows,
    )


def _text(cell: Any) -> str | None:
    text = text_of(typed(cell))
    return clean_text(text) or None if text else None


def _key(texts: Sequence[str | None], rows: Sequence[Any]) -> bool:
    return len(rows) > 1 and looks_like_key(texts)


def _title_rows(sheet: Sheet) -> int:
    """Rows in front of the header: the first one that is as wide as what follows is the header."""
    top = [(sheet.header_line, sheet.header)]
    below = zip(*[cells[:_TITLE_ROWS] for cells in sheet.columns], strict=True)
    top += zip(sheet.lines, map(list, below), strict=False)
    widths = [(line, sum(cell is not None for cell in cells)) for line, cells in top]
    widest = max(width for _, width in widths)
    first = next(line for line, width in widths if width * 2 > widest)
    return 0 if first == sheet.header_line else first - 1
