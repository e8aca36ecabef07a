"""What all flows share: a run in the ledger around the work, a final state that tells its end."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from prefect import State, get_run_logger
from prefect.runtime import flow_run
from prefect.states import Cancelled, Failed

from data_contracts.as_of import AsOf
from data_contracts.errors import LeaseHeld, ScimflowError
from data_contracts.plan import Plan
from data_contracts.words import IfBusy, OperationKind, RunState
from flows.announcing import announce_end
from flows.approving import after_review
from flows.artifacts import publish_plan, publish_run, publish_sources
from flows.final_states import final_state
from flows.leasing import await_target
from flows.pipeline import CheckedSources, Prepared
from flows.project import Project, find_token, open_project
from flows.recorded import RunNotes, RunResult, Work, record_run
from flows.running import Run
from flows.shared_limit import share_of_limit
from flows.stages import Stages
from flows.syncing import Manner, prepare_within
from flows.telemetry import telemetry
from flows.tell_run import tell_run
from flows.telling import note_end, tell
from flows.untold import keep_untold, untold_runs
from flows.waiting import settle_waiting
from tasks import steps
from tasks.ledger import open_ledger
from tasks.scim.client import ScimClient, open_client

TRACKED = Stages(
    steps.extract_export_tracked,
    steps.check_export_tracked,
    steps.transform_people_tracked,
    steps.read_accounts_tracked,
    steps.plan_changes_tracked,
    steps.read_teams_tracked,
)
"""The stages as Prefect tasks."""


def result_of(state: State[Any]) -> RunResult | None:
    """The result in a flow's final state; None where the flow did not come to one."""
    data = getattr(state.data, "result", state.data)
    return data if isinstance(data, RunResult) else None


async def conduct(
    flow: str,
    configuration: str,
    as_of: str | None,
    work: Work,
    if_busy: IfBusy | None = None,
    *,
    asks: bool = False,
    parent_run_id: str | None = None,
    applies: str | None = None,
) -> State[Any]:
    """Do a flow's work within a run of the ledger.

    Args:
        flow: Name of the flow.
        configuration: Path of scimflow.yaml.
        as_of: ISO date, or None for today.
        work: What the flow does.
        if_busy: What becomes of a run that is to write while another one works on the target; None
            for one that only reads.
        asks: Whether a person is asked when the plan is held (`approval.wait`).
        parent_run_id: The run of the ledger that this one is a part of.
        applies: Digest of the reviewed plan that is to be carried out, where it is given.

    Returns:
        The final state, with a `RunResult`. An error that a user can cause ends the run with its
        message; any other too, by its kind alone.
    """
    project = open_project(configuration)
    work = _settling(after_review(work) if asks else work, applies)
    while True:
        try:
            await _until_free(project, if_busy)
        except LeaseHeld as held:
            ended = Cancelled if if_busy is IfBusy.CANCEL else Failed
            return ended(message=f"nothing was done: {held.message}")
        notes = RunNotes(get_run_logger().info, _publish)
        day = project.as_of(as_of)
        prefect_run_id = flow_run.get_id()
        result = await record_run(project, flow, day, prefect_run_id, work, notes, parent_run_id)
        # another one that waited may have been quicker
        if not isinstance(result.error, LeaseHeld) or if_busy in (None, IfBusy.REFUSE):
            break
    note_end((project, result))
    if steps.server_is_away():
        keep_untold(project, result.record)
    else:
        await _tell_waiting(project)
    record = result.record
    return final_state(record.state, record.message, result.rejection, data=result)


async def _until_free(project: Project, if_busy: IfBusy | None) -> None:
    """Wait before the run stands in the ledger: one that stands there counts as at work.

    A run that goes on with an answer stands there already, and waits in any case, later.

    Raises:
        LeaseHeld: Another run works on the target, and this one does not wait for it.
    """
    if if_busy in (IfBusy.WAIT, IfBusy.CANCEL):
        with open_ledger(project.ledger_url, folder=project.folder) as ledger:
            if ledger.waiting_prefect_run(flow_run.get_id() or "") is None:
                await await_target(ledger, project.settings.target.name, if_busy, _log_and_tell)


def _settling(work: Work, applies: str | None) -> Work:
    """End first what waits in vain for a person's word."""

    async def call(run: Run, day: AsOf) -> RunState:
        await settle_waiting(run.project, run.ledger, run.waiting, applies=applies)
        return await work(run, day)

    return call


async def _tell_waiting(project: Project) -> None:
    """Bring runs into the history that Prefect's server was not there for."""
    for waiting in untold_runs(project):
        tell(f"telling Prefect of run {waiting.run_id}, of which it saw no end")
        try:
            await tell_run(waiting.run_id, str(project.file), return_state=True)
        except httpx.HTTPError:
            return  # it is away again; the next run tries again


async def _publish(run: Run) -> None:
    await publish_run(run)
    # what a day of the past had is nothing to be told of today, once for each of them
    if not steps.server_is_away() and run.record.parent_run_id is None:
        announce_end(run)


async def prepare(
    run: Run,
    as_of: AsOf,
    client: ScimClient,
    *,
    writes: bool = False,
    only: frozenset[str] | None = None,
    kinds: frozenset[OperationKind] | None = None,
) -> Prepared:
    """Go to a plan with tracked stages, recording the sources on the way.

    Args:
        run: The run.
        as_of: The day.
        client: Reads the target.
        writes: Whether the run holds the target's lease and is to write: then it first settles
            what an earlier run left open.
        only: Worker keys of those for whom anything is to be done; None for everybody.
        kinds: The kinds of operations that are to be done; None for all.
    """
    return await prepare_within(run, as_of, client, MANNER, writes=writes, only=only, kinds=kinds)


def _log_and_tell(text: str) -> None:
    get_run_logger().info("%s", text)
    tell(text)


async def record_sources(run: Run, sources: CheckedSources) -> None:
    """Keep the contracts' reports in the ledger, the folder and the UI."""
    run.record_sources(sources)
    if run.reviewed is None:  # else they stand in the UI already, as they were reviewed
        await publish_sources(run)


async def record_plan_page(run: Run, plan: Plan) -> None:
    """Show a plan in the UI, once."""
    if run.reviewed is None:
        await publish_plan(run, plan)


MANNER = Manner(
    TRACKED, steps.apply_operations_tracked, _log_and_tell, record_sources, record_plan_page
)
"""Prefect tasks, and artifacts for the UI."""


@asynccontextmanager
async def connect(project: Project) -> AsyncIterator[ScimClient]:
    """A client of the project's target, with its share of a rate that others use too."""
    target, tokens = project.settings.target, find_token(project)
    async with (
        share_of_limit(target) as share,
        open_client(
            target,
            tokens,
            folder=project.folder,
            on_request=telemetry().on_request,
            share=share,
        ) as client,
    ):
        yield client
        if share is not None:
            get_run_logger().info(
                "shared rate: %d round trips to Prefect's server for %d requests",
                share.round_trips,
                client.requests,
            )


def run_name(flow: str, parameters: dict[str, Any]) -> str:
    """Name a flow run by target and day: `productboard-2026-03-02`."""
    try:
        project = open_project(parameters.get("configuration", "scimflow.yaml"))
        day = parameters.get("as_of") or project.as_of(None).day.isoformat()
        target, named = project.settings.target.name, flow_run.get_name() or ""
        # a run that goes on after an approval keeps the day that it was made for
        kept = re.search(rf"{re.escape(target)}-\d{{4}}-\d\d-\d\d$", named)
        return kept.group() if kept else f"{target}-{day}"
    except ScimflowError:
        return flow
