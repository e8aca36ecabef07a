"""Which file is read: a path, the newest of a pattern, never one that is still being written."""

import errno
import hashlib
import os
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from data_contracts.as_of import AsOf
from data_contracts.batch import RawBatch
from data_contracts.configuration import SourceSettings
from data_contracts.errors import SourceError, SourceUnavailable
from tasks.extract.exports import read_batch
from tasks.extract.pick import Picked, pick_file
from tests.export_parts import NOW, columns, contract


def touch(folder: Path, name: str, age_s: float = 3600) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("x")
    moment = NOW.timestamp() - age_s
    os.utime(path, (moment, moment))
    return path


def pick(folder: Path, path: str, **settings: Any) -> Path:
    source = SourceSettings(contract="x", path=path, **settings)
    return Path(pick_file("hr", source, folder=folder, now=NOW).path)


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
    assert picked.path == str(wanted)
    assert picked.warnings == (
        "hr-2.csv was written less than 60 s ago and may not be complete; it was left alone",
    )


def test_once_settled_it_is_taken(tmp_path: Path) -> None:
    wanted = touch(tmp_path, "hr-2.csv", age_s=5)
    source = SourceSettings(contract="x", path="hr-*.csv", settle_s=60)
    later = NOW + timedelta(seconds=56)
    assert pick_file("hr", source, folder=tmp_path, now=later).path == str(wanted)


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


def as_of(text: str | None) -> AsOf:
    return AsOf.at(NOW, ZoneInfo("UTC")) if text is None else AsOf.parse(text)


def dated(folder: Path, path: str, day: str | None = None, **settings: Any) -> Picked:
    source = SourceSettings(contract="x", path=path, **settings)
    return pick_file("hr", source, folder=folder, now=NOW, as_of=as_of(day))


def test_the_newest_date_wins_however_it_is_written(tmp_path: Path) -> None:
    for name in ("hr_31.12.2025.csv", "hr_01.03.2026.csv", "hr_02.01.2026.csv", "hr_x.csv"):
        touch(tmp_path, f"exports/{name}")
    picked = dated(tmp_path, "exports/hr_{date:dd.MM.yyyy}.csv")
    assert Path(picked.path).name == "hr_01.03.2026.csv"
    assert picked.warnings == ()


def test_a_day_that_is_asked_for_gives_the_last_file_that_is_not_after_it(tmp_path: Path) -> None:
    for day in ("2026-02-26", "2026-02-27", "2026-03-02"):
        touch(tmp_path, f"hr_{day}.csv")
    assert Path(dated(tmp_path, "hr_{date}.csv", "2026-03-01").path).name == "hr_2026-02-27.csv"
    assert Path(dated(tmp_path, "hr_{date}.csv", "2026-03-02").path).name == "hr_2026-03-02.csv"
    with pytest.raises(SourceError, match="without a date of that form or up to that day"):
        dated(tmp_path, "hr_{date}.csv", "2026-01-01")


def test_a_date_that_lies_ahead_is_left_alone_and_told(tmp_path: Path) -> None:
    for day in ("2026-03-01", "2026-03-03", "2062-03-01"):  # today is the second
        touch(tmp_path, f"hr_{day}.csv")
    picked = dated(tmp_path, "hr_{date}.csv")
    assert Path(picked.path).name == "hr_2026-03-03.csv"
    assert picked.warnings == ("hr_2062-03-01.csv has a date that lies ahead; it was left alone",)


def test_a_date_may_be_a_folder_and_stand_beside_stars(tmp_path: Path) -> None:
    for name in ("20260227/hr_a.csv", "20260301/hr_b.csv", "20260301/idp.csv"):
        touch(tmp_path, f"exports/{name}")
    picked = dated(tmp_path, "exports/{date:yyyyMMdd}/hr_*.csv")
    assert Path(picked.path).name == "hr_b.csv"


@pytest.mark.parametrize("path", ["hr_{date:yyyy}.csv", "{date}_{date}.csv", "hr_{date.csv"])
def test_a_path_whose_date_is_not_understood_is_an_error_of_the_settings(path: str) -> None:
    with pytest.raises(ValidationError):
        SourceSettings(contract="x", path=path)


