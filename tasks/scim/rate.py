"""How fast a target is asked: one controller for all requests of a run.

Two limits at once: so many requests a second (paced evenly, slowed down by what the target says),
and so many at the same time (grows while answers stay quick, halves when the target is in trouble).
"""

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from data_contracts.errors import TargetUnavailable
from tasks.scim.answers import remaining_requests, retry_after_s
from tasks.scim.clock import SYSTEM_CLOCK, Clock

HEADROOM = 0.985
"""Share of the allowed rate that is used: a target counts by its own clock, in windows that begin
when it likes, and requests arrive unevenly. At 50 a second this leaves 15 ms for unevenness."""

SLOWER = 0.85
"""After a 429 the rate is cut to this: somebody else uses the same allowance, or it is smaller."""

RECOVERY_PER_S = 0.02
"""Share of the configured rate that comes back in each second without a 429."""

BARE_WAIT_S = 1.0
"""Wait after a 429 that does not say how long: the limits known are per second."""

FIRST_FLOOR_S = 0.1
LONGEST_FLOOR_S = 30.0
"""Least wait after a 429, doubled with each round of nothing else: `Retry-After: 0` is no licence
to hammer."""

BURST_S = 0.01
"""So much of idle time may be caught up with: half a request at 50 a second, within the headroom,
and ten at 1,000, where answers come in clumps and sleeping is too coarse to spread them."""

EARLY_S = 0.001
"""A sleep may end that much too early."""

FIRST_IN_FLIGHT = 8
"""To begin with; doubled with each round of quick answers until the first trouble."""

SLOW_FACTOR = 2.0
SLOW_S = 0.025
"""An answer is slow beyond twice the best plus 25 ms; less is noise of our own machine."""

WEIGHT = 0.1
"""Of one answer in the usual latency: a single slow one says nothing."""

FORGET = 1.01
"""The best latency known grows by this with each round, so that a target may become slower."""


class Share(Protocol):
    """What is ours of a rate that several programs share."""

    async def allowed(self) -> float:
        """Requests a second that are ours as of now; waits while none are."""
        ...


@dataclass(frozen=True, slots=True)
class Ticket:
    """The right to have one request in flight.

    Attributes:
        sent_at: When it was granted (monotonic seconds).
        epoch: How often the number in flight had been cut by then.
        waited_s: How long it took to get it.
    """

    sent_at: float
    epoch: int
    waited_s: float = 0.0


