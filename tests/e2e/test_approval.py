"""A held plan waits for a person: suspended, answered, carried out or not."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from data_contracts.errors import EXIT_HELD
from tests.approval_parts import POOL, Deployed, deploy
from tests.command_parts import TODAY, Company, person
from tests.prefect_parts import PrefectServer
from tests.worker_parts import until, worker

TOMORROW = "2026-03-03"
ENDS = ("Completed", "Failed", "Held", "Refused", "Rejected", "Crashed", "Cancelled")

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
    [said] = deployed.lines(done["run_id"], "approve")
    assert "Ada Moreau released the plan" in said["explanation"]
    assert said["detail"] == "checked with HR"
    page = deployed.acme.folder / "runs" / done["run_id"] / "report.md"
    assert "released by Ada Moreau \\(Prefect UI\\) | checked with HR" in page.read_text()
    active = [user["userName"] for user in deployed.acme.users().values() if user["active"]]
    assert active == ["person1@acme.example"]


def test_two_people_approve_one_by_the_form_the_other_on_the_command_line(
    deployed: Deployed,
) -> None:
    deployed.acme.settings({**HELD, "approval": {"people": 2}})
    run_id = deployed.suspended()
    waiting = deployed.ledger_run(run_id)
    assert "2 different people still to approve" in deployed.form(run_id)[1]
    other = deployed.answer(run_id, decision="approve", digest="sha256:of-another-plan")
    assert other["status"] == "ACCEPT"  # Prefect cannot know
    text = deployed.next_form(run_id, 2)
    assert "did not count:** its digest was that of another plan" in text
    assert "2 different people still to approve" in text
    deployed.answer(run_id, decision="approve")
    text = deployed.next_form(run_id, 3)
    assert "approved by Ada Moreau on" in text
    assert "1 other person still to approve" in text
    said = deployed.acme.say("approve", waiting["run_id"], "--by", "ada moreau")
    assert "1 of 2 approvals" in said.text
    said = deployed.acme.say("approve", waiting["run_id"], "--by", "Grace Holt", "--note", "agreed")
    assert f"run {waiting['run_id']} goes on and carries it out" in said.text
    assert deployed.wait_for(run_id, *ENDS)["name"] == "Completed"
    approved = [
        (line["explanation"].partition(" released")[0], line["explanation"].rpartition("(")[2])
        for line in deployed.lines(waiting["run_id"], "approve")
    ]
    assert approved == [("Ada Moreau", "Prefect UI)"), ("Grace Holt", "command line)")]


def test_a_rejected_run_writes_nothing_and_says_who(deployed: Deployed) -> None:
    before = deployed.acme.users()
    run_id = deployed.suspended()
    deployed.answer(run_id, decision="reject", reason="half of the office is missing")
    ended = deployed.wait_for(run_id, *ENDS)
    assert (ended["name"], ended["type"]) == ("Rejected", "CANCELLED")
    assert ended["message"].startswith("rejected by Ada Moreau, nothing was written: deactivations")
    assert "office" not in ended["message"]
    assert deployed.acme.users() == before
    record = deployed.ledger_run(run_id)
    assert record["state"] == "rejected"
    [said] = deployed.lines(record["run_id"], "reject")
    assert said["detail"] == "half of the office is missing"


def test_nothing_is_written_when_the_target_moved_before_the_answer(deployed: Deployed) -> None:
    run_id = deployed.suspended()
    store = deployed.acme.sandbox.store
    [moved] = [u for u in store.users() if u["userName"] == "person2@acme.example"]
    store.put({**moved, "title": "Somebody changed this"})
    deployed.acme.sandbox.journal.clear()
    deployed.answer(run_id, decision="approve")
    ended = deployed.wait_for(run_id, *ENDS)
    assert (ended["name"], ended["type"]) == ("Refused", "FAILED")
    assert "the plan is stale, nothing was written: accounts changed at the target" in str(
        ended["message"]
    )
    assert {r.partition(" ")[0] for r in deployed.acme.requests()} == {"GET"}


def test_a_run_that_nobody_answers_is_rejected_by_the_next_run(deployed: Deployed) -> None:
    deployed.acme.settings({**HELD, "approval": {"timeout_h": 0.001}})
    run_id = deployed.suspended()
    time.sleep(4)  # the deadline is 3.6 s after the question
    assert deployed.state(run_id)["name"] == "Suspended"
    deployed.acme.settings({**HELD, "approval": {"wait": "end"}})
    assert deployed.acme.say("sync", "--as-of", TODAY).code == EXIT_HELD
    ended = deployed.state(run_id)
    assert (ended["name"], ended["type"]) == ("Rejected", "FAILED")
    assert ended["message"] == "rejected: nobody approved in time, nothing was written"
    record = deployed.ledger_run(run_id)
    assert record["state"] == "rejected"
    [late] = deployed.lines(record["run_id"], "reject")
    assert "nobody approved in time" in late["explanation"]
    refused = deployed.answer(run_id, decision="approve")
    assert refused["status"] == "ABORT"


def test_a_run_that_nobody_answers_ends_by_itself_when_its_time_is_over(
    deployed: Deployed,
) -> None:
    with deployed.deadlines() as deadlines:
        deployed.acme.settings({**HELD, "approval": {"timeout_h": 0.004}})
        run_id = deployed.suspended()
        ended = deployed.wait_for(run_id, *ENDS)
        assert (ended["name"], ended["type"]) == ("Rejected", "FAILED")
        assert ended["message"] == "rejected: nobody approved in time, nothing was written"
        record = deployed.ledger_run(run_id)
        assert record["state"] == "rejected"
        assert "deactivate" in deployed.page(run_id)
        assert "nobody approved in time" in deployed.page(run_id)
        [asked] = deployed.runs_of(deadlines)
        assert asked["name"] == f"deadline-of-{record['run_id']}"
        told = deployed.wait_for(asked["id"], *ENDS)
        assert (told["name"], told["message"]) == ("Completed", "1 ended")
    assert sum(user["active"] for user in deployed.acme.users().values()) == 3


def test_a_run_whose_plan_is_carried_out_by_hand_ends_with_it(
    deployed: Deployed, tmp_path: Path
) -> None:
    run_id = deployed.suspended()
    waiting = deployed.ledger_run(run_id)["run_id"]
    # whoever approves does not reach the server
    environ = {k: v for k, v in os.environ.items() if k != "PREFECT_API_URL"}
    said = subprocess.run(
        [sys.executable, "-m", "flows.cli", "approve", waiting, "--by", "Ada Moreau"],
        cwd=deployed.acme.folder,
        env={**environ, "PREFECT_HOME": str(tmp_path / "no-prefect")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "was not told" in said.stdout, said
    assert deployed.state(run_id)["name"] == "Suspended"
    applied = deployed.acme.say("apply", waiting)
    assert applied.code == 0, applied.text
    states = deployed.server.request("GET", f"/flow_run_states/?flow_run_id={run_id}").json()
    assert "Resuming" not in {state["name"] for state in states}
    ended = deployed.state(run_id)
    assert ended["name"] == "Completed"
    assert "(`scimflow apply`) carried its plan out" in ended["message"]
    assert deployed.ledger_run(run_id)["state"] == "completed"
    assert "carried its plan out" in deployed.page(run_id)
    active = [user["userName"] for user in deployed.acme.users().values() if user["active"]]
    assert active == ["person1@acme.example"]


def test_an_answer_after_the_deadline_is_told_that_it_is_too_late(deployed: Deployed) -> None:
    deployed.acme.settings({**HELD, "approval": {"timeout_h": 0.001}})
    run_id = deployed.suspended()
    time.sleep(4)
    assert deployed.answer(run_id, decision="approve")["status"] == "ACCEPT"
    ended = deployed.wait_for(run_id, *ENDS)
    assert (ended["name"], ended["type"]) == ("Rejected", "FAILED")
    assert deployed.ledger_run(run_id)["state"] == "rejected"
    assert sum(user["active"] for user in deployed.acme.users().values()) == 3


def test_a_newer_held_plan_takes_the_older_one_s_place(deployed: Deployed) -> None:
    older = deployed.suspended()
    same = deployed.start()
    held = deployed.wait_for(same, *ENDS)
    assert held["name"] == "Held"
    assert f"run {deployed.ledger_run(older)['run_id']} waits for approval of the same plan" in str(
        held["message"]
    )
    newer = deployed.suspended(TOMORROW)
    ended = deployed.state(older)
    assert (ended["name"], ended["type"]) == ("Rejected", "CANCELLED")
    assert "a newer plan stands in its place" in ended["message"]
    said = deployed.acme.say(
        "reject", deployed.ledger_run(newer)["run_id"], "--by", "Ada", "--reason", "no"
    )
    assert "ends as rejected" in said.text
    assert deployed.state(newer)["name"] == "Rejected"


def test_a_run_without_a_deployment_can_wait_with_its_process(acme: Company) -> None:
    acme.settings({"guardrails": {"creates": {"max": 2}}, "approval": {"wait": "pause"}})
    command = [sys.executable, "-m", "flows.cli", "sync", "--as-of", TODAY]
    process = subprocess.Popen(
        [*command, "--config", str(acme.config)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        until(
            lambda: (
                "waiting" in {r["state"] for r in acme.say("history", "--json").document["runs"]}
            )
        )
        [run] = acme.say("history", "--json").document["runs"]
        said = until(
            lambda: (
                said
                if "goes on" in (said := acme.say("approve", run["run_id"], "--by", "Ada")).text
                else None
            )
        )
        assert said.code == 0
        out, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 0, out
    assert "3 created" in out
