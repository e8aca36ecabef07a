"""Tables for the Prefect UI: escaped, cut, and what went wrong first."""

from dataclasses import replace

import pytest

from data_contracts.words import OutcomeResult
from tasks.report.tables import (
    findings_table,
    guardrails_table,
    operations_table,
    quarantine_table,
)
from tests import report_samples as sample

PLAN = sample.everything(sample.HELD_GUARDRAIL)


def test_a_planned_operation_says_who_what_and_why() -> None:
    first = operations_table(PLAN)[0]
    assert first == {
        "who": "ann.lee@acme.test, worker 1001",
        "what": "deactivate",
        "why": r"leaver: the export says that the person has left \(hr:2\)",
        "changed": "active true → false",
        "result": "planned",
        "account": "acc-1",
    }


def test_what_went_wrong_comes_first_with_its_reason() -> None:
    rows = operations_table(PLAN, sample.LOAD.outcomes)
    assert [row["what"] for row in rows] == [
        "create", "deactivate", "update", "reactivate", "adopt",
    ]  # fmt: skip
    assert rows[0]["result"] == "conflict: somebody else's account has this userName"
    assert [row["result"] for row in rows[1:]] == [
        "done", "was so already", "done by an earlier attempt", "done",
    ]  # fmt: skip


def test_what_went_wrong_is_not_cut_away_by_what_went_well() -> None:
    plan = sample.joiners(30)
    results = [OutcomeResult.APPLIED] * 29 + [OutcomeResult.FAILED]
    outcomes = [
        sample.outcome(operation, result)
        for operation, result in zip(plan.operations, results, strict=True)
    ]
    rows = operations_table(plan, outcomes, limit=5)
    assert rows[0]["result"] == "failed"
    assert len(rows) == 6


def test_an_operation_without_an_outcome_is_not_called_planned_after_a_run() -> None:
    assert operations_table(sample.plan(sample.LEAVER), [])[0]["result"] == "no outcome"


def test_a_new_account_is_named_once_it_is_known() -> None:
    plan = sample.plan(sample.JOINER)
    done = [sample.outcome(sample.JOINER, OutcomeResult.APPLIED)]
    assert operations_table(plan)[0]["account"] == ""
    assert operations_table(plan, done)[0]["account"] == "acc-new"


def test_a_cut_table_says_how_many_more_and_which_file_has_them() -> None:
    plan = sample.joiners(12)
    assert len(operations_table(plan, limit=12)) == 12
    planned = operations_table(plan, limit=10)
    assert len(planned) == 11
    assert planned[-1]["who"] == "... and 2 more: see plan.json in the run's folder"
    assert planned[-1].keys() == planned[0].keys()
    assert "run.json" in operations_table(plan, [], limit=10)[-1]["who"]


def test_adoptions_count_into_the_limit() -> None:
    rows = operations_table(PLAN, limit=4)
    assert [row["what"] for row in rows] == ["deactivate", "update", "reactivate", "create", ""]
    assert "1 more" in rows[-1]["who"]


def test_quarantined_rows_say_where_and_why() -> None:
    assert quarantine_table([sample.REPORT]) == [
        {
            "where": "hr:12",
            "worker": "1020",
            "reason": "everybody has an e-mail address",
            "rules": "email-given",
        },
        {
            "where": "hr:13",
            "worker": "",
            "reason": "8 fields were expected, 9 came",
            "rules": "malformed",
        },
    ]
    cut = quarantine_table([sample.REPORT], limit=1)
    assert cut[-1]["where"] == "... and 1 more: see quarantine-hr.jsonl in the run's folder"


def test_findings_come_by_urgency() -> None:
    rows = findings_table(PLAN)
    assert [row["severity"] for row in rows] == ["critical", "info"]
    assert "plan.json" in findings_table(PLAN, limit=1)[-1]["severity"]


def test_guardrails_show_their_numbers() -> None:
    held = guardrails_table(PLAN)[0]
    assert (held["verdict"], held["actual"], held["limit"], held["population"]) == (
        "held", "47", "5", "100",
    )  # fmt: skip
    unlimited = sample.SAFE_GUARDRAIL.model_copy(update={"limit": None})
    assert guardrails_table(sample.plan(guardrails=(unlimited,)))[0]["limit"] == "none"


@pytest.mark.parametrize("field", ["user_name", "worker_key", "reason", "explanation"])
def test_no_cell_of_an_operation_is_markup(field: str) -> None:
    hostile = replace(sample.LEAVER, **{field: "[x](http://evil) <b>|\n=1"})
    row = operations_table(sample.plan(hostile))[0]
    cells = "".join(row.values())
    assert r"\[x\]\(http\://evil\) \<b\>\| =1" in cells
    assert "\n" not in cells
