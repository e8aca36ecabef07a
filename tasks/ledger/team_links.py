"""Links to managed teams: which group stands for which value of the source, and since when."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa

from data_contracts.errors import LedgerError
from data_contracts.team_plan import TeamAdoption
from data_contracts.teams import TeamLink
from tasks.ledger.chain import append_rows
from tasks.ledger.team_schema import team_link, team_link_event


class TeamLinkEventKind(StrEnum):
    """How a team's link came to be or changed."""

    ADOPTED = "adopted"  # the team was there already
    CREATED = "created"
    REPLACED = "replaced"  # another group stands for the value now
    RENAMED = "renamed"
    CONTESTED = "contested"  # the group is another value's: nothing was changed


@dataclass(frozen=True, slots=True)
class TeamLinkChange:
    """What an adoption or a successful operation says of a team.

    Attributes:
        team_key: Which team.
        team_id: The group that stands for it.
        name: What it is called.
        origin: How the link comes to be, if there is none yet.
        at: When (UTC).
    """

    team_key: str
    team_id: str
    name: str
    origin: TeamLinkEventKind
    at: datetime


def read(connection: sa.Connection, target: str) -> tuple[TeamLink, ...]:
    """Read a target's links to teams, by team key."""
    query = sa.select(team_link.c.team_key, team_link.c.team_id, team_link.c.name)
    rows = connection.execute(query.where(team_link.c.target == target))
    return tuple(TeamLink(*row) for row in sorted(map(tuple, rows)))


def adopt(
    connection: sa.Connection,
    run_id: str,
    target: str,
    adoptions: Iterable[TeamAdoption],
    at: datetime,
) -> None:
    """Link teams that were there already; nothing is written at the target.

    Raises:
        LedgerError: One of the teams stands for another value; none is adopted.
    """
    for each in adoptions:
        origin = TeamLinkEventKind.ADOPTED
        change = TeamLinkChange(each.team_key, each.team_id, each.name, origin, at)
        if not apply_change(connection, run_id, target, change):
            raise LedgerError(
                f"team {each.team_id} cannot be adopted for {each.team_key!r}: the ledger links it "
                "to another value; nothing was adopted",
                hint="make a new plan: `scimflow plan`",
            )


def apply_change(
    connection: sa.Connection, run_id: str, target: str, change: TeamLinkChange
) -> bool:
    """Bring one link up to date and append what changed.

    Returns:
        Whether it was made; a group that stands for another value stays that one's, which the
        trail tells as `contested`.
    """
    columns = (team_link.c.team_key, team_link.c.team_id, team_link.c.name)
    query = sa.select(*columns).where(
        team_link.c.target == target,
        sa.or_(team_link.c.team_key == change.team_key, team_link.c.team_id == change.team_id),
    )
    links = [TeamLink(*row) for row in connection.execute(query)]
    if any(link.team_key != change.team_key for link in links if link.team_id == change.team_id):
        _append(connection, run_id, target, change, TeamLinkEventKind.CONTESTED)
        return False
    old = next((link for link in links if link.team_key == change.team_key), None)
    kind = _kind(old, change)
    if kind is None:
        return True
    _append(connection, run_id, target, change, kind)
    connection.execute(
        sa.delete(team_link).where(
            team_link.c.target == target, team_link.c.team_key == change.team_key
        )
    )
    connection.execute(
        sa.insert(team_link),
        {
            "target": target,
            "team_key": change.team_key,
            "team_id": change.team_id,
            "name": change.name,
            "run_id": run_id,
            "linked_at": change.at,
        },
    )
    return True


def _kind(old: TeamLink | None, change: TeamLinkChange) -> TeamLinkEventKind | None:
    """What happened to a link; None when nothing did."""
    if old is None:
        return change.origin
    if old.team_id != change.team_id:
        return TeamLinkEventKind.REPLACED
    return TeamLinkEventKind.RENAMED if old.name != change.name else None


def _append(
    connection: sa.Connection,
    run_id: str,
    target: str,
    change: TeamLinkChange,
    kind: TeamLinkEventKind,
) -> None:
    append_rows(
        connection,
        team_link_event,
        [
            {
                "run_id": run_id,
                "target": target,
                "event": str(kind),
                "team_key": change.team_key,
                "team_id": change.team_id,
                "name": change.name,
                "at": change.at,
            }
        ],
    )
