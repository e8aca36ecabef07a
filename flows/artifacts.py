"""What a run shows on its Artifacts tab: summary, operations, quarantined rows, progress."""

import asyncio
import os
from collections.abc import Coroutine
from time import monotonic
from typing import Any
from uuid import UUID

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.actions import ArtifactCreate

from data_contracts.outcome import RunRecord
from data_contracts.plan import Plan
from flows.running import Run
from tasks import steps
from tasks.ledger.runs import READING_FLOWS
from tasks.report.chart import data_uri
from tasks.report.markdown import check_markdown, plan_markdown
from tasks.report.markdown_approval import Question, approval_markdown
from tasks.report.run_chart import runs_chart
from tasks.report.tables import operations_table, quarantine_table

SUMMARY = "What happened, and why"
"""Of a run's own story, in the list of its artifacts."""

RUNS_LOOKED_AT = 100
"""For a chart of twenty: runs that only looked are among them, and not shown."""

PROGRESS_EVERY = 5.0
"""Percent between two moves of a progress bar: each is a call to the Prefect server."""

PROGRESS_AFTER_S = 1.0
"""A bar that is full before anybody sees it is no use, and each is three calls to the server."""

QUIET_S = 30.0
"""Seconds without another move when the server did not answer: its client tries for seconds, and
writes to the target wait meanwhile."""


async def publish_sources(run: Run) -> None:
    """The contracts' word on every source, and the rows set aside."""
    rows = quarantine_table(run.reports)
    await asyncio.gather(
        steps.publish_markdown(
            _key(run, "contracts"), check_markdown(run.reports), "What the data contracts say"
        ),
        steps.publish_table(_key(run, "quarantine"), rows, "Rows set aside, with reasons"),
    )


async def publish_plan(run: Run, plan: Plan) -> None:
    """What would be done, before it is done."""
    show = run.project.settings.report.show_values
    page = plan_markdown(plan, show_values=show, run_id=run.record.run_id)
    artifact = await steps.publish_markdown(_key(run, "plan"), page, "What is to be done, and why")
    if artifact is not None:
        run.links["What would happen to whom, and why"] = _address(f"artifacts/artifact/{artifact}")


async def publish_question(run: Run, question: Question) -> None:
    """What a person is asked to approve, beside the form."""
    page = approval_markdown(question)
    await steps.publish_markdown(_key(run, "approval"), page, "What waits for approval")


def links_of(run: Run) -> dict[str, str]:
    """Where a browser shows more of a run: addresses by their words."""
    path = f"runs/flow-run/{run.record.prefect_run_id}"
    return {**run.links, "Everything about this run": _address(path)}


def _address(path: str) -> str:
    """Address of a page of the Prefect UI.

    Below the UI that shows the link, unless PREFECT_UI_URL names another one: the address by which
    a worker reaches the server may mean nothing to a browser.
    """
    return f"{os.environ.get('PREFECT_UI_URL', '').rstrip('/')}/{path}"


async def publish_run(run: Run) -> None:
    """The run's story, and what happened to whom."""
    pages: list[Coroutine[Any, Any, object]] = [
        steps.publish_markdown(_key(run, "summary"), run.markdown(), SUMMARY),
        publish_last_runs(run),
    ]
    if run.plan is not None:
        show = run.project.settings.report.show_values
        outcomes = run.load.outcomes if run.load else None
        rows = operations_table(run.plan, outcomes, show_values=show)
        told = "What happened to whom, and why"
        pages.append(steps.publish_table(_key(run, "operations"), rows, told))
    await asyncio.gather(*pages)


async def publish_page(client: PrefectClient, record: RunRecord, page: str) -> None:
    """The story of a run that another process ended, on its own Artifacts tab.

    Args:
        client: Prefect's.
        record: Of the run; the server knows it.
        page: Markdown.
    """
    artifact = ArtifactCreate(
        key=f"{record.target}-summary",
        type="markdown",
        description=SUMMARY,
        data=page,
        flow_run_id=UUID(str(record.prefect_run_id)),
    )
    await client.create_artifact(artifact)


async def publish_last_runs(run: Run) -> None:
    """Who joined, moved and left in the last runs, as a picture with its numbers in words."""
    target = run.record.target
    known = run.ledger.runs(RUNS_LOOKED_AT, target=target)
    chart = runs_chart(target, [each for each in known if each.flow not in READING_FLOWS])
    await steps.publish_image(_key(run, "last-runs"), data_uri(chart.svg), chart.words)


def _key(run: Run, name: str) -> str:
    return f"{run.record.target}-{name}"


class Progress:
    """A progress bar in the Prefect UI, moved a few times in a run."""

    def __init__(self, description: str) -> None:
        self._description = description
        self._artifact: UUID | None = None
        self._shown = 0.0
        self._quiet_until = 0.0
        self._since: float | None = None

    async def __call__(self, done: int, total: int) -> None:
        """Show that so many operations are done, of so many."""
        percent = 100.0 * done / total if total else 100.0
        now = monotonic()
        self._since = now if self._since is None else self._since
        if now < self._quiet_until or now - self._since < PROGRESS_AFTER_S:
            return
        if self._artifact is None:
            self._artifact = await steps.start_progress(self._description)
        moves = percent - self._shown >= PROGRESS_EVERY or done == total
        if self._artifact is None or (
            moves and not await steps.show_progress(self._artifact, percent)
        ):
            self._quiet_until = monotonic() + QUIET_S
        elif moves:
            self._shown = percent
