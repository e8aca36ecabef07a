"""`scimflow ledger`: what it says of the audit trail, and how it exits."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from data_contracts.errors import EXIT_CHANGES, EXIT_USAGE
from flows import keeping
from flows.prune_ledger import prune_ledger
from tests.command_parts import TODAY, Company, company, person


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


def test_a_person_is_purged_from_the_ledger_and_from_the_folders_of_runs(acme: Company) -> None:
    acme.export(*(person(n) for n in (1, 3)), person(2, last_day="2026-02-01"))
    acme.sync()
    counted = acme.say("ledger", "purge", "00002", "--note", "asked")
    assert (counted.code, "Nothing was done" in counted.out) == (0, True)
    assert acme.say("history", "00002").code == 0
    said = acme.say("ledger", "purge", "00002", "--note", "asked", "--yes", "--json")
    assert said.code == 0
    pseudonym = said.document["pseudonym"]
    assert acme.say("history", "00002").code == EXIT_USAGE
    assert acme.say("history", pseudonym).code == 0
    assert acme.say("ledger", "verify").code == 0
    left = [
        path.name
        for path in (acme.folder / "runs").glob("*/*")
        if any(name in path.read_text() for name in ("00002", "person2@acme.example", "Given2"))
    ]
    assert left == []
    assert len(list((acme.folder / "runs").glob("*/ledger-head.txt"))) == 2


def test_who_has_access_is_not_purged_and_the_command_says_what_to_do(acme: Company) -> None:
    said = acme.say("ledger", "purge", "00002", "--note", "asked", "--yes")
    assert said.code == EXIT_USAGE
    assert "still has an account" in said.text
    assert "scimflow unlink" in said.text


def test_retention_is_a_setting_and_removes_files_of_old_runs(acme: Company) -> None:
    said = acme.say("ledger", "prune")
    assert (said.code, "keep_values_days" in said.err) == (EXIT_USAGE, True)
    acme.settings({"ledger": {"keep_values_days": 30, "keep_runs_days": 365}})
    nothing = acme.say("ledger", "prune", "--json").document
    assert (nothing["plans"], nothing["files_removed"], nothing["rows"]) == (0, 0, {})
    assert (the_run(acme) / "plan.json").exists()


def test_the_deployed_flow_removes_what_is_over_its_time_and_says_how_much(
    acme: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told(**more: Any) -> str:
        state = asyncio.run(prune_ledger.fn(str(acme.config), **more))
        return str(state.message)

    assert told() == "nothing was removed: the settings keep everything for ever"
    acme.settings({"ledger": {"keep_values_days": 30}})
    assert told() == "nothing is over its time"
    monkeypatch.setattr(keeping, "utc_now", lambda: datetime.now(UTC) + timedelta(days=31))
    assert told(dry_run=True) == "4 files would be removed"
    assert told() == "4 files removed"
    assert told() == "nothing is over its time"
    assert acme.say("ledger", "verify").code == 0


def test_a_backup_is_restored_verified_and_the_next_plan_is_empty(acme: Company) -> None:
    file = acme.folder / "ledger.backup"
    said = acme.say("ledger", "backup", file)
    assert said.code == 0
    assert (file.stat().st_mode & 0o777, "head of the audit trail" in said.out) == (0o600, True)
    for path in acme.ledger.parent.iterdir():
        path.unlink()
    restored = acme.say("ledger", "restore", file)
    assert (restored.code, "The audit trail is whole" in restored.out) == (0, True)
    assert acme.ledger.stat().st_mode & 0o777 == 0o600
    assert acme.say("ledger", "verify").code == 0
    plan = acme.plan()
    assert (plan.code, acme.say("plan", "--as-of", TODAY, "--json").document["in_line"]) == (
        0,
        True,
    )


def test_a_restore_puts_the_ledger_that_is_there_aside(acme: Company) -> None:
    file = acme.folder / "ledger.backup"
    acme.say("ledger", "backup", file)
    acme.sync()
    refused = acme.say("ledger", "restore", file)
    assert (refused.code, "--yes" in refused.err) == (EXIT_USAGE, True)
    assert acme.say("ledger", "restore", file, "--yes").code == 0
    (aside,) = acme.ledger.parent.glob("ledger.db.before-*")
    assert aside.stat().st_mode & 0o777 == 0o600
    said = acme.say("ledger", "verify")  # the second run noted a head that the copy does not have
    assert (said.code, "it was cut" in said.text) == (EXIT_CHANGES, True)


def test_a_backup_goes_into_no_file_that_is_there_and_only_a_ledger_comes_back(
    acme: Company,
) -> None:
    file = acme.folder / "notes.txt"
    file.write_text("mine")
    said = acme.say("ledger", "backup", file)
    assert (said.code, "cannot be written" in said.err) == (EXIT_USAGE, True)
    said = acme.say("ledger", "restore", file, "--yes")
    assert (said.code, "is no ledger" in said.err) == (EXIT_USAGE, True)
    assert file.read_text() == "mine"
    assert acme.say("ledger", "verify").code == 0
