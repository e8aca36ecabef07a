"""Flow `retry-failed`: tries again now what earlier runs did not bring about, and nothing else."""

from datetime import date
from typing import Any

from prefect import State, flow

from data_contracts.as_of import AsOf
from data_contracts.words import IfBusy, RunState
from flows.artifacts import Progress
from flows.leasing import hold_target
from flows.project import SETTINGS_FILE
from flows.retrying import whom_to_retry
from flows.running import Run
from flows.syncing import sync_within
from flows.tracked import MANNER, conduct, connect


@flow(name="retry-failed", flow_run_name="retry-{of}", persist_result=False)
async def retry_failed(
    of: str,
    configuration: str = SETTINGS_FILE,
    if_busy: IfBusy = IfBusy.REFUSE,
    as_of: date | None = None,
) -> State[Any]:
    """Try again now what failed before, for one person or for everybody of a run.

    What is to be done is planned anew from today's exports and the target as it is, for these
    people alone, and judged by the guardrails as any plan is.

    Args:
        of: A run, of which everybody is retried who failed in it; or a worker key.
        configuration: Path of scimflow.yaml on the machine that runs the flow.
        if_busy: When another run works on the target: refuse (this one ends as failed), wait for
            it, or cancel this one.
        as_of: Day to work for, as 2026-03-02; today when empty.
    """

    async def work(run: Run, as_of: AsOf) -> RunState:
        async with hold_target(run), connect(run.project) as client:
            only = whom_to_retry(run.ledger, run.record.target, of)
            if run.reviewed is not None and run.reviewed.only is not None:
                only = frozenset(run.reviewed.only)
            bar = Progress("Operations carried out")
            return await sync_within(run, as_of, client, MANNER, bar, only=only, at_once=True)

    day = as_of.isoformat() if as_of else None
    return await conduct("retry-failed", configuration, day, work, if_busy, asks=True)
