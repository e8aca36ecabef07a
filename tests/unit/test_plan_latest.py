"""A day of the past against what is known today, case by case; and days folded into one plan."""

from dataclasses import replace
from typing import Any

import pytest

from data_contracts.configuration import Configuration
from data_contracts.latest_word import LatestWord
from data_contracts.plan import Plan
from tasks.plan.fold import DayPlan, fold_plans
from tasks.plan.foresee import Foreseen
from tasks.plan.latest import add_older
from tasks.plan.make import make_plan
from tests.builders import World, codes, day, operation, quarantined, what

MANAGERS = "mapping: {enterprise.manager.value: {account_of: manager}}"
UNLIMITED = "guardrails: {min_admins: 0, deactivations: {max_fraction: null}}"
PATH = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value"
OLD, NEW = "2026-02-02", "2026-03-02"


def worker(number: int, **cells: Any) -> dict[str, Any]:
    return {"id": f"w{number}", "ext": f"x{number}", "email": f"w{number}@x", **cells}


def account(number: int, **cells: Any) -> dict[str, Any]:
    row = {"id": f"a{number}", "userName": f"w{number}@x", "externalId": f"x{number}"}
    return {**row, 'emails[type eq "work"].value': f"w{number}@x", **cells}


def known(newest: World) -> LatestWord:
    return add_older(None, newest.people(), {}, newest.settings)


def replayed(old: World, newest: World) -> Plan:
    inputs = replace(old.inputs(), latest=known(newest))
    return make_plan(inputs, old.settings, old.day)


@pytest.mark.parametrize(
    ("newest", "kept"),
    [
        ({"hr": [worker(1)]}, True),
        ({"hr": [worker(1, hire="2026-09-01", _state="future")]}, True),
        ({"hr": [worker(2)], "held": [quarantined("w1")]}, True),
        ({"hr": [worker(2)], "held": [quarantined(None)]}, True),
        ({"hr": [worker(2)], "held": [quarantined("w7", "w1@x")]}, True),
        ({"hr": [worker(1, _state="leaver")]}, False),
        ({"hr": [worker(2)]}, False),
        ({"hr": [worker(2)], "complete_roster": False}, False),
    ],
)
def test_a_leaver_of_old_leaves_when_no_newer_word_is_against_it(
    newest: dict[str, Any], kept: bool
) -> None:
    old = World(
        hr=[worker(1, _state="leaver")],
        accounts=[account(1)],
        links=[("w1", "a1")],
        conf=[UNLIMITED],
        as_of=OLD,
    )
    plan = replayed(old, World(conf=[UNLIMITED], **newest))
    assert what(plan) == ({} if kept else {"w1": "deactivate"})
    assert ("active-in-newer-export" in codes(plan).get("w1", set())) is kept


@pytest.mark.parametrize(
    ("newest", "created"),
    [
        ({"hr": [worker(1)]}, True),
        ({"hr": [worker(2)], "complete_roster": False}, True),
        ({"hr": [worker(2)]}, False),
        ({"hr": [worker(1, type="TEMP")]}, False),
        ({"hr": [worker(2)], "held": [quarantined("w1")]}, False),
        ({"hr": [worker(1, _state="suspended")]}, False),
    ],
)
def test_an_account_is_made_when_a_newer_word_gives_one(
    newest: dict[str, Any], created: bool
) -> None:
    scope = "scope: {any_of: [{all_of: [{column: employee_type, value: FTE}]}]}"
    rows = [{"type": "FTE", **row} for row in newest.pop("hr")]
    old = World(hr=[worker(1, type="FTE")], conf=[UNLIMITED, scope], as_of=OLD)
    plan = replayed(old, World(hr=rows, conf=[UNLIMITED, scope], **newest))
    assert what(plan) == ({"w1": "create"} if created else {})


