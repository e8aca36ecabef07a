"""`severities` of a contract: what the breach of single rules leads to, said beside the rules.

The rules that follow from the standard's keys (`Work Email/format`) have no severity of their own
to write down; a contract that extends another one cannot write into its rules.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from data_contracts.export_contract import ContractRule
from data_contracts.odcs.problems import Problems, nearest
from data_contracts.odcs.severity import read_severity
from data_contracts.rule_ids import COLUMNS_PRESENT, ROWS_PRESENT, STATUS_GIVEN, STATUS_KNOWN
from data_contracts.words import Severity
from data_contracts.yaml_lines import Place

_FIXED = {
    COLUMNS_PRESENT: "a column that may be absent is `optional`",
    ROWS_PRESENT: "an export without rows says nothing",
    STATUS_GIVEN: "nobody goes on without a state",
    STATUS_KNOWN: "give `unknown` in `status`",
}


def with_severities(
    rules: tuple[ContractRule, ...],
    severities: Mapping[str, Any],
    place: Place,
    key: str,
    problems: Problems,
) -> tuple[ContractRule, ...]:
    """Give rules the severities that the contract says.

    Args:
        rules: Every rule of the contract.
        severities: Word by rule id.
        place: Where they stand.
        key: The column that identifies a person: what is asked of it cannot be a warning.
        problems: Takes unknown rules and words.
    """
    known = {rule.rule_id: rule for rule in rules}
    said: dict[str, Severity] = {}
    for rule_id, word in severities.items():
        here = (*place, rule_id)
        if rule_id not in known:
            problems.add(here, f"there is no rule `{rule_id}`{nearest(rule_id, known)}")
            continue
        if rule_id in _FIXED:
            problems.add(here, f"`{rule_id}` has its own severity: {_FIXED[rule_id]}")
            continue
        row_level = known[rule_id].row_level
        said[rule_id] = read_severity(word, here, problems, row_level=row_level)
        if said[rule_id] is Severity.WARN and rule_id in (
            f"{key}/required",
            f"{key}/unique",
            "primary-key/unique",
        ):
            problems.add(here, "must be critical or error: the key tells who a row is about")
    return tuple(
        replace(rule, severity=said[rule.rule_id]) if rule.rule_id in said else rule
        for rule in rules
    )
