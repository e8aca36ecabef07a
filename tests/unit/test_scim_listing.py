"""Reading everybody, from targets that page by their own ideas."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import httpx
import orjson
import pytest

from data_contracts.errors import AnswerUnreadable, TargetRefused, TargetUnavailable
from tasks.scim.answers import Answer
from tasks.scim.listing import read_all
from tasks.scim.pages import Page, read_page
from tasks.scim.protocol import list_page
from tasks.scim.reading import UserListing
from tests.target_parts import asynchronous

Serve = Callable[[int, int], tuple[Sequence[int], int | None]]


def users(numbers: Sequence[int]) -> tuple[dict[str, Any], ...]:
    return tuple({"id": f"u{n}", "userName": f"u{n}"} for n in numbers)


class Paging:
    """Serves pages by a function from start index and count to numbers and total."""

    def __init__(self, serve: Serve) -> None:
        self.serve = serve
        self.asked: list[tuple[int, int]] = []
        self.at_once = self.most_at_once = 0

    async def __call__(self, start: int, count: int) -> Page:
        self.asked.append((start, count))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(0)
        self.at_once -= 1
        numbers, total = self.serve(start, count)
        return Page(users(numbers), total)


def honest(everybody: int, cap: int = 10_000) -> Serve:
    def serve(start: int, count: int) -> tuple[Sequence[int], int]:
        end = min(start + min(count, cap), everybody + 1)
        return range(start, end), everybody

    return serve


async def read(serve: Serve, size: int = 30, **more: Any) -> tuple[UserListing, Paging]:
    paging = Paging(serve)
    return await read_all(paging, size, **more), paging


@pytest.mark.parametrize("everybody", [0, 1, 29, 30, 31, 60, 95])
@asynchronous
async def test_an_honest_target_is_read_in_as_few_pages_as_can_be(everybody: int) -> None:
    listing, _ = await read(honest(everybody), ahead=4)
    assert (listing.count, listing.complete, listing.notes) == (everybody, True, ())
    assert {u["id"] for u in listing.resources} == {f"u{n}" for n in range(1, everybody + 1)}
    # a single page that is exactly full is asked about twice: it may be the cap
    pages = max(1, -(-everybody // 30)) + (everybody == 30)
    assert listing.requests == pages


@asynchronous
async def test_pages_are_read_ahead_at_the_same_time() -> None:
    listing, paging = await read(honest(1000), ahead=8)
    assert listing.complete
    assert paging.most_at_once == 8


@asynchronous
async def test_a_target_that_caps_pages_is_read_by_the_length_of_its_pages() -> None:
    listing, paging = await read(honest(95, cap=12), size=50, ahead=4)
    assert (listing.count, listing.complete) == (95, True)
    assert sorted(start for start, _ in paging.asked) == list(range(1, 96, 12))


@asynchronous
async def test_gaps_between_pages_of_uneven_length_are_filled() -> None:
    def serve(start: int, count: int) -> tuple[Sequence[int], int]:
        length = count if start == 1 else 7
        return range(start, min(start + length, 96)), 95

    listing, _ = await read(serve, ahead=4)
    assert (listing.count, listing.complete) == (95, True)


@asynchronous
async def test_without_a_total_it_is_read_until_an_empty_page() -> None:
    def serve(start: int, count: int) -> tuple[Sequence[int], None]:
        return range(start, min(start + count, 66)), None

    listing, _ = await read(serve)
    assert (listing.count, listing.complete, listing.requests) == (65, True, 4)


@asynchronous
async def test_a_target_that_gives_everybody_whatever_is_asked_is_complete() -> None:
    listing, _ = await read(lambda start, count: (range(1, 66), None))
    assert (listing.count, listing.complete) == (65, True)


@pytest.mark.parametrize("cap", [30, 20])
@asynchronous
async def test_a_total_that_is_the_length_of_the_page_is_not_believed(cap: int) -> None:
    def serve(start: int, count: int) -> tuple[Sequence[int], int]:
        page = range(start, min(start + cap, 96))
        return page, len(page)

    listing, _ = await read(serve)
    assert (listing.count, listing.complete) == (95, True)
    assert "total was wrong" in listing.notes[0]


@asynchronous
async def test_an_index_past_the_end_may_be_an_error_or_the_first_page_again() -> None:
    def refuse(start: int, count: int) -> tuple[Sequence[int], int]:
        if start > 30:
            raise TargetRefused("past the end", status=400)
        return range(1, 31), 30

    for serve in (refuse, lambda start, count: (range(1, 31), 30)):
        listing, _ = await read(serve)
        assert (listing.count, listing.complete) == (30, True)


@pytest.mark.parametrize("total", [95, None])
@asynchronous
async def test_the_same_page_again_is_noticed_and_not_read_for_ever(total: int | None) -> None:
    listing, _ = await read(lambda start, count: (range(1, 31), total), ahead=4)
    assert (listing.count, listing.complete) == (30, False)
    assert "the same page came again" in listing.notes[0]
    assert listing.requests <= 5


@asynchronous
async def test_fewer_users_than_announced_are_an_incomplete_listing() -> None:
    def serve(start: int, count: int) -> tuple[Sequence[int], int]:
        return range(start, min(start + count, 94)), 95

    listing, _ = await read(serve)
    assert (listing.count, listing.complete) == (93, False)
    assert any("announced 95 users and gave 93" in note for note in listing.notes)


@asynchronous
async def test_nobody_where_some_are_announced_is_incomplete() -> None:
    listing, _ = await read(lambda start, count: ((), 5))
    assert (listing.count, listing.complete) == (0, False)


@pytest.mark.parametrize("then", [94, 96])
@asynchronous
async def test_a_target_that_changes_meanwhile_is_incomplete_and_says_so(then: int) -> None:
    def serve(start: int, count: int) -> tuple[Sequence[int], int]:
        everybody = 95 if start < 60 else then
        return range(start, min(start + count, everybody + 1)), everybody

    listing, _ = await read(serve)
    assert not listing.complete
    assert "changed while it was read" in listing.notes[0]


@asynchronous
async def test_a_user_listed_twice_counts_once() -> None:
    def serve(start: int, count: int) -> tuple[Sequence[int], int]:
        return [n - 1 if n == 31 else n for n in range(start, min(start + count, 96))], 95

    listing, _ = await read(serve)
    assert len({u["id"] for u in listing.resources}) == listing.count == 94
    assert not listing.complete, "one was listed twice, so one was not listed at all"


@asynchronous
async def test_users_are_handed_over_page_by_page_and_then_not_held() -> None:
    taken: list[Mapping[str, Any]] = []
    listing, _ = await read(honest(95), on_users=taken.extend)
    assert (len(taken), listing.resources, listing.count) == (95, (), 95)


@asynchronous
async def test_a_page_that_cannot_be_read_is_that_error_and_no_group() -> None:
    def serve(start: int, count: int) -> tuple[Sequence[int], int]:
        if start > 60:
            raise TargetUnavailable("down", status=503)
        return range(start, start + count), 950

    with pytest.raises(TargetUnavailable, match="down"):
        await read(serve, ahead=4)


REQUEST = list_page(1, 100)
ADA = {"id": "1", "userName": "ada"}


def page(document: Any) -> Page:
    body = document if isinstance(document, bytes) else orjson.dumps(document)
    return read_page(Answer(200, httpx.Headers(), body), REQUEST)


@pytest.mark.parametrize(
    ("document", "count", "total"),
    [
        ({"totalResults": 1, "Resources": [ADA]}, 1, 1),
        ({"totalresults": 1, "resources": [ADA]}, 1, 1),
        ({"totalResults": "1", "Resources": [ADA]}, 1, 1),
        ({"Resources": [ADA]}, 1, None),
        ({"totalResults": 1, "resourceType": [ADA]}, 1, 1),
        ({"totalResults": 1, "itemsPerPage": 20, "Resources": [ADA]}, 1, 1),
        ({"totalResults": True, "Resources": [ADA]}, 1, None),
        ({"totalResults": -1, "Resources": [ADA]}, 1, None),
        ({"totalResults": 0}, 0, 0),
        ({"totalResults": 0, "Resources": None}, 0, 0),
        ([ADA], 1, None),
    ],
)
def test_a_list_is_read_in_every_shape_that_was_seen(
    document: Any, count: int, total: int | None
) -> None:
    found = page(document)
    assert (len(found.resources), found.total) == (count, total)


def test_elements_that_are_no_users_are_counted() -> None:
    found = page({"totalResults": 4, "Resources": [ADA, {"userName": "no id"}, None, "text"]})
    assert (len(found.resources), found.unusable, found.length) == (1, 3, 4)


@asynchronous
async def test_users_without_an_id_make_the_listing_incomplete() -> None:
    async def fetch(start: int, count: int) -> Page:
        return page({"totalResults": 2, "Resources": [ADA, {"userName": "no id"}]})

    listing = await read_all(fetch, 30)
    assert not listing.complete
    assert any("have no id" in note for note in listing.notes)


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (b"", "not JSON \\(it is empty\\)"),
        (b"<html>login</html>", "but a web page"),
        (b'{"totalResults": 1, "Resources": [{', "not JSON"),
        ({"totalResults": 3}, "no list of users"),
        ({"ok": True}, "no list of users"),
        (3, "no list of users"),
    ],
)
def test_what_is_no_list_is_an_error_that_says_what_came(document: Any, words: str) -> None:
    with pytest.raises(AnswerUnreadable, match=words):
        page(document)
