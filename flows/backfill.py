"""Flow `backfill`: replays dated exports in order, one child run a day."""

from collections.abc import Awaitable, Callable
from datetime import date
from functools import partial
from typing import Any

from prefect import State, flow
from prefect.runtime import flow_run

from data_contracts.as_of import AsOf
from data_contracts.backfill import BackfillRequest, ReplayedDay
from data_contracts.delivery import DeliveryCalendar
from data_contracts.errors import ScimflowError
from data_contracts.words import BackfillMode, IfBusy, RunState
from flows.artifacts import Progress
from flows.backfill_day import day_work
from flows.backfilling import DAY_FLOWS, backfill_within, files_of, replayed
from flows.latest import Known
from flows.leasing import hold_backfill
from flows.project import SETTINGS_FILE, open_project
from flows.running import Run
from flows.telling import noting_ends
from flows.tracked import MANNER, conduct, connect, result_of


def _name() -> str:
    given = flow_run.get_parameters()
    try:
        target = open_project(given.get("configuration", SETTINGS_FILE)).settings.target.name
    except ScimflowError:
        target = "backfill"
    return f"{target}-{given['first_day']}-to-{given['last_day']}"


@flow(name="backfill", flow_run_name=_name, persist_result=False)
async def backfill(
    first_day: date,
    last_day: date,
    configuration: str = SETTINGS_FILE,
    mode: BackfillMode = BackfillMode.DAY_BY_DAY,
    people: list[str] | None = None,
    skip_missing: bool = False,
    take_last: bool = False,
    keep_going: bool = False,
    again: bool = False,
    if_busy: IfBusy = IfBusy.WAIT,
) -> State[Any]:
    """Replay dated exports in order, each with its own day, as one child run a day.

    Nobody is deactivated on an old export's word whom a newer one has active, and nobody gets
    access that a newer one does not give. Days that were completed before are left out, so that the
    same backfill goes on where it stopped.

    Args:
        first_day: First day to replay.
        last_day: Last day to replay.
        configuration: Path of scimflow.yaml on the machine that runs the flow.
        mode: day-by-day carries each day out; final-state folds all of them into one plan;
            state-only rebuilds the ledger and writes nothing at the target.
        people: Worker keys of those for whom anything is done; everybody if empty.
        skip_missing: Go on although days of the window have no delivery.
        take_last: Go on although several files fall on one day; the last by name counts.
        keep_going: Go on after a day that is held or refused.
        again: Replay days, too, that were completed before.
        if_busy: When another run works on the target as a day's turn comes: wait for it, or end
            there (refuse, cancel); the same backfill goes on later.
    """
    request = BackfillRequest(
        first=first_day,
        last=last_day,
        mode=mode,
        only=frozenset(people) if people else None,
        skip_missing=skip_missing,
        take_last=take_last,
        keep_going=keep_going,
        again=again,
    )

    async def work(run: Run, as_of: AsOf) -> RunState:
        async with hold_backfill(run):
            child = partial(_child, run, request, configuration, if_busy)
            return await backfill_within(run, request, MANNER, child, Progress("Days replayed"))

    return await conduct("backfill", configuration, last_day.isoformat(), work)


def _child(
    parent: Run,
    request: BackfillRequest,
    configuration: str,
    if_busy: IfBusy,
    calendar: DeliveryCalendar,
    known: Known,
) -> Callable[[date], Awaitable[ReplayedDay]]:
    """A child flow that knows what its parent has read: no person goes through a parameter."""
    name, target = DAY_FLOWS[request.mode], parent.record.target

    @flow(name=name, flow_run_name=f"{target}-{{as_of}}", persist_result=False)
    async def replay_day(as_of: date, configuration: str) -> State[Any]:
        async def work(run: Run, day: AsOf) -> RunState:
            async with connect(run.project) as client:
                bar = Progress("Operations carried out")
                return await day_work(run, day, client, MANNER, bar, request, calendar, known)

        of, day = parent.record.run_id, as_of.isoformat()
        return await conduct(name, configuration, day, work, if_busy, parent_run_id=of)

    async def run_day(day: date) -> ReplayedDay:
        with noting_ends():  # this is not the end of what the command line waits for
            state = await replay_day(day, configuration, return_state=True)
        result, files = result_of(state), files_of(calendar, day)
        if result is None:
            said = str(state.message)
            return ReplayedDay(day, files, RunState.FAILED, said, stopped=True)
        return replayed(day, files, result.record, result.load, result.error)

    return run_day
