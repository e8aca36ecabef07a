"""Reads one sheet of a workbook, in a process of its own with bounded memory and time.

A workbook of a few kilobytes can ask for hundreds of gigabytes (one cell in the last corner of the
sheet), and the library's answer to that is to abort the process. So this module is run as a
script: workbook on standard input, JSON lines on standard output, first what the workbook is, then
the rows in chunks.

Cells are text, numbers, true and false, null, or an object: `{"date": ...}`, `{"moment": ...}`,
`{"time": ...}`. Cells that hold an error, and formulas that were never computed, are read as empty
by the library; `excel_faults` finds them, and they come as `{"fault": what}`.
"""

import io
import json
import sys
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from tasks.extract.excel_faults import UnknownLayout, find_faults, is_locked

MEMORY = 2 << 30
"""Bytes; a sheet of a million rows of twenty columns takes about half of it."""
SECONDS = 300
"""Of processor time; that sheet takes about a fifth of it."""
CHUNK = 1_000  # rows a line


def main() -> None:
    """Read standard input, write standard output; what is wrong is said in the first line."""
    _limit()
    wanted = json.loads(sys.argv[1])
    data = sys.stdin.buffer.read()
    out = sys.stdout.buffer
    for line in _answer(data, wanted["sheet"], wanted["most_rows"]):
        out.write(json.dumps(line, ensure_ascii=True).encode() + b"\n")


def _limit() -> None:
    try:
        import resource
    except ImportError:  # not on every system
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _answer(data: bytes, wanted: str | int | None, most_rows: int | None) -> Iterator[Any]:
    import python_calamine as calamine

    try:
        book = calamine.load_workbook(io.BytesIO(data))
        kinds = [sheet for sheet in book.sheets_metadata if _is_sheet(sheet)]
        names = [sheet.name for sheet in kinds]
        visible = [sheet.name for sheet in kinds if str(sheet.visible).endswith(".Visible")]
        name = _choose(names, visible, wanted)
        if name is None:
            yield {"problem": "sheet", "sheets": names}
            return
        sheet = book.get_sheet_by_name(name)
    except calamine.PasswordError:
        yield {"problem": "password"}
        return
    except (calamine.CalamineError, OSError, ValueError):
        yield {"problem": "password" if is_locked(data) else "broken"}
        return
    try:
        faults = find_faults(data, name)
    except UnknownLayout as error:
        yield {"problem": "layout", "kind": str(error)}
        return
    yield {"sheet": name, "sheets": names, "rows": sheet.total_height + 1}
    yield from _chunks(sheet, faults, most_rows)
    yield "end"  # without it, the process died on the way


def _is_sheet(sheet: Any) -> bool:
    return str(sheet.typ).endswith(".WorkSheet")


def _choose(names: list[str], visible: list[str], wanted: str | int | None) -> str | None:
    if wanted is None:
        alone = visible if len(visible) == 1 else names
        return alone[0] if len(alone) == 1 else None
    if isinstance(wanted, int):
        return names[wanted - 1] if wanted <= len(names) else None
    return wanted if wanted in names else None


def _chunks(sheet: Any, faults: Any, most_rows: int | None) -> Iterator[Any]:
    chunk: list[list[Any]] = []
    number = 0
    across = sheet.start[1] if sheet.start else 0  # rows come from the first filled column on
    for number, row in enumerate(sheet.iter_rows(), start=1):
        cells = [None] * across + [_plain(cell) for cell in row]
        for column, what in faults.pop(number, {}).items():
            cells += [None] * (column - len(cells))
            cells[column - 1] = {"fault": what}
        chunk.append(cells)
        if len(chunk) == CHUNK:
            yield [number - CHUNK + 1, chunk]
            chunk = []
        if number == most_rows:
            break
    if chunk:
        yield [number - len(chunk) + 1, chunk]
    for row_number, cells_of in sorted(faults.items()) if most_rows is None else ():
        widest = max(cells_of)
        yield [row_number, [[_fault(cells_of, i) for i in range(1, widest + 1)]]]


def _fault(cells_of: dict[int, str], column: int) -> Any:
    return {"fault": cells_of[column]} if column in cells_of else None


def _plain(cell: Any) -> Any:
    if cell == "" and isinstance(cell, str):
        return None
    if isinstance(cell, (str, bool, int, float)):
        return cell
    if isinstance(cell, datetime):
        return {"moment": cell.isoformat()}
    if isinstance(cell, date):
        return {"date": cell.isoformat()}
    if isinstance(cell, time):
        return {"time": cell.isoformat()}
    if isinstance(cell, timedelta):
        return {"time": str(cell)}
    return {"fault": f"a {type(cell).__name__}"}


if __name__ == "__main__":
    main()
