"""`scimflow deploy` and `prefect deploy` at a real server, and a worker that runs what is due."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from threading import Timer
from typing import Any

import pytest
import yaml

from data_contracts.words import IfBusy
from flows.jobs import JOBS
from tasks.ledger import open_ledger
from tasks.ledger.lease import Lease
from tests.command_parts import Company, person
from tests.prefect_parts import ROOT, PrefectServer
from tests.worker_parts import ended, worker

PREFECT_FILE = ROOT / "deployments" / "prefect.yaml"
SCHEDULED = {
    "workspace-sync": "30 2 * * *",
    "workspace-leaver-sweep": "5 * * * *",
    "workspace-drift-report": "0 6 * * mon",
}
LEFT_OUT = {"id", "created", "updated", "flow_id", "work_queue_id", "last_polled", "status"}
LEFT_OUT |= {"version", "version_id", "version_info", "path", "labels", "created_by", "updated_by"}


def deployments(prefect: PrefectServer, target: str) -> dict[str, dict[str, Any]]:
    """A target's deployments by name, without what the server makes up."""
    tag = {"tags": {"all_": [f"target:{target}"]}}
    found = prefect.ask("/deployments/filter", deployments=tag)
    return {each["name"]: each for each in found}


def without_ids(deployment: dict[str, Any]) -> dict[str, Any]:
    kept = {k: v for k, v in deployment.items() if k not in LEFT_OUT}
    kept["global_concurrency_limit"] = {
        k: kept["global_concurrency_limit"][k] for k in ("limit", "active")
    }
    kept["schedules"] = [
        {k: s[k] for k in ("schedule", "active", "slug", "parameters")} for s in kept["schedules"]
    ]
    return kept


def start(prefect: PrefectServer, deployment: dict[str, Any], **parameters: Any) -> str:
    path = f"/deployments/{deployment['id']}/create_flow_run"
    return str(prefect.ask(path, parameters=parameters)["id"])


def test_deploying_twice_is_deploying_once(acme: Company, prefect: PrefectServer) -> None:
    acme.settings({"lifecycle": {"time_zone": "Europe/Zurich"}})
    said = acme.say("deploy")
    assert said.code == 0, said.text
    first = deployments(prefect, "workspace")
    assert sorted(first) == sorted(f"workspace-{job.name}" for job in JOBS)
    assert acme.say("deploy", "--json").code == 0
    second = deployments(prefect, "workspace")
    assert {name: each["id"] for name, each in second.items()} == {
        name: each["id"] for name, each in first.items()
    }
    assert {n: without_ids(d) for n, d in second.items()} == {
        n: without_ids(d) for n, d in first.items()
    }
    crons = {
        name: (each["schedule"]["cron"], each["schedule"]["timezone"])
        for name, deployment in second.items()
        for each in deployment["schedules"]
    }
    assert crons == {name: (cron, "Europe/Zurich") for name, cron in SCHEDULED.items()}
    for deployment in second.values():
        assert deployment["description"]
        assert deployment["pull_steps"] in ([], None)
        assert deployment["enforce_parameter_schema"]
        assert deployment["global_concurrency_limit"]["limit"] == 1
    options = second["workspace-leaver-sweep"]["concurrency_options"]
    assert options["collision_strategy"] == "ENQUEUE"  # a run that is resumed is never cancelled
    assert second["workspace-sync"]["concurrency_options"]["collision_strategy"] == "ENQUEUE"


def test_a_schedule_that_the_settings_take_out_goes(acme: Company, prefect: PrefectServer) -> None:
    acme.say("deploy")
    text = acme.config.read_text(encoding="utf-8")
    changed = {"schedules": {"leaver_sweep": None, "sync": {"active": False}}}
    acme.config.write_text(text + yaml.safe_dump({"deployments": changed}), encoding="utf-8")
    assert acme.say("deploy").code == 0
    found = deployments(prefect, "workspace")
    assert found["workspace-leaver-sweep"]["schedules"] == []
    [sync] = found["workspace-sync"]["schedules"]
    assert sync["active"] is False


def test_prefect_deploy_does_what_scimflow_deploy_does(
    acme: Company, prefect: PrefectServer, tmp_path: Path
) -> None:
    acme.say("deploy")
    ours = deployments(prefect, "workspace")
    for each in ours.values():
        prefect.request("DELETE", f"/deployments/{each['id']}")
    file = tmp_path / "prefect.yaml"
    file.write_text(acme.say("deploy", "--print").out, encoding="utf-8")
    deploy(prefect, file, tmp_path)
    theirs = deployments(prefect, "workspace")
    assert {n: without_ids(d) for n, d in theirs.items()} == {
        n: without_ids(d) for n, d in ours.items()
    }


