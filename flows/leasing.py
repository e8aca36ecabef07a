"""One run on one target at a time, over processes and machines."""

import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from flows.project import utc_now
from flows.running import Run
from tasks.ledger.lease import lease


@asynccontextmanager
async def hold_target(run: Run) -> AsyncIterator[None]:
    """Hold the target's lease while a run works on it.

    Raises:
        LeaseHeld: Another run works on this target; names it.
    """
    owner = f"{socket.gethostname()}:{os.getpid()}:{run.record.run_id}"
    async with lease(run.ledger, run.record.target, owner, utc_now) as held:
        run.lease_lost = held.lost
        yield
