"""Each limit at its edge: under, at, over; and what no approval lifts."""

from typing import Any

import pytest

from data_contracts.configuration import Limit
from data_contracts.plan import Plan
from data_contracts.words import OPERATION_ORDER, Verdict
from tests.builders import ROLE, WORK_EMAIL, World, verdict, what

Row = dict[str, Any]


def workers(count: int, **more: Any) -> list[Row]:
    return [{"id": f"{i:03}", "email": f"{i:03}@x", "ext": f"x{i}", **more} for i in range(count)]


def accounts(count: int, **more: Any) -> list[Row]:
    return [
        {"id": f"a{i:03}", "userName": f"{i:03}@x", "externalId": f"x{i}"}
        | {WORK_EMAIL: f"{i:03}@x", **more}
        for i in range(count)
    ]


def linked(count: int) -> list[tuple[str, str]]:
    return [(f"{i:03}", f"a{i:03}") for i in range(count)]


def leaving(count: int, of: int, limit: str) -> Plan:
    people = workers(count, _state="leaver") + workers(of)[count:]
    conf = f"guardrails: {{deactivations: {limit}}}"
    return World(hr=people, accounts=accounts(of), links=linked(of), conf=conf).plan()


@pytest.mark.parametrize(
    ("count", "of", "limit", "expected"),
    [
        (0, 30, "{max: 0}", "safe"),
        (1, 30, "{max: 0}", "held"),
        (4, 30, "{max: 5, max_fraction: null}", "safe"),
        (5, 30, "{max: 5, max_fraction: null}", "safe"),
        (6, 30, "{max: 5, max_fraction: null}", "held"),
        # a share, rounded down
        (3, 30, "{max_fraction: 0.1}", "safe"),
        (4, 30, "{max_fraction: 0.1}", "held"),
        (2, 29, "{max_fraction: 0.1}", "safe"),
        (3, 29, "{max_fraction: 0.1}", "held"),
        (7, 100, "{max_fraction: 0.07}", "safe"),
        (8, 100, "{max_fraction: 0.07}", "held"),
        (30, 30, "{max_fraction: 1}", "safe"),
        # a share says nothing of few people
        (3, 19, "{max_fraction: 0.05}", "safe"),
        (4, 19, "{max_fraction: 0.05}", "held"),
        (1, 20, "{max_fraction: 0.05}", "safe"),
        (2, 20, "{max_fraction: 0.05}", "held"),
        (2, 5, "{max_fraction: 0.9, small_population: 6, max_when_small: 1}", "held"),
        (2, 6, "{max_fraction: 0.9, small_population: 6, max_when_small: 1}", "safe"),
        # all limits hold at once
        (3, 30, "{max: 2, max_fraction: 0.1}", "held"),
        (3, 30, "{max: 9, max_fraction: 0.1}", "safe"),
        (4, 30, "{max: 9, max_fraction: 0.1}", "held"),
        (3, 10, "{max: 2, max_fraction: 0.1}", "held"),
        # no limit at all
        (30, 30, "{max: null, max_fraction: null}", "safe"),
        # what a limit does not say keeps its default: 5 %, and 50
        (2, 30, "{max: 5}", "held"),
        (1, 30, "{max: 5}", "safe"),
        (2, 30, "{}", "held"),
        (60, 100, "{max_fraction: 0.9}", "held"),
    ],
)
def test_deactivations_over_a_limit_are_held(
    count: int, of: int, limit: str, expected: str
) -> None:
    plan = leaving(count, of, limit)
    assert plan.count(OPERATION_ORDER[0]) == count
    assert verdict(plan, "deactivations") == expected
    assert plan.verdict == expected


def test_a_share_is_what_people_reckon_and_not_what_binary_fractions_do() -> None:
    assert int(0.29 * 100) == 28
    assert Limit(max_fraction=0.29).allowed(100) == 29


def test_without_settings_fifty_and_a_twentieth_are_the_limits_of_deactivations() -> None:
    assert Limit(max=50, max_fraction=0.05).allowed(10_000) == 50
    plan = World(accounts=accounts(40), links=linked(40), hr=workers(37)).plan()
    assert verdict(plan, "deactivations") == "held"
    plan = World(accounts=accounts(40), links=linked(40), hr=workers(38)).plan()
    assert verdict(plan, "deactivations") == "safe"