def test_a_file_without_its_marker_is_left_alone(tmp_path: Path) -> None:
    for name in ("hr-1.csv", "hr-1.csv.done", "hr-2.csv"):
        touch(tmp_path, name)
    picked = dated(tmp_path, "hr-*", done_marker="{name}.done")
    assert Path(picked.path).name == "hr-1.csv"
    assert picked.warnings == ("hr-2.csv has no hr-2.csv.done beside it yet; it was left alone",)
    touch(tmp_path, "hr-2.ok")
    assert Path(dated(tmp_path, "hr-*", done_marker="{stem}.ok").path).name == "hr-2.csv"
    with pytest.raises(SourceError, match=r"hr-2.csv has no hr-2.csv.done beside it yet"):
        dated(tmp_path, "hr-2.csv", done_marker="{name}.done")


def test_a_digest_that_was_delivered_is_held_against_the_file(tmp_path: Path) -> None:
    path = touch(tmp_path, "hr.csv")
    path.write_text("id\n1\n")
    source = SourceSettings(contract="x", path="hr.csv", digest_file="{name}.sha256")

    def read() -> RawBatch:
        kept = contract(schema=columns("id"))
        return read_batch("hr", source, kept, folder=tmp_path, now=NOW)

    with pytest.raises(SourceError, match=r"hr.csv has no hr.csv.sha256 beside it yet"):
        read()
    right = hashlib.sha256(path.read_bytes()).hexdigest()
    beside = tmp_path / "hr.csv.sha256"
    beside.write_text(f"{right.upper()}  hr.csv\n")
    assert read().rows_read == 1
    beside.write_text("none\n")
    with pytest.raises(SourceError, match="holds no SHA-256"):
        read()
    path.write_text("id\n1\n2\n")
    beside.write_text(f"{right} *hr.csv\n")
    with pytest.raises(SourceError, match="is not the file that was sent"):
        read()


def test_a_path_that_climbs_out_of_its_folder_is_refused(tmp_path: Path) -> None:
    touch(tmp_path, "elsewhere/hr.csv")
    home = tmp_path / "home"
    home.mkdir()
    for path in ("../elsewhere/hr.csv", "../elsewhere/*.csv", "x/../../elsewhere/hr.csv"):
        with pytest.raises(SourceError, match=r"leads out of .* by `\.\.`"):
            pick(home, path)
    allowed = pick(home, "../elsewhere/hr.csv", allow_outside=True)
    assert allowed.resolve() == tmp_path / "elsewhere/hr.csv"
    assert pick(home, str(tmp_path / "elsewhere/hr.csv")).name == "hr.csv"


def test_a_link_that_leads_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    secret = touch(tmp_path, "secret/hr.csv")
    home = tmp_path / "home"
    touch(home, "exports/old/hr-1.csv")
    (home / "exports/hr-1.csv").symlink_to("old/hr-1.csv")
    (home / "exports/hr-2.csv").symlink_to(secret)
    (home / "share").symlink_to(tmp_path / "secret")
    kept = contract(schema=columns("x"))

    def read(path: str, **settings: Any) -> RawBatch:
        source = SourceSettings(contract="x", path=path, **settings)
        return read_batch("hr", source, kept, folder=home, now=NOW)

    with pytest.raises(SourceError, match=r"hr-2.csv is a link that leads out of") as told:
        read("exports/hr-*.csv")
    assert "allow_outside" in told.value.hint
    assert read("exports/hr-*.csv", allow_outside=True).header == ("x",)
    assert read("exports/hr-1.csv").header == ("x",)
    assert read("share/hr.csv").header == ("x",)  # the settings name that folder


def test_what_is_no_file_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "hr.csv")
    with pytest.raises(SourceError, match="no file matches"):
        pick(tmp_path, "hr.csv")
    with pytest.raises(SourceError, match="no file matches"):
        pick(tmp_path, "*.csv")
