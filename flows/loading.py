"""Carrying a plan out within a run: adoptions, then batches of each kind."""

import itertools
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from typing import Protocol

from data_contracts.frames import ACCOUNT_ID, WORKER_KEY
from data_contracts.outcome import LoadReport, Outcome
from data_contracts.plan import Operation, Plan
from data_contracts.words import OPERATION_ORDER, OperationKind
from flows.project import utc_now
from flows.running import Run
from flows.stopping import stopping_on_sigterm, stopping_when_set
from flows.telling import tell, tell_progress
from tasks.ledger.journal import Journal
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
        operations: Sequence[Operation],
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
) -> LoadReport:
    """Carry a plan out.

    Args:
        run: The run that does it, holding the target's lease.
        plan: Safe or approved.
        client: Writes to the target.
        apply: Carries out one batch.
        progress: Told how far it is, after each batch.

    Returns:
        One outcome for each operation, in the plan's order.
    """
    run_id, target = run.record.run_id, run.record.target
    run.ledger.adopt(run_id, target, plan.adoptions, utc_now())
    links = run.ledger.links(target)
    owners = {str(a): str(w) for a, w in zip(links[ACCOUNT_ID], links[WORKER_KEY], strict=True)}
    outcomes: list[Outcome] = []
    counter = itertools.count(1)

    def count(_: Outcome) -> None:
        tell_progress(next(counter), len(plan.operations))

    tell(f"carrying out {len(plan.operations)} operations")
    async with (
        AsyncExitStack() as stops,
        Journal(run.ledger, run_id, utc_now) as journal,
        LoadSession(client, journal, run.project.settings.target, owners=owners) as session,
    ):
        stops.enter_context(stopping_on_sigterm(session.stop))
        stops.enter_context(stopping_when_set(run.lease_lost, session.stop, LEASE_LOST))
        for kind in OPERATION_ORDER:
            batches = _batches(plan, kind)
            for number, batch in enumerate(batches, start=1):
                outcomes += await apply(str(kind), number, len(batches), session, batch, count)
                await progress(len(outcomes), len(plan.operations))
        run.load = session.report()
    return run.load


def _batches(plan: Plan, kind: OperationKind) -> list[tuple[Operation, ...]]:
    chosen = tuple(operation for operation in plan.operations if operation.kind is kind)
    return [chosen[i : i + BATCH_SIZE] for i in range(0, len(chosen), BATCH_SIZE)]
