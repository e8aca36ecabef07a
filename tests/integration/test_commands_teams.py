"""What the commands say of teams: plan, drift, apply's refusal, explain, history, doctor."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from data_contracts.errors import EXIT_CHANGES, EXIT_HELD
from data_contracts.words import RunState
from tests.command_parts import TODAY, Company, company, person

TEAMS = {"teams": {"column": "department", "names": {"Research": "Lab"}}}
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"


@pytest.fixture
def acme(tmp_path: Path) -> Iterator[Company]:
    with company(tmp_path, teams=True) as acme:
        acme.settings(TEAMS)
        yield acme


def test_a_plan_says_which_teams_are_made_and_who_joins(acme: Company) -> None:
    said = acme.plan()
    assert said.code == EXIT_CHANGES
    assert "2 teams to create, 3 team members to add" in said.text
    assert "Create 2 teams + team IT new-team: somebody belongs to it" in said.text
    assert "~ team Lab (Research) members: 2 who should be in it are not" in said.text
    assert "adds 00002, 00003" in said.text
    assert (
        "safe team_creates: 2 teams would be made, beside 0 managed; the limit is 20" in said.text
    )
    document = acme.plan("--json").document
    assert document["team_totals"] == {
        "rename-team": 0, "create-team": 2, "change-members": 2, "adopt": 0,
    }  # fmt: skip
    (lab,) = [t for t in document["teams"] if t["id"] == "change-members/Research"]
    assert lab["add"][0] == {"worker_key": "00002", "account_id": None, "reason": "joined"}


def test_a_run_tells_what_was_done_and_a_second_one_finds_nothing(acme: Company) -> None:
    record = acme.sync()
    assert record.state is RunState.COMPLETED
    assert record.message == "3 created, 2 teams created, 2 teams changed"
    page = next((acme.folder / "runs").glob("*/report.md")).read_text(encoding="utf-8")
    assert "## Teams" in page
    assert "| team Lab \\(Research\\) |" in page or "| team Lab (Research) |" in page
    assert acme.plan().code == 0
    assert acme.say("drift", "--as-of", TODAY).code == 0


def test_drift_of_teams_alone_is_drift(acme: Company) -> None:
    acme.sync()
    (lab,) = [t for t in acme.sandbox.teams.users() if t["displayName"] == "Lab"]
    acme.sandbox.teams.put({**lab, "displayName": "Pub", "members": lab["members"][:1]})
    said = acme.say("drift", "--as-of", TODAY)
    assert said.code == EXIT_CHANGES
    assert "1 team out of step" in said.text
    assert '"Pub" -> "Lab"' in said.text
    assert "adds 00003" in said.text


def test_a_person_s_explanation_names_their_teams_and_when_they_joined(acme: Company) -> None:
    acme.sync()
    said = acme.say("explain", "00002", "--as-of", TODAY)
    assert "teams Lab (Research)" in said.text
    assert "join-team worker 00002" in said.text
    assert "joins the team Lab (team:Research)" in said.text
    document = acme.say("explain", "00002", "--as-of", TODAY, "--json").document
    assert document["teams"] == [{"key": "Research", "name": "Lab"}]


@pytest.mark.parametrize("name", ["team:Research", "lab"])
def test_a_team_has_a_history(acme: Company, name: str) -> None:
    acme.sync()
    said = acme.say("history", name)
    assert said.code == 0
    assert "create-team team Research group" in said.text
    assert "write: POST /Groups: 201" in said.text


def test_removals_over_the_limit_are_held_and_nothing_is_written(acme: Company) -> None:
    acme.sync()
    acme.export(*(person(n, department="IT") for n in range(1, 4)))
    acme.settings({**TEAMS, "guardrails": {"team_removals": {"max_when_small": 1}}})
    assert acme.plan().code == EXIT_HELD
    before = len(acme.requests())
    record = acme.sync()
    assert record.state is RunState.HELD
    assert "team_removals: 2 members would be removed from teams, of 3 managed" in record.message
    assert {request.split()[0] for request in acme.requests()[before:]} == {"GET"}


def test_a_saved_plan_is_another_one_once_a_team_moved(acme: Company) -> None:
    acme.sync()
    saved = acme.plan("--json").document["digest"]
    acme.sandbox.service.groups.seed({"schemas": [GROUP], "displayName": "Book club"})
    assert acme.plan("--json").document["digest"] != saved


def test_doctor_looks_for_teams_where_the_settings_want_them(acme: Company) -> None:
    said = acme.say("doctor")
    assert "ok target: teams 0 in all" in said.text
    acme.sandbox.service._collections.pop("Groups")
    said = acme.say("doctor")
    assert "target: teams" in said.text
    assert "Manage teams with SCIM" in said.text
    assert said.code != 0
    acme.settings({})
    assert "target: teams" not in acme.say("doctor").text


def test_to_retry_a_run_in_which_only_teams_failed_says_what_to_do(acme: Company) -> None:
    acme.sandbox.faults.add("500-not-applied=1@3")  # after the three accounts
    record = acme.sync()
    assert record.state is RunState.PARTLY_APPLIED
    said = acme.say("retry", record.run_id)
    assert "nothing failed but teams" in said.text
    assert "scimflow sync" in said.text
