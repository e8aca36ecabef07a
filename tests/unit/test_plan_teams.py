"""What a plan does to teams: which are made, renamed, filled; and which are left alone."""

from dataclasses import replace
from typing import Any

import pytest

from data_contracts.plan import Plan
from data_contracts.team_plan import TeamMember, TeamOperation
from data_contracts.teams import Team, TeamSnapshot
from data_contracts.words import Verdict
from tasks.plan.staleness import what_moved
from tests.builders import World, codes, quarantined, verdict

CORE = Team("t-core", "Core", "Core", frozenset())


def person(number: int, team: str | None = "Core", **more: Any) -> dict[str, Any]:
    return {
        "id": f"e{number}",
        "ext": f"x{number}",
        "email": f"p{number}@x",
        "given": "Ann",
        "title": "PM",
        "extra": team,
        **more,
    }


def account(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": f"a{number}",
        "userName": f"p{number}@x",
        "externalId": f"x{number}",
        "name.givenName": "Ann",
        'emails[type eq "work"].value': f"p{number}@x",
        "title": "PM",
        **more,
    }


def world(*people: dict[str, Any], teams: str = "", accounts: int = 9, **more: Any) -> World:
    """A world whose people have accounts already, all managed, with teams in the column `extra`."""
    return World(
        hr=people,
        accounts=[account(n) for n in range(accounts)],
        links=[(f"e{n}", f"a{n}") for n in range(accounts)],
        conf=[
            f"teams: {{column: hr.extra, separator: ';', {teams}}}",
            "guardrails: {min_admins: 0}",
        ],
        **{"complete_roster": False, **more},
    )


def with_members(team: Team, *members: str) -> Team:
    return replace(team, members=frozenset(members))


def done(plan: Plan) -> list[str]:
    """What is done to teams: `create-team/Core`, `change-members/Core +e0 -e1(moved)`."""
    return [
        " ".join(
            [
                operation.operation_id,
                *(f"+{m.worker_key}" for m in operation.add),
                *(f"-{m.worker_key}({m.reason})" for m in operation.remove),
            ]
        )
        for operation in plan.team_operations
    ]


def operation(plan: Plan, operation_id: str) -> TeamOperation:
    (found,) = [o for o in plan.team_operations if o.operation_id == operation_id]
    return found


def found_about(plan: Plan, key: str) -> set[str]:
    return codes(plan).get(f"team:{key}", set())


def test_a_team_that_is_not_there_is_made_and_filled() -> None:
    plan = world(person(0), person(1, "Data;Core")).plan()
    assert done(plan) == [
        "create-team/Core",
        "create-team/Data",
        "change-members/Core +e0 +e1",
        "change-members/Data +e1",
    ]
    made = operation(plan, "create-team/Core")
    assert (made.name, made.external_id, made.team_id, made.reason) == (
        "Core", "Core", None, "new-team",
    )  # fmt: skip
    assert operation(plan, "change-members/Data").add == (TeamMember("e1", "a1", "joined"),)


def test_externalid_is_sent_unless_the_settings_say_no() -> None:
    plan = world(person(0), teams="external_id: false").plan()
    assert operation(plan, "create-team/Core").external_id is None


def test_a_team_for_nobody_who_is_employed_is_not_made() -> None:
    gone = person(0, _state="leaver")
    assert done(world(gone).plan()) == []


def test_who_gets_an_account_by_the_same_plan_becomes_a_member() -> None:
    plan = world(person(0), accounts=0).plan()
    assert operation(plan, "change-members/Core").add == (TeamMember("e0", None, "joined"),)


def test_a_mover_leaves_one_team_and_joins_another() -> None:
    data = Team("t-data", "Data", "Data", frozenset())
    w = world(
        person(0, "Data"),
        person(1, "Core"),
        teams="",
    )
    w.teams = [with_members(CORE, "a0", "a1"), data]
    w.team_links = [("Core", "t-core"), ("Data", "t-data")]
    plan = w.plan()
    assert done(plan) == ["change-members/Core -e0(moved)", "change-members/Data +e0"]
    assert operation(plan, "change-members/Core").explanation == "1 who should not is"