def test_the_population_is_what_is_managed_and_active_or_about_to_be() -> None:
    there = [
        *accounts(6),
        {"id": "inactive", "userName": "in@x", "active": False},
        {"id": "unmanaged", "userName": "un@x"},
    ]
    links = [*linked(4), ("gone", "inactive")]  # 4 linked, 2 adopted
    plan = World(hr=workers(6), accounts=there, links=links).plan()
    (result,) = [g for g in plan.guardrails if g.name == "deactivations"]
    assert result.population == 6
    assert plan.counts["accounts_managed_active"] == 6
    (adoptions,) = [g for g in plan.guardrails if g.name == "adoptions"]
    assert (adoptions.actual, adoptions.population) == (2, 8)


@pytest.mark.parametrize(
    ("limit", "message"),
    [
        (
            "{max: 1}",
            "deactivations: 2 accounts would be deactivated, of 30 managed and active; "
            "the limit is 1 (max)",
        ),
        (
            "{max: 9, max_fraction: 0.05}",
            "deactivations: 2 accounts would be deactivated, of 30 managed and active; "
            "the limit is 1 (max_fraction 0.05)",
        ),
        (
            "{max_fraction: 0.05, small_population: 31, max_when_small: 1}",
            "deactivations: 2 accounts would be deactivated, of 30 managed and active; "
            "the limit is 1 (max_when_small, as 30 is under 31)",
        ),
        (
            "{max: null, max_fraction: null}",
            "deactivations: 2 accounts would be deactivated, of 30 managed and active; "
            "no limit is set",
        ),
    ],
)
def test_a_message_names_the_limit_the_numbers_and_the_key_that_decides(
    limit: str, message: str
) -> None:
    (result,) = [g for g in leaving(2, 30, limit).guardrails if g.name == "deactivations"]
    assert result.message == message
    assert result.actual == 2


@pytest.mark.parametrize(("limit", "expected"), [(2, "held"), (3, "safe"), (4, "safe")])
def test_created_and_reactivated_accounts_count_together(limit: int, expected: str) -> None:
    back = accounts(1, active=False)
    conf = f"guardrails: {{creates: {{max: {limit}}}}}"
    plan = World(hr=workers(3), accounts=back, links=linked(1), conf=conf).plan()
    assert sorted(what(plan).values()) == ["create", "create", "reactivate"]
    assert verdict(plan, "creates") == expected


@pytest.mark.parametrize(("limit", "expected"), [(2, "held"), (3, "safe")])
def test_updates_over_the_limit_are_held(limit: int, expected: str) -> None:
    conf = f"guardrails: {{updates: {{max: {limit}}}}}"
    people = workers(3, title="New")
    plan = World(hr=people, accounts=accounts(3), links=linked(3), conf=conf).plan()
    assert verdict(plan, "updates") == expected


@pytest.mark.parametrize(("limit", "expected"), [(2, "held"), (3, "safe")])
def test_adoptions_over_the_limit_are_held(limit: int, expected: str) -> None:
    conf = f"guardrails: {{adoptions: {{max: {limit}}}}}"
    plan = World(hr=workers(3), accounts=accounts(3), conf=conf).plan()
    assert plan.operations == ()
    assert verdict(plan, "adoptions") == expected


@pytest.mark.parametrize(
    ("rows", "previous", "expected"),
    [
        (90, 100, "safe"),
        (89, 100, "held"),
        (100, 100, "safe"),
        (120, 100, "safe"),
        (0, 100, "held"),
        (16, 19, "safe"),
        (15, 19, "held"),
        (0, 3, "safe"),
    ],
)
def test_a_source_that_shrank_is_held(rows: int, previous: int, expected: str) -> None:
    plan = World(hr=workers(rows), previous_rows={"hr": previous}).plan()
    assert verdict(plan, "source_shrinkage (hr)") == expected


def test_a_source_that_is_no_longer_there_shrank_to_nothing() -> None:
    plan = World(hr=workers(1), previous_rows={"hr": 1, "idp": 100}).plan()
    assert verdict(plan, "source_shrinkage (idp)") == "held"
    assert verdict(plan, "source_shrinkage (hr)") == "safe"


