"""People whom the ledger knows and the export does not: leavers by absence, or nothing of the kind.

Absence says something only when the export declares itself complete and no quarantined row could
be the missing person's.
"""

from dataclasses import dataclass

import pandas as pd

from data_contracts.columns import folded, is_in
from data_contracts.configuration import Configuration
from data_contracts.desired import DesiredPeople
from data_contracts.finding import Finding
from data_contracts.frames import WORKER_KEY
from data_contracts.words import FindingSeverity, Presence, WorkerState


@dataclass(frozen=True, slots=True)
class WithAbsent:
    """The desired users with a row for each absent person, by worker key, and findings."""

    frame: pd.DataFrame
    findings: tuple[Finding, ...]


def add_absent(people: DesiredPeople, links: pd.DataFrame, settings: Configuration) -> WithAbsent:
    """Add everybody who is linked and not in the export.

    Args:
        people: The outcome of transform.
        links: Frame `frames.LINKS`.
        settings: The settings.

    Returns:
        Absent people are ABSENT when absence means that they left, else KEPT with the reason.
    """
    missing = links[~is_in(links[WORKER_KEY], people.frame[WORKER_KEY])].sort_values(WORKER_KEY)
    if missing.empty:
        return WithAbsent(people.frame, ())
    presence, reason = _judge(missing, people, settings)
    columns: dict[str, object] = {
        WORKER_KEY: missing[WORKER_KEY].to_numpy(),
        "state": str(WorkerState.LEAVER),
        "presence": presence.to_numpy(),
        "reason": reason.to_numpy(),
        "in_scope": True,
    }
    rows = pd.DataFrame(columns)
    for column, kind in people.frame.dtypes.items():
        if column not in rows.columns:
            rows[column] = 0 if str(kind) == "int64" else None
    rows = rows.astype({str(c): k for c, k in people.frame.dtypes.items()})
    frame = pd.concat([people.frame, rows[list(people.frame.columns)]], ignore_index=True)
    frame = frame.sort_values(WORKER_KEY, kind="stable").reset_index(drop=True)
    return WithAbsent(frame, tuple(_findings(missing, reason)))


def _judge(
    missing: pd.DataFrame, people: DesiredPeople, settings: Configuration
) -> tuple[pd.Series, pd.Series]:
    held = is_in(folded(missing[WORKER_KEY]), people.held_back.worker_keys)
    for column in (missing["user_name"], missing["external_id"]):
        held = held | is_in(folded(column), people.held_back.identities)
    reason = pd.Series("absent-from-roster", index=missing.index, dtype="str")
    if not people.complete_roster or settings.lifecycle.absent == "keep":
        reason[:] = "absent-not-meant"
    elif people.held_back.unidentified:
        reason[:] = "absent-unclear"
    reason = reason.mask(held, "quarantined")
    leaves = reason == "absent-from-roster"
    presence = pd.Series(str(Presence.KEPT), index=missing.index, dtype="str")
    return presence.mask(leaves, str(Presence.ABSENT)), reason


_TEXTS = {
    "absent-not-meant": (
        FindingSeverity.INFO,
        "managed, and not in the export; absence from it does not mean that somebody left",
        "set `complete_roster: true` for the source if it holds everybody",
    ),
    "absent-unclear": (
        FindingSeverity.WARNING,
        "managed, and not in the export; quarantined rows without a key may be this person's",
        "correct the quarantined rows: then absence can be told from a broken row",
    ),
    "quarantined": (
        FindingSeverity.WARNING,
        "a row of this person is quarantined",
        "correct the row in the source; until then the person keeps what they have",
    ),
}


def _findings(missing: pd.DataFrame, reason: pd.Series) -> list[Finding]:
    return [
        Finding(
            code=code, severity=_TEXTS[code][0], subject=worker, message=_TEXTS[code][1],
            hint=_TEXTS[code][2],
        )
        for worker, code in zip(missing[WORKER_KEY], reason, strict=True)
        if code in _TEXTS
    ]  # fmt: skip
