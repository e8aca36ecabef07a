"""Managers before their reports, leavers before everybody, and nobody is forgotten."""

from hypothesis import given
from hypothesis import strategies as st

from data_contracts.plan import Operation
from data_contracts.words import OperationKind
from tasks.load.order import plan_order, stages
from tests.target_parts import change, create, leave, refers


def names(operations: list[Operation]) -> list[list[str]]:
    return [[operations[i].worker_key for i in stage] for stage in stages(operations)]


def test_leavers_go_first_creates_level_by_level_and_who_waits_for_them_last() -> None:
    operations = [
        leave("a7", key="E7"),
        refers(change("a1", {}, key="E1"), "E4"),
        change("a2", {"title": "x"}, key="E2"),
        refers(create("E3"), "E4"),
        create("E4"),
        refers(create("E5"), "E3"),
        create("E6"),
    ]
    assert names(operations) == [["E7"], ["E2", "E4", "E6"], ["E3"], ["E5"], ["E1"]]


def test_nobody_waits_for_an_account_that_is_not_made_here() -> None:
    operations = [refers(create("E1"), "E9"), refers(change("a2", {}, key="E2"), "E9")]
    assert names(operations) == [["E1", "E2"]]


def test_a_circle_is_broken_at_its_lowest_key_and_who_hangs_on_it_comes_after() -> None:
    circle = {"E5": "E6", "E6": "E7", "E7": "E5", "E1": "E6", "E8": "E1"}
    operations = [refers(create(key), boss) for key, boss in sorted(circle.items())]
    assert names(operations) == [["E5"], ["E7"], ["E6"], ["E1"], ["E8"]]
    assert names([refers(create("E1"), "E1")]) == [["E1"]]


def test_a_plan_goes_kind_by_kind_and_who_refers_to_new_accounts_comes_after_them() -> None:
    operations = [
        leave("a1", key="E1"),
        refers(change("a2", {"title": "x"}, key="E2"), "E4"),
        change("a3", {"title": "x"}, key="E3"),
        refers(change("a6", {"active": True}, key="E6", kind=OperationKind.REACTIVATE), "E5"),
        refers(create("E4"), "E5"),
        create("E5"),
    ]
    order = [(name, [o.worker_key for o in group]) for name, group in plan_order(operations)]
    assert order == [
        ("deactivate", ["E1"]),
        ("update", ["E3"]),
        ("reactivate", []),
        ("create", ["E5", "E4"]),
        ("update-referring", ["E2"]),
        ("reactivate-referring", ["E6"]),
    ]


@given(st.lists(st.integers(0, 30) | st.none(), max_size=25))
def test_everybody_has_one_place_after_those_they_refer_to(bosses: list[int | None]) -> None:
    """Whoever comes before their own manager stands at a circle: only there is it broken."""
    operations = [
        create(f"E{i:02}") if boss is None else refers(create(f"E{i:02}"), f"E{boss:02}")
        for i, boss in enumerate(bosses)
    ]
    order = [i for stage in stages(operations) for i in stage]
    assert sorted(order) == list(range(len(operations)))
    place = {number: i for i, number in enumerate(order)}
    for number, boss in enumerate(bosses):
        if boss is not None and boss < len(bosses) and place[boss] > place[number]:
            assert is_on_a_circle(number, bosses)
            assert number == min(circle_of(number, bosses))


def circle_of(start: int, bosses: list[int | None]) -> list[int]:
    """Whom one meets by going up until somebody is met again, or nobody is left."""
    way: list[int] = []
    now: int | None = start
    while now is not None and now < len(bosses) and now not in way:
        way.append(now)
        now = bosses[now]
    return way


def is_on_a_circle(start: int, bosses: list[int | None]) -> bool:
    return bosses[circle_of(start, bosses)[-1]] == start