def test_a_first_delivery_has_not_shrunk() -> None:
    assert not [g for g in World(hr=workers(1)).plan().guardrails if "shrinkage" in g.name]


def with_roles(
    before: str | None,
    after: str | None,
    conf: str = "",
    *,
    active: bool = True,
    state: str = "active",
    guardrails: str = "role_upgrades: {max: 0}",
) -> Plan:
    """One linked account whose role the plan changes."""
    roles = "roles: {when: always}" if after is None else f"roles: {{default: {after}}}"
    return World(
        hr=workers(1, _state=state),
        accounts=accounts(1, active=active, **{ROLE: before}),
        links=linked(1),
        conf=(roles, conf, f"guardrails: {{{guardrails}}}"),
    ).plan()


CUSTOM = "roles: {order: [viewer, guest, contributor, maker, admin]}"


@pytest.mark.parametrize(
    ("before", "after", "conf", "expected"),
    [
        ("viewer", "contributor", "", "held"),
        ("viewer", "admin", "", "held"),
        ("maker", "contributor", "", "safe"),
        ("maker", "maker", "", "safe"),
        # nothing is shown: it has what the target gives by itself
        (None, "contributor", "", "safe"),
        (None, "maker", "", "held"),
        (None, "viewer", "", "safe"),
        (None, "contributor", "roles: {initial: viewer}", "held"),
        # case is no difference in power
        ("Maker", "maker", "", "safe"),
        ("ADMIN", "maker", "", "safe"),
        # a custom role may have any power
        ("maker", "board", "", "held"),
        ("board", "maker", "", "held"),
        ("board", "admin", "", "held"),
        ("board", "viewer", "", "held"),
        ("board", "council", "", "held"),
        ("board", "board", "", "safe"),
        # unless the settings say which
        ("guest", "contributor", CUSTOM, "held"),
        ("guest", "viewer", CUSTOM, "safe"),
        ("admin", "guest", CUSTOM, "safe"),
    ],
)
@pytest.mark.parametrize("active", [True, False])
def test_a_more_powerful_role_is_an_upgrade(
    before: str | None, after: str, conf: str, expected: str, active: bool
) -> None:
    limits = "role_upgrades: {max: 0}, min_admins: 0"
    plan = with_roles(before, after, conf, active=active, guardrails=limits)
    assert verdict(plan, "role_upgrades") == expected


@pytest.mark.parametrize(
    ("role", "expected"),
    [("viewer", "safe"), ("contributor", "safe"), ("maker", "held"), ("board", "held")],
)
def test_a_new_account_with_more_than_the_default_role_is_an_upgrade(
    role: str, expected: str
) -> None:
    conf = f"{{roles: {{default: {role}}}, guardrails: {{role_upgrades: {{max: 0}}}}}}"
    assert verdict(World(hr=workers(1), conf=conf).plan(), "role_upgrades") == expected


def test_no_role_in_the_mapping_upgrades_nobody() -> None:
    conf = "guardrails: {role_upgrades: {max: 0}}"
    assert verdict(World(hr=workers(3), conf=conf).plan(), "role_upgrades") == "safe"


@pytest.mark.parametrize(
    "path",
    [
        "enterprise.organization",
        "urn:ietf:params:scim:schemas:core:2.0:User:userType",
        "core.userType",
        'roles[type eq "workspace"].value',
        "urn:example:2.0:User:role",
    ],
)
def test_roles_are_judged_however_the_settings_write_their_path(path: str) -> None:
    conf = f"""
    target: {{role_path: '{path}', extensions: ["urn:example:2.0:User"]}}
    roles: {{default: admin}}
    guardrails: {{role_upgrades: {{max: 0}}, seats: 0}}
    """
    plan = World(hr=workers(1), conf=conf).plan()
    assert verdict(plan, "role_upgrades") == "held"
    assert verdict(plan, "seats") == "held"


def seats(plan: Plan) -> tuple[int, int, str]:
    (result,) = [g for g in plan.guardrails if g.name == "seats"]
    return result.population, result.actual, str(result.verdict)


