"""Carrying a plan out within a run: adoptions, then batches of each kind, managers first."""

import itertools
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Protocol

from data_contracts.frames import ACCOUNT_ID, WORKER_KEY
from data_contracts.outcome import LoadReport, Outcome
from data_contracts.plan import Plan, PlannedOperation
from data_contracts.words import TeamOperationKind
from flows.project import utc_now
from flows.running import Run
from flows.stopping import stopping_on_signals, stopping_when_set
from flows.telemetry import telemetry
from flows.telling import tell, tell_progress
from tasks.ledger.journal import Journal
from tasks.load.arrange import Arranged, arrange
from tasks.load.order import plan_order
from tasks.load.session import LoadSession
from tasks.scim.client import ScimClient

BATCH_SIZE = 250
"""Operations in one Prefect task: about 10 ms of its own for a task, so below 0.1 ms each."""

LEASE_LOST = "this run no longer holds the target's lease: another one may be writing to it"

Progress = Callable[[int, int], Awaitable[None]]
"""Told how many operations are done, of how many."""


class ApplyStage(Protocol):
    """Carries out one batch: plain, or a Prefect task."""

    def __call__(
        self,
        kind: str,
        number: int,
        total: int,
        session: LoadSession,
        operations: Sequence[PlannedOperation],
        on_outcome: Callable[[Outcome], None],
    ) -> Awaitable[tuple[Outcome, ...]]:
        """Carry out one batch of operations of one kind."""
        ...


async def carry_out(
    run: Run,
    plan: Plan,
    client: ScimClient,
    apply: ApplyStage,
    progress: Progress,
    *,
    at_once: bool = False,
) -> LoadReport:
    """Carry a plan out.

    Args:
        run: The run that does it, holding the target's lease.
        plan: Safe or approved.
        client: Writes to the target.
        apply: Carries out one batch.
        progress: Told how far it is, after each batch.
        at_once: Whether those who keep failing are tried now too.

    Returns:
        One outcome for each operation, in the plan's order.
    """
    run_id, target = run.record.run_id, run.record.target
    run.ledger.adopt(run_id, target, plan.adoptions, utc_now())
    if plan.team_adoptions:
        run.ledger.adopt_teams(run_id, target, plan.team_adoptions, utc_now())
    links = run.ledger.links(target)
    owners = {str(a): str(w) for a, w in zip(links[ACCOUNT_ID], links[WORKER_KEY], strict=True)}
    learned = run.ledger.learned(target, run.project.settings.never_learned)
    failing = run.ledger.failing(target)
    arranged = arrange(
        plan.operations,
        failing,
        utc_now(),
        at_once=at_once,
        role_path=run.project.settings.role_path,
    )
    due: tuple[PlannedOperation, ...] = (*arranged.due, *plan.team_operations)
    outcomes = list(arranged.put_off)
    counter = itertools.count(1)

    def count(_: Outcome) -> None:
        tell_progress(next(counter), len(due))

    tell(f"carrying out {len(due)} operations{_left_for_later(arranged)}")
    async with (
        AsyncExitStack() as stops,
        Journal(run.ledger, run_id, utc_now) as journal,
        LoadSession(
            client, journal, run.project.settings.target, owners=owners, learned=learned
        ) as session,
    ):
        stops.enter_context(stopping_on_signals(session.stop, tell))
        stops.enter_context(stopping_when_set(run.lease_lost, session.stop, LEASE_LOST))
        for name, operations in (*plan_order(arranged.due), *_on_teams(plan)):
            batches = _batches(operations)
            for number, batch in enumerate(batches, start=1):
                with telemetry().span("load", {"scimflow.operation.kind": name}):
                    outcomes += await apply(name, number, len(batches), session, batch, count)
                await progress(len(outcomes), len(arranged.put_off) + len(due))
        run.load = replace(session.report(), outcomes=_in_order(plan, outcomes))
    if plan.is_whole:
        run.ledger.forget_failures(target, {o.worker_key for o in plan.operations})
    return run.load


def _left_for_later(arranged: Arranged) -> str:
    count = len(arranged.put_off)
    return f"; {count} that keep failing are put off" if count else ""


def _in_order(plan: Plan, outcomes: Sequence[Outcome]) -> tuple[Outcome, ...]:
    by_id = {outcome.operation_id: outcome for outcome in outcomes}
    return tuple(by_id[operation.operation_id] for operation in plan.everything_to_write)


def _on_teams(plan: Plan) -> list[tuple[str, Sequence[PlannedOperation]]]:
    """Operations on teams, kind by kind; after the people's, who become members."""
    return [
        (str(kind), [o for o in plan.team_operations if o.kind is kind])
        for kind in TeamOperationKind
    ]


def _batches(operations: Sequence[PlannedOperation]) -> list[tuple[PlannedOperation, ...]]:
    starts = range(0, len(operations), BATCH_SIZE)
    return [tuple(operations[i : i + BATCH_SIZE]) for i in starts]
