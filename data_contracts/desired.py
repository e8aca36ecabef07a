"""What the target should hold, with everything that the planner must know about its making."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from data_contracts.finding import Finding
from data_contracts.teams import DesiredTeams

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class HeldBack:
    """Whom a quarantined row may be about: nobody of them is provisioned or deprovisioned.

    Attributes:
        worker_keys: Keys of the rows of the employment source, as `columns.folded` writes them:
            a key may be what is wrong with the row.
        identities: E-mail addresses, logins, ids of quarantined rows, written in the same way.
        unidentified: Quarantined rows of the employment source without a key: any absent person
            may be behind one, so that absence says nothing.
        names: Names of the people of quarantined rows, in every form.
    """

    worker_keys: frozenset[str] = frozenset()
    identities: frozenset[str] = frozenset()
    unidentified: int = 0
    names: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class DesiredPeople:
    """The outcome of transform.

    Attributes:
        frame: Frame `frames.DESIRED`, by worker key.
        paths: The mapped attribute paths in the mapping's order, the role's path last when roles
            are given.
        create_only: Those that are set at creation alone.
        references: Those that refer to another worker's account: their columns hold worker keys.
        held_back: Whom quarantined rows may be about.
        complete_roster: Whether absence from the employment source means that somebody left.
        findings: What transform noticed about people.
        zone_days: The day used for each time zone that differs from the company's.
        teams: Who should be in which team; None without a `teams` section.
        former: The worker key that a person had before, by the one they have now.
    """

    frame: pd.DataFrame
    paths: tuple[str, ...]
    create_only: frozenset[str] = frozenset()
    references: frozenset[str] = frozenset()
    held_back: HeldBack = HeldBack()
    complete_roster: bool = False
    findings: tuple[Finding, ...] = ()
    zone_days: Mapping[str, date] = field(default_factory=dict)
    teams: DesiredTeams | None = None
    former: Mapping[str, str] = field(default_factory=dict)
