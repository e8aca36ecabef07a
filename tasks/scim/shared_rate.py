"""One rate for all who use a target's token, over processes and machines: each has a share of it.

A client that sends holds a slot of a limit that all of them know, and looks now and then how many
are held. No request asks anybody: between two looks the share stands. Why the sum stays within the
rate: what a look saw counts for `VALID_S` from the moment of asking, and who joins sends nothing
until whatever was seen before it joined counts no more. No clocks are compared, only durations.
"""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Protocol, TypeVar

from data_contracts.errors import TargetUnavailable
from tasks.scim.clock import SYSTEM_CLOCK, Clock

T = TypeVar("T")

LOOK_EVERY_S = 2.0
"""One small request to the limit's server in so many seconds, whatever is sent to the target."""

VALID_S = 5.0
"""Time that a look counts: one look may fail or be late, and nothing changes."""

WINDOW_S = 1.0
"""Targets count requests in windows as long as this; what others sent before belongs to it."""

IDLE_S = 10.0
"""Who has sent nothing for so long gives its share to the others: planning takes minutes."""

RENEW_EVERY_S = 20.0
"""A third of the time after which the server takes the slot of a killed client back."""

EVENNESS = 0.95
"""Of a share that is used where there are several: one client's unevenness is 15 ms (see
`tasks.scim.rate.HEADROOM`), and that of several on busy machines adds up to 50 ms."""

_log = logging.getLogger(__name__)


class Slots(Protocol):
    """A limit of slots that all clients of the token know; each method is one round trip.

    Raises:
        TargetUnavailable: Its server does not answer.
        ScimflowError: There is no such limit.
    """

    async def acquire(self) -> bool:
        """Take a slot; False when all are taken."""
        ...

    async def renew(self) -> bool:
        """Keep the slot; False when it is ours no longer."""
        ...

    async def count(self) -> int:
        """How many slots are taken."""
        ...

    async def release(self) -> None:
        """Give the slot back."""
        ...


def share_of(requests_per_s: float, holders: int) -> float:
    """The part of a rate that one of several may use.

    Whole requests a second: of n clients that send evenly, each may have one more in a window than
    its rate says, and 8 with 6.25 each would send 56 of 50.

    Args:
        requests_per_s: The whole rate.
        holders: How many share it.

    >>> share_of(50, 1), share_of(50, 8)
    (50, 5.699999999999999)
    """
    if holders <= 1:
        return requests_per_s
    return max(1, math.floor(requests_per_s / holders)) * EVENNESS


class SharedRate:
    """A client's share, kept up while it sends.

    Args:
        slots: The limit.
        requests_per_s: The whole rate.
        shares: How many slots the limit has.
        patience_s: Longest wait for a slot.
        clock: Time.
    """

    def __init__(
        self,
        slots: Slots,
        requests_per_s: float,
        shares: int,
        *,
        patience_s: float,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._slots = slots
        self._whole = requests_per_s
        self._shares = shares
        self._patience_s = patience_s
        self._clock = clock
        self._least = self._share = share_of(requests_per_s, shares)
        self._valid_until = float("-inf")
        self._asked_at = 0.0
        self._joined: asyncio.Future[None] | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._renewed_at = 0.0
        self._warned = False
        self.round_trips = 0
        """Requests to the limit's server so far."""

    async def allowed(self) -> float:
        """Requests a second that are ours as of now; waits while none are.

        Where the limit's server is away, the least share: what is left when all slots are taken.

        Raises:
            TargetUnavailable: All slots stayed taken, or the limit's server away.
            ScimflowError: The limit cannot be used.
        """
        self._asked_at = self._clock.monotonic()
        if self._joined is None:
            self._joined = asyncio.get_running_loop().create_future()
            self._keeper = asyncio.create_task(self._keep(self._joined))
        if not self._joined.done() or self._joined.exception() is not None:
            await asyncio.shield(self._joined)
        return self._share if self._clock.monotonic() < self._valid_until else self._least

    async def aclose(self) -> None:
        """Give the share back."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
            self._keeper = self._joined = None

    async def _keep(self, joined: asyncio.Future[None]) -> None:
        try:
            await self._join()
        except Exception as error:
            joined.set_exception(error)
            joined.exception()  # nobody may be waiting any more
            return
        except BaseException:
            joined.cancel()
            raise
        try:
            joined.set_result(None)
            await self._keep_up()
        finally:
            self._valid_until = float("-inf")
            await self._ask(self._slots.release)

    async def _join(self) -> None:
        """Take a slot, and wait until everybody has seen it."""
        until = self._clock.monotonic() + self._patience_s
        while not await self._ask(self._slots.acquire):
            if self._clock.monotonic() > until:
                raise TargetUnavailable(
                    f"no share of the rate was free within {self._patience_s:.0f} s: all "
                    f"{self._shares} are taken, or Prefect's server does not answer"
                )
            await self._clock.sleep(LOOK_EVERY_S)
        self._renewed_at = self._clock.monotonic()
        try:
            if await self._look() != 1:
                await self._clock.sleep(VALID_S + WINDOW_S)
                await self._look()
        except BaseException:
            await self._ask(self._slots.release)
            raise

    async def _keep_up(self) -> None:
        """Look at the share again and again, until nobody needs it any more."""
        while True:
            await self._clock.sleep(LOOK_EVERY_S)
            now = self._clock.monotonic()
            if now - self._asked_at > IDLE_S:
                self._joined = None  # the next request joins anew
                return
            if now - self._renewed_at >= RENEW_EVERY_S:
                held = await self._ask(self._slots.renew)
                if held is False:  # the server has forgotten us; until we are in again, the least
                    self._valid_until = float("-inf")
                    with suppress(TargetUnavailable):
                        await self._join()
                    continue
                if held:
                    self._renewed_at = now
            await self._look()

    async def _look(self) -> int | None:
        """See how many share; None when that cannot be seen."""
        at = self._clock.monotonic()
        holders = await self._ask(self._slots.count)
        if holders is not None:
            self._share = share_of(self._whole, holders)
            self._valid_until = at + VALID_S
        return holders

    async def _ask(self, ask: Callable[[], Awaitable[T]]) -> T | None:
        """Ask the limit's server; None when it does not answer, which is told once."""
        self.round_trips += 1
        try:
            return await ask()
        except TargetUnavailable as error:
            if not self._warned:
                self._warned = True
                _log.warning("%s; going on at the least share of the rate", error.message)
            return None
