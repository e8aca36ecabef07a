"""From the comparison to operations: who is created, changed, reactivated, deactivated, and why.

`decide` says with masks what is to be done for each person; only those for whom something is to be
done become typed, frozen operations.
"""

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from data_contracts.columns import texts
from data_contracts.frames import ACCOUNT_ID, DUE, ROLE_RULE, WORKER_KEY
from data_contracts.plan import Operation, RowReference, Value
from data_contracts.scim.paths import referring_name
from data_contracts.words import CorrelationKey, OperationKind
from tasks.plan.digests import fingerprint

AT_A_TIME = 10_000
"""People whose columns are turned into operations together: what stands in between stays small."""

DEACTIVATION_REASONS = {"status-leaver": "leaver", "last-day-passed": "leaver"}
"""Reason codes of operations where they differ from the lifecycle's."""

EXPLANATIONS = {
    "joiner": "employed, and has no account yet",
    "prehire": "starts soon, and has no account yet",
    "account-gone": "employed, and the account that was linked is no longer at the target",
    "status-leaver": "the export says that the person has left",
    "last-day-passed": "the last day of work has passed",
    "on-leave": "on leave, and leaves of absence deactivate",
    "suspended": "suspended",
    "out-of-scope": "still employed, and no longer in scope",
    "absent-from-roster": "no longer in an export that holds everybody",
    "rehire": "employed again, after scimflow had deactivated the account",
    "inactive-at-target": "employed, and the account is inactive",
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything about the people of one plan, side by side, in worker-key order.

    Attributes:
        desired: Frame `frames.DESIRED`.
        present: The accounts' columns, row by row; missing values where there is none.
        key: What the account was found by.
        changed: Masks of differing rows by attribute path (paths kept in step always).
        mapped: All mapped paths, for new accounts.
        references: Worker keys of those whose accounts attributes refer to, by attribute path; in
            `desired` are the ids of the accounts that are there already.
        role_path: The attribute path of the role; "" where no role is given.
    """

    desired: pd.DataFrame
    present: pd.DataFrame
    key: pd.Series
    changed: dict[str, pd.Series]
    mapped: tuple[str, ...]
    references: dict[str, pd.Series] = field(default_factory=dict)
    role_path: str = ""


_NONE: dict[str, Any] = {}


@contextmanager
def collection_paused() -> Iterator[None]:
    """Pause Python's search for reference cycles while many small values are made.

    Operations hold no cycles, and the search walks through all of them again and again: 40 % of the
    time that a plan of 100,000 operations takes.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def build_operations(
    comparison: Comparison, kind: OperationKind, chosen: pd.Series, reason: pd.Series
) -> list[Operation]:
    """Make typed operations of one kind for the people chosen.

    Args:
        comparison: Everything about the people.
        kind: What is done.
        chosen: Mask of the people.
        reason: Lifecycle reason of each, looked up in EXPLANATIONS.

    Returns:
        One operation for each person chosen, in worker-key order.
    """
    index = chosen[chosen].index
    result: list[Operation] = []
    for first in range(0, len(index), AT_A_TIME):
        result += _build(comparison, kind, index[first : first + AT_A_TIME], reason)
    return result


def _build(
    comparison: Comparison, kind: OperationKind, index: pd.Index, reason: pd.Series
) -> list[Operation]:
    """Operations of some people, by their rows in the comparison."""
    desired, present = comparison.desired.loc[index], comparison.present.loc[index]
    keys, logins = texts(desired[WORKER_KEY]), texts(desired["userName"])
    accounts, present_logins = texts(present[ACCOUNT_ID]), texts(present["user_name"])
    found_by, reasons = texts(comparison.key.loc[index]), texts(reason.loc[index])
    attributes = _attributes(comparison, kind, index)
    references = _references(comparison, kind, index)
    before = _before(comparison, kind, index)
    rows = _rows(desired)
    decided = _decided(comparison, kind, desired, attributes)
    prints = _fingerprints(present) if kind is not OperationKind.CREATE else [None] * len(index)
    result = []
    for i, worker in enumerate(keys):
        code, explanation = _explain(
            reasons[i] or "", kind, attributes[i], references[i], before[i]
        )
        login = attributes[i].get("userName") or present_logins[i] or logins[i] or ""
        result.append(
            Operation(
                kind=kind,
                worker_key=worker or "",
                account_id=None if kind is OperationKind.CREATE else accounts[i],
                user_name=str(login),
                reason=code,
                explanation=explanation,
                attributes=attributes[i],
                before=before[i],
                fingerprint=prints[i],
                correlated_by=_key(found_by[i]),
                rows=rows[i],
                **({"references": references[i]} if references[i] else _NONE),
                **decided[i],
            )
        )
    return result


def _decided(
    comparison: Comparison,
    kind: OperationKind,
    desired: pd.DataFrame,
    attributes: list[dict[str, Value]],
) -> list[dict[str, Any]]:
    """What a later reader asks first: which role by which rule, and since when access was due."""
    if kind is OperationKind.DEACTIVATE:
        due = desired[DUE].tolist() if DUE in desired.columns else [0] * len(desired)
        return [{"due": datetime.fromtimestamp(s, UTC)} if s else _NONE for s in due]
    if not comparison.role_path or ROLE_RULE not in desired.columns:
        return [_NONE] * len(desired)
    return [
        {"role": str(written[comparison.role_path]), "role_rule": rule or ""}
        if comparison.role_path in written
        else _NONE
        for written, rule in zip(attributes, texts(desired[ROLE_RULE]), strict=True)
    ]


def _key(text: str | None) -> CorrelationKey | None:
    return CorrelationKey(text) if text else None


def _attributes(
    comparison: Comparison, kind: OperationKind, index: pd.Index
) -> list[dict[str, Value]]:
    """What is written: all for a new account, what differs for another, sorted by path."""
    result: list[dict[str, Value]] = [{} for _ in index]
    if kind is not OperationKind.UPDATE:
        for flat in result:
            flat["active"] = kind is not OperationKind.DEACTIVATE
    if kind is OperationKind.DEACTIVATE:
        return result
    create = kind is OperationKind.CREATE
    one: dict[Value, Value] = {}  # a department, or an address twice for one person, is kept once
    for path in sorted(comparison.mapped):
        if not create and path not in comparison.changed:
            continue
        values = texts(comparison.desired.loc[index, path])
        marks = None if create else comparison.changed[path].loc[index].tolist()
        for i, value in enumerate(values):
            if value is not None and (value != "" if marks is None else marks[i]):
                result[i][path] = one.setdefault(value, value)
    return result


def _references(
    comparison: Comparison, kind: OperationKind, index: pd.Index
) -> list[dict[str, str]]:
    """Whose accounts are referred to by what is written, or would be if they were there already."""
    if not comparison.references or kind is OperationKind.DEACTIVATE:
        return [_NONE] * len(index)
    result: list[dict[str, str]] = [{} for _ in index]
    for path, keys in sorted(comparison.references.items()):
        chosen = keys.notna()
        if kind is not OperationKind.CREATE:
            chosen &= comparison.changed.get(path, False)
        for i, key in enumerate(texts(keys.where(chosen).loc[index])):
            if key is not None:
                result[i][path] = key
    return result


def _before(
    comparison: Comparison, kind: OperationKind, index: pd.Index
) -> list[dict[str, Value | None]]:
    """What the target holds now for what is written."""
    result: list[dict[str, Value | None]] = [{} for _ in index]
    if kind is OperationKind.CREATE:
        return result
    if kind is not OperationKind.UPDATE:
        for flat in result:
            flat["active"] = kind is OperationKind.DEACTIVATE
    if kind is OperationKind.DEACTIVATE:
        return result
    for path in sorted(comparison.changed):
        marks = comparison.changed[path].loc[index].tolist()
        values = texts(comparison.present.loc[index, path])
        for i, marked in enumerate(marks):
            if marked:
                result[i][path] = values[i]
    return result


def _fingerprints(present: pd.DataFrame) -> list[str]:
    """Digests of what is compared; a new version alone (a last login) is no other account."""
    columns = sorted(set(map(str, present.columns)) - {"version"})
    records = zip(*(present[column].tolist() for column in columns), strict=True)
    return [fingerprint(dict(zip(columns, record, strict=True))) for record in records]


def _rows(desired: pd.DataFrame) -> list[tuple[RowReference, ...]]:
    """The rows that each person comes from; line 0 means that a source has none."""
    columns = sorted(str(c) for c in desired.columns if str(c).startswith("line."))
    names = [column.removeprefix("line.") for column in columns]
    lines: Iterator[Sequence[int]] = zip(*(desired[c].tolist() for c in columns), strict=True)
    return [
        tuple(
            RowReference(source=name, line=int(line))
            for name, line in zip(names, each, strict=True)
            if line > 0
        )
        for each in lines
    ] or [() for _ in range(len(desired))]


def _explain(
    reason: str,
    kind: OperationKind,
    written: dict[str, Value],
    references: dict[str, str],
    before: dict[str, Value | None],
) -> tuple[str, str]:
    """The operation's reason code, and the reason in words without personal values."""
    if kind in (OperationKind.CREATE, OperationKind.DEACTIVATE):
        return DEACTIVATION_REASONS.get(reason, reason), EXPLANATIONS[reason]
    paths = [path for path in {**written, **references} if path != "active"]
    names = ", ".join(referring_name(path, references.get(path, "")) for path in paths)
    if kind is OperationKind.UPDATE:
        code = "renamed" if before.get("userName") is not None else reason
        return code, f"differs from the export: {names}"
    return reason, EXPLANATIONS[reason] + (f"; differs too: {names}" if names else "")
