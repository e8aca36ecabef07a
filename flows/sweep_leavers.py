"""Flow `sweep-leavers`: who has left loses access now; everything else waits for the next sync."""

from typing import Any

from prefect import State, flow
from prefect.runtime import flow_run

from data_contracts.as_of import AsOf
from data_contracts.words import IfBusy, OperationKind, RunState
from flows.artifacts import Progress
from flows.leasing import hold_target
from flows.project import SETTINGS_FILE
from flows.running import Run
from flows.syncing import sync_within
from flows.tracked import MANNER, conduct, connect, run_name

SWEPT = frozenset({OperationKind.DEACTIVATE})


def _name() -> str:
    return f"leavers-{run_name('sweep-leavers', flow_run.get_parameters())}"


@flow(name="sweep-leavers", flow_run_name=_name, persist_result=False)
async def sweep_leavers(
    configuration: str = SETTINGS_FILE, if_busy: IfBusy = IfBusy.CANCEL
) -> State[Any]:
    """Deactivate the accounts of those who have left, and do nothing else.

    The plan is made from the newest exports as for a sync, restricted to deactivations, judged by
    the same guardrails, and carried out when it is safe or approved.

    Args:
        configuration: Path of scimflow.yaml on the machine that runs the flow.
        if_busy: When another run works on the target: refuse (this one ends as failed), wait for
            it, or cancel this one.
    """
    return await conduct("sweep-leavers", configuration, None, _sweep, if_busy, asks=True)


async def _sweep(run: Run, as_of: AsOf) -> RunState:
    async with hold_target(run), connect(run.project) as client:
        bar = Progress("Operations carried out")
        return await sync_within(run, as_of, client, MANNER, bar, kinds=SWEPT)
