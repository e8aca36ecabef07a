"""Made-up cells that keep a contract's rules: by meaning, by type, and from a pattern at last."""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime
from importlib import import_module
from typing import Any

from data_contracts.dates import ISO, DateKind, DateReading
from data_contracts.export_contract import (
    SET,
    ContractColumn,
    ContractRule,
    ExportContract,
    WorkerField,
)
from data_contracts.words import WorkerState

_MADE_UP: dict[WorkerField, tuple[str, ...]] = {
    WorkerField.WORKER_ID: ("1001", "00001001", "E1001"),
    WorkerField.EXTERNAL_ID: ("00u1a2b3c4d5e6f7g8h9", "a1b2c3"),
    WorkerField.USER_NAME: ("ada.moreau@example.com", "ada.moreau"),
    WorkerField.EMAIL: ("ada.moreau@example.com",),
    WorkerField.GIVEN_NAME: ("Ada",),
    WorkerField.FAMILY_NAME: ("Moreau",),
    WorkerField.DISPLAY_NAME: ("Ada Moreau",),
    WorkerField.TITLE: ("Product Manager",),
    WorkerField.DEPARTMENT: ("Product",),
    WorkerField.DIVISION: ("Research and Development",),
    WorkerField.ORGANIZATION: ("Example Ltd",),
    WorkerField.COST_CENTER: ("4711",),
    WorkerField.EMPLOYEE_NUMBER: ("1001", "00001001"),
    WorkerField.EMPLOYEE_TYPE: ("Regular",),
    WorkerField.LOCATION: ("Lausanne",),
    WorkerField.COUNTRY: ("CH", "CHE", "Switzerland"),
    WorkerField.PHONE: ("+41 21 555 01 01",),
    WorkerField.TIME_ZONE: ("Europe/Zurich",),
}
_BY_TYPE = {
    "integer": ("1001",),
    "number": ("1.5",),
    "boolean": ("true", "false"),
    "string": ("example",),
}
_FIRST_DAY = date(2024, 3, 1)
_ZONES = ("", "Z", "+00", "+0000", "+00:00")
_SHAPES_OF_NUMBERS = ("{}", "/Date({})/", "/Date({}+0000)/")
_FILETIME_BEFORE_1970_S = 11_644_473_600
_NORMAL_ACCOUNT = 512  # a number of flags without any that says something of a status
_MOST_REPEATED = 40  # characters that a pattern without an end is followed for


def made_up_row(contract: ExportContract) -> dict[str, str]:
    """Make one row up: somebody employed, without a manager and without a last day.

    Args:
        contract: The contract that the row keeps, as far as it asks for single cells.

    Returns:
        Cells by column; "" where the column may be empty and nothing fits.
    """
    statuses = _statuses(contract)
    row: dict[str, str] = {}
    for column in contract.columns:
        rules = [r for r in contract.rules if r.row_level and r.columns == (column.name,)]
        meanings = [f for f, name in contract.meanings.items() if name == column.name]
        if column.name in statuses:
            row[column.name] = statuses[column.name]
        elif WorkerField.MANAGER in meanings or WorkerField.LAST_DAY in meanings:
            row[column.name] = ""
        else:
            row[column.name] = _cell(column, meanings, rules)
    return row


def _cell(column: ContractColumn, meanings: list[WorkerField], rules: list[ContractRule]) -> str:
    for candidate in _candidates(column, meanings, rules):
        if candidate not in column.sentinels and all(_holds(rule, candidate) for rule in rules):
            return candidate
    return ""


def _candidates(
    column: ContractColumn, meanings: list[WorkerField], rules: list[ContractRule]
) -> Iterator[str]:
    if column.logical_type in ("date", "timestamp"):
        yield from _dates(column.dates or ISO)
    for rule in rules:
        if rule.expectation == "expect_column_values_to_be_in_set":
            yield from rule.arguments["value_set"]
    for meaning in meanings:
        yield from _MADE_UP.get(meaning, ())
    yield from _BY_TYPE.get(column.logical_type, ())
    for rule in rules:
        if rule.expectation == "expect_column_values_to_match_regex":
            yield from _matching(rule.arguments["regex"])


