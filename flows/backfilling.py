"""The days of a backfill, in order: which are done already, which is next, when to stop."""

from collections.abc import Awaitable, Callable
from datetime import date

from data_contracts.backfill import WELL, BackfillRequest, ReplayedDay, worst_state
from data_contracts.delivery import DeliveryCalendar
from data_contracts.errors import LeaseHeld, ScimflowError
from data_contracts.outcome import LoadReport, RunRecord
from data_contracts.words import BackfillMode, RunState
from flows.calendars import check_acted_on, check_calendar, read_calendar, remarks
from flows.latest import Known, find_latest
from flows.loading import Progress
from flows.pipeline import Preparation
from flows.project import Project, utc_now
from flows.running import Run
from flows.syncing import Manner
from tasks.ledger import LedgerReader

DAY_FLOWS = {
    BackfillMode.DAY_BY_DAY: "backfill-day",
    BackfillMode.STATE_ONLY: "rebuild-day",
    BackfillMode.FINAL_STATE: "backfill-fold",
}
"""Names of the runs that a backfill consists of."""

ReplayDay = Callable[[date], Awaitable[ReplayedDay]]
"""Makes the run of one day."""


MakeChild = Callable[[DeliveryCalendar, Known], ReplayDay]
"""Knows how one day is run, once it is known which files there are and what is known today."""


async def backfill_within(
    run: Run, request: BackfillRequest, manner: Manner, child: MakeChild, progress: Progress
) -> RunState:
    """Replay days, each in a run of its own.

    Args:
        run: The parent run.
        request: What is asked for.
        manner: How what is known today is read.
        child: Makes the runs of the days.
        progress: Told how many days are done, of how many.

    Returns:
        How the parent run ends: as its worst day.

    Raises:
        ConfigurationError: Days are missing or double, and nobody said to go on; or a newer
            delivery is gone.
    """
    project, now = run.project, utc_now()
    calendar = read_calendar(project, request.first, request.last, now)
    for remark in remarks(calendar):
        manner.tell(remark)
    check_calendar(calendar, request)
    check_acted_on(calendar, run.ledger, project)
    present = Preparation(
        project, manner.stages, run.ledger, project.as_of(None), now, tell=manner.tell
    )
    known = await find_latest(present, [*calendar.days, *calendar.later])
    run_day, total = child(calendar, known), len(calendar.window)
    if request.mode is BackfillMode.FINAL_STATE:
        run.days = await _fold_days(calendar, run_day)
        return worst_state(run.days)

    async def replay(day: date) -> ReplayedDay:
        number = calendar.window.index(day) + 1
        manner.tell(f"day {day}: {number} of {total}")
        entry = await run_day(day)
        await progress(number, total)
        return entry

    run.days = await replay_days(
        calendar,
        request,
        replay,
        lambda day: completed_run(run.ledger, project, calendar, request, day),
    )
    return worst_state(run.days)


async def replay_days(
    calendar: DeliveryCalendar,
    request: BackfillRequest,
    replay: ReplayDay,
    done_before: Callable[[date], str | None],
) -> tuple[ReplayedDay, ...]:
    """Go through the days.

    Args:
        calendar: Which days have a delivery.
        request: What was asked for.
        replay: Makes the run of one day.
        done_before: The run that has completed a day already, if there is one.

    Returns:
        One entry for each day of the window, in order: also for those without a delivery and for
        those that were not come to.
    """
    days: list[ReplayedDay] = []
    stopped_by: date | None = None
    begun = False
    for day in calendar.window:
        files = files_of(calendar, day)
        if day not in calendar.deliveries[calendar.employment]:
            entry = ReplayedDay(day, message="no delivery")
        elif stopped_by is not None:
            entry = ReplayedDay(day, files, message=f"not begun: stopped on {stopped_by}")
        elif not begun and (earlier := done_before(day)) is not None:
            entry = ReplayedDay(day, files, message=f"done before, by run {earlier}")
        else:
            # from here on all of them: a day that was done before came after this one then
            begun = True
            entry = await replay(day)
            if not may_go_on(entry, request):
                stopped_by = day
        days.append(entry)
    return tuple(days)


async def _fold_days(calendar: DeliveryCalendar, run_day: ReplayDay) -> tuple[ReplayedDay, ...]:
    """Run the last day for all of them; the others say where they are."""
    last = calendar.days[-1]
    folded = await run_day(last)
    days = []
    for day in calendar.window:
        if day == last:
            days.append(folded)
        elif day in calendar.deliveries[calendar.employment]:
            text = f"folded into the plan of {last}"
            days.append(ReplayedDay(day, files_of(calendar, day), message=text))
        else:
            days.append(ReplayedDay(day, message="no delivery"))
    return tuple(days)


def may_go_on(day: ReplayedDay, request: BackfillRequest) -> bool:
    """Whether the next day may follow.

    A failure of single people does not stop: the next day tries them again. A target or a ledger
    that fails does, always: it would fail for every day.
    """
    if day.stopped or day.state is RunState.FAILED:
        return False
    return day.state in (*WELL, RunState.PARTLY_APPLIED) or request.keep_going


def files_of(calendar: DeliveryCalendar, day: date) -> tuple[str, ...]:
    """The dated files that are read for a day."""
    return tuple(delivery.path for delivery in calendar.read_on(day))


def completed_run(
    ledger: LedgerReader,
    project: Project,
    calendar: DeliveryCalendar,
    request: BackfillRequest,
    day: date,
) -> str | None:
    """The run that has replayed a day completely: same files, same settings, same people.

    Args:
        ledger: Knows the runs.
        project: The settings as they are now.
        calendar: The deliveries as they are now.
        request: What is asked for.
        day: The day.
    """
    if request.again:
        return None
    target = project.settings.target.name
    expected = {d.source: d.digest for d in calendar.read_on(day)}
    for run in ledger.runs_of_day(target, DAY_FLOWS[request.mode], day):
        if run.state not in WELL:
            continue
        batches = {batch.source: batch.digest for batch in ledger.batches(run.run_id)}
        if any(batches.get(source) != digest for source, digest in expected.items()):
            continue
        plan = ledger.plan_of_run(run.run_id)
        if plan is None or plan.basis.configuration != project.settings.digest:
            continue
        if plan.only is None or (request.only is not None and request.only <= set(plan.only)):
            return run.run_id
    return None


def replayed(
    day: date,
    files: tuple[str, ...],
    record: RunRecord,
    load: LoadReport | None,
    error: ScimflowError | None,
) -> ReplayedDay:
    """Tell what became of a day whose run has ended."""
    return ReplayedDay(
        day,
        files,
        record.state,
        record.message,
        record.counts,
        record.run_id,
        stopped=bool(load and load.stopped) or isinstance(error, LeaseHeld),
        exit_code=error.exit_code if error is not None else None,
    )
