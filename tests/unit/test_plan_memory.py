"""What a large plan costs in memory: a million new people must fit beside their columns."""

import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from data_contracts.canonical import digest_of_bytes
from tasks.plan.make import make_plan
from tests import report_samples as sample
from tests.builders import World

PEOPLE = 3_000


@pytest.fixture(autouse=True)
def traced() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


def cost_of(work: Callable[[], Any]) -> tuple[Any, int, int]:
    """Result of some work, the bytes that it leaves in use, and the most that it used."""
    tracemalloc.reset_peak()
    before, _ = tracemalloc.get_traced_memory()
    result = work()
    after, most = tracemalloc.get_traced_memory()
    return result, after - before, most - before


def test_a_new_person_costs_a_kilobyte_of_a_plan() -> None:
    people = [
        {"id": f"w{i}", "email": f"person-{i}@example.com", "ext": f"x{i}", "title": "Engineer",
         "given": f"Person {i}"}
        for i in range(PEOPLE)
    ]  # fmt: skip
    world = World(hr=people)
    inputs, settings = world.inputs(), world.settings
    make_plan(inputs, settings, world.day)  # whatever is kept once
    plan, kept, _ = cost_of(lambda: make_plan(inputs, settings, world.day))
    assert len(plan.operations) == PEOPLE
    assert len(plan.operations[0].attributes) > 5
    assert kept / PEOPLE < 1_200
    titles = {id(operation.attributes["title"]) for operation in plan.operations}
    assert len(titles) == 1


def test_a_plan_is_digested_without_being_whole_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data_contracts.plan.PIECE", 100)
    plan = sample.joiners(PEOPLE)
    digest, _, most = cost_of(lambda: plan.digest)
    assert digest == digest_of_bytes(plan.to_bytes())
    assert most < len(plan.to_bytes()) / 5
