"""Presence and reason of everybody, narrowed rule by rule until only what is safe is left.

Each rule takes people out: out of scope, uncertain, quarantined, protected, a name that is taken.
None brings anybody in.
"""

from dataclasses import dataclass

import pandas as pd

from data_contracts.columns import folded, folded_texts, is_in, put
from data_contracts.configuration import Configuration
from data_contracts.desired import HeldBack
from data_contracts.finding import Finding
from data_contracts.frames import ACCOUNT_ID, WORKER_KEY
from data_contracts.snapshot import TargetSnapshot
from data_contracts.words import (
    CorrelationKey,
    CorrelationOutcome,
    FindingSeverity,
    Presence,
    WorkerState,
)
from tasks.plan.correlate import Correlation
from tasks.plan.operations import Comparison

UNCERTAIN = (CorrelationOutcome.AMBIGUOUS, CorrelationOutcome.CONFLICTING)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What decides beside the people and their accounts.

    Attributes:
        held_back: Whom quarantined rows may be about.
        deactivated_by_us: Worker keys whose account scimflow deactivated last.
        snapshot: The target's accounts, and whether all of them were read.
    """

    held_back: HeldBack
    deactivated_by_us: frozenset[str]
    snapshot: TargetSnapshot


class Course:
    """Presence and reason of everybody, with the findings on the way."""

    def __init__(self, desired: pd.DataFrame) -> None:
        self.keys = desired[WORKER_KEY]
        self.presence = desired["presence"]
        self.reason = desired["reason"]
        self.findings: list[Finding] = []

    def turn(self, mask: pd.Series, presence: Presence, reason: str) -> None:
        """Give some people another presence, for a reason."""
        self.presence = put(self.presence, mask, str(presence))
        self.reason = put(self.reason, mask, reason)

    def note(
        self, mask: pd.Series, severity: FindingSeverity, code: str, message: str, hint: str = ""
    ) -> None:
        """Say something of some people."""
        self.findings += [
            Finding(code=code, severity=severity, subject=str(key), message=message, hint=hint)
            for key in self.keys[mask]
        ]


def narrow(
    comparison: Comparison,
    correlation: Correlation,
    circumstances: Circumstances,
    settings: Configuration,
) -> Course:
    """Apply every rule, in order.

    Args:
        comparison: Everybody's desired and present columns.
        correlation: Whose account is whose.
        circumstances: What decides beside them.
        settings: The settings.

    Returns:
        What the target should hold for each, everything considered, and why.
    """
    desired, active = comparison.desired, comparison.present["active"]
    outcome = correlation.frame["outcome"]
    linked = outcome == CorrelationOutcome.LINKED
    matched = outcome == CorrelationOutcome.MATCHED
    course = Course(desired)
    _apply_scope(course, desired, linked, active, settings)
    course.turn(is_in(outcome, UNCERTAIN), Presence.KEPT, "identity-uncertain")
    _apply_claims(course, correlation)
    _apply_quarantine(course, comparison.present, circumstances.held_back)
    _apply_incomplete(course, linked, active, circumstances.snapshot)
    _apply_protection(course, comparison, settings)
    _apply_taken_names(course, comparison, correlation, circumstances.snapshot)
    _apply_taken_ids(course, comparison, circumstances.snapshot)
    inactive = (linked | matched) & ~active
    _apply_reactivation(course, inactive, circumstances.deactivated_by_us, settings)
    course.note(
        (course.presence == Presence.WAITING) & linked & active,
        FindingSeverity.WARNING,
        "active-before-first-day",
        "the account is active, and the first day of work is still ahead",
    )
    return course


def _apply_scope(
    course: Course,
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


def _apply_claims(course: Course, correlation: Correlation) -> None:
    """A leaver's account that somebody employed claims may be that person's, under a new number.

    The same externalId is the same person at the IdP, and so, in all likelihood, is the same name
    at the same address (a rehire, a move to another company of the group): nobody's access is taken
    away. Under another name the address was given to somebody else: an explicit leaver leaves,
    absence says too little.
    """
    by = correlation.claimed_by
    same = (by == CorrelationKey.EXTERNAL_ID) | (course.reason == "absent-from-roster")
    same |= correlation.claimed_alike
    mask = (course.presence == Presence.ABSENT) & by.notna() & same
    course.turn(mask, Presence.KEPT, "account-claimed")
    course.note(
        mask,
        FindingSeverity.CRITICAL,
        "account-claimed",
        "is gone, and somebody employed has the identifiers of this account: perhaps the same "
        "person under a new number, so the account is left as it is",
        "same person: correct the number in the source, or `scimflow link NEW ACCOUNT --take-from "
        "OLD`; another person: give them another address",
    )


def _apply_quarantine(course: Course, present: pd.DataFrame, held_back: HeldBack) -> None:
    """A quarantined row may name the person as their account does, and as no other row does."""
    mask = pd.Series(False, index=present.index)
    if held_back.identities:
        for column in ("user_name", "external_id", "email"):
            mask = mask | is_in(folded(present[column]), held_back.identities)
    mask &= course.presence != Presence.KEPT
    course.turn(mask, Presence.KEPT, "quarantined")
    course.note(
        mask,
        FindingSeverity.WARNING,
        "quarantined",
        "a quarantined row has the identifiers of this person's account",
        "correct the row in the source; until then the person keeps what they have",
    )


def _apply_incomplete(
    course: Course, linked: pd.Series, active: pd.Series, snapshot: TargetSnapshot
) -> None:
    """After an incomplete read only accounts that the ledger links are worked on, and none leaves.

    A page that was not read may hold the better match, or the linked account itself.
    """
    if snapshot.complete:
        return
    stays = (course.presence == Presence.ABSENT) & active
    unseen = (course.presence == Presence.PRESENT) & ~linked
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
        "would get an account, and does not: the target's accounts could not be read completely",
    )


def _apply_protection(course: Course, comparison: Comparison, settings: Configuration) -> None:
    """Protected accounts are never touched, and nobody gets a protected name."""
    names = folded_texts(settings.target.protected)
    if not names:
        return
    mask = is_in(comparison.present[ACCOUNT_ID], settings.target.protected)
    for column in (comparison.present["user_name"], comparison.desired["userName"]):
        mask = mask | is_in(folded(column), names)
    course.turn(mask, Presence.KEPT, "protected")
    course.note(mask, FindingSeverity.INFO, "protected", "protected by the settings: left as it is")


def _apply_taken_names(
    course: Course, comparison: Comparison, correlation: Correlation, snapshot: TargetSnapshot
) -> None:
    """A new userName that another account has already is a conflict, seen before it is sent."""
    wanted = folded(comparison.desired["userName"])
    renamed = comparison.changed.get("userName", pd.Series(False, index=wanted.index))
    inactive = (correlation.position >= 0) & ~comparison.present["active"]
    theirs, accounts = (folded(f["user_name"]) for f in (comparison.present, snapshot.accounts))
    taken = _is_held_by_others(wanted.where(renamed | inactive), theirs, accounts)
    _keep_taken(
        course,
        taken,
        "user-name-taken",
        "another account at the target has this person's userName already",
        "give one of the two another address, or deactivate and rename the other account",
    )


def _apply_taken_ids(course: Course, comparison: Comparison, snapshot: TargetSnapshot) -> None:
    """A new externalId that another account has: two people would be one at the IdP.

    One row of the login source under the wrong number is enough for that.
    """
    if "externalId" not in comparison.changed:
        return
    wanted = comparison.desired["externalId"].where(comparison.changed["externalId"]).str.strip()
    theirs, accounts = (
        f["external_id"].str.strip() for f in (comparison.present, snapshot.accounts)
    )
    taken = _is_held_by_others(wanted.mask(wanted == ""), theirs, accounts)
    _keep_taken(
        course,
        taken,
        "external-id-taken",
        "another account at the target has this person's externalId already",
        "look which of the two it belongs to, and correct the source or the other account",
    )


def _is_held_by_others(wanted: pd.Series, theirs: pd.Series, accounts: pd.Series) -> pd.Series:
    """Whose wanted value an account has that is not their own."""
    if not wanted.notna().any():
        return pd.Series(False, index=wanted.index)
    holders = wanted.map(accounts.value_counts()).fillna(0)
    return holders > (theirs == wanted).astype("int64")


def _keep_taken(course: Course, taken: pd.Series, code: str, message: str, hint: str) -> None:
    taken = taken & (course.presence == Presence.PRESENT)
    course.turn(taken, Presence.KEPT, code)
    course.note(taken, FindingSeverity.CRITICAL, code, message, hint)


def _apply_reactivation(
    course: Course,
    inactive: pd.Series,
    deactivated_by_us: frozenset[str],
    settings: Configuration,
) -> None:
    """Whether an inactive account of somebody employed is brought back."""
    policy = settings.lifecycle.reactivate
    if policy == "always":
        return
    wanted = inactive & (course.presence == Presence.PRESENT)
    if policy == "ours":
        wanted &= ~is_in(course.keys, deactivated_by_us)
    course.turn(wanted, Presence.KEPT, "inactive-at-target")
    course.note(
        wanted,
        FindingSeverity.WARNING,
        "inactive-at-target",
        "employed, and the account is inactive; `lifecycle.reactivate` leaves it so",
    )
