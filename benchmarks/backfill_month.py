"""A backfill of a month: day by day, folded into one plan, and as the syncs it stands for.

    python -m benchmarks.backfill_month [--people 10000] [--days 31]

Each day has an export of 10,000 people, of whom one in a hundred has another title than the day
before and one in a hundred has the old one back. Each way begins with an empty workspace and an
empty ledger, on one Prefect server and against a sandbox without latency. A backfill reads the
newest export beside each day's, judges by both, and makes a child run a day; the syncs are what
would have run on those days.
"""

import argparse
import asyncio
import os
import resource
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from benchmarks.companies import settings_text, write_company
from benchmarks.prefect_server import prefect_server
from benchmarks.prefect_share import TOKEN_VARIABLE
from benchmarks.targets import sandbox
from data_contracts.words import BackfillMode

FIRST = date(2026, 1, 1)
CHANGED = 0.01
Way = Callable[[Path, list[date]], Awaitable[None]]


async def syncs(folder: Path, days: list[date]) -> None:
    """What would have run: a sync a day."""
    from flows.sync_users import sync_users

    for day in days:
        await sync_users(str(folder), day)


def backfill_in(mode: BackfillMode) -> Way:
    """One backfill of all days."""

    async def run(folder: Path, days: list[date]) -> None:
        from flows.backfill import backfill

        await backfill(days[0], days[-1], str(folder), mode)

    return run


WAYS: dict[str, Way] = {
    "a sync a day": syncs,
    "backfill": backfill_in(BackfillMode.DAY_BY_DAY),
    "backfill --final-state": backfill_in(BackfillMode.FINAL_STATE),
}


def prepare(folder: Path, exports: Path, base_url: str) -> None:
    """A project with its own workspace and ledger, on the exports that all ways share."""
    folder.mkdir()
    text = settings_text(exports / "hr_DATE.csv", base_url).replace(
        f"{exports}/hr_DATE.csv", f"'{exports}/hr_{{date}}.csv'"
    )
    text = text.replace("  base_url:", "  requests_per_s: 1000\n  base_url:")
    (folder / "scimflow.yaml").write_text(text)


def users_at(base_url: str) -> list[dict[str, Any]]:
    """All accounts, without what is the server's own, to compare how the ways ended."""
    import httpx

    headers = {"Authorization": f"Bearer {os.environ[TOKEN_VARIABLE]}"}
    found: list[dict[str, Any]] = []
    while True:
        asked = {"startIndex": len(found) + 1, "count": 1000}
        page = httpx.get(f"{base_url}/Users", headers=headers, params=asked).json()
        found += page["Resources"]
        if not page["Resources"] or len(found) >= page["totalResults"]:
            own = ("id", "meta")
            each = ({k: v for k, v in user.items() if k not in own} for user in found)
            return sorted(each, key=lambda user: str(user["userName"]))


def measure(root: Path, people: int, days: list[date]) -> None:
    exports = root / "exports"
    exports.mkdir()
    for number, day in enumerate(days):
        write_company(exports / f"hr_{day}.csv", people, moved_fraction=CHANGED, offset=number)
    print(f"{len(days)} days, {people:,} people, {CHANGED:.0%} and {CHANGED:.0%} changed a day")
    seconds, ends = {}, {}
    for name, way in WAYS.items():
        with sandbox("--rate-limit", "0") as base_url:
            folder = root / name.replace(" ", "")
            prepare(folder, exports, base_url)
            began, cpu = time.perf_counter(), time.process_time()
            asyncio.run(way(folder, days))  # type: ignore[arg-type]
            seconds[name] = time.perf_counter() - began
            used = time.process_time() - cpu
            ends[name] = users_at(base_url)
        a_day = seconds[name] / len(days)
        ratio = seconds[name] / seconds["a sync a day"]
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"  {name:<24}{seconds[name]:7.1f} s wall ({a_day:.2f} s a day, {ratio:.2f} of the "
            f"syncs), {used:6.1f} s CPU; {peak:,.0f} MB at most so far",
            flush=True,
        )
    same = all(end == ends["a sync a day"] for end in ends.values())
    print(f"  all ways end with the same accounts: {'yes' if same else 'NO'}")
    assert same


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--days", type=int, default=31)
    chosen = parser.parse_args()
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        os.environ.update(stack.enter_context(prefect_server(root)))
        os.environ[TOKEN_VARIABLE] = "token"
        days = [FIRST + timedelta(days=number) for number in range(chosen.days)]
        measure(root, chosen.people, days)


if __name__ == "__main__":
    main()
