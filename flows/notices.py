"""What each notice means at the Prefect server: after which events it is sent, and in which words.

Names of states are part of Prefect's events, so those of `flows.final_states.STATE_NAMES` stand
here; a test compares.
"""

from dataclasses import dataclass

from data_contracts.words import Notice
from flows.announcing import LEAVER_OVERDUE, QUARANTINE_OVER_LIMIT, RECOVERED

PREFIX = "prefect.flow-run."

WELL = ("Completed", "CompletedWithQuarantine")
"""States of a sync that went well."""

OF_THE_RUN = """\
{{ flow_run.name }}: {{ flow_run.state.name }}
{{ flow_run.state.message }}
{{ flow_run|ui_url or "" }}"""
"""A flow run's state message is made for this: numbers, limits, what to do; no personal value."""

OF_THE_EVENT = """\
{{ event.payload.message }}
{{ flow_run|ui_url or "" }}"""


@dataclass(frozen=True, slots=True)
class NoticeForm:
    """One notice.

    Attributes:
        states: Names of states after which it is sent.
        event: Or the event of our own after which it is.
        subject: Behind the target's name.
        body: A Jinja template, as automations have them.
    """

    subject: str
    body: str
    states: tuple[str, ...] = ()
    event: str = ""


FORMS = {
    Notice.FAILED: NoticeForm("a run failed", OF_THE_RUN, ("Failed", "Crashed", "TimedOut")),
    Notice.HELD: NoticeForm(
        "a plan is held and waits for somebody", OF_THE_RUN, ("Held", "Suspended", "Paused")
    ),
    Notice.PARTLY_APPLIED: NoticeForm(
        "a plan was carried out in part", OF_THE_RUN, ("PartlyApplied",)
    ),
    Notice.REFUSED: NoticeForm(
        "refused, nothing was written", OF_THE_RUN, ("Refused", "RefusedByContract", "Rejected")
    ),
    Notice.QUARANTINE: NoticeForm(
        "many rows were set aside", OF_THE_EVENT, event=QUARANTINE_OVER_LIMIT
    ),
    Notice.RECOVERED: NoticeForm("well again", OF_THE_EVENT, event=RECOVERED),
    Notice.LEAVER_OVERDUE: NoticeForm(
        "leavers are still active", OF_THE_EVENT, event=LEAVER_OVERDUE
    ),
    Notice.NO_RUN: NoticeForm(
        "no sync ended well for some time",
        "Look whether a worker runs, whether the server has late runs, and how the last sync ended",
    ),
}
"""By notice; `no_run` is sent when events stay away."""