@pytest.mark.parametrize(("leavers", "left"), [("remove", ["-e0(leaver)"]), ("keep", [])])
@pytest.mark.parametrize("active", [True, False])
def test_a_leaver_is_removed_from_managed_teams_or_kept(
    leavers: str, left: list[str], active: bool
) -> None:
    w = world(person(0, _state="leaver"), person(1), teams=f"leavers: {leavers}")
    w.accounts = [account(0, active=active), account(1)]
    w.teams, w.team_links = [with_members(CORE, "a0", "a1")], [("Core", "t-core")]
    assert done(w.plan()) == [" ".join(["change-members/Core", *left])][: len(left)]


def test_somebody_absent_from_a_complete_roster_is_a_leaver_here_too() -> None:
    w = world(person(1), complete_roster=True, accounts=2)
    w.teams, w.team_links = [with_members(CORE, "a0", "a1")], [("Core", "t-core")]
    assert done(w.plan()) == ["change-members/Core -e0(leaver)"]
    assert done(replace(w, complete_roster=False).plan()) == []


@pytest.mark.parametrize(
    "more",
    [
        {"extra": None},
        {"_state": "on_leave", "extra": "Data"},
        {"_state": "suspended", "extra": "Data"},
        {"hire": "2027-01-01", "extra": "Data"},
        {"last": "no date at all", "extra": "Data"},
    ],
    ids=["no word", "on leave", "suspended", "not begun", "unreadable"],
)
def test_doubt_and_absence_for_a_while_keep_a_person_where_they_are(more: dict[str, Any]) -> None:
    w = world({**person(0), **more}, person(1), teams="")
    w.conf = [*w.conf, "lifecycle: {on_leave: deactivate}"]
    w.teams, w.team_links = [with_members(CORE, "a0", "a1")], [("Core", "t-core")]
    assert done(w.plan()) == []


def test_a_quarantined_person_keeps_what_they_have() -> None:
    w = world(person(0, "Data"), person(1), held=[quarantined("e0")])
    w.teams, w.team_links = [with_members(CORE, "a0", "a1")], [("Core", "t-core")]
    assert done(w.plan()) == []


def test_members_whose_accounts_are_not_managed_stay() -> None:
    w = world(person(1), accounts=2)
    w.links = [("e1", "a1")]
    w.teams, w.team_links = [with_members(CORE, "a0", "a1", "g-1")], [("Core", "t-core")]
    assert done(w.plan()) == []


def test_an_adopted_account_is_managed() -> None:
    w = world(person(0), person(1, "Data"), accounts=2)
    w.links = []
    w.teams, w.team_links = [with_members(CORE, "a1")], [("Core", "t-core")]
    plan = w.plan()
    assert len(plan.adoptions) == 2
    assert "change-members/Core +e0 -e1(moved)" in done(plan)


def test_another_name_renames_the_team_and_makes_no_second() -> None:
    w = world(person(0), teams="names: {Core: Kernel}")
    w.teams, w.team_links = [with_members(CORE, "a0")], [("Core", "t-core")]
    plan = w.plan()
    assert done(plan) == ["rename-team/Core"]
    renamed = operation(plan, "rename-team/Core")
    assert (renamed.team_id, renamed.former_name, renamed.name) == ("t-core", "Core", "Kernel")


def test_a_name_that_is_another_teams_is_not_taken_and_members_go_on() -> None:
    w = world(person(0), teams="names: {Core: Kernel}")
    w.teams = [CORE, Team("t-2", "kernel ", None)]
    w.team_links = [("Core", "t-core")]
    plan = w.plan()
    assert done(plan) == ["change-members/Core +e0"]
    assert found_about(plan, "Core") == {"team-name-taken"}


