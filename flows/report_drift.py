"""Flow `report-drift`: where the target differs from what is desired; writes nothing to it."""

from datetime import date
from typing import Any

from prefect import State, flow
from prefect.runtime import flow_run

from data_contracts.as_of import AsOf
from data_contracts.words import RunState
from flows.artifacts import publish_plan
from flows.project import SETTINGS_FILE
from flows.running import Run, completed_state
from flows.tracked import conduct, connect, prepare, run_name


def _name() -> str:
    return f"drift-{run_name('report-drift', flow_run.get_parameters())}"


@flow(name="report-drift", flow_run_name=_name, persist_result=False)
async def report_drift(configuration: str = SETTINGS_FILE, as_of: date | None = None) -> State[Any]:
    """Report where the target differs from what the exports say. Writes nothing to the target.

    Args:
        configuration: Path of scimflow.yaml on the machine that runs the flow.
        as_of: Day to work for; today in everybody's own zone if empty.
    """
    day = as_of.isoformat() if as_of else None
    return await conduct("report-drift", configuration, day, _drift)


async def _drift(run: Run, as_of: AsOf) -> RunState:
    async with connect(run.project) as client:
        prepared = await prepare(run, as_of, client)
    run.plan = prepared.plan
    await publish_plan(run, prepared.plan)
    return completed_state(run.reports)
