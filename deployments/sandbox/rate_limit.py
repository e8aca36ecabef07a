"""At most so many requests in each second for one token, as Productboard documents it (50).

Fixed windows of one second: what gateways do, and what a client with jitter can live with.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

_KEYS_REMEMBERED = 1000  # a loop over made-up tokens must not eat the memory


@dataclass(frozen=True)
class Allowance:
    """What a request was granted."""

    granted: bool
    limit: int
    remaining: int
    retry_after_s: int

    def headers(self) -> dict[str, str]:
        """The headers every answer carries, and Retry-After on a 429."""
        headers = {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
        }
        if not self.granted:
            headers["Retry-After"] = str(self.retry_after_s)
        return headers


class RateLimit:
    """Counts requests for each key."""

    def __init__(self, per_s: int, clock: Callable[[], float]) -> None:
        self._per_s = per_s
        self._clock = clock
        self._windows: dict[str, tuple[int, int]] = {}

    def take(self, key: str) -> Allowance | None:
        """Count one request; None when there is no limit. A refused request is not counted."""
        if self._per_s == 0:
            return None
        now = self._clock()
        window = math.floor(now)
        started, used = self._windows.get(key, (window, 0))
        if started != window:
            used = 0
        granted = used < self._per_s
        used += granted
        if len(self._windows) >= _KEYS_REMEMBERED:
            self._windows.clear()
        self._windows[key] = (window, used)
        retry_after_s = max(1, math.ceil(window + 1 - now))
        return Allowance(granted, self._per_s, self._per_s - used, retry_after_s)
