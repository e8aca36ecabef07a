"""Flow `provision-person`: one person's account, now, from the newest exports."""

from datetime import date
from typing import Any

from prefect import State, flow

from data_contracts.as_of import AsOf
from data_contracts.words import IfBusy, RunState
from flows.artifacts import Progress
from flows.leasing import hold_target
from flows.persons import find_workers, why_nothing
from flows.pipeline import Preparation
from flows.project import SETTINGS_FILE, utc_now
from flows.running import Run
from flows.stages import PLAIN
from flows.syncing import sync_within
from flows.tracked import MANNER, conduct, connect


@flow(name="provision-person", flow_run_name="provision-{person}", persist_result=False)
async def provision_person(
    person: str,
    configuration: str = SETTINGS_FILE,
    if_busy: IfBusy = IfBusy.WAIT,
    as_of: date | None = None,
) -> State[Any]:
    """Bring one person's account in step with the newest exports, and nobody else's.

    The same contracts, rules and guardrails hold as for everybody: somebody who is not employed
    gets no account, and a plan over a limit is held.

    Args:
        person: Whose account: the worker key, or the userName or e-mail address as the exports have
            it.
        configuration: Path of scimflow.yaml on the machine that runs the flow.
        if_busy: When another run works on the target: refuse (this one ends as failed), wait for
            it, or cancel this one.
        as_of: Day to work for, as 2026-03-02; today when empty.
    """

    async def work(run: Run, as_of: AsOf) -> RunState:
        looking = Preparation(run.project, PLAIN, run.ledger, as_of, utc_now())
        found = await find_workers(looking, [person])
        only = found.workers
        if run.reviewed is not None and run.reviewed.only is not None:
            only = frozenset(run.reviewed.only)
        async with hold_target(run), connect(run.project) as client:
            bar = Progress("Operations carried out")
            state = await sync_within(run, as_of, client, MANNER, bar, only=only, at_once=True)
        if run.plan is not None and run.plan.is_empty:
            MANNER.tell(why_nothing(found.people, next(iter(only))))
        return state

    day = as_of.isoformat() if as_of else None
    return await conduct("provision-person", configuration, day, work, if_busy, asks=True)
