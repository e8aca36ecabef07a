"""Runs that wait for a person's word, seen from another run: too late, superseded, cancelled.

Prefect knows no deadline of ours: the flow `approval-deadline`, which a waiting run has asked for,
and the next run of the target, whichever it is, end what has waited too long, and let go on what
was approved on a command line that did not reach the server.
"""

import contextlib
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import httpx
from prefect import State, get_client
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.responses import SetStateStatus
from prefect.exceptions import ObjectNotFound

from data_contracts.approval import (
    Rejection,
    RejectionCause,
    WaitingRun,
    counting,
    standing_rejection,
)
from data_contracts.errors import ScimflowError
from data_contracts.words import RunState
from flows.approval_form import answer
from flows.artifacts import publish_page
from flows.final_states import final_state
from flows.project import Project, utc_now
from flows.running import Run
from flows.telling import tell
from flows.untold import keep_untold
from tasks.ledger import Ledger

PAUSED = "Paused"
"""Prefect's name for a run that waits with its process; one without is `Suspended`."""


async def settle_waiting(
    project: Project,
    ledger: Ledger,
    mine: WaitingRun | None = None,
    *,
    applies: str | None = None,
) -> int:
    """End the target's runs that wait in vain, and resume those that were approved meanwhile.

    Args:
        project: Of the target.
        ledger: Where they wait.
        mine: The run that looks, if it waits itself.
        applies: Digest of the plan that the run which looks is to carry out: who waits for it would
            go on at the same time, and ends with it instead.

    Returns:
        How many no longer wait.
    """

    def found() -> list[WaitingRun]:
        known = ledger.waiting_runs(project.settings.target.name)
        return [w for w in known if w != mine and w.plan_digest != applies]

    others = found()
    if not others:
        return 0
    try:
        async with get_client() as client:
            for waiting in others:
                await _settle(project, ledger, waiting, client)
    except httpx.HTTPError:
        # they wait a little longer: this run has work of its own
        tell("Prefect's server is away: runs that wait for approval were not looked at")
    return len(others) - len(found())


async def end_older(run: Run) -> None:
    """End the runs of the same flow whose plan this run's stands in the place of.

    Args:
        run: Has begun to wait, with a plan for everybody or for some people.
    """
    if run.waiting is None or not run.waiting.for_everybody:
        return
    older = [
        w
        for w in run.ledger.waiting_runs(run.record.target)
        if w.flow == run.record.flow and w.for_everybody and w.run_id != run.record.run_id
    ]
    if not older:
        return
    with contextlib.suppress(httpx.HTTPError):  # else the next run of the target ends them
        await _supersede(run, older)


async def _supersede(run: Run, older: Sequence[WaitingRun]) -> None:
    async with get_client() as client:
        note = f"run {run.record.run_id} has a newer plan"
        for waiting in older:
            superseded = _without_word(waiting, RejectionCause.SUPERSEDED, note)
            await end_waiting(run.project, run.ledger, waiting, client, superseded)


async def end_carried_out(run: Run, state: RunState) -> None:
    """End the runs that wait for somebody's word about a plan that this run has carried out.

    Args:
        run: Has carried its plan out.
        state: How that ended; they end the same way.
    """
    digest = run.plan.digest if run.plan is not None else None
    waiting = [w for w in run.ledger.waiting_runs(run.record.target) if w.plan_digest == digest]
    if not waiting:
        return
    message = f"run {run.record.run_id} (`scimflow apply`) carried its plan out"
    async with get_client() as client:
        for each in waiting:
            await _end(run.project, run.ledger, each, client, state, message)


async def _settle(
    project: Project, ledger: Ledger, waiting: WaitingRun, client: PrefectClient
) -> None:
    digest = waiting.plan_digest
    state = await _state_of(client, waiting)
    rejections = ledger.rejections(digest)
    approvals = ledger.approvals(digest)
    said = standing_rejection(approvals, rejections)
    if state is not None and state.is_final():
        await _end_after(project, ledger, waiting, client, state)
    elif state is not None and not state.is_paused():
        return  # it was answered, and goes on by itself
    elif said is not None:
        await reject_waiting(project, ledger, waiting, client, said)
    elif utc_now() >= waiting.until:
        if state is not None and state.name == PAUSED:
            return  # its process ends it, or Prefect does when that is gone
        await end_waiting(project, ledger, waiting, client, _without_word(waiting))
    elif state is not None:
        given = counting(approvals, rejections)
        rules = project.settings.approval
        given = tuple(each for each in given if rules.counts(each.approved_by))
        if len(given) >= rules.people:
            await go_on(waiting, client, "approve", given[-1].approved_by, given[-1].note)


