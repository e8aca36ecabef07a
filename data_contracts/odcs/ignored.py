"""`ignoredRows` of a contract: rows in front of the first person that are no data.

A row is left out only when it looks like what is declared: were it merely the second line, a person
would be lost where somebody has tidied the file.
"""

from collections.abc import Iterable
from typing import Any

from data_contracts.export_contract import IgnoredRows
from data_contracts.odcs.patterns import read_pattern
from data_contracts.odcs.problems import Problems, nearest
from data_contracts.yaml_lines import Place

_KEYS = ("column", "pattern", "within")
_MOST = 10  # rows in front of the data; more of them are data


def read_ignored(
    value: Any, place: Place, columns: Iterable[str], problems: Problems
) -> tuple[IgnoredRows, ...]:
    """Read the custom property `ignoredRows`.

    Args:
        value: A list of `column`, `pattern` and perhaps `within`.
        place: Where it stands.
        columns: The contract's columns.
        problems: Takes what is wrong.
    """
    if not isinstance(value, list) or not value:
        problems.add(place, "must be a list of `column` with `pattern`")
        return ()
    known = tuple(columns)
    found = [_entry(each, (*place, i), known, problems) for i, each in enumerate(value)]
    return tuple(entry for entry in found if entry is not None)


def _entry(
    value: Any, place: Place, columns: tuple[str, ...], problems: Problems
) -> IgnoredRows | None:
    if not isinstance(value, dict) or "column" not in value or "pattern" not in value:
        problems.add(place, "must be `column` with `pattern`")
        return None
    for key in sorted(set(value) - set(_KEYS)):
        problems.add((*place, key), f"unknown key{nearest(key, _KEYS)}")
    name, within = value["column"], value.get("within", 1)
    if name not in columns:
        problems.add((*place, "column"), f"unknown column `{name}`{nearest(str(name), columns)}")
    if isinstance(within, bool) or not isinstance(within, int) or not 1 <= within <= _MOST:
        problems.add((*place, "within"), f"must be a number of rows from 1 to {_MOST}")
    pattern = problems.text(value["pattern"], (*place, "pattern"))
    try:
        return IgnoredRows(str(name), read_pattern(pattern or "."), within)
    except ValueError as error:
        problems.add((*place, "pattern"), str(error))
        return None
