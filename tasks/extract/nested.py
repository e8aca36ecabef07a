"""Nested records as columns of text: single values, and what a contract's paths lead to.

How values nest differs by format (JSON, XML, LDIF); what becomes of them does not. A record in
which a list or an object stands where one value is expected is malformed. What no column names and
is nested is left out and told.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from data_contracts.batch import MalformedRow
from data_contracts.errors import SourceError
from data_contracts.export_contract import ContractColumn, ExportContract
from data_contracts.frames import LINE, STATE
from data_contracts.secret_names import looks_secret
from data_contracts.value_path import Step, parse_value_path
from tasks.extract.cells import clean_cells, clean_text
from tasks.extract.headers import listed
from tasks.extract.records import Records
from tasks.extract.values import NotOneValue

ABSENT = object()
"""What a path leads to when nothing is there."""


class Nesting(Protocol):
    """How the records of a format nest."""

    def is_record(self, value: Any) -> bool:
        """Whether a value can be a record at all."""

    def members(self, record: Any) -> Iterable[tuple[str, Any]]:
        """Keys and values of a record."""

    def own_key(self, record: Any, name: str) -> str:
        """A name as the record writes it."""

    def step(self, value: Any, step: Step) -> Any:
        """What is one step further in; None for nothing, ABSENT where there is no such key."""

    def text(self, value: Any, where: str) -> str | None:
        """The text of one value, or NotOneValue."""

    def is_nested(self, value: Any) -> bool:
        """Whether a value is no single one."""


@dataclass(slots=True)
class NestedReading:
    """What has been read of an export.

    Args:
        contract: The columns with their paths.
        nesting: How records nest.
        path: For messages.
    """

    contract: ExportContract
    nesting: Nesting
    path: str
    columns: dict[str, list[str | None]] = field(default_factory=dict)
    rows: int = 0
    malformed: list[MalformedRow] = field(default_factory=list)
    keys: dict[str, None] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    ways: list[tuple[ContractColumn, tuple[tuple[Step, ...], ...]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ways = [(column, self._ways(column)) for column in self.contract.columns]

    def _ways(self, column: ContractColumn) -> tuple[tuple[Step, ...], ...]:
        """Where a column's value may be: its path or another one, else its name or an alias."""
        if column.path is None:
            return tuple((Step(name),) for name in (column.name, *column.aliases))
        try:
            return tuple(parse_value_path(path) for path in (column.path, *column.aliases))
        except ValueError as error:
            raise SourceError(
                f"{self.path}, column {column.name!r} of the contract: {error}",
                hint="correct `path` of that column in the contract",
            ) from None

    def take_all(self, records: Iterable[tuple[int, Any]]) -> Records:
        """Take every record with its line, and put the columns together."""
        places: list[int] = []
        faults: dict[int, str] = {}
        for at, (line, value) in enumerate(records):
            places.append(line)
            wrong = self._take(value)
            if wrong:
                faults[at] = wrong
        if len(set(places)) < len(places):
            places = list(range(1, len(places) + 1))
            self.warnings.append(
                "records share lines: rows are numbered as the first record, the second ..."
            )
        self.malformed += [MalformedRow(places[at], why) for at, why in faults.items()]
        lines = [line for at, line in enumerate(places) if at not in faults]
        sentinels = {column.name: column.sentinels for column in self.contract.columns}
        columns = {
            name: clean_cells(pa.array(cells, type=pa.large_string()), sentinels.get(name, ()))
            for name, cells in self.columns.items()
        }
        return Records(
            header=tuple(self.keys),
            columns=columns,
            lines=np.array(lines, dtype="int64"),
            malformed=tuple(sorted(self.malformed, key=lambda row: row.line)),
            warnings=(*self.warnings, *self._left_out()),
        )

    def _take(self, value: Any) -> str:
        """Put one record's values into the columns; say why not where it is malformed."""
        if not self.nesting.is_record(value):
            return "expected an object, got something else"
        try:
            row = self._row(value)
        except NotOneValue as error:
            return str(error)
        for name in row.keys() - self.columns.keys():
            self.columns[name] = [None] * self.rows
        self.rows += 1
        for name, cells in self.columns.items():
            cells.append(row.get(name))
        return ""

    def _row(self, record: Any) -> dict[str, str | None]:
        row: dict[str, str | None] = {}
        used: set[str] = set()
        for column, ways in self.ways:
            found = self._found(record, ways, used, first=column.path is None)
            if found is not ABSENT:
                row[column.name] = whole(self.nesting, found, column.path or column.name)
        for key, value in self.nesting.members(record):
            name = clean_text(key)
            self.keys.setdefault(name)
            if key in used or name in row:
                continue
            reason = self._unwanted(name, value)
            if reason:
                self.left_out.setdefault(name, reason)
            else:
                row[name] = whole(self.nesting, value, name)
        return row

    def _found(
        self, record: Any, ways: tuple[tuple[Step, ...], ...], used: set[str], *, first: bool
    ) -> Any:
        """A column's value: by the first way that is there, or the first that has a value."""
        value: Any = ABSENT
        for steps in ways:
            found = self._follow(record, steps)
            if found is ABSENT:
                continue
            value = found
            if found is not None or first:
                used.add(self.nesting.own_key(record, steps[0].name))
                break
        if not first and value is not ABSENT:
            used.update(self.nesting.own_key(record, way[0].name) for way in ways)
        return value

    def _follow(self, record: Any, steps: tuple[Step, ...]) -> Any:
        value = record
        for step in steps:
            value = self.nesting.step(value, step)
            if value is None or value is ABSENT:
                break
        return value

    def _unwanted(self, name: str, value: Any) -> str:
        """Why a key that no column names is left out; "" when it is not."""
        if looks_secret(name):
            return "looks like a password"
        if name in (LINE, STATE) or not name or not is_text(name):
            return "has a name of scimflow's own, or none"
        return "holds nested values" if self.nesting.is_nested(value) else ""

    def _left_out(self) -> Iterator[str]:
        for reason in dict.fromkeys(self.left_out.values()):
            names = (name for name, why in self.left_out.items() if why == reason)
            yield f"not read, for it {reason}: {listed(names)}"


def whole(nesting: Nesting, value: Any, where: str) -> str | None:
    """A text without what no text has: NUL, and halves of characters.

    Raises:
        NotOneValue: It has such a thing, or is no single value.
    """
    text = nesting.text(value, where)
    if text is not None and not is_text(text):
        raise NotOneValue(f"`{where}` holds a character that is none")
    return text


def is_text(value: str) -> bool:
    """Whether a text has neither a NUL nor halves of characters."""
    if "\0" in value:
        return False
    return value.isascii() or not any("\ud800" <= sign <= "\udfff" for sign in value)


def several(where: str, count: int) -> NotOneValue:
    """What is said of several values where one is expected."""
    return NotOneValue(f"`{where}` holds {count} values where one is expected")
