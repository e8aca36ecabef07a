"""Remote places: the same picking as in a folder, in fsspec's own memory; and what is missing."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import fsspec
import pytest
from pydantic import ValidationError

from data_contracts.as_of import AsOf
from data_contracts.batch import RawBatch
from data_contracts.configuration import SourceSettings
from data_contracts.errors import ConfigurationError, SourceError, SourceUnavailable
from tasks.extract import remote_place
from tasks.extract.exports import read_batch
from tasks.extract.places import MEGABYTE
from tests.export_parts import NOW, cells, columns, contract

CSV = b"id,name\n001,Ann\n"
KEPT = contract(schema=columns("id", "name"))


@pytest.fixture
def store() -> Iterator[Any]:
    files = fsspec.filesystem("memory")
    yield files
    files.store.clear()
    files.pseudo_dirs[:] = [""]


def read(path: str, now: datetime = NOW, day: str | None = None, **settings: Any) -> RawBatch:
    source = SourceSettings(contract="x", path=path, **settings)
    as_of = AsOf.parse(day) if day else None
    return read_batch("hr", source, KEPT, folder=Path("/nowhere"), now=now, as_of=as_of)


def test_a_file_at_a_remote_place_is_read(store: Any) -> None:
    store.pipe("/hr/people.csv", CSV)
    batch = read("memory://hr/people.csv")
    assert cells(batch, "id") == ["001"]
    assert batch.path == "memory://hr/people.csv"


def test_dates_markers_digests_and_archives_work_there_too(store: Any) -> None:
    for day in ("2026-03-01", "2026-03-02", "2026-03-03"):
        store.pipe(f"/hr/people_{day}.csv", CSV.replace(b"Ann", day.encode()))
    store.pipe("/hr/people_2026-03-01.csv.done", b"")
    store.pipe("/hr/people_2026-03-02.csv.done", b"")
    assert cells(read("memory://hr/people_{date}.csv"), "name") == ["2026-03-03"]
    assert cells(read("memory://hr/people_{date}.csv", day="2026-03-01"), "name") == ["2026-03-01"]
    batch = read("memory://hr/people_*.csv", done_marker="{name}.done")
    assert cells(batch, "name") == ["2026-03-02"]
    assert "has no people_2026-03-03.csv.done beside it yet" in batch.warnings[0]


def test_a_file_that_was_just_written_is_left_alone(store: Any) -> None:
    store.pipe("/hr/people.csv", CSV)
    later = datetime.now(UTC)
    with pytest.raises(SourceError, match="was written less than 3600 s ago"):
        read("memory://hr/people.csv", now=later, settle_s=3600)


def test_a_file_that_grows_while_it_is_read_is_refused(
    store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.pipe("/hr/people.csv", CSV)
    kind = type(store)
    read_before = kind.open

    def open_and_grow(self: Any, path: str, *words: Any, **named: Any) -> Any:
        file = read_before(self, path, *words, **named)
        store.store[path] = type(store.store[path])(store, path, CSV + b"002,Bo\n")
        return file

    monkeypatch.setattr(kind, "open", open_and_grow)
    with pytest.raises(SourceError, match=r"people\.csv was written to while it was read"):
        read("memory://hr/people.csv")


def test_more_than_the_settings_allow_is_not_fetched(store: Any) -> None:
    store.pipe("/hr/people.csv", bytes(MEGABYTE + 1))
    with pytest.raises(SourceError, match=r"memory://hr/people\.csv has more than 1 MB"):
        read("memory://hr/people.csv", max_mb=1)


def test_what_is_not_there_is_said_with_what_is_near(store: Any) -> None:
    store.pipe("/hr/people.csv", CSV)
    with pytest.raises(SourceError, match=r"no file matches memory://hr/peopel.csv .*people.csv"):
        read("memory://hr/peopel.csv")
    with pytest.raises(SourceError, match="there is no such folder"):
        read("memory://elsewhere/people-*.csv")
    with pytest.raises(SourceError, match="is a folder"):
        read("memory://hr")


def test_a_place_that_does_not_answer_may_answer_later(
    store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise TimeoutError("user:hunter2@host")

    monkeypatch.setattr(type(store), "info", fail)
    with pytest.raises(SourceUnavailable, match=r"cannot be reached \(TimeoutError\)") as told:
        read("memory://hr/people.csv")
    assert told.value.transient
    assert "hunter2" not in str(told.value)


@pytest.mark.parametrize(
    ("scheme", "module"),
    [("sftp", "paramiko"), ("s3", "s3fs"), ("gs", "gcsfs"), ("abfs", "adlfs")],
)
def test_the_extra_that_is_missing_is_named(
    monkeypatch: pytest.MonkeyPatch, scheme: str, module: str
) -> None:
    monkeypatch.setattr(remote_place, "find_spec", lambda _: None)
    with pytest.raises(SourceError, match=f"needs the package {module}") as told:
        read(f"{scheme}://somewhere/people.csv")
    assert told.value.hint == f"pip install 'scimflow[{scheme}]'"


def test_settings_of_places_that_cannot_be_are_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match="`ftp://` is no place") as told:
        read("ftp://host/people.csv")
    assert "sftp://" in told.value.hint
    with pytest.raises(ValidationError, match="no password in a URL"):
        SourceSettings(contract="x", path="sftp://me:hunter2@host/people.csv")
    for text in ("hunter2", "[1]"):
        monkeypatch.setenv("HR_OPTIONS", text)
        with pytest.raises(ConfigurationError, match="HR_OPTIONS holds no JSON object") as wrong:
            read("memory://hr/people.csv", options_env="HR_OPTIONS")
        assert "hunter2" not in f"{wrong.value}{wrong.value.hint}"
