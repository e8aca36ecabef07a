"""Laws that a plan for teams keeps, whatever the source, the target and the ledger say."""

from dataclasses import replace
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from data_contracts.plan import Plan
from data_contracts.team_plan import TeamOperation
from data_contracts.teams import Team, TeamSnapshot, folded_name
from data_contracts.words import TeamOperationKind
from tests.builders import World, quarantined
from tests.property.worlds import applied

PEOPLE = 6
KEYS = ["A", "B", "C", "a", "D"]
NAMES = ["A", "B", "C", "c ", "Other"]
RULES = [
    "",
    "existing: adopt",
    "existing: adopt, leavers: keep",
    "names: {A: Alpha, B: B}, clear_when_empty: true",
    "names: {A: Same, B: same}",
    "values: {A: B}, unlisted: keep, external_id: false",
    "prefix: A, existing: adopt",
]


@st.composite
def cells(draw: st.DrawFn) -> str | None:
    return ";".join(draw(st.lists(st.sampled_from(KEYS), max_size=3))) or None


@st.composite
def rows(draw: st.DrawFn) -> list[dict[str, Any]]:
    return [
        {
            "_line": n + 2,
            "id": f"e{n}",
            "ext": f"x{n}",
            "email": f"p{n}@x",
            "extra": draw(cells()),
            "_state": draw(st.sampled_from(["active"] * 5 + ["leaver", "on_leave", "suspended"])),
        }
        for n in range(PEOPLE)
        if draw(st.integers(0, 6))
    ]


@st.composite
def teams(draw: st.DrawFn) -> list[Team]:
    ids = [f"a{n}" for n in range(PEOPLE)] + ["guest", "t0"]
    return [
        Team(
            f"t{n}",
            draw(st.sampled_from(NAMES)),
            draw(st.sampled_from([None, None, *KEYS])),
            draw(st.none() | st.frozensets(st.sampled_from(ids), max_size=5)),
        )
        for n in range(draw(st.integers(0, 4)))
    ]


@st.composite
def worlds(draw: st.DrawFn) -> World:
    there = [n for n in range(PEOPLE) if draw(st.integers(0, 4))]
    linked_keys = draw(st.lists(st.sampled_from(KEYS), max_size=4, unique=True))
    return World(
        hr=draw(rows()),
        accounts=[
            {"id": f"a{n}", "userName": f"p{n}@x", "externalId": f"x{n}",
             "active": draw(st.booleans())}
            for n in there
        ],
        links=[(f"e{n}", f"a{n}") for n in there if draw(st.booleans())],
        conf=[
            f"teams: {{column: hr.extra, separator: ';', {draw(st.sampled_from(RULES))}}}",
            "{mapping: {name.givenName: null, title: null}}",
            draw(st.sampled_from(["", "target: {protected: [t1, 'C']}"])),
        ],
        held=draw(st.sampled_from([(), (quarantined("e1"),)])),
        complete_roster=draw(st.booleans()),
        complete_read=draw(st.sampled_from([True, True, True, False])),
        teams=draw(teams()),
        team_links=[(key, f"t{n}") for n, key in enumerate(linked_keys)],
        teams_read=TeamSnapshot(complete=draw(st.sampled_from([True, True, True, False]))),
    )  # fmt: skip


def after(world: World, plan: Plan) -> World:
    """Carry a plan out: accounts as ever, and teams take over what is written."""
    world = applied(world, plan)
    accounts = {worker: account for worker, account in world.links}
    there = {team.team_id: team for team in world.teams}
    links = dict(world.team_links)
    links |= {adoption.team_key: adoption.team_id for adoption in plan.team_adoptions}
    for operation in plan.team_operations:
        if operation.kind is TeamOperationKind.CREATE:
            made = Team(f"new-{operation.team_key}", operation.name, operation.external_id,
                        frozenset())  # fmt: skip
            there[made.team_id], links[operation.team_key] = made, made.team_id
            continue
        team_id = operation.team_id or links[operation.team_key]
        there[team_id] = changed(there[team_id], operation, accounts)
    return replace(world, teams=list(there.values()), team_links=list(links.items()))


