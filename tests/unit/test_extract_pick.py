"""Which file is read: a path, the newest of a pattern, never one that is still being written."""

import errno
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from data_contracts.configuration import SourceSettings
from data_contracts.errors import SourceError, SourceUnavailable
from tasks.extract.pick import pick_file
from tests.export_parts import NOW


def touch(folder: Path, name: str, age_s: float = 3600) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("x")
    moment = NOW.timestamp() - age_s
    os.utime(path, (moment, moment))
    return path


def pick(folder: Path, path: str, **settings: Any) -> Path:
    source = SourceSettings(contract="x", path=path, **settings)
    return pick_file("hr", source, folder=folder, now=NOW).path


def test_a_plain_path_is_that_file(tmp_path: Path) -> None:
    wanted = touch(tmp_path, "exports/hr.csv")
    assert pick(tmp_path, "exports/hr.csv") == wanted


def test_a_name_with_brackets_is_a_file_when_there_is_one(tmp_path: Path) -> None:
    wanted = touch(tmp_path, "hr [final].csv")
    assert pick(tmp_path, "hr [final].csv") == wanted


def test_the_last_name_of_a_pattern_wins_whatever_was_written_last(tmp_path: Path) -> None:
    touch(tmp_path, "hr-2026-03-01.csv", age_s=10)
    wanted = touch(tmp_path, "hr-2026-03-02.csv", age_s=9000)
    assert pick(tmp_path, "hr-*.csv") == wanted


def test_the_file_written_last_wins_when_asked_for(tmp_path: Path) -> None:
    wanted = touch(tmp_path, "hr-a.csv", age_s=10)
    touch(tmp_path, "hr-b.csv", age_s=9000)
    assert pick(tmp_path, "hr-*.csv", pick="newest-time") == wanted


@pytest.mark.parametrize("name", ["hr-9.csv.part", "hr-9.tmp", "~hr-9.csv", ".hr-9.csv", "hr-9~"])
def test_files_named_as_unfinished_are_left_alone(tmp_path: Path, name: str) -> None:
    wanted = touch(tmp_path, "hr-1.csv")
    touch(tmp_path, name)
    assert pick(tmp_path, "*hr-*") == wanted


def test_a_newer_file_that_is_still_written_is_left_alone_and_told(tmp_path: Path) -> None:
    wanted = touch(tmp_path, "hr-1.csv", age_s=600)
    touch(tmp_path, "hr-2.csv", age_s=5)
    source = SourceSettings(contract="x", path="hr-*.csv", settle_s=60)
    picked = pick_file("hr", source, folder=tmp_path, now=NOW)
    assert picked.path == wanted
    assert picked.warnings == (
        "hr-2.csv was written less than 60 s ago and may not be complete; it was left alone",
    )


def test_once_settled_it_is_taken(tmp_path: Path) -> None:
    wanted = touch(tmp_path, "hr-2.csv", age_s=5)
    source = SourceSettings(contract="x", path="hr-*.csv", settle_s=60)
    later = NOW + timedelta(seconds=56)
    assert pick_file("hr", source, folder=tmp_path, now=later).path == wanted


def test_a_clock_that_is_ahead_does_not_matter_when_nothing_must_settle(tmp_path: Path) -> None:
    wanted = touch(tmp_path, "hr.csv", age_s=-30)
    assert pick(tmp_path, "hr*.csv") == wanted


def test_a_single_file_that_is_still_written_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    touch(tmp_path, "hr.csv", age_s=1)
    with pytest.raises(SourceError, match=r"hr\.csv was written less than 30 s ago") as told:
        pick(tmp_path, "hr.csv", settle_s=30)
    assert "run again" in told.value.hint


def test_nothing_found_says_what_was_looked_for_and_what_is_near(tmp_path: Path) -> None:
    touch(tmp_path, "exports/hr_2026.csv")
    touch(tmp_path, "exports/unrelated.bin")
    with pytest.raises(SourceError) as told:
        pick(tmp_path, "exports/hr-*.csv")
    message = told.value.message
    assert "source 'hr': no file matches exports/hr-*.csv" in message
    assert str(tmp_path / "exports") in message
    assert "near names there: hr_2026.csv" in message
    assert "unrelated" not in message


def test_only_unfinished_files_are_named_as_such(tmp_path: Path) -> None:
    touch(tmp_path, "hr-1.csv.part")
    with pytest.raises(SourceError, match=r"still being written, and left alone: hr-1\.csv\.part"):
        pick(tmp_path, "hr-*")


def test_a_folder_that_does_not_exist_is_said(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="there is no such folder"):
        pick(tmp_path, "exprots/hr.csv")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "exports").mkdir()
    with pytest.raises(SourceError, match="is a folder") as told:
        pick(tmp_path, "exports")
    assert "exports/*.csv" in told.value.hint


@pytest.mark.parametrize("path", ["exports/hr-*.csv", "exports/hr-1.csv"])
def test_a_share_that_fails_is_no_missing_file_and_may_be_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    touch(tmp_path, "exports/hr-1.csv")

    def fail(*anything: object, **more: object) -> None:
        raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))

    monkeypatch.setattr(os, "scandir", fail)
    monkeypatch.setattr(os, "listdir", fail)
    monkeypatch.setattr(os, "stat", fail)
    with pytest.raises(SourceUnavailable) as told:
        pick(tmp_path, path)
    assert f"{tmp_path / 'exports'} cannot be read: Stale file handle" in told.value.message
    assert "share" in told.value.hint
