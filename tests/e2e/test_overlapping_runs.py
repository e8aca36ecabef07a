"""A schedule whose run begins before the one before has ended, at a real server with a worker."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.command_parts import Company, company, person
from tests.e2e.test_deployments import deployments, start
from tests.prefect_parts import PrefectServer
from tests.worker_parts import ended, until, worker

pytestmark = pytest.mark.alone

PEOPLE = 90
RATE = 15  # requests a second: six seconds of load


@pytest.fixture
def acme(tmp_path: Path, prefect: PrefectServer) -> Iterator[Company]:
    with company(tmp_path, latency_ms=150) as acme:
        acme.export(*(person(n) for n in range(1, PEOPLE + 1)))
        yield acme


def overlapping(
    acme: Company, prefect: PrefectServer, folder: Path, wait: str, if_busy: str
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """How two runs of one deployment end, and the later one while the first is at work."""
    acme.settings(
        {
            "target": {"requests_per_s": RATE},
            "approval": {"wait": wait},
            "deployments": {"schedules": {"sync": {"if_busy": if_busy}}},
        }
    )
    assert acme.say("deploy").code == 0
    sync = deployments(prefect, "workspace")["workspace-sync"]
    with worker(prefect, "scimflow", folder) as log:
        first = start(prefect, sync)
        until(lambda: len(acme.users()) >= 5, log)
        second = start(prefect, sync)
        settled = {"AwaitingConcurrencySlot", "Cancelled", "Running", "Completed"}
        seen = until(
            lambda: run if (run := prefect.flow_run(second))["state_name"] in settled else None,
            log,
        )
        assert prefect.flow_run(first)["state_name"] == "Running"
        return ended(prefect, first, log), dict(seen), ended(prefect, second, log)


@pytest.mark.timeout(600)
def test_the_later_run_waits_without_a_process_and_finds_nothing_left_to_do(
    acme: Company, prefect: PrefectServer, tmp_path: Path
) -> None:
    first, seen, second = overlapping(acme, prefect, tmp_path, "suspend", "wait")
    assert (first["state_name"], first["state"]["message"]) == ("Completed", f"{PEOPLE} created")
    assert seen["state_name"] == "AwaitingConcurrencySlot"
    assert second["state_name"] == "Completed"
    assert second["state"]["message"] == "nothing to change"
    assert acme.requests().count("POST /Users") == PEOPLE
    assert [r["state"] for r in acme.say("history", "--json").document["runs"]] == ["completed"] * 2


@pytest.mark.timeout(600)
def test_the_later_run_is_cancelled_where_the_settings_say_so_and_no_run_suspends(
    acme: Company, prefect: PrefectServer, tmp_path: Path
) -> None:
    first, seen, second = overlapping(acme, prefect, tmp_path, "end", "cancel")
    assert first["state_name"] == "Completed"
    assert seen["state_name"] == second["state_name"] == "Cancelled"
    assert acme.requests().count("POST /Users") == PEOPLE
    [only] = acme.say("history", "--json").document["runs"]
    assert only["state"] == "completed"
