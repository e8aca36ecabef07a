"""What is to be done for each person: the rules that turn a comparison into masks of operations."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from data_contracts.columns import folded, is_in
from data_contracts.configuration import Configuration
from data_contracts.finding import Finding
from data_contracts.frames import ACCOUNT_ID, WORKER_KEY
from data_contracts.snapshot import TargetSnapshot
from data_contracts.words import (
    CorrelationOutcome,
    FindingSeverity,
    OperationKind,
    Presence,
    WorkerState,
)
from tasks.plan.correlate import Correlation
from tasks.plan.operations import Comparison

UNCERTAIN = (CorrelationOutcome.AMBIGUOUS, CorrelationOutcome.CONFLICTING)


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be done, as masks over the people.

    Attributes:
        presence: What the target should hold for each, everything considered.
        reason: Why, as a code.
        chosen: For each kind of operation who gets one; nobody gets two.
        linked: Whose account the ledger links.
        adopted: Whose account comes under management by this plan.
        findings: What a person should know about those for whom nothing is done.
    """

    presence: pd.Series
    reason: pd.Series
    chosen: Mapping[OperationKind, pd.Series]
    linked: pd.Series
    adopted: pd.Series
    findings: tuple[Finding, ...]


class _Course:
    """Presence and reason of everybody, narrowed rule by rule, with findings on the way."""

    def __init__(self, desired: pd.DataFrame) -> None:
        self.keys = desired[WORKER_KEY]
        self.presence = desired["presence"]
        self.reason = desired["reason"]
        self.findings: list[Finding] = []

    def turn(self, mask: pd.Series, presence: Presence, reason: str) -> None:
        self.presence = self.presence.mask(mask, str(presence))
        self.reason = self.reason.mask(mask, reason)

    def note(self, mask: pd.Series, severity: FindingSeverity, code: str, message: str) -> None:
        self.findings += [
            Finding(code=code, severity=severity, subject=str(key), message=message)
            for key in self.keys[mask]
        ]


def decide(
    comparison: Comparison,
    correlation: Correlation,
    deactivated_by_us: frozenset[str],
    snapshot: TargetSnapshot,
    settings: Configuration,
) -> Decision:
    """Decide for each person what is done.

    Args:
        comparison: Everybody's desired and present columns.
        correlation: Whose account is whose.
        deactivated_by_us: Worker keys whose account scimflow deactivated last.
        snapshot: For whether the target was read completely.
        settings: The settings.

    Returns:
        The decision. Nobody whose identity is uncertain, who is protected, or who is neither in
        scope nor managed is in any mask.
    """
    desired, active = comparison.desired, comparison.present["active"]
    outcome = correlation.frame["outcome"]
    linked = outcome == CorrelationOutcome.LINKED
    has_account = linked | (outcome == CorrelationOutcome.MATCHED)
    course = _Course(desired)
    _apply_scope(course, desired, linked, active, settings)
    course.turn(is_in(outcome, UNCERTAIN), Presence.KEPT, "identity-uncertain")
    _apply_incomplete(course, has_account, active, snapshot)
    _apply_protection(course, comparison, settings)
    _apply_taken_names(course, comparison, correlation, snapshot)
    _apply_reactivation(course, desired, has_account & ~active, deactivated_by_us, settings)
    course.note(
        (course.presence == Presence.WAITING) & linked & active,
        FindingSeverity.WARNING,
        "active-before-first-day",
        "the account is active, and the first day of work is still ahead",
    )
    present = course.presence == Presence.PRESENT
    absent = course.presence == Presence.ABSENT
    differs = pd.Series(False, index=desired.index)
    for mask in comparison.changed.values():
        differs = differs | mask
    chosen = {
        OperationKind.DEACTIVATE: absent & has_account & active,
        OperationKind.UPDATE: present & has_account & active & differs,
        OperationKind.REACTIVATE: present & has_account & ~active,
        OperationKind.CREATE: present & (outcome == CorrelationOutcome.MISSING),
    }
    adopted = has_account & ~linked & (present | (absent & active))
    reason = _operation_reasons(course, chosen, adopted, correlation, deactivated_by_us)
    return Decision(course.presence, reason, chosen, linked, adopted, tuple(course.findings))


