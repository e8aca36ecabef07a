"""Reading everybody by cursor: each page names the next one (RFC 9865).

A cursor may expire, be unknown to the server that is asked next, come again or never end. A list
whose cursor is refused is begun anew a few times; what is in doubt after that is incomplete.
"""

from collections.abc import Awaitable, Callable

from data_contracts.errors import TargetRefused
from tasks.scim.pages import Page
from tasks.scim.reading import MOST_USERS, Reading

MOST_PASSES = 3
"""A cursor that is refused three times would be refused a fourth time: it is too short-lived for
so many pages, or the target forgets cursors."""

MOST_IDLE_PAGES = 20
"""Pages in a row without anybody new. A target that filters after it pages gives empty pages with
a cursor; one that gives more of them goes in circles."""

FetchFrom = Callable[[str, int | None], Awaitable[Page]]
"""Asks for a page: cursor ("" for the first) and count; None leaves the count to the target."""


async def read_by_cursor(reading: Reading, fetch: FetchFrom, count: int | None) -> bool:
    """List everybody from the first page on.

    Args:
        reading: Takes what comes.
        fetch: Asks for one page.
        count: Users asked for a page.

    Returns:
        False when the first page shows that this target does not page by cursor after all.

    Raises:
        TargetError: A page could not be read.
    """
    try:
        page = await _first(reading, fetch, count)
    except TargetRefused as error:
        if not _is_about_count(error):
            return False
        count = None  # the target knows what it gives
        try:
            page = await _first(reading, fetch, count)
        except TargetRefused:
            return False
    if not page.next_cursor and (page.total or 0) > page.length:
        reading.begin_anew()
        return False  # it did not understand `cursor`, and answered as if asked by index
    await follow(reading, fetch, page, count)
    return True


async def follow(reading: Reading, fetch: FetchFrom, page: Page, count: int | None) -> None:
    """Read on from a first page to the end, where need be from the start again.

    Args:
        reading: Has taken that page.
        fetch: Asks for one page.
        page: The first page.
        count: Users asked for a page.

    Raises:
        TargetError: A page could not be read.
    """
    passes, begun = 1, page
    while True:
        try:
            if passes > 1:
                begun = await _first(reading, fetch, count)
            return await _to_the_end(reading, fetch, begun, count)
        except TargetRefused as error:
            if passes == MOST_PASSES:
                why = f"reading by cursor was begun {passes} times and broke off"
                return reading.doubt(f"{why}: {error.message}")
            if _is_about_count(error):
                count = None
        passes += 1
        reading.begin_anew()


async def _first(reading: Reading, fetch: FetchFrom, count: int | None) -> Page:
    reading.requests += 1
    page = await fetch("", count)
    reading.take(page)
    return page


async def _to_the_end(reading: Reading, fetch: FetchFrom, page: Page, count: int | None) -> None:
    """Follow the cursors until a page names none, or nobody new comes."""
    asked: set[str] = set()
    idle = 0
    while page.next_cursor:
        cursor = page.next_cursor
        if idle and (cursor in asked or idle > MOST_IDLE_PAGES):
            return reading.doubt("the target's cursors lead in circles")
        if len(reading.seen) > MOST_USERS:
            return reading.doubt(f"reading was stopped after {MOST_USERS:,} users")
        asked.add(cursor)
        reading.requests += 1
        page = await fetch(cursor, count)
        idle = 0 if reading.take(page) else idle + 1
    reading.totals_lie = True  # the list said where it ends: more than announced is no less
    return None


def _is_about_count(error: TargetRefused) -> bool:
    return (error.scim_type or "").lower() == "invalidcount"
