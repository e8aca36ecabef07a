"""What ends a load early from outside: SIGTERM, and a lease that may be somebody else's by now.

Either way nothing new is begun, what is under way gets its outcome, and the run ends with a report:
a load that is torn down in the middle would leave its writes to be looked up by the next run.
"""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Stop = Callable[[str], None]
"""Told why nothing new may be begun."""


@contextmanager
def stopping_on_sigterm(stop: Stop) -> Iterator[None]:
    """Let SIGTERM stop a load instead of ending the process, while the context lasts.

    The handler that was there before (Prefect's, which raises in the middle of whatever runs) is
    put back afterwards. Where signals cannot be caught, in a thread or on Windows, nothing changes.
    """
    loop = asyncio.get_running_loop()
    try:
        before = signal.getsignal(signal.SIGTERM)
        loop.add_signal_handler(signal.SIGTERM, stop, "the run was stopped by SIGTERM")
    except (ValueError, RuntimeError, NotImplementedError):
        yield
        return
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGTERM)
        signal.signal(signal.SIGTERM, before)


@contextmanager
def stopping_when_set(event: asyncio.Event | None, stop: Stop, reason: str) -> Iterator[None]:
    """Stop a load as soon as an event is set, while the context lasts.

    Args:
        event: None when there is nothing to wait for.
        stop: Told the reason.
        reason: Why, in words.
    """

    async def watch(awaited: asyncio.Event) -> None:
        await awaited.wait()
        stop(reason)

    watching = asyncio.create_task(watch(event)) if event is not None else None
    try:
        yield
    finally:
        if watching is not None:
            watching.cancel()
