"""Reading 100,000 accounts: against a bare loop that reads the same pages, and how much memory.

    python -m benchmarks.listing

A sandbox in a process of its own; each reader in a process of its own too, for its peak memory.
"""

import asyncio
import json
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

import httpx
import orjson
from pydantic import SecretStr

from benchmarks.targets import sandbox, settings
from tasks.extract.target import read_target
from tasks.scim.client import PAGES_AHEAD, open_client
from tasks.scim.transport import open_transport

USERS = 100_000
PAGE_SIZE = 500
ROUNDS = 3
PATHS = (
    "userName",
    "externalId",
    "displayName",
    "name.givenName",
    "name.familyName",
    "title",
    "locale",
    "timezone",
    'emails[type eq "work"].value',
    "enterprise.department",
    "enterprise.employeeNumber",
    "roles[primary eq true].value",
)
READERS = ("bare", "listed", "columns")


async def bare(base_url: str) -> int:
    """The pages one needs, as many at a time as the client has, decoded and kept."""
    transport = open_transport(settings(base_url), Path())
    starts = iter(range(1, USERS + 1, PAGE_SIZE))
    kept: list[dict[str, object]] = []

    async def read() -> None:
        for start in starts:
            url = f"{base_url}/Users?startIndex={start}&count={PAGE_SIZE}"
            headers = {"Authorization": "Bearer x", "Accept": "application/scim+json"}
            answer = await transport.handle_async_request(
                httpx.Request("GET", url, headers=headers)
            )
            kept.extend(orjson.loads(await answer.aread())["Resources"])
            await answer.aclose()

    await asyncio.gather(*(read() for _ in range(PAGES_AHEAD)))
    await transport.aclose()
    return len(kept)


async def listed(base_url: str) -> int:
    """`list_users`: de-duplicated, checked for being complete."""
    target = settings(base_url, page_size=PAGE_SIZE, requests_per_s=1000)
    async with open_client(target, SecretStr("x"), folder=Path()) as client:
        listing = await client.list_users()
    assert listing.complete
    assert listing.requests == USERS // PAGE_SIZE
    return len(listing.resources)


async def columns(base_url: str) -> int:
    """`read_target`: the same as columns of what is compared."""
    target = settings(base_url, page_size=PAGE_SIZE, requests_per_s=1000)
    async with open_client(target, SecretStr("x"), folder=Path()) as client:
        snapshot = await read_target(client, target, PATHS)
    assert snapshot.complete
    return len(snapshot.accounts)


def measure(reader: str, base_url: str) -> None:
    """One reader in this process; prints what it took."""
    began, cpu = time.perf_counter(), time.process_time()
    count = asyncio.run({"bare": bare, "listed": listed, "columns": columns}[reader](base_url))
    assert count == USERS
    print(
        json.dumps(
            {
                "elapsed_s": time.perf_counter() - began,
                "cpu_s": time.process_time() - cpu,
                "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            }
        )
    )


def run(reader: str, base_url: str) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.listing", reader, base_url]
    finished = subprocess.run(command, capture_output=True, text=True, check=True)
    result: dict[str, float] = json.loads(finished.stdout)
    return result


def main() -> None:
    options = ("--rate-limit", "0", "--users", str(USERS), "--page-size", str(PAGE_SIZE))
    with sandbox(*options) as base_url:
        run("bare", base_url)  # both sides warm
        rounds = [{reader: run(reader, base_url) for reader in READERS} for _ in range(ROUNDS)]

    def median(reader: str, what: str) -> float:
        return statistics.median(found[reader][what] for found in rounds)

    print(f"{USERS:,} users in pages of {PAGE_SIZE}, {PAGES_AHEAD} at a time, {ROUNDS} rounds")
    print("           seconds  of bare   CPU-seconds  of bare   peak MB")
    for reader in READERS:
        elapsed_s, cpu_s = median(reader, "elapsed_s"), median(reader, "cpu_s")
        print(
            f"  {reader:8} {elapsed_s:7.1f} {elapsed_s / median('bare', 'elapsed_s'):8.2f}"
            f" {cpu_s:13.1f} {cpu_s / median('bare', 'cpu_s'):8.2f}"
            f" {median(reader, 'peak_mb'):9.0f}"
        )
    print("  wanted of `listed`: 1.2 of bare at most; of `columns`: 500 MB at most")


if __name__ == "__main__":
    if len(sys.argv) == 3:
        measure(*sys.argv[1:])
    else:
        main()
