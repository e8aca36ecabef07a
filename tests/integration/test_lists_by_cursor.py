"""Lists by cursor (RFC 9865): what the sandbox serves, and how the client reads it."""

from typing import Any

import httpx
import pytest

from data_contracts.errors import TargetRefused
from deployments.sandbox.in_process import InProcessClient
from deployments.sandbox.settings import SandboxSettings
from tests.target_parts import Target, asynchronous, target

SMALL_PAGES = {"max_page_size": 10, "default_page_size": 10}


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def served(paging: str = "cursor", **options: Any) -> InProcessClient:
    settings = SandboxSettings(paging=paging, made_up_users=25, rate_limit_per_s=0, **SMALL_PAGES)
    return InProcessClient(settings, **options)


def walk(client: InProcessClient, **query: Any) -> list[list[str]]:
    """The names on each page, from the first to the one that names no other."""
    pages, cursor = [], ""
    while True:
        answer = client.get("/Users", cursor=cursor, **query)
        assert answer.status_code == 200, answer.text
        pages.append([user["userName"] for user in answer.json()["Resources"]])
        cursor = answer.json().get("nextCursor", "")
        if not cursor:
            return pages


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("scimType", "")


def test_pages_name_the_next_one_until_the_last() -> None:
    client = served()
    pages = walk(client, count=10)
    assert [len(page) for page in pages] == [10, 10, 5]
    assert len({name for page in pages for name in page}) == 25
    first = client.get("/Users").json()
    assert first["totalResults"] == 25
    assert "startIndex" not in first
    assert first["nextCursor"]


def test_the_config_announces_what_the_lists_do() -> None:
    def said(paging: str) -> Any:
        return served(paging).get("/ServiceProviderConfig").json().get("pagination")

    assert said("index") is None
    assert said("cursor") == {
        "cursor": True,
        "index": False,
        "defaultPaginationMethod": "cursor",
        "defaultPageSize": 10,
        "maxPageSize": 10,
        "cursorTimeout": 300,
    }
    assert (said("both")["index"], said("both")["defaultPaginationMethod"]) == (True, "index")


def test_a_service_with_both_pages_as_it_is_asked() -> None:
    client = served("both")
    assert client.get("/Users", startIndex=21).json()["itemsPerPage"] == 5
    assert "nextCursor" not in client.get("/Users").json()
    assert "nextCursor" in client.get("/Users", cursor="").json()
    assert [len(page) for page in walk(client, count=20)] == [10, 10, 5]


def test_a_cursor_is_good_for_its_time_its_query_and_its_count_alone() -> None:
    clock = Clock()
    client = served(clock=clock)
    cursor = client.get("/Users", count=10).json()["nextCursor"]
    assert problem(client.get("/Users", count=5, cursor=cursor)) == (400, "invalidCount")
    other = client.get("/Users", count=10, cursor=cursor, excludedAttributes="name")
    assert problem(other) == (400, "invalidCursor")
    assert problem(client.get("/Users", count=10, cursor="made-up")) == (400, "invalidCursor")
    clock.now += 300
    assert client.get("/Users", count=10, cursor=cursor).status_code == 200
    clock.now += 1
    assert problem(client.get("/Users", count=10, cursor=cursor)) == (400, "expiredCursor")


def test_a_walk_shows_who_was_there_when_it_began_and_is_there_still() -> None:
    client = served()
    first = client.get("/Users", count=10).json()
    later = client.sandbox.store.ids[12]
    client.sandbox.store.remove(later)
    client.create("new@example.com")
    rest = client.get("/Users", count=10, cursor=first["nextCursor"]).json()
    assert (rest["totalResults"], rest["itemsPerPage"]) == (25, 9)
    assert later not in {user["id"] for user in rest["Resources"]}


def test_a_search_is_walked_by_cursor_too() -> None:
    client = served()
    message = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "count": 10}
    first = client.send("POST", "/Users/.search", {**message, "cursor": ""}).json()
    cursor = first["nextCursor"]
    second = client.send("POST", "/Users/.search", {**message, "cursor": cursor}).json()
    assert len(second["Resources"]) == 10
    assert second["Resources"] != first["Resources"]


def asked(t: Target) -> list[str]:
    """How lists were asked for: `index` or `cursor`."""
    queries = [seen.query for seen in t.sandbox.journal if seen.path == "/Users"]
    return ["cursor" if "cursor=" in query else "index" for query in queries]


CASES = [
    ("index", "auto", ["index"] * 3),
    # its first answer names a cursor, which is good for questions without an index alone
    ("cursor", "auto", ["index", "cursor", *["cursor"] * 3]),
    ("both", "auto", ["index"] * 3),
    ("both", "cursor", ["cursor"] * 3),
    ("index", "cursor", ["cursor", *["index"] * 3]),  # it does not understand the question
]