def changed(team: Team, operation: TeamOperation, accounts: dict[str, str]) -> Team:
    if operation.kind is TeamOperationKind.RENAME:
        return replace(team, name=operation.name)
    assert team.members is not None
    added = {member.account_id or accounts[member.worker_key] for member in operation.add}
    removed = {member.account_id for member in operation.remove}
    assert not added & team.members
    assert removed <= team.members
    return replace(team, members=(team.members | added) - removed)


@given(worlds())
def test_nothing_but_managed_teams_and_managed_people_is_touched(world: World) -> None:
    plan = world.plan()
    links = dict(world.team_links)
    links |= {adoption.team_key: adoption.team_id for adoption in plan.team_adoptions}
    made = {o.team_key for o in plan.team_operations if o.kind is TeamOperationKind.CREATE}
    managed = dict(world.links) | {a.worker_key: a.account_id for a in plan.adoptions}
    created = {o.worker_key for o in plan.operations if o.account_id is None}
    protected = {folded_name(name) for name in world.settings.target.protected}
    there = {team.team_id: team for team in world.teams}
    for operation in plan.team_operations:
        if operation.team_id is None:
            assert operation.team_key in made
        else:
            assert links[operation.team_key] == operation.team_id
            names = {operation.team_id, there[operation.team_id].name, operation.name}
            assert not protected & set(map(folded_name, names))
        for member in (*operation.add, *operation.remove):
            assert member.worker_key != "e1" or not world.held, "quarantined"
            if member.account_id is None:
                assert member.worker_key in created
            else:
                assert managed[member.worker_key] == member.account_id
    if not world.settings.teams or world.settings.teams.existing == "leave":
        assert plan.team_adoptions == ()


@given(worlds())
def test_an_incomplete_read_makes_no_team_and_removes_nobody(world: World) -> None:
    plan = world.plan()
    if not world.teams_read.complete:
        assert TeamOperationKind.CREATE not in {o.kind for o in plan.team_operations}
    if not (world.teams_read.complete and world.complete_read):
        assert not [o for o in plan.team_operations if o.remove]
    unread = {team.team_id for team in world.teams if team.members is None}
    members = [o for o in plan.team_operations if o.kind is TeamOperationKind.MEMBERS]
    assert not unread & {o.team_id for o in members}


@given(worlds())
def test_no_two_teams_get_one_name_and_no_key_two_teams(world: World) -> None:
    plan = world.plan()
    before = [folded_name(team.name) for team in world.teams]
    given_names = [
        folded_name(o.name)
        for o in plan.team_operations
        if o.kind in (TeamOperationKind.CREATE, TeamOperationKind.RENAME)
    ]
    assert len(given_names) == len(set(given_names))
    for operation in plan.team_operations:
        if operation.kind is TeamOperationKind.CREATE:
            assert folded_name(operation.name) not in before
    ids = [o.operation_id for o in plan.team_operations]
    assert len(ids) == len(set(ids))


@given(worlds())
def test_after_a_plan_is_carried_out_nothing_is_left_to_do_for_teams(world: World) -> None:
    """Once more where a rename freed a name, or an account was not matched before."""
    plan = world.plan()
    for _ in range(4):
        if plan.is_empty:
            break
        world = after(world, plan)
        plan = world.plan()
    assert plan.is_empty, plan.team_operations


@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_of_rows_teams_and_links_changes_no_byte(world: World, random: Random) -> None:
    def shuffled(items: Any) -> list[Any]:
        return random.sample(list(items), len(items))

    other = replace(
        world,
        hr=shuffled(world.hr),
        teams=shuffled(world.teams),
        team_links=shuffled(world.team_links),
        links=shuffled(world.links),
    )
    assert other.plan().to_bytes() == world.plan().to_bytes()
