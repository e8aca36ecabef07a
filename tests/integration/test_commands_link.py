"""`scimflow link` and `unlink`: what scimflow leaves to a person is settled, on the record."""

import asyncio
from collections.abc import Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from data_contracts.errors import EXIT_OTHER, EXIT_USAGE
from flows.leasing import hold_target
from flows.project import open_project
from flows.running import begin_run
from tasks.ledger import open_ledger
from tests.command_parts import TODAY, Company, Said, company, person

ADDRESS = "person3@acme.example"


@pytest.fixture
def acme(tmp_path: Path) -> Iterator[Company]:
    """Person 3 came back under number 7, and the HR system let the old number go."""
    with company(tmp_path) as acme:
        acme.sync()
        acme.export(person(1), person(2), person(7, email=ADDRESS, status="active"))
        yield acme


def link(acme: Company, *words: str) -> Said:
    return acme.say("link", *words, "--note", "came back under a new number", "--by", "ada")


def links(acme: Company) -> dict[str, str]:
    project = open_project(acme.config)
    with open_ledger(project.ledger_url, folder=project.folder, read_only=True) as ledger:
        frame = ledger.links("workspace")
        return dict(zip(frame["worker_key"], frame["account_id"], strict=True))


def findings(acme: Company) -> dict[str, str]:
    document = acme.plan("--json").document
    return {finding["subject"]: finding["code"] for finding in document["findings"]}


def test_somebody_back_under_a_new_number_gets_their_account_and_nobody_else_loses_one(
    acme: Company,
) -> None:
    account = acme.users()[ADDRESS]["id"]
    assert findings(acme) == {"00003": "account-claimed", "00007": "account-conflict"}
    acme.sandbox.journal.clear()
    said = link(acme, "00007", ADDRESS, "--take-from", "00003")
    assert said.code == 0
    assert f"worker 00007 is linked to account {account}, by ada" in said.text
    assert {request.split()[0] for request in acme.requests()} == {"GET"}
    assert findings(acme) == {}
    acme.sync()
    after = acme.users()[ADDRESS]
    assert (after["id"], after["externalId"], after["active"]) == (account, "00007", True)
    assert len(acme.users()) == 3
    assert acme.plan().code == 0


def test_who_decided_and_why_is_told_of_both_people(acme: Company) -> None:
    assert link(acme, "00007", ADDRESS, "--take-from", "00003").code == 0
    for worker, kind in (("00003", "unlink"), ("00007", "link")):
        entries = acme.say("history", worker, "--json").document["entries"]
        [entry] = [entry for entry in entries if entry["kind"] == kind]
        assert "by ada: came back under a new number" in entry["explanation"]
    assert "by ada: came back under a new number" in acme.say("history").text
    assert "by ada: came back under a new number" in acme.say("explain", "00007").text


def test_a_plan_that_was_reviewed_before_the_link_is_another_one_after_it(acme: Company) -> None:
    before = acme.plan("--json").document["digest"]
    assert link(acme, "00007", ADDRESS, "--take-from", "00003").code == 0
    assert acme.plan("--json").document["digest"] != before


def test_machines_are_told_the_same(acme: Company) -> None:
    account = acme.users()[ADDRESS]["id"]
    made = link(acme, "00007", account, "--take-from", "00003", "--json").document
    assert made["run_id"]
    assert made | {"run_id": ""} == {
        "run_id": "",
        "worker_key": "00007",
        "account_id": account,
        "taken_from": "00003",
        "by": "ada",
        "note": "came back under a new number",
    }


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("00009", ADDRESS), "the exports have nobody with the worker key '00009'"),
        (("7", ADDRESS), "the exports have nobody with the worker key '7'"),
        (("00007", "nobody@acme.example"), "no account with the userName or the id"),
        (("00007", ADDRESS), "--take-from 00003 takes it"),
        (("00007", ADDRESS, "--take-from", "00001"), "is worker 00003's"),
        (("00002", ADDRESS, "--take-from", "00003"), "worker 00002 is linked to account"),
    ],
)
def test_a_slip_of_the_pen_links_nobody(acme: Company, words: tuple[str, ...], told: str) -> None:
    before = links(acme)
    said = link(acme, *words)
    assert said.code == EXIT_USAGE
    assert told in said.text
    assert links(acme) == before
    assert acme.say("link", *words[:2]).code == EXIT_USAGE  # without a reason


def test_somebody_whose_row_is_quarantined_is_not_linked(acme: Company) -> None:
    acme.export(person(1), person(2), person(4), person(7, email=""))
    said = link(acme, "00007", ADDRESS, "--take-from", "00003")
    assert said.code == EXIT_USAGE
    assert "the row of worker 00007 is quarantined" in said.text


def test_a_protected_account_is_never_managed(acme: Company) -> None:
    acme.settings({"target": {"protected": ["PERSON3@acme.example"]}})
    said = link(acme, "00007", ADDRESS, "--take-from", "00003")
    assert said.code == EXIT_USAGE
    assert "is protected" in said.text


def test_an_unlinked_account_is_left_as_it_is_and_looked_for_anew(acme: Company) -> None:
    account = acme.users()["person2@acme.example"]["id"]
    acme.sandbox.journal.clear()
    said = acme.say("unlink", "00002", "--note", "not theirs", "--json")
    assert said.code == 0
    assert said.document["account_id"] == account
    assert acme.requests() == []
    assert "00002" not in links(acme)
    [adoption] = acme.plan("--json").document["adoptions"]
    assert (adoption["worker_key"], adoption["account_id"]) == ("00002", account)
    again = acme.say("unlink", "00002", "--note", "not theirs")
    assert again.code == EXIT_USAGE
    assert "worker 00002 is linked to no account" in again.text


def test_nobody_decides_while_a_run_works_on_the_target(acme: Company) -> None:
    async def meanwhile() -> Said:
        async with working(acme):
            return await asyncio.to_thread(acme.say, "unlink", "00002", "--note", "now")

    said = asyncio.run(meanwhile())
    assert said.code == EXIT_OTHER
    assert "another run works on it" in said.text
    assert "00002" in links(acme)


@asynccontextmanager
async def working(acme: Company) -> Any:
    project = open_project(acme.config)
    with open_ledger(project.ledger_url, folder=project.folder) as ledger:
        run = begin_run(project, ledger, "sync-users", project.as_of(TODAY), None)
        async with hold_target(run):
            yield
