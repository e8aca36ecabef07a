"""Laws of somebody with two worker keys: one account, whatever the rows say from day to day."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from data_contracts.export_contract import WorkerField
from data_contracts.words import OperationKind
from tests.builders import HR_COLUMNS, World, contract, quarantined
from tests.property.worlds import applied

HR = contract({**HR_COLUMNS, "person": WorkerField.PERSON_ID})
FIRST = date(2026, 3, 1)
DAYS = [(FIRST + timedelta(days=n)).isoformat() for n in range(8)]
CONTRACTOR, EMPLOYEE = "c1", "e1"

Row = dict[str, Any]


def row(key: str, line: int, **cells: Any) -> Row:
    return {"id": key, "_line": line, "_state": "active", "email": f"{key}@x", **cells}


OTHER = row("w9", 9, person="P9", hire="2020-01-01")
"""Somebody else, about whom nothing ever changes."""


@st.composite
def days(draw: st.DrawFn) -> tuple[Row, Row, bool]:
    """What the export says of both employments on one day, and whether it is broken."""
    status = st.sampled_from(["active", "active", "active", "leaver", "future"])
    when = st.sampled_from([None, "2020-01-01", *DAYS])
    both = [
        row(
            key,
            line,
            person="P1",
            email="p1@x",
            _state=draw(status),
            hire=draw(when),
            last=draw(st.none() | when),
        )
        for line, key in ((2, CONTRACTOR), (3, EMPLOYEE))
    ]
    return both[0], both[1], draw(st.integers(0, 5)) == 0


def is_open(each: Row, day: str) -> bool:
    return (
        each["_state"] == "active"
        and (each["hire"] or "0") <= day
        and ((each["last"] or "9") >= day or (each["hire"] or "0") > (each["last"] or "9"))
    )


def world_of(world: World, day: str, contractor: Row, employee: Row, *, broken: bool) -> World:
    held = [quarantined(EMPLOYEE, "P1")] if broken else []
    rows = [contractor, OTHER] if broken else [contractor, employee, OTHER]
    return replace(world, hr=rows, held=held, as_of=day)


FEWER = settings(max_examples=settings().max_examples // 3)  # an example is up to a dozen plans


@FEWER
@given(st.lists(days(), min_size=2, max_size=4))
def test_one_account_that_is_there_while_somebody_works(said: list[tuple[Row, Row, bool]]) -> None:
    world = World(hr=[row(CONTRACTOR, 2, person="P1", email="p1@x"), OTHER], hr_contract=HR)
    world = applied(world, world.plan())
    [account] = [account for key, account in world.links if key == CONTRACTOR]
    for day, (contractor, employee, broken) in zip(DAYS, said, strict=False):
        world = world_of(world, day, contractor, employee, broken=broken)
        plan = world.plan()
        backwards = replace(world, hr=list(reversed(world.hr)))
        assert backwards.plan().to_bytes() == plan.to_bytes()
        kinds = {o.worker_key: o.kind for o in plan.operations}
        assert "w9" not in kinds
        assert OperationKind.CREATE not in kinds.values()
        if is_open(contractor, day) or (is_open(employee, day) and not broken):
            assert OperationKind.DEACTIVATE not in kinds.values()
        if broken:
            assert not plan.operations
            assert not plan.adoptions
        world = applied(world, plan)
        assert world.plan().is_empty
        # one of the two keys, and it is the same account all the time
        assert [a for key, a in world.links if key in (CONTRACTOR, EMPLOYEE)] == [account]
