"""`--as-of` of every command that reads exports: the exports of that day count, and that day."""

import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from data_contracts.errors import EXIT_CHANGES, EXIT_CONTRACT, EXIT_OTHER, EXIT_USAGE
from flows.cli import (
    check,
    doctor,
    drift,
    explain,
    findings,
    link,
    plan,
    provision,
    retry,
    sync,
)
from flows.cli.contract import test as contract_test
from flows.cli.options import Day
from flows.cli.quarantine import export, list, replay, show
from tests.command_parts import Company, company, person, say
from tests.export_parts import extension

SUNDAY, MONDAY, TUESDAY = "2026-03-01", "2026-03-02", "2026-03-03"
BROKEN = "not an address"

READERS = [
    *(each.command for each in (check, doctor, drift, explain, findings, link, plan)),
    *(each.command for each in (provision, retry, sync)),
    contract_test.hold,
    *(export.export, list.list_rows, replay.replay_file, show.show),
]


@pytest.mark.parametrize("command", READERS, ids=lambda command: command.__module__)
def test_every_command_that_reads_exports_has_it(command: object) -> None:
    assert callable(command)
    assert inspect.signature(command).parameters["as_of"].annotation == Day


@pytest.fixture
def acme(tmp_path: Path) -> Iterator[Company]:
    """On Monday the row of person 3 is broken and 13 is new, on Tuesday that of person 2 is."""
    with company(tmp_path) as acme:
        (tmp_path / "hr.csv").unlink()
        acme.settings({"sources": {"hr": {"path": "hr-{date}.csv"}}})
        write(acme, SUNDAY)
        acme.sync(SUNDAY)
        write(acme, MONDAY, person(13, hire_date=MONDAY), broken=3)
        write(acme, TUESDAY, broken=2)
        yield acme


def write(acme: Company, day: str, *more: str, broken: int = 0) -> None:
    rows = [person(n, **({"email": BROKEN} if n == broken else {})) for n in range(1, 13)]
    acme.export(*rows, *more, name=f"hr-{day}.csv")


def test_findings_are_those_of_the_day(acme: Company) -> None:
    for day, worker in ((MONDAY, "00003"), (TUESDAY, "00002")):
        document = acme.say("findings", "--as-of", day, "--json").document
        assert [each["subject"] for each in document["findings"]] == [worker]
        assert document["as_of"] == day


def test_quarantined_rows_are_those_of_the_day_and_go_back_to_it(acme: Company) -> None:
    for day, line in ((MONDAY, "hr:4"), (TUESDAY, "hr:3")):
        assert line in acme.say("quarantine", "list", "--as-of", day).text
        assert acme.say("quarantine", "show", line, "--as-of", day).code == 0
    file = acme.folder / "to-correct.csv"
    words = ("quarantine", "export", "--as-of", MONDAY, "-o", file)
    assert acme.say(*words).code == 0
    file.write_text(file.read_text().replace(BROKEN, "person3@acme.example"))
    again = ("quarantine", "replay", file, "--dry-run", "--as-of")
    assert acme.say(*again, MONDAY).code == 0
    assert acme.say(*again, TUESDAY).code == EXIT_CONTRACT


def test_a_run_and_a_day_do_not_go_together(acme: Company) -> None:
    said = acme.say("quarantine", "list", "20260301", "--as-of", MONDAY)
    assert said.code == EXIT_USAGE
    assert "a run and --as-of cannot go together" in said.text


def test_a_person_is_looked_up_in_the_exports_of_the_day(acme: Company) -> None:
    words = ("link", "00013", "nobody@acme.example", "--note", "x", "--as-of")
    assert "the exports have nobody with the worker key '00013'" in acme.say(*words, TUESDAY).text
    assert "nobody@acme.example" in acme.say(*words, MONDAY).text  # there is no such account
    words = ("provision", "00013", "--dry-run", "--as-of")
    assert acme.say(*words, MONDAY).code == EXIT_CHANGES
    assert acme.say(*words, TUESDAY).code == EXIT_USAGE


def test_the_doctor_looks_for_the_exports_of_the_day(acme: Company) -> None:
    assert f"hr-{MONDAY}.csv" in acme.say("doctor", "--as-of", MONDAY).text
    assert acme.say("doctor", "--as-of", MONDAY).code == 0
    assert acme.say("doctor", "--as-of", "2026-02-28").code == EXIT_OTHER


def test_how_old_an_export_may_be_is_judged_for_the_day(acme: Company) -> None:
    freshness = {"property": "freshness", "value": 2, "unit": "d"}
    contract = {**extension("generic-hr@1"), "slaProperties": [freshness]}
    (acme.folder / "hr.odcs.yaml").write_text(yaml.safe_dump(contract, sort_keys=False))
    words = ("contract", "test", acme.folder / "hr.odcs.yaml", acme.folder / f"hr-{MONDAY}.csv")
    assert say(*words).code == 0  # written just now
    late = say(*words, "--as-of", "2099-01-01")
    assert late.code == EXIT_CONTRACT
    assert "old" in late.text


def test_a_day_that_is_none_is_named(acme: Company) -> None:
    said = acme.say("findings", "--as-of", "monday")
    assert said.code == EXIT_USAGE
    assert "--as-of 'monday' is not a date" in said.text
