"""What the Prefect UI's form says of the flows' parameters."""

import inspect
from typing import Any

import pytest

from flows.apply_plan import apply_plan
from flows.plan_users import plan_users
from flows.report_drift import report_drift
from flows.retry_failed import retry_failed
from flows.sync_users import sync_users


@pytest.mark.parametrize("flow", [sync_users, plan_users, report_drift, apply_plan, retry_failed])
def test_every_parameter_is_explained_in_the_form(flow: Any) -> None:
    shown = flow.parameters.properties
    assert set(shown) == set(inspect.signature(flow.fn).parameters)
    assert [name for name, field in shown.items() if not field.get("description")] == []