def test_two_keys_with_one_name_are_neither_made_nor_renamed() -> None:
    w = world(person(0, "A;B"), teams="names: {A: Core, B: CORE}")
    plan = w.plan()
    assert done(plan) == []
    assert found_about(plan, "A") == found_about(plan, "B") == {"team-name-shared"}


@pytest.mark.parametrize(
    "team",
    [Team("t-9", "core ", None), Team("t-9", "Other", "Core")],
    ids=["same name", "same externalId"],
)
def test_a_team_that_is_there_and_not_ours_is_left_alone_and_told(team: Team) -> None:
    w = world(person(0))
    w.teams = [with_members(team, "a1")]
    plan = w.plan()
    assert (done(plan), plan.team_adoptions) == ([], ())
    assert found_about(plan, "Core") == {"team-not-managed"}


def test_a_team_that_is_there_is_adopted_where_the_settings_say_so() -> None:
    w = world(person(0), person(1, "Data"), teams="existing: adopt")
    w.teams = [Team("t-9", "core", None, frozenset({"a1", "g-1"}))]
    plan = w.plan()
    (adoption,) = plan.team_adoptions
    assert (adoption.team_key, adoption.team_id, adoption.correlated_by) == (
        "Core", "t-9", "displayName",
    )  # fmt: skip
    assert "rename-team/Core" in done(plan)
    assert "change-members/Core +e0 -e1(moved)" in done(plan)
    assert not plan.is_empty


@pytest.mark.parametrize(
    ("teams", "links", "code"),
    [
        ([Team("t-1", "Core"), Team("t-2", "CORE")], [], "team-ambiguous"),
        ([Team("t-1", "Core"), Team("t-2", "Else", "Core")], [], "team-ambiguous"),
        ([Team("t-1", "Core", "other-id")], [], "team-conflict"),
        ([Team("t-1", "Core")], [("Old", "t-1")], "team-conflict"),
    ],
)
def test_a_team_is_not_adopted_when_it_is_not_certain_which(
    teams: list[Team], links: list[tuple[str, str]], code: str
) -> None:
    w = world(person(0), teams="existing: adopt")
    w.teams, w.team_links = teams, links
    plan = w.plan()
    assert (done(plan), plan.team_adoptions) == ([], ())
    assert code in found_about(plan, "Core")


def test_a_managed_team_that_is_gone_is_made_anew() -> None:
    w = world(person(0))
    w.team_links = [("Core", "t-gone")]
    assert done(w.plan()) == ["create-team/Core", "change-members/Core +e0"]


def test_a_team_of_whom_nobody_is_left_stays_and_is_told() -> None:
    w = world(person(0, "Data"))
    w.teams, w.team_links = [with_members(CORE, "a0", "g-1")], [("Core", "t-core")]
    plan = w.plan()
    assert done(plan)[1:] == ["change-members/Core -e0(moved)", "change-members/Data +e0"]
    assert found_about(plan, "Core") == {"team-without-people"}


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"teams_read": TeamSnapshot(complete=False, notes=("x",))}, "teams-read-incomplete"),
        ({"complete_read": False}, "target-read-incomplete"),
    ],
    ids=["teams", "accounts"],
)
def test_an_incomplete_read_removes_nobody_and_still_adds(more: dict[str, Any], code: str) -> None:
    w = world(person(0, "Data"), person(1), **more)
    w.teams, w.team_links = [with_members(CORE, "a0")], [("Core", "t-core")]
    plan = w.plan()
    assert "change-members/Core +e1" in done(plan)
    assert {"acme", "test"} & set(codes(plan))
    assert any(code in found for found in codes(plan).values())


def test_after_an_incomplete_read_of_teams_none_is_made() -> None:
    w = world(person(0), teams_read=TeamSnapshot(complete=False, notes=("x",)))
    plan = w.plan()
    assert done(plan) == []
    assert found_about(plan, "Core") == {"team-put-off"}


