"""Prefect's share of a sync: the flow, and the same pipeline without Prefect, in the same run.

    python -m benchmarks.prefect_share [--people 10000] [--rounds 20]

A sync of 10,000 people with 500 operations against a sandbox without latency, on a Prefect server
that runs already: Prefect's share is to be under 15 % of the wall time. Both ways write the same
ledger and the same files, and take turns, so that a busy machine is busy for both; each round is a
share.
"""

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks.companies import settings_text, write_company
from benchmarks.prefect_server import prefect_server
from benchmarks.targets import sandbox
from data_contracts.as_of import AsOf
from data_contracts.outcome import Outcome
from data_contracts.plan import Plan, PlannedOperation
from data_contracts.words import RunState
from flows.prefect_setting import prepare_environment

DAY = "2026-03-02"
CHANGED = 0.05
TOKEN_VARIABLE = "SCIMFLOW_BENCH_TOKEN"
WANTED = 0.15


async def without_prefect(folder: Path) -> Any:
    """One sync by plain functions: the same stages, ledger, lease and files."""
    from flows.leasing import hold_target
    from flows.project import find_token, open_project
    from flows.recorded import RunNotes, record_run
    from flows.running import Run
    from flows.stages import PLAIN
    from flows.syncing import Manner, sync_within
    from tasks.load.session import LoadSession
    from tasks.scim.client import open_client

    async def apply(
        kind: str,
        number: int,
        total: int,
        session: LoadSession,
        operations: Sequence[PlannedOperation],
        on_outcome: Callable[[Outcome], None],
    ) -> tuple[Outcome, ...]:
        return await session.apply(operations, on_outcome)

    async def keep_sources(run: Run, sources: Any) -> None:
        run.record_sources(sources)

    async def show_nobody(run: Run, plan: Plan) -> None: ...

    async def no_progress(done: int, total: int) -> None: ...

    project = open_project(folder)
    manner = Manner(PLAIN, apply, lambda text: None, keep_sources, show_nobody)

    async def work(run: Run, as_of: AsOf) -> RunState:
        client = open_client(project.settings.target, find_token(project), folder=project.folder)
        async with hold_target(run), client:
            return await sync_within(run, as_of, client, manner, no_progress)

    return await record_run(project, "sync-users", project.as_of(DAY), None, work, RunNotes())


async def with_prefect(folder: Path) -> Any:
    """The flow, as a worker runs it."""
    from datetime import date

    from flows.sync_users import sync_users

    state = await sync_users(str(folder), date.fromisoformat(DAY), return_state=True)
    return getattr(state.data, "result", state.data)


async def timed(way: Callable[[Path], Awaitable[Any]], folder: Path) -> tuple[float, float, Any]:
    wall, cpu = time.perf_counter(), time.process_time()
    result = await way(folder)
    return time.perf_counter() - wall, time.process_time() - cpu, result


async def measure(folder: Path, people: int, rounds: int) -> None:
    export = folder / "hr.csv"
    write_company(export, people)
    result = await without_prefect(folder)
    assert result.record.counts["created"] == people, result.record
    ways = {"without Prefect": without_prefect, "the flow": with_prefect}
    walls: dict[str, list[float]] = {name: [] for name in ways}
    cpus: dict[str, list[float]] = {name: [] for name in ways}
    moved = False
    for number in range(rounds + 1):
        for name, way in list(ways.items())[:: 1 if number % 2 else -1]:
            moved = not moved
            write_company(export, people, moved_fraction=CHANGED if moved else 0.0)
            wall, cpu, result = await timed(way, folder)
            assert result.record.counts["updated"] == round(people * CHANGED), result.record
            if number:  # the first of each warms up
                walls[name].append(wall)
                cpus[name].append(cpu)
    told = f"{people:,} people, {round(people * CHANGED):,} operations"
    print(f"{told}, sandbox without latency, median of {rounds}")
    for name in ways:
        print(
            f"  {name:<18}{statistics.median(walls[name]):6.2f} s wall, "
            f"{statistics.median(cpus[name]):6.2f} s CPU of this process"
        )
    for what, seconds in (("wall time", walls), ("CPU time", cpus)):
        shares = sorted(
            (flow - plain) / flow
            for plain, flow in zip(seconds["without Prefect"], seconds["the flow"], strict=True)
        )
        few, half, most = (shares[round(part * (rounds - 1))] for part in (0.25, 0.5, 0.75))
        limit = f"   (under {WANTED:.0%})" if what == "wall time" else ""
        print(f"  Prefect's share of the {what:<10}{half:6.1%}, half of all from {few:.1%} to "
              f"{most:.1%}{limit}")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=20)
    chosen = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        environ = stack.enter_context(prefect_server(folder))
        base_url = stack.enter_context(sandbox("--rate-limit", "0"))
        os.environ.update(environ)
        prepare_environment()  # as `scimflow sync` and `scimflow serve` do
        os.environ[TOKEN_VARIABLE] = "token"
        text = settings_text(Path("hr.csv"), base_url)
        text = text.replace("  base_url:", "  requests_per_s: 1000\n  base_url:")
        (folder / "scimflow.yaml").write_text(text)
        asyncio.run(measure(folder, chosen.people, chosen.rounds))


if __name__ == "__main__":
    main()
