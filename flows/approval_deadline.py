"""Flow `approval-deadline`: ends a run whose plan nobody approved in time; waiting asks for it."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

import httpx
from prefect import State, flow, get_client
from prefect.exceptions import ObjectNotFound
from prefect.states import Completed, Scheduled

from data_contracts.approval import WaitingRun
from flows.project import SETTINGS_FILE, open_project, utc_now
from flows.telling import tell
from flows.waiting import settle_waiting
from tasks.ledger import open_ledger

NAME = "approval-deadline"

AFTER = timedelta(seconds=1)
"""Later than the deadline by what a server's clock may differ from its worker's in order."""


@flow(name=NAME, flow_run_name="deadline-of-{run}", persist_result=False)
async def approval_deadline(
    configuration: str = SETTINGS_FILE, run: str = "whatever-waits"
) -> State[Any]:
    """End the runs whose plans nobody approved in time. Touches no target.

    Args:
        configuration: Path of scimflow.yaml on the machine that runs the flow.
        run: The run that asked for this, for its name; every run whose time is over ends.
    """
    project = open_project(configuration)
    target = project.settings.target.name
    with open_ledger(project.ledger_url, folder=project.folder) as ledger:
        ended = await settle_waiting(project, ledger)
        late = [w for w in ledger.waiting_runs(target) if w.until <= utc_now()]
    if late:
        names = ", ".join(each.run_id for each in late)
        return Completed(message=f"still waiting beyond its time: {names}; the next run looks")
    return Completed(message=f"{ended} ended" if ended else "nothing waits beyond its time")


async def ask_for_end(target: str, waiting: WaitingRun) -> None:
    """Have a waiting run ended when its time is over; without the deployment the next run does.

    Args:
        target: Name of the target, whose deployment it is.
        waiting: Has begun to wait.
    """
    with suppress(httpx.HTTPError):
        async with get_client() as client:
            try:
                deployed = await client.read_deployment_by_name(f"{NAME}/{target}-{NAME}")
            except ObjectNotFound:
                tell("nothing ends this run at its deadline but the next one: `scimflow deploy`")
                return
            await client.create_flow_run_from_deployment(
                deployed.id,
                parameters={**deployed.parameters, "run": waiting.run_id},
                state=Scheduled(scheduled_time=waiting.until + AFTER),
                idempotency_key=f"{NAME}-{waiting.run_id}",
                name=f"deadline-of-{waiting.run_id}",
            )
