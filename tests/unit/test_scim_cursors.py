"""Reading everybody by cursor, from targets whose cursors expire, repeat, or never end."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.errors import TargetRefused, TargetUnavailable
from tasks.scim.cursors import MOST_IDLE_PAGES, MOST_PASSES
from tasks.scim.discovery import read_provider_config
from tasks.scim.listing import read_all
from tasks.scim.pages import Page
from tasks.scim.protocol import list_from
from tasks.scim.reading import UserListing
from tests.target_parts import asynchronous
from tests.unit.test_scim_listing import page, users

Spoil = Callable[[str, Page], Page]


def refused(scim_type: str | None = None, status: int = 400) -> TargetRefused:
    return TargetRefused(f"GET /Users answered {status}", status=status, scim_type=scim_type)


class Walk:
    """Pages by cursor: the cursor is where the page begins. What it answers can be spoiled."""

    def __init__(self, everybody: int, spoil: Spoil = lambda cursor, page: page) -> None:
        self.everybody = everybody
        self.spoil = spoil
        self.asked: list[tuple[str, int | None]] = []

    async def by_cursor(self, cursor: str, count: int | None) -> Page:
        self.asked.append((cursor, count))
        start = int(cursor or 0)
        end = min(start + (count or 25), self.everybody)
        after = str(end) if end < self.everybody else ""
        given = Page(users(range(start, end)), self.everybody, next_cursor=after)
        return self.spoil(cursor, given)

    async def by_index(self, start: int, count: int) -> Page:
        self.asked.append((f"index {start}", count))
        end = min(start - 1 + count, self.everybody)
        return Page(users(range(start - 1, end)), self.everybody)

    async def read(self, **more: Any) -> UserListing:
        given = {"by_cursor": True, "fetch_from": self.by_cursor, **more}
        return await read_all(self.by_index, 30, **given)


@pytest.mark.parametrize("everybody", [0, 1, 29, 30, 31, 95])
@asynchronous
async def test_each_cursor_is_followed_to_the_page_that_names_none(everybody: int) -> None:
    walk = Walk(everybody)
    listing = await walk.read()
    assert (listing.count, listing.complete, listing.notes) == (everybody, True, ())
    assert {u["id"] for u in listing.resources} == {f"u{n}" for n in range(everybody)}
    assert walk.asked == [(str(n or ""), 30) for n in range(0, max(everybody, 1), 30)]


@pytest.mark.parametrize("scim_type", ["expiredCursor", "invalidCursor", None])
@asynchronous
async def test_a_cursor_that_is_refused_begins_the_list_anew(scim_type: str | None) -> None:
    refusals = 0

    def spoil(cursor: str, page: Page) -> Page:
        nonlocal refusals
        if cursor == "60" and refusals < MOST_PASSES - 1:
            refusals += 1
            raise refused(scim_type)
        return page

    taken: list[Mapping[str, Any]] = []
    listing = await Walk(95, spoil).read(on_users=taken.extend)
    assert (listing.count, listing.complete, listing.notes) == (95, True, ())
    assert len({u["id"] for u in taken}) == len(taken) == 95, "nobody is handed over twice"


@asynchronous
async def test_cursors_that_are_always_refused_end_in_an_incomplete_list() -> None:
    def spoil(cursor: str, page: Page) -> Page:
        if cursor == "60":
            raise refused("expiredCursor")
        return page

    walk = Walk(95, spoil)
    listing = await walk.read()
    assert (listing.count, listing.complete) == (60, False)
    assert "begun 3 times and broke off" in listing.notes[0]
    assert len(walk.asked) == listing.requests == 3 * MOST_PASSES


@asynchronous
async def test_who_was_there_in_the_first_pass_and_not_in_the_last_leaves_a_doubt() -> None:
    walk = Walk(95)

    def spoil(cursor: str, page: Page) -> Page:
        if cursor == "60" and walk.everybody == 95:
            walk.everybody = 20  # most of them went meanwhile
            raise refused("expiredCursor")
        return page

    walk.spoil = spoil
    listing = await walk.read()
    assert (listing.count, listing.complete) == (60, False)
    assert "changed while it was read (40 went)" in listing.notes[0]


@asynchronous
async def test_a_page_that_names_its_own_cursor_is_not_followed_for_ever() -> None:
    def spoil(cursor: str, page: Page) -> Page:
        return Page(page.resources, None, next_cursor="30" if cursor == "30" else page.next_cursor)

    listing = await Walk(95, spoil).read()
    assert (listing.count, listing.complete, listing.requests) == (60, False, 3)
    assert "in circles" in listing.notes[0]


@asynchronous
async def test_one_cursor_for_the_whole_walk_is_followed_while_somebody_new_comes() -> None:
    walk, position = Walk(95), 0

    async def scroll(cursor: str, count: int | None) -> Page:
        nonlocal position
        given = await walk.by_cursor(str(position), count)
        position += 30
        return Page(given.resources, 95, next_cursor="scroll" if given.next_cursor else "")

    listing = await read_all(walk.by_index, 30, fetch_from=scroll, by_cursor=True)
    assert (listing.count, listing.complete) == (95, True)


@asynchronous
async def test_empty_pages_are_passed_by_and_endless_ones_are_not() -> None:
    for gaps, complete in ((MOST_IDLE_PAGES, True), (10**9, False)):

        def spoil(cursor: str, page: Page, gaps: int = gaps) -> Page:
            place = int(cursor or 0)
            if place == 0:
                return Page(page.resources, None, next_cursor="1000")
            if place < 1000 + gaps:
                return Page((), None, next_cursor=str(place + 1))
            return Page(users([77]), None)

        listing = await Walk(30, spoil).read()
        assert listing.complete is complete
        assert listing.requests <= MOST_IDLE_PAGES + 3


@asynchronous
async def test_fewer_than_announced_are_an_incomplete_list_and_more_are_told() -> None:
    few = await Walk(95, lambda _, p: Page(p.resources[1:], 95, next_cursor=p.next_cursor)).read()
    assert (few.count, few.complete) == (91, False)
    assert "announced 95 users and gave 91" in few.notes[0]
    many = await Walk(95, lambda _, p: Page(p.resources, 30, next_cursor=p.next_cursor)).read()
    assert (many.count, many.complete) == (95, True)
    assert "total was wrong" in many.notes[0]


@asynchronous
async def test_a_count_that_is_refused_is_left_to_the_target() -> None:
    def spoil(cursor: str, page: Page) -> Page:
        if walk.asked[-1][1] is not None:
            raise refused("invalidCount")
        return page

    walk = Walk(95, spoil)
    listing = await walk.read()
    assert (listing.count, listing.complete) == (95, True)
    assert [count for _, count in walk.asked] == [30, None, None, None, None]


@asynchronous
async def test_a_target_that_refuses_the_first_cursor_is_read_by_index() -> None:
    def spoil(cursor: str, page: Page) -> Page:
        raise refused("invalidCursor")

    listing = await Walk(95, spoil).read()
    assert (listing.count, listing.complete) == (95, True)


@asynchronous
async def test_a_target_that_is_down_is_an_error_and_no_short_list() -> None:
    def spoil(cursor: str, page: Page) -> Page:
        if cursor == "60":
            raise TargetUnavailable("down", status=503)
        return page

    with pytest.raises(TargetUnavailable):
        await Walk(95, spoil).read()


@pytest.mark.parametrize("follow", [True, False])
@asynchronous
async def test_a_cursor_that_comes_to_a_question_by_index_is_followed(follow: bool) -> None:
    walk = Walk(95)

    async def first_page_only(start: int, count: int) -> Page:
        return await walk.by_cursor("", count)

    fetch_from = walk.by_cursor if follow else None
    listing = await read_all(first_page_only, 30, fetch_from=fetch_from)
    assert (listing.count, listing.complete) == (95 if follow else 30, follow)


@given(
    everybody=st.integers(0, 200),
    strikes=st.sets(st.integers(1, 40)),
    twice=st.integers(1, 10),
)
@asynchronous
async def test_a_list_that_says_complete_holds_everybody_once(
    everybody: int, strikes: set[int], twice: int
) -> None:
    def spoil(cursor: str, page: Page) -> Page:
        number = len(walk.asked)
        if cursor and number in strikes:
            raise refused("expiredCursor")
        repeated = page.resources[:1] if number % twice == 0 else ()
        return Page((*page.resources, *repeated), page.total, next_cursor=page.next_cursor)

    walk = Walk(everybody, spoil)
    listing = await walk.read()
    ids = [u["id"] for u in listing.resources]
    assert len(ids) == len(set(ids)) == listing.count
    assert set(ids) <= {f"u{n}" for n in range(everybody)}
    if listing.complete:
        assert listing.count == everybody
    elif not strikes:
        pytest.fail("nothing was wrong with it")
    assert listing.requests <= MOST_PASSES * (everybody // 30 + 1)


ADA = {"id": "1", "userName": "ada"}


@pytest.mark.parametrize(
    ("named", "cursor"),
    [
        ({"nextCursor": "a-b"}, "a-b"),
        ({"nextcursor": "a"}, "a"),
        ({"nextCursor": 7}, "7"),
        ({"nextCursor": ""}, ""),
        ({"nextCursor": None}, ""),
        ({"nextCursor": True}, ""),
        ({"nextCursor": {"value": "a"}}, ""),
        ({}, ""),
    ],
)
def test_the_next_cursor_is_text_or_there_is_none(named: dict[str, Any], cursor: str) -> None:
    assert page({"totalResults": 1, "Resources": [ADA], **named}).next_cursor == cursor


def test_a_cursor_is_written_so_that_it_arrives_and_is_shown_masked() -> None:
    request = list_from("a/b+c=", 100)
    assert request.query == "cursor=a%2Fb%2Bc%3D&count=100"
    assert request.shown == "/Users?cursor=***&count=100"
    assert list_from("", None).query == "cursor="


@pytest.mark.parametrize(
    ("pagination", "by_cursor"),
    [
        ({"cursor": True}, True),
        ({"cursor": True, "index": False}, True),
        ({"cursor": True, "index": True}, False),
        ({"cursor": False, "index": True}, False),
        ({}, False),
        (None, False),
    ],
)
def test_cursors_alone_are_read_by_cursor_and_both_ways_by_index(
    pagination: Any, by_cursor: bool
) -> None:
    config = read_provider_config({"pagination": pagination})
    assert config.read_by_cursor("auto") is by_cursor
    assert config.read_by_cursor("cursor") is True
    assert config.read_by_cursor("index") is False