def _dates(reading: DateReading) -> Iterator[str]:
    """The first day, written in each of a column's formats."""
    moment = datetime(_FIRST_DAY.year, _FIRST_DAY.month, _FIRST_DAY.day, 12, tzinfo=UTC)
    seconds = int(moment.timestamp())
    numbers = {
        DateKind.SECONDS: seconds,
        DateKind.MILLISECONDS: seconds * 1_000,
        DateKind.FILETIME: (seconds + _FILETIME_BEFORE_1970_S) * 10_000_000,
    }
    for form in reading.formats:
        if form.kind is DateKind.TEXT:
            texts = [moment.strftime(form.strptime) + zone for zone in _ZONES]
        else:
            texts = [shape.format(numbers[form.kind]) for shape in _SHAPES_OF_NUMBERS]
        yield from (text for text in texts if re.search(form.regex, text))


def _holds(rule: ContractRule, cell: str) -> bool:
    """Whether a cell keeps a rule; what is not about its text alone counts as kept."""
    arguments = rule.arguments
    match rule.expectation:
        case "expect_column_values_to_be_in_set":
            return cell in arguments["value_set"]
        case "expect_column_values_to_not_be_in_set":
            return cell not in arguments["value_set"]
        case "expect_column_values_to_match_regex":
            return re.search(arguments["regex"], cell) is not None
        case "expect_column_values_to_not_match_regex":
            return re.search(arguments["regex"], cell) is None
        case "expect_column_value_lengths_to_be_between":
            least, most = arguments.get("min_value", 0), arguments.get("max_value", len(cell))
            return bool(least <= len(cell) <= most)
        case _:
            return True


def _statuses(contract: ExportContract) -> dict[str, str]:
    """The status cells of somebody who is employed, by column."""
    if contract.status is None:
        return {}
    states = contract.status.states
    employed = [status for status, state in states.items() if state is WorkerState.ACTIVE]
    chosen = next(iter(employed or states), "")
    parts = chosen.split("|") if len(contract.status.columns) > 1 else [chosen]
    cells = dict(zip(contract.status.columns, parts, strict=False))
    return {
        name: _status_cell(cell, contract.status.bits.get(name)) for name, cell in cells.items()
    }


def _status_cell(part: str, bit: int | None) -> str:
    if bit is not None:
        return str(_NORMAL_ACCOUNT | bit if part == SET else _NORMAL_ACCOUNT & ~bit)
    return "" if part == "*" else part


def _matching(pattern: str) -> Iterator[str]:
    """A text that a pattern describes, when the pattern is made of plain parts."""
    parser: Any = import_module("re._parser")  # the standard library's own, without a public door
    try:
        yield "".join(_written(parser.parse(pattern)))
    except (ValueError, re.error):
        return


def _written(parts: Iterable[Any]) -> Iterator[str]:
    """The shortest text of each part of a pattern.

    Raises:
        ValueError: A part of it is not understood here.
    """
    for kind, value in parts:
        name = str(kind)
        if name not in _PARTS:
            raise ValueError(name)
        yield str(_PARTS[name](value))


def _repeated(value: Any) -> str:
    least, _, inner = value
    times = min(max(int(least), 1), _MOST_REPEATED)
    return "".join(_written(inner)) * times


def _one_of(choices: Iterable[Any]) -> str:
    for kind, value in choices:
        if str(kind) == "LITERAL":
            return chr(value)
        if str(kind) == "RANGE":
            return chr(value[0] + min(1, value[1] - value[0]))
    raise ValueError("a set that leaves characters out")


_PARTS: dict[str, Callable[[Any], str]] = {
    "LITERAL": chr,
    "IN": _one_of,
    "ANY": lambda _: "x",
    "MAX_REPEAT": _repeated,
    "MIN_REPEAT": _repeated,
    "POSSESSIVE_REPEAT": _repeated,
    "SUBPATTERN": lambda value: "".join(_written(value[-1])),
    "BRANCH": lambda value: "".join(_written(value[1][0])),
    "AT": lambda _: "",
}
