"""What crosses between steps about teams: who should be in which, and what the target holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from data_contracts.frames import TEXT, WORKER_KEY, FrameSpec

if TYPE_CHECKING:
    import pandas as pd

TEAM_KEY = "team_key"

MEMBERSHIPS = FrameSpec("memberships", {WORKER_KEY: TEXT, TEAM_KEY: TEXT})
"""Who belongs to which team by the sources, by worker and team; whatever becomes of the account."""


@dataclass(frozen=True, slots=True)
class DesiredTeams:
    """Who should be in which team.

    Attributes:
        memberships: Frame `MEMBERSHIPS`.
        known: Worker keys of whom the sources say anything; of the others nothing is changed.
    """

    memberships: pd.DataFrame
    known: frozenset[str]


@dataclass(frozen=True, slots=True)
class Team:
    """One team at the target.

    Attributes:
        team_id: Its SCIM id.
        name: Its displayName; "" when it shows none.
        external_id: Its externalId; None when it shows none.
        members: Ids of its members; None when they were not read.
    """

    team_id: str
    name: str
    external_id: str | None = None
    members: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class TeamSnapshot:
    """The teams of the target at one moment, by id.

    Attributes:
        teams: Every team; members of those alone that may be worked on.
        complete: Whether every team was listed. An incomplete read makes no team and removes
            nobody.
        notes: What was odd, in words.
        unreadable: Why there is no list at all, in words; "" when there is one.
        requests: How many requests the reading took.
    """

    teams: tuple[Team, ...] = ()
    complete: bool = True
    notes: tuple[str, ...] = ()
    unreadable: str = ""
    requests: int = 0


@dataclass(frozen=True, slots=True)
class TeamLink:
    """The ledger's word that a team is managed, and by which key."""

    team_key: str
    team_id: str
    name: str


@dataclass(frozen=True, slots=True)
class TeamsWanted:
    """Which teams' members have to be known.

    Attributes:
        ids: Ids of teams that are managed, or that a write was left open for.
        names: Names of teams that are wanted, as `casefold` writes them.
        external_ids: Keys of teams that are wanted.
    """

    ids: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    external_ids: frozenset[str] = frozenset()

    def includes(self, team: Team) -> bool:
        """Whether a team may be worked on."""
        return (
            team.team_id in self.ids
            or folded_name(team.name) in self.names
            or team.external_id in self.external_ids
        )


def folded_name(name: str) -> str:
    """A team's name in the form in which two are compared (RFC 7643 section 8.7.1: any case).

    >>> folded_name(" Product ")
    'product'
    """
    return name.strip().casefold()


@dataclass(frozen=True, slots=True)
class TeamInputs:
    """What a plan for teams is made from, beside people and accounts.

    Attributes:
        desired: Who should be in which.
        snapshot: What the target holds.
        links: Which teams are managed.
    """

    desired: DesiredTeams
    snapshot: TeamSnapshot
    links: tuple[TeamLink, ...] = field(default=())

    @property
    def by_key(self) -> Mapping[str, TeamLink]:
        """Links by team key."""
        return {link.team_key: link for link in self.links}
