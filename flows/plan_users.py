"""Flow `plan-users`: what a sync would do, kept and judged; the target is only read."""

from datetime import date
from typing import Any

from prefect import State, flow
from prefect.runtime import flow_run

from data_contracts.as_of import AsOf
from data_contracts.words import RunState, Verdict
from flows.artifacts import publish_plan
from flows.project import SETTINGS_FILE
from flows.running import STATE_OF_VERDICT, Run, completed_state
from flows.tracked import conduct, connect, prepare, run_name


def _name() -> str:
    return run_name("plan-users", flow_run.get_parameters())


@flow(name="plan-users", flow_run_name=_name, persist_result=False)
async def plan_users(configuration: str = SETTINGS_FILE, as_of: date | None = None) -> State[Any]:
    """Work out what a sync would do and keep the plan for review. Writes nothing to the target.

    Args:
        configuration: Path of scimflow.yaml on the machine that runs the flow.
        as_of: Day to work for; today in everybody's own zone if empty.
    """
    day = as_of.isoformat() if as_of else None
    return await conduct("plan-users", configuration, day, _plan)


async def _plan(run: Run, as_of: AsOf) -> RunState:
    async with connect(run.project) as client:
        prepared = await prepare(run, as_of, client)
    run.record_plan(prepared.plan)
    await publish_plan(run, prepared.plan)
    if prepared.plan.verdict is Verdict.SAFE:
        return completed_state(run.reports)
    return STATE_OF_VERDICT[prepared.plan.verdict]
