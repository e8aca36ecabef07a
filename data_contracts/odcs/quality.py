"""The rules that a contract spells out under `quality`: the standard's metrics, and expectations.

Whatever cannot be checked here (SQL, text, another engine, a metric with another limit than none)
is an error: a rule that is written down and not run would be taken for one that holds.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from data_contracts.export_contract import ContractColumn, ContractRule
from data_contracts.odcs.expectations import EXPECTATIONS, check_call, columns_of
from data_contracts.odcs.problems import Problems, nearest
from data_contracts.odcs.rules import ColumnContext, listed, pattern_rule, row_rule, unique_rule
from data_contracts.odcs.severity import read_severity
from data_contracts.words import Severity
from data_contracts.yaml_lines import Place

ENGINES = ("greatExpectations", "great-expectations")
_ORDERED = "expect_column_pair_values_a_to_be_greater_than_b"
_ISO = "%Y-%m-%d"
_OPERATORS = (
    "mustBe",
    "mustNotBe",
    "mustBeGreaterThan",
    "mustBeGreaterOrEqualTo",
    "mustBeLessThan",
    "mustBeLessOrEqualTo",
    "mustBeBetween",
    "mustNotBeBetween",
)


@dataclass(frozen=True, slots=True)
class Check:
    """One entry of `quality`.

    Attributes:
        entry: As the contract has it.
        place: Where it stands.
        context: The property that it stands at; None at the schema.
        columns: The contract's columns by name.
    """

    entry: Mapping[str, Any]
    place: Place
    context: ColumnContext | None
    columns: Mapping[str, ContractColumn]


def quality_rules(
    element: Mapping[str, Any],
    place: Place,
    context: ColumnContext | None,
    columns: Mapping[str, ContractColumn],
    problems: Problems,
) -> Iterator[ContractRule]:
    """The rules under `quality` of a property, or of the schema.

    Args:
        element: The property or the schema.
        place: Where it stands.
        context: What is known of the property; None at the schema.
        columns: The contract's columns by name.
        problems: Takes what is wrong.
    """
    for index, entry in enumerate(element.get("quality") or []):
        check = Check(entry, (*place, "quality", index), context, columns)
        rule = _custom(check, problems) if _is_custom(check) else _library(check, problems)
        if rule is not None:
            yield _named(rule, check, problems)


def _named(rule: ContractRule, check: Check, problems: Problems) -> ContractRule:
    """The rule under its own id, severity and words."""
    rule_id = check.entry.get("id") or check.entry.get("name")
    if not rule_id:
        problems.add(check.place, "`id` is missing: results name the rule by it")
    severity = read_severity(
        check.entry.get("severity"), check.place, problems, row_level=rule.row_level
    )
    words = " ".join(check.entry.get("description", "").split())
    return replace(
        rule, rule_id=str(rule_id), severity=severity, description=words or rule.description
    )


def _is_custom(check: Check) -> bool:
    return check.entry.get("type") == "custom"


def _library(check: Check, problems: Problems) -> ContractRule | None:
    kind, metric = check.entry.get("type", "library"), check.entry.get("metric")
    if kind != "library":
        problems.add(
            (*check.place, "type"),
            f"`{kind}` is not checked here; use a metric or `type: custom`, or a description",
        )
        return None
    if metric not in _METRICS:
        known = nearest(str(metric), _METRICS)
        problems.add(check.place, f"metric `{metric}` is not checked here{known}")
        return None
    return _METRICS[metric](check, problems)


def _row_count(check: Check, problems: Problems) -> ContractRule | None:
    if check.context is not None:
        problems.add(check.place, "rowCount is about the whole export: put it at the schema")
        return None
    operator, value = next((o, check.entry[o]) for o in _OPERATORS if o in check.entry)
    bounds = _bounds(operator, value)
    if bounds is None:
        problems.add((*check.place, operator), "is not checked for rowCount; give a range")
        return None
    limits = {
        name: bound
        for name, bound in zip(("min_value", "max_value"), bounds, strict=True)
        if bound is not None
    }
    words = " and ".join(
        f"{word} {limits[name]:,}"
        for name, word in (("min_value", "at least"), ("max_value", "at most"))
        if name in limits
    )
    return ContractRule(
        rule_id="",
        expectation="expect_table_row_count_to_be_between",
        arguments=limits,
        columns=(),
        severity=Severity.REFUSE,
        description=f"the export must have {words} rows",
        row_level=False,
    )


def _bounds(operator: str, value: Any) -> tuple[int | None, int | None] | None:
    match operator, value:
        case "mustBe", int():
            return value, value
        case "mustBeGreaterThan", int():
            return value + 1, None
        case "mustBeGreaterOrEqualTo", int():
            return value, None
        case "mustBeLessThan", int():
            return None, value - 1
        case "mustBeLessOrEqualTo", int():
            return None, value
        case "mustBeBetween", [int() as least, int() as most] if least <= most:
            return least, most
        case _:
            return None


def _at_property(check: Check, problems: Problems) -> ColumnContext | None:
    """The property of a metric about its cells, when none of them may break it."""
    if check.entry.get("mustBe") != 0:
        problems.add(
            check.place, "only `mustBe: 0` is checked: each row that breaks the rule is set aside"
        )
    elif check.context is None:
        problems.add(check.place, f"{check.entry['metric']} is about a column: put it there")
    else:
        return check.context
    return None


def _null_values(check: Check, problems: Problems) -> ContractRule | None:
    context = _at_property(check, problems)
    if context is None:
        return None
    name = context.column.name
    return row_rule(
        "",
        "expect_column_values_to_not_be_null",
        {"column": name},
        f"`{name}` must not be empty",
    )


def _invalid_values(check: Check, problems: Problems) -> ContractRule | None:
    context = _at_property(check, problems)
    arguments, place = check.entry.get("arguments") or {}, (*check.place, "arguments")
    if set(arguments) not in ({"validValues"}, {"pattern"}):
        problems.add(place, "give either `validValues` or `pattern`")
        return None
    if context is None:
        return None
    name = context.column.name
    if "pattern" in arguments:
        try:
            return pattern_rule("", name, str(arguments["pattern"]))
        except ValueError as error:
            problems.add((*place, "pattern"), str(error))
            return None
    values = problems.texts(arguments["validValues"], (*place, "validValues"))
    return row_rule(
        "",
        "expect_column_values_to_be_in_set",
        {"column": name, "value_set": list(values)},
        f"`{name}` must be one of: {listed(values)}",
    )


def _duplicate_values(check: Check, problems: Problems) -> ContractRule | None:
    names = (check.entry.get("arguments") or {}).get("properties")
    if names is None:
        context = _at_property(check, problems)
        return None if context is None else unique_rule(context)
    if check.entry.get("mustBe") != 0:
        problems.add(check.place, "only `mustBe: 0` is checked")
        return None
    return _checked_call(
        "expect_compound_columns_to_be_unique", {"column_list": names}, check, problems
    )


def _custom(check: Check, problems: Problems) -> ContractRule | None:
    engine = check.entry["engine"]
    if engine not in ENGINES:
        known = nearest(engine, ENGINES)
        problems.add((*check.place, "engine"), f"unknown engine `{engine}`{known}")
        return None
    place, implementation = (*check.place, "implementation"), check.entry["implementation"]
    if not isinstance(implementation, dict) or "type" not in implementation:
        problems.add(place, "must be `{type: expect_..., kwargs: {...}}`")
        return None
    for key in sorted(set(implementation) - {"type", "kwargs"}):
        problems.add((*place, key), f"unknown key{nearest(key, ('type', 'kwargs'))}")
    arguments = implementation.get("kwargs") or {}
    if not isinstance(arguments, dict):
        problems.add((*place, "kwargs"), "must be arguments with values")
        return None
    return _checked_call(str(implementation["type"]), arguments, check, problems)


def _checked_call(
    expectation: str, arguments: dict[str, Any], check: Check, problems: Problems
) -> ContractRule | None:
    """A rule that calls an expectation, when it is one that there is."""
    shape = EXPECTATIONS.get(expectation)
    if check.context is not None and shape is not None and "column" in shape.columns:
        arguments = {"column": check.context.column.name, **arguments}
    place = (*check.place, "implementation" if _is_custom(check) else "arguments")
    checked = check_call(expectation, arguments, check.columns, place, problems)
    if checked is None or shape is None:
        return None
    columns = columns_of(expectation, checked)
    words = expectation.removeprefix("expect_").replace("_", " ")
    if expectation == _ORDERED:
        for name in columns:
            if check.columns[name].date_format != _ISO:
                problems.add(place, f"`{name}` must be a date written yyyy-MM-dd to be compared")
    return ContractRule(
        rule_id="",
        expectation=expectation,
        arguments=checked,
        columns=columns,
        severity=Severity.REFUSE,
        description=f"{', '.join(columns)}: {words}",
        row_level=shape.row_level,
    )


_METRICS: dict[str, Callable[[Check, Problems], ContractRule | None]] = {
    "rowCount": _row_count,
    "nullValues": _null_values,
    "invalidValues": _invalid_values,
    "duplicateValues": _duplicate_values,
}
