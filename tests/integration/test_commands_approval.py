"""`scimflow approve` and `reject`: who counts, how often, and what becomes of a run that waits."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from data_contracts.approval import RejectionCause, WaitingRun
from data_contracts.errors import EXIT_USAGE
from data_contracts.words import RunState
from examples.servers import free_port
from flows.project import open_project
from flows.running import begin_run
from tasks.ledger import Ledger, open_ledger
from tests.command_parts import TODAY, Company, company

TWO = {"guardrails": {"creates": {"max": 2}}, "approval": {"people": 2}}


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Company]:
    """Three people are to be created, and two at most may be at once."""
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "prefect"))
    with company(tmp_path) as acme:
        acme.settings({"guardrails": {"creates": {"max": 2}}})
        yield acme


def held(acme: Company) -> str:
    record = acme.sync()
    assert record.state is RunState.HELD
    return record.run_id


def ledger_of(acme: Company) -> Ledger:
    project = open_project(acme.config)
    return open_ledger(project.ledger_url, folder=project.folder)


def waiting(acme: Company, hours: float = 1) -> str:
    """The id of a run that waits for the held plan, at a Prefect server that is not there."""
    held(acme)
    project, now = open_project(acme.config), datetime.now(UTC)
    with ledger_of(acme) as ledger:
        plan = ledger.plan_of_run(acme.say("history", "--json").document["runs"][0]["run_id"])
        assert plan is not None
        prefect_id = "7d7f6f3e-6f53-4a4f-9a4b-7c7c7a7a7a7a"
        run = begin_run(project, ledger, "sync-users", project.as_of(TODAY), prefect_id)
        ledger.save_plan(run.record.run_id, plan)
        until = now + timedelta(hours=hours)
        ledger.wait(
            WaitingRun(
                run.record.run_id,
                "workspace",
                "sync-users",
                plan.digest,
                prefect_id,
                since=now - timedelta(hours=2),
                until=until,
            )
        )
    return run.record.run_id


def states(acme: Company) -> dict[str, Any]:
    return {r["run_id"]: r["state"] for r in acme.say("history", "--json").document["runs"]}


def test_two_people_are_two_different_ones(acme: Company) -> None:
    acme.settings(TWO)
    run = held(acme)
    first = acme.say("approve", run, "--by", "Ada Moreau")
    assert "1 of 2 approvals; 1 more person to approve" in first.text
    again = acme.say("approve", run, "--by", " ada  moreau")
    assert "1 of 2 approvals" in again.text
    assert acme.sync().state is RunState.HELD
    second = acme.say("approve", run, "--by", "Grace Holt")
    assert f"next: scimflow apply {run}" in second.text
    assert acme.sync().state is RunState.COMPLETED


def test_only_named_reviewers_decide(acme: Company) -> None:
    acme.settings({"guardrails": {"creates": {"max": 2}}, "approval": {"reviewers": ["Ada"]}})
    run = held(acme)
    for command in (("approve", run), ("reject", run, "--reason", "no")):
        said = acme.say(*command, "--by", "Mallory")
        assert said.code == EXIT_USAGE
        assert "'Mallory' is not one of `approval.reviewers`: Ada" in said.text
    assert acme.sync().state is RunState.HELD
    assert acme.say("approve", run, "--by", "ada").code == 0
    assert acme.sync().state is RunState.COMPLETED


def test_a_rejected_plan_is_not_asked_about_again_until_somebody_approves_it(
    acme: Company,
) -> None:
    run = held(acme)
    acme.say("approve", run, "--by", "Ada")
    said = acme.say("reject", run, "--by", "Grace", "--reason", "half the office is missing")
    assert said.code == 0
    assert "rejected by Grace: sha256:" in said.text
    again = acme.sync()
    assert again.state is RunState.REJECTED
    assert again.message.startswith("rejected by Grace, nothing was written: creates: 3 accounts")
    assert "office" not in again.message
    assert "POST /Users" not in acme.requests()
    assert "half the office is missing" in acme.say("history", run).text
    page = (acme.folder / "runs" / again.run_id / "report.md").read_text()
    assert "released by Ada \\(command line\\)" in page
    assert "rejected by Grace \\(command line\\)" in page
    assert "office" not in page  # said without the form's warning that everybody reads it
    assert acme.say("approve", run, "--by", "Lin").code == 0
    assert acme.sync().state is RunState.COMPLETED


def test_why_not_has_to_be_said(acme: Company) -> None:
    said = acme.say("reject", held(acme))
    assert said.code == EXIT_USAGE
    assert "--reason" in said.text


def test_a_run_that_cannot_be_reached_is_named_and_goes_on_waiting(acme: Company) -> None:
    run = waiting(acme)
    said = acme.say("approve", run, "--by", "Ada")
    assert said.code == 0
    assert f"run {run} was not told: no Prefect server is named" in said.text
    assert "the next run of the target, which tells it" in said.text
    assert states(acme)[run] == "waiting"
    document = acme.say("approve", run, "--by", "Ada", "--json").document
    assert (document["approvals"], document["run"], document["goes_on"]) == (1, run, False)


def test_a_run_that_waits_ends_in_the_ledger_when_its_plan_is_rejected(acme: Company) -> None:
    run = waiting(acme)
    said = acme.say("reject", run, "--by", "Ada", "--reason", "no")
    assert f"run {run} ends as rejected" in said.text
    assert "does not show it yet: no Prefect server is named" in said.text
    assert states(acme)[run] == "rejected"
    with ledger_of(acme) as ledger:
        assert ledger.waiting_runs("workspace") == []
        assert ledger.verify().is_whole


def test_who_approves_too_late_finds_the_run_rejected_and_the_plan_released(
    acme: Company,
) -> None:
    run = waiting(acme, hours=-1)
    said = acme.say("approve", run, "--by", "Ada")
    assert f"next: scimflow apply {run}" in said.text
    assert states(acme)[run] == "rejected"
    with ledger_of(acme) as ledger:
        record = ledger.run(run)
        assert record is not None
        assert record.message == "rejected: nobody approved in time, nothing was written"
        [late] = ledger.rejections(str(record.plan_digest))
    assert (late.cause, late.run_id) == (RejectionCause.EXPIRED, run)


def test_a_run_goes_on_when_it_cannot_look_after_those_that_wait(
    acme: Company,
) -> None:
    from prefect.settings import PREFECT_API_URL, PREFECT_CLIENT_MAX_RETRIES, temporary_settings

    from flows.waiting import settle_waiting

    waits, project = waiting(acme, hours=-1), open_project(acme.config)
    nobody = f"http://127.0.0.1:{free_port()}/api"
    with ledger_of(acme) as ledger:
        run = begin_run(project, ledger, "sync-users", project.as_of(TODAY), None)
        with temporary_settings({PREFECT_API_URL: nobody, PREFECT_CLIENT_MAX_RETRIES: 0}):
            asyncio.run(settle_waiting(run.project, run.ledger))
        assert [each.run_id for each in ledger.waiting_runs("workspace")] == [waits]
