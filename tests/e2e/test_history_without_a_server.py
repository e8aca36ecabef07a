"""The main job goes on when Prefect's server is away, and the server is told of it later."""

import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from data_contracts.errors import EXIT_HELD, EXIT_OTHER
from examples import servers
from tests.command_parts import TODAY, Company, company, person
from tests.e2e.test_sync_against_odds import PATIENCE_S, syncing, wait_until
from tests.prefect_parts import PrefectServer, serving_prefect

pytestmark = pytest.mark.alone

PEOPLE = 30


@pytest.fixture
def own(tmp_path: Path) -> PrefectServer:
    """Where a Prefect server of this test alone is to be; it does not run yet."""
    home = tmp_path / "prefect"
    home.mkdir()
    return PrefectServer(f"http://{servers.LOOPBACK}:{servers.free_port()}", home)


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[Company]:
    """A company whose workspace takes its time."""
    with company(tmp_path, latency_ms=150) as acme:
        acme.settings({"target": {"max_in_flight": 2, "request_budget_s": 30}})
        acme.export(*(person(n) for n in range(1, PEOPLE + 1)))
        yield acme


def untold(acme: Company) -> list[Path]:
    return sorted((acme.folder / ".scimflow" / "untold").glob("*"))


def test_a_server_that_goes_away_ends_no_run_and_is_told_when_it_is_back(
    slow: Company, own: PrefectServer
) -> None:
    # its client tries each call for a minute by default, which a restarted server needs
    environ = {**own.environ, "PREFECT_CLIENT_MAX_RETRIES": "0"}
    with ExitStack() as stack:
        server = stack.enter_context(serving_prefect(own))
        process = stack.enter_context(syncing(slow, environ))
        wait_until(lambda: len(slow.users()) >= 5, process)
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
        out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, err
    assert f"{PEOPLE} created" in out
    assert "Prefect's server went away during the run" in err
    assert len(slow.users()) == PEOPLE
    [run] = slow.say("history", "--json").document["runs"]
    assert run["state"] == "completed"
    assert [path.stem for path in untold(slow)] == [run["run_id"]]
    assert untold(slow)[0].stat().st_mode & 0o777 == 0o600
    with serving_prefect(own):
        assert own.flow_run(run["prefect_run_id"])["state_name"] == "Running"
        with syncing(slow, own.environ) as process:
            out, err = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 0, err
        assert f"telling Prefect of run {run['run_id']}" in err
        assert untold(slow) == []
        ended = own.flow_run(run["prefect_run_id"])
        assert ended["state_name"] == "Completed"
        assert f"told later: {PEOPLE} created" in ended["state"]["message"]
        [told] = [r for r in own.ask("/flow_runs/filter") if r["name"].startswith("told-later-")]
        assert told["name"] == f"told-later-{run['run_id']}"
        assert (told["state_name"], told["parent_task_run_id"] is not None) == ("Completed", True)
        artifacts = own.artifacts(told["id"])
        assert f"{PEOPLE} created" in artifacts["workspace-summary"]
        assert "joiner" in str(artifacts["workspace-operations"])
        assert "Family" not in str(artifacts)


def test_a_sync_without_a_server_stops_or_goes_on_as_it_is_told_to(
    slow: Company, own: PrefectServer
) -> None:
    slow.settings({"guardrails": {"creates": {"max": 2}}})
    with syncing(slow, own.environ) as process:
        out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == EXIT_OTHER
    assert "--offline-history" in err
    assert slow.requests() == []
    with syncing(slow, own.environ, "--offline-history") as process:
        out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == EXIT_HELD, err
    assert "going on without: the run is told to Prefect later" in err
    assert "planning: 30 people, 0 accounts" in err
    slow.settings()
    with syncing(slow, own.environ, "--offline-history") as process:
        out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, err
    assert f"{PEOPLE} created" in out
    done, held = slow.say("history", "--json").document["runs"]
    assert [path.stem for path in untold(slow)] == [held["run_id"], done["run_id"]]
    assert done["prefect_run_id"] is None
    with serving_prefect(own):
        with syncing(slow, own.environ, "--offline-history") as process:  # it is there now
            process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 0
        runs = {r["name"]: r for r in own.ask("/flow_runs/filter")}
    assert untold(slow) == []
    assert runs[f"told-later-{done['run_id']}"]["state_name"] == "Completed"
    told = runs[f"told-later-{held['run_id']}"]
    assert (told["state_name"], told["state_type"]) == ("Held", "FAILED")
    assert "the limit is 2" in told["state"]["message"]
    assert runs[f"workspace-{TODAY}"]["state_name"] == "Completed"
