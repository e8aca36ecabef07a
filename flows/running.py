"""One run: its id, its folder, its place in the ledger, and how it ends."""

import asyncio
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from data_contracts.active_leaver import ActiveLeaver
from data_contracts.approval import (
    Approval,
    Rejection,
    WaitingRun,
    counting,
    standing_rejection,
)
from data_contracts.as_of import AsOf
from data_contracts.backfill import ReplayedDay, total_counts
from data_contracts.batch import ContractReport
from data_contracts.errors import ScimflowError
from data_contracts.outcome import LoadReport, RunRecord
from data_contracts.plan import Plan
from data_contracts.words import BatchVerdict, RunState, Verdict
from flows.pipeline import CheckedSources
from flows.project import Project, new_run_id, utc_now
from tasks.ledger import Ledger
from tasks.report.backfill_pages import backfill_markdown, backfill_message
from tasks.report.check_page import check_html
from tasks.report.counters import final_message, run_counts
from tasks.report.documents import run_document
from tasks.report.markdown import run_markdown
from tasks.report.selection import CONTRACTS_FILE, HEAD_FILE
from tasks.report.wording import moment, unsafe
from tasks.validate.quarantine import quarantine_jsonl

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700


@dataclass(slots=True)
class Run:
    """A run while it goes on: what is known of it so far.

    Attributes:
        project: Settings and folder.
        ledger: Where the run is recorded.
        record: The ledger's line about the run.
        reports: The contracts' word on each source, once known.
        plan: The plan, once made.
        load: What became of it, once carried out.
        lease_lost: Set when another run may have taken the target over; None without a lease.
        waiting: That it waits for somebody's word, or did when this process took it up.
        reviewed: The plan that somebody was asked about: this one is carried out, or none.
        suspended: Whether this process leaves it behind, waiting.
        remark: Its end in one sentence, where the counts do not tell it.
        links: Where a browser shows more of it: addresses by their words.
        days: Of a backfill: what became of each day.
        active_leavers: Leavers whose managed accounts were active when the target was read.
    """

    project: Project
    ledger: Ledger
    record: RunRecord
    reports: tuple[ContractReport, ...] = ()
    plan: Plan | None = None
    load: LoadReport | None = None
    files: list[Path] = field(default_factory=list)
    lease_lost: asyncio.Event | None = None
    waiting: WaitingRun | None = None
    reviewed: Plan | None = None
    suspended: bool = False
    remark: str = ""
    links: dict[str, str] = field(default_factory=dict)
    days: tuple[ReplayedDay, ...] = ()
    active_leavers: tuple[ActiveLeaver, ...] = ()

    @property
    def folder(self) -> Path:
        """The run's folder; its files are readable by their owner alone."""
        return self.project.runs_folder / self.record.run_id

    def record_sources(self, sources: CheckedSources) -> None:
        """Keep which deliveries were read, and the quarantined rows with their reasons."""
        self.reports = sources.reports
        self.write(CONTRACTS_FILE, [check_html(self.reports).encode()])
        for report in self.reports:
            # else recorded already, before somebody was asked; or there is none
            if self.reviewed is None and not report.absent:
                self.ledger.record_batch(self.record.run_id, report)
            if report.quarantined:
                name = f"quarantine-{report.source}.jsonl"
                self.write(name, [quarantine_jsonl(sources.raw[report.source], report)])

    def record_plan(self, plan: Plan) -> None:
        """Keep the plan, byte for byte as it was judged."""
        self.plan = plan
        path = self.write("plan.json", plan.pieces())
        self.ledger.save_plan(self.record.run_id, plan, str(path))

    def finish(self, state: RunState, message: str = "") -> RunRecord:
        """Close the run in the ledger and leave its report in the folder.

        Args:
            state: How it ended.
            message: One sentence; made from the counts when empty.
        """
        if self.record.ended_at is not None:
            return self.record  # by another process, while it waited
        counts = self.counts()
        message = message or self.remark or (backfill_message(self.days) if self.days else "")
        if self.plan is not None and state in STATE_OF_VERDICT.values():
            message = message or held_message(self.plan, self.record.run_id)
        if (rejection := self.rejection) is not None and state is RunState.REJECTED:
            message = message or rejected_message(rejection, self.plan)
        self.record = replace(
            self.record,
            ended_at=utc_now(),
            state=state,
            plan_digest=self.plan.digest if self.plan else None,
            counts=counts,
            message=message or final_message(state, counts),
        )
        self.ledger.end_run(
            self.record.run_id,
            state=state,
            message=self.record.message,
            counts=counts,
            plan_digest=self.record.plan_digest,
            ended_at=self.record.ended_at or utc_now(),
        )
        head = str(self.ledger.head())
        self.record = replace(self.record, ledger_head=head)
        self.write(HEAD_FILE, [f"{head}\n".encode()])
        self.write("report.md", [self.markdown().encode()])
        document = run_document(self.record, self.plan, self.load, self.reports)
        text = json.dumps(document, indent=2, ensure_ascii=False)
        self.write("run.json", [text.encode()])
        return self.record

    def counts(self) -> dict[str, int]:
        """The numbers of the summary; with those from before it was taken up again."""
        if self.days:
            return total_counts(self.days)
        counts = run_counts(self.reports, self.plan, self.load)
        return counts if self.reports else {**counts, **self.record.counts}

    @property
    def approvals(self) -> tuple[Approval, ...]:
        """Who released this run's plan; counts for its digest alone."""
        if self.plan is None:
            return ()
        digest = self.plan.digest
        given = counting(self.ledger.approvals(digest), self.ledger.rejections(digest))
        rules = self.project.settings.approval
        return tuple(approval for approval in given if rules.counts(approval.approved_by))

    @property
    def rejection(self) -> Rejection | None:
        """The last word against this run's plan; None when there is none that stands."""
        if self.plan is None:
            return None
        digest = self.plan.digest
        rejections = self.ledger.rejections(digest)
        ours = [r for r in rejections if r.run_id == self.record.run_id]
        standing = standing_rejection(self.ledger.approvals(digest), rejections)
        return standing or max(ours, key=lambda each: each.at, default=None)

    def markdown(self) -> str:
        """The run's story for the Prefect UI and the folder."""
        if self.days:
            return backfill_markdown(self.record, self.days)
        show = self.project.settings.report.show_values
        return run_markdown(
            self.record,
            self.reports,
            self.plan,
            self.load,
            show_values=show,
            folder=self.project.settings.report.folder,
            files_url=self.project.settings.report.files_url,
            decisions=self._decisions(),
        )

    def _decisions(self) -> list[Approval | Rejection]:
        """What people said of the plan, as far as the ledger can be asked."""
        digest = self.record.plan_digest
        if digest is None:
            return []
        try:
            return [*self.ledger.approvals(digest), *self.ledger.rejections(digest)]
        except ScimflowError:  # the page of a run whose ledger has gone tells the rest
            return []

    def write(self, name: str, pieces: Iterable[bytes]) -> Path:
        """Write a file into the run's folder, readable by its owner alone.

        Raises:
            ScimflowError: It cannot be written.
        """
        path = self.folder / name
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE)
            with os.fdopen(handle, "wb") as file:
                file.writelines(pieces)
        except OSError as error:
            raise ScimflowError(
                f"{path}: a run's files cannot be written: {error.strerror}",
                hint="check `report.folder`, its rights and the disk",
            ) from None
        self.files.append(path)
        return path


