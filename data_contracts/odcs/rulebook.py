"""Every rule of a contract, in order: about the file, each column, the status, the whole."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from data_contracts.export_contract import (
    ContractColumn,
    ContractRule,
    StatusVocabulary,
    WorkerField,
)
from data_contracts.odcs.custom import place_of
from data_contracts.odcs.implied import implied_rules
from data_contracts.odcs.managers import manager_rules
from data_contracts.odcs.problems import Problems
from data_contracts.odcs.quality import quality_rules
from data_contracts.odcs.relations import Names, reference_rules
from data_contracts.odcs.rules import ColumnContext
from data_contracts.odcs.status import read_status
from data_contracts.rule_ids import COLUMNS_PRESENT, OURS, ROWS_PRESENT
from data_contracts.words import Severity
from data_contracts.yaml_lines import Place

SCHEMA: Place = ("schema", 0)


@dataclass(frozen=True, slots=True)
class Keys:
    """What identifies a row and a person.

    Attributes:
        key: The column that identifies the person.
        primary: The columns that together identify a row.
        one_row_per: `person` or `employment`.
        meanings: What each column means.
        by_meaning: Column by meaning; the key is the worker id.
        manager_by: By what the column that means the manager names somebody.
    """

    key: str
    primary: tuple[str, ...]
    one_row_per: str
    meanings: Mapping[str, tuple[WorkerField, ...]]
    by_meaning: Mapping[WorkerField, str]
    manager_by: WorkerField | None


def read_rules(
    schema: Mapping[str, Any],
    custom: Mapping[str, Any],
    columns: Mapping[str, ContractColumn],
    keys: Keys,
    problems: Problems,
) -> tuple[StatusVocabulary | None, tuple[ContractRule, ...]]:
    """Read the vocabulary of statuses and every rule.

    Args:
        schema: The contract's one schema.
        custom: Its custom properties.
        columns: The columns by name.
        keys: What identifies a row and a person.
        problems: Takes what is wrong.
    """
    rules = [_columns_present(columns), _rows_present()]
    ids = {e["id"]: e["name"] for e in schema["properties"] if "id" in e}
    names = Names(
        (schema["name"], str(schema.get("id", schema["name"]))),
        {**ids, **{name: name for name in columns}},
    )
    for index, element in enumerate(schema["properties"]):
        here: Place = (*SCHEMA, "properties", index)
        context = _context(element, here, columns, keys)
        rules += implied_rules(context, problems)
        rules += reference_rules(element, here, names, problems)
        if WorkerField.MANAGER in context.meanings:
            rules += manager_rules(element, keys.manager_by, keys.by_meaning)
        rules += quality_rules(element, here, context, columns, problems)
    if len(keys.primary) > 1:
        rules.append(_compound_key(keys.primary))
    status = None
    if "status" in custom:
        place = place_of("status", schema, SCHEMA)
        status, about_status = read_status(custom["status"], place, columns, problems)
        rules += about_status
    rules += quality_rules(schema, SCHEMA, None, columns, problems)
    _check_ids(rules, problems)
    return status, tuple(rules)


def _context(
    element: Mapping[str, Any],
    place: Place,
    columns: Mapping[str, ContractColumn],
    keys: Keys,
) -> ColumnContext:
    column = columns[element["name"]]
    is_key = keys.one_row_per == "person" and keys.key == column.name and len(keys.primary) < 2
    is_only_primary = keys.primary == (column.name,)
    return ColumnContext(
        element, place, column, keys.meanings[column.name], is_key or is_only_primary
    )


def _columns_present(columns: Mapping[str, ContractColumn]) -> ContractRule:
    required = tuple(name for name, column in columns.items() if column.required)
    return ContractRule(
        rule_id=COLUMNS_PRESENT,
        expectation="expect_table_columns_to_match_set",
        arguments={"column_set": list(required), "exact_match": False},
        columns=required,
        severity=Severity.REFUSE,
        description="every column that is not optional must be in the export",
        row_level=False,
    )


def _rows_present() -> ContractRule:
    return ContractRule(
        rule_id=ROWS_PRESENT,
        expectation="expect_table_row_count_to_be_between",
        arguments={"min_value": 1},
        columns=(),
        severity=Severity.REFUSE,
        description="the export must have at least one row",
        row_level=False,
    )


def _compound_key(primary: tuple[str, ...]) -> ContractRule:
    return ContractRule(
        rule_id="primary-key/unique",
        expectation="expect_compound_columns_to_be_unique",
        arguments={"column_list": list(primary)},
        columns=primary,
        severity=Severity.QUARANTINE,
        description=f"{', '.join(f'`{n}`' for n in primary)} together must not repeat",
    )


def _check_ids(rules: list[ContractRule], problems: Problems) -> None:
    counts = Counter(rule.rule_id for rule in rules)
    for rule_id, count in counts.items():
        if count > 1:
            problems.add(("schema",), f"the rule id `{rule_id}` stands {count} times")
        elif rule_id in OURS:
            problems.add(("schema",), f"the rule id `{rule_id}` is scimflow's own")