def deploy(prefect: PrefectServer, file: Path, folder: Path) -> None:
    words = ["prefect", "--no-prompt", "deploy", "--all", "--prefect-file", str(file)]
    said = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=folder,
        env=prefect.environ,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert said.returncode == 0, said.stdout + said.stderr


def test_the_file_in_deployments_can_be_deployed_as_it_is(
    acme: Company, prefect: PrefectServer
) -> None:
    acme.say("deploy")  # makes the work pool
    deploy(prefect, PREFECT_FILE, ROOT)
    found = deployments(prefect, "productboard")
    assert sorted(found) == sorted(f"productboard-{job.name}" for job in JOBS)
    for each in found.values():
        assert each["parameters"]["configuration"] == "/srv/scimflow/scimflow.yaml"
        assert str(ROOT) not in json.dumps(each)
        prefect.request("DELETE", f"/deployments/{each['id']}")


@pytest.mark.timeout(600)
def test_a_worker_runs_the_sync_and_the_sweep_touches_leavers_alone(
    acme: Company, prefect: PrefectServer, tmp_path: Path
) -> None:
    assert acme.say("deploy").code == 0
    found = deployments(prefect, "workspace")
    with worker(prefect, "scimflow", tmp_path) as log:
        run = ended(prefect, start(prefect, found["workspace-sync"]), log)
        assert (run["state_name"], run["state"]["message"]) == ("Completed", "3 created")
        assert sorted(run["tags"]) == ["scimflow", "target:workspace"]
        acme.export(person(1, title="Head of IT"), person(2, status="leaver"), person(4))
        found = deployments(prefect, "workspace")
        run = ended(prefect, start(prefect, found["workspace-leaver-sweep"]), log)
        assert run["name"].startswith("leavers-workspace-")
        assert (run["state_name"], run["state"]["message"]) == ("Completed", "2 deactivated")
        users = acme.users()
        active = {name: user["active"] for name, user in users.items()}
        assert active == {
            "person1@acme.example": True,
            "person2@acme.example": False,
            "person3@acme.example": False,
        }
        assert users["person1@acme.example"]["title"] == "Title 1"
        checked = ended(prefect, start(prefect, found["workspace-export-check"], source="hr"), log)
        assert checked["state_name"] == "Completed"


@pytest.mark.parametrize("if_busy", ["refuse", "cancel", "wait"])
def test_who_comes_second_fails_is_cancelled_or_waits(
    acme: Company, prefect: PrefectServer, if_busy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flows import leasing
    from flows.project import utc_now
    from flows.sync_users import sync_users

    monkeypatch.setattr(leasing, "LOOK_EVERY_S", 0.2)
    with open_ledger("sqlite:///.scimflow/ledger.db", folder=acme.folder) as ledger:
        other = Lease(ledger, "workspace", "elsewhere:1:another-run", utc_now)
        other.acquire()
        Timer(3, other.release).start()
        state = asyncio.run(
            sync_users(str(acme.config), if_busy=IfBusy(if_busy), return_state=True)
        )
        other.release()
    runs = acme.say("history", "--json").document["runs"]
    if if_busy == "wait":
        assert state.name == "Completed"
        assert [run["state"] for run in runs] == ["completed"]
        assert len(acme.users()) == 3
        return
    assert "another run works on it: elsewhere:1:another-run" in str(state.message)
    assert state.name == ("Cancelled" if if_busy == "cancel" else "Failed")
    assert [run["state"] for run in runs] == ([] if if_busy == "cancel" else ["failed"])
    assert acme.requests() == []


def test_a_held_sweep_is_applied_as_it_was_reviewed(acme: Company, prefect: PrefectServer) -> None:
    from flows.sweep_leavers import sweep_leavers

    acme.sync()
    acme.export(person(1, title="Head of IT"), person(2, status="leaver"), person(4))
    acme.settings({"guardrails": {"deactivations": {"max": 1}}})
    state = asyncio.run(sweep_leavers(str(acme.config), return_state=True))
    assert state.name == "Held"
    run_id = acme.say("history", "--json").document["runs"][0]["run_id"]
    assert acme.say("approve", run_id, "--by", "ada").code == 0
    applied = acme.say("apply", run_id, "--json")
    assert applied.code == 0, applied.text
    assert [p["result"] for p in applied.document["people"]] == ["applied"] * 2
    assert "person4@acme.example" not in acme.users()
    assert acme.users()["person1@acme.example"]["title"] == "Title 1"
