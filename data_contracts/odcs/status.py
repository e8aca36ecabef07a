"""The status vocabulary of a contract: which value means which worker state."""

from collections.abc import Mapping
from typing import Any

from data_contracts.export_contract import ContractColumn, ContractRule, StatusVocabulary
from data_contracts.odcs.problems import Problems, nearest
from data_contracts.odcs.severity import read_severity
from data_contracts.rule_ids import STATUS_GIVEN, STATUS_KNOWN
from data_contracts.words import Severity, WorkerState
from data_contracts.yaml_lines import Place

ANY = "*"
JOINT = "|"
_KEYS = ("columns", "states", "unknown")
_STATES = tuple(str(state) for state in WorkerState)


def read_status(
    value: Mapping[str, Any],
    place: Place,
    columns: Mapping[str, ContractColumn],
    problems: Problems,
) -> tuple[StatusVocabulary, tuple[ContractRule, ...]]:
    """Read the custom property `status`.

    An empty vocabulary is allowed: it knows no value, so every export is refused until somebody
    has filled it in.

    Args:
        value: `columns`, `states` and perhaps `unknown`.
        place: Where it stands.
        columns: The contract's columns by name.
        problems: Takes what is wrong.

    Returns:
        The vocabulary, and the rules that every row has a status, and one that is in it. A row
        without one is set aside; a status that nobody knows refuses the export, unless `unknown`
        says otherwise.
    """
    for key in sorted(set(value) - set(_KEYS)):
        problems.add((*place, key), f"unknown key{nearest(key, _KEYS)}")
    names = problems.texts(value.get("columns"), (*place, "columns"))
    if not names:
        problems.add(place, "`columns` is missing: which column holds the status")
    for name in names:
        if name not in columns:
            problems.add((*place, "columns"), f"unknown column `{name}`{nearest(name, columns)}")
        elif not columns[name].required:
            problems.add((*place, "columns"), f"`{name}` cannot be optional: it decides")
    states = _read_states(value.get("states"), (*place, "states"), len(names), problems)
    severity = read_severity(
        value.get("unknown", "critical"), (*place, "unknown"), problems, row_level=True
    )
    if severity is Severity.WARN:
        problems.add((*place, "unknown"), "must be critical or error: nobody goes on without state")
    rules = []
    if not (len(names) == 1 and "" in states):  # else the vocabulary knows what an empty cell means
        rules.append(_given(names, states))
    rules.append(_known(names, states, severity))
    return StatusVocabulary(names, states), tuple(rules)


def _given(names: tuple[str, ...], states: Mapping[str, WorkerState]) -> ContractRule:
    several = len(names) > 1
    return ContractRule(
        rule_id=STATUS_GIVEN,
        expectation="expect_status_to_be_given"
        if several
        else "expect_column_values_to_not_be_null",
        arguments={"column_list": list(names), "known": list(states)}
        if several
        else {"column": "".join(names)},
        columns=names,
        severity=Severity.QUARANTINE,
        description=f"{_quoted(names)} must not be empty",
    )


def _known(
    names: tuple[str, ...], states: Mapping[str, WorkerState], severity: Severity
) -> ContractRule:
    several = len(names) > 1
    return ContractRule(
        rule_id=STATUS_KNOWN,
        expectation="expect_status_to_be_known" if several else "expect_column_values_to_be_in_set",
        arguments={"column_list": list(names), "known": list(states)}
        if several
        else {"column": "".join(names), "value_set": list(states)},
        columns=names,
        severity=severity,
        description=f"{_quoted(names)} must be a status that the contract knows",
    )


def _read_states(
    value: Any, place: Place, parts: int, problems: Problems
) -> dict[str, WorkerState]:
    if not isinstance(value, dict):
        problems.add(place, "must be statuses with what they mean (`Terminated: leaver`)")
        return {}
    states: dict[str, WorkerState] = {}
    for written, state in value.items():
        here, status = (*place, written), written.strip()
        if state not in _STATES:
            problems.add(here, f"unknown state `{state}`{nearest(str(state), _STATES)}")
            continue
        found = status.split(JOINT) if parts > 1 else [status]
        if parts > 1 and len(found) != parts:
            problems.add(here, f"must have {parts} parts joined by {JOINT}, one for each column")
        if all(part.strip() == ANY for part in found):
            problems.add(here, "would be a default: name the statuses, an unknown one is an error")
        states[JOINT.join(part.strip() for part in found)] = WorkerState(state)
    return states


def _quoted(names: tuple[str, ...]) -> str:
    return " with ".join(f"`{name}`" for name in names)
