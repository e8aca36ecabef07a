"""Flow `apply-plan`: carries out exactly one reviewed plan, or refuses and says what moved."""

from contextlib import suppress
from typing import Any

import httpx
from prefect import State, flow

from data_contracts.as_of import AsOf
from data_contracts.errors import ConfigurationError, PlanHeld, PlanRefused
from data_contracts.plan import Plan
from data_contracts.words import IfBusy, RunState, Verdict
from flows.artifacts import Progress, publish_plan
from flows.leasing import hold_target
from flows.loading import carry_out
from flows.project import SETTINGS_FILE, open_project
from flows.running import Run, held_message, is_approved, state_after_load
from flows.saved_plans import find_plan, require_unmoved
from flows.tracked import conduct, connect, prepare
from flows.waiting import end_carried_out
from tasks import steps


@flow(name="apply-plan", flow_run_name="apply-{plan}", persist_result=False)
async def apply_plan(
    plan: str, configuration: str = SETTINGS_FILE, if_busy: IfBusy = IfBusy.REFUSE
) -> State[Any]:
    """Carry out exactly the plan that was reviewed.

    The plan is made again from the same day; when source, target or settings have moved since, the
    two differ and nothing is written.

    Args:
        plan: A saved plan: its file, its digest, or the run's id.
        configuration: Path of scimflow.yaml on the machine that runs the flow.
        if_busy: When another run works on the target: refuse (this one ends as failed), wait for
            it, or cancel this one.
    """
    saved = find_plan(open_project(configuration), plan)
    if saved.basis.beside:
        raise ConfigurationError(
            f"plan {plan} is of a day of a backfill, which is carried out in its turn",
            hint="approve it, then run the same `scimflow backfill` again: it goes on there",
        )

    async def work(run: Run, as_of: AsOf) -> RunState:
        return await _apply(run, saved, plan, AsOf(saved.as_of, days=saved.zone_days))

    day, digest = saved.as_of.isoformat(), saved.digest
    return await conduct("apply-plan", configuration, day, work, if_busy, applies=digest)


async def _apply(run: Run, saved: Plan, name: str, as_of: AsOf) -> RunState:
    async with hold_target(run), connect(run.project) as client:
        only = None if saved.only is None else frozenset(saved.only)
        kinds = None if saved.kinds is None else frozenset(saved.kinds)
        prepared = await prepare(run, as_of, client, writes=True, only=only, kinds=kinds)
        require_unmoved(saved, prepared.plan)
        run.record_plan(saved)
        await publish_plan(run, saved)
        if saved.verdict is Verdict.REFUSED:
            raise PlanRefused(held_message(saved, name))
        if saved.verdict is Verdict.HELD and not is_approved(run):
            raise PlanHeld(held_message(saved, name))
        load = await carry_out(
            run,
            saved,
            client,
            steps.apply_operations_tracked,
            Progress("Operations carried out"),
            at_once=True,
        )
        ended = state_after_load(load, run.reports)
        with suppress(httpx.HTTPError):  # in the ledger they have ended
            await end_carried_out(run, ended)
        return ended
