"""A sync whose history waits: the whole main job without Prefect, told to its server later."""

from collections.abc import Callable, Sequence
from pathlib import Path

from data_contracts.as_of import AsOf
from data_contracts.outcome import Outcome
from data_contracts.plan import Plan, PlannedOperation
from data_contracts.words import RunState
from flows.leasing import hold_target
from flows.pipeline import CheckedSources
from flows.project import find_token, open_project
from flows.recorded import RunNotes, RunResult, record_run
from flows.running import Run
from flows.stages import PLAIN
from flows.syncing import Manner, sync_within
from flows.telling import tell
from flows.untold import keep_untold
from tasks.load.session import LoadSession
from tasks.scim.client import open_client


async def sync_offline(configuration: str | Path, as_of: str | None) -> RunResult:
    """Do what the flow sync-users does, and remember that Prefect is still to be told.

    Args:
        configuration: Path of scimflow.yaml.
        as_of: ISO date, or None for today.

    Raises:
        ScimflowError: The settings are wrong, or the ledger cannot be opened.
    """
    project = open_project(configuration)
    notes = RunNotes(tell, _keep)
    return await record_run(project, "sync-users", project.as_of(as_of), None, _sync, notes)


async def _sync(run: Run, as_of: AsOf) -> RunState:
    project = run.project
    client = open_client(project.settings.target, find_token(project), folder=project.folder)
    async with hold_target(run), client as opened:
        return await sync_within(run, as_of, opened, MANNER, _no_bar)


async def _keep(run: Run) -> None:
    keep_untold(run.project, run.record)


async def apply_operations(
    kind: str,
    number: int,
    total: int,
    session: LoadSession,
    operations: Sequence[PlannedOperation],
    on_outcome: Callable[[Outcome], None],
) -> tuple[Outcome, ...]:
    """Carry out one batch of operations of one kind."""
    return await session.apply(operations, on_outcome)


async def _record_sources(run: Run, sources: CheckedSources) -> None:
    run.record_sources(sources)


async def _show_nobody(run: Run, plan: Plan) -> None: ...


async def _no_bar(done: int, total: int) -> None: ...


MANNER = Manner(PLAIN, apply_operations, tell, _record_sources, _show_nobody)
"""Plain functions; the terminal is told, nobody else."""
