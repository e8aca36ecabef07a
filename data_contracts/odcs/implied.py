"""The rules that follow from the standard's own keys of a column: required, unique, a pattern."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from data_contracts.dates import EARLIEST, LATEST
from data_contracts.export_contract import ContractRule
from data_contracts.odcs.patterns import STRING_FORMATS
from data_contracts.odcs.problems import Problems, nearest
from data_contracts.odcs.rules import (
    ColumnContext,
    listed,
    pattern_rule,
    row_rule,
    unique_rule,
)
from data_contracts.yaml_lines import Place

_TYPE_PATTERNS = {
    "integer": ("^[+-]?[0-9]+$", "a whole number"),
    "number": (r"^[+-]?[0-9]+(?:\.[0-9]+)?$", "a number"),
    "boolean": ("^(?:[Tt]rue|TRUE|[Ff]alse|FALSE)$", "true or false"),
}


def implied_rules(context: ColumnContext, problems: Problems) -> Iterator[ContractRule]:
    """The rules that follow from the standard's own keys of one property.

    Each quarantines the row that breaks it; `quality` can say otherwise.
    """
    element, name = context.element, context.column.name
    if element.get("required") or element.get("primaryKey") or context.is_key:
        yield row_rule(
            f"{name}/required",
            "expect_column_values_to_not_be_null",
            {"column": name},
            f"`{name}` must not be empty",
        )
    if element.get("unique") or context.is_key:
        yield unique_rule(context)
    yield from _option_rules(context, problems)
    if element.get("enum"):
        entries = [entry.get("value") for entry in element["enum"]]
        values = problems.texts(entries, (*context.place, "enum"))
        yield row_rule(
            f"{name}/enum",
            "expect_column_values_to_be_in_set",
            {"column": name, "value_set": list(values)},
            f"`{name}` must be one of: {listed(values)}",
        )


def _option_rules(context: ColumnContext, problems: Problems) -> Iterator[ContractRule]:
    """What `logicalType` and `logicalTypeOptions` ask of a cell."""
    kind = context.element.get("logicalType", "string")
    options = dict(context.element.get("logicalTypeOptions") or {})
    name = context.column.name
    if kind == "string":
        yield from _string_rules(context, options, problems)
        return
    if kind in ("date", "timestamp"):
        yield from _date_rules(context, options, problems)
        return
    for option in options:
        problems.add(
            (*context.place, "logicalTypeOptions", option),
            f"is not checked for a column of type {kind}; leave it out",
        )
    if kind in _TYPE_PATTERNS:
        pattern, words = _TYPE_PATTERNS[kind]
        yield row_rule(
            f"{name}/{kind}",
            "expect_column_values_to_match_regex",
            {"column": name, "regex": pattern},
            f"`{name}` must be {words}",
        )


def _string_rules(
    context: ColumnContext, options: dict[str, Any], problems: Problems
) -> Iterator[ContractRule]:
    name, place = context.column.name, (*context.place, "logicalTypeOptions")
    if "pattern" in options:
        try:
            yield pattern_rule(f"{name}/pattern", name, options["pattern"])
        except ValueError as error:
            problems.add((*place, "pattern"), str(error))
    if "format" in options:
        kind = options["format"]
        if kind in STRING_FORMATS:
            yield row_rule(
                f"{name}/format",
                "expect_column_values_to_match_regex",
                {"column": name, "regex": STRING_FORMATS[kind]},
                f"`{name}` must be written like a valid {kind}",
            )
        else:
            known = nearest(str(kind), STRING_FORMATS)
            problems.add((*place, "format"), f"`{kind}` is not checked; use `pattern`{known}")
    lengths = {
        argument: options[option]
        for option, argument in (("minLength", "min_value"), ("maxLength", "max_value"))
        if option in options
    }
    if lengths:
        if lengths.get("min_value", 0) > lengths.get("max_value", float("inf")):
            problems.add(place, "`minLength` is greater than `maxLength`")
        words = " and ".join(
            f"{word} {lengths[key]}"
            for key, word in (("min_value", "at least"), ("max_value", "at most"))
            if key in lengths
        )
        yield row_rule(
            f"{name}/length",
            "expect_column_value_lengths_to_be_between",
            {"column": name, **lengths},
            f"`{name}` must have {words} characters",
        )


def _date_rules(
    context: ColumnContext, options: dict[str, Any], problems: Problems
) -> Iterator[ContractRule]:
    """Real days, written as declared, neither `0001-01-01` nor `9999-12-31`."""
    name, place = context.column.name, (*context.place, "logicalTypeOptions")
    for option in options:
        if option not in ("format", "minimum", "maximum"):
            problems.add((*place, option), "is not checked for dates; leave it out")
    dates = context.column.dates
    if dates is None:
        return
    bounds = {"minimum": EARLIEST.isoformat(), "maximum": LATEST.isoformat()}
    for option in bounds:
        if option in options:
            bounds[option] = options[option]
            _check_bound(options[option], (*place, option), problems)
    yield row_rule(
        f"{name}/date",
        "expect_column_values_to_be_dates",
        {
            "column": name,
            "formats": [form.words for form in dates.formats],
            "day": dates.day,
            "earliest": bounds["minimum"],
            "latest": bounds["maximum"],
        },
        f"`{name}` must be a day that exists, written {dates.words}, "
        f"from {bounds['minimum']} to {bounds['maximum']}",
    )


def _check_bound(text: Any, place: Place, problems: Problems) -> None:
    try:
        date.fromisoformat(text)
    except (TypeError, ValueError):
        problems.add(place, f"`{text}` is no date: write it as 2026-03-31")
