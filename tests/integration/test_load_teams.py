"""Operations on teams at a target: made once, changed in the way it takes, read back."""

from collections.abc import Sequence
from typing import Any

import httpx
import orjson
import pytest

from data_contracts.team_plan import TeamMember, TeamOperation
from data_contracts.words import OutcomeResult, TeamOperationKind
from tests.target_parts import Target, asynchronous, create, target

RENAME, CREATE, MEMBERS = TeamOperationKind
APPLIED, SETTLED, FAILED = OutcomeResult.APPLIED, OutcomeResult.SETTLED, OutcomeResult.FAILED
CONFLICT, SKIPPED, UNKNOWN = OutcomeResult.CONFLICT, OutcomeResult.SKIPPED, OutcomeResult.UNKNOWN

GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
TEAMS = {"teams": True}


def team(kind: TeamOperationKind, team_id: str | None = None, **more: Any) -> TeamOperation:
    values = {"team_key": "Core", "name": "Core", "reason": "r", "explanation": "e", **more}
    return TeamOperation(kind=kind, team_id=team_id, **values)


def moves(
    team_id: str | None, add: Sequence[str] = (), remove: Sequence[str] = ()
) -> TeamOperation:
    return team(
        MEMBERS,
        team_id,
        add=tuple(TeamMember(f"E-{each}", each, "joined") for each in add),
        remove=tuple(TeamMember(f"E-{each}", each, "moved") for each in remove),
    )


def make(t: Target, name: str = "Core", members: Sequence[str] = (), **more: Any) -> str:
    values = [{"value": member} for member in members]
    return t.sandbox.service.groups.seed(
        {"schemas": [GROUP], "displayName": name, "members": values, **more}
    )


def members(t: Target, team_id: str) -> list[str]:
    return [m["value"] for m in t.sandbox.teams[team_id].get("members", ())]


def writes(t: Target) -> list[str]:
    return [f"{s.method} {s.path}" for s in t.sandbox.journal if s.method != "GET"]


@asynchronous
async def test_a_team_is_made_with_its_key_as_external_id() -> None:
    async with target(sandbox=TEAMS) as t:
        (made,) = await t.apply(team(CREATE, external_id="Core"))
        assert (made.result, made.worker_key, made.user_name) == (APPLIED, "team:Core", "Core")
        (stored,) = t.sandbox.teams.users()
        assert (stored["id"], stored["externalId"]) == (made.account_id, "Core")
        assert "members" not in stored
        assert t.journal.entries == [("intend", "create-team/Core"), ("record", "create-team/Core")]
        assert [e.method for e in made.exchanges] == ["POST"]


@asynchronous
async def test_members_are_added_and_removed_and_read_back() -> None:
    async with target(sandbox=TEAMS) as t:
        team_id = make(t, members=["a", "b", "guest"])
        (changed,) = await t.apply(moves(team_id, ["c", "d"], ["a"]))
        assert changed.result is APPLIED
        assert sorted(members(t, team_id)) == ["b", "c", "d", "guest"]
        assert [e.method for e in changed.exchanges] == ["PATCH", "GET"]
        assert changed.verified == "read back: 2 in it, 1 no more in it"


@asynchronous
async def test_a_rename_leaves_the_members_alone() -> None:
    async with target(sandbox=TEAMS) as t:
        team_id = make(t, members=["a"])
        (renamed,) = await t.apply(team(RENAME, team_id, name="Kernel", former_name="Core"))
        assert (renamed.result, renamed.user_name) == (APPLIED, "Kernel")
        assert t.sandbox.teams[team_id]["displayName"] == "Kernel"
        assert members(t, team_id) == ["a"]


@asynchronous
async def test_teams_are_not_written_in_bulk() -> None:
    sandbox = {**TEAMS, "bulk": True}
    async with target(sandbox=sandbox, bulk={"enabled": True}) as t:
        async with t.session() as session:
            people = await session.apply([create(f"E{n}") for n in range(4)])
            keys = ("Core", "Data")
            made = await session.apply([team(CREATE, team_key=k, name=k) for k in keys])
            (changed,) = await session.apply([moves(None, [str(p.account_id) for p in people])])
        assert {o.result for o in (*people, *made, changed)} == {APPLIED}
        asked = [f"{s.method} {s.path}" for s in t.sandbox.journal if not s.in_bulk]
        assert "POST /Bulk" in asked, "accounts are"
        assert asked.count("POST /Groups") == 2
        assert f"PATCH /Groups/{made[0].account_id}" in asked


