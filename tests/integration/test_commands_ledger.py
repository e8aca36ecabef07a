"""`scimflow ledger`: what it says of the audit trail, and how it exits."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from data_contracts.errors import EXIT_CHANGES, EXIT_USAGE
from tests.command_parts import Company, company


@pytest.fixture
def acme(tmp_path: Path) -> Iterator[Company]:
    with company(tmp_path) as acme:
        acme.sync()
        yield acme


def tamper(acme: Company, statement: str) -> None:
    with closing(sqlite3.connect(acme.ledger)) as file:
        for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
            file.execute(f"DROP TRIGGER {name}")
        file.execute(statement)
        file.commit()


def the_run(acme: Company) -> Path:
    (folder,) = (acme.folder / "runs").iterdir()
    return folder


def test_an_untouched_trail_is_whole_and_leads_to_the_head_that_the_run_noted(
    acme: Company,
) -> None:
    said = acme.say("ledger", "verify")
    assert (said.code, said.err) == (0, "")
    assert "The audit trail is whole" in said.out
    assert "leads to 1 of 1 head" in said.out
    noted = (the_run(acme) / "ledger-head.txt").read_text().strip()
    assert f"scimflow ledger verify --head {noted}" in (the_run(acme) / "report.md").read_text()
    document = acme.say("ledger", "verify", "--json", "--head", noted).document
    assert (document["whole"], document["head"], document["heads"]) == (True, noted, 1)


def test_a_changed_row_is_named_with_its_run(acme: Company) -> None:
    tamper(acme, "UPDATE operation SET reason = 'mover' WHERE worker_key = '00002'")
    said = acme.say("ledger", "verify")
    assert said.code == EXIT_CHANGES
    assert "tampered with: 1 found" in said.out
    assert f"is not what was written (run {the_run(acme).name})" in said.text
    (finding,) = acme.say("ledger", "verify", "--json").document["findings"]
    assert (finding["breach"], finding["table"]) == ("changed", "operation")


def test_a_ledger_that_was_put_back_to_an_earlier_day_is_named(acme: Company) -> None:
    earlier = acme.ledger.read_bytes()
    acme.sync()
    acme.ledger.write_bytes(earlier)
    said = acme.say("ledger", "verify")
    assert said.code == EXIT_CHANGES
    assert "it was cut" in said.text


def test_what_is_no_head_is_a_wrong_usage(acme: Company) -> None:
    said = acme.say("ledger", "verify", "--head", "17")
    assert (said.code, "is not a head" in said.err) == (EXIT_USAGE, True)
    (the_run(acme) / "ledger-head.txt").write_text("nothing")
    said = acme.say("ledger", "verify")
    assert (said.code, "ledger-head.txt: holds no head" in said.err) == (EXIT_USAGE, True)
