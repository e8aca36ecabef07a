"""What is deployed: for each deployment its flow, its name, its words in the UI, its schedule.

A new flow gets a line in JOBS; `scimflow deploy`, `scimflow serve` and deployments/prefect.yaml
follow. No import of Prefect: the commands that only show the table stay quick.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from data_contracts.configuration import Configuration, Schedule
from data_contracts.words import IfBusy

TAG = "scimflow"


@dataclass(frozen=True, slots=True)
class Job:
    """One deployment, for any target.

    Attributes:
        name: Behind the target's name in the deployment's name.
        flow: Name of the flow in Prefect.
        entrypoint: Module path of the flow.
        about: What it does, for whoever sees it in the UI; Markdown.
        schedule: Its field in `deployments.schedules`; "" for one that is only started by somebody.
        if_busy: Of one without a schedule that writes; None for one that writes nothing.
        writes: Whether it may write to the target.
        parameters: Parameters that it always has, beside `configuration` and `if_busy`.
    """

    name: str
    flow: str
    entrypoint: str
    about: str
    schedule: str = ""
    if_busy: IfBusy | None = None
    writes: bool = True
    parameters: Mapping[str, Any] = field(default_factory=dict)


JOBS = (
    Job(
        "sync",
        "sync-users",
        "flows.sync_users.sync_users",
        "The full sync: reads the exports, works out who should have an account, and brings the "
        "target in step. Over a guardrail it is held before the first write.",
        schedule="sync",
    ),
    Job(
        "leaver-sweep",
        "sweep-leavers",
        "flows.sweep_leavers.sweep_leavers",
        "Deactivates the accounts of those who have left, by the newest exports, and does nothing "
        "else. The same guardrails hold.",
        schedule="leaver_sweep",
    ),
    Job(
        "drift-report",
        "report-drift",
        "flows.report_drift.report_drift",
        "Reports where the target differs from what the exports say. Writes nothing to it.",
        schedule="drift_report",
        writes=False,
    ),
    Job(
        "export-check",
        "check-export",
        "flows.check_export.check_export",
        "Holds a freshly arrived export against its data contract. Touches no target.",
        writes=False,
    ),
    Job(
        "export-watch",
        "watch-exports",
        "flows.watch_exports.watch_exports",
        "Looks whether an export has arrived that no run has read. If so, automations start its "
        "check, and a sync when it is accepted.",
        schedule="export_watch",
        writes=False,
    ),
    Job(
        "prune",
        "prune-ledger",
        "flows.prune_ledger.prune_ledger",
        "Removes what is over its time by `ledger.keep_values_days` and `ledger.keep_runs_days`; "
        "without them, nothing. Touches no target.",
        schedule="prune",
        writes=False,
    ),
    Job(
        "plan",
        "plan-users",
        "flows.plan_users.plan_users",
        "Works out what a sync would do and keeps the plan for review. Writes nothing to the "
        "target.",
        writes=False,
    ),
    Job(
        "apply",
        "apply-plan",
        "flows.apply_plan.apply_plan",
        "Carries out exactly one plan that was reviewed, by its digest or the id of its run; "
        "refused when something moved since.",
        if_busy=IfBusy.WAIT,
    ),
    Job(
        "retry",
        "retry-failed",
        "flows.retry_failed.retry_failed",
        "Tries again now what failed before, for one person (by worker key) or for everybody of a "
        "run.",
        if_busy=IfBusy.WAIT,
    ),
    Job(
        "provision",
        "provision-person",
        "flows.provision_person.provision_person",
        "Brings one person's account in step with the newest exports, now, and nobody else's.",
        if_busy=IfBusy.WAIT,
    ),
    Job(
        "approval-deadline",
        "approval-deadline",
        "flows.approval_deadline.approval_deadline",
        "Ends the run whose plan nobody approved in time. A run that begins to wait asks for it, "
        "for the end of its time. Touches no target.",
        writes=False,
    ),
    Job(
        "backfill",
        "backfill",
        "flows.backfill.backfill",
        "Replays dated exports in order, one child run a day. Nobody is deactivated on an old "
        "export's word whom a newer one has active.",
        if_busy=IfBusy.WAIT,
    ),
)
"""Every deployment of a target, in the order in which they are told."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """A job for one target: everything that Prefect is told.

    Attributes:
        job: The job.
        name: The deployment's name; unique for a flow.
        parameters: The deployment's; no person and no secret is among them.
        tags: Of the deployment and of its runs.
        schedule: When it runs by itself; None when only somebody starts it.
        time_zone: Of the schedule.
        collision: What Prefect does with a second run of the same deployment.
    """

    job: Job
    name: str
    parameters: Mapping[str, Any]
    tags: tuple[str, ...]
    schedule: Schedule | None
    time_zone: str
    collision: str


def jobs_of(settings: Configuration, configuration: str) -> tuple[Deployed, ...]:
    """What is deployed for a target.

    Args:
        settings: Of the target.
        configuration: Path of scimflow.yaml on the machine that runs the flows.
    """
    return tuple(_deployed(job, settings, configuration) for job in JOBS)


def _deployed(job: Job, settings: Configuration, configuration: str) -> Deployed:
    wanted = settings.deployments
    target = settings.target.name
    schedule = getattr(wanted.schedules, job.schedule) if job.schedule else None
    if job.schedule == "prune" and not settings.ledger.has_retention:
        schedule = None
    if_busy = _if_busy(job, schedule)
    parameters = {"configuration": configuration, **job.parameters}
    if if_busy is not None:
        parameters["if_busy"] = str(if_busy)
    return Deployed(
        job,
        f"{target}-{job.name}",
        parameters,
        tuple(dict.fromkeys((TAG, f"target:{target}", *wanted.tags))),
        schedule,
        wanted.time_zone or settings.lifecycle.time_zone,
        _collision(if_busy, settings),
    )


def _collision(if_busy: IfBusy | None, settings: Configuration) -> str:
    """Of one deployment the later run waits in Prefect, where it takes no worker's place.

    A suspended run that is resumed asks for its place anew: where the later one is cancelled, an
    approval that comes while another run is at work would end the approved run.
    """
    may_cancel = if_busy is IfBusy.CANCEL and settings.approval.wait != "suspend"
    return "CANCEL_NEW" if may_cancel else "ENQUEUE"


def _if_busy(job: Job, schedule: Schedule | None) -> IfBusy | None:
    if not job.writes:
        return None
    return schedule.if_busy if schedule is not None else job.if_busy or IfBusy.WAIT
