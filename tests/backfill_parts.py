"""Backfills without Prefect: the same way that the flow takes, with plain stages and runs."""

import asyncio
import sys
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from data_contracts.as_of import AsOf
from data_contracts.backfill import BackfillRequest, ReplayedDay
from data_contracts.delivery import DeliveryCalendar
from data_contracts.outcome import Outcome, RunRecord
from data_contracts.plan import Plan, PlannedOperation
from data_contracts.words import BackfillMode, RunState
from flows.backfill_day import day_work
from flows.backfilling import DAY_FLOWS, ReplayDay, backfill_within, files_of, replayed
from flows.latest import Known
from flows.leasing import hold_backfill
from flows.pipeline import CheckedSources
from flows.project import Project, find_token, open_project
from flows.recorded import RunNotes, record_run
from flows.running import Run
from flows.stages import PLAIN
from flows.syncing import Manner
from flows.telling import silent
from tasks.load.session import LoadSession
from tasks.scim.client import open_client
from tests.command_parts import HEADER, Company


async def _apply(
    kind: str,
    number: int,
    total: int,
    session: LoadSession,
    operations: Sequence[PlannedOperation],
    on_outcome: Callable[[Outcome], None],
) -> tuple[Outcome, ...]:
    return await session.apply(operations, on_outcome)


async def _keep_sources(run: Run, sources: CheckedSources) -> None:
    run.record_sources(sources)


async def _show_nobody(run: Run, plan: Plan) -> None: ...


async def _no_progress(done: int, total: int) -> None: ...


MANNER = Manner(PLAIN, _apply, silent, _keep_sources, _show_nobody)


def backfill(
    folder: Path, first: str, last: str, mode: BackfillMode = BackfillMode.DAY_BY_DAY, **more: Any
) -> tuple[RunRecord, tuple[ReplayedDay, ...]]:
    """Replay days; the parent's record, and what became of each day."""
    request = BackfillRequest(date.fromisoformat(first), date.fromisoformat(last), mode, **more)
    return asyncio.run(backfill_once(open_project(folder), request))


async def backfill_once(
    project: Project, request: BackfillRequest
) -> tuple[RunRecord, tuple[ReplayedDay, ...]]:
    """Do as the flow does."""

    async def work(run: Run, as_of: AsOf) -> RunState:
        async with hold_backfill(run):
            parent = run.record.run_id
            return await backfill_within(run, request, MANNER, partial(child, parent), _no_progress)

    def child(parent: str, calendar: DeliveryCalendar, known: Known) -> ReplayDay:
        async def one_day(run: Run, as_of: AsOf) -> RunState:
            target = project.settings.target
            async with open_client(target, find_token(project), folder=project.folder) as client:
                return await day_work(
                    run, as_of, client, MANNER, _no_progress, request, calendar, known
                )

        async def run_day(day: date) -> ReplayedDay:
            name, as_of = DAY_FLOWS[request.mode], AsOf(day)
            result = await record_run(project, name, as_of, None, one_day, RunNotes(), parent)
            files = files_of(calendar, day)
            return replayed(day, files, result.record, result.load, result.error)

        return run_day

    result = await record_run(project, "backfill", AsOf(request.last), None, work, RunNotes())
    if result.error is not None:
        raise result.error
    return result.record, result.days


def deliver(acme: Company, day: str, *rows: str, suffix: str = "") -> Path:
    """Write the HR export of a day."""
    return acme.export(*rows, header=HEADER, name=f"hr-{day}{suffix}.csv")


def dated(acme: Company, **changes: Any) -> None:
    """Let the HR source read dated files; other limits than the usual ones hold nothing up."""
    (acme.folder / "hr.csv").unlink(missing_ok=True)
    unlimited = {"max": None, "max_fraction": None}
    limits = {
        name: unlimited for name in ("deactivations", "creates", "updates", "source_shrinkage")
    }
    limits |= {"role_upgrades": {"max": None}}
    acme.settings(
        {
            "sources": {"hr": {"path": "hr-{date}.csv", "complete_roster": True}},
            "guardrails": {**limits, "min_admins": 0},
            **changes,
        }
    )


if __name__ == "__main__":
    backfill(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
