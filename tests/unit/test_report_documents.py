"""Documents for machines: plain JSON, stable keys, everybody and everything in them."""

import json

import pytest

from data_contracts.health import HealthState
from data_contracts.words import RunState
from tasks.report import documents
from tests import report_samples as sample

PLAN = sample.everything(sample.HELD_GUARDRAIL)
RUN = sample.run(RunState.HELD)


def every_document() -> dict[str, object]:
    return {
        "plan": documents.plan_document(PLAN, PLAN.digest),
        "check": documents.check_document([sample.REPORT, sample.REFUSED_REPORT]),
        "run": documents.run_document(RUN, PLAN, sample.LOAD, [sample.REPORT]),
        "history": documents.history_document(sample.HISTORY),
        "explain": documents.explain_document(sample.EXPLANATION),
        "health": documents.health_document(sample.CHECKS),
    }


@pytest.mark.parametrize("name", every_document())
def test_a_document_comes_back_from_json_as_it_was(name: str) -> None:
    document = every_document()[name]
    assert json.loads(json.dumps(document, allow_nan=False)) == document


def test_a_plan_has_its_verdict_its_totals_and_every_operation() -> None:
    document = documents.plan_document(PLAN, PLAN.digest)
    assert document["digest"] == PLAN.digest
    assert document["verdict"] == "held"
    assert document["in_line"] is False
    assert document["totals"] == {
        "deactivate": 1, "update": 1, "reactivate": 1, "create": 1, "adopt": 1,
    }  # fmt: skip
    assert [o["worker_key"] for o in document["operations"]] == ["1001", "1002", "1003", "1004"]
    assert document["operations"][0]["attributes"] == [
        {"path": "active", "before": True, "after": False, "hidden": False, "refers_to": None}
    ]
    assert document["guardrails"][0]["limit"] == 5


def test_no_operation_is_left_out_of_a_long_plan() -> None:
    plan = sample.joiners(2_000)
    assert len(documents.plan_document(plan, plan.digest)["operations"]) == 2_000


def test_a_run_has_one_result_for_each_person_with_the_requests() -> None:
    people = documents.run_document(RUN, PLAN, sample.LOAD, [])["people"]
    assert [p["result"] for p in people] == ["applied", "already", "settled", "conflict"]
    assert people[3]["account_id"] == "acc-new"
    assert [e["status"] for e in people[3]["exchanges"]] == [409, None]


def test_a_run_without_plan_has_the_same_keys() -> None:
    short = documents.run_document(RUN, None, None, [])
    assert short.keys() == documents.run_document(RUN, PLAN, sample.LOAD, []).keys()
    assert (short["plan"], short["load"], short["people"]) == (None, None, [])
    planned = documents.run_document(RUN, PLAN, None, [])
    assert {p["result"] for p in planned["people"]} == {None}


def test_a_check_tells_refused_exports_apart() -> None:
    document = documents.check_document([sample.REPORT, sample.REFUSED_REPORT])
    assert document["refused"] is True
    assert documents.check_document([sample.REPORT])["refused"] is False
    assert document["sources"][0]["rules"][0]["lines"] == [12, 13]
    assert document["sources"][0]["quarantined"][0]["identities"] is None
    shown = documents.check_document([sample.REPORT], show_values=True)
    assert shown["sources"][0]["quarantined"][0]["identities"] == ["held.back@acme.test"]


def test_a_check_that_failed_is_not_healthy_and_a_warning_is() -> None:
    assert documents.health_document(sample.CHECKS)["healthy"] is False
    well = [c for c in sample.CHECKS if c.state is not HealthState.FAILED]
    assert documents.health_document(well)["healthy"] is True


def test_an_attribute_that_is_left_alone_differs_from_one_that_is_hidden() -> None:
    attributes = documents.explain_document(sample.EXPLANATION, show_values=True)["attributes"]
    by_path = {a["path"]: (a["value"], a["hidden"]) for a in attributes}
    assert by_path["title"] == (None, False)
    assert by_path["nickName"] == ("", False)
    hidden = documents.explain_document(sample.EXPLANATION)["attributes"]
    assert {a["hidden"] for a in hidden} == {True}
