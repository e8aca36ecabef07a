"""A held plan gets a person's word: its run suspends or pauses until somebody answers a form.

A suspended run ends its process; after the answer Prefect starts the flow anew, from the top. The
run's place in the ledger tells that it was here already, and with which plan.
"""

import asyncio
import contextlib
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
from prefect import State, get_client, get_run_logger
from prefect.context import FlowRunContext
from prefect.exceptions import FlowPauseTimeout, Pause
from prefect.flow_runs import apause_flow_run, asuspend_flow_run

from data_contracts.approval import (
    Approval,
    Rejection,
    RejectionCause,
    WaitingRun,
    same_person,
)
from data_contracts.as_of import AsOf
from data_contracts.errors import LedgerError
from data_contracts.plan import Plan
from data_contracts.words import IfBusy, RunState
from flows.approval_deadline import ask_for_end
from flows.approval_form import ApprovalForm, approval_form
from flows.artifacts import links_of, publish_question
from flows.leasing import await_target
from flows.project import utc_now
from flows.recorded import Work
from flows.running import Run, is_approved, waiting_message
from flows.telling import tell
from flows.waiting import end_older
from tasks.report.markdown_approval import Question, form_markdown

IN_PREFECT = "Prefect UI"
"""Where an answer was given that comes by Prefect's form."""

GRACE_S = 2 * 3600
"""So much later than our own deadline does Prefect fail a run that nobody resumed, with words of
its own. Until then `approval-deadline`, or any run of the target, ends it as rejected; whoever
answers late is told so."""

POLL_S = 5
"""Seconds between two looks of a paused run whether somebody has answered."""


class _CannotWait(Exception):
    """Prefect does not let this run wait."""


def after_review(work: Work) -> Work:
    """Let a flow's work wait for a person when its plan is held.

    Args:
        work: Plans, holding the target's lease, and carries out what is safe or approved. Done
            again after an approval, for the day of the plan: only this very plan is carried out.
    """

    async def call(run: Run, day: AsOf) -> RunState:
        if run.waiting is None and (ended := _ended_meanwhile(run)) is not None:
            run.remark = f"rejected: run {ended}, which asked, had ended before the answer came"
            return RunState.REJECTED
        if run.waiting is None:
            state = await work(run, day)
            if state is not RunState.HELD or not _begin_to_wait(run):
                return state
            await _tell_others(run)
        ended_so = await _answered(run)
        if ended_so is not None:
            return ended_so
        plan = _plan(run)
        run.reviewed = plan
        return await work(run, AsOf(plan.as_of, days=plan.zone_days))

    return call


def _plan(run: Run) -> Plan:
    """The plan that somebody is asked about; from the ledger when the flow was started anew."""
    if run.plan is None and run.waiting is not None:
        run.plan = run.ledger.plan(run.waiting.plan_digest)
    if run.plan is None:
        raise LedgerError(f"the plan of run {run.record.run_id} is not kept")
    return run.plan


def _forms_shown() -> set[str]:
    """Keys of the forms by which this Prefect flow run has waited already."""
    context = FlowRunContext.get()
    policy = context.flow_run.empirical_policy if context and context.flow_run else None
    return set((policy.pause_keys if policy else None) or ())


def _ended_meanwhile(run: Run) -> str | None:
    """The run that asked, when its answer finds it rejected: its time was over."""
    for key in _forms_shown():
        asked = run.ledger.run(key.rpartition("-")[0])
        if asked is not None and asked.state is RunState.REJECTED:
            return asked.run_id
    return None


def _can_wait(run: Run) -> bool:
    """Whether this run can wait.

    Prefect suspends neither a run without a deployment, which nothing would start again, nor one
    that another run waits for.
    """
    wait, context = run.project.settings.approval.wait, FlowRunContext.get()
    if wait == "end" or context is None or context.flow_run is None:
        return False
    alone = context.flow_run.parent_task_run_id is None
    return wait == "pause" or (alone and context.flow_run.deployment_id is not None)


def _begin_to_wait(run: Run) -> bool:
    """Write that the run waits, unless it cannot, or another one waits for the same plan."""
    plan, record = run.plan, run.record
    if not _can_wait(run) or plan is None or record.prefect_run_id is None:
        return False
    for other in run.ledger.waiting_runs(record.target):
        if other.plan_digest == plan.digest:
            run.remark = f"held: run {other.run_id} waits for approval of the same plan"
            return False
    now = utc_now()
    run.waiting = WaitingRun(
        record.run_id,
        record.target,
        record.flow,
        plan.digest,
        record.prefect_run_id,
        since=now,
        until=now + timedelta(hours=run.project.settings.approval.timeout_h),
        for_everybody=plan.only is None,
    )
    run.ledger.wait(run.waiting, message=waiting_message(run, run.waiting), counts=run.counts())
    return True


