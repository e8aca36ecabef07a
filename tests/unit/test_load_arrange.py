"""Who failed comes first; who keeps failing waits longer and longer; nobody who leaves waits."""

from dataclasses import replace
from datetime import timedelta

import pytest

from data_contracts.failing import LONGEST_PAUSE, FailingOperation, meaning_of
from data_contracts.plan import Operation
from data_contracts.words import OperationKind
from tasks.load.arrange import arrange
from tests.ledger_parts import START, change, create, leave

ROLE = "roles[primary eq true].value"
TITLE = change("E2", "a-2", {"title": "Else"})


def failing(operation: Operation, failures: int) -> FailingOperation:
    return FailingOperation(
        operation.worker_key, operation.kind, meaning_of(operation), failures,
        "refused", "r1", START, START,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("failures", "hours"),
    [(1, 0), (2, 1), (3, 2), (4, 4), (5, 8), (6, 16), (7, 20), (8, 20), (1000, 20)],
)
def test_the_pause_grows_with_each_failure_up_to_less_than_a_day(
    failures: int, hours: float
) -> None:
    known = failing(TITLE, failures)
    assert known.due_at - START == timedelta(hours=hours)
    assert known.due_at - START <= LONGEST_PAUSE < timedelta(days=1)


def test_whoever_keeps_failing_is_put_off_until_the_time_has_come() -> None:
    known = {"E2": failing(TITLE, 3)}
    early = arrange([TITLE, create("E3")], known, START + timedelta(minutes=119))
    assert [o.worker_key for o in early.due] == ["E3"]
    [outcome] = early.put_off
    assert (outcome.worker_key, str(outcome.result), outcome.succeeded) == ("E2", "put_off", False)
    assert "3 times in a row, last in run r1 (refused)" in outcome.detail
    assert "2026-03-02 11:00 UTC" in outcome.detail
    assert "scimflow retry E2" in outcome.detail
    late = arrange([TITLE], known, START + timedelta(hours=2))
    assert late.due == (TITLE,)
    assert arrange([TITLE], known, START, at_once=True).due == (TITLE,)


def test_what_differs_from_what_failed_is_tried_at_once() -> None:
    known = {"E2": failing(TITLE, 9)}
    for other in (
        change("E2", "a-2", {"title": "Corrected"}),
        replace_account(TITLE, "a-9"),
        change("E2", "a-2", {"title": "Else"}, kind=OperationKind.REACTIVATE),
    ):
        assert arrange([other], known, START).due == (other,)


def test_nobody_who_leaves_is_put_off_however_often_it_failed() -> None:
    gone = leave("E2", "a-2")
    assert arrange([gone], {"E2": failing(gone, 9)}, START).due == (gone,)


def test_no_change_of_a_role_is_put_off_since_it_may_take_access_away() -> None:
    demoted = change("E2", "a-2", {ROLE: "viewer"})
    known = {"E2": failing(demoted, 9)}
    assert arrange([demoted], known, START, role_path=ROLE).due == (demoted,)
    joiner = create("E2", attributes={"userName": "e2@acme.example", ROLE: "viewer"})
    put_off = arrange([joiner], {"E2": failing(joiner, 9)}, START, role_path=ROLE).put_off
    assert [o.worker_key for o in put_off] == ["E2"]


def test_who_failed_before_comes_first_and_the_others_stay_in_order() -> None:
    plan = [create("E1"), TITLE, create("E3"), create("E4")]
    known = {"E2": failing(TITLE, 1), "E4": failing(create("E4"), 1)}
    arranged = arrange(plan, known, START)
    assert [o.worker_key for o in arranged.due] == ["E2", "E4", "E1", "E3"]
    assert arranged.put_off == ()


def replace_account(operation: Operation, account_id: str) -> Operation:
    return change(operation.worker_key, account_id, dict(operation.attributes))


def test_an_earlier_failure_of_another_kind_does_not_lengthen_the_pause() -> None:
    known = replace(failing(TITLE, 1), last_at=START + timedelta(hours=5))
    assert known.due_at == known.last_at
