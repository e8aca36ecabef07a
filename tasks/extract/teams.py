"""The target's present teams: all of them by name, with members those that may be worked on.

A target whose teams cannot be read must not keep people's accounts from being planned: a leaver
reads on otherwise. So nothing is raised; what went wrong is said in the snapshot.
"""

import asyncio
from collections.abc import Sequence

from data_contracts.configuration.target import TargetSettings
from data_contracts.errors import TargetError, TargetRefused
from data_contracts.teams import Team, TeamSnapshot, TeamsWanted
from tasks.scim.client import ScimClient
from tasks.scim.groups import Resource, read_team
from tasks.scim.protocol import Purpose


async def read_teams(
    client: ScimClient, settings: TargetSettings, wanted: TeamsWanted
) -> TeamSnapshot:
    """Read every team of the target.

    Args:
        client: Of the target.
        settings: Of the target: how many requests at a time.
        wanted: Which teams' members have to be known.

    Returns:
        The teams by id. A team that is listed without members is read singly when it is wanted.
    """
    before, teams = client.requests, dict[str, Team]()

    def take(groups: Sequence[Resource]) -> None:
        teams.update((team.team_id, team) for team in map(read_team, groups))

    try:
        listing = await client.groups.list(take)
    except TargetError as error:
        requests = client.requests - before
        return TeamSnapshot(complete=False, unreadable=error.message, requests=requests)
    turns = asyncio.Semaphore(settings.max_in_flight)

    async def read_on(team: Team) -> Team | None:
        async with turns:
            return await _with_members(client, team)

    unread = [t for t in teams.values() if t.members is None and wanted.includes(t)]
    for team, known in zip(unread, await asyncio.gather(*map(read_on, unread)), strict=True):
        if known is None:
            del teams[team.team_id]
        else:
            teams[team.team_id] = known
    return TeamSnapshot(
        teams=tuple(teams[team_id] for team_id in sorted(teams)),
        complete=listing.complete,
        notes=listing.notes,
        requests=client.requests - before,
    )


async def _with_members(client: ScimClient, team: Team) -> Team | None:
    """The same team with its members; without them if it cannot be read, None if it is gone."""
    try:
        resource, _ = await client.groups.get(team.team_id, purpose=Purpose.LIST)
    except TargetRefused as error:
        return None if error.status == 404 else team
    except TargetError:
        return team
    return read_team(resource, whole=True)