@asynchronous
async def test_large_lists_go_in_chunks_of_a_hundred() -> None:
    async with target(sandbox=TEAMS) as t:
        team_id = make(t, members=[f"old{n}" for n in range(120)])
        change = moves(team_id, [f"new{n}" for n in range(230)], [f"old{n}" for n in range(120)])
        (changed,) = await t.apply(change)
        assert changed.result is APPLIED
        assert set(members(t, team_id)) == {f"new{n}" for n in range(230)}
        assert [e.method for e in changed.exchanges] == ["PATCH"] * 4 + ["GET"]


@asynchronous
async def test_who_was_made_before_in_the_same_load_joins_and_whose_create_failed_waits() -> None:
    def refuse(request: httpx.Request) -> httpx.Response | None:
        if request.method == "POST" and b"e2@acme" in request.content:
            return httpx.Response(403, json={"schemas": [], "detail": "no"})
        return None

    async with target(sandbox=TEAMS, refuse=refuse) as t:
        joining = tuple(TeamMember(key, None, "joined") for key in ("E1", "E2"))
        async with t.session() as session:
            accounts = await session.apply([create("E1"), create("E2")])
            (made,) = await session.apply([team(CREATE)])
            (changed,) = await session.apply([team(MEMBERS, add=joining)])
        assert [o.result for o in accounts] == [APPLIED, FAILED]
        assert members(t, str(made.account_id)) == [accounts[0].account_id]
        assert changed.result is FAILED
        assert "E2 got no account, so the next run adds them" in changed.detail


@asynchronous
async def test_where_the_team_was_not_made_its_members_wait() -> None:
    async with target("500-not-applied=1", sandbox=TEAMS, request_budget_s=2) as t:
        async with t.session() as session:
            (made,) = await session.apply([team(CREATE)])
            (changed,) = await session.apply([moves(None, ["a"])])
        assert made.result is UNKNOWN, "nobody can tell whether it comes to light later"
        assert (changed.result, changed.exchanges) == (SKIPPED, ())
        assert len(t.sandbox.teams) == 0


@pytest.mark.parametrize("filters", ["userName", "common"])
@pytest.mark.parametrize("fault", ["lost-response=1x", "500-but-applied=1x"])
@asynchronous
async def test_a_create_whose_answer_was_lost_makes_no_second_team(
    fault: str, filters: str
) -> None:
    async with target(fault, sandbox={**TEAMS, "filters": filters}) as t:
        make(t, "Other")
        (made,) = await t.apply(team(CREATE, external_id="Core"))
        assert made.result is SETTLED
        assert [x["displayName"] for x in t.sandbox.teams.users()] == ["Other", "Core"]
        assert made.account_id == t.sandbox.teams.ids[1]
        assert writes(t) == ["POST /Groups"]


@asynchronous
async def test_a_search_that_lags_behind_the_write_makes_no_second_team() -> None:
    sandbox = {**TEAMS, "filters": "common"}
    async with target("lost-response=1x", "blind-filter=1", sandbox=sandbox) as t:
        (made,) = await t.apply(team(CREATE, external_id="Core"))
        assert made.result is SETTLED
        assert len(t.sandbox.teams) == 1
        assert writes(t) == ["POST /Groups"]


@asynchronous
async def test_a_create_that_failed_and_did_nothing_is_repeated_after_a_look() -> None:
    async with target("500-not-applied=2x", sandbox=TEAMS) as t:
        (made,) = await t.apply(team(CREATE))
        assert made.result is APPLIED
        assert len(t.sandbox.teams) == 1
        assert writes(t) == ["POST /Groups"] * 3


@asynchronous
async def test_a_create_that_cannot_be_looked_up_is_unknown_and_never_repeated() -> None:
    faults = ("lost-response=1x", "503=1@1")
    async with target(*faults, sandbox=TEAMS, request_budget_s=2) as t:
        (made,) = await t.apply(team(CREATE))
        assert made.result is UNKNOWN
        assert writes(t) == ["POST /Groups"]


