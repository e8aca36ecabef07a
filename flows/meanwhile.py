"""Showing something while the work goes on."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any


@asynccontextmanager
async def meanwhile(showing: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Do a second thing beside the work, and end when both are done.

    Not a task group: what fails beside the work must not cancel the work, which may be in the
    middle of its writes.

    Args:
        showing: Waits most of its time, for a server that answers by and by. A run that is
            cancelled does not wait for it.

    Raises:
        Exception: What ended the work; else what ended the other.
    """
    beside = asyncio.create_task(showing)
    try:
        yield
    except asyncio.CancelledError:
        beside.cancel()
        raise
    finally:
        (shown,) = await asyncio.gather(beside, return_exceptions=True)
    if isinstance(shown, Exception):
        raise shown
