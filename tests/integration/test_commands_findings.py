"""`scimflow findings`: the last plan's, or now; of everybody, or of one; the urgent ones first."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from data_contracts.errors import EXIT_CHANGES, EXIT_USAGE
from tests.command_parts import TODAY, Company, company, person
from tests.sync_parts import sync_once

SHARED = "ann@acme.example"


@pytest.fixture
def acme(tmp_path: Path) -> Iterator[Company]:
    with company(tmp_path) as acme:
        acme.settings({"mapping": {"userName": {"column": "title", "apply": ["trim", "lower"]}}})
        rows = [person(n, title=f"p{n}@acme.example") for n in range(1, 6)]
        acme.export(*rows, *(person(n, title=SHARED) for n in (6, 7)))
        yield acme


def test_findings_are_made_now_where_no_plan_is_kept_and_nothing_is_written(acme: Company) -> None:
    before = sorted(acme.folder.rglob("*"))
    said = acme.say("findings", "--json")
    assert said.code == EXIT_CHANGES
    document = said.document
    assert document["run"] is None
    assert document["counts"] == {"critical": 2, "warning": 0, "info": 0}
    assert [(f["severity"], f["subject"]) for f in document["findings"]] == [
        ("critical", "00006"),
        ("critical", "00007"),
    ]
    assert sorted(acme.folder.rglob("*")) == before
    assert {request.split()[0] for request in acme.requests()} == {"GET"}


def test_the_last_plan_that_is_kept_is_told_until_one_looks_now(acme: Company) -> None:
    run = acme.sync()
    rows = (person(n, title=f"p{n}@acme.example", hire_date="2026-02-20") for n in range(1, 9))
    acme.export(*rows)
    acme.sandbox.journal.clear()
    kept = acme.say("findings", "--json")
    assert kept.code == EXIT_CHANGES
    assert kept.document["run"]["run_id"] == run.run_id
    assert acme.requests() == []
    now = acme.say("findings", "--now", "--as-of", TODAY, "--json")
    assert (now.code, now.document["findings"]) == (0, [])
    assert (
        "Nothing that a person should know or decide" in acme.say("findings", "--as-of", TODAY).text
    )


def test_findings_are_told_by_severity_with_what_to_do_and_without_values(acme: Company) -> None:
    acme.export(*(person(n, title=f"p{n}@acme.example") for n in range(1, 9)))
    acme.sync()
    rows = [person(n, title=f"p{n}@acme.example") for n in range(1, 6)]
    rows += [person(n, title=SHARED) for n in (6, 7)]
    acme.export(*rows, person(8, title="p8@acme.example", email="no address"))
    said = acme.say("findings", "--now")
    assert said.text.index("Critical: somebody has to decide: 2") < said.text.index("Warnings: 1")
    assert "00006 user-name-shared another person has the same userName. two rows" in said.text
    assert SHARED not in said.text


def test_one_persons_findings_are_found_by_any_of_their_names(acme: Company) -> None:
    acme.sync()
    for name in ("00006", "00007"):
        [finding] = acme.say("findings", name, "--json").document["findings"]
        assert finding["subject"] == name
    one = acme.say("findings", "p1@acme.example", "--json")
    assert (one.code, one.document["findings"]) == (0, [])
    unknown = acme.say("findings", "nobody@acme.example")
    assert unknown.code == EXIT_USAGE
    assert "neither the plan nor the ledger know 'nobody@acme.example'" in unknown.text
    assert "scimflow explain" in unknown.text


def test_a_plan_for_some_people_alone_is_not_taken_for_everybodys(acme: Company) -> None:
    run = acme.sync()
    asyncio.run(sync_once(acme.config, TODAY, only=frozenset({"00001"}), at_once=True))
    assert acme.say("findings", "--json").document["run"]["run_id"] == run.run_id
