"""Packed exports: what is in a .gz or .zip is read, what would fill the memory is not."""

import gzip
import zipfile
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.batch import RawBatch
from data_contracts.configuration import SourceSettings
from data_contracts.errors import ScimflowError, SourceError
from tasks.extract.exports import read_batch
from tasks.extract.recognise import recognise
from tasks.extract.unpack import unpack
from tests.export_parts import NOW, cells, columns, contract
from tests.workbook_parts import kept as workbook
from tests.workbook_parts import xlsx

CSV = b"id,name\n001,Ann\n002\n"
KEPT = contract(schema=columns("id", "name"))
ROOM = 1 << 30


def zipped(**files: bytes) -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return file.getvalue()


def read(folder: Path, name: str, data: bytes, kept: Any = KEPT, **settings: Any) -> RawBatch:
    (folder / name).write_bytes(data)
    source = SourceSettings(contract="x", path=name, **settings)
    return read_batch("hr", source, kept, folder=folder, now=NOW)


def test_a_gzip_file_is_unpacked_by_its_name(tmp_path: Path) -> None:
    batch = read(tmp_path, "hr.csv.gz", gzip.compress(CSV[:12]) + gzip.compress(CSV[12:]))
    assert cells(batch, "id") == ["001"]
    assert [row.line for row in batch.malformed] == [3]
    with pytest.raises(SourceError, match=r"is compressed \(gzip\)") as told:
        read(tmp_path, "hr.csv", gzip.compress(CSV))
    assert ".gz" in told.value.hint


def test_the_only_file_of_a_zip_needs_no_name(tmp_path: Path) -> None:
    data = zipped(**{"out/": b"", "out/hr.csv": CSV, "__MACOSX/out/._hr.csv": b"x"})
    batch = read(tmp_path, "hr.zip", data)
    assert cells(batch, "name") == ["Ann"]
    assert batch.path.endswith("hr.zip")


def test_one_of_several_files_is_named_by_the_settings(tmp_path: Path) -> None:
    data = zipped(**{"people.csv": CSV, "teams.csv": b"t\n", "old.csv.gz": gzip.compress(CSV)})
    with pytest.raises(SourceError, match=r"holds 3 files: 'people.csv', 'teams.csv'") as told:
        read(tmp_path, "hr.zip", data)
    assert "`member`" in told.value.hint
    assert cells(read(tmp_path, "hr.zip", data, member="people.csv"), "id") == ["001"]
    assert cells(read(tmp_path, "hr.zip", data, member="peop*"), "id") == ["001"]
    assert cells(read(tmp_path, "hr.zip", data, member="*.gz"), "id") == ["001"]
    with pytest.raises(SourceError, match=r"and 2 match `\*.csv`"):
        read(tmp_path, "hr.zip", data, member="*.csv")
    with pytest.raises(SourceError, match=r"is no \.zip, and the source names a `member`"):
        read(tmp_path, "hr.csv", CSV, member="people.csv")


def test_a_message_names_the_file_inside(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"bad.csv in .*hr.zip, line 2: byte 0xFF is not UTF-8"):
        read(tmp_path, "hr.zip", zipped(**{"bad.csv": b"id,name\n1,\xff\n"}))
    with pytest.raises(SourceError, match=r"bad.csv in .*hr.zip is empty"):
        read(tmp_path, "hr.zip", zipped(**{"bad.csv": b""}))


def test_a_packed_workbook_is_a_workbook(tmp_path: Path) -> None:
    data = xlsx([["id", "name"], ["001", "Ann"]])
    assert cells(read(tmp_path, "p.zip", zipped(**{"p.xlsx": data}), workbook()), "id") == ["001"]
    assert cells(read(tmp_path, "p.xlsx.gz", gzip.compress(data), workbook()), "id") == ["001"]
    assert cells(read(tmp_path, "p.xlsx", data, workbook()), "id") == ["001"]


def test_a_bomb_is_refused_before_it_fills_the_memory() -> None:
    half_gigabyte = gzip.compress(bytes(1 << 29), compresslevel=9)
    assert len(half_gigabyte) < 1 << 20
    with pytest.raises(SourceError, match="unpacks to more than 200 times its size"):
        unpack("x.gz", half_gigabyte, None, ROOM)
    with pytest.raises(SourceError, match="unpacks to more than 200 times its size"):
        unpack("x.zip", zipped(**{"x.csv": bytes(1 << 26)}), None, ROOM)
    with pytest.raises(SourceError, match="has more than 2 MB") as told:
        unpack("x.gz", gzip.compress(bytes(3 << 20)), None, 2 << 20)
    assert "`max_mb`" in told.value.hint
    with pytest.raises(SourceError, match=r"x.csv in x.zip has more than 2 MB"):
        unpack("x.zip", zipped(**{"x.csv": bytes(3 << 20)}), None, 2 << 20)


def test_a_zip_in_a_zip_is_not_followed() -> None:
    inner = zipped(**{"x.csv": CSV})
    assert unpack("a.zip", zipped(**{"b.zip": inner}), None, ROOM) == ("b.zip in a.zip", inner)


def test_an_export_larger_than_the_settings_allow_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "hr.csv").open("wb") as file:
        file.truncate(5 << 30)  # takes no room on the disk
    source = SourceSettings(contract="x", path="hr.csv")
    with pytest.raises(SourceError, match="has more than 1,024 MB"):
        read_batch("hr", source, KEPT, folder=tmp_path, now=NOW)


def test_damaged_archives_are_refused(tmp_path: Path) -> None:
    whole = zipped(**{"hr.csv": CSV * 100})
    locked = bytearray(whole)
    for signature, at in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        locked[locked.index(signature) + at] |= 1
    for name, data, words in (
        ("hr.zip", whole[:-30], "cannot be unpacked as zip"),
        ("hr.zip", whole.replace(CSV[:4], b"xxxx") if CSV[:4] in whole else whole[:60], "as zip"),
        ("hr.zip", bytes(locked), "is encrypted"),
        ("hr.csv.gz", gzip.compress(CSV)[:-9], "cannot be unpacked as gzip"),
        ("hr.csv.gz", CSV, "cannot be unpacked as gzip"),
    ):
        with pytest.raises(SourceError, match=words):
            read(tmp_path, name, data)


def test_a_packed_export_is_recognised(tmp_path: Path) -> None:
    (tmp_path / "hr.zip").write_bytes(zipped(**{"hr.csv": b"id;name\n1;Ann\n"}))
    assert recognise(tmp_path / "hr.zip").delimiter == ";"


@given(at=st.integers(0, 400), put=st.binary(max_size=8), name=st.sampled_from(["x.zip", "x.gz"]))
def test_spoiled_archives_give_the_bytes_or_a_word(at: int, put: bytes, name: str) -> None:
    data = bytearray(zipped(**{"x.csv": CSV}) if name == "x.zip" else gzip.compress(CSV))
    data[at : at + len(put)] = put
    with suppress(ScimflowError):
        assert unpack(name, bytes(data), None, ROOM)[1] == CSV
