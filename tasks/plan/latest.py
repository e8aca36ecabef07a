"""A delivery of the past is held against what is known today, before anything of it counts.

What a newer delivery has brought about, an older one does not undo: nobody is deactivated whom a
newer one has active, nobody gets an account or a role that a newer one does not give, and what an
account holds as the newest delivery wants it stays.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from data_contracts.columns import folded, is_in
from data_contracts.configuration import Configuration
from data_contracts.desired import DesiredPeople, HeldBack
from data_contracts.frames import WORKER_KEY
from data_contracts.latest_word import LatestWord
from data_contracts.learned import Learned
from data_contracts.plan import SourceBasis
from data_contracts.words import CorrelationKey, FindingSeverity, Presence
from tasks.plan.correlate import Correlation, identifiers
from tasks.plan.course import Course
from tasks.plan.diff import changed_attributes
from tasks.plan.habits import leave_out_rewritten
from tasks.plan.operations import Comparison

OUTSIDE = "outside"
"""Present by the newest word, and out of scope: no account is made, and none taken away."""

_STRENGTH = {str(key): number for number, key in enumerate(reversed(CorrelationKey))}


@dataclass(frozen=True, slots=True)
class _Words:
    """The newest word on each of a plan's people, in their order.

    Attributes:
        presence: Presence, or OUTSIDE; missing where no newer delivery has a word.
        frame: The columns of the newest deliveries; missing cells for those who are not in them.
        found: Mask of those who are.
    """

    presence: pd.Series
    frame: pd.DataFrame
    found: pd.Series


def add_older(
    word: LatestWord | None,
    people: DesiredPeople,
    sources: Mapping[str, SourceBasis],
    settings: Configuration,
) -> LatestWord:
    """Add what an older delivery says of those whom newer ones leave out.

    Args:
        word: What newer deliveries say; None for the newest one.
        people: The older delivery, judged as of the present day.
        sources: Its files, by `DAY/SOURCE`.
        settings: The settings.

    Returns:
        What all of them say. Once absence means that somebody left, there is nothing to add.
    """
    frame, held = people.frame, people.held_back
    if word is not None:
        fresh = frame[~is_in(frame[WORKER_KEY], word.frame[WORKER_KEY])]
        frame = pd.concat([word.frame, fresh], ignore_index=True)
        frame = frame.sort_values(WORKER_KEY, kind="stable").reset_index(drop=True)
        held = HeldBack(
            word.held_back.worker_keys | held.worker_keys,
            word.held_back.identities | held.identities,
            word.held_back.unidentified + held.unidentified,
            word.held_back.names | held.names,
        )
    return LatestWord(
        frame=frame,
        absence_means_left=people.complete_roster and settings.lifecycle.absent != "keep",
        held_back=held,
        sources={**(word.sources if word is not None else {}), **sources},
    )


def heed_latest(
    latest: LatestWord,
    comparison: Comparison,
    correlation: Correlation,
    course: Course,
    accounts: pd.DataFrame,
    settings: Configuration,
    links_alone: bool = False,
) -> Comparison:
    """Let nothing be done that a newer delivery speaks against.

    Args:
        latest: What is known today.
        comparison: Everybody's columns; those of references hold worker keys still.
        correlation: Whose account is whose.
        course: What the target should hold for each by that day; people are kept, none is brought
            in.
        accounts: Frame `frames.ACCOUNTS`.
        settings: The settings.
        links_alone: Whether nothing is written: then only whose account is whose can be wrong.

    Returns:
        The comparison with the role of newer deliveries for who gets an account. What is compared
        is left to `leave_out_undone`.
    """
    words = _words(latest, comparison)
    active = comparison.present["active"]
    _keep_claimed(course, correlation, latest, accounts)
    if links_alone:
        return comparison
    word = words.presence
    present, absent = (course.presence == p for p in (Presence.PRESENT, Presence.ABSENT))
    stays = absent & active & word.notna() & (word != Presence.ABSENT)
    course.turn(stays, Presence.KEPT, "active-in-newer-export")
    course.note(
        stays,
        FindingSeverity.WARNING,
        "active-in-newer-export",
        "has left by the export of that day, and has not by a newer one: the account is left as "
        "it is",
    )
    gets = present & ~active & word.notna() & (word != Presence.PRESENT)
    gets |= present & is_in(word, [Presence.KEPT, Presence.WAITING, OUTSIDE])
    course.turn(gets, Presence.KEPT, "not-in-newer-export")
    course.note(
        gets,
        FindingSeverity.INFO,
        "not-in-newer-export",
        "is employed by the export of that day, and by a newer one has left, has not begun, is "
        "out of scope or in doubt: no access is given",
    )
    return _with_newer_role(comparison, words, settings)


def leave_out_undone(
    latest: LatestWord,
    comparison: Comparison,
    references: Sequence[str],
    before: pd.DataFrame,
    learned: Learned,
    settings: Configuration,
) -> Comparison:
    """Leave out differences whose making would undo what a newer delivery has brought about.

    Args:
        latest: What is known today.
        comparison: With the differences of that day.
        references: Attributes that refer to other workers.
        before: The day's columns with worker keys in those attributes, and the day's own roles.
        learned: What earlier writes showed of the target.
        settings: The settings.
    """
    words = _words(latest, comparison)
    word, extensions = words.presence, settings.target.extensions
    works = word == Presence.PRESENT
    plain = [path for path in comparison.changed if path not in references]
    shown = [path for path in plain if path in words.frame.columns]
    differs = leave_out_rewritten(
        changed_attributes(words.frame, comparison.present, words.found, shown, extensions),
        words.frame,
        comparison.present,
        learned,
        extensions,
    )
    may_change = works | word.isna()
    changed: dict[str, pd.Series] = {}
    for path, mask in comparison.changed.items():
        newer = words.frame[path] if path in words.frame.columns else None
        kept = mask & may_change
        if newer is not None and path in differs:
            kept &= ~(works & newer.notna() & ~differs[path])
        if newer is not None and (path in references or path == settings.role_path):
            # a role is access, and a manager somebody else: only what both agree on is written
            kept &= ~(works & newer.notna() & (newer != before[path]))
        if path == settings.role_path and path in differs:
            # who comes back comes back with the newer role, not with the one of old
            kept = kept.mask(works & ~comparison.present["active"], differs[path])
        changed[path] = kept
    return replace(comparison, changed=changed)


def _words(latest: LatestWord, comparison: Comparison) -> _Words:
    keys = comparison.desired[WORKER_KEY]
    frame = latest.frame.set_index(latest.frame[WORKER_KEY].to_numpy())
    outside = (frame["presence"] == Presence.PRESENT) & ~frame["in_scope"]
    presence = frame["presence"].mask(outside, OUTSIDE)
    aligned = frame.reindex(keys.to_numpy()).set_axis(keys.index)
    found = is_in(keys, latest.frame[WORKER_KEY])
    word = presence.reindex(keys.to_numpy()).set_axis(keys.index)
    if latest.absence_means_left:
        word = word.mask(~found, str(Presence.ABSENT))
    held = is_in(folded(keys), latest.held_back.worker_keys)
    for column in (comparison.present["user_name"], comparison.present["external_id"]):
        held |= is_in(folded(column), latest.held_back.identities)
    if latest.held_back.unidentified:
        held |= True  # any of those who are missing may be behind such a row
    return _Words(word.mask(~found & held, str(Presence.KEPT)), aligned, found)


def _with_newer_role(comparison: Comparison, words: _Words, settings: Configuration) -> Comparison:
    path = settings.role_path
    if path not in comparison.desired.columns or path not in words.frame.columns:
        return comparison
    newer = words.frame[path].where(words.presence == Presence.PRESENT)
    column = comparison.desired[path].mask(newer.notna(), newer)
    return replace(comparison, desired=comparison.desired.assign(**{path: column}))


def _keep_claimed(
    course: Course, correlation: Correlation, latest: LatestWord, accounts: pd.DataFrame
) -> None:
    """An account whose identifiers are those of somebody else by now is left alone.

    Addresses are given to others in the course of time: who has one in an old export need not be
    the one whose account has it today.
    """
    mask = pd.Series(False, index=course.keys.index)
    own = correlation.frame["key"].map(_STRENGTH).fillna(-1)
    for key, claimants in _claims(latest, accounts).items():
        claimant = claimants.reindex(correlation.position.to_numpy()).set_axis(mask.index)
        others = claimant.notna() & (claimant != course.keys)
        as_sure = own <= _STRENGTH[key]
        mask |= others & (as_sure | (course.presence == Presence.ABSENT))
    mask &= course.presence != Presence.KEPT
    course.turn(mask, Presence.KEPT, "claimed-in-newer-export")
    course.note(
        mask,
        FindingSeverity.WARNING,
        "claimed-in-newer-export",
        "the account has identifiers that are somebody else's by a newer export: it is left alone",
    )


def _claims(latest: LatestWord, accounts: pd.DataFrame) -> Mapping[str, pd.Series]:
    """By identifier: which account has one of somebody who is present, and whose it is."""
    people = latest.frame[(latest.frame["presence"] == Presence.PRESENT) & latest.frame["in_scope"]]
    found = {}
    for key, ours, theirs in identifiers(people, accounts):
        known = ours.notna()
        owners = pd.Series(people.loc[known, WORKER_KEY].to_numpy(), index=ours[known].to_numpy())
        owners = owners[~owners.index.duplicated()]
        found[str(key)] = theirs.map(owners)
    return found
