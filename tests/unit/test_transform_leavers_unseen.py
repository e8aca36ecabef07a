"""An export by which nobody ever leaves is told, and no other."""

from dataclasses import replace

import pytest

from data_contracts.export_contract import ExportContract, StatusVocabulary, WorkerField
from data_contracts.words import WorkerState
from tests.builders import HR, HR_COLUMNS, World, codes, contract

CODE = "leavers-unseen"
NO_LAST_DAY = contract({k: v for k, v in HR_COLUMNS.items() if v is not WorkerField.LAST_DAY})


def with_states(*states: WorkerState) -> ExportContract:
    words = {str(state): state for state in states}
    return replace(NO_LAST_DAY, status=StatusVocabulary(("word",), words))


def told(of: ExportContract, *, complete_roster: bool = False, conf: str = "") -> bool:
    row = {"id": "w1", "email": "w1@x"}
    world = World(hr=[row], hr_contract=of, complete_roster=complete_roster, conf=conf)
    return CODE in codes(world.plan()).get("hr", set())


def test_without_status_last_day_or_roster_nobody_ever_leaves() -> None:
    assert told(replace(NO_LAST_DAY, status=None))
    assert told(with_states(WorkerState.ACTIVE, WorkerState.ON_LEAVE))


@pytest.mark.parametrize("state", [WorkerState.LEAVER, WorkerState.SUSPENDED])
def test_a_status_that_ends_access_tells_leavers(state: WorkerState) -> None:
    assert not told(with_states(WorkerState.ACTIVE, state))


def test_a_suspension_that_keeps_access_tells_of_nobody_who_left() -> None:
    assert told(with_states(WorkerState.SUSPENDED), conf="lifecycle: {suspended: keep}")


def test_a_last_day_tells_leavers() -> None:
    assert not told(replace(HR, status=None))


def test_absence_tells_leavers_where_the_roster_is_complete() -> None:
    nothing = replace(NO_LAST_DAY, status=None)
    assert not told(nothing, complete_roster=True)
    assert not told(nothing, conf="sources: {hr: {complete_roster: true}}")