@pytest.mark.parametrize(("limit", "expected"), [(2, "held"), (3, "safe"), (4, "safe")])
def test_paid_seats_over_the_limit_are_held(limit: int, expected: str) -> None:
    conf = f"{{roles: {{default: maker, when: create}}, guardrails: {{seats: {limit}}}}}"
    plan = World(
        hr=workers(3), accounts=accounts(1, **{ROLE: "Maker"}), links=linked(1), conf=conf
    ).plan()
    assert seats(plan) == (1, 3, expected)


def test_a_member_created_without_a_role_takes_the_seat_of_the_one_the_target_gives() -> None:
    for initial, taken in (("contributor", 0), ("Maker", 2)):
        conf = f"roles: {{initial: {initial}}}"
        assert seats(World(hr=workers(2), conf=conf).plan()) == (0, taken, "safe")


def test_who_leaves_frees_a_seat_for_who_comes() -> None:
    conf = "{roles: {default: maker}, guardrails: {seats: 1}}"
    people = [*workers(1, _state="leaver"), workers(2)[1]]
    there = accounts(1, **{ROLE: "maker"})
    assert seats(World(hr=people, accounts=there, links=linked(1), conf=conf).plan()) == (
        1, 1, "safe",
    )  # fmt: skip


def test_an_account_that_comes_back_takes_its_seat_again() -> None:
    for role, conf in (("maker", ""), ("viewer", "roles: {default: maker}")):
        there = accounts(1, active=False, **{ROLE: role})
        world = World(hr=workers(1), accounts=there, links=linked(1))
        world.conf = (conf, "guardrails: {seats: 0}")
        assert seats(world.plan()) == (0, 1, "held")


def test_seats_of_accounts_that_are_not_ours_count_too() -> None:
    conf = "{roles: {default: maker}, guardrails: {seats: 2}}"
    there = [{"id": f"z{i}", "userName": f"z{i}", ROLE: "admin"} for i in range(2)]
    assert seats(World(hr=workers(1), accounts=there, conf=conf).plan()) == (2, 3, "held")


def test_a_workspace_over_its_seats_already_is_not_held_for_what_takes_none() -> None:
    conf = "{roles: {default: viewer}, guardrails: {seats: 0}}"
    there = [{"id": "z", "userName": "z", ROLE: "admin"}]
    assert seats(World(hr=workers(1), accounts=there, conf=conf).plan()) == (1, 1, "safe")


def test_inactive_accounts_take_no_seat() -> None:
    there = [{"id": "z", "userName": "z", ROLE: "admin", "active": False}]
    assert seats(World(accounts=there).plan()) == (0, 0, "safe")


OTHER_ADMIN = {"id": "z", "userName": "z@x", ROLE: "admin"}


def admins(rows: list[Row], there: list[Row], conf: str = "") -> str:
    guardrails = (
        "guardrails: {deactivations: {max: null, max_fraction: null}, role_upgrades: {max: null},"
        " updates: {max: null, max_fraction: null}}"
    )
    plan = World(hr=rows, accounts=there, links=linked(1), conf=(guardrails, conf)).plan()
    assert plan.verdict == verdict(plan, "min_admins")
    return verdict(plan, "min_admins")


@pytest.mark.parametrize("role", ["admin", "Admin", " ADMIN "])
def test_the_last_admin_is_never_deactivated(role: str) -> None:
    there = accounts(1, **{ROLE: role})
    assert admins(workers(1, _state="leaver"), there) == "refused"
    assert admins([], there) == "refused"


def test_one_of_two_admins_may_leave() -> None:
    there = [*accounts(1, **{ROLE: "admin"}), OTHER_ADMIN]
    assert admins(workers(1, _state="leaver"), there) == "safe"
    assert admins(workers(1, _state="leaver"), there, "guardrails: {min_admins: 2}") == "refused"


def test_an_inactive_admin_is_none() -> None:
    there = [*accounts(1, **{ROLE: "admin"}), {**OTHER_ADMIN, "active": False}]
    assert admins(workers(1, _state="leaver"), there) == "refused"


def test_the_last_admin_is_never_demoted() -> None:
    there = accounts(1, **{ROLE: "admin"})
    assert admins(workers(1), there, "roles: {default: maker}") == "refused"


def test_the_last_admin_may_be_renamed_and_moved() -> None:
    there = accounts(1, **{ROLE: "admin"})
    people = workers(1, title="New")
    people[0]["email"] = "married@x"
    for conf in ("", "roles: {default: admin}", "roles: {default: maker, when: create}"):
        assert admins(people, there, conf) == "safe"


