"""One whole sync without Prefect, in this process or in another one that can be killed.

The same way that the flow `sync-users` takes: plain stages, real settings, a real ledger file, the
lease, the settling of what an earlier run left open, the loader.
"""

import asyncio
import csv
import os
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import yaml

from benchmarks.companies import settings_text, write_company
from data_contracts.errors import EXIT_PARTLY, ScimflowError
from data_contracts.outcome import LoadReport, Outcome, RunRecord
from data_contracts.plan import Plan, PlannedOperation
from data_contracts.words import RunState
from flows.leasing import hold_target
from flows.pipeline import CheckedSources
from flows.project import Project, find_token, open_project
from flows.running import Run, begin_run
from flows.stages import PLAIN, Stages
from flows.syncing import Manner, sync_within
from flows.telemetry import telemetry
from flows.telling import silent
from tasks.ledger import open_ledger
from tasks.load.session import LoadSession
from tasks.scim.client import open_client
from tasks.scim.clock import SYSTEM_CLOCK, Clock

ROOT = Path(__file__).parent.parent
TOKEN_VARIABLE = "SCIMFLOW_TOKEN"
TOKEN = "a-token-of-the-tests"
DAY = "2026-03-02"

EXIT_CODES = {RunState.COMPLETED: 0, RunState.PARTLY_APPLIED: EXIT_PARTLY}


@dataclass(frozen=True)
class Synced:
    """How a sync went."""

    plan: Plan | None
    load: LoadReport | None
    record: RunRecord


async def sync_once(
    folder: Path,
    day: str | None = DAY,
    *,
    stages: Stages = PLAIN,
    transport: httpx.AsyncBaseTransport | None = None,
    clock: Clock = SYSTEM_CLOCK,
    only: frozenset[str] | None = None,
    at_once: bool = False,
) -> Synced:
    """Sync the target of one scimflow.yaml."""
    project = open_project(folder)
    as_of = project.as_of(day)
    with open_ledger(project.ledger_url, folder=project.folder) as ledger:
        run = begin_run(project, ledger, "sync-users", as_of, None)
        telemetry().is_about(run)
        manner = Manner(stages, _apply, silent, _keep_sources, _show_nobody)
        try:
            async with hold_target(run), _client(project, transport, clock) as client:
                state = await sync_within(
                    run, as_of, client, manner, _no_progress, only=only, at_once=at_once
                )
        except ScimflowError as error:
            run.finish(RunState.FAILED, error.message)
            raise
        return Synced(run.plan, run.load, run.finish(state))


def _client(project: Project, transport: httpx.AsyncBaseTransport | None, clock: Clock) -> Any:
    target, token = project.settings.target, find_token(project)
    return open_client(
        target,
        token,
        folder=project.folder,
        transport=transport,
        clock=clock,
        on_request=telemetry().on_request,
    )


async def _apply(
    kind: str,
    number: int,
    total: int,
    session: LoadSession,
    operations: Sequence[PlannedOperation],
    on_outcome: Callable[[Outcome], None],
) -> tuple[Outcome, ...]:
    return await session.apply(operations, on_outcome)


async def _keep_sources(run: Run, sources: CheckedSources) -> None:
    run.record_sources(sources)


async def _show_nobody(run: Run, plan: Plan) -> None: ...


async def _no_progress(done: int, total: int) -> None: ...


