"""A deployed sync that is cancelled in the UI in the middle of its load."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.command_parts import Company, company, person
from tests.e2e.test_deployments import deployments, start
from tests.prefect_parts import PrefectServer
from tests.worker_parts import ended, until, worker

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