def begin_run(
    project: Project,
    ledger: Ledger,
    flow: str,
    as_of: AsOf,
    prefect_run_id: str | None,
    parent_run_id: str | None = None,
) -> Run:
    """Open a run in the ledger.

    Args:
        project: Settings and folder.
        ledger: Where the run is recorded.
        flow: Name of the flow.
        as_of: The day that it works for.
        prefect_run_id: Id of the Prefect flow run.
        parent_run_id: The run that this one is a part of.
    """
    now = utc_now()
    record = RunRecord(
        run_id=new_run_id(now),
        flow=flow,
        target=project.settings.target.name,
        as_of=as_of.day.isoformat(),
        started_at=now,
        prefect_run_id=prefect_run_id,
        parent_run_id=parent_run_id,
    )
    ledger.start_run(record)
    return Run(project, ledger, record)


def completed_state(reports: Sequence[ContractReport]) -> RunState:
    """How a run ends in which nothing went wrong; what was set aside may be a whole export."""
    refused = any(report.verdict is BatchVerdict.REFUSED for report in reports)
    if refused or any(report.quarantined for report in reports):
        return RunState.COMPLETED_WITH_QUARANTINE
    return RunState.COMPLETED


def is_approved(run: Run) -> bool:
    """Whether as many people as the settings want released this run's plan."""
    return len(run.approvals) >= run.project.settings.approval.people


def taken_up(project: Project, ledger: Ledger, prefect_run_id: str | None) -> Run | None:
    """Find the run that waits for the answer which this Prefect flow run goes on with.

    Args:
        project: Settings and folder.
        ledger: Where runs are recorded.
        prefect_run_id: Id of the Prefect flow run; None without one.
    """
    waiting = ledger.waiting_prefect_run(prefect_run_id) if prefect_run_id else None
    record = ledger.run(waiting.run_id) if waiting else None
    return None if record is None else Run(project, ledger, record, waiting=waiting)


def state_after_load(load: LoadReport, reports: Sequence[ContractReport]) -> RunState:
    """How a run ends whose plan was carried out."""
    if load.failed:
        return RunState.PARTLY_APPLIED
    return completed_state(reports)


STATE_OF_VERDICT: Mapping[Verdict, RunState] = {
    Verdict.HELD: RunState.HELD,
    Verdict.REFUSED: RunState.REFUSED,
}
"""How a run ends whose plan is not carried out."""


def rejected_message(rejection: Rejection, plan: Plan | None) -> str:
    """That a plan was rejected, and which limits it passed. Not why: that may name people."""
    limits = "; ".join(result.message for result in unsafe(plan)) if plan else ""
    return f"{rejection.told}, nothing was written: {limits}".removesuffix(": ")


def waiting_message(run: Run, waiting: WaitingRun) -> str:
    """That a run waits for a person's word, until when, and which limits its plan passes."""
    limits = "; ".join(result.message for result in unsafe(run.plan)) if run.plan else ""
    return f"waits for approval until {moment(waiting.until)}: {limits}"


def held_message(plan: Plan, name: str) -> str:
    """What a guardrail found, with the numbers and how to approve; one sentence a guardrail.

    Args:
        plan: Held or refused.
        name: What the plan is known by: the run that made it, or what the user called it by.
    """
    found = [g for g in plan.guardrails if g.verdict is not Verdict.SAFE]
    text = "; ".join(g.message for g in found)
    if plan.verdict is Verdict.REFUSED:
        return f"refused before the first write: {text}. No approval lifts this"
    if plan.basis.beside:
        return (
            f"held before the first write: {text}. After a look at the plan: "
            f"scimflow approve {name}, then the same backfill again"
        )
    return (
        f"held before the first write: {text}. After a look at the plan: "
        f"scimflow approve {name}, then scimflow apply {name}"
    )
