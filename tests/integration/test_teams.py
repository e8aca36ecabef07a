"""Teams kept in step with an export: made, renamed, members moved; others' are left alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from data_contracts.words import OutcomeResult, RunState
from tests.sync_parts import TOKEN, TOKEN_VARIABLE, leave
from tests.team_parts import TeamCompany, people, planned, team_company


@pytest.fixture(autouse=True)
def _token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TOKEN_VARIABLE, TOKEN)


@pytest.fixture
def company(tmp_path: Path) -> Iterator[TeamCompany]:
    with team_company(tmp_path / "company") as made:
        yield made


def test_three_days_of_a_company_make_rename_fill_and_empty_teams(company: TeamCompany) -> None:
    guest = company.make_user("guest@elsewhere.example")
    book_club = company.make_team("Book club", guest)
    before = company.sandbox.teams[book_club]
    company.say({0: "Core", 1: "Core; Data", 2: "Data", 3: " Data ;; "})

    company.sync_well()
    assert company.teams() == {
        "Book club": {"guest"},
        "Core": people(0, 1),
        "Data": people(1, 2, 3),
    }
    ids = {key: link.team_id for key, link in company.links.items()}
    assert set(ids) == {"Core", "Data"}
    assert company.sandbox.teams[ids["Data"]]["externalId"] == "Data"

    company.put(
        ids["Data"], members=[*company.sandbox.teams[ids["Data"]]["members"], {"value": guest}]
    )
    company.say({0: "Data", 4: "Core"})
    company.say({1: "Core; Data"}, **leave())
    company.configure("teams", {"names": {"Data": "Data & Insight"}})
    company.sync_well()
    assert company.teams() == {
        "Book club": {"guest"},
        "Core": people(4),
        "Data & Insight": people(0, 2, 3) | {"guest"},
    }
    assert {key: link.team_id for key, link in company.links.items()} == ids

    company.say({0: "Core", 2: "Core", 3: "Core"})
    synced = company.sync_well()
    assert company.teams() == {
        "Book club": {"guest"},
        "Core": people(0, 2, 3, 4),
        "Data & Insight": {"guest"},
    }
    assert ("team:Data", "team-without-people") in {
        (f.subject, f.code) for f in planned(synced).findings
    }
    assert company.sandbox.teams[book_club] == before
    assert {seen.method for seen in company.sandbox.journal} == {"GET", "POST", "PATCH"}


def test_who_comes_in_the_same_run_becomes_a_member_by_the_account_that_was_made(
    company: TeamCompany,
) -> None:
    company.say({5: "Core"})
    synced = company.sync()
    assert synced.load is not None
    (members,) = [o for o in synced.load.outcomes if o.kind == "change-members"]
    assert members.result is OutcomeResult.APPLIED
    (add,) = planned(synced).team_operations[-1].add
    assert add == ("0000005", None, "joined")
    assert company.teams() == {"Core": people(5)}


def test_without_the_section_no_request_about_groups_is_sent(company: TeamCompany) -> None:
    company.configure("teams", None)
    company.say({0: "Core"})
    synced = company.sync()
    assert synced.record.state is RunState.COMPLETED
    assert not [seen for seen in company.sandbox.journal if seen.path.startswith("/Groups")]
    assert b"team" not in planned(synced).to_bytes()
    assert company.teams() == {}


def test_where_the_target_has_teams_switched_off_people_are_synced_all_the_same(
    tmp_path: Path,
) -> None:
    with team_company(tmp_path / "company", teams={}, target={}, filters="all") as company:
        company.sandbox.service._collections.pop("Groups")
        company.say({0: "Core"})
        synced = company.sync()
        assert synced.record.state is RunState.COMPLETED
        assert len(company.sandbox.store) == 12
        (finding,) = [f for f in planned(synced).findings if f.code == "teams-unreadable"]
        assert "Manage teams with SCIM" in finding.hint
        assert company.teams() == {}