async def _end_after(
    project: Project,
    ledger: Ledger,
    waiting: WaitingRun,
    client: PrefectClient,
    state: State[Any],
) -> None:
    """End a run that has ended at Prefect: cancelled there, failed by its time, or crashed."""
    if state.is_crashed():
        message = "ended without a word while it waited for approval"
        ledger.end_waiting(waiting.run_id, state=RunState.FAILED, message=message, at=utc_now())
        return
    cause = RejectionCause.CANCELLED if state.is_cancelled() else RejectionCause.EXPIRED
    await end_waiting(project, ledger, waiting, client, _without_word(waiting, cause))


def _without_word(
    waiting: WaitingRun, cause: RejectionCause = RejectionCause.EXPIRED, note: str = ""
) -> Rejection:
    return Rejection(waiting.plan_digest, "", utc_now(), cause, note, run_id=waiting.run_id)


async def end_waiting(
    project: Project,
    ledger: Ledger,
    waiting: WaitingRun,
    client: PrefectClient | None,
    rejection: Rejection,
    *,
    known: bool = False,
) -> bool:
    """End a waiting run as rejected, in the ledger and at Prefect.

    Args:
        project: Of the target.
        ledger: Where it waits.
        waiting: The run.
        client: Prefect's; None when no server can be reached.
        rejection: Why.
        known: Whether the ledger holds the rejection already.

    Returns:
        Whether Prefect shows it too.
    """
    message = f"{rejection.told}, nothing was written"
    new = None if known else rejection
    return await _end(project, ledger, waiting, client, RunState.REJECTED, message, rejection, new)


async def _end(
    project: Project,
    ledger: Ledger,
    waiting: WaitingRun,
    client: PrefectClient | None,
    state: RunState,
    message: str,
    rejection: Rejection | None = None,
    new: Rejection | None = None,
) -> bool:
    """End a waiting run: first in the ledger, which `history` reads, then at Prefect."""
    ended = ledger.end_waiting(
        waiting.run_id, state=state, message=message, at=utc_now(), rejection=new
    )
    record = ledger.run(waiting.run_id)
    if not ended or record is None:
        return False
    try:
        if client is not None:
            # forced: a run that Prefect failed by its time gets our name too
            end = final_state(state, message, rejection)
            await client.set_flow_run_state(waiting.prefect_run_id, end, force=True)
            story = Run(project, ledger, record, plan=ledger.plan(waiting.plan_digest))
            await publish_page(client, record, story.markdown())
            return True
    except ObjectNotFound:
        return False  # another server's
    except httpx.HTTPError:
        pass
    with contextlib.suppress(ScimflowError):
        keep_untold(project, record)
    return False


async def go_on(
    waiting: WaitingRun, client: PrefectClient, decision: str, by: str, reason: str
) -> str:
    """Let a waiting run go on that was decided on elsewhere.

    Args:
        waiting: The run.
        client: Prefect's.
        decision: `approve` or `reject`; the ledger holds it.
        by: Who decided.
        reason: Why.

    Returns:
        Why Prefect did not resume it; "" when it did.
    """
    said = answer(decision, by, reason or "said on the command line", waiting.plan_digest)
    try:
        result = await client.resume_flow_run(UUID(waiting.prefect_run_id), run_input=said)
    except ObjectNotFound:
        return "this Prefect server does not know the run"
    # a form that was filled in wrongly is answered with success too: the status tells
    if result.status is SetStateStatus.ACCEPT:
        return ""
    return str(getattr(result.details, "reason", None) or result.status)


async def reject_waiting(
    project: Project,
    ledger: Ledger,
    waiting: WaitingRun,
    client: PrefectClient | None,
    rejection: Rejection,
) -> str:
    """End a waiting run that somebody rejected elsewhere; the ledger holds the rejection.

    Args:
        project: Of the target.
        ledger: Where it waits.
        waiting: The run.
        client: Prefect's; None when no server can be reached.
        rejection: Somebody's word.

    Returns:
        Why Prefect does not show it yet; "" when it does.
    """
    state = await _state_of(client, waiting) if client is not None else None
    if client is not None and state is not None and state.name == PAUSED:
        # its process is there, and looks for an answer alone
        return await go_on(waiting, client, "reject", rejection.rejected_by, rejection.note)
    shown = await end_waiting(project, ledger, waiting, client, rejection, known=True)
    return "" if shown else "Prefect's server was not reached, or does not know the run"


async def _state_of(client: PrefectClient, waiting: WaitingRun) -> State[Any] | None:
    """How a waiting run is at Prefect; None when this server does not know it."""
    try:
        return (await client.read_flow_run(UUID(waiting.prefect_run_id))).state
    except ObjectNotFound:
        return None
