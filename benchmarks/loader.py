"""How fast a plan is carried out, against a bare loop that sends the same requests.

    python -m benchmarks.loader

Everything in one run, on loopback, against a sandbox in a process of its own:

- creates on a target that answers after 50 ms, 32 in flight: the loader (intent, write,
  verification, outcome) and a bare loop over the same transport; and python-scim's scim2-client,
  one request after the other;
- a target that limits to 50 requests a second: how much of the limit is used.
"""

import asyncio
import statistics
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import orjson
from pydantic import SecretStr
from scim2_client import BaseSyncSCIMClient
from scim2_models import EnterpriseUser, User

from benchmarks.targets import sandbox, settings
from data_contracts.outcome import Outcome
from data_contracts.plan import Operation
from data_contracts.scim.resource import build_resource
from data_contracts.words import OperationKind, OutcomeResult
from tasks.load.session import LoadSession
from tasks.scim.client import open_client
from tasks.scim.transport import open_transport

CREATES = 2_000
ONE_BY_ONE = 60  # scim2-client at 50 ms each: more would only take longer
IN_FLIGHT = 32
LATENCY_MS = 50
LIMITED_S = 10
LIMIT = 50
ROUNDS = 3


class NoJournal:
    """Keeps nothing: what the ledger costs is measured with the ledger."""

    async def intend(self, operation: Operation) -> None: ...

    async def record(self, outcome: Outcome) -> None: ...


def operations(number: int, mark: str) -> list[Operation]:
    return [
        Operation(
            kind=OperationKind.CREATE,
            worker_key=f"{mark}{n:05d}",
            account_id=None,
            user_name=f"{mark}{n:05d}@company.example",
            reason="joiner",
            explanation="employed, and has no account yet",
            attributes={
                "active": True,
                "externalId": f"{mark}{n:05d}",
                "userName": f"{mark}{n:05d}@company.example",
                'emails[type eq "work"].value': f"{mark}{n:05d}@company.example",
                "name.givenName": "Ada",
                "name.familyName": "Byron",
                "displayName": "Ada Byron",
                "title": "Engineer",
                "enterprise.department": "Research",
                "roles[primary eq true].value": "contributor",
            },
        )
        for n in range(number)
    ]


async def by_bare_loop(base_url: str, work: Sequence[Operation]) -> float:
    """The same requests over the same transport, and nothing else."""
    target = settings(base_url, max_in_flight=IN_FLIGHT)
    bodies = [orjson.dumps(build_resource(o.attributes)) for o in work]
    headers = {"Authorization": "Bearer x", "Content-Type": "application/scim+json"}
    queue = iter(bodies)
    transport = open_transport(target, Path())

    async def send() -> None:
        for body in queue:
            request = httpx.Request("POST", f"{base_url}/Users", headers=headers, content=body)
            answer = await transport.handle_async_request(request)
            assert answer.status_code == 201
            await answer.aread()
            await answer.aclose()

    began = time.perf_counter()
    await asyncio.gather(*(send() for _ in range(IN_FLIGHT)))
    elapsed = time.perf_counter() - began
    await transport.aclose()
    return elapsed


async def by_loader(base_url: str, work: Sequence[Operation]) -> float:
    target = settings(base_url, max_in_flight=IN_FLIGHT, requests_per_s=1000)
    async with open_client(target, SecretStr("x"), folder=Path()) as client:
        began = time.perf_counter()
        async with LoadSession(client, NoJournal(), target) as session:
            outcomes = await session.apply(work)
        elapsed = time.perf_counter() - began
        assert {o.result for o in outcomes} == {OutcomeResult.APPLIED}
        assert client.requests == len(work)
    return elapsed


class OverHttpx(BaseSyncSCIMClient):
    """scim2-client with httpx below; its own engine needs httpx2, which nothing else wants."""

    def __init__(self, http: httpx.Client, **more: Any) -> None:
        super().__init__(**more)
        self.http = http

    def _stays_under_base_url(self, endpoint: str) -> bool:
        return True

    def _parse_json(self, response: Any) -> Any:
        return response.json()

    def request(self, method: str, url: str, **kwargs: Any) -> Any:
        return self.http.request(method, url, **kwargs)


def one_by_one(base_url: str, work: Sequence[Operation]) -> float:
    """python-scim's own client, one request after the other."""
    kind = User[EnterpriseUser]
    with httpx.Client(base_url=base_url, headers={"Authorization": "Bearer x"}) as http:
        client = OverHttpx(http)
        client.discover()
        users = [kind.model_validate(build_resource(o.attributes)) for o in work]
        began = time.perf_counter()
        for user in users:
            client.create(user)
        return time.perf_counter() - began


async def limited(base_url: str, work: Sequence[Operation]) -> tuple[float, int]:
    """Seconds taken, and answers 429, at a target with a limit."""
    target = settings(base_url, max_in_flight=IN_FLIGHT, requests_per_s=LIMIT)
    async with open_client(target, SecretStr("x"), folder=Path()) as client:
        began = time.perf_counter()
        async with LoadSession(client, NoJournal(), target) as session:
            outcomes = await session.apply(work)
        elapsed = time.perf_counter() - began
        assert {o.result for o in outcomes} == {OutcomeResult.APPLIED}
        return elapsed, client.throttled


def main(seconds: int = LIMITED_S) -> None:
    with sandbox("--rate-limit", "0", "--latency-ms", str(LATENCY_MS)) as base_url:
        asyncio.run(by_bare_loop(base_url, operations(200, "w")))  # both sides warm
        bare, loader = [], []
        for number in range(ROUNDS):
            bare.append(asyncio.run(by_bare_loop(base_url, operations(CREATES, f"b{number}"))))
            loader.append(asyncio.run(by_loader(base_url, operations(CREATES, f"l{number}"))))
        slow = one_by_one(base_url, operations(ONE_BY_ONE, "s"))
    best_bare = CREATES / statistics.median(bare)
    best_loader = CREATES / statistics.median(loader)
    single = ONE_BY_ONE / slow
    print(f"{CREATES:,} creates, {LATENCY_MS} ms latency, {IN_FLIGHT} in flight, {ROUNDS} rounds")
    print(f"  bare loop over the same transport   {best_bare:7.0f} requests/s")
    print(f"  the loader                          {best_loader:7.0f} requests/s")
    print(f"  scim2-client, one after the other   {single:7.0f} requests/s")
    print(f"  loader / bare loop                  {best_loader / best_bare:7.2f}   (0.85 or more)")
    print(f"  loader / scim2-client               {best_loader / single:7.1f}   (10 or more)")

    number = LIMIT * seconds
    with sandbox("--rate-limit", str(LIMIT), "--latency-ms", str(LATENCY_MS)) as base_url:
        elapsed, throttled = asyncio.run(limited(base_url, operations(number, "r")))
    used = number / elapsed / LIMIT
    print(f"{number:,} creates at a target that lets {LIMIT} requests a second through")
    print(f"  of the limit used                   {used:7.1%}   (97 % or more)")
    print(f"  answers 429                         {throttled / number:7.1%}   (1 % or fewer)")
    print(f"measured {datetime.now(UTC):%Y-%m-%d}, Python {sys.version.split()[0]}")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:2]))
