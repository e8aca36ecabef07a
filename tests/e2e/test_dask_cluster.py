"""A sync whose rows are checked and mapped on a Dask cluster: same plan, same digest, same rows."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from examples import servers
from tests.command_parts import TODAY, Company, company, person
from tests.prefect_parts import PrefectServer, without_prefect
from tests.sync_parts import Synced, sync_once

pytestmark = [
    pytest.mark.timeout(400),
    # distributed leaves sockets to whoever collects garbage
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]

PEOPLE = 300
STARTED_AFTER_S = 60


@pytest.fixture
def acme(tmp_path: Path) -> Iterator[Company]:
    with company(tmp_path) as acme:
        yield acme


def rows() -> list[str]:
    """People of whom some are set aside: by a rule on a row, and by one on all of them."""
    odd = {7: {"email": ""}, 90: {"hire_date": "2020-02-30"}, 91: {"title": "", "status": "left"}}
    found = [person(n, **odd.get(n, {})) for n in range(1, PEOPLE + 1) if n != 91]
    return [*found, person(250), person(999, employee_id="00299")]


def written(folder: Path, acme: Company, **more: Any) -> Company:
    """A folder with the same exports for the same workspace, and a ledger of its own."""
    folder.mkdir()
    other = Company(folder, acme.base_url, acme.sandbox)
    other.export(*rows())
    # held before the first write: each meets the same empty workspace
    other.settings({"guardrails": {"creates": {"max": 5}}, **more})
    return other


def same(one: Synced, other: Synced) -> None:
    assert one.plan is not None
    assert other.plan is not None
    assert len(one.plan.operations) > PEOPLE - 20
    assert other.plan.digest == one.plan.digest
    assert other.plan.to_bytes() == one.plan.to_bytes()
    assert other.record.counts == one.record.counts
    assert one.record.counts["rows_quarantined"] >= 5


def synced(company: Company) -> Synced:
    return asyncio.run(sync_once(company.config, TODAY))


def quarantined(company: Company, run_id: str) -> bytes:
    return (company.folder / "runs" / run_id / "quarantine-hr.jsonl").read_bytes()


def test_two_processes_of_this_machine_make_the_same_plan_in_a_flow_too(
    tmp_path: Path, acme: Company, prefect: PrefectServer
) -> None:
    plain = written(tmp_path / "plain", acme)
    spread = written(tmp_path / "dask", acme, dask={"workers": 2, "rows": 40})
    expected = synced(plain)
    found = spread.say("sync", "--as-of", TODAY, "--json").document
    assert expected.plan is not None
    assert found["plan"]["digest"] == expected.plan.digest
    assert found["run"]["counts"] == expected.record.counts
    assert quarantined(spread, found["run"]["run_id"]) == quarantined(plain, expected.record.run_id)
    assert prefect.flow_run(found["run"]["prefect_run_id"])["state_name"] == "Held"


def test_a_cluster_that_is_there_already_is_used(tmp_path: Path, acme: Company) -> None:
    with cluster(tmp_path) as address:
        spread = synced(written(tmp_path / "dask", acme, dask={"scheduler": address, "rows": 40}))
    same(synced(written(tmp_path / "plain", acme)), spread)


@contextmanager
def cluster(folder: Path) -> Iterator[str]:
    """A scheduler and two workers, as processes on loopback."""
    port = servers.free_port()
    address = f"tcp://{servers.LOOPBACK}:{port}"
    listen = ["--host", servers.LOOPBACK, "--no-dashboard"]
    commands = [["scheduler", *listen, "--port", str(port)]]
    commands += [["worker", address, *listen, "--nthreads", "1", "--no-nanny"]] * 2
    processes = []
    try:
        for number, command in enumerate(commands):
            log = (folder / f"dask-{number}.log").open("wb")
            processes.append(
                subprocess.Popen(
                    [sys.executable, "-m", "dask", *command],
                    env=without_prefect(),
                    cwd=folder,
                    stdout=log,
                    stderr=log,
                )
            )
            log.close()
        until = time.monotonic() + STARTED_AFTER_S
        while sum("Registered to" in _log(folder, n) for n in (1, 2)) < 2:
            assert time.monotonic() < until, _log(folder, 0) + _log(folder, 1)
            time.sleep(0.3)
        yield address
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def _log(folder: Path, number: int) -> str:
    return (folder / f"dask-{number}.log").read_text(errors="replace")


def test_a_scheduler_that_does_not_answer_ends_the_run_with_a_word(
    tmp_path: Path, acme: Company
) -> None:
    address = f"tcp://{servers.LOOPBACK}:{servers.free_port()}"
    spread = written(tmp_path / "dask", acme, dask={"scheduler": address})
    said = spread.say("sync", "--as-of", TODAY)
    assert said.code == 64
    assert "no Dask scheduler answers at dask.scheduler" in said.text
    assert "Traceback" not in said.text
