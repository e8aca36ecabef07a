"""Somebody's word about a held plan, said on the command line: written, and told to its run."""

import asyncio
import getpass
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from data_contracts.approval import (
    Approval,
    Decided,
    Rejection,
    RejectionCause,
    WaitingRun,
    counting,
    same_person,
)
from data_contracts.errors import ConfigurationError, LedgerError, PlanRefused, ScimflowError
from data_contracts.plan import Plan
from data_contracts.words import Verdict
from flows.prefect_setting import prefect_client
from flows.project import Project, utc_now
from tasks.ledger import Ledger, open_ledger

if TYPE_CHECKING:
    from prefect.client.orchestration import PrefectClient

COMMAND_LINE = "command line"


def approve_plan(project: Project, saved: Plan, by: str | None, note: str) -> Decided:
    """Release a plan; the run that waits for the last word wanted goes on.

    Args:
        project: Settings and folder.
        saved: The plan.
        by: Who approves; None for the login name.
        note: Why.

    Raises:
        PlanRefused: No approval lifts what a guardrail says of this plan.
        ConfigurationError: Who approves is not one of the reviewers in the settings.
    """
    if saved.verdict is Verdict.REFUSED:
        refused = "; ".join(g.message for g in saved.guardrails if g.verdict is Verdict.REFUSED)
        raise PlanRefused(f"this plan cannot be approved: {refused}")
    name = _reviewer(project, by)
    rules = project.settings.approval
    with open_ledger(project.ledger_url, folder=project.folder) as ledger:
        waiting = _waiting_for(ledger, saved)
        if waiting is not None and utc_now() >= waiting.until:
            _end_late(project, ledger, waiting)
            waiting = None
        given = _counting(ledger, saved.digest)
        if not any(same_person(name, each.approved_by) for each in given):
            ledger.approve(Approval(saved.digest, name, utc_now(), note, COMMAND_LINE))
            given = _counting(ledger, saved.digest)
        counted = [each for each in given if rules.counts(each.approved_by)]
        hindrance = ""
        if waiting is not None and len(counted) >= rules.people:
            hindrance = _go_on(waiting, name, note)
    return Decided(saved.digest, name, len(counted), rules.people, waiting, hindrance)


def reject_plan(project: Project, saved: Plan, by: str | None, reason: str) -> Decided:
    """Reject a plan; what was approved of it before no longer counts, a run that waits ends.

    Args:
        project: Settings and folder.
        saved: The plan.
        by: Who rejects; None for the login name.
        reason: Why.

    Raises:
        ConfigurationError: Who rejects is not one of the reviewers in the settings.
    """
    name = _reviewer(project, by)
    with open_ledger(project.ledger_url, folder=project.folder) as ledger:
        waiting = _waiting_for(ledger, saved)
        said = Rejection(
            saved.digest,
            name,
            utc_now(),
            note=reason,
            via=COMMAND_LINE,
            run_id=waiting.run_id if waiting else None,
        )
        ledger.reject(said)
        hindrance = "" if waiting is None else _end(project, ledger, waiting, said)
    return Decided(saved.digest, name, 0, project.settings.approval.people, waiting, hindrance)


def _reviewer(project: Project, by: str | None) -> str:
    name, rules = " ".join((by or getpass.getuser()).split()), project.settings.approval
    if rules.counts(name):
        return name
    raise ConfigurationError(
        f"{name!r} is not one of `approval.reviewers`: {', '.join(rules.reviewers)}",
        hint="name one of them with --by",
    )


def _waiting_for(ledger: Ledger, saved: Plan) -> WaitingRun | None:
    runs = ledger.waiting_runs(saved.target)
    return next((run for run in runs if run.plan_digest == saved.digest), None)


def _counting(ledger: Ledger, digest: str) -> tuple[Approval, ...]:
    return counting(ledger.approvals(digest), ledger.rejections(digest))


def _go_on(waiting: WaitingRun, by: str, note: str) -> str:
    async def ask(client: "PrefectClient | None") -> str:
        from flows.waiting import go_on

        return "" if client is None else await go_on(waiting, client, "approve", by, note)

    return _at_prefect(ask)


def _end(project: Project, ledger: Ledger, waiting: WaitingRun, said: Rejection) -> str:
    async def end(client: "PrefectClient | None") -> str:
        from flows.waiting import reject_waiting

        return await reject_waiting(project, ledger, waiting, client, said)

    return _at_prefect(end)


def _end_late(project: Project, ledger: Ledger, waiting: WaitingRun) -> None:
    late = Rejection(
        waiting.plan_digest, "", utc_now(), RejectionCause.EXPIRED, run_id=waiting.run_id
    )

    async def end(client: "PrefectClient | None") -> str:
        from flows.waiting import end_waiting

        await end_waiting(project, ledger, waiting, client, late)
        return ""

    _at_prefect(end)


def _at_prefect(act: "Callable[[PrefectClient | None], Awaitable[str]]") -> str:
    """Do something with Prefect's client; with None where no server is named or it is silent.

    The embedded server is never started for that: a run that waits there would not know of it.
    """
    return asyncio.run(_with_client(act))


async def _with_client(act: "Callable[[PrefectClient | None], Awaitable[str]]") -> str:
    try:
        async with prefect_client() as client:
            return await act(client)
    except LedgerError:
        raise
    except ScimflowError as error:
        # the word is in the ledger: the next run of the target that reaches the server tells it
        await act(None)
        return error.message
