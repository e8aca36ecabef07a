"""Opening a ledger: created private, upgraded once, refused with a reason, or only looked at."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from data_contracts.errors import LedgerError
from data_contracts.frames import LINKS
from tasks.ledger import Ledger, LedgerReader, open_ledger
from tasks.ledger.schema import HEAD, VERSION_TABLE, metadata
from tasks.ledger.upgrade import MIGRATIONS
from tests.ledger_parts import SQLITE, TARGET, a_run, all_well, python

OPEN = """
import sys
from pathlib import Path
from tasks.ledger import open_ledger
print("ready", flush=True)
input()
with open_ledger(sys.argv[1], folder=Path(sys.argv[2])) as ledger:
    print(len(ledger.runs()))
"""

REVISIONS = [
    script.revision for script in reversed(list(ScriptDirectory(MIGRATIONS).walk_revisions()))
]


def rights(path: Path) -> int:
    return path.stat().st_mode & 0o777


def version(ledger: LedgerReader) -> str:
    with ledger.database.read() as connection:
        return str(connection.scalar(sa.text(f"SELECT version_num FROM {VERSION_TABLE}")))


def test_files_and_folder_are_for_their_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with open_ledger(SQLITE, folder=tmp_path) as ledger:
            ledger.start_run(a_run("r1"))
            files = sorted((tmp_path / "ledger").iterdir())
            assert [file.name for file in files] == ["ledger.db", "ledger.db-shm", "ledger.db-wal"]
            assert {rights(file) for file in files} == {0o600}
            assert rights(tmp_path / "ledger") == 0o700
    finally:
        os.umask(before)


@pytest.mark.parametrize("name", ["a b", "50%", "what?", "#1", "%20", "Zoë"])
def test_a_folder_may_have_any_name(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    with open_ledger(SQLITE, folder=folder) as ledger:
        ledger.start_run(a_run("r1"))
    with open_ledger(SQLITE, folder=folder, read_only=True) as reader:
        assert len(reader.runs()) == 1
    assert [file.name for file in tmp_path.rglob("*.db")] == ["ledger.db"]


def test_a_file_that_others_may_read_is_closed_to_them(
    migrated_sqlite: Path, tmp_path: Path
) -> None:
    shutil.copytree(migrated_sqlite, tmp_path / "ledger")
    (tmp_path / "ledger/ledger.db").chmod(0o644)
    open_ledger(SQLITE, folder=tmp_path).close()
    assert rights(tmp_path / "ledger/ledger.db") == 0o600


def test_a_commit_is_flushed_to_the_disk_before_it_returns(tmp_path: Path) -> None:
    with open_ledger(SQLITE, folder=tmp_path) as ledger, ledger.database.read() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    full = 2
    assert pragmas == {
        "journal_mode": "wal",
        "synchronous": full,
        "foreign_keys": 1,
        "busy_timeout": 10_000,
    }


def test_only_looking_creates_nothing_and_finds_an_empty_ledger(tmp_path: Path) -> None:
    with open_ledger(SQLITE, folder=tmp_path, read_only=True) as ledger:
        assert ledger.runs() == []
        assert ledger.run("2026") is None
        assert ledger.plan("sha256:ab") is None
        assert ledger.plan_of_run("2026") is None
        assert ledger.last_accepted_batch(TARGET, "hr") is None
        assert LINKS.check(ledger.links(TARGET)).empty
        assert ledger.deactivated_by_us(TARGET) == frozenset()
        assert ledger.open_intents(TARGET) == ledger.failed_last(TARGET) == []
        assert ledger.history(TARGET) == []
    assert list(tmp_path.iterdir()) == []


def test_only_looking_at_an_empty_database_leaves_it_empty(empty_url: str, tmp_path: Path) -> None:
    if empty_url == SQLITE:
        (tmp_path / "ledger").mkdir()
        (tmp_path / "ledger/ledger.db").touch()
    with open_ledger(empty_url, folder=tmp_path, read_only=True) as ledger:
        assert ledger.runs() == []
    if empty_url == SQLITE:
        assert [file.stat().st_size for file in (tmp_path / "ledger").iterdir()] == [0]


def test_who_only_looks_cannot_write(ledger: Ledger, ledger_url: str, tmp_path: Path) -> None:
    ledger.start_run(a_run("r1"))
    with open_ledger(ledger_url, folder=tmp_path, read_only=True) as reader:
        assert [run.run_id for run in reader.runs()] == ["r1"]
        assert not isinstance(reader, Ledger)
        with (
            pytest.raises(LedgerError, match=r"read-?only"),
            reader.database.write() as connection,
        ):
            connection.execute(sa.text("DELETE FROM lease"))


def test_who_has_no_right_to_write_can_look(
    migrated_sqlite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(migrated_sqlite, tmp_path / "ledger")
    with open_ledger(SQLITE, folder=tmp_path) as writer:
        writer.start_run(a_run("r1"))
        monkeypatch.setattr(os, "access", lambda path, mode: False)
        for _ in ("while it is written", "while nobody writes"):
            with open_ledger(SQLITE, folder=tmp_path, read_only=True) as reader:
                assert [run.run_id for run in reader.runs()] == ["r1"]
            writer.close()
    assert [file.name for file in (tmp_path / "ledger").iterdir()] == ["ledger.db"]


def test_the_code_writes_the_newest_version() -> None:
    assert REVISIONS[-1] == HEAD


@pytest.mark.parametrize("revision", [None, *REVISIONS])
def test_a_ledger_of_every_version_is_upgraded_with_what_stands_in_it(
    empty_url: str, tmp_path: Path, revision: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("tasks.ledger.upgrade.HEAD", revision or HEAD)
        with open_ledger(empty_url, folder=tmp_path) as old:
            with old.database.write() as connection:  # as the code of that time did
                values = {**asdict(a_run("r1")), "state": "running"}
                there = {each["name"] for each in sa.inspect(connection).get_columns("run")}
                values = {name: value for name, value in values.items() if name in there}
                connection.execute(sa.insert(metadata.tables["run"]), values)
            assert version(old) == (revision or HEAD)
    with open_ledger(empty_url, folder=tmp_path) as ledger:
        assert version(ledger) == HEAD
        assert [run.run_id for run in ledger.runs()] == ["r1"]
        if revision is not None and revision < "0007":  # from then on it is chained from its start
            found = ledger.verify()
            assert (found.is_whole, found.begun_with, found.entries) == (True, 1, 1)
        with ledger.database.write() as connection:  # the tables are what the code thinks they are
            context = MigrationContext.configure(
                connection, opts={"version_table": VERSION_TABLE, "compare_type": True}
            )
            assert compare_metadata(context, metadata) == []


def test_who_only_looks_does_not_upgrade(
    empty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("tasks.ledger.upgrade.HEAD", REVISIONS[0])
        open_ledger(empty_url, folder=tmp_path).close()
    with pytest.raises(LedgerError, match=f"of version {REVISIONS[0]}") as caught:
        open_ledger(empty_url, folder=tmp_path, read_only=True)
    assert "scimflow sync" in caught.value.hint


@pytest.mark.parametrize("read_only", [False, True])
def test_a_ledger_of_a_newer_scimflow_is_left_alone(
    ledger: Ledger, ledger_url: str, tmp_path: Path, read_only: bool
) -> None:
    with ledger.database.write() as connection:
        connection.execute(sa.text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    with pytest.raises(LedgerError, match="of version 9999") as caught:
        open_ledger(ledger_url, folder=tmp_path, read_only=read_only)
    assert "newer" in caught.value.hint


@pytest.mark.parametrize("read_only", [False, True])
def test_a_file_that_is_no_database_is_named(tmp_path: Path, read_only: bool) -> None:
    (tmp_path / "l.db").write_bytes(b"id,name\n1,Ada Moreau\n" * 100)
    with pytest.raises(LedgerError, match=r"l\.db: not a ledger, or damaged") as caught:
        open_ledger("sqlite:///l.db", folder=tmp_path, read_only=read_only)
    assert "backup" in caught.value.hint
    assert "Ada" not in caught.value.message


def test_a_damaged_file_is_named(migrated_sqlite: Path, tmp_path: Path) -> None:
    file = tmp_path / "l.db"
    content = bytearray((migrated_sqlite / "ledger.db").read_bytes())
    content[4096 * 2 :] = b"\xa5" * (len(content) - 4096 * 2)
    file.write_bytes(content)
    with pytest.raises(LedgerError, match="damaged"):
        open_ledger("sqlite:///l.db", folder=tmp_path).history(TARGET)


@pytest.mark.parametrize("read_only", [False, True])
def test_another_programs_database_is_never_taken_for_a_ledger(
    tmp_path: Path, read_only: bool
) -> None:
    other = sqlite3.connect(tmp_path / "l.db")
    other.execute("CREATE TABLE run (id)")
    other.close()
    with pytest.raises(LedgerError, match="another program"):
        open_ledger("sqlite:///l.db", folder=tmp_path, read_only=read_only)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "ledger").write_text("a file where a folder should be")
    with pytest.raises(LedgerError, match=r"ledger\.db: cannot be created") as caught:
        open_ledger(SQLITE, folder=tmp_path)
    assert "rights" in caught.value.hint


def test_several_processes_may_open_a_new_ledger_at_the_same_moment(
    empty_url: str, tmp_path: Path
) -> None:
    processes = [python(OPEN, empty_url, str(tmp_path)) for _ in range(2)]
    for process in processes:
        assert process.stdout is not None
        process.stdout.readline()
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    assert all_well(*processes) == ["0\n"] * 2
    with open_ledger(empty_url, folder=tmp_path) as ledger:
        assert version(ledger) == HEAD


class BusyAtFirst(sqlite3.Connection):
    """Refuses write-ahead logging for a moment: once in six times, when four processes want it at
    once, SQLite does so without waiting."""

    refusals = 2

    def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
        if sql == "PRAGMA journal_mode=WAL" and BusyAtFirst.refusals > 0:
            BusyAtFirst.refusals -= 1
            raise sqlite3.OperationalError("database is locked")
        return super().execute(sql, *parameters)


def test_a_file_that_others_are_switching_to_write_ahead_logging_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = sqlite3.connect
    monkeypatch.setattr(
        sqlite3, "connect", lambda *given, **more: plain(*given, factory=BusyAtFirst, **more)
    )
    with open_ledger(SQLITE, folder=tmp_path) as ledger:
        assert ledger.runs() == []
    assert BusyAtFirst.refusals == 0


@pytest.mark.parametrize("ledger_url", ["sqlite"], indirect=True)
def test_a_ledger_that_is_up_to_date_is_opened_without_alembic(
    ledger_url: str, tmp_path: Path
) -> None:
    code = OPEN + "print([name for name in ('alembic', 'pandas') if name in sys.modules])"
    process = python(code, ledger_url, str(tmp_path))
    out, err = process.communicate("\n", timeout=60)
    assert (out, err) == ("ready\n0\n[]\n", "")


def test_a_server_that_does_not_answer_is_named_without_the_password(tmp_path: Path) -> None:
    url = "postgresql://ada:hunter2@127.0.0.1:1/hr"
    with pytest.raises(LedgerError, match=r"hr on 127\.0\.0\.1:1 .*: not reachable") as caught:
        open_ledger(url, folder=tmp_path)
    shown = repr(caught.value) + caught.value.hint + repr(caught.value.__cause__)
    assert "hunter2" not in shown


def test_a_database_that_is_not_there_is_named(
    new_database: Callable[[], str], tmp_path: Path
) -> None:
    url: Any = sa.make_url(new_database()).set(database="nowhere", password="hunter2")
    with pytest.raises(LedgerError, match='"nowhere" does not exist') as caught:
        open_ledger(url.render_as_string(hide_password=False), folder=tmp_path)
    assert "hunter2" not in caught.value.message
