"""The JSON Schema of a row: what a contract asks of single cells, for other programs.

Cells are text, null where nothing stands. What a schema cannot say of one row alone (no value
twice, a manager who exists) is left to the contract, and named.
"""

from collections.abc import Callable
from typing import Any

from data_contracts.export_contract import ContractColumn, ContractRule, ExportContract
from data_contracts.words import Severity

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_NOT_NULL = "expect_column_values_to_not_be_null"
_DATES = "expect_column_values_to_be_dates"


def row_schema(contract: ExportContract) -> dict[str, Any]:
    """Write the JSON Schema of a row that goes on.

    Args:
        contract: The contract; of its rules those whose breach sets a row aside, or refuses.

    Returns:
        A schema of an object with the contract's columns, each a text or null.
    """
    rules = [r for r in contract.rules if r.row_level and r.severity is not Severity.WARN]
    left = [r.rule_id for r in rules if not _can_be_said(r)]
    document: dict[str, Any] = {
        "$schema": DIALECT,
        "title": f"A row of {contract.name} {contract.version}",
        "description": contract.description,
        "type": "object",
        "properties": {
            column.name: _cell(column, [r for r in rules if r.columns == (column.name,)])
            for column in contract.columns
        },
        "required": [column.name for column in contract.columns if column.required],
    }
    if left:
        document["$comment"] = f"not said here, and checked all the same: {', '.join(left)}"
    return document


def _cell(column: ContractColumn, rules: list[ContractRule]) -> dict[str, Any]:
    given = any(rule.expectation == _NOT_NULL for rule in rules)
    cell: dict[str, Any] = {"type": "string" if given else ["string", "null"]}
    if column.description:
        cell["description"] = column.description
    said = [
        _dates(column) if rule.expectation == _DATES else _SAID[rule.expectation](rule.arguments)
        for rule in rules
        if _can_be_said(rule) or rule.expectation == _DATES
    ]
    said = [each for each in said if each]
    if not said:
        return cell
    if given:
        return cell | (said[0] if len(said) == 1 else {"allOf": said})
    return cell | {"anyOf": [{"type": "null"}, said[0] if len(said) == 1 else {"allOf": said}]}


def _can_be_said(rule: ContractRule) -> bool:
    return rule.expectation in _SAID


def _dates(column: ContractColumn) -> dict[str, Any]:
    """How the dates of a column are written; whether a day exists is left to the contract."""
    ways = [{"pattern": form.regex} for form in column.dates.formats] if column.dates else []
    return ways[0] if len(ways) == 1 else {"anyOf": ways}


def _lengths(arguments: dict[str, Any]) -> dict[str, Any]:
    keys = (("min_value", "minLength"), ("max_value", "maxLength"))
    return {keyword: arguments[name] for name, keyword in keys if name in arguments}


_SAID: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    _NOT_NULL: lambda _: {},
    "expect_column_values_to_be_null": lambda _: {"type": "null"},
    "expect_column_values_to_be_in_set": lambda a: {"enum": a["value_set"]},
    "expect_column_values_to_not_be_in_set": lambda a: {"not": {"enum": a["value_set"]}},
    "expect_column_values_to_match_regex": lambda a: {"pattern": a["regex"]},
    "expect_column_values_to_not_match_regex": lambda a: {"not": {"pattern": a["regex"]}},
    "expect_column_value_lengths_to_be_between": _lengths,
}
"""What each expectation on one column is in JSON Schema."""
