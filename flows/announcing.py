"""Events that runs send to Prefect beside their states, for automations: with counts, no names.

Prefect sends an event for each state of a run by itself. What it cannot see, a run says here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from prefect.events import emit_event

from data_contracts.outcome import RunRecord
from flows.final_states import GOOD
from flows.overdue import overdue
from flows.project import utc_now
from flows.running import Run
from tasks.ledger import LedgerReader

QUARANTINE_OVER_LIMIT = "scimflow.quarantine-over-limit"
RECOVERED = "scimflow.recovered"
LEAVER_OVERDUE = "scimflow.leaver-overdue"
EXPORT_ARRIVED = "scimflow.export-arrived"
EXPORT_ACCEPTED = "scimflow.export-accepted"


@dataclass(frozen=True, slots=True)
class Announcement:
    """An event about a target.

    Attributes:
        event: Its name.
        message: One sentence.
        payload: Counts and names of sources, for whoever acts on it.
    """

    event: str
    message: str
    payload: Mapping[str, Any] = field(default_factory=dict)


def resource_of(target: str) -> str:
    """What events about a target are about."""
    return f"scimflow.target.{target}"


def announce(target: str, announcement: Announcement) -> None:
    """Send an event; Prefect adds which flow run sent it."""
    emit_event(
        announcement.event,
        {"prefect.resource.id": resource_of(target), "prefect.resource.name": target},
        payload={"message": announcement.message, **announcement.payload},
    )


def announce_end(run: Run) -> None:
    """Send what a run that has ended has to say."""
    for announcement in at_the_end(run):
        announce(run.record.target, announcement)


def at_the_end(run: Run) -> Iterator[Announcement]:
    """What a run that has ended has to say."""
    limit = run.project.settings.notifications.quarantine_rows
    rows = sum(len(report.quarantined) for report in run.reports)
    if rows > limit:
        text = f"{rows} rows were set aside, more than {limit}"
        yield Announcement(QUARANTINE_OVER_LIMIT, text, {"rows": rows, "limit": limit})
    if run.record.state in GOOD and (before := _before(run.ledger, run.record)) is not None:
        text = f"{run.record.flow} is well again; the run before ended as {before.state}"
        yield Announcement(RECOVERED, text, {"flow": run.record.flow, "before": str(before.state)})
    late = overdue(run, utc_now())
    if late:
        hours = run.project.settings.notifications.leaver_overdue_h
        text = f"{len(late)} leavers are active more than {hours:g} hours after their last day"
        yield Announcement(LEAVER_OVERDUE, text, {"leavers": len(late), "hours": hours})


def _before(ledger: LedgerReader, record: RunRecord) -> RunRecord | None:
    """The run of the same flow before this one, when it ended badly."""
    for other in ledger.runs(target=record.target):
        if other.run_id != record.run_id and other.flow == record.flow and other.ended_at:
            return None if other.state in GOOD else other
    return None
