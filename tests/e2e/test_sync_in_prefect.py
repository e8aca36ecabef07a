"""`scimflow sync` and `apply` against a real Prefect server, for a small company."""

import errno
import json
from pathlib import Path
from typing import Any

import pytest

from data_contracts.errors import (
    EXIT_CONTRACT,
    EXIT_HELD,
    EXIT_OTHER,
    EXIT_PARTLY,
    EXIT_USAGE,
)
from tasks import steps
from tests.command_parts import TODAY, Company, Said, person
from tests.prefect_parts import PrefectServer

TOMORROW = "2026-03-03"


def sync(acme: Company, *words: str) -> Said:
    return acme.say("sync", "--as-of", TODAY, *words)


def run_of(said: Said) -> dict[str, Any]:
    return dict(said.document["run"])


def held(acme: Company) -> str:
    """The id of a run that a guardrail holds."""
    acme.settings({"guardrails": {"creates": {"max": 2}}})
    said = sync(acme, "--json")
    assert said.code == EXIT_HELD
    return str(run_of(said)["run_id"])


def test_a_sync_is_told_as_it_goes_and_can_be_followed_in_prefect(
    acme: Company, prefect: PrefectServer
) -> None:
    said = sync(acme)
    assert said.code == 0
    for words in (
        "run history: http://127.0.0.1",
        "reading hr",
        "planning: 3 people, 0 accounts",
        "carrying out 3 operations",
    ):
        assert words in said.err
    assert "3 created" in said.out
    assert "\x1b" not in said.out + said.err
    [told] = acme.say("history", "--json").document["runs"]
    run = prefect.flow_run(told["prefect_run_id"])
    assert run["name"] == f"workspace-{TODAY}"
    assert (run["state_type"], run["state_name"]) == ("COMPLETED", "Completed")
    assert run["state"]["message"] == "3 created"
    assert run["parameters"] == {
        "configuration": str(acme.config),
        "as_of": TODAY,
        "if_busy": "refuse",
    }
    expected = ["extract-hr", "validate-hr", "transform", "read-target", "plan"]
    names = prefect.task_names(run["id"], expected=6)
    assert names == [*expected, "create-001-of-001"]
    artifacts = prefect.artifacts(run["id"])
    assert set(artifacts) >= {"workspace-summary", "workspace-operations", "workspace-plan"}
    assert "3 created" in artifacts["workspace-summary"]
    rows = artifacts["workspace-operations"]
    assert len(json.loads(rows) if isinstance(rows, str) else rows) == 3
    for text in map(str, artifacts.values()):
        assert "Family" not in text
        assert "Title" not in text


def test_teams_have_tasks_of_their_own_after_the_people_s(
    acme: Company, prefect: PrefectServer
) -> None:
    acme.sandbox.service._collections["Groups"] = acme.sandbox.service.groups
    acme.settings({"teams": {"column": "department"}})
    assert sync(acme).code == 0
    [told] = acme.say("history", "--json").document["runs"]
    run = prefect.flow_run(told["prefect_run_id"])
    assert run["state"]["message"] == "3 created, 2 teams created, 2 teams changed"
    assert prefect.task_names(run["id"], expected=9)[3:] == [
        "read-target",
        "read-teams",
        "plan",
        "create-001-of-001",
        "create-team-001-of-001",
        "change-members-001-of-001",
    ]
    artifacts = prefect.artifacts(run["id"])
    rows = artifacts["workspace-operations"]
    assert len(json.loads(rows) if isinstance(rows, str) else rows) == 3 + 4
    assert "## Teams" in artifacts["workspace-plan"]
    assert "team Research" in artifacts["workspace-summary"]


def test_a_sync_that_changes_nothing_sends_the_list_requests_alone(acme: Company) -> None:
    assert sync(acme).code == 0
    acme.sandbox.journal.clear()
    said = sync(acme, "--json")
    assert said.code == 0
    assert said.document["people"] == []
    assert acme.requests() == ["GET /Users"]


