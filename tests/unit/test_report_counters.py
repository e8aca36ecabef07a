"""The numbers of a run add up, and its sentence says them."""

import pytest

from data_contracts.words import RunState
from tasks.report.counters import final_message, run_counts
from tests import report_samples as sample

PLAN = sample.everything(sample.HELD_GUARDRAIL)


def test_a_run_that_was_carried_out_counts_each_operation_once() -> None:
    counts = run_counts((sample.REPORT, sample.REFUSED_REPORT), PLAN, sample.LOAD)
    results = ("created", "updated", "reactivated", "deactivated", "already", "failed",
               "conflicts", "unknown", "skipped")  # fmt: skip
    assert sum(counts[key] for key in results) == len(PLAN.operations)
    assert (
        counts
        | {
            "sources": 2,
            "sources_refused": 1,
            "rows_read": 141,
            "rows_accepted": 99,
            "rows_quarantined": 2,
            "deactivated": 1,
            "reactivated": 1,
            "already": 1,
            "conflicts": 1,
            "created": 0,
            "updated": 0,
            "adopted": 1,
            "findings": 2,
            "findings_critical": 1,
            "guardrails_held": 1,
            "requests": 9,
            "throttled": 1,
        }
        == counts
    )


def test_a_plan_that_was_not_carried_out_counts_as_meant_and_not_as_done() -> None:
    counts = run_counts((), PLAN, None)
    assert {k: counts[k] for k in counts if k.startswith("to_")} == {
        "to_deactivate": 1, "to_update": 1, "to_reactivate": 1, "to_create": 1, "to_adopt": 1,
    }  # fmt: skip
    assert counts["created"] == counts["adopted"] == counts["requests"] == 0


def test_the_keys_are_the_same_however_far_a_run_came() -> None:
    whole = run_counts((sample.REPORT,), PLAN, sample.LOAD)
    assert run_counts((), None, None).keys() == whole.keys()
    assert set(run_counts((), None, None).values()) == {0}


@pytest.mark.parametrize(
    ("state", "counts", "sentence"),
    [
        (RunState.COMPLETED, {}, "nothing to change"),
        (RunState.COMPLETED, {"created": 1200, "adopted": 3}, "1,200 created, 3 adopted"),
        (
            RunState.COMPLETED_WITH_QUARANTINE,
            {"created": 12, "updated": 3, "deactivated": 1, "rows_quarantined": 2},
            "12 created, 3 updated, 1 deactivated; 2 rows quarantined",
        ),
        (
            RunState.COMPLETED_WITH_QUARANTINE,
            {"rows_quarantined": 1},
            "nothing to change; 1 row quarantined",
        ),
        (
            RunState.COMPLETED,
            {"to_create": 2, "to_adopt": 1},
            "2 to create, 1 to adopt; nothing was written",
        ),
        (
            RunState.PARTLY_APPLIED,
            {"created": 5, "failed": 2, "conflicts": 1, "unknown": 1, "skipped": 4},
            "5 created; 1 conflict, 2 failed, 1 unknown, 4 not tried",
        ),
        (RunState.PARTLY_APPLIED, {"conflicts": 2}, "nothing was changed; 2 conflicts"),
        (
            RunState.HELD,
            {"to_deactivate": 47, "rows_quarantined": 2},
            "held before the first write: 47 to deactivate; 2 rows quarantined",
        ),
        (
            RunState.REFUSED,
            {"to_deactivate": 2},
            "refused before the first write: 2 to deactivate",
        ),
        (
            RunState.REFUSED_BY_CONTRACT,
            {"sources": 2, "sources_refused": 1},
            "1 of 2 exports refused by contract; nothing was written",
        ),
        (RunState.FAILED, {"to_create": 3}, "failed: nothing was written"),
        (RunState.FAILED, {"created": 3, "skipped": 2}, "failed: 3 created; 2 not tried"),
        (RunState.RUNNING, {"to_create": 3}, "running: nothing was written yet"),
    ],
)
def test_a_run_is_told_in_one_sentence(
    state: RunState, counts: dict[str, int], sentence: str
) -> None:
    assert final_message(state, counts) == sentence
