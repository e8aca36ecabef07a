"""A contractor who becomes an employee under a new number keeps the account: by a person id."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from flows.project import open_project
from tasks.ledger import open_ledger
from tests.command_parts import HEADER, Company, company, person
from tests.export_parts import custom, extension

ADDRESS = "person3@acme.example"

CONTRACT = extension(
    "generic-hr@1",
    customProperties=custom(severities={"email/unique": "warning"}),
    properties=[
        {
            "name": "person",
            "logicalType": "string",
            "customProperties": custom(means="person_id"),
        }
    ],
)


def row(number: int, person_id: str, **cells: str) -> str:
    return f"{person(number, **cells)},{person_id}"


def write(acme: Company, *rows: str) -> None:
    acme.export(row(1, "P1"), row(2, "P2"), *rows, header=f"{HEADER},person")


@pytest.fixture
def acme(tmp_path: Path) -> Iterator[Company]:
    """Person P3 is contractor 00003, under contract until the end of February."""
    with company(tmp_path) as acme:
        (tmp_path / "hr.odcs.yaml").write_text(yaml.safe_dump(CONTRACT, sort_keys=False))
        acme.settings({"sources": {"hr": {"contract": "hr.odcs.yaml", "path": "hr.csv"}}})
        write(acme, row(3, "P3", title="Contractor"))
        acme.sync("2026-02-20")
        yield acme


def became(**cells: str) -> str:
    """The row of the employee."""
    same = {"first_name": "Given3", "last_name": "Family3", "email": ADDRESS}
    return row(7, "P3", **{**same, "hire_date": "2026-03-01", **cells})


def ended(**cells: str) -> str:
    """The row of the contractor."""
    return row(3, "P3", **{"last_day": "2026-02-28", **cells})


def links(acme: Company) -> dict[str, str]:
    project = open_project(acme.config)
    with open_ledger(project.ledger_url, folder=project.folder, read_only=True) as ledger:
        frame = ledger.links("workspace")
        return dict(zip(frame["worker_key"], frame["account_id"], strict=True))


def planned(acme: Company, day: str = "2026-03-02") -> dict[str, Any]:
    said = acme.say("plan", "--as-of", day, "--json")
    assert said.out, said.err
    document: dict[str, Any] = said.document
    return document


def kinds(document: dict[str, Any]) -> dict[str, str]:
    return {each["worker_key"]: each["kind"] for each in document["operations"]}


def codes(document: dict[str, Any]) -> dict[str, str]:
    return {each["subject"]: each["code"] for each in document["findings"]}


def test_the_account_goes_with_the_person_and_is_never_without_access(acme: Company) -> None:
    account = acme.users()[ADDRESS]["id"]
    write(acme, ended(), became(title="Employee"))
    acme.sync("2026-02-27")  # both are known, the contract still runs
    assert links(acme)["00003"] == account
    assert acme.users()[ADDRESS]["active"]
    document = planned(acme)
    assert kinds(document) == {"00007": "update"}
    [adoption] = document["adoptions"]
    assert (adoption["worker_key"], adoption["taken_from"]) == ("00007", "00003")
    acme.sandbox.journal.clear()
    acme.sync("2026-03-02")
    assert links(acme)["00007"] == account
    assert "00003" not in links(acme)
    after = acme.users()[ADDRESS]
    assert (after["id"], after["active"], after["title"]) == (account, True, "Employee")
    assert len(acme.users()) == 3
    assert [request for request in acme.requests() if not request.startswith("GET")] == [
        f"PATCH /Users/{account}"
    ]
    assert planned(acme)["operations"] == planned(acme)["adoptions"] == []


def test_who_comes_back_later_gets_the_same_account_again(acme: Company) -> None:
    account = acme.users()[ADDRESS]["id"]
    write(acme, ended())
    acme.sync("2026-03-02")
    assert not acme.users()[ADDRESS]["active"]
    write(acme, ended(), became(hire_date="2026-06-01"))
    assert planned(acme, "2026-04-01")["operations"] == []
    assert kinds(planned(acme, "2026-06-01")) == {"00007": "reactivate"}
    acme.sync("2026-06-01")
    assert (acme.users()[ADDRESS]["id"], acme.users()[ADDRESS]["active"]) == (account, True)
    assert planned(acme, "2026-06-02")["operations"] == []
    write(acme, ended(), became(hire_date="2026-06-01", last_day="2026-08-31"))
    acme.sync("2026-09-01")
    assert not acme.users()[ADDRESS]["active"]


def test_that_it_went_on_is_told_under_both_keys(acme: Company) -> None:
    write(acme, ended(), became())
    acme.sync("2026-03-02")
    before = acme.say("history", "00003", "--json").document["entries"]
    after = acme.say("history", "00007", "--json").document["entries"]
    assert [each for each in before if each["result"] == "handed on"]
    assert [each for each in after if "found by person id" in each["explanation"]]
    assert acme.say("ledger", "verify").code == 0


def test_an_auditor_who_asks_for_the_new_key_hears_of_both(acme: Company) -> None:
    write(acme, ended(), became())
    acme.sync("2026-03-02")
    history = acme.say("history", "00007", "--json").document["entries"]
    assert [each["worker_key"] for each in history if each["kind"] == "create"] == ["00003"]
    explained = acme.say("explain", "00007", "--as-of", "2026-03-02", "--json").document
    assert {each["worker_key"] for each in explained["history"]} == {"00003", "00007"}
    times = acme.say("access", "00007", "--json").document["access"]
    assert [each["worker_key"] for each in times] == ["00003", "00007"]
    assert times[0]["end"] == times[1]["begin"]
    assert times[1]["end"] is None
    assert times[1]["role"] == times[0]["role"] == "contributor"


@pytest.mark.parametrize("asked", ["00003", "00007"])
def test_explain_tells_the_same_whichever_key_is_asked_for(acme: Company, asked: str) -> None:
    write(acme, ended(), became())
    acme.sync("2026-03-02")
    told = acme.say("explain", asked, "--as-of", "2026-03-02", "--json").document
    assert (told["worker_key"], told["former_key"]) == ("00007", "00003")
    assert {each["worker_key"] for each in told["history"]} == {"00003", "00007"}
    assert told["state"] == "active"
    assert told["account_id"]
    text = acme.say("explain", asked, "--as-of", "2026-03-02").text
    assert f"{asked}: worker 00007 (worker 00003 before), account" in text
    assert "none is about this person" not in text


@pytest.mark.parametrize("broken", ["contractor", "employee"])
def test_a_quarantined_row_of_either_keeps_the_person(acme: Company, broken: str) -> None:
    bad = {"email": "not an address"}
    of_contractor, of_employee = (
        bad if broken == who else {} for who in ("contractor", "employee")
    )
    rows = ended(**of_contractor), became(**of_employee)
    write(acme, *rows, *(row(n, f"P{n}") for n in range(20, 60)))
    document = planned(acme)
    assert {key for key in kinds(document) if key in ("00003", "00007")} == set()
    assert "00003" not in {each["worker_key"] for each in document["adoptions"]}


def test_two_people_with_one_id_are_kept_and_told(acme: Company) -> None:
    write(acme, row(3, "P3"), row(7, "p3 ", title="Somebody else"))
    document = planned(acme)
    assert kinds(document) == {}
    assert codes(document) == {"00003": "person-id-shared", "00007": "person-id-shared"}


def test_nobody_gets_the_account_of_somebody_with_another_name(acme: Company) -> None:
    write(acme, ended(), became(first_name="Noor", last_name="Hakimi"))
    document = planned(acme)
    assert (kinds(document), document["adoptions"]) == ({}, [])
    assert codes(document) == {"00003": "person-id-shared", "00007": "person-id-shared"}


def test_a_name_that_changed_by_half_is_still_the_person(acme: Company) -> None:
    write(acme, ended(), became(last_name="Hakimi"))
    assert kinds(planned(acme)) == {"00007": "update"}


def test_three_rows_of_one_id_are_kept_and_told(acme: Company) -> None:
    write(acme, ended(), became(), row(8, "P3", email="else@acme.example"))
    document = planned(acme)
    assert kinds(document) == {}
    assert set(codes(document)) == {"00003", "00007", "00008"}


def test_both_with_an_account_a_person_decides(acme: Company) -> None:
    write(acme, row(3, "P3"), row(7, "", email="other@acme.example"))
    acme.sync("2026-02-21")
    write(acme, ended(), became(email="other@acme.example"))
    document = planned(acme)
    assert kinds(document) == {}
    assert codes(document)["00007"] == "person-linked-twice"
    acme.sync("2026-03-02")
    assert acme.users()[ADDRESS]["active"]
    assert acme.users()["other@acme.example"]["active"]


def test_a_contract_that_follows_on_the_day_it_ends_counts_from_that_day(acme: Company) -> None:
    write(acme, ended(), became(hire_date="2026-02-28", title="Employee"))
    document = planned(acme, "2026-02-28")
    assert kinds(document) == {"00007": "update"}
    assert codes(document) == {}


def test_an_employment_that_is_ahead_waits_for_the_one_that_goes_on(acme: Company) -> None:
    changes: dict[str, Any] = {"lifecycle": {"prehire_days": 7}}
    acme.settings({"sources": {"hr": {"contract": "hr.odcs.yaml", "path": "hr.csv"}}, **changes})
    write(acme, ended(title="Contractor"), became())
    document = planned(acme, "2026-02-25")
    assert (kinds(document), document["adoptions"]) == ({}, [])
    assert kinds(planned(acme, "2026-03-01")) == {"00007": "update"}


def test_without_a_person_id_nobody_is_joined(acme: Company) -> None:
    write(acme, row(3, "", last_day="2026-02-28"), row(7, "", hire_date="2026-03-01"))
    document = planned(acme)
    assert kinds(document) == {"00003": "deactivate", "00007": "create"}
