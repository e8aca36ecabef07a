"""How a single rule of a contract is put together."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from data_contracts.export_contract import ContractColumn, ContractRule, WorkerField
from data_contracts.odcs.patterns import read_pattern
from data_contracts.words import Severity
from data_contracts.yaml_lines import Place

FOLDED = (WorkerField.EMAIL, WorkerField.USER_NAME, WorkerField.DISTINGUISHED_NAME)
"""Compared ignoring case: SCIM's userName is not case-exact, mailboxes are not in practice, and
LDAP compares the names of entries so."""

_SHOWN = 12  # values of a list that a description repeats


@dataclass(frozen=True, slots=True)
class ColumnContext:
    """One property of the contract, with what is known of it.

    Attributes:
        element: The property as the standard writes it.
        place: Where it stands.
        column: What was read of it.
        meanings: Everything that it means.
        is_key: Whether it alone is the primary key, in an export of one row a person.
    """

    element: Mapping[str, Any]
    place: Place
    column: ContractColumn
    meanings: tuple[WorkerField, ...]
    is_key: bool


def unique_rule(context: ColumnContext) -> ContractRule:
    """No value stands twice; where it does, every copy breaks the rule: nobody guesses."""
    name = context.column.name
    folded = any(meaning in FOLDED for meaning in context.meanings)
    case = " (upper and lower case count as the same)" if folded else ""
    kind = "_ignoring_case" if folded else ""
    return row_rule(
        f"{name}/unique",
        f"expect_column_values_to_be_unique{kind}",
        {"column": name},
        f"`{name}` must not stand in several rows{case}",
    )


def row_rule(
    rule_id: str, expectation: str, arguments: dict[str, Any], description: str
) -> ContractRule:
    """A rule on one column whose breach quarantines the row."""
    return ContractRule(
        rule_id=rule_id,
        expectation=expectation,
        arguments=arguments,
        columns=(arguments["column"],),
        severity=Severity.QUARANTINE,
        description=description,
    )


def pattern_rule(rule_id: str, column: str, pattern: str) -> ContractRule:
    """Cells must match a pattern.

    Raises:
        ValueError: It is no regular expression.
    """
    return row_rule(
        rule_id,
        "expect_column_values_to_match_regex",
        {"column": column, "regex": read_pattern(pattern)},
        f"`{column}` must look like {pattern}",
    )


def listed(values: tuple[str, ...]) -> str:
    """Values in words, the first ones of many."""
    more = f" and {len(values) - _SHOWN} more" if len(values) > _SHOWN else ""
    return ", ".join(values[:_SHOWN]) + more
