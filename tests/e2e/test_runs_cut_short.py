"""A deployed sync that is cancelled in the UI, or killed with its worker, in mid-load."""

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows import leasing
from flows.sync_users import sync_users
from tests.command_parts import Company, company, person
from tests.e2e.test_deployments import deployments, start
from tests.prefect_parts import PrefectServer
from tests.worker_parts import ended, until, worker

pytestmark = pytest.mark.alone

PEOPLE = 120
RATE = 15  # requests a second: eight seconds of load


@pytest.fixture
def acme(tmp_path: Path, prefect: PrefectServer) -> Iterator[Company]:
    with company(tmp_path, latency_ms=150) as acme:
        acme.settings({"target": {"requests_per_s": RATE}})
        acme.export(*(person(n) for n in range(1, PEOPLE + 1)))
        assert acme.say("deploy").code == 0
        yield acme


def loading(acme: Company) -> bool:
    return len(acme.users()) >= 10


@pytest.mark.timeout(600)
def test_what_is_under_way_is_finished_and_the_next_sync_does_the_rest(
    acme: Company, prefect: PrefectServer, tmp_path: Path
) -> None:
    sync = deployments(prefect, "workspace")["workspace-sync"]
    with worker(prefect, "scimflow", tmp_path) as log:
        run = start(prefect, sync)
        until(lambda: loading(acme), log)
        state = {"state": {"type": "CANCELLING", "name": "Cancelling"}, "force": False}
        prefect.ask(f"/flow_runs/{run}/set_state", **state)
        told = ended(prefect, run, log)
    assert told["state_name"] == "Cancelled"
    assert 10 <= len(acme.users()) < PEOPLE
    [kept] = acme.say("history", "--json").document["runs"]
    assert (kept["state"], kept["counts"]["unknown"]) == ("partly_applied", 0)
    assert kept["counts"]["created"] == len(acme.users())
    # the next sync does the rest, and nobody is made twice
    acme.sync()
    assert (len(acme.users()), acme.requests().count("POST /Users")) == (PEOPLE, PEOPLE)
    assert acme.plan().code == 0


def killed(prefect: PrefectServer) -> int:
    """Kill every worker of this server, and what it runs; how many processes those were."""
    address = f"PREFECT_API_URL={prefect.api}".encode()
    count = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
            theirs = address in (process / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if theirs and not {b"worker", b"prefect.engine"}.isdisjoint(words):
            os.kill(int(process.name), signal.SIGKILL)
            count += 1
    return count


@pytest.mark.timeout(600)
def test_a_run_that_was_killed_with_its_worker_is_settled_and_ends_at_prefect_too(
    acme: Company, prefect: PrefectServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync = deployments(prefect, "workspace")["workspace-sync"]
    with worker(prefect, "scimflow", tmp_path) as log:
        run = start(prefect, sync)
        until(lambda: loading(acme), log)
        assert killed(prefect) >= 2
    assert prefect.flow_run(run)["state_name"] == "Running"  # nobody told Prefect
    monkeypatch.setattr(leasing, "TTL_S", 0)  # not 90 s of waiting
    state = asyncio.run(sync_users(str(acme.config), return_state=True))
    assert state.name == "Completed"
    assert (len(acme.users()), acme.requests().count("POST /Users")) == (PEOPLE, PEOPLE)
    seen = prefect.flow_run(run)
    assert seen["state_name"] == "Failed"
    assert "ended without a word" in seen["state"]["message"]
