"""Flow `sync-users`: one sync of one target, from the exports to the verified writes."""

from datetime import date
from typing import Any

from prefect import State, flow
from prefect.runtime import flow_run

from data_contracts.as_of import AsOf
from data_contracts.words import IfBusy, RunState
from flows.artifacts import Progress
from flows.leasing import hold_target
from flows.project import SETTINGS_FILE
from flows.running import Run
from flows.syncing import sync_within
from flows.tracked import MANNER, conduct, connect, run_name


def _name() -> str:
    return run_name("sync-users", flow_run.get_parameters())


@flow(name="sync-users", flow_run_name=_name, persist_result=False)
async def sync_users(
    configuration: str = SETTINGS_FILE,
    as_of: date | None = None,
    if_busy: IfBusy = IfBusy.REFUSE,
) -> State[Any]:
    """Bring the target in step with the people a company really employs.

    Reads the exports, holds them against their data contracts, works out who should have an
    account, compares with the target, judges the plan by the guardrails, and carries it out when it
    is safe or approved. A held plan waits for somebody's word, here by a form or from a command
    line with `scimflow approve`.

    Args:
        configuration: Path of scimflow.yaml on the machine that runs the flow.
        as_of: Day to work for; today in everybody's own zone if empty.
        if_busy: When another run works on the target: refuse (this one ends as failed), wait for
            it, or cancel this one.
    """
    day = as_of.isoformat() if as_of else None
    return await conduct("sync-users", configuration, day, _sync, if_busy, asks=True)


async def _sync(run: Run, as_of: AsOf) -> RunState:
    async with hold_target(run), connect(run.project) as client:
        return await sync_within(run, as_of, client, MANNER, Progress("Operations carried out"))
