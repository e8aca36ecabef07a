"""One run on one target at a time, over processes and machines; who comes second waits, or not."""

import asyncio
import os
import random
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

from data_contracts.errors import ScimflowError
from data_contracts.outcome import RunRecord
from data_contracts.words import IfBusy, RunState
from flows.project import utc_now
from flows.running import Run
from flows.untold import keep_untold
from tasks.ledger import LedgerReader
from tasks.ledger.lease import TTL_S, lease, shared_clock, who_holds
from tasks.ledger.runs import READING_FLOWS

LOOK_EVERY_S = 5.0
"""Between two looks of a run that waits: a row is read, and what it waits for takes minutes."""

LONGEST_WAIT_S = 6 * 3600.0
"""A run that writes ends after `target.run_budget_s`, by default four hours; a run that has waited
for longer than that hides that something hangs."""


async def await_target(
    ledger: LedgerReader,
    target: str,
    if_busy: IfBusy,
    tell: Callable[[str], None],
) -> None:
    """Come back when nobody works on a target.

    Args:
        ledger: Where leases are kept.
        target: Name of the target.
        if_busy: What to do when somebody does.
        tell: Told once what is waited for.

    Raises:
        LeaseHeld: Another run works on it, and is not waited for, or no longer.
    """
    until, told = time.monotonic() + LONGEST_WAIT_S, False
    now = shared_clock(ledger, utc_now)
    while (held := who_holds(ledger, target, now())) is not None:
        if if_busy is not IfBusy.WAIT or time.monotonic() > until:
            raise held
        if not told:
            tell(f"waiting: {held.message}")
            told = True
        # of several that wait none should always be the one that looks last
        await asyncio.sleep(LOOK_EVERY_S * random.uniform(0.5, 1))  # noqa: S311


@asynccontextmanager
async def hold_target(run: Run) -> AsyncIterator[None]:
    """Hold the target's lease while a run works on it.

    Raises:
        LeaseHeld: Another run works on this target; names it.
    """
    owner = f"{socket.gethostname()}:{os.getpid()}:{run.record.run_id}"
    now = shared_clock(run.ledger, utc_now)
    async with lease(run.ledger, run.record.target, owner, now) as held:
        run.lease_lost = held.lost
        close_dead_runs(run)
        yield


@asynccontextmanager
async def hold_backfill(run: Run) -> AsyncIterator[None]:
    """Let one backfill of a target be under way at a time; the target itself is not held.

    Raises:
        LeaseHeld: Another one is; names it.
    """
    name = f"{run.record.target} ({run.record.flow})"
    owner = f"{socket.gethostname()}:{os.getpid()}:{run.record.run_id}"
    async with lease(run.ledger, name, owner, shared_clock(run.ledger, utc_now)):
        for other in run.ledger.runs(target=run.record.target):
            same = other.flow == run.record.flow and other.run_id != run.record.run_id
            if same and other.state is RunState.RUNNING:
                _close(run, other, "the same backfill goes on where it stopped")
        yield


def close_dead_runs(run: Run) -> None:
    """End the runs that were killed: holding the lease, nobody else can be at work on the target.

    A run that began a moment ago may be about to learn that it has to wait; it is left alone.
    """
    before = utc_now() - timedelta(seconds=TTL_S)
    for other in run.ledger.runs(target=run.record.target):
        dead = other.state is RunState.RUNNING and other.flow not in READING_FLOWS
        if dead and other.run_id != run.record.run_id and other.started_at < before:
            _close(run, other, f"run {run.record.run_id} settles what it left")


def _close(run: Run, dead: RunRecord, then: str) -> None:
    """End a run that was killed; and at Prefect, where it would run for ever and nobody be told."""
    run.ledger.end_run(
        dead.run_id,
        state=RunState.FAILED,
        ended_at=utc_now(),
        message=f"ended without a word; {then}",
    )
    if dead.prefect_run_id is not None:
        with suppress(ScimflowError):  # no reason to leave a leaver's access
            keep_untold(run.project, dead)