class RateController:
    """Paces requests and bounds how many are in flight. One for a target, shared by a run.

    Args:
        requests_per_s: Most requests a second.
        max_in_flight: Most at the same time.
        clock: Time.
        share: What is ours of the rate, where others use the same token.
    """

    def __init__(
        self,
        requests_per_s: float,
        max_in_flight: int,
        *,
        clock: Clock = SYSTEM_CLOCK,
        share: Share | None = None,
    ) -> None:
        self._clock = clock
        self._share = share
        self._lessened = 0
        self._full_rate = requests_per_s * HEADROOM
        self._rate = self._full_rate
        self._rate_set_at = clock.monotonic()
        self._next_at = clock.monotonic()
        self._paused_until = 0.0
        self._max_in_flight = max_in_flight
        self._limit = float(min(FIRST_IN_FLIGHT, max_in_flight))
        self._doubling = True
        self._epoch = 0
        self._rate_epoch_at = float("-inf")
        self._best_s = float("inf")
        self._usual_s = 0.0
        self._rounds_throttled = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self.in_flight = 0
        """Requests that are on their way now."""
        self.throttled = 0
        """Answers 429 so far."""

    @property
    def in_flight_limit(self) -> int:
        """How many may be on their way at the same time, as of now."""
        return max(1, int(self._limit))

    @property
    def requests_per_s(self) -> float:
        """The pace as of now."""
        regained = (self._clock.monotonic() - self._rate_set_at) * RECOVERY_PER_S * self._full_rate
        return min(self._full_rate, self._rate + regained)

    async def acquire(self, patience_s: float) -> Ticket:
        """Wait until one more request may be sent.

        Args:
            patience_s: Longest wait for a pause that the target asked for. Waiting for one's turn
                does not count.

        Raises:
            TargetUnavailable: The target asks to wait longer than that.
        """
        began = self._clock.monotonic()
        await self._enter()
        try:
            await self._pace(patience_s)
        except BaseException:
            self._leave()
            raise
        now = self._clock.monotonic()
        return Ticket(now, self._epoch, now - began)

    def release(
        self, ticket: Ticket, status: int | None, headers: Mapping[str, str] | None = None
    ) -> None:
        """Say how the request went, and let the next one in.

        Args:
            ticket: What `acquire` gave.
            status: Of the answer; None when none came in time.
            headers: Of the answer.
        """
        headers = headers or {}
        if status == 429:
            self.throttled += 1
            self._slow_down(ticket)
        else:
            self._rounds_throttled = 0
        if status in (429, 503):
            self._pause(self._wait_s(status, headers))
        if status in (None, 429, 503, 504):
            self._halve(ticket)
        elif status < 500:
            self._grow(self._clock.monotonic() - ticket.sent_at)
            if remaining_requests(headers) == 0:  # the next one is for the next window
                self._next_at = max(self._next_at, self._clock.monotonic())
                self._next_at += 1 / self.requests_per_s
        self._leave()

    def hold_back(self) -> None:
        """Slow down as after a 429: some of the operations of a Bulk were answered so."""
        self.throttled += 1
        self._slow_down(Ticket(self._clock.monotonic(), self._epoch))
        self._pause(self._wait_s(429, {}))

    def wait_for_window(self, headers: Mapping[str, str]) -> None:
        """Send nothing more until the window ends in which an answer says that nothing is left.

        For systems that say when that is, as Okta does in `x-rate-limit-reset`.
        """
        if remaining_requests(headers) == 0:
            self._pause(retry_after_s(headers, self._clock.now()) or 0.0)

    def abandon(self, ticket: Ticket) -> None:
        """Give a ticket back without a word on the target: the request was cancelled."""
        del ticket
        self._leave()

    async def _enter(self) -> None:
        if self.in_flight < self.in_flight_limit and not self._waiting:
            self.in_flight += 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._leave()  # the turn came and nobody takes it
            raise

    def _leave(self) -> None:
        self.in_flight -= 1
        while self._waiting and self.in_flight < self.in_flight_limit:
            turn = self._waiting.popleft()
            if not turn.done():
                self.in_flight += 1
                turn.set_result(None)

    async def _pace(self, patience_s: float) -> None:
        """Take the next free moment; after a pause, or a smaller share, that came, another."""
        while True:
            await self._follow_share()
            lessened = self._lessened
            now = self._clock.monotonic()
            if self._paused_until - now > patience_s:
                wait_s = self._paused_until - now
                raise TargetUnavailable(
                    f"the target asks to wait {wait_s:.0f} s, beyond `target.request_budget_s`",
                    status=429,
                    retry_after_s=wait_s,
                )
            at = max(self._next_at, now - BURST_S)
            self._next_at = at + 1 / self.requests_per_s
            if at > now:
                await self._clock.sleep(at - now)
                await self._follow_share()
                if lessened != self._lessened:
                    continue
            if self._paused_until <= self._clock.monotonic() + EARLY_S:
                return

    async def _follow_share(self) -> None:
        """Go on at the rate that is ours as of now; slowed down as it was."""
        if self._share is None:
            return
        full_rate = await self._share.allowed() * HEADROOM
        if full_rate == self._full_rate:
            return
        slowed = self.requests_per_s / self._full_rate
        if full_rate < self._full_rate:  # who sleeps until a moment of the old rate takes another
            self._lessened += 1
            self._next_at = self._clock.monotonic() + 1 / full_rate
        self._full_rate = full_rate
        self._rate, self._rate_set_at = full_rate * slowed, self._clock.monotonic()

    def _wait_s(self, status: int, headers: Mapping[str, str]) -> float:
        asked_s = retry_after_s(headers, self._clock.now())
        if status == 503:
            return asked_s or 0.0
        floor_s = FIRST_FLOOR_S * 2.0 ** min(self._rounds_throttled, 20)
        return max(BARE_WAIT_S if asked_s is None else asked_s, min(LONGEST_FLOOR_S, floor_s))

    def _pause(self, wait_s: float) -> None:
        self._paused_until = max(self._paused_until, self._clock.monotonic() + wait_s)
        self._next_at = max(self._next_at, self._paused_until)

    def _slow_down(self, ticket: Ticket) -> None:
        """Cut the rate, once for all requests that were under way together."""
        if ticket.sent_at <= self._rate_epoch_at:
            return
        self._rounds_throttled += 1
        self._rate = self.requests_per_s * SLOWER
        self._rate_set_at = self._rate_epoch_at = self._clock.monotonic()

    def _halve(self, ticket: Ticket) -> None:
        """Halve the number in flight, once for all requests that were under way together."""
        self._doubling = False
        if ticket.epoch == self._epoch:
            self._limit = max(1.0, self._limit / 2)
            self._epoch += 1

    def _grow(self, latency_s: float) -> None:
        """One more for each round of quick answers; doubling until the first trouble."""
        self._best_s = min(self._best_s * FORGET ** (1 / self._limit), latency_s)
        self._usual_s += (latency_s - self._usual_s) * WEIGHT if self._usual_s else latency_s
        slow = self._usual_s > self._best_s * SLOW_FACTOR + SLOW_S
        busy = bool(self._waiting) or self.in_flight >= self.in_flight_limit
        if busy and not slow:  # unused room proves nothing
            step = 1.0 if self._doubling else 1 / self._limit
            self._limit = min(float(self._max_in_flight), self._limit + step)