@pytest.mark.parametrize(("served_by", "wanted", "pages"), CASES)
@asynchronous
async def test_the_client_reads_everybody_as_the_target_pages(
    served_by: str, wanted: str, pages: list[str]
) -> None:
    sandbox = {"paging": served_by, "made_up_users": 25, **SMALL_PAGES}
    async with target(sandbox=sandbox, paging=wanted, max_in_flight=1) as t:
        listing = await t.client.list_users()
        assert (listing.count, listing.complete, listing.notes) == (25, True, ())
        assert asked(t) == pages


@pytest.mark.parametrize("wanted", ["auto", "index"])
@asynchronous
async def test_a_cursor_that_nobody_announced_is_followed_unless_switched_off(wanted: str) -> None:
    """RFC 9865 section 2.3: a service may answer a cursor to whoever did not ask for one."""
    sandbox = {"paging": "cursor", "made_up_users": 25, **SMALL_PAGES}

    def silent(request: httpx.Request) -> httpx.Response | None:
        return httpx.Response(404) if "ServiceProviderConfig" in str(request.url) else None

    async with target(sandbox=sandbox, refuse=silent, paging=wanted) as t:
        listing = await t.client.list_users()
        assert listing.complete is (wanted == "auto")
        assert listing.count == (25 if wanted == "auto" else 10)


@pytest.mark.parametrize(
    ("fault", "complete", "words"),
    [
        ("cursor-expires=1x", True, ""),
        ("cursor-invalid=2x", True, ""),
        ("cursor-expires=1", False, "begun 3 times and broke off"),
        ("cursor-repeats=1", False, "in circles"),
        ("cursor-never-ends=1", False, "in circles"),
        ("cursor-without-total=1", True, ""),
        ("count-refused=1", True, ""),
        ("wrong-total=1", True, "total was wrong"),
        ("lowercase-resources=1", True, ""),
    ],
)
@asynchronous
async def test_a_list_by_cursor_is_whole_or_says_that_it_is_not(
    fault: str, complete: bool, words: str
) -> None:
    sandbox = {"paging": "cursor", "made_up_users": 25, **SMALL_PAGES}
    async with target(fault, sandbox=sandbox) as t:
        listing = await t.client.list_users()
        assert listing.complete is complete
        assert words in " ".join(listing.notes)
        ids = [user["id"] for user in listing.resources]
        assert len(ids) == len(set(ids)) == listing.count
        if complete:
            assert set(ids) == set(t.sandbox.store.ids)


@asynchronous
async def test_a_features_page_that_fails_does_not_keep_the_list_from_being_read() -> None:
    def failing(request: httpx.Request) -> httpx.Response | None:
        return httpx.Response(500) if "ServiceProviderConfig" in str(request.url) else None

    sandbox = {"paging": "both", "made_up_users": 25, **SMALL_PAGES}
    async with target(sandbox=sandbox, refuse=failing) as t:
        listing = await t.client.list_users()
        assert (listing.count, listing.complete) == (25, True)


@pytest.mark.parametrize("announced", [True, False])
@asynchronous
async def test_where_indexes_are_refused_the_announced_cursors_are_followed(
    announced: bool,
) -> None:
    def refuse(request: httpx.Request) -> httpx.Response | None:
        if "startIndex" in str(request.url):
            return httpx.Response(400, json={"scimType": "invalidValue", "status": "400"})
        return None

    sandbox = {"paging": "both" if announced else "index", "made_up_users": 25, **SMALL_PAGES}
    async with target(sandbox=sandbox, refuse=refuse) as t:
        if not announced:
            with pytest.raises(TargetRefused):
                await t.client.list_users()
            return
        listing = await t.client.list_users()
        assert (listing.count, listing.complete) == (25, True)
        assert asked(t) == ["cursor"] * 3


@asynchronous
async def test_where_indexes_lead_nowhere_the_announced_cursors_are_followed() -> None:
    sandbox = {"paging": "both", "made_up_users": 25, **SMALL_PAGES}
    async with target("repeated-page=1", sandbox=sandbox, max_in_flight=1) as t:
        listing = await t.client.list_users()
        assert (listing.count, listing.complete) == (25, True)
        assert asked(t)[-3:] == ["cursor"] * 3
        assert len(listing.resources) == len({user["id"] for user in listing.resources}) == 25


@pytest.mark.parametrize(("paging", "words"), [("index", "by index"), ("cursor", "by cursor")])
@asynchronous
async def test_discovery_says_how_lists_are_read(paging: str, words: str) -> None:
    async with target(sandbox={"paging": paging}) as t:
        found = await t.client.discover()
        assert f"lists are read {words}" in found.endpoints[0].message
