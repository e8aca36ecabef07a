"""Lists by cursor: each page names the next one, for as long as a cursor lives.

Reference: RFC 9865 sections 2 (parameters), 2.1 (errors) and 2.3 (cursors as the only method). A
list is walked as it was selected at its first page; who is gone meanwhile is left out.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from deployments.sandbox.exchange import ScimProblem

_MOST_WALKS = 1000  # a client that only ever opens lists must not eat the memory


@dataclass(frozen=True)
class Walk:
    """A list under way."""

    ids: Sequence[str]
    start: int
    """Where the next page begins, from 0."""
    asked: str
    """All parameters but `cursor` and `count`; they must be the same for each page."""
    count: int
    opened_at: float


class Cursors:
    """The lists under way of one sandbox.

    Args:
        clock: Seconds.
        timeout_s: How long a cursor can be used.
    """

    def __init__(self, clock: Callable[[], float], timeout_s: int) -> None:
        self._clock = clock
        self._timeout_s = timeout_s
        self._walks: dict[str, Walk] = {}

    def keep(self, ids: Sequence[str], start: int, asked: str, count: int) -> str:
        """A cursor for the page that begins at `start`."""
        while len(self._walks) >= _MOST_WALKS:
            del self._walks[next(iter(self._walks))]
        cursor = secrets.token_urlsafe(12)  # of unreserved characters alone, as section 2 demands
        self._walks[cursor] = Walk(ids, start, asked, count, self._clock())
        return cursor

    def find(self, cursor: str, asked: str, count: int) -> Walk:
        """The list that a cursor belongs to.

        Raises:
            ScimProblem: 400 invalidCursor, expiredCursor or invalidCount.
        """
        walk = self._walks.get(cursor)
        if walk is None:
            raise ScimProblem(400, "there is no such cursor", "invalidCursor")
        if self._clock() - walk.opened_at > self._timeout_s:
            raise expired_cursor()
        if walk.asked != asked:
            raise ScimProblem(400, "the cursor belongs to another query", "invalidCursor")
        if walk.count != count:
            raise ScimProblem(400, "count must be that of the first page", "invalidCount")
        return walk


def expired_cursor() -> ScimProblem:
    """The problem of a cursor that was used too late."""
    return ScimProblem(400, "the cursor has expired", "expiredCursor")
