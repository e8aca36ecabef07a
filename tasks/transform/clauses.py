"""Conditions on workers, as scope and role rules write them: clauses AND, groups OR."""

import re
from collections.abc import Callable, Sequence

import pandas as pd

from data_contracts.columns import is_in
from data_contracts.configuration import Clause, ClauseGroup
from tasks.transform.columns import any_of, find_column, map_distinct

Comparison = Callable[[pd.Series, str, list[str]], pd.Series]

_COMPARISONS: dict[str, Comparison] = {
    "equals": lambda text, value, _: text == value,
    "not_equals": lambda text, value, _: text != value,
    "in": lambda text, _, values: is_in(text, values),
    "not_in": lambda text, _, values: ~is_in(text, values),
    "starts_with": lambda text, value, _: text.str.startswith(value),
    "ends_with": lambda text, value, _: text.str.endswith(value),
    "contains": lambda text, value, _: text.str.contains(value, regex=False),
}


def select(workers: pd.DataFrame, groups: Sequence[ClauseGroup], used_by: str) -> pd.Series:
    """Tell whom at least one group admits.

    Args:
        workers: Frame `frames.WORKERS`.
        groups: Alternatives; none admits nobody.
        used_by: The settings' path, for messages.

    Returns:
        A mask over the workers.

    Raises:
        ConfigurationError: A clause names a column that no source has.
    """
    return any_of((_all_of(workers, group, used_by) for group in groups), workers)


def _all_of(workers: pd.DataFrame, group: ClauseGroup, used_by: str) -> pd.Series:
    result = pd.Series(True, index=workers.index)
    for clause in group.all_of:
        result = result & _holds(find_column(workers, clause.column, used_by), clause)
    return result


def _holds(column: pd.Series, clause: Clause) -> pd.Series:
    """One condition; an empty cell meets `absent`, `not_equals` and `not_in` alone."""
    if clause.operator == "present":
        return column.notna()
    if clause.operator == "absent":
        return column.isna()
    if clause.operator == "matches":
        return _matches(column, clause)
    text, operands = column, pd.Series([clause.value or "", *clause.values], dtype="str")
    if clause.ignore_case:  # both by the same function: Python's and Arrow's `lower` differ
        text, operands = text.str.lower(), operands.str.lower()
    value, *values = operands.tolist()
    mask = _COMPARISONS[clause.operator](text, value, values)
    empty = clause.operator in ("not_equals", "not_in")
    return mask.astype("boolean").where(column.notna(), empty).astype(bool)


def _matches(column: pd.Series, clause: Clause) -> pd.Series:
    """By Python's own expressions, which the settings were checked with.

    The pattern is never brought to lower case, which turns classes into their opposites.
    """
    pattern = re.compile(clause.value or "", re.IGNORECASE if clause.ignore_case else 0)
    return map_distinct(column, lambda cell: cell if pattern.fullmatch(cell) else None).notna()