def test_teams_that_cannot_be_read_at_all_are_left_alone() -> None:
    w = world(person(0), teams_read=TeamSnapshot(complete=False, unreadable="GET /Groups: 404"))
    w.team_links = [("Core", "t-core")]
    plan = w.plan()
    assert done(plan) == []
    assert plan.verdict is Verdict.SAFE
    assert codes(plan)["acme"] == {"teams-unreadable"}


def test_members_that_could_not_be_read_stay_as_they_are() -> None:
    w = world(person(0))
    w.teams, w.team_links = [replace(CORE, members=None)], [("Core", "t-core")]
    plan = w.plan()
    assert done(plan) == []
    assert found_about(plan, "Core") == {"team-members-unknown"}


@pytest.mark.parametrize("name", ["t-core", "CORE"])
def test_a_protected_team_is_left_alone(name: str) -> None:
    w = world(person(0))
    w.conf = [*w.conf, f"target: {{protected: [{name}]}}"]
    w.teams, w.team_links = [CORE], [("Core", "t-core")]
    plan = w.plan()
    assert done(plan) == []
    assert found_about(plan, "Core") == {"protected"}
    unlinked = replace(w, team_links=[], teams=[])
    assert done(unlinked.plan()) == ([] if name == "CORE" else done(world(person(0)).plan()))


@pytest.mark.parametrize(("most", "said"), [(1, "held"), (2, "safe"), (3, "safe")])
def test_new_teams_over_the_limit_are_held(most: int, said: str) -> None:
    w = world(person(0, "A;B"))
    w.conf = [*w.conf, f"guardrails: {{team_creates: {{max: {most}}}}}"]
    assert verdict(w.plan(), "team_creates") == said


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        ("{max: 1, max_fraction: null}", "held"),
        ("{max: 2, max_fraction: null}", "safe"),
        ("{max_fraction: 0.4, small_population: 2}", "held"),  # 2 of 4, 1 allowed
        ("{max_fraction: 0.5, small_population: 2}", "safe"),
        ("{max_fraction: 0.9, small_population: 9, max_when_small: 1}", "held"),
    ],
)
def test_removals_over_the_limit_are_held_before_the_first_write(limit: str, said: str) -> None:
    w = world(*(person(n, "Data" if n < 2 else "Core") for n in range(4)), accounts=4)
    w.conf = [*w.conf, f"guardrails: {{team_removals: {limit}}}"]
    w.teams = [with_members(CORE, "a0", "a1", "a2", "a3", "g-1")]
    w.team_links = [("Core", "t-core")]
    plan = w.plan()
    assert verdict(plan, "team_removals") == said
    (result,) = [g for g in plan.guardrails if g.name == "team_removals"]
    assert (result.actual, result.population) == (2, 4)
    assert "2 members would be removed from teams, of 4 managed" in result.message


def test_without_the_section_a_plan_says_nothing_of_teams() -> None:
    w = world(person(0))
    plan = replace(w, conf=w.conf[1:]).plan()
    assert b"team" not in plan.to_bytes()
    assert Plan.from_bytes(plan.to_bytes()) == plan


def test_a_plan_with_teams_is_read_back_as_it_was_written() -> None:
    w = world(person(0), person(1, "Data", _state="leaver"), teams="existing: adopt")
    w.teams = [Team("t-9", "core", None, frozenset({"a1"}))]
    plan = w.plan()
    again = Plan.from_bytes(plan.to_bytes())
    assert again == plan
    assert again.digest == plan.digest
    assert again.team_operations[-1].remove[0].reason == "leaver"


def test_a_plan_whose_teams_moved_is_stale_and_says_so() -> None:
    w = world(person(0))
    w.teams, w.team_links = [CORE], [("Core", "t-core")]
    saved, now = w.plan(), replace(w, teams=[with_members(CORE, "a0")]).plan()
    assert saved.digest != now.digest
    told = what_moved(saved, now)
    assert "teams changed at the target, or the ledger's links to them" in told
    assert "change-members/Core no longer to be done" in told
