"""One day of a backfill: carried out, rebuilt in the ledger, or all days folded into one plan."""

from functools import partial

from data_contracts.as_of import AsOf
from data_contracts.backfill import BackfillRequest
from data_contracts.delivery import DeliveryCalendar
from data_contracts.outcome import LoadReport
from data_contracts.plan import Plan
from data_contracts.words import BackfillMode, RunState
from flows.foreseeing import Foresight
from flows.latest import Known
from flows.leasing import hold_target
from flows.loading import Progress
from flows.pipeline import Past, Preparation
from flows.project import utc_now
from flows.running import Run, completed_state
from flows.settling import settle_open_intents
from flows.syncing import Manner, load_within, prepare_within, sync_within
from tasks.plan.fold import DayPlan, fold_plans
from tasks.scim.client import ScimClient


async def day_work(
    run: Run,
    as_of: AsOf,
    client: ScimClient,
    manner: Manner,
    progress: Progress,
    request: BackfillRequest,
    calendar: DeliveryCalendar,
    known: Known,
) -> RunState:
    """Do one day; of a final state, all of them.

    Args:
        run: The day's run.
        as_of: The day.
        client: Of the target.
        manner: How the run goes about it.
        progress: Told how far the load is.
        request: What was asked for.
        calendar: Which days have a delivery.
        known: What is known today.
    """
    past = Past(known.beyond(as_of.day), request.mode is BackfillMode.STATE_ONLY)
    async with hold_target(run):
        if request.mode is BackfillMode.FINAL_STATE:
            plan = await fold_within(run, as_of, client, manner, request, calendar, known)
            return await load_within(run, plan, client, manner, progress, at_once=True)
        if request.mode is BackfillMode.STATE_ONLY:
            return await rebuild_within(run, as_of, client, manner, past, request.only)
        return await sync_within(
            run, as_of, client, manner, progress, only=request.only, at_once=True, past=past
        )


async def rebuild_within(
    run: Run,
    as_of: AsOf,
    client: ScimClient,
    manner: Manner,
    past: Past,
    only: frozenset[str] | None,
) -> RunState:
    """Keep in the ledger what a day's deliveries tell; nothing is written at the target.

    Args:
        run: Holds the target's lease.
        as_of: The day.
        client: Reads the target.
        manner: How the run goes about it.
        past: What is known since.
        only: Worker keys of those who are linked; None for everybody.
    """
    prepared = await prepare_within(run, as_of, client, manner, only=only, past=past)
    run.record_plan(prepared.plan)
    run.ledger.adopt(run.record.run_id, run.record.target, prepared.plan.adoptions, utc_now())
    run.load = LoadReport(())  # carried out, and there was nothing to write
    return completed_state(run.reports)


async def fold_within(
    run: Run,
    as_of: AsOf,
    client: ScimClient,
    manner: Manner,
    request: BackfillRequest,
    calendar: DeliveryCalendar,
    known: Known,
) -> Plan:
    """Plan every day as if those before were carried out, and fold the plans into one.

    Limits are those of the one plan: what a day would do too much of, and a later day takes back,
    is not done.

    Raises:
        BatchRefused: A delivery is refused, and nobody said to go on.
        SourceError: Likewise, one cannot be read.
    """
    project, settings = run.project, run.project.settings
    preparation = Preparation(
        project,
        manner.stages,
        run.ledger,
        as_of,
        utc_now(),
        tell=manner.tell,
        on_snapshot=partial(settle_open_intents, run),
        only=request.only,
    )
    foresight = Foresight(preparation, client, known)
    plans: list[DayPlan] = []
    for number, day in enumerate(calendar.days, start=1):
        manner.tell(f"day {day}: {number} of {len(calendar.days)}")
        found = await foresight.plan(day)
        if found.refused is not None and (not request.keep_going or day == calendar.days[-1]):
            raise found.refused
        if found.sources is None or found.plan is None:
            manner.tell(f"day {day} is left out: {found.refused}")
            continue
        plans.append(DayPlan(day, found.plan))
        if day == calendar.days[-1]:
            await manner.on_sources(run, found.sources)
        foresight.go_on(found)
    return fold_plans(plans, foresight.accounts, foresight.previous_rows, settings)
