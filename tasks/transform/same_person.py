"""Two worker keys, one person: a contractor who becomes an employee under a new number.

In: one judged row for each worker key, with the column that the contract gives the meaning
`person_id`. Out: the row that counts for each person, and under which key they were known before.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

import pandas as pd

from data_contracts.columns import folded
from data_contracts.export_contract import ExportContract, WorkerField
from data_contracts.finding import Finding
from data_contracts.frames import STATE
from data_contracts.words import FindingSeverity, Presence, WorkerState
from tasks.transform.lifecycle import FIRST_DAY, PRESENCE, REASON, read_day_column

SHARED = "person-id-shared"
"""Code and reason of those whose person id says that they are one, and whose rows do not."""

ELSEWHERE = "works-under-another-key"
"""Reason of the row of somebody who still works under the key they had before."""

_NAMES = (WorkerField.GIVEN_NAME, WorkerField.FAMILY_NAME, WorkerField.DISPLAY_NAME)

_HERE = (str(Presence.PRESENT), str(Presence.KEPT))


@dataclass(frozen=True, slots=True)
class Persons:
    """What counts for each person.

    Attributes:
        rows: The judged rows, without those of a person's former key.
        former: The worker key that a person had before, by the one they have now.
        findings: Rows that share a person id and cannot be one person's.
    """

    rows: pd.DataFrame
    former: Mapping[str, str]
    findings: tuple[Finding, ...]


def join_persons(rows: pd.DataFrame, contract: ExportContract) -> Persons:
    """Take two employments with different worker keys for one person, where the person id says so.

    Exactly two rows count as one person: one that has ended, and one that has not. Three rows, two
    of people who both work, or two names without a word in common say that the id is wrong: a
    placeholder, a copied cell. They are kept as they are, since to guess would give one person
    another's account.

    Args:
        rows: Judged rows, one for each worker key.
        contract: Their contract.

    Returns:
        The rows in their order. Without a column of the meaning `person_id`, all of them.
    """
    column = contract.meanings.get(WorkerField.PERSON_ID)
    if column is None or column not in rows.columns or rows.empty:
        return Persons(rows, {}, ())
    person = folded(rows[column])
    shared = person[person.notna() & person.duplicated(keep=False)].sort_values(kind="stable")
    former: dict[str, str] = {}
    over, waiting, doubtful = list[object](), list[object](), list[object]()
    for _, group in groupby(_employments(rows, contract, shared), key=attrgetter("person")):
        found = list(group)
        now, before = _in_order(found) if len(found) == 2 else (None, None)
        if now is not None and before is not None:
            if before.state == WorkerState.FUTURE:
                waiting.append(before.row)
            else:
                former[now.worker] = before.worker
                over.append(before.row)
        elif any(each.here for each in found):
            doubtful += [each.row for each in found]
    rows = _say(rows, waiting, Presence.WAITING, ELSEWHERE)
    rows = _say(rows, doubtful, Presence.KEPT, SHARED)
    findings = tuple(_finding(str(key)) for key in rows.loc[doubtful, contract.key])
    return Persons(rows.drop(index=over), dict(sorted(former.items())), findings)


@dataclass(frozen=True, slots=True)
class _Employment:
    """A row that shares its person id with another one, by its place in the frame."""

    row: object
    person: str
    worker: str
    state: str
    presence: str
    first: pd.Timestamp
    names: frozenset[str]
    last: pd.Timestamp

    @property
    def here(self) -> bool:
        return self.presence in _HERE and self.state != WorkerState.LEAVER


def _employments(
    rows: pd.DataFrame, contract: ExportContract, person: pd.Series
) -> Iterator[_Employment]:
    """The rows that share a person id, those of the same id one after the other."""
    some = rows.loc[person.index]
    cells = (some[contract.key], some[STATE], some[PRESENCE], some[FIRST_DAY])
    last = read_day_column(some, contract, WorkerField.LAST_DAY)
    for row in zip(person.index, person, *cells, _words(some, contract), last, strict=True):
        yield _Employment(*row)


def _words(rows: pd.DataFrame, contract: ExportContract) -> list[frozenset[str]]:
    """The words of each row's names: who marries keeps a given name, Bob and Robert a family's."""
    names = [contract.meanings[field] for field in _NAMES if field in contract.meanings]
    columns = [folded(rows[name]).fillna("") for name in names if name in rows.columns]
    return [frozenset(" ".join(cells).split()) for cells in zip(*columns, strict=True)] or [
        frozenset()
    ] * len(rows)


def _in_order(pair: Sequence[_Employment]) -> tuple[_Employment | None, _Employment | None]:
    """Which of two rows is the person's today, and the other; None where nobody can tell."""
    one, two = (each.names for each in pair)
    if one and two and one.isdisjoint(two):
        return None, None
    here = [each for each in pair if each.here]
    if len(here) == 2:
        working = [each for each in here if each.state != WorkerState.FUTURE]
        if len(working) != 1:  # one that begins on the day on which the other ends follows it
            working = [
                now
                for before, now in (pair, pair[::-1])
                if before.last <= now.first  # never of a missing day
            ]
        here = working
    if len(here) != 1:
        return None, None
    other = pair[1] if here[0] is pair[0] else pair[0]
    told = other.here or other.state in (WorkerState.LEAVER, WorkerState.FUTURE)
    return (here[0], other) if told else (None, None)


def _say(rows: pd.DataFrame, which: list[object], presence: Presence, reason: str) -> pd.DataFrame:
    if not which:
        return rows
    mask = rows.index.isin(which)
    return rows.assign(
        **{
            PRESENCE: rows[PRESENCE].mask(mask, str(presence)),
            REASON: rows[REASON].mask(mask, reason),
        }
    )


def _finding(worker: str) -> Finding:
    return Finding(
        code=SHARED,
        severity=FindingSeverity.CRITICAL,
        subject=worker,
        message="several rows share a person id and cannot be one person's employments",
        hint="correct the id, or end the employment that is over, in the source; until then all "
        "of them keep what they have",
    )
