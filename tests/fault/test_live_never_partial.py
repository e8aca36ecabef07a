"""Whatever fails at whatever request of a delivery: the whole roster comes of it, or nothing.

Every request of every system fails in every way in turn. Who is missing from a roster looks like a
leaver, so a roster is either everybody or it is refused, and then nothing of it is kept, and what
the next delivery builds on has not moved.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from data_contracts.batch import RawBatch
from data_contracts.configuration import SourceSettings
from data_contracts.errors import SourceError
from tasks.extract.contracts import read_contract
from tasks.extract.live.source import read_live
from tasks.scim.clock import Clock
from tasks.scim.secret import SecretStore
from tests.servers.live import google, graph, okta
from tests.servers.live.google import Google
from tests.servers.live.graph import Graph, person
from tests.servers.live.okta import Okta, user
from tests.servers.live.stand_in import StandIn

NOW = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
ADDRESS = "https://system.example"

Fault = Callable[[Request, Callable[[Request], Response]], Response]


def cut_off(request: Request, own: Callable[[Request], Response]) -> Response:
    """The true answer, a byte short of its end."""
    return Response(bytes(own(request).body)[:-1], media_type="application/json")


def without_links(request: Request, own: Callable[[Request], Response]) -> Response:
    """The true answer without a word of what follows."""
    answer = own(request)
    document = json.loads(bytes(answer.body))
    if isinstance(document, dict):
        document = {k: v for k, v in document.items() if not k.startswith("@odata.")}
    return JSONResponse(document)


def repeated(request: Request, own: Callable[[Request], Response]) -> Response:
    """The true answer, with its first person once more."""
    answer = own(request)
    document = json.loads(bytes(answer.body))
    people = document
    if isinstance(document, dict):
        people = next(each for each in document.values() if isinstance(each, list))
    people += people[:1]
    return JSONResponse(document, headers={"link": answer.headers.get("link", "")})


def once(fault: Fault) -> Fault:
    """A fault that passes when it is asked again."""
    seen: set[str] = set()

    def strike(request: Request, own: Callable[[Request], Response]) -> Response:
        if str(request.url) in seen:
            return own(request)
        seen.add(str(request.url))
        return fault(request, own)

    return strike


def always(answer: Response) -> Fault:
    return lambda request, own: answer


PASSING: Mapping[str, Callable[[], Fault]] = {
    "500 once": lambda: once(always(JSONResponse({}, 500))),
    "429 once": lambda: once(always(JSONResponse({}, 429, {"retry-after": "3"}))),
    "503 once": lambda: once(always(JSONResponse({}, 503, {"retry-after": "30"}))),
}
LASTING: Mapping[str, Callable[[], Fault]] = {
    "500": lambda: always(JSONResponse({}, 500)),
    "429": lambda: always(JSONResponse({}, 429)),
    "401": lambda: always(JSONResponse({}, 401)),
    "403": lambda: always(JSONResponse({}, 403)),
    "204": lambda: always(Response(b"", 204)),
    "206": lambda: always(JSONResponse([], 206)),
    "redirect": lambda: always(Response(b"", 302, {"location": "https://login.example"})),
    "a web page": lambda: always(HTMLResponse("<html></html>")),
    "nothing": lambda: always(Response(b"")),
    "cut off": lambda: cut_off,
    "another list": lambda: always(JSONResponse({"people": []})),
}
BREAKING: Mapping[str, Callable[[], Fault]] = {"repeated": lambda: repeated}


def an_okta() -> tuple[StandIn, dict[str, Any], str]:
    people = [user(n) for n in range(1, 6)] + [user(n, "DEPROVISIONED") for n in (7, 8, 9)]
    return Okta(users=people), {"system": "okta", "page_size": 2}, "okta-users-json"


def a_graph() -> tuple[StandIn, dict[str, Any], str]:
    system = Graph(base_url=ADDRESS)
    system.add(*(person(n) for n in range(1, 8)))
    return system, {"system": "microsoft-graph"}, "entra-graph-json"


def a_google() -> tuple[StandIn, dict[str, Any], str]:
    name = {"givenName": "A", "familyName": "B"}
    people = [
        {"id": str(n), "primaryEmail": f"{n}@fern.example", "suspended": False, "name": name}
        for n in range(1, 6)
    ]
    live = {"system": "google-directory", "page_size": 2}
    return Google(users=people), live, "google-directory-json"


SYSTEMS = {"okta": an_okta, "graph": a_graph, "google": a_google}
REQUESTS = {"okta": 5, "graph": 5, "google": 3}
"""Of a delivery of each, without a fault."""


def clock() -> Clock:
    """Time that passes by sleeping alone."""
    passed = [0.0]

    async def sleep(seconds: float) -> None:
        passed[0] += seconds

    return Clock(lambda: NOW, lambda: passed[0], sleep)


def read(folder: Path, system: StandIn, live: dict[str, Any], contract: str) -> RawBatch:
    app = Starlette(routes=[Route("/{path:path}", system.answer)])
    settings = SourceSettings.model_validate(
        {
            "contract": contract,
            "live": {
                **live,
                "base_url": ADDRESS,
                "auth": {"token_env": "TOKEN"},
                "request_budget_s": 60,
            },
        }
    )
    tokens = {"okta": okta.TOKEN, "microsoft-graph": graph.TOKEN, "google-directory": google.TOKEN}
    return asyncio.run(
        read_live(
            "people",
            settings,
            read_contract(contract, folder),
            folder=folder,
            now=NOW,
            as_of=None,
            secrets=SecretStore({"TOKEN": tokens[live["system"]]}, folder),
            transport=httpx.ASGITransport(app),
            clock=clock(),
        )
    )


def keys(batch: RawBatch) -> list[str]:
    return sorted(str(key) for key in batch.frame["id"])


def kept(folder: Path) -> dict[str, bytes]:
    """Everything below the deliveries' folder, by path."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in (folder / ".scimflow").rglob("*")
        if path.is_file()
    }


