"""`scimflow serve`: one process starts what is due, and what follows an export that arrives."""

from typing import Any

import pytest

from tests.command_parts import Company, person
from tests.prefect_parts import PrefectServer
from tests.worker_parts import ended, running, until


def of_flow(prefect: PrefectServer, name: str, target: str) -> list[dict[str, Any]]:
    """The runs of a flow for a target, the newest first."""
    return list(
        prefect.ask(
            "/flow_runs/filter",
            flows={"name": {"any_": [name]}},
            flow_runs={"tags": {"all_": [f"target:{target}"]}, "state": {"name": None}},
            sort="START_TIME_DESC",
        )
    )


def started(prefect: PrefectServer, flow: str, name: str) -> str:
    found = prefect.request("GET", f"/deployments/name/{flow}/{name}").json()
    return str(prefect.ask(f"/deployments/{found['id']}/create_flow_run")["id"])


@pytest.mark.timeout(600)
def test_an_export_that_arrives_is_found_checked_and_synced_by_a_served_machine(
    acme: Company, prefect: PrefectServer
) -> None:
    acme.settings({"target": {"name": "served"}})
    arguments = ["flows.cli", "serve", "--config", str(acme.config)]
    with running(arguments, prefect.environ, acme.folder / "serve.log") as log:
        until(lambda: "serving; Ctrl-C ends it" in log.read_text(encoding="utf-8"), log)
        watched = ended(prefect, started(prefect, "watch-exports", "served-export-watch"), log)
        assert watched["state"]["message"] == "hr: hr.csv has arrived"

        def synced() -> dict[str, Any] | None:
            runs = [r for r in of_flow(prefect, "sync-users", "served") if r["end_time"]]
            return runs[0] if runs else None

        run = until(synced, log)
        assert (run["state_name"], run["state"]["message"]) == ("Completed", "3 created")
        [check] = of_flow(prefect, "check-export", "served")
        assert check["state_name"] == "Completed"
        assert check["parameters"]["then_sync"] is True
        again = ended(prefect, started(prefect, "watch-exports", "served-export-watch"), log)
        assert again["state"]["message"] == "hr: hr.csv has been read"
        acme.export(person(1), person(2), person(3), person(4, status="retired"))
        third = ended(prefect, started(prefect, "watch-exports", "served-export-watch"), log)
        assert third["state"]["message"] == "hr: hr.csv has arrived"

        def refused() -> bool:
            states = [r["state_name"] for r in of_flow(prefect, "check-export", "served")]
            return "RefusedByContract" in states

        until(refused, log)
        assert len(of_flow(prefect, "sync-users", "served")) == 1
    found = prefect.request("GET", "/deployments/name/sync-users/served-sync").json()
    assert found["paused"] is True
    assert found["work_pool_name"] is None
