"""A run in the ledger around a flow's work: begun, told how it ended, closed however it ends.

Written once: the flows put Prefect around it, and a run whose history waits goes without.
"""

import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from data_contracts.approval import Rejection
from data_contracts.as_of import AsOf
from data_contracts.backfill import ReplayedDay
from data_contracts.batch import ContractReport
from data_contracts.errors import (
    DEBUG_VARIABLE,
    BatchRefused,
    InternalError,
    PlanError,
    PlanHeld,
    ScimflowError,
    SourceError,
)
from data_contracts.outcome import LoadReport, RunRecord
from data_contracts.plan import Plan
from data_contracts.words import RunState
from flows.project import Project
from flows.running import Run, begin_run, taken_up
from flows.telemetry import observed_run, telemetry
from flows.telling import Teller, silent
from tasks.ledger import Ledger, open_ledger


class RunResult:
    """How a run ended, for a caller in the same process; Prefect does not store it.

    No dataclass: through those Prefect walks to the last operation, in search of states, which cost
    a sync of 500 operations a tenth of its time.
    """

    __slots__ = ("days", "error", "load", "plan", "record", "rejection", "reports")

    def __init__(
        self,
        record: RunRecord,
        reports: tuple[ContractReport, ...],
        plan: Plan | None,
        load: LoadReport | None,
        error: ScimflowError | None = None,
        rejection: Rejection | None = None,
        days: tuple[ReplayedDay, ...] = (),
    ) -> None:
        self.record = record
        self.reports = reports
        self.plan = plan
        self.load = load
        self.error = error
        self.rejection = rejection
        self.days = days


Work = Callable[[Run, AsOf], Awaitable[RunState]]
"""What a flow does within its run; says how the run ends."""


async def _nowhere(run: Run) -> None: ...


@dataclass(frozen=True, slots=True)
class RunNotes:
    """Who is told of a run beside the ledger.

    Attributes:
        tell: Told in words that it began.
        publish: Given the run when it has ended, before the ledger is closed.
    """

    tell: Teller = silent
    publish: Callable[[Run], Awaitable[None]] = _nowhere


async def record_run(
    project: Project,
    flow: str,
    day: AsOf,
    prefect_run_id: str | None,
    work: Work,
    notes: RunNotes,
    parent_run_id: str | None = None,
) -> RunResult:
    """Do a flow's work within a run of the ledger.

    Args:
        project: Settings and folder.
        flow: Name of the flow.
        day: The day that it works for.
        prefect_run_id: Id of the Prefect flow run; None without one.
        work: What the flow does.
        notes: Who is told beside the ledger.
        parent_run_id: The run that this one is a part of.

    Returns:
        How it ended; an error that a user can cause is part of it.

    Raises:
        InternalError: A defect, named by its kind alone; the run is closed as failed.
    """
    async with observed_run(project, flow):
        begin = partial(
            begin_run,
            project,
            flow=flow,
            as_of=day,
            prefect_run_id=prefect_run_id,
            parent_run_id=parent_run_id,
        )
        return await _record_run(project, begin, day, prefect_run_id, work, notes)


async def _record_run(
    project: Project,
    begin: Callable[[Ledger], Run],
    day: AsOf,
    prefect_run_id: str | None,
    work: Work,
    notes: RunNotes,
) -> RunResult:
    with open_ledger(project.ledger_url, folder=project.folder) as ledger:
        run = taken_up(project, ledger, prefect_run_id) or begin(ledger)
        telemetry().is_about(run)
        notes.tell(f"run {run.record.run_id} for target {run.record.target}")
        error: ScimflowError | None = None
        try:
            state = await work(run, day)
            message = ""
        except ScimflowError as caught:
            error, message = caught, caught.message
            state = state_of_error(caught)
        except Exception as caught:
            run.finish(RunState.FAILED, InternalError.of(caught).message)
            if os.environ.get(DEBUG_VARIABLE):
                raise
            raise InternalError.of(caught) from None
        except BaseException:
            # cancelled: the ledger must not show a run that goes on for ever
            if not run.suspended:
                run.finish(RunState.FAILED, "interrupted")
            raise
        record = run.finish(state, message)
        await notes.publish(run)
        rejection = run.rejection if state is RunState.REJECTED else None
    return RunResult(record, run.reports, run.plan, run.load, error, rejection, run.days)


def state_of_error(error: ScimflowError) -> RunState:
    """How a run ends that an error stopped."""
    match error:
        case BatchRefused() | SourceError():
            return RunState.REFUSED_BY_CONTRACT
        case PlanHeld():
            return RunState.HELD
        case PlanError():
            return RunState.REFUSED
        case _:
            return RunState.FAILED