@pytest.mark.parametrize(
    ("spoil", "code", "state"),
    [
        ("held", EXIT_HELD, "Held"),
        ("refused", EXIT_HELD, "Refused"),
        ("contract", EXIT_CONTRACT, "RefusedByContract"),
        ("missing", EXIT_CONTRACT, "RefusedByContract"),
        ("partly", EXIT_PARTLY, "PartlyApplied"),
        ("quarantine", 0, "CompletedWithQuarantine"),
        ("target", EXIT_OTHER, "Failed"),
    ],
)
def test_the_end_of_a_run_has_a_name_in_prefect_and_an_exit_code(
    acme: Company, prefect: PrefectServer, spoil: str, code: int, state: str
) -> None:
    acme.export(*(person(n) for n in range(1, 13)))
    if spoil == "held":
        acme.settings({"guardrails": {"creates": {"max": 2}}})
    elif spoil == "refused":
        acme.sync()
        acme.export(person(1, department="Sales"), *(person(n) for n in range(2, 13)))
    elif spoil == "contract":
        acme.export(person(1), person(2, status="retired"))
    elif spoil == "missing":
        (acme.folder / "hr.csv").unlink()
    elif spoil == "partly":
        acme.sandbox.faults.add("create-202-without-id=2x")
    elif spoil == "quarantine":
        acme.export(*(person(n) for n in range(1, 13)), person(13, email=""))
    else:
        acme.sandbox.faults.add("broken-json=1")
    acme.sandbox.journal.clear()
    said = sync(acme)
    assert said.code == code
    assert "Traceback" not in said.text
    [told, *_] = acme.say("history", "--json").document["runs"]
    run = prefect.flow_run(told["prefect_run_id"])
    assert run["state_name"] == state
    assert (run["state_type"] == "COMPLETED") == (code == 0)
    assert run["state"]["message"] == told["message"]
    assert told["message"]
    if code in (EXIT_CONTRACT, EXIT_OTHER):
        first_words = " ".join(told["message"].split()[:8])
        assert said.text.count(first_words) == 1, "an error is said once"
    if code not in (0, EXIT_PARTLY):
        assert set(acme.requests()) <= {"GET /Users"}
    if spoil == "quarantine":
        assert "workspace-quarantine" in prefect.artifacts(run["id"])


def test_a_held_run_says_limit_numbers_and_how_to_go_on_and_writes_nothing(acme: Company) -> None:
    run_id = held(acme)
    said = sync(acme)
    assert "creates: 3 accounts would be created" in said.text
    assert "the limit is 2" in said.text
    assert "scimflow approve" in said.text
    assert run_id not in said.text  # it names its own
    assert set(acme.requests()) == {"GET /Users"}


def test_apply_waits_for_the_approval_and_then_does_exactly_the_plan(
    acme: Company, prefect: PrefectServer
) -> None:
    run_id = held(acme)
    refused = acme.say("apply", run_id)
    assert refused.code == EXIT_HELD
    assert f"scimflow approve {run_id}" in refused.text
    assert acme.users() == {}
    assert acme.say("approve", run_id, "--by", "ada").code == 0
    applied = acme.say("apply", run_id, "--json")
    assert applied.code == 0
    assert [p["result"] for p in applied.document["people"]] == ["applied"] * 3
    assert len(acme.users()) == 3
    run = prefect.flow_run(run_of(applied)["prefect_run_id"])
    assert (run["name"], run["state_name"]) == (f"apply-{run_id}", "Completed")
    assert run["parameters"] == {
        "plan": run_id,
        "configuration": str(acme.config),
        "if_busy": "refuse",
    }


def test_an_approval_lets_the_next_sync_with_the_same_plan_through(acme: Company) -> None:
    run_id = held(acme)
    acme.say("approve", run_id, "--by", "ada")
    assert sync(acme).code == 0
    assert len(acme.users()) == 3


def test_apply_carries_out_a_plan_that_was_saved(acme: Company) -> None:
    file = acme.folder / "monday.plan.json"
    assert acme.plan("-o", file).code == 2
    assert acme.say("apply", file).code == 0
    assert len(acme.users()) == 3
    again = acme.say("apply", file)
    assert again.code == EXIT_HELD
    assert "the plan is stale, nothing was written" in again.text
    assert "no longer to be done" in again.text


def change_the_export(acme: Company) -> None:
    acme.export(person(1), person(2, title="Else"), person(3))


def change_an_account(acme: Company) -> None:
    user = acme.users()["person2@acme.example"]
    acme.sandbox.store.put({**user, "title": "Somebody's own idea"})


def change_the_settings(acme: Company) -> None:
    acme.settings({"mapping": {"title": None}})


