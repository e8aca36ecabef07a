"""What ends a load early from outside: a signal, and a lease that may be somebody else's by now.

Either way nothing new is begun, what is under way gets its outcome, and the run ends with a report:
a load that is torn down in the middle would leave its writes to be looked up by the next run.
"""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

Stop = Callable[[str], None]
"""Told why nothing new may be begun."""


@contextmanager
def stopping_on_signals(stop: Stop, tell: Callable[[str], None]) -> Iterator[None]:
    """Let SIGTERM and Ctrl-C stop a load instead of ending the process, while the context lasts.

    The handlers that were there before (Prefect's for SIGTERM, which raises in the middle of
    whatever runs; asyncio's for SIGINT, which cancels) are put back afterwards. Ctrl-C is put back
    at its first use too: who presses it twice does not want to wait. Where signals cannot be
    caught, in a thread or on Windows, nothing changes.

    Args:
        stop: Told why.
        tell: Told what is being done, for whoever pressed Ctrl-C.
    """
    with ExitStack() as caught:

        def stop_on_sigint() -> None:
            stop("the run was stopped by Ctrl-C (SIGINT)")
            tell("stopping: what is under way is finished; Ctrl-C once more breaks off at once")
            on_sigint.close()

        caught.enter_context(
            _catching(signal.SIGTERM, lambda: stop("the run was stopped by SIGTERM"))
        )
        on_sigint = caught.enter_context(ExitStack())
        on_sigint.enter_context(_catching(signal.SIGINT, stop_on_sigint))
        yield


@contextmanager
def _catching(number: signal.Signals, act: Callable[[], None]) -> Iterator[None]:
    """Call a function on a signal, and put the earlier handler back afterwards."""
    loop = asyncio.get_running_loop()
    try:
        before = signal.getsignal(number)
        loop.add_signal_handler(number, act)
    except (ValueError, RuntimeError, NotImplementedError):
        yield
        return
    try:
        yield
    finally:
        loop.remove_signal_handler(number)
        signal.signal(number, before)


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
