"""An event loop whose time passes only while nobody has anything to do: hours within a second."""

import asyncio
import selectors
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from tasks.scim.clock import Clock

T = TypeVar("T")
BEGAN = datetime(2026, 3, 2, tzinfo=UTC)


class _NoWaiting(selectors.SelectSelector):
    """Moves time on instead of waiting."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        assert timeout is not None, "everybody waits for somebody else"
        self.seconds += max(0.0, timeout)
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._virtual = _NoWaiting()
        super().__init__(self._virtual)

    def time(self) -> float:
        return self._virtual.seconds

    @property
    def clock(self) -> Clock:
        return Clock(
            now=lambda: BEGAN + timedelta(seconds=self.time()),
            monotonic=self.time,
            sleep=asyncio.sleep,
        )


def run_in_virtual_time(make: Any) -> Any:
    """Run a coroutine function that is handed the clock."""
    loop = VirtualLoop()
    try:
        coroutine: Coroutine[Any, Any, Any] = make(loop.clock)
        return loop.run_until_complete(coroutine)
    finally:
        loop.close()
