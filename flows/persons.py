"""Who is meant by a worker key, a userName, an address or an id: in the exports, in the ledger."""

from dataclasses import dataclass

import pandas as pd

from data_contracts.columns import folded, is_in
from data_contracts.desired import DesiredPeople
from data_contracts.errors import BatchRefused, ConfigurationError
from data_contracts.frames import ACCOUNT_ID, WORKER_KEY
from data_contracts.team_plan import TEAM_PREFIX
from flows.pipeline import Preparation, check_sources
from tasks.transform.people import Derived, derive

IDENTIFYING = ("worker_id", "employee_number", "external_id", "user_name", "email")
"""Columns of workers that name a person."""


@dataclass(frozen=True, slots=True, repr=False)
class FoundPeople:
    """People who were named, and what the exports say; without a repr, since it holds values.

    Attributes:
        workers: Their worker keys.
        people: What the target should hold; None when an export is refused.
    """

    workers: frozenset[str]
    people: DesiredPeople | None


async def find_workers(preparation: Preparation, names: list[str]) -> FoundPeople:
    """Find the worker keys of people.

    Args:
        preparation: Settings, plain stages, the ledger, the day whose exports are read.
        names: What each is called by.

    Raises:
        ConfigurationError: Nobody is known by a name, or several are.
        SourceError: An export cannot be read.
    """
    sources = await check_sources(preparation)
    derived: Derived | None = None
    try:
        sources.require_accepted()
        derived = derive(sources.checked, preparation.project.settings, preparation.as_of)
    except BatchRefused:
        pass  # whom the ledger knows can be named all the same; the run itself tells of the refusal
    quarantined = {
        name.strip().lower()
        for report in sources.reports
        for row in report.quarantined
        for name in (row.worker_key or "", *row.identities)
    }
    workers = frozenset(_the_one(preparation, name, derived, quarantined) for name in names)
    return FoundPeople(workers, None if derived is None else derived.people)


def _the_one(
    preparation: Preparation, name: str, derived: Derived | None, quarantined: set[str]
) -> str:
    wanted = name.strip().lower()
    found = _in_exports(derived, wanted) if derived is not None else []
    found = found or _in_ledger(preparation, name)
    if not found and wanted in quarantined:
        raise ConfigurationError(
            f"the row of {name!r} is quarantined: nothing can be done for them",
            hint="`scimflow check` shows what is wrong with it; `scimflow quarantine` mends it",
        )
    if not found:
        raise ConfigurationError(
            f"neither the exports nor the ledger know {name!r}",
            hint="give a worker key, a userName, an e-mail address, an externalId or an account "
            "id; `scimflow explain PERSON` tells what is known",
        )
    if len(found) > 1:
        raise ConfigurationError(
            f"several people are known as {name!r}: workers {', '.join(found)}",
            hint="name one of them by worker key",
        )
    return found[0]


def _in_exports(derived: Derived, wanted: str) -> list[str]:
    """By the strongest name that anybody has: a worker key before an address."""
    workers = derived.workers
    names = [WORKER_KEY, *(name for name in IDENTIFYING if name in workers.columns)]
    columns: list[tuple[pd.Series, pd.Series]] = [(workers[n], workers[WORKER_KEY]) for n in names]
    columns.append((derived.people.frame["userName"], derived.people.frame[WORKER_KEY]))
    for column, keys in columns:
        found = sorted(set(keys[is_in(folded(column), [wanted])]))
        if found:
            return found
    return []


def _in_ledger(preparation: Preparation, name: str) -> list[str]:
    ledger, target = preparation.ledger, preparation.project.settings.target.name
    links = ledger.links(target)
    for column in (WORKER_KEY, ACCOUNT_ID, "user_name", "external_id"):
        found = links.loc[is_in(folded(links[column]), [name.strip().lower()]), WORKER_KEY]
        if len(found):
            return sorted(set(map(str, found)))
    return [k for k in ledger.workers(target, name) if not k.startswith(TEAM_PREFIX)]


def why_nothing(people: DesiredPeople | None, worker: str) -> str:
    """Why nothing is to be done for one person, as far as the exports tell.

    Args:
        people: What the target should hold; None when the exports say nothing.
        worker: The person's key.
    """
    row = pd.DataFrame() if people is None else people.frame
    row = row[row[WORKER_KEY] == worker] if len(row) else row
    if row.empty:
        return f"worker {worker} is not in the exports"
    state, presence, reason = (str(row[name].iloc[0]) for name in ("state", "presence", "reason"))
    scope = "" if bool(row["in_scope"].iloc[0]) else ", out of scope"
    said = f"worker {worker}: {state}{scope}; the target should hold: {presence} ({reason})"
    return f"{said}. Nothing is to be done for them"
