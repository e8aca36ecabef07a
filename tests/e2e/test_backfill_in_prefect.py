"""`scimflow backfill` and `provision` against a real Prefect server, for a small company."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from data_contracts.errors import EXIT_CONTRACT, EXIT_PARTLY, EXIT_USAGE
from flows import tracked
from tests.backfill_parts import dated, deliver
from tests.command_parts import Company, company, person
from tests.prefect_parts import PrefectServer
from tests.worker_parts import until

pytestmark = pytest.mark.alone

MONDAY, TUESDAY, WEDNESDAY = "2026-03-02", "2026-03-03", "2026-03-04"
WINDOW = ("backfill", "--from", MONDAY, "--to", WEDNESDAY)


def three_days(acme: Company) -> None:
    dated(acme)
    deliver(acme, MONDAY, person(1), person(2))
    deliver(acme, TUESDAY, person(1), person(2, title="Lead"), person(3))
    deliver(acme, WEDNESDAY, person(1), person(2, title="Head"), person(3))


def test_a_backfill_is_a_parent_run_with_a_child_run_a_day(
    acme: Company, prefect: PrefectServer
) -> None:
    three_days(acme)
    deliver(acme, WEDNESDAY, person(1), person(2, status="retired"))
    said = acme.say(*WINDOW)
    assert said.code == EXIT_CONTRACT
    for words in ("day 2026-03-03: 2 of 3", "2 created", "1 created, 1 updated", "retired"):
        assert words in said.text
    assert "Traceback" not in said.text
    deliver(acme, WEDNESDAY, person(1), person(2, title="Head"), person(3))
    said = acme.say(*WINDOW, "--json")
    assert said.code == 0
    states = [day["state"] for day in said.document["days"]]
    assert states == [None, None, "completed"]

    runs = acme.say("history", "--json").document["runs"]
    parents = [run for run in runs if run["flow"] == "backfill"]
    parent = prefect.flow_run(parents[0]["prefect_run_id"])
    assert parent["name"] == f"workspace-{MONDAY}-to-{WEDNESDAY}"
    assert (parent["state_name"], parent["parameters"]["people"]) == ("Completed", None)
    children = prefect.ask(
        "/flow_runs/filter",
        flow_runs={"parent_flow_run_id": {"any_": [p["prefect_run_id"] for p in parents]}},
    )
    assert sorted((run["name"], run["state_name"]) for run in children) == [
        (f"workspace-{MONDAY}", "Completed"),
        (f"workspace-{TUESDAY}", "Completed"),
        (f"workspace-{WEDNESDAY}", "Completed"),
        (f"workspace-{WEDNESDAY}", "RefusedByContract"),
    ]
    page = prefect.artifacts(parents[0]["prefect_run_id"])["workspace-summary"]
    assert "done before, by run" in page
    assert "Family" not in str(children) + page


def test_of_a_backfill_somebody_is_told_once_and_not_of_every_day(
    acme: Company, prefect: PrefectServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(tracked, "announce_end", lambda run: told.append(run.record.flow))
    three_days(acme)
    assert acme.say(*WINDOW).code == 0
    assert told == ["backfill"]
    # Prefect's own events go by the tag of the deployment, which children do not inherit
    runs = acme.say("history", "--json").document["runs"]
    days = [run["prefect_run_id"] for run in runs if run["flow"] == "backfill-day"]
    assert [prefect.flow_run(day)["tags"] for day in days] == [[]] * 3


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[Company]:
    with company(tmp_path, latency_ms=100) as acme:
        yield acme


@pytest.mark.timeout(300)
def test_ctrl_c_ends_in_order_and_the_same_backfill_does_the_rest(
    slow: Company, prefect: PrefectServer
) -> None:
    dated(slow, target={"requests_per_s": 20, "max_in_flight": 2})
    slow.export(*(person(n) for n in range(1, 4)), name=f"hr-{MONDAY}.csv")
    deliver(slow, TUESDAY, *(person(n) for n in range(1, 61)))
    deliver(slow, WEDNESDAY, *(person(n, title="Lead") for n in range(1, 61)))
    process = subprocess.Popen(
        [sys.executable, "-m", "flows.cli", *WINDOW, "--config", str(slow.config)],
        env=prefect.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        until(lambda: len(slow.users()) >= 10 or process.poll() is not None)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
        said, _ = process.communicate(timeout=120)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == EXIT_PARTLY, said
    assert "Traceback" not in said
    assert f"not begun: stopped on {TUESDAY}" in said
    assert "Ctrl-C once more breaks off at once" in said
    assert 10 <= len(slow.users()) < 60
    first = [r for r in slow.say("history", "--json").document["runs"] if r["flow"] == "backfill"]
    assert [run["state"] for run in first] == ["partly_applied"]
    again = slow.say(*WINDOW, "--json")
    assert again.code == 0, again.text
    assert [day["state"] for day in again.document["days"]] == [None, "completed", "completed"]
    assert {u["title"] for u in slow.users().values()} == {"Lead"}
    assert slow.requests().count("POST /Users") == 60
    assert slow.say(*WINDOW).code == 0


def test_a_plan_of_a_backfill_is_not_applied_out_of_its_turn(acme: Company) -> None:
    three_days(acme)
    dated(acme, guardrails={"creates": {"max": 1}, "min_admins": 0})
    said = acme.say(*WINDOW, "--json")
    held = said.document["days"][0]
    assert held["state"] == "held"
    refused = acme.say("apply", held["run_id"])
    assert refused.code == EXIT_USAGE
    assert "carried out in its turn" in refused.text
    assert acme.users() == {}


def test_one_person_is_provisioned_and_nobody_else(acme: Company, prefect: PrefectServer) -> None:
    said = acme.say("provision", "person2@acme.example", "--json")
    assert said.code == 0
    assert set(acme.users()) == {"person2@acme.example"}
    run = prefect.flow_run(said.document["run"]["prefect_run_id"])
    assert (run["name"], run["state_name"]) == ("provision-00002", "Completed")
    assert run["parameters"]["person"] == "00002"
    again = acme.say("provision", "00002")
    assert again.code == 0
    assert "nothing to change" in again.text
    assert "Nothing is to be done for them" in again.text
