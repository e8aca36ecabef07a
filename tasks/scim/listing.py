"""Reading everybody, page by page, by index or by cursor as the target has it.

Pages by index are asked for first: they are read ahead when the total is known. A target that names
a next cursor in its answer is followed by cursor (RFC 9865 section 2.3). Where indexes are refused
or lead nowhere, the target is asked whether it announces cursors. So a target that pages by index
gets no request beside its pages.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from data_contracts.errors import TargetRefused
from tasks.scim.cursors import FetchFrom, follow, read_by_cursor
from tasks.scim.pages import Page
from tasks.scim.reading import MOST_USERS, KeepPage, Reading, UserListing

COMMON_CAPS = frozenset({10, 20, 25, 50, 100, 200, 250, 500, 1000})
"""Largest pages of targets. A page of such a length that claims to be all is asked about twice:
some servers announce the length of the page for the total (wso2 issue 7320)."""

FetchPage = Callable[[int, int], Awaitable[Page]]
"""Asks for a page: start index (from 1) and count."""

AnnouncesCursors = Callable[[], Awaitable[bool]]


async def read_all(
    fetch: FetchPage,
    page_size: int,
    *,
    ahead: int = 1,
    on_users: KeepPage | None = None,
    fetch_from: FetchFrom | None = None,
    by_cursor: bool = False,
    announces_cursors: AnnouncesCursors | None = None,
    noun: str = "users",
) -> UserListing:
    """List everybody.

    Args:
        fetch: Asks for one page by index.
        page_size: Users asked for a page.
        ahead: Pages asked for at the same time, once the total is known.
        on_users: Takes the users page by page, so that they need not all be held at once.
        fetch_from: Asks for one page by cursor; None where cursors are not to be followed.
        by_cursor: Begin by cursor.
        announces_cursors: Asks the target whether it pages by cursor; asked when indexes fail.
        noun: What is listed, for the notes.

    Returns:
        The listing. Users come in no particular order when pages are read ahead.
    """
    kept: list[dict[str, Any]] = []
    keep: KeepPage = on_users or kept.extend  # type: ignore[assignment]  # what `read_page` made
    reading = Reading(keep, noun)
    begun = by_cursor and fetch_from and await read_by_cursor(reading, fetch_from, page_size)
    if not begun:
        await _by_index_else_by_cursor(
            reading, fetch, page_size, ahead, fetch_from, announces_cursors
        )
    return reading.judged(tuple(kept))


async def _by_index_else_by_cursor(
    reading: Reading,
    fetch: FetchPage,
    page_size: int,
    ahead: int,
    fetch_from: FetchFrom | None,
    announces_cursors: AnnouncesCursors | None,
) -> None:
    refusal: TargetRefused | None = None
    try:
        await _read_by_index(reading, fetch, page_size, ahead, fetch_from)
    except TargetRefused as error:
        refusal = error
    if not (refusal or reading.doubts):
        return
    if fetch_from is not None and announces_cursors is not None and await announces_cursors():
        found = dict(reading.doubts)
        reading.doubts.clear()
        reading.begin_anew()
        if await read_by_cursor(reading, fetch_from, page_size):
            return
        reading.doubts.update(found)
    if refusal is not None:
        raise refusal


async def _read_by_index(
    reading: Reading, fetch: FetchPage, page_size: int, ahead: int, fetch_from: FetchFrom | None
) -> None:
    first, _ = await _read(reading, fetch, 1, page_size)
    given, total = first.length, first.total
    if first.next_cursor and fetch_from is not None:
        await follow(reading, fetch_from, first, page_size)
    elif total is None:
        # who ignores `count` ignores `startIndex` too: the same page again is then everybody again
        await _read_on(reading, fetch, given, page_size, same_is_end=given > page_size)
    elif given > total or (given == total and given in COMMON_CAPS | {page_size}):
        await _read_on(reading, fetch, given, page_size, same_is_end=True)
    elif given < total:
        await _read_ahead(reading, fetch, 1 + given, total, min(given, page_size), ahead)


async def _read(reading: Reading, fetch: FetchPage, start: int, count: int) -> tuple[Page, int]:
    """Ask for a page; return it, and how many of its users are new."""
    reading.requests += 1
    page = await fetch(start, count)
    return page, reading.take(page)


async def _read_on(
    reading: Reading, fetch: FetchPage, given: int, count: int, *, same_is_end: bool
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
            return reading.doubt(f"reading was stopped after {MOST_USERS:,} {reading.noun}")
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
    reading: Reading, fetch: FetchPage, start: int, total: int, step: int, ahead: int
) -> None:
    """The pages from `start` to `total`, several at a time, gaps filled."""
    if step == 0 or total > MOST_USERS:
        given = f"{len(reading.seen):,}"
        reading.doubt(f"the target announced {total:,} {reading.noun} and gave {given}")
        return
    ranges = deque((s, min(s + step, total + 1)) for s in range(start, total + 1, step))
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(ahead, len(ranges))):
                group.create_task(_read_ranges(reading, fetch, ranges, step, total))
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None  # the others were cancelled, or say the same


async def _read_ranges(
    reading: Reading, fetch: FetchPage, ranges: deque[tuple[int, int]], step: int, total: int
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
