"""The status vocabulary of a contract: which value means which worker state."""

from collections.abc import Mapping
from typing import Any

from data_contracts.export_contract import (
    CLEAR,
    SET,
    ContractColumn,
    ContractRule,
    StatusVocabulary,
)
from data_contracts.odcs.problems import Problems, nearest
from data_contracts.odcs.severity import read_severity
from data_contracts.rule_ids import STATUS_GIVEN, STATUS_KNOWN
from data_contracts.words import Severity, WorkerState
from data_contracts.yaml_lines import Place

ANY = "*"
JOINT = "|"
_KEYS = ("columns", "states", "unknown", "bits")
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
        value: `columns`, `states` and perhaps `unknown` and `bits`.
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
    states = _read_states(value.get("states"), (*place, "states"), len(names), problems)
    bits = _read_bits(value.get("bits"), (*place, "bits"), names, problems)
    vocabulary = StatusVocabulary(names, states, bits)
    _check_optional(vocabulary, (*place, "columns"), columns, problems)
    _check_bit_words(vocabulary, (*place, "states"), problems)
    severity = read_severity(
        value.get("unknown", "critical"), (*place, "unknown"), problems, row_level=True
    )
    if severity is Severity.WARN:
        problems.add((*place, "unknown"), "must be critical or error: nobody goes on without state")
    rules = []
    if not (len(names) == 1 and "" in states):  # else the vocabulary knows what an empty cell means
        rules.append(_given(vocabulary))
    rules.append(_known(vocabulary, severity))
    return vocabulary, tuple(rules)


def _arguments(status: StatusVocabulary) -> dict[str, Any]:
    """What our own expectations about statuses take."""
    bits = {"bits": status.bit_list} if status.bits else {}
    return {"column_list": list(status.columns), "known": list(status.states), **bits}


def _given(status: StatusVocabulary) -> ContractRule:
    names, several = status.columns, len(status.columns) > 1
    return ContractRule(
        rule_id=STATUS_GIVEN,
        expectation="expect_status_to_be_given"
        if several
        else "expect_column_values_to_not_be_null",
        arguments=_arguments(status) if several else {"column": "".join(names)},
        columns=names,
        severity=Severity.QUARANTINE,
        description=f"{_quoted(names)} must not be empty",
    )


def _known(status: StatusVocabulary, severity: Severity) -> ContractRule:
    names = status.columns
    arguments: dict[str, Any] = {"column": "".join(names)}
    if len(names) > 1:
        expectation, arguments = "expect_status_to_be_known", _arguments(status)
    elif status.bits:  # both of its values are in the vocabulary
        expectation, arguments["regex"] = "expect_column_values_to_match_regex", "^-?[0-9]+$"
    else:
        expectation = "expect_column_values_to_be_in_set"
        arguments["value_set"] = list(status.states)
    return ContractRule(
        rule_id=STATUS_KNOWN,
        expectation=expectation,
        arguments=arguments,
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


def _read_bits(
    value: Any, place: Place, names: tuple[str, ...], problems: Problems
) -> dict[str, int]:
    """Which bit of a column's number counts, by column."""
    if value is None:
        return {}
    if not isinstance(value, dict) or not value:
        problems.add(place, "must be a column with the bit that counts (`userAccountControl: 2`)")
        return {}
    bits: dict[str, int] = {}
    for name, written in value.items():
        if name not in names:
            problems.add((*place, name), f"is no column of the status{nearest(str(name), names)}")
        elif isinstance(written, bool) or not isinstance(written, int) or not _is_bit(written):
            problems.add((*place, name), f"`{written}` is no single bit: 1, 2, 4, 8, 16 ...")
        else:
            bits[name] = written
    return bits


def _is_bit(number: int) -> bool:
    return number > 0 and number & (number - 1) == 0


def _check_optional(
    status: StatusVocabulary,
    place: Place,
    columns: Mapping[str, ContractColumn],
    problems: Problems,
) -> None:
    """A status column may be left out only beside others, and where empty means something.

    An API leaves out what is null (`@removed` of those who were not).
    """
    optional = [name for name in status.columns if name in columns and not columns[name].required]
    for name in optional:
        if len(optional) == len(status.columns):
            problems.add(place, f"`{name}` cannot be optional: it decides")
        elif not any(_part(text, name, status) == "" for text in status.states):
            problems.add(place, f"`{name}` cannot be optional: no status has it empty")


def _check_bit_words(status: StatusVocabulary, place: Place, problems: Problems) -> None:
    for name in status.bits:
        for text in status.states:
            if _part(text, name, status) not in (SET, CLEAR, ANY, ""):
                problems.add((*place, text), f"the bit of `{name}` is `{SET}` or `{CLEAR}`")
    if status.bits and len(status.columns) == 1 and not {SET, CLEAR} <= set(status.states):
        problems.add(place, f"say what both `{SET}` and `{CLEAR}` mean")


def _part(text: str, name: str, status: StatusVocabulary) -> str:
    """What a status says of one of its columns."""
    parts = text.split(JOINT) if len(status.columns) > 1 else [text]
    position = status.columns.index(name)
    return parts[position] if position < len(parts) else ANY


def _quoted(names: tuple[str, ...]) -> str:
    return " with ".join(f"`{name}`" for name in names)
