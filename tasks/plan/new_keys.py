"""People who have another worker key now: their account goes with them.

In: what a plan is made from, and the ledger's links. Out: the same under the keys of today, and
what the ledger is to record when the plan is carried out.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from data_contracts.columns import folded_texts, is_in
from data_contracts.desired import DesiredPeople
from data_contracts.finding import Finding
from data_contracts.frames import ACCOUNT_ID, WORKER_KEY
from data_contracts.plan import Adoption
from data_contracts.words import CorrelationKey, FindingSeverity, Presence

BOTH_LINKED = "person-linked-twice"
"""Code and reason of a person whose former and present key have an account each."""


@dataclass(frozen=True, slots=True)
class UnderNewKeys:
    """What is known, under the worker keys that people have today.

    Attributes:
        people: What the target should hold; who is linked under both keys is kept.
        links: Frame `frames.LINKS`, by worker key.
        deactivated_by_us: Worker keys whose account scimflow deactivated last.
        moves: The links that change hands.
        findings: People of whom a person has to decide which account is theirs.
    """

    people: DesiredPeople
    links: pd.DataFrame
    deactivated_by_us: frozenset[str]
    moves: tuple[Adoption, ...]
    findings: tuple[Finding, ...]


def follow_keys(
    people: DesiredPeople, links: pd.DataFrame, deactivated_by_us: frozenset[str]
) -> UnderNewKeys:
    """Let the links of people with another worker key go with them.

    Args:
        people: What the target should hold, with the keys that people had before.
        links: Frame `frames.LINKS`, by worker key.
        deactivated_by_us: Worker keys whose account scimflow deactivated last.

    Returns:
        Everything under the present keys. Of a person who is linked under both, nothing is moved:
        which of the two accounts is theirs, a person has to decide.
    """
    known = set(links[WORKER_KEY])
    linked = {new: old for new, old in people.former.items() if old in known}
    twice = {new: old for new, old in linked.items() if new in known}
    moved = {old: new for new, old in linked.items() if new not in known}
    kept = set(people.frame.loc[people.frame["presence"] == Presence.KEPT, WORKER_KEY])
    # of whoever is in doubt nothing is written down either; the next plan looks again
    recorded = sorted(old for old, new in moved.items() if new not in kept)
    rows = links[is_in(links[WORKER_KEY], recorded)]
    return UnderNewKeys(
        people=_keep(people, twice) if twice else people,
        links=_renamed(links, moved) if moved else links,
        deactivated_by_us=frozenset(moved.get(key, key) for key in deactivated_by_us),
        moves=tuple(_moves(rows, moved, deactivated_by_us)),
        findings=tuple(_finding(new, old) for new, old in sorted(twice.items())),
    )


def _renamed(links: pd.DataFrame, moved: dict[str, str]) -> pd.DataFrame:
    now = pd.Series([moved.get(key, key) for key in links[WORKER_KEY]], dtype="str")
    return links.assign(**{WORKER_KEY: now}).sort_values(WORKER_KEY, ignore_index=True)


def _keep(people: DesiredPeople, twice: dict[str, str]) -> DesiredPeople:
    """Nothing is done to either account of these people."""
    mask = is_in(people.frame[WORKER_KEY], sorted(twice))
    frame = people.frame.assign(
        presence=people.frame["presence"].mask(mask, str(Presence.KEPT)),
        reason=people.frame["reason"].mask(mask, BOTH_LINKED),
    )
    former = folded_texts(set(twice.values()))
    held = replace(people.held_back, worker_keys=people.held_back.worker_keys | former)
    return replace(people, frame=frame, held_back=held)


def _moves(
    links: pd.DataFrame, moved: dict[str, str], deactivated_by_us: frozenset[str]
) -> Sequence[Adoption]:
    columns = (links[name] for name in (WORKER_KEY, ACCOUNT_ID, "user_name", "external_id"))
    moves = [
        Adoption(
            worker_key=moved[old],
            account_id=account,
            user_name=login if isinstance(login, str) else "",
            external_id=external if isinstance(external, str) else None,
            correlated_by=CorrelationKey.PERSON_ID,
            left=old in deactivated_by_us,
            taken_from=old,
        )
        for old, account, login, external in zip(*columns, strict=True)
    ]
    return sorted(moves, key=lambda move: move.worker_key)


def _finding(new: str, old: str) -> Finding:
    return Finding(
        code=BOTH_LINKED,
        severity=FindingSeverity.CRITICAL,
        subject=new,
        message=f"this person was worker {old} before, and both have an account of their own",
        hint=f"decide which account stays: `scimflow unlink {old}` or `scimflow unlink {new}`; "
        "until then nothing is done to either",
    )
