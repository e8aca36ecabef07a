"""The expectations that a contract may name: which of their arguments are columns, and which not.

Great Expectations itself drops a rule that it does not know and says so only in its log; here an
unknown rule or argument is an error. The list is short on purpose: what row by row tells which row
is wrong, on columns of text. A test holds it against the library.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from data_contracts.odcs.patterns import read_pattern
from data_contracts.odcs.problems import Problems, nearest
from data_contracts.yaml_lines import Place

MOST_VALUES = 1000  # the library copies a set of values again and again: 100,000 of them cost 13 s
_BOTH_GIVEN = ("both_values_are_missing", "either_value_is_missing", "neither")


@dataclass(frozen=True, slots=True)
class Shape:
    """How an expectation is called.

    Attributes:
        columns: Arguments that name one column each.
        required: Arguments that must be given, with what checks them.
        optional: Arguments that may be given.
        row_level: Whether single rows break it.
    """

    columns: tuple[str, ...]
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    row_level: bool = True


_ONE = ("column",)
_PAIR = ("column_A", "column_B")
_LIST = ("column_list",)
_RANGE = ("min_value", "max_value")

EXPECTATIONS: dict[str, Shape] = {
    "expect_table_row_count_to_be_between": Shape((), (), _RANGE, row_level=False),
    "expect_table_columns_to_match_set": Shape((), ("column_set",), ("exact_match",), False),
    "expect_column_proportion_of_non_null_values_to_be_between": Shape(_ONE, (), _RANGE, False),
    "expect_column_unique_value_count_to_be_between": Shape(_ONE, (), _RANGE, False),
    "expect_column_values_to_not_be_null": Shape(_ONE),
    "expect_column_values_to_be_null": Shape(_ONE),
    "expect_column_values_to_be_unique": Shape(_ONE),
    "expect_compound_columns_to_be_unique": Shape(_LIST),
    "expect_column_values_to_be_in_set": Shape(_ONE, ("value_set",)),
    "expect_column_values_to_not_be_in_set": Shape(_ONE, ("value_set",)),
    "expect_column_values_to_match_regex": Shape(_ONE, ("regex",)),
    "expect_column_values_to_not_match_regex": Shape(_ONE, ("regex",)),
    "expect_column_value_lengths_to_be_between": Shape(_ONE, (), _RANGE),
    "expect_column_pair_values_to_be_equal": Shape(_PAIR, (), ("ignore_row_if",)),
    "expect_column_pair_values_a_to_be_greater_than_b": Shape(
        # The library's default compares a date with an empty cell, and the row breaks the rule.
        _PAIR,
        ("ignore_row_if",),
        ("or_equal",),
    ),
    # Ours (tasks/validate/conditions.py, field_conditions.py):
    "expect_column_values_to_be_dates": Shape(_ONE, ("formats", "day", "earliest", "latest")),
    "expect_column_values_to_be_unique_ignoring_case": Shape(_ONE),
    "expect_column_value_required_when": Shape(_PAIR, ("when_in",)),
    "expect_column_value_to_exist_in": Shape(_PAIR, (), ("ignoring_case",)),
    "expect_manager_graph_to_have_no_cycle": Shape(_PAIR),
    "expect_one_open_employment": Shape(_PAIR, ("when_in",)),
    "expect_column_values_to_have_domain": Shape(_ONE, ("domains",)),
    "expect_column_values_to_look_like_no_other": Shape(_ONE),
    "expect_column_values_to_be_of_one_script": Shape(_ONE),
    "expect_status_to_be_given": Shape(_LIST, ("known",), ("bits",)),
    "expect_status_to_be_known": Shape(_LIST, ("known",), ("bits",)),
}

NOT_TO_BE_NAMED = {
    "expect_table_columns_to_match_set": "columns are required unless they are `optional`",
    "expect_column_values_to_be_dates": "give the column `logicalType: date` and a format",
    "expect_status_to_be_given": "give the schema the custom property `status`",
    "expect_status_to_be_known": "give the schema the custom property `status`",
}
"""Expectations that follow from other keys of a contract, with those."""

_TEXT_LISTS = frozenset({"value_set", "when_in", "column_set", "known", "domains"})
_NUMBERS = frozenset({"min_value", "max_value"})
_FLAGS = frozenset({"or_equal", "exact_match", "ignoring_case"})


def columns_of(expectation: str, arguments: dict[str, Any]) -> tuple[str, ...]:
    """The columns that a call looks at, each once."""
    names: list[str] = []
    for argument in EXPECTATIONS[expectation].columns:
        value = arguments[argument]
        names += value if isinstance(value, list) else [value]
    return tuple(dict.fromkeys(names))


def check_call(
    expectation: str,
    arguments: dict[str, Any],
    columns: Iterable[str],
    place: Place,
    problems: Problems,
) -> dict[str, Any] | None:
    """Hold a rule's call against what the expectation takes.

    Args:
        expectation: Its name in snake case.
        arguments: As the contract gives them.
        columns: The contract's columns.
        place: Of the `implementation` in the contract.
        problems: Takes what is wrong.

    Returns:
        The arguments as the library takes them, or None when something is wrong.
    """
    if expectation not in EXPECTATIONS:
        problems.add(
            (*place, "type"),
            f"unknown expectation `{expectation}`{nearest(expectation, EXPECTATIONS)}",
        )
        return None
    if expectation in NOT_TO_BE_NAMED:
        problems.add((*place, "type"), f"not named by itself: {NOT_TO_BE_NAMED[expectation]}")
        return None
    shape, inside = EXPECTATIONS[expectation], (*place, "kwargs")
    complaints = _missing(shape, arguments)
    known = (*shape.columns, *shape.required, *shape.optional)
    checked: dict[str, Any] = {}
    for name, value in arguments.items():
        complaint = f"unknown argument{nearest(name, known)}"
        if name in known:
            checker = _check_column if name in shape.columns else _checker(name)
            complaint, checked[name] = checker(value, tuple(columns))
        if complaint:
            complaints.append((name, complaint))
    for name, complaint in complaints:
        problems.add((*inside, name) if name else inside, complaint)
    return None if complaints else checked


def _missing(shape: Shape, arguments: dict[str, Any]) -> list[tuple[str, str]]:
    """Arguments that should be given: where to complain, and what."""
    needed = (*shape.columns, *shape.required)
    complaints = [("", f"`{name}` is missing") for name in needed if name not in arguments]
    if shape.optional == _RANGE and not set(_RANGE) & set(arguments):
        complaints.append(("", "give `min_value`, `max_value` or both"))
    return complaints


_Checked = tuple[str, Any]
_Checker = Callable[[Any, tuple[str, ...]], _Checked]


def _checker(name: str) -> _Checker:
    if name in _TEXT_LISTS:
        return _check_texts
    if name in _NUMBERS:
        return _check_number
    if name in _FLAGS:
        return _check_flag
    if name == "ignore_row_if":
        return _check_ignored
    return _check_regex if name == "regex" else _check_text


def _check_column(value: Any, columns: tuple[str, ...]) -> _Checked:
    names = value if isinstance(value, list) else [value]
    for name in names:
        if name not in columns:
            return f"unknown column `{name}`{nearest(str(name), columns)}", value
    return "", value


def _check_texts(value: Any, columns: tuple[str, ...]) -> _Checked:
    if not isinstance(value, list) or not value:
        return "must be a list of values", value
    for item in value:
        if not isinstance(item, str):
            return f"every cell is text: put `{item}` into quotes", value
    if len(value) > MOST_VALUES:
        return f"has {len(value)} values; more than {MOST_VALUES} are too slow to check", value
    return "", value


def _check_number(value: Any, columns: tuple[str, ...]) -> _Checked:
    wrong = isinstance(value, bool) or not isinstance(value, (int, float))
    return ("must be a number" if wrong else ""), value


def _check_flag(value: Any, columns: tuple[str, ...]) -> _Checked:
    return ("" if isinstance(value, bool) else "must be true or false"), value


def _check_text(value: Any, columns: tuple[str, ...]) -> _Checked:
    return ("" if isinstance(value, str) else f"must be text: put `{value}` into quotes"), value


def _check_ignored(value: Any, columns: tuple[str, ...]) -> _Checked:
    return ("" if value in _BOTH_GIVEN else f"must be one of {', '.join(_BOTH_GIVEN)}"), value


def _check_regex(value: Any, columns: tuple[str, ...]) -> _Checked:
    if not isinstance(value, str):
        return "must be a regular expression", value
    try:
        return "", read_pattern(value)
    except (ValueError, re.error) as error:
        return str(error), value
