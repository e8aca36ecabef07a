"""What the Prefect UI's form says of the flows' parameters."""

import inspect
from typing import Any

import pytest

from data_contracts.words import IfBusy
from flows.deploying import flow_of
from flows.jobs import JOBS, jobs_of
from tests.builders import settings

DEPLOYED = jobs_of(settings(), "scimflow.yaml")


@pytest.mark.parametrize("deployed", DEPLOYED, ids=lambda each: each.job.name)
def test_every_parameter_is_explained_in_the_form(deployed: Any) -> None:
    flow = flow_of(deployed)
    shown = flow.parameters.properties
    assert set(shown) == set(inspect.signature(flow.fn).parameters)
    assert [name for name, field in shown.items() if not field.get("description")] == []


@pytest.mark.parametrize("deployed", DEPLOYED, ids=lambda each: each.job.name)
def test_a_deployment_has_its_flow_s_name_and_no_parameter_that_the_flow_does_not_have(
    deployed: Any,
) -> None:
    flow = flow_of(deployed)
    assert deployed.job.flow == flow.name
    # an unknown one would be taken, and crash each run
    assert set(deployed.parameters) <= set(flow.parameters.properties)
    assert flow.validate_parameters(
        {**{name: _example(flow, name) for name in flow.parameters.required}, **deployed.parameters}
    )
    assert ("if_busy" in deployed.parameters) is deployed.job.writes


def _example(flow: Any, name: str) -> str:
    return "2026-01-05" if flow.parameters.properties[name].get("format") == "date" else "x"


def test_what_a_busy_target_leads_to_is_a_choice_of_words_in_the_form() -> None:
    for deployed in DEPLOYED:
        if deployed.job.writes:
            flow = flow_of(deployed)
            assert flow.parameters.definitions["IfBusy"]["enum"] == [str(b) for b in IfBusy]
            assert "required" not in flow.parameters.properties["if_busy"]


def test_the_names_of_deployments_are_unique() -> None:
    assert len({job.name for job in JOBS}) == len(JOBS)
