"""What Bulk saves: requests and time of the same creates, one by one and together.

    python -m benchmarks.bulk

Everything in one run, on loopback, against sandboxes in processes of their own: answers after
50 ms, without a limit and with one of 50 requests a second. Results of a Bulk hold the users
("bodies") or do not ("bare"); then each user is read to be verified.
"""

import asyncio
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from pydantic import SecretStr

from benchmarks.loader import IN_FLIGHT, LATENCY_MS, LIMIT, NoJournal, operations
from benchmarks.targets import sandbox, settings
from data_contracts.words import OutcomeResult
from tasks.load.session import LoadSession
from tasks.scim.client import open_client

CREATES = 5_000
LIMITED = 500
WAYS = {"one by one": "off", "in Bulk, bare": "bare", "in Bulk, bodies": "bodies"}


async def load(base_url: str, number: int, requests_per_s: float, bulk: bool) -> tuple[float, int]:
    """Seconds and requests of a load."""
    target = settings(
        base_url,
        max_in_flight=IN_FLIGHT,
        requests_per_s=requests_per_s,
        bulk={"enabled": bulk},
    )
    async with open_client(target, SecretStr("x"), folder=Path()) as client:
        began = time.perf_counter()
        async with LoadSession(client, NoJournal(), target) as session:
            outcomes = await session.apply(operations(number, "b"))
        elapsed = time.perf_counter() - began
        assert {o.result for o in outcomes} == {OutcomeResult.APPLIED}
        return elapsed, client.requests


def measure(number: int, limit: int) -> None:
    told = f"at most {limit} requests a second" if limit else "no limit"
    print(f"{number:,} creates, {LATENCY_MS} ms latency, {told}")
    for name, served in WAYS.items():
        options = ("--rate-limit", str(limit), "--latency-ms", str(LATENCY_MS), "--bulk", served)
        with sandbox(*options) as base_url:
            seconds, requests = asyncio.run(load(base_url, number, limit or 1000, served != "off"))
        print(
            f"  {name:18}{requests:7,} requests {seconds:7.1f} s {number / seconds:8,.0f} users/s"
        )


def main(creates: int = CREATES, limited: int = LIMITED) -> None:
    measure(creates, 0)
    measure(limited, LIMIT)
    print(f"measured {datetime.now(UTC):%Y-%m-%d}, Python {sys.version.split()[0]}")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:3]))
