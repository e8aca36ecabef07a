"""Reading everybody, page by page, and knowing whether it really was everybody.

A target pages by its own ideas: it caps pages, repeats them, miscounts, or changes meanwhile. Who
is missing from an incomplete listing must not be taken for gone: every doubt is said in words.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from data_contracts.errors import TargetRefused
from tasks.scim.answers import resource_id
from tasks.scim.pages import Page

MOST_USERS = 2_000_000
"""A target that lists more is paging in circles; the largest customers have some 100,000."""

COMMON_CAPS = frozenset({10, 20, 25, 50, 100, 200, 250, 500, 1000})
"""Largest pages of targets. A page of such a length that claims to be all is asked about twice:
some servers announce the length of the page for the total (wso2 issue 7320)."""

FetchPage = Callable[[int, int], Awaitable[Page]]
"""Asks for a page: start index (from 1) and count."""

KeepPage = Callable[[Sequence[Mapping[str, Any]]], None]
"""Takes users that were not seen before."""


@dataclass(frozen=True, slots=True)
class UserListing:
    """Everybody at the target, as far as it said.

    Attributes:
        resources: The users, each id once, in the order listed; empty when they were handed over
            page by page instead.
        count: How many there were.
        complete: Whether that is certainly everybody.
        notes: What was odd, in words; says why when not complete.
        requests: Pages asked for.
    """

    resources: tuple[dict[str, Any], ...]
    count: int
    complete: bool
    notes: tuple[str, ...] = ()
    requests: int = 0


@dataclass(slots=True)
class _Reading:
    """What is known so far."""

    keep: KeepPage
    seen: set[str] = field(default_factory=set)
    totals: set[int] = field(default_factory=set)
    totals_lie: bool = False
    repeated: int = 0
    unusable: int = 0
    requests: int = 0
    doubts: dict[str, None] = field(default_factory=dict)  # in order, each once

    def take(self, page: Page) -> int:
        """Take a page in; return how many of its users are new."""
        fresh = []
        for user in page.resources:
            key = resource_id(user)
            if key not in self.seen:
                self.seen.add(key)
                fresh.append(user)
        self.repeated += len(page.resources) - len(fresh)
        self.unusable += page.unusable
        if page.total is not None:
            self.totals.add(page.total)
        if fresh:
            self.keep(fresh)
        return len(fresh)

    def doubt(self, reason: str) -> None:
        """Note why the listing may be incomplete."""
        self.doubts[reason] = None


async def read_all(
    fetch: FetchPage, page_size: int, *, ahead: int = 1, on_users: KeepPage | None = None
) -> UserListing:
    """List everybody.

    Args:
        fetch: Asks for one page.
        page_size: Users asked for a page.
        ahead: Pages asked for at the same time, once the total is known.
        on_users: Takes the users page by page, so that they need not all be held at once.

    Returns:
        The listing. Users come in no particular order when pages are read ahead.
    """
    kept: list[dict[str, Any]] = []
    reading = _Reading(on_users or kept.extend)  # type: ignore[arg-type]  # what `read_page` made
    first, _ = await _read(reading, fetch, 1, page_size)
    given, total = first.length, first.total
    if total is None:
        # who ignores `count` ignores `startIndex` too: the same page again is then everybody again
        await _read_on(reading, fetch, given, page_size, same_is_end=given > page_size)
    elif given > total or (given == total and given in COMMON_CAPS | {page_size}):
        await _read_on(reading, fetch, given, page_size, same_is_end=True)
    elif given < total:
        await _read_ahead(reading, fetch, 1 + given, total, min(given, page_size), ahead)
    return _judged(reading, tuple(kept))


async def _read(reading: _Reading, fetch: FetchPage, start: int, count: int) -> tuple[Page, int]:
    """Ask for a page; return it, and how many of its users are new."""
    reading.requests += 1
    page = await fetch(start, count)
    return page, reading.take(page)


async def _read_on(
    reading: _Reading, fetch: FetchPage, given: int, count: int, *, same_is_end: bool
) -> None:
    """One page after the other until there is nothing new: the total is missing or doubtful.

    Args:
        reading: What is known.
        fetch: Asks for a page.
        given: Users on the first page.
        count: Users asked for a page.
        same_is_end: Whether the first page once more is a way to say that there is no other.
    """
    start, fresh = 1 + given, given
    while fresh:
        if len(reading.seen) > MOST_USERS:
            return reading.doubt(f"reading was stopped after {MOST_USERS:,} users")
        try:
            page, fresh = await _read(reading, fetch, start, count)
        except TargetRefused as error:  # an index past the end is an error to some
            return None if same_is_end else reading.doubt(f"reading ended early: {error.message}")
        if not page.length:
            return None
        start += page.length
        if fresh:
            same_is_end, reading.totals_lie = False, True
    return reading.doubt("the same page came again") if given and not same_is_end else None


async def _read_ahead(
    reading: _Reading, fetch: FetchPage, start: int, total: int, step: int, ahead: int
) -> None:
    """The pages from `start` to `total`, several at a time, gaps filled."""
    if step == 0 or total > MOST_USERS:
        reading.doubt(f"the target announced {total:,} users and gave {len(reading.seen):,}")
        return
    ranges = deque((s, min(s + step, total + 1)) for s in range(start, total + 1, step))
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(ahead, len(ranges))):
                group.create_task(_read_ranges(reading, fetch, ranges, step, total))
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None  # the others were cancelled, or say the same


async def _read_ranges(
    reading: _Reading, fetch: FetchPage, ranges: deque[tuple[int, int]], step: int, total: int
) -> None:
    """Take one range after the other, until none is left or there is a doubt."""
    while ranges and not reading.doubts:
        begin, end = ranges.popleft()
        page, fresh = await _read(reading, fetch, begin, step)
        given = page.length
        if given and not fresh and page.total == total:
            reading.doubt("the same page came again")
        elif 0 < given < end - begin:  # a shorter page than before: ask for the rest
            ranges.appendleft((begin + given, end))
        elif not given and end <= total:
            reading.doubt(f"the page from {begin:,} on was empty")


def _judged(reading: _Reading, resources: tuple[dict[str, Any], ...]) -> UserListing:
    """Say whether it was everybody, and what was odd."""
    count, notes = len(reading.seen), []
    if reading.totals_lie and max(reading.totals, default=count) < count:
        notes.append(f"the announced total was wrong; {count:,} users were read to the end")
        reading.totals.clear()
    if len(reading.totals) > 1:
        few, many = min(reading.totals), max(reading.totals)
        reading.doubt(f"the target changed while it was read ({few:,} to {many:,} users)")
    announced = max(reading.totals, default=count)
    if count < announced:
        reading.doubt(f"the target announced {announced:,} users and gave {count:,}")
    if reading.unusable:
        reading.doubt(f"{reading.unusable:,} listed elements are no users or have no id")
    if reading.repeated and not reading.doubts:
        notes.append(f"{reading.repeated:,} elements were listed more than once")
    return UserListing(
        resources, count, not reading.doubts, (*reading.doubts, *notes), reading.requests
    )
