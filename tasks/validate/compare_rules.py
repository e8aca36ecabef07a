"""The rules of two contracts compared: added, removed, asking for more or less, of other weight."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from data_contracts.contract_change import ContractChange
from data_contracts.export_contract import ContractRule, ExportContract
from data_contracts.odcs.expectations import EXPECTATIONS
from data_contracts.rule_ids import COLUMNS_PRESENT, ROWS_PRESENT, STATUS_GIVEN, STATUS_KNOWN
from data_contracts.words import Severity

_STRUCTURE = (COLUMNS_PRESENT, ROWS_PRESENT)
_VOCABULARY = (STATUS_GIVEN, STATUS_KNOWN)
_WEIGHT = {Severity.WARN: 0, Severity.QUARANTINE: 1, Severity.REFUSE: 2}
_WORDS = {
    Severity.WARN: "is only told",
    Severity.QUARANTINE: "sets the row aside",
    Severity.REFUSE: "refuses the export",
}


def compare_rules(
    old: ExportContract, new: ExportContract, renamed: dict[str, str]
) -> Iterator[ContractChange]:
    """Compare rules by their ids, columns under their new names.

    Args:
        old: What exports keep today.
        new: What they shall keep.
        renamed: New name by old name of columns.
    """
    kept = {renamed.get(column.name, column.name) for column in old.columns}
    added = {column.name for column in new.columns} - kept
    before = {rule.rule_id: rule for rule in (_under_new_names(r, renamed) for r in old.rules)}
    after = {rule.rule_id: rule for rule in new.rules}
    for rule_id, rule in before.items():
        if rule_id in (*_STRUCTURE, *_VOCABULARY) and rule_id not in after:
            continue  # told with the statuses
        if rule_id not in after:
            yield ContractChange(rule_id, f"rule removed: {rule.description}", breaking=False)
        elif rule_id not in _STRUCTURE:
            yield from _compare(rule, after[rule_id])
    for rule_id, rule in after.items():
        if rule_id in before or rule_id in (*_STRUCTURE, *_VOCABULARY):
            continue
        if rule.columns and set(rule.columns) <= added:
            continue  # comes with its column
        text = f"rule added: {rule.description}; a breach {_WORDS[rule.severity]}"
        yield ContractChange(rule_id, text, rule.severity is not Severity.WARN)


def _under_new_names(rule: ContractRule, renamed: dict[str, str]) -> ContractRule:
    head, slash, tail = rule.rule_id.rpartition("/")
    arguments = dict(rule.arguments)
    for name in EXPECTATIONS[rule.expectation].columns:
        value = arguments[name]
        arguments[name] = (
            [renamed.get(each, each) for each in value]
            if isinstance(value, list)
            else renamed.get(value, value)
        )
    return replace(
        rule,
        rule_id=f"{renamed.get(head, head)}{slash}{tail}",
        columns=tuple(renamed.get(name, name) for name in rule.columns),
        arguments=arguments,
    )


def _compare(old: ContractRule, new: ContractRule) -> Iterator[ContractChange]:
    if old.severity is not new.severity:
        text = f"a breach {_WORDS[new.severity]} now; before, it {_WORDS[old.severity]}"
        heavier = _WEIGHT[new.severity] > _WEIGHT[old.severity]
        yield ContractChange(new.rule_id, text, breaking=heavier)
    if new.rule_id in _VOCABULARY:
        return  # its values are told as statuses
    if old.expectation != new.expectation:
        text = f"asks for something else: {new.description}; before: {old.description}"
        yield ContractChange(new.rule_id, text, new.severity is not Severity.WARN)
        return
    changed = [name for name in {**old.arguments, **new.arguments} if _differs(name, old, new)]
    if changed:
        stricter = not all(
            _is_wider(name, old.arguments.get(name), new.arguments.get(name)) for name in changed
        )
        words = "asks for more" if stricter else "asks for less"
        text = (
            f"{words} or something else: {new.description}"
            if stricter
            else (f"{words}: {new.description}")
        )
        yield ContractChange(
            new.rule_id, text, breaking=stricter and new.severity is not Severity.WARN
        )


def _differs(name: str, old: ContractRule, new: ContractRule) -> bool:
    return bool(old.arguments.get(name) != new.arguments.get(name))


def _is_wider(name: str, before: Any, after: Any) -> bool:
    """Whether everything that the argument let pass still passes."""
    if name == "value_set" and isinstance(before, list) and isinstance(after, list):
        return set(before) <= set(after)
    if name in ("min_value", "earliest"):
        return after is None or (before is not None and after <= before)
    if name in ("max_value", "latest"):
        return after is None or (before is not None and after >= before)
    return False
