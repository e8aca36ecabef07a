"""Showing something while the work goes on."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any


@asynccontextmanager
async def meanwhile(showing: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Do a second thing beside the work, and end when both are done.

    Args:
        showing: Waits most of its time, for a server that answers by and by. A run that is
            cancelled does not wait for it.
    """
    beside = asyncio.create_task(showing)
    try:
        yield
    except asyncio.CancelledError:
        beside.cancel()
        raise
    finally:
        await asyncio.wait((beside,))
    beside.result()