@asynchronous
async def test_a_team_made_by_somebody_else_meanwhile_is_a_conflict_and_not_touched() -> None:
    async with target(sandbox={**TEAMS, "team_names_unique": True}) as t:
        team_id = make(t, "core", ["a"])
        before = t.sandbox.teams[team_id]
        (made,) = await t.apply(team(CREATE))
        assert (made.result, made.account_id) == (CONFLICT, None)
        assert team_id in made.detail
        assert t.sandbox.teams[team_id] == before


@asynchronous
async def test_after_a_lost_answer_a_team_with_another_external_id_is_not_taken_for_ours() -> None:
    async with target("500-not-applied=1x", sandbox=TEAMS) as t:
        team_id = make(t, "Core", externalId="somebody-else")
        (made,) = await t.apply(team(CREATE, external_id="Core"))
        assert (made.result, made.account_id) == (CONFLICT, None)
        assert t.sandbox.teams.ids == [team_id]


@pytest.mark.parametrize("fault", ["lost-response=1x", "500-but-applied=1x", "500-not-applied=1x"])
@asynchronous
async def test_a_change_whose_answer_was_lost_is_looked_at_and_finished(fault: str) -> None:
    async with target(fault, sandbox=TEAMS) as t:
        team_id = make(t, members=["a"])
        change = moves(team_id, [f"n{i}" for i in range(150)], ["a"])
        (changed,) = await t.apply(change)
        assert changed.result in (APPLIED, SETTLED)
        assert set(members(t, team_id)) == {f"n{i}" for i in range(150)}


@asynchronous
async def test_a_removal_that_is_answered_and_ignored_is_noticed_and_put() -> None:
    async with target("removal-ignored=1", sandbox=TEAMS) as t:
        team_id = make(t, members=["a", "b", "guest"])
        (changed,) = await t.apply(moves(team_id, ["c"], ["a"]))
        assert changed.result is APPLIED
        assert sorted(members(t, team_id)) == ["b", "c", "guest"]
        assert [e.method for e in changed.exchanges] == ["PATCH", "GET", "GET", "PUT", "GET"]
        t.sandbox.journal.clear()
        (again,) = await t.apply(moves(team_id, [], ["b"]))
        assert again.result is APPLIED


@asynchronous
async def test_value_paths_that_are_refused_lead_to_a_put_with_the_version_read() -> None:
    sandbox = {**TEAMS, "etags": True}
    async with target("member-paths-refused=1", sandbox=sandbox) as t:
        team_id = make(t, members=["a", "guest"])
        (changed,) = await t.apply(moves(team_id, [], ["a"]))
        assert changed.result is APPLIED
        assert members(t, team_id) == ["guest"]
        assert [e.method for e in changed.exchanges] == ["PATCH", "GET", "PUT", "GET"]


@asynchronous
async def test_a_form_that_works_for_joining_proves_nothing_of_leaving() -> None:
    async with target("member-paths-refused=1", sandbox=TEAMS) as t:
        team_id = make(t, members=["a", "guest"])
        (joined,) = await t.apply(moves(team_id, ["b"]))
        assert joined.result is APPLIED
        async with t.session() as session:
            (joined,) = await session.apply([moves(team_id, ["c"])])
            (left,) = await session.apply([moves(team_id, [], ["a", "b"])])
        assert (joined.result, left.result) == (APPLIED, APPLIED)
        assert sorted(members(t, team_id)) == ["c", "guest"]


@asynchronous
async def test_somebody_elses_change_between_read_and_put_is_not_undone() -> None:
    sandbox = {**TEAMS, "etags": True, "patch": False}
    t: Target
    seen = []

    def meddle(request: httpx.Request) -> httpx.Response | None:
        if request.method == "PUT" and not seen:
            seen.append(request.headers["If-Match"])
            groups = t.sandbox.service.groups
            team = t.sandbox.teams[team_id]
            team["members"].append({"value": "by-hand"})
            groups._put(team, team_id, {**team["meta"], "version": 'W/"9"'})
        return None

    async with target(sandbox=sandbox, refuse=meddle, update_with="auto") as t:
        team_id = make(t, members=["a", "b"])
        (changed,) = await t.apply(moves(team_id, ["c"], ["a"]))
        assert changed.result is APPLIED
        assert sorted(members(t, team_id)) == ["b", "by-hand", "c"]
        assert [e.status for e in changed.exchanges if e.method == "PUT"] == [412, 200]


