"""What a run hands to Prefect costs the same whatever the number of people."""

from typing import Any

from data_contracts.words import RunState
from flows.recorded import RunResult
from tests import report_samples as sample


def test_prefect_does_not_walk_through_a_run_s_result() -> None:
    from prefect.utilities.collections import visit_collection

    seen: list[Any] = []
    plan = sample.everything(sample.HELD_GUARDRAIL)
    result = RunResult(sample.run(RunState.HELD), (sample.REPORT,), plan, sample.LOAD)
    visit_collection({"result": result}, visit_fn=seen.append, return_data=False)
    assert [type(each) for each in seen if not isinstance(each, str | dict)] == [RunResult]