def test_a_manager_is_written_when_the_newest_word_is_the_same() -> None:
    people = [worker(n) for n in (2, 3)]
    there = [account(n) for n in (1, 2, 3)]
    links = [(f"w{n}", f"a{n}") for n in (1, 2, 3)]
    old = World(
        hr=[worker(1, boss="w2"), *people],
        accounts=there,
        links=links,
        conf=[UNLIMITED, MANAGERS],
        as_of=OLD,
    )
    other = World(hr=[worker(1, boss="w3"), *people], conf=[UNLIMITED, MANAGERS])
    same = replace(other, hr=old.hr)
    assert what(replayed(old, other)) == {}
    assert operation(replayed(old, same), "w1").attributes == {PATH: "a2"}


def test_who_comes_back_comes_back_with_the_newest_role() -> None:
    role = "roles[primary eq true].value"
    roles = "roles: {default: viewer, rules: [{role: admin, any_of: [{all_of: [{column: department, value: IT}]}]}]}"  # noqa: E501
    old = World(
        hr=[worker(1, dept="IT")],
        accounts=[account(1, active=False, **{role: "admin"})],
        links=[("w1", "a1")],
        conf=[UNLIMITED, roles],
        as_of=OLD,
    )
    plan = replayed(old, replace(old, hr=[worker(1, dept="Sales")], as_of=NEW))
    assert operation(plan, "w1").attributes == {"active": True, role: "viewer"}


def test_the_other_deliveries_are_part_of_the_plan_and_of_its_digest() -> None:
    old = World(hr=[worker(1)], conf=[UNLIMITED], as_of=OLD)
    word = known(old)
    basis = old.inputs().sources["hr"]
    plans = [
        make_plan(
            replace(old.inputs(), latest=replace(word, sources={f"{NEW}/hr": source})),
            old.settings,
            old.day,
        )
        for source in (basis, basis.model_copy(update={"digest": "sha256:1"}))
    ]
    assert set(plans[0].basis.beside) == {f"{NEW}/hr"}
    assert plans[0].digest != plans[1].digest
    assert '"beside"' not in old.plan().to_bytes().decode()


def fold(*days: World) -> tuple[Plan, Configuration]:
    first = days[0].inputs()
    now = Foreseen(first.snapshot, first.links, first.deactivated_by_us)
    plans = []
    for world in days:
        given = replace(
            world.inputs(),
            snapshot=now.snapshot,
            links=now.links,
            deactivated_by_us=now.deactivated_by_us,
        )
        plan = make_plan(given, world.settings, world.day)
        plans.append(DayPlan(world.day.day, plan))
        now = now.after(plan)
    settings = days[0].settings
    return fold_plans(plans, first.snapshot.accounts, {}, settings), settings


def test_a_manager_who_is_made_by_the_folded_plan_is_referred_to_and_not_by_a_made_up_id() -> None:
    first = World(hr=[worker(2)], conf=[UNLIMITED, MANAGERS], as_of="2026-02-02")
    second = replace(first, hr=[worker(1, boss="w2"), worker(2)], as_of="2026-02-03")
    plan, _ = fold(first, second)
    assert what(plan) == {"w1": "create", "w2": "create"}
    made = operation(plan, "w1")
    assert (made.references, made.awaited) == ({PATH: "w2"}, {PATH: "w2"})
    assert "foreseen" not in plan.to_bytes().decode()


def test_what_one_day_does_and_another_takes_back_is_not_done() -> None:
    there = [account(1, title="PM"), account(2, title="PM")]
    links = [("w1", "a1"), ("w2", "a2")]
    first = World(
        hr=[worker(1, title="Lead"), worker(2, _state="leaver")],
        accounts=there,
        links=links,
        conf=[UNLIMITED],
        as_of="2026-02-02",
    )
    second = replace(first, hr=[worker(1, title="PM"), worker(2, title="PM")], as_of="2026-02-03")
    third = replace(first, hr=[worker(1, title="PM")], as_of="2026-02-04")
    back, _ = fold(first, second)
    assert back.is_empty
    left, _ = fold(first, second, third)
    assert what(left) == {"w2": "deactivate"}
    gone = operation(left, "w2")
    assert (gone.attributes, gone.before) == ({"active": False}, {"active": True})
    assert gone.reason == "absent-from-roster"
    assert left.as_of == day("2026-02-04")
    assert left.verdict == "safe"