def strike(system: StandIn, number: int, fault: Fault) -> None:
    """Let every request from a number on end in a fault."""

    def answer(request: Request) -> Response:
        return fault(request, lambda asked: system.reply(asked, b""))

    system.instead = dict.fromkeys(range(number, 400), answer)


@pytest.mark.parametrize("name", SYSTEMS)
def test_without_a_fault_everybody_is_there(tmp_path: Path, name: str) -> None:
    system, live, contract = SYSTEMS[name]()
    assert len(keys(read(tmp_path, system, live, contract))) in (5, 7, 8)
    assert len(system.asked) == REQUESTS[name]


@pytest.mark.parametrize("name", SYSTEMS)
@pytest.mark.parametrize("fault", PASSING)
def test_what_passes_costs_nobody(tmp_path: Path, name: str, fault: str) -> None:
    system, live, contract = SYSTEMS[name]()
    everybody = keys(read(tmp_path / "whole", system, live, contract))
    for number in range(1, REQUESTS[name] + 1):
        system, live, contract = SYSTEMS[name]()
        strike(system, number, PASSING[fault]())
        assert keys(read(tmp_path / str(number), system, live, contract)) == everybody


@pytest.mark.parametrize("name", SYSTEMS)
@pytest.mark.parametrize("fault", LASTING | BREAKING)
def test_what_lasts_leaves_nothing_behind(tmp_path: Path, name: str, fault: str) -> None:
    for number in range(1, REQUESTS[name] + 1):
        system, live, contract = SYSTEMS[name]()
        if fault in BREAKING and (name == "graph" or number == REQUESTS[name]):
            continue  # delta query may tell of somebody twice; one person alone is no repetition
        strike(system, number, (LASTING | BREAKING)[fault]())
        folder = tmp_path / str(number)
        with pytest.raises(SourceError):
            read(folder, system, live, contract)
        assert kept(folder) == {}


def test_a_full_page_of_okta_without_a_link_is_not_the_last(tmp_path: Path) -> None:
    """A proxy that takes headers away would leave the first page as the whole company."""
    full = (1, 3, 4)  # of 3 leavers and 5 others, two a page
    for number in full:
        system, live, contract = an_okta()
        strike(system, number, once(without_links))
        folder = tmp_path / str(number)
        with pytest.raises(SourceError, match="a full page without a `Link` header"):
            read(folder, system, live, contract)
        assert kept(folder) == {}


def test_a_round_that_lost_its_links_is_no_round(tmp_path: Path) -> None:
    for number in range(1, REQUESTS["graph"] + 1):
        system, live, contract = a_graph()
        strike(system, number, without_links)
        folder = tmp_path / str(number)
        with pytest.raises(SourceError, match="breaks off"):
            read(folder, system, live, contract)
        assert kept(folder) == {}


@pytest.mark.parametrize("fault", LASTING)
def test_a_round_of_changes_that_fails_moves_nothing_on(tmp_path: Path, fault: str) -> None:
    system, live, contract = a_graph()
    assert isinstance(system, Graph)
    read(tmp_path, system, live, contract)
    before = kept(tmp_path)
    system.remove(str(person(1)["id"]))
    system.add(*(person(n) for n in range(11, 16)))
    for number in (1, 2, 3, 4):
        strike(system, len(system.asked) + number, LASTING[fault]())
        with pytest.raises(SourceError):
            read(tmp_path, system, live, contract)
        assert kept(tmp_path) == before
    system.instead = {}
    batch = read(tmp_path, system, live, contract)
    assert len(keys(batch)) == 12
    assert list(batch.frame["removed"].dropna()) == ["changed"]