def _apply_scope(
    course: _Course,
    desired: pd.DataFrame,
    linked: pd.Series,
    active: pd.Series,
    settings: Configuration,
) -> None:
    """Out of scope and not managed: not touched. Managed leavers leave wherever they are."""
    outside = ~desired["in_scope"]
    course.turn(outside & ~linked, Presence.KEPT, "out-of-scope")
    leaver = desired["state"] == WorkerState.LEAVER
    left_scope = outside & linked & ~leaver & (course.presence != Presence.KEPT)
    if settings.scope.on_exit == "deactivate":
        course.turn(left_scope, Presence.ABSENT, "out-of-scope")
        return
    course.turn(left_scope, Presence.KEPT, "out-of-scope")
    course.note(
        left_scope & active,
        FindingSeverity.INFO,
        "left-scope",
        "managed, still employed and no longer in scope: the account is left as it is",
    )


def _apply_incomplete(
    course: _Course, has_account: pd.Series, active: pd.Series, snapshot: TargetSnapshot
) -> None:
    """An incomplete read deactivates nobody, and creates nobody who may be there already."""
    if snapshot.complete:
        return
    stays = (course.presence == Presence.ABSENT) & active
    unseen = (course.presence == Presence.PRESENT) & ~has_account
    for mask in (stays, unseen):
        course.turn(mask, Presence.KEPT, "target-read-incomplete")
    course.note(
        stays,
        FindingSeverity.CRITICAL,
        "deactivation-put-off",
        "would be deactivated, and is not: the target's accounts could not be read completely",
    )
    course.note(
        unseen,
        FindingSeverity.WARNING,
        "creation-put-off",
        "would be created, and is not: the target's accounts could not be read completely",
    )


def _apply_protection(course: _Course, comparison: Comparison, settings: Configuration) -> None:
    names = {name.strip().lower() for name in settings.target.protected}
    if not names:
        return
    mask = is_in(comparison.present[ACCOUNT_ID], settings.target.protected)
    for column in (comparison.present["user_name"], comparison.desired["userName"]):
        mask = mask | is_in(folded(column), names)
    course.turn(mask, Presence.KEPT, "protected")
    course.note(mask, FindingSeverity.INFO, "protected", "protected by the settings: left as it is")


def _apply_taken_names(
    course: _Course, comparison: Comparison, correlation: Correlation, snapshot: TargetSnapshot
) -> None:
    """A new userName that another account has already is a conflict, seen before it is sent."""
    wanted = folded(comparison.desired["userName"])
    asking = (course.presence == Presence.PRESENT) & wanted.notna()
    renamed = comparison.changed.get("userName", pd.Series(False, index=wanted.index))
    inactive = (correlation.position >= 0) & ~comparison.present["active"]
    asking &= renamed | inactive
    holders = folded(snapshot.accounts["user_name"])
    holders = holders[is_in(holders, wanted[asking])]
    for worker in wanted.index[asking & is_in(wanted, holders)]:
        others = holders.index[holders == wanted[worker]]
        asking[worker] = any(other != correlation.position[worker] for other in others)
    taken = asking & is_in(wanted, holders)
    course.turn(taken, Presence.KEPT, "user-name-taken")
    course.note(
        taken,
        FindingSeverity.CRITICAL,
        "user-name-taken",
        "another account at the target has this person's userName already",
    )


def _apply_reactivation(
    course: _Course,
    desired: pd.DataFrame,
    inactive: pd.Series,
    deactivated_by_us: frozenset[str],
    settings: Configuration,
) -> None:
    policy = settings.lifecycle.reactivate
    if policy == "always":
        return
    wanted = inactive & (course.presence == Presence.PRESENT)
    if policy == "ours":
        wanted &= ~is_in(desired[WORKER_KEY], deactivated_by_us)
    course.turn(wanted, Presence.KEPT, "inactive-at-target")
    course.note(
        wanted,
        FindingSeverity.WARNING,
        "inactive-at-target",
        "employed, and the account is inactive; `lifecycle.reactivate` leaves it so",
    )


def _operation_reasons(
    course: _Course,
    chosen: Mapping[OperationKind, pd.Series],
    adopted: pd.Series,
    correlation: Correlation,
    deactivated_by_us: frozenset[str],
) -> pd.Series:
    """Codes for the operations' reasons: the lifecycle's own for deactivations."""
    reason = course.reason
    create, reactivate = chosen[OperationKind.CREATE], chosen[OperationKind.REACTIVATE]
    ours = is_in(course.keys, deactivated_by_us)
    reason = reason.mask(create & (reason != "prehire"), "joiner")
    reason = reason.mask(create & correlation.gone, "account-gone")
    reason = reason.mask(reactivate, "inactive-at-target").mask(reactivate & ours, "rehire")
    reason = reason.mask(chosen[OperationKind.UPDATE], "mover")
    return reason.mask(chosen[OperationKind.UPDATE] & adopted, "adopted")
