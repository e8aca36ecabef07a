"""A held plan waits for a person: suspended, answered, carried out or not."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.approval_parts import POOL, Deployed, deploy
from tests.command_parts import Company, person
from tests.prefect_parts import PrefectServer
from tests.worker_parts import worker

HELD = {"guardrails": {"deactivations": {"max": 1}}}


@pytest.fixture(scope="module")
def a_worker(prefect: PrefectServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A worker for the tests of this module; its log."""
    with worker(prefect, POOL, tmp_path_factory.mktemp("worker")) as log:
        yield log


@pytest.fixture
def deployed(acme: Company, prefect: PrefectServer, a_worker: Path) -> Deployed:
    """Three people are in; two of them have left the export, and one may be deactivated at once."""
    acme.settings(HELD)
    acme.sync()
    acme.export(person(1, title="Head of IT"))
    return deploy(acme, prefect)


def digest_in(deployed: Deployed, run_id: str) -> str:
    return str(deployed.form(run_id)[0]["properties"]["digest"]["default"])


def test_a_held_run_is_suspended_and_goes_on_with_the_approved_plan(deployed: Deployed) -> None:
    run_id = deployed.suspended()
    waiting = deployed.ledger_run(run_id)
    assert waiting["state"] == "waiting"
    assert "2 accounts would be deactivated" in waiting["message"]
    schema, text = deployed.form(run_id)
    assert "2 to deactivate" in text
    assert set(schema["required"]) == {"decision", "reviewer", "reason"}
    assert schema["properties"]["digest"]["default"] == waiting["plan_digest"]
    assert schema["properties"]["reviewer"]["maxLength"] == 100
    assert deployed.answer(run_id, decision="perhaps")["status"] == "REJECT"
    assert deployed.answer(run_id, decision="approve")["status"] == "ACCEPT"
    ended = deployed.wait_for(run_id, "Completed", "Failed", "Held", "Refused")
    assert ended["name"] == "Completed"
    assert ended["message"] == "1 updated, 2 deactivated"
    done = deployed.ledger_run(run_id)
    assert (done["run_id"], done["state"]) == (waiting["run_id"], "completed")
    [said] = [
        line
        for line in deployed.acme.say("history", done["run_id"], "--json").document["entries"]
        if line["kind"] == "approve"
    ]
    assert "Ada Moreau released the plan" in said["explanation"]
    assert said["detail"] == "checked with HR"
    active = [user["userName"] for user in deployed.acme.users().values() if user["active"]]
    assert active == ["person1@acme.example"]