@asynchronous
async def test_without_put_the_list_of_members_is_replaced_from_a_read() -> None:
    sandbox = {**TEAMS, "put": False}
    async with target("member-paths-refused=1", sandbox=sandbox) as t:
        team_id = make(t, members=["a", "guest"], externalId="kept")
        (changed,) = await t.apply(moves(team_id, ["b"], ["a"]))
        assert changed.result is APPLIED
        assert members(t, team_id) == ["guest", "b"]
        assert t.sandbox.teams[team_id]["externalId"] == "kept"


@asynchronous
async def test_no_request_ever_removes_members_by_value_or_deletes() -> None:
    bodies = []

    def note(request: httpx.Request) -> httpx.Response | None:
        if request.method != "GET":
            bodies.append((request.method, orjson.loads(request.content)))
        return None

    faults = ("removal-ignored=1x", "member-paths-refused=1x@1", "lost-response=1x@2")
    async with target(*faults, sandbox=TEAMS, refuse=note) as t:
        team_id = make(t, members=["a", "b", "c", "d"])
        for each in ("a", "b", "c"):
            await t.apply(moves(team_id, [], [each]))
        assert members(t, team_id) == ["d"]
    assert {method for method, _ in bodies} <= {"PATCH", "PUT"}
    operations = [o for _, body in bodies for o in body.get("Operations", ())]
    assert [o for o in operations if o["op"] == "remove" and o["path"] == "members"] == []


@asynchronous
async def test_one_member_whom_the_target_refuses_does_not_keep_the_others_out() -> None:
    async with target(sandbox={**TEAMS, "team_members_checked": True}) as t:
        people = [str((await t.apply(create(f"E{n}")))[0].account_id) for n in range(3)]
        team_id = make(t)
        (changed,) = await t.apply(moves(team_id, [*people[:2], "nobody", people[2]]))
        assert changed.result is FAILED
        assert "nobody" in changed.detail
        assert sorted(members(t, team_id)) == sorted(people)
        assert changed.not_retained == ("members",)


@asynchronous
async def test_a_team_that_is_gone_fails_and_says_so() -> None:
    async with target(sandbox=TEAMS) as t:
        (changed,) = await t.apply(moves("t-gone", ["a"]))
        assert changed.result is FAILED
        assert changed.detail == "the team is gone; the next run plans it anew"


@asynchronous
async def test_a_name_that_is_taken_is_a_conflict() -> None:
    async with target(sandbox={**TEAMS, "team_names_unique": True}) as t:
        make(t, "Kernel")
        team_id = make(t)
        (renamed,) = await t.apply(team(RENAME, team_id, name="Kernel"))
        assert renamed.result is CONFLICT
        assert t.sandbox.teams[team_id]["displayName"] == "Core"


@asynchronous
async def test_a_target_that_never_shows_what_was_added_is_not_believed() -> None:
    async with target("add-ignored=1", sandbox={**TEAMS, "put": False}) as t:
        team_id = make(t, members=["a"])
        (changed,) = await t.apply(moves(team_id, ["b"]))
        assert changed.result is APPLIED, "replacing the list is another way"
    async with target("ignored-write=1", sandbox=TEAMS) as t:
        team_id = make(t, members=["a"])
        (changed,) = await t.apply(moves(team_id, ["b"]))
        assert (changed.result, changed.not_retained) == (FAILED, ("members",))


@asynchronous
async def test_an_ill_target_ends_the_load_once_and_the_rest_is_not_tried() -> None:
    async with target("503=1", sandbox=TEAMS, request_budget_s=0.5) as t:
        operations = [team(CREATE, team_key=f"T{n}", name=f"T{n}") for n in range(40)]
        async with t.session() as session:
            outcomes = await session.apply(operations)
        assert session.stopped
        assert OutcomeResult.SKIPPED in {o.result for o in outcomes}
        assert len(t.sandbox.teams) == 0
