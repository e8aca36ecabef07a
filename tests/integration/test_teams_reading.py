"""Reading a target's teams: by name, with members where they are needed, every doubt told."""

from typing import Any

import pytest

from data_contracts.teams import Team, TeamSnapshot, TeamsWanted
from tasks.extract.teams import read_teams
from tests.target_parts import Target, asynchronous, target

GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
TEAMS: dict[str, Any] = {"teams": True}
ALL = TeamsWanted(names=frozenset(f"team {n}" for n in range(5)))


def make(t: Target, count: int = 5) -> list[str]:
    return [
        t.sandbox.service.groups.seed(
            {
                "schemas": [GROUP],
                "displayName": f"Team {n}",
                "externalId": f"T{n}",
                "members": [{"value": f"u{n}"}],
            }
        )
        for n in range(count)
    ]


async def read(t: Target, wanted: TeamsWanted = ALL) -> TeamSnapshot:
    return await read_teams(t.client, t.settings, wanted)


@pytest.mark.parametrize("paging", ["index", "cursor", "both"])
@asynchronous
async def test_every_team_is_read_page_by_page(paging: str) -> None:
    sandbox = {**TEAMS, "paging": paging, "max_page_size": 2, "default_page_size": 2}
    async with target(sandbox=sandbox, page_size=2, paging="auto") as t:
        ids = make(t)
        snapshot = await read(t)
        assert snapshot.complete, snapshot.notes
        assert snapshot.teams[0] == Team(ids[0], "Team 0", "T0", frozenset({"u0"}))
        assert [team.team_id for team in snapshot.teams] == sorted(ids)


@asynchronous
async def test_members_that_are_not_listed_are_read_singly_where_they_are_needed() -> None:
    async with target("members-not-listed=1", sandbox=TEAMS) as t:
        ids = make(t)
        wanted = TeamsWanted(frozenset({ids[1]}), frozenset({"team 3"}), frozenset({"T4"}))
        snapshot = await read(t, wanted)
        known = {team.name: team.members for team in snapshot.teams}
        assert known == {
            "Team 0": None,
            "Team 1": frozenset({"u1"}),
            "Team 2": None,
            "Team 3": frozenset({"u3"}),
            "Team 4": frozenset({"u4"}),
        }
        asked = [seen.path for seen in t.sandbox.journal if seen.path.startswith("/Groups")]
        assert sorted(asked) == sorted(["/Groups", *(f"/Groups/{ids[n]}" for n in (1, 3, 4))])


@asynchronous
async def test_a_team_without_members_has_none_once_it_was_looked_at() -> None:
    async with target(sandbox=TEAMS) as t:
        t.sandbox.service.groups.seed({"schemas": [GROUP], "displayName": "Team 0"})
        (team,) = (await read(t)).teams
        assert team.members == frozenset()


@asynchronous
async def test_a_list_that_lacks_a_team_is_incomplete_and_says_so_of_teams() -> None:
    async with target("short-list=1", sandbox=TEAMS) as t:
        make(t)
        snapshot = await read(t)
        assert not snapshot.complete
        assert any("announced 5 teams and gave 4" in note for note in snapshot.notes)


@asynchronous
async def test_without_teams_nothing_is_raised_and_the_reason_is_told() -> None:
    async with target() as t:
        snapshot = await read(t)
        assert snapshot.teams == ()
        assert not snapshot.complete
        assert "/Groups" in snapshot.unreadable
        assert "404" in snapshot.unreadable


@asynchronous
async def test_members_that_cannot_be_read_are_not_known() -> None:
    async with target("members-not-listed=1", "html-404=1", sandbox=TEAMS, request_budget_s=1) as t:
        make(t, 1)
        snapshot = await read(t)
        assert snapshot.complete
        assert snapshot.teams[0].members is None
