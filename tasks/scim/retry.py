"""Sending again what may be sent again, with growing, jittered pauses, under a budget of time.

Whether something may be repeated is said by its type: `TargetUnavailable` is transient. A write is
repeated here only when it was certainly not carried out: it never left, or 429 refused it. A write
whose answer was lost, or a 5xx, goes up to the loader, which looks before it repeats.
"""

import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

import tenacity

from data_contracts.errors import TargetUnavailable
from tasks.scim.clock import Clock

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 30.0
"""Half a second outlives a restart of a worker; half a minute that of a service."""

T = TypeVar("T")


def may_repeat(error: BaseException, *, is_read: bool) -> bool:
    """Whether sending the same again is harmless and may help.

    Args:
        error: What happened.
        is_read: Whether the request was a read.
    """
    if not isinstance(error, TargetUnavailable):
        return False
    return is_read or error.status in (None, 429)


def wait_s(
    attempt: int, error: BaseException | None, chance: Callable[[], float] = random.random
) -> float:
    """How long to wait before the next attempt.

    Args:
        attempt: How many were made, from 1.
        error: What the last one ended with. Where it says how long to wait, or is a 429, the rate
            controller holds everybody back, and there is nothing more to wait for here.
        chance: A number in [0, 1), so that clients that failed together do not return together.
    """
    if isinstance(error, TargetUnavailable) and (
        error.status == 429 or (error.status == 503 and error.retry_after_s is not None)
    ):
        return 0.0
    longest = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** (attempt - 1))
    return float(longest * (0.5 + chance() / 2))


async def with_retries(
    send: Callable[[float], Awaitable[T]],
    *,
    is_read: bool,
    budget_s: Callable[[], float],
    clock: Clock,
) -> T:
    """Send until it works, may not be repeated, or the budget is used up.

    Args:
        send: Sends once; gets the seconds that are left.
        is_read: Whether it is a read.
        budget_s: Longest time for all attempts together, as of when it is asked.
        clock: Time.

    Raises:
        TargetError: Of the last attempt.
    """
    started = clock.monotonic()
    try:
        return await send(budget_s())  # nearly always all there is to it
    except TargetUnavailable as error:
        first: TargetUnavailable | None = error

    async def attempt() -> T:
        nonlocal first
        if first is not None:
            error, first = first, None
            raise error
        return await send(left_s())

    def left_s() -> float:
        return started + budget_s() - clock.monotonic()

    def last_error(state: tenacity.RetryCallState) -> BaseException | None:
        return state.outcome.exception() if state.outcome else None

    def used_up(state: tenacity.RetryCallState) -> bool:
        error = last_error(state)
        asked_s = error.retry_after_s if isinstance(error, TargetUnavailable) else None
        return max(state.upcoming_sleep, asked_s or 0.0) >= left_s()

    def pause(state: tenacity.RetryCallState) -> float:
        return wait_s(state.attempt_number, last_error(state))

    retrying = tenacity.AsyncRetrying(
        sleep=clock.sleep,
        stop=used_up,
        wait=pause,
        retry=tenacity.retry_if_exception(lambda error: may_repeat(error, is_read=is_read)),
        reraise=True,
    )
    return await retrying(attempt)
