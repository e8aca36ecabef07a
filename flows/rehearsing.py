"""`scimflow backfill --dry-run`: every day planned, nothing written anywhere."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from data_contracts.backfill import BackfillRequest, ReplayedDay
from data_contracts.delivery import DeliveryCalendar
from data_contracts.words import RunState, Verdict
from flows.backfilling import files_of, replay_days
from flows.calendars import remarks
from flows.foreseeing import ForeseenDay, Foresight
from flows.latest import find_latest
from flows.pipeline import Preparation
from flows.project import Project, find_token, utc_now
from flows.running import STATE_OF_VERDICT, completed_state
from flows.stages import PLAIN
from tasks.ledger import open_ledger
from tasks.report.counters import final_message, run_counts
from tasks.scim.client import open_client


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a backfill would do.

    Attributes:
        remarks: What is missing or double, in words.
        days: What each day would do, as if the days before were carried out.
    """

    remarks: tuple[str, ...]
    days: tuple[ReplayedDay, ...]


async def rehearse(
    project: Project,
    calendar: DeliveryCalendar,
    request: BackfillRequest,
    tell: Callable[[str], None],
) -> Rehearsal:
    """Plan every day; the target is only read, and so is the ledger.

    Args:
        project: Settings and folder.
        calendar: Which days have a delivery.
        request: What is asked for.
        tell: Told what is being done.
    """
    with open_ledger(project.ledger_url, folder=project.folder, read_only=True) as ledger:
        present = Preparation(
            project, PLAIN, ledger, project.as_of(None), utc_now(), tell=tell, only=request.only
        )
        known = await find_latest(present, [*calendar.days, *calendar.later])
        client = open_client(project.settings.target, find_token(project), folder=project.folder)
        async with client:
            foresight = Foresight(present, client, known)

            async def replay(day: date) -> ReplayedDay:
                tell(f"planning {day}")
                found = await foresight.plan(day)
                entry = _entry(found, files_of(calendar, day))
                if found.plan is not None and found.plan.verdict is Verdict.SAFE:
                    foresight.go_on(found)
                return entry

            days = await replay_days(calendar, request, replay, lambda day: None)
    return Rehearsal(tuple(remarks(calendar)), days)


def _entry(found: ForeseenDay, files: tuple[str, ...]) -> ReplayedDay:
    counts = run_counts(found.reports, found.plan, None)
    if found.plan is None:
        message = found.refused.message if found.refused else ""
        return ReplayedDay(found.day, files, RunState.REFUSED_BY_CONTRACT, message, counts)
    verdict = found.plan.verdict
    if verdict is not Verdict.SAFE:
        over = [g.message for g in found.plan.guardrails if g.verdict is not Verdict.SAFE]
        return ReplayedDay(found.day, files, STATE_OF_VERDICT[verdict], "; ".join(over), counts)
    state = completed_state(found.reports)
    message = final_message(RunState.HELD, counts).removeprefix("held before the first write: ")
    return ReplayedDay(found.day, files, state, message, counts)
