"""One run on one target at a time, over processes and machines."""

import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from data_contracts.words import RunState
from flows.project import utc_now
from flows.running import Run
from tasks.ledger.lease import TTL_S, lease
from tasks.ledger.runs import READING_FLOWS


@asynccontextmanager
async def hold_target(run: Run) -> AsyncIterator[None]:
    """Hold the target's lease while a run works on it.

    Raises:
        LeaseHeld: Another run works on this target; names it.
    """
    owner = f"{socket.gethostname()}:{os.getpid()}:{run.record.run_id}"
    async with lease(run.ledger, run.record.target, owner, utc_now) as held:
        run.lease_lost = held.lost
        close_dead_runs(run)
        yield


def close_dead_runs(run: Run) -> None:
    """End the runs that were killed: holding the lease, nobody else can be at work on the target.

    A run that began a moment ago may be about to learn that it has to wait; it is left alone.
    """
    before = utc_now() - timedelta(seconds=TTL_S)
    for other in run.ledger.runs(target=run.record.target):
        dead = other.state is RunState.RUNNING and other.flow not in READING_FLOWS
        if dead and other.run_id != run.record.run_id and other.started_at < before:
            run.ledger.end_run(
                other.run_id,
                state=RunState.FAILED,
                ended_at=utc_now(),
                message=f"ended without a word; run {run.record.run_id} settles what it left",
            )