def test_an_admin_who_comes_in_the_place_of_the_last_one_needs_somebodys_word() -> None:
    """Leavers go first: were the newcomer's change to fail, nobody would be left."""
    there = accounts(1, **{ROLE: "admin"})
    people = [*workers(1, _state="leaver"), workers(2)[1]]
    assert admins(people, there, "roles: {default: admin}") == "held"
    back = {**workers(2)[1]}
    inactive = {**accounts(2)[1], "active": False, ROLE: "admin"}
    assert admins([people[0], back], [*there, inactive]) == "held"
    assert admins(people, [*there, OTHER_ADMIN], "roles: {default: admin}") == "safe"


def test_a_workspace_without_visible_admins_is_not_refused() -> None:
    assert admins(workers(1, _state="leaver"), accounts(1)) == "safe"


def test_fewer_admins_than_wanted_already_is_refused_only_when_one_more_goes() -> None:
    there = [*accounts(1, **{ROLE: "admin"})]
    assert admins(workers(1, title="New"), there, "guardrails: {min_admins: 3}") == "safe"
    assert admins(workers(1, _state="leaver"), there, "guardrails: {min_admins: 3}") == "refused"


def test_admin_roles_may_be_called_otherwise() -> None:
    there = accounts(1, **{ROLE: "owner"})
    gone = workers(1, _state="leaver")
    assert admins(gone, there) == "safe"
    assert admins(gone, there, "roles: {admin: [owner]}") == "refused"


def test_refused_is_worse_than_held_and_held_than_safe() -> None:
    there = accounts(30, **{ROLE: "viewer"})
    there[0][ROLE] = "admin"
    people = workers(30)[1:]
    base = "guardrails: {deactivations: {max: %s}}"
    refused = World(hr=people, accounts=there, links=linked(30), conf=base % 0).plan()
    assert verdict(refused, "deactivations") == "held"
    assert refused.verdict is Verdict.REFUSED
    there[1][ROLE] = "admin"
    held = World(hr=people, accounts=there, links=linked(30), conf=base % 0).plan()
    assert held.verdict is Verdict.HELD
    safe = World(hr=people, accounts=there, links=linked(30), conf=base % 1).plan()
    assert safe.verdict is Verdict.SAFE


def test_every_guardrail_gives_a_result_in_the_order_of_the_settings() -> None:
    plan = World(hr=workers(1), previous_rows={"hr": 1}).plan()
    assert [g.name for g in plan.guardrails] == [
        "deactivations", "creates", "updates", "role_upgrades", "adoptions",
        "source_shrinkage (hr)", "seats", "min_admins",
    ]  # fmt: skip
    for result in plan.guardrails:
        assert result.message.startswith(f"{result.name}: ")


def test_an_empty_plan_over_nobody_is_safe() -> None:
    plan = World().plan()
    assert plan.is_empty
    assert plan.verdict is Verdict.SAFE


@pytest.mark.parametrize(("most", "expected"), [(1, "held"), (2, "safe")])
def test_a_first_adoption_of_many_needs_somebodys_word_where_that_is_set(
    most: int, expected: str
) -> None:
    conf = f"approval: {{always: {{adoptions: {most}}}}}"
    plan = World(hr=workers(2), accounts=accounts(2), conf=conf).plan()
    assert verdict(plan, "adoptions") == "safe"
    assert verdict(plan, "approval.always.adoptions") == expected
    told = plan.guardrails[-1].message
    assert f"2 accounts, there already, would come under management; more than {most}" in told


@pytest.mark.parametrize(("role", "expected"), [("viewer", "safe"), ("maker", "held")])
def test_every_upgrade_needs_somebodys_word_where_that_is_set(role: str, expected: str) -> None:
    conf = f"{{roles: {{default: {role}}}, approval: {{always: {{role_upgrades: true}}}}}}"
    plan = World(hr=workers(1), conf=conf).plan()
    assert verdict(plan, "role_upgrades") == "safe"
    assert verdict(plan, "approval.always.role_upgrades") == expected


def test_nothing_is_always_approved_without_the_settings() -> None:
    assert not [g for g in World(hr=workers(1)).plan().guardrails if "always" in g.name]