@pytest.mark.parametrize(
    ("move", "told"),
    [
        (change_the_export, ("the content of hr.csv changed",)),
        (change_an_account, ("accounts changed at the target", "00002")),
        (change_the_settings, ("the settings changed",)),
    ],
)
def test_apply_refuses_a_plan_when_something_moved_and_says_what(
    acme: Company, move: Any, told: tuple[str, ...]
) -> None:
    acme.sync()
    acme.export(*(person(n, title=f"New {n}") for n in (1, 2, 3)))
    file = acme.folder / "tuesday.plan.json"
    acme.say("plan", "--as-of", TOMORROW, "-o", file)
    move(acme)
    acme.sandbox.journal.clear()
    said = acme.say("apply", file)
    assert said.code == EXIT_HELD
    assert [words for words in told if words not in said.text] == []
    assert "scimflow plan -o" in said.text
    assert {request.split()[0] for request in acme.requests()} == {"GET"}


@pytest.mark.parametrize("times", [1, 5])
def test_a_share_that_was_away_for_a_moment_is_read_again_and_one_that_stays_away_is_told(
    acme: Company, prefect: PrefectServer, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    away = iter([OSError(errno.EIO, "Input/output error")] * times)
    plainly = Path.open

    def open_file(path: Path, *how: Any, **more: Any) -> Any:
        if path.name == "hr.csv" and (error := next(away, None)) is not None:
            raise error
        return plainly(path, *how, **more)

    monkeypatch.setattr(Path, "open", open_file)
    monkeypatch.setattr(steps.extract_export, "retry_delay_seconds", [0.1, 0.1])
    said = sync(acme)
    [told] = acme.say("history", "--json").document["runs"]
    runs = prefect.task_runs(told["prefect_run_id"])
    [extract] = [run for run in runs if run["name"] == "extract-hr"]
    assert extract["run_count"] == (2 if times == 1 else 3)
    assert said.code == (0 if times == 1 else EXIT_CONTRACT)
    assert ("hr.csv cannot be read: Input/output error" in said.text) == (times > 1)


def test_a_defect_is_told_by_its_kind_and_its_words_reach_nobody(
    acme: Company, prefect: PrefectServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*anything: object) -> None:
        raise KeyError("Ottoline Quartermaine")

    monkeypatch.setattr("tasks.steps.make_plan", broken)
    said = sync(acme)
    assert said.code == EXIT_OTHER
    assert "internal error (KeyError); this is a defect" in said.text
    assert "SCIMFLOW_DEBUG=1" in said.text
    [told] = acme.say("history", "--json").document["runs"]
    assert told["message"] == "internal error (KeyError); this is a defect"
    assert prefect.flow_run(told["prefect_run_id"])["state_name"] == "Failed"
    assert prefect.task_names(told["prefect_run_id"], 5)[-1] == "plan"
    for text in (said.text, prefect.database_text(), acme.say("history").text):
        assert "Ottoline" not in text


def test_run_files_that_cannot_be_written_end_the_run_before_the_first_write(
    acme: Company,
) -> None:
    (acme.folder / "runs").write_text("in the way")
    said = sync(acme)
    assert said.code == EXIT_OTHER
    assert f"{acme.folder}/runs/" in said.text
    assert "a run's files cannot be written: Not a directory" in said.text
    assert "`report.folder`" in said.text
    assert set(acme.requests()) <= {"GET /Users"}


def test_who_failed_in_a_run_is_tried_again_alone_and_by_worker_key(
    acme: Company, prefect: PrefectServer
) -> None:
    acme.export(*(person(n) for n in range(1, 13)))
    acme.sandbox.faults.add("create-202-without-id=2x")
    partly = sync(acme, "--json")
    assert partly.code == EXIT_PARTLY
    run = run_of(partly)["run_id"]
    failed = {p["worker_key"] for p in partly.document["people"] if p["result"] == "failed"}
    assert len(failed) == 2
    acme.export(*(person(n) for n in range(1, 14)))
    again = acme.say("retry", str(run), "--json")
    assert again.code == 0
    assert {p["worker_key"] for p in again.document["people"]} == failed
    flow_run = prefect.flow_run(run_of(again)["prefect_run_id"])
    assert (flow_run["name"], flow_run["state_name"]) == (f"retry-{run}", "Completed")
    assert "person13@acme.example" not in acme.users()
    once_more = acme.say("retry", "person13@acme.example")
    assert once_more.code == EXIT_USAGE
    assert acme.say("retry", "person2@acme.example", "--json").code == 0
    [last, *_] = acme.say("history", "--json").document["runs"]
    assert prefect.flow_run(last["prefect_run_id"])["name"] == "retry-00002"
