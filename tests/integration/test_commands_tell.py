"""`explain`, `history`, `approve` and `doctor`: what a ledger with a past lets them tell."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from data_contracts.errors import EXIT_HELD, EXIT_OTHER, EXIT_USAGE
from tasks.ledger import open_ledger
from tasks.scim import probe
from tests.command_parts import TODAY, Company, company, person

TOMORROW = "2026-03-03"


@pytest.fixture
def acme(tmp_path: Path) -> Iterator[Company]:
    with company(tmp_path) as acme:
        yield acme


def test_history_is_empty_before_the_first_run_and_makes_no_ledger(acme: Company) -> None:
    said = acme.say("history")
    assert (said.code, said.text) == (0, "No run is recorded.")
    assert acme.say("history", "--json").document == {"runs": []}
    assert not acme.ledger.exists()


def test_history_tells_runs_then_what_a_run_did_then_what_was_done_to_somebody(
    acme: Company,
) -> None:
    first = acme.sync()
    acme.export(person(1), person(2, title="Else"))
    second = acme.sync(TOMORROW)
    runs = acme.say("history", "--json").document["runs"]
    assert [run["run_id"] for run in runs] == [second.run_id, first.run_id]
    assert runs[0]["message"] == "1 updated, 1 deactivated"
    entries = acme.say("history", second.run_id, "--json").document["entries"]
    assert [(e["kind"], e["worker_key"], e["result"]) for e in entries] == [
        ("deactivate", "00003", "applied"),
        ("update", "00002", "applied"),
    ]
    [created, changed] = acme.say("history", "00002", "--json").document["entries"]
    assert (created["kind"], created["rows"]) == ("create", ["hr:3"])
    assert (changed["reason"], changed["changed"]) == ("mover", ["title"])
    said = acme.say("history", "person2@acme.example").text
    assert "mover" in said
    assert "title" in said
    assert "Else" not in said
    assert "Title 2" not in said


def test_a_run_of_another_target_in_the_same_ledger_is_told_too(acme: Company) -> None:
    run = acme.sync()
    acme.settings({"target": {"name": "elsewhere"}})
    entries = acme.say("history", run.run_id, "--json").document["entries"]
    assert [entry["kind"] for entry in entries] == ["create"] * 3
    assert acme.say("history", "00002").code == EXIT_USAGE  # at this target nothing was done to her


def test_history_shows_the_latest_lines_when_asked_for_few(acme: Company) -> None:
    acme.sync()
    second = acme.sync(TOMORROW)
    [run] = acme.say("history", "--limit", "1", "--json").document["runs"]
    assert run["run_id"] == second.run_id


@pytest.mark.parametrize(
    "name", ["00002", "person2@acme.example", "PERSON2@acme.example", "account"]
)
def test_explain_finds_a_person_by_each_of_their_names(acme: Company, name: str) -> None:
    acme.sync()
    account = acme.users()["person2@acme.example"]["id"]
    document = acme.say("explain", account if name == "account" else name, "--json").document
    assert (document["worker_key"], document["account_id"]) == ("00002", account)


def test_explain_walks_from_the_row_to_the_verified_write(acme: Company) -> None:
    acme.sync()
    said = acme.say("explain", "00002", "--as-of", TODAY).text
    for words in (
        "hr:3 accepted",
        "generic-hr 1.0.0",
        "should be present (employed)",
        "in scope",
        "contributor, by roles.default",
        "from email | trim | lower",
        "joiner: employed, and has no account yet",
        "POST /Users: 201",
        "verified: as meant",
    ):
        assert words in said
    [entry] = acme.say("explain", "00002", "--json").document["history"]
    assert [(e["method"], e["path"], e["status"]) for e in entry["exchanges"]] == [
        ("POST", "/Users", 201)
    ]


def test_explain_tells_of_somebody_whose_row_is_set_aside(acme: Company) -> None:
    many = tuple(person(n) for n in range(1, 21))
    acme.export(*many)
    acme.sync()
    acme.export(*many[:-1], person(20, email=""))
    said = acme.say("explain", "00020")
    assert said.code == 0
    assert "hr:21 quarantined" in said.text
    assert "whoever is employed needs an `email`" in said.text
    assert "joiner" in said.text


def test_explain_still_tells_the_past_when_the_export_is_broken(acme: Company) -> None:
    acme.sync()
    (acme.folder / "hr.csv").unlink()
    said = acme.say("explain", "00002")
    assert said.code == 0
    assert "no file matches hr.csv" in said.text
    assert "joiner" in said.text


def test_explain_tells_of_somebody_who_is_gone(acme: Company) -> None:
    acme.sync()
    acme.export(person(1), person(2))
    acme.sync(TOMORROW)
    said = acme.say("explain", "person3@acme.example")
    assert said.code == 0
    assert "absent-from-roster" in said.text
    assert "deactivate" in said.text


def held(acme: Company) -> str:
    """A run that a guardrail holds; its id."""
    acme.settings({"guardrails": {"creates": {"max": 2}}})
    record = acme.sync()
    assert (record.state, acme.users()) == ("held", {})
    return record.run_id


def approvals(acme: Company) -> list[tuple[str, str]]:
    with open_ledger("sqlite:///.scimflow/ledger.db", folder=acme.folder, read_only=True) as ledger:
        digest = acme.plan("--json").document["digest"]
        return [(a.approved_by, a.note) for a in ledger.approvals(digest)]


@pytest.mark.parametrize("name", ["run", "digest", "short digest", "file"])
def test_a_held_plan_is_approved_by_run_digest_or_file(acme: Company, name: str) -> None:
    run_id = held(acme)
    file = acme.folder / "held.plan.json"
    digest = str(acme.plan("--json", "-o", file).document["digest"])
    known = {"run": run_id, "digest": digest, "short digest": digest[:16], "file": str(file)}
    said = acme.say("approve", known[name], "--by", "ada", "--note", "checked with HR")
    assert said.code == 0
    assert f"approved by ada: {digest}" in said.text
    assert f"scimflow apply {known[name]}" in said.text
    assert approvals(acme) == [("ada", "checked with HR")]
    assert "POST /Users" not in acme.requests()


def test_an_approval_says_who_gave_it_in_json_too(acme: Company) -> None:
    run_id = held(acme)
    document = acme.say("approve", run_id, "--by", "ada", "--json").document
    assert document["approved_by"] == "ada"
    entries = acme.say("history", run_id, "--json").document["entries"]
    assert "approve" in {entry["kind"] for entry in entries}


def test_a_plan_that_a_guardrail_refuses_cannot_be_approved(acme: Company) -> None:
    acme.sync()
    acme.export(person(1, department="Sales"), person(2), person(3))  # the only admin
    file = acme.folder / "refused.plan.json"
    assert acme.plan("-o", file).code == EXIT_HELD
    said = acme.say("approve", file)
    assert said.code == EXIT_HELD
    assert "cannot be approved: min_admins: 0 active admins would remain" in said.text
    assert acme.say("history", "00001").text.count("approve") == 0


def test_doctor_says_that_all_is_well(acme: Company) -> None:
    acme.sync()
    acme.sandbox.journal.clear()
    said = acme.say("doctor")
    assert said.code == 0
    assert f"export of hr {acme.folder / 'hr.csv'} is the one to read" in said.text
    document = acme.say("doctor", "--json").document
    assert document["healthy"] is True
    assert {c["state"] for c in document["checks"]} == {"ok"}
    names = {c["name"] for c in document["checks"]}
    assert {"settings", "contract of hr", "export of hr", "ledger", "token", "clock"} <= names
    assert {request.split()[0] for request in acme.requests()} <= {"GET", "HEAD"}


def test_doctor_goes_on_past_what_is_not_well_with_a_hint_each(acme: Company) -> None:
    (acme.folder / "hr.csv").unlink()
    said = acme.say("doctor", "--json")
    assert said.code == EXIT_OTHER
    checks = {c["name"]: c for c in said.document["checks"]}
    assert "no file matches hr.csv" in checks["source hr"]["message"]
    assert checks["source hr"]["hint"]
    assert checks["target: users"]["state"] == "ok"
    assert "hint" in acme.say("doctor").text or "check `path`" in acme.say("doctor").text


def test_doctor_tells_of_a_clock_that_is_off(
    acme: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead = timedelta(minutes=5)
    monkeypatch.setattr(probe, "told_time", lambda headers: datetime.now(UTC) + ahead)
    said = acme.say("doctor", "--json")
    [clock] = [c for c in said.document["checks"] if c["name"] == "clock"]
    assert clock["state"] == "warning"
    assert re.fullmatch(r"(299|300) s apart from the target's", clock["message"])
    assert "set this machine's clock" in clock["hint"]


def test_doctor_tells_of_writes_whose_end_is_not_known(acme: Company) -> None:
    acme.settings({"target": {"request_budget_s": 0.2}})
    acme.export(person(1))
    acme.sandbox.faults.add("lost-response=1")
    acme.sandbox.faults.add("html-error=1@2")  # the list and the write get through, no look after
    assert acme.sync().state == "partly_applied"
    acme.sandbox.faults.clear()
    checks = {c["name"]: c for c in acme.say("doctor", "--json").document["checks"]}
    assert "1 writes have no outcome" in checks["ledger"]["message"]
    assert "scimflow sync" in checks["ledger"]["hint"]


def test_doctor_tells_of_a_prefect_server_that_does_not_answer(
    acme: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    checks = {c["name"]: c for c in acme.say("doctor", "--json").document["checks"]}
    assert checks["Prefect"]["state"] == "failed"
    assert "http://127.0.0.1:9/api does not answer" in checks["Prefect"]["message"]
    assert "PREFECT_API_URL" in checks["Prefect"]["hint"]
