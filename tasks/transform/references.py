"""Whose account an attribute refers to: from the cell that names a manager to that worker's key.

In: the people as they were mapped, and the rules that say by what a column names somebody. Out: a
column of worker keys for each such attribute, and findings. Nobody is guessed: who cannot be told
for certain is left out, so that the person keeps the manager they have.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from data_contracts.columns import folded, is_in, repeated
from data_contracts.configuration import Configuration
from data_contracts.configuration.mapping import AccountReference
from data_contracts.desired import HeldBack
from data_contracts.finding import Finding
from data_contracts.frames import WORKER_KEY
from data_contracts.person_names import folded_name, name_forms
from data_contracts.scim.paths import parse_path, short_name
from data_contracts.words import FindingSeverity, Presence
from tasks.transform.columns import find_column
from tasks.transform.mapping import is_cleared, read_cells

NAMED = 5
"""How many people of a cycle or of one identifier are named."""

NOBODY = -1

NAMES = ("given_name", "family_name", "display_name")


@dataclass(frozen=True, slots=True)
class _Asked:
    """One attribute's references, by position of the worker.

    Attributes:
        path: The attribute.
        by: By what the column names somebody, in words.
        cells: What names somebody; missing where nobody is named.
        names: The workers' own identifiers in the same form, by position; several of each where
            they are names.
        position: Of the worker who is named, `NOBODY` where nobody is certain to be.
        held: A quarantined row may be the one that is named.
    """

    path: str
    by: str
    cells: pd.Series
    names: pd.Series
    position: pd.Series
    held: pd.Series


def resolve_references(
    frame: pd.DataFrame, workers: pd.DataFrame, settings: Configuration, held_back: HeldBack
) -> tuple[pd.DataFrame, list[Finding]]:
    """Find out whom each person's references are about.

    Args:
        frame: Frame `frames.DESIRED`, presence and reasons settled.
        workers: Frame `frames.WORKERS` that it was mapped from, in the same order.
        settings: The settings, with rules that have `account_of`.
        held_back: Whom quarantined rows may be about.

    Returns:
        The frame with a column of worker keys for each such rule: missing where the attribute is
        left alone, empty text where it is cleared. And findings about people who should be present.

    Raises:
        ConfigurationError: A rule names a column that no source has.
    """
    findings: list[Finding] = []
    keys = workers[WORKER_KEY]
    told = (frame["presence"] == Presence.PRESENT) & frame["in_scope"]
    for text, rule in settings.mapping.items():
        if rule.account_of is None:
            continue
        cells = read_cells(workers, text, rule)
        path = str(parse_path(text, settings.target.extensions))
        if rule.account_of.by == "name":
            asked = _ask_by_name(path, cells, workers, frame, held_back)
        else:
            names = find_column(workers, rule.account_of.by, f"mapping.{text}.account_of.by")
            asked = _ask(path, rule.account_of, cells, names, frame, held_back)
        doubts = dict(_doubts(frame, asked, told))
        certain = asked.position != NOBODY
        for mask in doubts.values():
            certain &= ~mask
        about = _take(keys, asked.position).where(certain)
        about = about.mask(is_cleared(workers, asked.cells, rule), "")
        frame = frame.assign(**{path: about.astype("str")})
        for code, mask in doubts.items():
            findings += _findings(code, mask & told, keys, asked)
    return frame, findings


def _ask(
    path: str,
    reference: AccountReference,
    cells: pd.Series,
    identifiers: pd.Series,
    frame: pd.DataFrame,
    held_back: HeldBack,
) -> _Asked:
    # an externalId is case-exact (RFC 7643 section 3.1)
    form = _stripped if reference.by == "external_id" else folded
    named, names = form(cells), form(identifiers)
    position = _position(named, names)
    held = is_in(folded(cells), held_back.worker_keys | held_back.identities)
    held |= _take(frame["reason"] == "quarantined", position)
    return _Asked(path, reference.by.replace("_", " "), named, names, position, held)


def _ask_by_name(
    path: str, cells: pd.Series, workers: pd.DataFrame, frame: pd.DataFrame, held_back: HeldBack
) -> _Asked:
    """A name is looked for among all forms of everybody's, leavers' too.

    A row that is set aside may be of somebody of the same name: one whose name cannot be read of
    anybody's.
    """
    named = folded_name(cells)
    own = pd.concat([form.dropna() for form in name_forms(*_name_parts(workers, path))])
    # one person in two forms is one person
    again = pd.DataFrame({"position": own.index, "name": own.to_numpy()}).duplicated()
    own = own[~again.to_numpy()]
    position = _position(named, own)
    held = is_in(named, held_back.names) | _take(frame["reason"] == "quarantined", position)
    if held_back.unidentified:
        held |= named.notna()
    return _Asked(path, "name", named, own, position, held)


def _name_parts(workers: pd.DataFrame, path: str) -> list[pd.Series]:
    """Given, family and display names; missing cells for a column that no source has."""
    if not {"given_name", "family_name"} <= set(workers.columns):
        find_column(workers, "display_name", f"mapping.{path}.account_of.by: name")
    nothing = pd.Series(None, index=workers.index, dtype="str")
    return [workers[field] if field in workers.columns else nothing for field in NAMES]


def _position(named: pd.Series, names: pd.Series) -> pd.Series:
    """Where the one stands who has the identifier; `NOBODY` for none and for several."""
    single = names.dropna().drop_duplicates(keep=False)
    where = pd.Series(single.index, index=single.to_numpy())
    return named.map(where).fillna(NOBODY).astype("int64")


def _stripped(column: pd.Series) -> pd.Series:
    return column.str.strip()


def _take(column: pd.Series, position: pd.Series) -> pd.Series:
    """The cells of those who are named; of nobody missing, or False."""
    taken = column.reindex(position.to_numpy()).set_axis(position.index)
    return taken.fillna(False).astype(bool) if column.dtype == bool else taken


def _doubts(
    frame: pd.DataFrame, asked: _Asked, written: pd.Series
) -> Iterator[tuple[str, pd.Series]]:
    """Who is left alone and why; each person for the first reason that holds.

    Only references that would be `written` close a circle: what a leaver's row says of their
    manager concerns nobody any more.
    """
    named = asked.cells.notna()
    found = asked.position != NOBODY
    itself = found & (asked.position == pd.Series(range(len(frame)), index=frame.index))
    steps = asked.position.where(written, NOBODY)
    circles = pd.Series(_on_a_cycle(steps.to_numpy()), index=frame.index)
    outside = found & ~_take(frame["in_scope"], asked.position)
    left = named
    for code, mask in (
        ("manager-quarantined", asked.held),
        ("manager-ambiguous", ~found & is_in(asked.cells, asked.names[repeated(asked.names)])),
        ("manager-not-found", ~found),
        ("manager-is-self", itself),
        ("manager-cycle", circles),
        ("manager-out-of-scope", outside),
    ):
        yield code, left & mask
        left = left & ~mask


def _on_a_cycle(position: np.ndarray) -> np.ndarray:
    """Who comes back to themselves by going from each to whom they refer.

    After as many steps as there are people, everybody who has not ended at nobody is on a cycle,
    and everybody on a cycle is somebody's end. The steps are doubled, not counted.
    """
    count = len(position)
    step = np.append(np.where(position == NOBODY, count, position), count)  # the last is nobody
    for _ in range(count.bit_length()):
        step = step[step]
    mask = np.zeros(count + 1, dtype=bool)
    mask[step] = True
    return mask[:count]


_TEXTS = {
    "manager-quarantined": (
        FindingSeverity.INFO,
        "{name} names somebody whose row is quarantined: it is left as it is",
        "correct the quarantined row in the source",
    ),
    "manager-ambiguous": (
        FindingSeverity.WARNING,
        "{name} names somebody by {by}, and several have it ({who}): it is left as it is",
        "tell them apart in the source, or name managers by something that is unique",
    ),
    "manager-not-found": (
        FindingSeverity.WARNING,
        "{name} names somebody by {by}, and nobody in the export has it: it is left as it is",
        "correct the source, or `account_of.by` in the mapping",
    ),
    "manager-is-self": (
        FindingSeverity.WARNING,
        "{name} names the person themselves: it is left as it is",
        "correct the source; who reports to nobody has an empty cell",
    ),
    "manager-cycle": (
        FindingSeverity.WARNING,
        "{name} leads in a circle ({who}): it is left as it is for all of them",
        "correct the source: somebody of them reports to nobody of them",
    ),
    "manager-out-of-scope": (
        FindingSeverity.INFO,
        "{name} names somebody out of scope: it is left as it is",
        "widen `scope` if that person's account is to be managed",
    ),
}
"""Severity, message and hint of each finding. What a cell holds is never repeated: it may be an
address."""


def _findings(code: str, mask: pd.Series, keys: pd.Series, asked: _Asked) -> Iterator[Finding]:
    severity, message, hint = _TEXTS[code]
    who: dict[int, str] = {}
    if code == "manager-ambiguous":
        who = _sharing(mask, keys, asked)
    elif code == "manager-cycle":
        who = _circles(mask, keys, asked)
    for index in mask[mask].index:
        yield Finding(
            code=code,
            severity=severity,
            subject=str(keys[index]),
            message=message.format(
                name=short_name(asked.path), by=asked.by, who=who.get(index, "")
            ),
            hint=hint,
        )


def _sharing(mask: pd.Series, keys: pd.Series, asked: _Asked) -> dict[int, str]:
    """For each position the workers who share the identifier that is named there."""
    shared = asked.names[repeated(asked.names)]
    groups = keys.loc[shared.index].groupby(shared.to_numpy())
    named = {name: _named(group) for name, group in groups}
    return {index: named[asked.cells[index]] for index in mask[mask].index}


def _circles(mask: pd.Series, keys: pd.Series, asked: _Asked) -> dict[int, str]:
    """For each position the workers of the circle that it is on."""
    known: dict[int, str] = {}
    for start in mask[mask].index:
        circle = [start]
        while start not in known and (following := int(asked.position[circle[-1]])) != start:
            circle.append(following)
        known |= dict.fromkeys(circle, known.get(start) or _named(keys[i] for i in circle))
    return known


def _named(keys: Iterable[str]) -> str:
    each = [f"worker {key}" for key in sorted(keys)]
    more = f" and {len(each) - NAMED} more" if len(each) > NAMED else ""
    return ", ".join(each[:NAMED]) + more