async def _tell_others(run: Run) -> None:
    """End what waited for an older plan, and have this run ended when its own time is over."""
    await end_older(run)
    if run.waiting is not None and run.project.settings.approval.wait == "suspend":
        await ask_for_end(run.record.target, run.waiting)


async def _answered(run: Run) -> RunState | None:
    """Ask until it is decided.

    Returns:
        None when the plan was approved; else how the run ends.
    """
    note = ""
    while (waiting := run.waiting) is not None:
        try:
            answer = await _ask(run, waiting, note)
        except _CannotWait as error:
            get_run_logger().warning("%s", error)
            return _leave(run, waiting, RunState.HELD)
        answered_at = await _answered_at(waiting)
        if answered_at >= waiting.until:
            run.ledger.reject(_expired(waiting))
        elif answer is not None:
            note = _take(run, answer)
        if run.rejection is not None:
            return _leave(run, waiting, RunState.REJECTED)
        if is_approved(run):
            # whatever the flow was told to do when the target is busy: somebody said yes to this
            await await_target(run.ledger, waiting.target, IfBusy.WAIT, tell)
            return _leave(run, waiting, None)
        run.waiting = replace(waiting, asked=waiting.asked + 1)
        run.ledger.ask_again(waiting.run_id, run.waiting.asked)
    return RunState.HELD


async def _ask(run: Run, waiting: WaitingRun, note: str) -> ApprovalForm | None:
    """Show a form, and wait for its answer; None when nobody answered in time.

    A suspended run does not come back from here: the process ends, and the flow that is started
    anew finds the answer at the same place.

    Raises:
        _CannotWait: Prefect does not let this run wait.
    """
    plan, rules = _plan(run), run.project.settings.approval
    key = f"{waiting.run_id}-{waiting.asked}"
    question = Question(
        plan, waiting.run_id, waiting.until, rules.people, run.approvals, note, links_of(run)
    )
    if key not in _forms_shown():
        await publish_question(run, question)
        tell(waiting_message(run, waiting))
    form = approval_form(plan.digest, rules.reviewers, form_markdown(question))
    left_s = max((waiting.until - utc_now()).total_seconds(), 0)
    at_prefect_s = int(left_s) + GRACE_S
    try:
        if rules.wait == "pause":
            async with asyncio.timeout(left_s):
                return await apause_flow_run(
                    wait_for_input=form, timeout=at_prefect_s, poll_interval=POLL_S, key=key
                )
        return await asuspend_flow_run(wait_for_input=form, timeout=at_prefect_s, key=key)
    except Pause:
        run.suspended = True
        raise
    except (TimeoutError, FlowPauseTimeout):
        return None
    except httpx.HTTPError:
        raise _CannotWait("Prefect's server is away: the run ends as held") from None
    except RuntimeError as error:
        raise _CannotWait(str(error)) from None


async def _answered_at(waiting: WaitingRun) -> datetime:
    """When somebody resumed the run: its worker may have been away until now."""
    states: list[State[Any]] = []
    with contextlib.suppress(httpx.HTTPError):
        async with get_client() as client:
            states = await client.read_flow_run_states(UUID(waiting.prefect_run_id))
    resumed = [state.timestamp for state in states if state.name == "Resuming"]
    return max(resumed, default=utc_now())


def _take(run: Run, answer: ApprovalForm) -> str:
    """Write an answer to the ledger, if it counts.

    Returns:
        Why it does not count; "" when it does.
    """
    plan, rules, name = _plan(run), run.project.settings.approval, answer.reviewer.strip()
    if answer.digest.strip() != plan.digest:
        return "its digest was that of another plan"
    if not rules.counts(name):
        return "who gave it is not one of the reviewers in the settings"
    if answer.decision == "reject":
        if run.rejection is None:  # else it was said on the command line, and is written already
            run.ledger.reject(
                Rejection(
                    plan.digest,
                    name,
                    utc_now(),
                    note=answer.reason.strip(),
                    via=IN_PREFECT,
                    run_id=run.record.run_id,
                )
            )
        return ""
    if any(same_person(name, given.approved_by) for given in run.approvals):
        return (
            "the same person approved already; somebody else has to" if not is_approved(run) else ""
        )
    run.ledger.approve(Approval(plan.digest, name, utc_now(), answer.reason.strip(), IN_PREFECT))
    return ""


def _expired(waiting: WaitingRun) -> Rejection:
    return Rejection(
        waiting.plan_digest, "", utc_now(), RejectionCause.EXPIRED, run_id=waiting.run_id
    )


def _leave(run: Run, waiting: WaitingRun, state: RunState | None) -> RunState | None:
    """Let the run go on, unless another process has ended it meanwhile: then it ended so."""
    if run.ledger.take_up(waiting.run_id):
        return state
    record = run.ledger.run(waiting.run_id)
    if record is None or record.ended_at is None:
        raise LedgerError(f"run {waiting.run_id} was taken up by another process")
    run.record = record
    return record.state
