"""`scimflow provision PERSON --dry-run`: who is meant, and what would be done for them alone."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from data_contracts.errors import EXIT_CHANGES, EXIT_HELD, EXIT_USAGE
from tests.command_parts import Company, company, person


@pytest.fixture
def acme(tmp_path: Path) -> Iterator[Company]:
    with company(tmp_path) as acme:
        yield acme


@pytest.mark.parametrize("name", ["00002", "person2@acme.example", " Person2@ACME.example "])
def test_a_person_is_found_by_key_login_or_address_and_nobody_else_is_planned_for(
    acme: Company, name: str
) -> None:
    said = acme.say("provision", name, "--dry-run", "--json")
    assert said.code == EXIT_CHANGES
    assert [o["worker_key"] for o in said.document["operations"]] == ["00002"]
    assert acme.requests() == ["GET /Users"]
    assert not acme.ledger.exists()


def test_a_person_is_found_by_the_id_of_their_account_and_when_gone_from_the_exports(
    acme: Company,
) -> None:
    acme.settings({"sources": {"hr": {"complete_roster": True}}})
    acme.sync()
    account = acme.users()["person3@acme.example"]["id"]
    acme.export(person(1), person(2))
    said = acme.say("provision", account, "--dry-run", "--json")
    assert [(o["kind"], o["worker_key"]) for o in said.document["operations"]] == [
        ("deactivate", "00003")
    ]


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        (
            {"hire_date": f"{datetime.now(UTC).date() + timedelta(days=60)}"},
            "waiting (before-first-day)",
        ),
        ({"status": "leaver"}, "absent (status-leaver)"),
    ],
)
def test_why_nothing_is_done_is_said(acme: Company, cells: dict[str, str], why: str) -> None:
    acme.export(person(1), person(2, **cells))
    said = acme.say("provision", "00002", "--dry-run")
    assert said.code == 0
    assert f"the target should hold: {why}. Nothing is to be done" in said.text


def test_who_is_out_of_scope_gets_nothing(acme: Company) -> None:
    acme.settings({"scope": {"any_of": [{"all_of": [{"column": "department", "value": "IT"}]}]}})
    said = acme.say("provision", "00002", "--dry-run")
    assert (said.code, "out of scope" in said.text) == (0, True)


def test_a_guardrail_holds_one_person_too(acme: Company) -> None:
    acme.settings({"guardrails": {"creates": {"max": 0}}})
    assert acme.say("provision", "00002", "--dry-run").code == EXIT_HELD


@pytest.mark.parametrize(
    ("rows", "name", "told"),
    [
        ((person(1), person(2)), "nobody@acme.example", "neither the exports nor the ledger know"),
        ((person(1), person(2, email="")), "00002", "the row of '00002' is quarantined"),
        (
            (person(1), person(2, email="person1@acme.example")),
            "person1@acme.example",
            "the row of 'person1@acme.example' is quarantined",
        ),
    ],
)
def test_who_cannot_be_told_is_refused(
    acme: Company, rows: tuple[str, ...], name: str, told: str
) -> None:
    acme.export(*rows)
    said = acme.say("provision", name, "--dry-run")
    assert said.code == EXIT_USAGE
    assert told in said.text


def test_a_name_that_two_people_have_had_is_refused(acme: Company) -> None:
    sam = "sam@acme.example"
    for second, third in (
        ({"email": sam}, {}),
        ({"email": "else@acme.example"}, {"email": sam}),
        ({"email": "else@acme.example"}, {}),
    ):
        acme.export(person(1), person(2, **second), person(3, **third))
        acme.sync()
        acme.sync()  # a name that is taken comes free by the first
    said = acme.say("provision", sam, "--dry-run")
    assert said.code == EXIT_USAGE
    assert f"several people are known as '{sam}': workers 00002, 00003" in said.text
