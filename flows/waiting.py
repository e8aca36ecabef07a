"""Runs that wait for a person's word, seen from another run: too late, superseded, cancelled.

Prefect knows no deadline of ours: the next run of the target, whichever it is, ends what has waited
too long, and lets go on what was approved on a command line that did not reach the server.
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
from data_contracts.words import RunState
from flows.approval_form import answer
from flows.final_states import final_state
from flows.project import utc_now
from flows.running import Run
from flows.telling import tell
from tasks.ledger import Ledger

PAUSED = "Paused"
"""Prefect's name for a run that waits with its process; one without is `Suspended`."""


async def settle_waiting(run: Run) -> None:
    """End the target's runs that wait in vain, and resume those that were approved meanwhile.

    Args:
        run: Another run of the same target.
    """
    others = [w for w in run.ledger.waiting_runs(run.record.target) if w != run.waiting]
    if not others:
        return
    try:
        async with get_client() as client:
            for waiting in others:
                await _settle(run, waiting, client)
    except httpx.HTTPError:
        # they wait a little longer: this run has work of its own
        tell("Prefect's server is away: runs that wait for approval were not looked at")


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
            await end_waiting(run.ledger, waiting, client, superseded)


async def _settle(run: Run, waiting: WaitingRun, client: PrefectClient) -> None:
    digest = waiting.plan_digest
    state = await _state_of(client, waiting)
    rejections = run.ledger.rejections(digest)
    approvals = run.ledger.approvals(digest)
    said = standing_rejection(approvals, rejections)
    if state is not None and state.is_final():
        await _end_after(run.ledger, waiting, client, state)
    elif state is not None and not state.is_paused():
        return  # it was answered, and goes on by itself
    elif said is not None:
        await reject_waiting(run.ledger, waiting, client, said)
    elif utc_now() >= waiting.until:
        if state is not None and state.name == PAUSED:
            return  # its process ends it, or Prefect does when that is gone
        await end_waiting(run.ledger, waiting, client, _without_word(waiting))
    elif state is not None:
        given = counting(approvals, rejections)
        rules = run.project.settings.approval
        given = tuple(each for each in given if rules.counts(each.approved_by))
        if len(given) >= rules.people:
            await go_on(waiting, client, "approve", given[-1].approved_by, given[-1].note)


async def _end_after(
    ledger: Ledger, waiting: WaitingRun, client: PrefectClient, state: State[Any]
) -> None:
    """End a run that has ended at Prefect: cancelled there, failed by its time, or crashed."""
    if state.is_crashed():
        message = "ended without a word while it waited for approval"
        ledger.end_waiting(waiting.run_id, state=RunState.FAILED, message=message, at=utc_now())
        return
    cause = RejectionCause.CANCELLED if state.is_cancelled() else RejectionCause.EXPIRED
    await end_waiting(ledger, waiting, client, _without_word(waiting, cause))


def _without_word(
    waiting: WaitingRun, cause: RejectionCause = RejectionCause.EXPIRED, note: str = ""
) -> Rejection:
    return Rejection(waiting.plan_digest, "", utc_now(), cause, note, run_id=waiting.run_id)


async def end_waiting(
    ledger: Ledger,
    waiting: WaitingRun,
    client: PrefectClient | None,
    rejection: Rejection,
    *,
    known: bool = False,
) -> bool:
    """End a waiting run as rejected, in the ledger and at Prefect.

    Args:
        ledger: Where it waits.
        waiting: The run.
        client: Prefect's; None when no server can be reached.
        rejection: Why.
        known: Whether the ledger holds the rejection already.

    Returns:
        Whether Prefect shows it too.
    """
    message = f"{rejection.told}, nothing was written"
    ended = ledger.end_waiting(
        waiting.run_id,
        state=RunState.REJECTED,
        message=message,
        at=utc_now(),
        rejection=None if known else rejection,
    )
    if not ended or client is None:
        return False
    try:
        # forced: a run that Prefect failed by its time gets our name too
        state = final_state(RunState.REJECTED, message, rejection)
        await client.set_flow_run_state(waiting.prefect_run_id, state, force=True)
    except ObjectNotFound:
        return False  # another server's
    return True


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
    ledger: Ledger, waiting: WaitingRun, client: PrefectClient | None, rejection: Rejection
) -> str:
    """End a waiting run that somebody rejected elsewhere; the ledger holds the rejection.

    Args:
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
    shown = await end_waiting(ledger, waiting, client, rejection, known=True)
    return "" if shown else "Prefect's server was not reached, or does not know the run"


async def _state_of(client: PrefectClient, waiting: WaitingRun) -> State[Any] | None:
    """How a waiting run is at Prefect; None when this server does not know it."""
    try:
        return (await client.read_flow_run(UUID(waiting.prefect_run_id))).state
    except ObjectNotFound:
        return None
