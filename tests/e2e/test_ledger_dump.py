"""A ledger in PostgreSQL is dumped and restored by the very commands of docs/history.md."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.command_parts import TODAY, Company, company, person
from tests.postgresql_parts import binaries, whole_postgresql
from tests.prefect_parts import ROOT
from tests.two_workers import new_database

VARIABLE = "LEDGER_URL"
PAGE = (ROOT / "docs" / "history.md").read_text(encoding="utf-8")
TOMORROW = "2026-03-03"


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Company]:
    """A company whose ledger is in a PostgreSQL database."""
    with whole_postgresql() as server, company(tmp_path) as acme:
        monkeypatch.setenv(VARIABLE, new_database(server, "ledger"))
        acme.settings({"ledger": {"url_env": VARIABLE}})
        yield acme


def documented(command: str, folder: Path) -> None:
    """Run the line of the page that begins with a command."""
    [line] = re.findall(rf"^    ({command} .*)$", PAGE, re.MULTILINE)
    path = f"{binaries()}{os.pathsep}{os.environ['PATH']}"
    said = subprocess.run(
        ["bash", "-euc", line],
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stderr


def lose_everything() -> None:
    url = sa.make_url(os.environ[VARIABLE]).set(drivername="postgresql+psycopg")
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("DROP SCHEMA public CASCADE"))
        connection.execute(sa.text("CREATE SCHEMA public"))
    engine.dispose()


def test_a_dump_brings_the_ledger_back_whole_and_the_next_sync_goes_on(
    acme: Company, tmp_path: Path
) -> None:
    first = acme.sync(TODAY)
    documented("pg_dump", tmp_path)
    entries = acme.say("ledger", "verify", "--json").document["entries"]
    lose_everything()
    documented("pg_restore", tmp_path)
    verified = acme.say("ledger", "verify", "--json").document
    assert (verified["whole"], verified["entries"]) == (True, entries)
    assert [r["run_id"] for r in acme.say("history", "--json").document["runs"]] == [first.run_id]
    acme.export(person(1, title="Head of IT"), person(2, status="leaver"), person(3))
    assert acme.sync(TOMORROW).message == "1 updated, 1 deactivated"
    assert acme.say("ledger", "verify").code == 0


def test_runs_since_the_dump_are_missed_by_the_heads_that_they_left(
    acme: Company, tmp_path: Path
) -> None:
    acme.sync(TODAY)
    documented("pg_dump", tmp_path)
    acme.export(person(1, title="Head of IT"), person(2), person(3))
    later = acme.sync(TOMORROW)
    documented("pg_restore", tmp_path)
    said = acme.say("ledger", "verify")
    assert said.code != 0
    assert later.ledger_head
    assert "it was cut" in said.text
