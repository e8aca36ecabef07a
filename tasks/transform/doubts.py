"""Whose identity or whose row is in doubt: they keep what they have, and somebody is told.

In: what was mapped for everybody, and what quarantined rows say of people. Out: the same with
everybody in doubt KEPT, and a finding for each.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from data_contracts.batch import CheckedBatch
from data_contracts.columns import folded, folded_texts, is_in, repeated
from data_contracts.desired import HeldBack
from data_contracts.export_contract import ExportContract
from data_contracts.finding import Finding
from data_contracts.frames import WORKER_KEY
from data_contracts.words import FindingSeverity, Presence
from tasks.transform.lifecycle import UNREADABLE
from tasks.transform.merge import Merged

UNIQUE_PATHS = (("userName", "user-name-shared"), ("externalId", "external-id-shared"))
"""Attributes that no two accounts may share, with the code of the finding."""


@dataclass(frozen=True, slots=True)
class _Doubt:
    """Some people who are kept as they are, and what is said of each of them."""

    mask: pd.Series
    code: str
    severity: FindingSeverity
    message: str
    hint: str


def find_held_back(
    batches: Mapping[str, tuple[CheckedBatch, ExportContract]], employment: str
) -> HeldBack:
    """Find out whom the quarantined rows of any source may be about.

    Args:
        batches: Checked batches with their contracts, by source name.
        employment: Name of the employment source.
    """
    keys, identities, names, unidentified = set[str](), set[str](), set[str](), 0
    for name, (checked, _) in batches.items():
        for row in checked.report.quarantined:
            identities.update(row.identities)
            names.update(row.names)
            if row.worker_key is not None:
                (keys if name == employment else identities).add(row.worker_key)
            unidentified += name == employment and row.worker_key is None
    return HeldBack(folded_texts(keys), folded_texts(identities), unidentified, frozenset(names))


def keep_doubtful(
    frame: pd.DataFrame, merged: Merged, held_back: HeldBack
) -> tuple[pd.DataFrame, list[Finding]]:
    """Keep everybody whose identity is in doubt from being provisioned or deprovisioned.

    Args:
        frame: Frame `frames.DESIRED`.
        merged: The people that it was mapped from, in the same order.
        held_back: Whom quarantined rows may be about.

    Returns:
        The frame with presence and reason of those people changed, and findings about them.
    """
    findings = _unreadable(frame)
    frame = _keep(frame, merged.ambiguous, "login-ambiguous")  # the merge has told so already
    # HR is believed about leavers, whatever other sources say
    present = frame["presence"] == Presence.PRESENT
    frame = _keep(frame, merged.uncertain & present, "row-ambiguous")
    for doubt in _doubts(frame, merged, held_back):
        chosen = doubt.mask & (frame["presence"] != Presence.KEPT)
        frame = _keep(frame, chosen, doubt.code)
        findings += [
            Finding(
                code=doubt.code,
                severity=doubt.severity,
                subject=str(worker),
                message=doubt.message,
                hint=doubt.hint,
            )
            for worker in frame.loc[chosen, WORKER_KEY]
        ]
    return frame, findings


def _keep(frame: pd.DataFrame, mask: pd.Series, reason: str) -> pd.DataFrame:
    if not mask.any():
        return frame
    return frame.assign(
        presence=frame["presence"].mask(mask, str(Presence.KEPT)),
        reason=frame["reason"].mask(mask, reason),
    )


def _doubts(frame: pd.DataFrame, merged: Merged, held_back: HeldBack) -> Iterator[_Doubt]:
    present = frame["presence"] == Presence.PRESENT
    yield _Doubt(
        _is_held(frame, merged, held_back),
        "quarantined",
        FindingSeverity.WARNING,
        "a row of this person is quarantined",
        "correct the row in the source; until then the person keeps what they have",
    )
    yield _Doubt(
        present & folded(frame["userName"]).isna(),
        "no-user-name",
        FindingSeverity.CRITICAL,
        "the mapping gives no userName, which SCIM requires",
        "give the person an e-mail address or a login in the source",
    )
    for path, code in UNIQUE_PATHS:
        if path in frame.columns:
            # an externalId is case-exact (RFC 7643 section 3.1)
            values = folded(frame[path]) if path == "userName" else frame[path].str.strip()
            yield _Doubt(
                repeated(values.where(present)),
                code,
                FindingSeverity.CRITICAL,
                f"another person has the same {path}",
                "two rows for one person, or one address for two: correct the source",
            )


def _unreadable(frame: pd.DataFrame) -> list[Finding]:
    """Those whom the lifecycle could not judge."""
    return [
        Finding(
            code=UNREADABLE,
            severity=FindingSeverity.CRITICAL,
            subject=str(worker),
            message="the first or the last day of work cannot be read as the contract writes dates",
            hint="correct the row, or the column's date format in the contract; until then the "
            "person keeps what they have",
        )
        for worker in frame.loc[frame["reason"] == UNREADABLE, WORKER_KEY]
    ]


def _is_held(frame: pd.DataFrame, merged: Merged, held_back: HeldBack) -> pd.Series:
    """People one of whose identifying values stands in a quarantined row."""
    held = is_in(folded(frame[WORKER_KEY]), held_back.worker_keys)
    if not held_back.identities:
        return held
    columns = [merged.workers[name] for name in merged.identifying]
    columns += [frame[path] for path, _ in UNIQUE_PATHS if path in frame.columns]
    for column in columns:
        held = held | is_in(folded(column), held_back.identities)
    return held