@dataclass
class MadeUpCompany:
    """A company of any size in a folder: one HR export, settings, and days that come."""

    folder: Path
    people: int
    base_url: str
    target: Mapping[str, Any] = field(default_factory=dict)
    """Settings of the target that differ."""
    unmapped: Sequence[str] = ()
    """Attribute paths that are not mapped."""
    mapped: Mapping[str, Any] = field(default_factory=dict)
    """Further rules of the mapping."""

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.export = self.folder / "hr.csv"
        write_company(self.export, self.people)
        settings = yaml.safe_load(settings_text(Path("hr.csv"), self.base_url))
        for path in self.unmapped:
            del settings["mapping"][path]
        settings["mapping"] |= self.mapped
        settings["target"] |= {"auth": {"token_env": TOKEN_VARIABLE}, **self.target}
        unlimited = {"max": None, "max_fraction": None}
        settings["guardrails"] |= {"deactivations": unlimited, "min_admins": 0}
        (self.folder / "scimflow.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")

    def configure(self, target: Mapping[str, Any]) -> None:
        """Change settings of the target."""
        file = self.folder / "scimflow.yaml"
        settings = yaml.safe_load(file.read_text(encoding="utf-8"))
        settings["target"] |= target
        file.write_text(yaml.safe_dump(settings), encoding="utf-8")

    def rows(self) -> list[dict[str, str]]:
        with self.export.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def change(self, changes: Mapping[int, Mapping[str, str]]) -> None:
        """Write the next delivery: cells of some people, by number, are others."""
        rows = self.rows()
        for number, cells in changes.items():
            rows[number].update(cells)
        self.deliver(rows)

    def deliver(self, rows: Sequence[Mapping[str, str]]) -> None:
        """Write the next delivery."""
        with self.export.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)

    def sync(self, **more: Any) -> Synced:
        return asyncio.run(sync_once(self.folder, **more))


def leave(day: str = "2026-02-27") -> dict[str, str]:
    """Cells of somebody who has left."""
    return {"Employment Status": "Terminated", "Termination Date": day}


class SyncProcesses:
    """Starts syncs as processes of their own, each a fork of one that has imported everything."""

    def __init__(self) -> None:
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.sync_parts"],
            cwd=ROOT,
            env={**os.environ, TOKEN_VARIABLE: TOKEN},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, folder: Path, count: int = 1) -> list[int]:
        """Start some at the same moment; their process ids. What they say goes to `PID.said`."""
        assert self._server.stdin is not None
        self._server.stdin.write(f"{count}\t{folder}\n")
        self._server.stdin.flush()
        return self._numbers()

    def wait(self) -> list[int]:
        """Wait until all have ended: exit codes, or the signals that killed them, negative."""
        return self._numbers()

    def _numbers(self) -> list[int]:
        assert self._server.stdout is not None
        line = self._server.stdout.readline()
        assert line, "the process that starts others has ended"
        return [int(number) for number in line.split()]

    def close(self) -> None:
        """End."""
        self._server.communicate(timeout=30)


@contextmanager
def sync_processes() -> Iterator[SyncProcesses]:
    processes = SyncProcesses()
    try:
        yield processes
    finally:
        processes.close()


def _serve_forks() -> None:
    import great_expectations  # noqa: F401  # seconds to import, paid once

    for line in sys.stdin:
        count, folder = line.rstrip("\n").split("\t")
        gate, opened = os.pipe()
        pids = [_fork(Path(folder), gate, opened) for _ in range(int(count))]
        os.close(gate)
        os.close(opened)  # now all of them go on
        _tell(pids)
        _tell([os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids])


def _fork(folder: Path, gate: int, opened: int) -> int:
    pid = os.fork()
    if pid:
        return pid
    os.close(opened)
    os.read(gate, 1)
    said = os.open(folder / f"{os.getpid()}.said", os.O_WRONLY | os.O_CREAT, 0o600)
    os.dup2(said, 2)
    os._exit(_run(folder))


def _tell(numbers: Sequence[int]) -> None:
    sys.stdout.write(" ".join(map(str, numbers)) + "\n")
    sys.stdout.flush()


def _run(folder: Path) -> int:
    try:
        return EXIT_CODES.get(asyncio.run(sync_once(folder)).record.state, 1)
    except ScimflowError as error:
        sys.stderr.write(f"{error.message}\n")
        return error.exit_code
    except BaseException:
        traceback.print_exc()
        return 70
    finally:
        sys.stderr.flush()


if __name__ == "__main__":
    _serve_forks()
