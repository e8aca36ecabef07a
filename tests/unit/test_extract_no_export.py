"""Files that are no export at all, or hold what no export holds: each with a word that helps."""

import io
import json
import zipfile
from pathlib import Path

import pytest

from data_contracts.errors import SourceError
from tasks.extract.long_cells import LONGEST
from tasks.extract.propose import propose_contract
from tasks.extract.recognise import recognise
from tests.export_parts import GOOD, HEADER, cells, contract, custom, read

CSV = f"{HEADER}\n{GOOD}"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"BZh91AY&SY", "is compressed (bzip2), not text"),
        (b"\xfd7zXZ\x00\x00", "is compressed (xz), not text"),
        (b"7z\xbc\xaf\x27\x1c", "is a 7-Zip archive, not text"),
        (b"Rar!\x1a\x07", "is a RAR archive, not text"),
        (b"\x28\xb5\x2f\xfd", "is compressed (zstd), not text"),
        (b"-----BEGIN PGP MESSAGE-----\n\nhQ", "is encrypted (PGP), not text"),
        (b"\x89PNG\r\n\x1a\n", "is a picture, not text"),
        (b"\xff\xd8\xff\xe0", "is a picture, not text"),
        (b"\n <!-- x --> <!DOCTYPE html>\n<html>", "is a web page and no export"),
        (b"\xef\xbb\xbf<HTML><body>", "is a web page and no export"),
        (b"<table><tr><th>id</th></tr></table>", "is a web page and no export"),
        (CSV.encode("utf-16-le"), "seems to be UTF-16 or UTF-32 without a byte-order mark"),
        (CSV.encode("utf-32"), "is UTF-32, the contract declares utf-8-sig"),
        (b'{"error": "unauthorized"}', "is JSON, the contract declares a CSV"),
        (b'[{"id": 1}]', "is JSON, the contract declares a CSV"),
        (b'<?xml version="1.0"?><people/>', "is XML, the contract declares a CSV"),
        (f"sep=;\n{CSV}".encode(), "the first line is Excel's word about the delimiter (`sep=;`)"),
        (f"sep=,\n{CSV}".encode(), "the first line is Excel's word about the delimiter (`sep=`)"),
        (b"x" * 200_000, "line 1: the header is longer than any header is"),
        (b"x," * 1_000_000, "line 1: the header is longer than any header is"),
    ],
)
def test_what_is_no_such_export_is_told_apart(tmp_path: Path, data: bytes, words: str) -> None:
    with pytest.raises(SourceError) as told:
        read(tmp_path, data)
    assert words in told.value.message
    assert told.value.hint


def test_excels_word_about_the_delimiter_is_skipped_where_declared_and_seen_by_init(
    tmp_path: Path,
) -> None:
    text = f"sep=;\n{CSV.replace(',', ';')}"
    kept = contract(server={"customProperties": custom(delimiter=";", skipLinesStarting=["sep="])})
    assert cells(read(tmp_path, text, kept), "id") == ["7", "8"]
    seen = recognise(tmp_path / "people.csv")
    assert (seen.delimiter, seen.header) == (";", tuple(HEADER.split(",")))
    assert 'skipLinesStarting, value: ["sep="]' in propose_contract(tmp_path / "people.csv")


@pytest.mark.parametrize("name", ["../x.csv", "a/../../x.csv", "/etc/x.csv", "..\\x.csv", "C:/x"])
def test_an_archive_whose_paths_lead_out_of_it_is_refused(tmp_path: Path, name: str) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(name, CSV)
    with pytest.raises(SourceError, match="a file whose path leads out of it"):
        read(tmp_path, packed.getvalue(), name="hr.zip")


LONG = "x" * (LONGEST + 1)
ROWS = [{"id": "1", "name": LONG}, {"id": LONG, "name": "Bo"}, {"id": "3", "name": "x" * LONGEST}]
FORMS = {
    "csv": "id,name,photo\n" + "".join(f"{r['id']},{r['name']},{LONG}\n" for r in ROWS),
    "json": json.dumps([row | {"photo": LONG} for row in ROWS]),
    "jsonl": "".join(json.dumps(row | {"photo": LONG}) + "\n" for row in ROWS),
    "ldif": "".join(f"dn: a\nid: {r['id']}\nname: {r['name']}\nphoto: {LONG}\n\n" for r in ROWS),
    "xml": "<A>"
    + "".join(
        f"<P><id>{r['id']}</id><name>{r['name']}</name><photo>{LONG}</photo></P>" for r in ROWS
    )
    + "</A>",
}


@pytest.mark.parametrize("form", FORMS)
def test_a_row_with_a_cell_that_no_person_has_is_malformed_in_every_format(
    tmp_path: Path, form: str
) -> None:
    """A column that the contract does not name may hold what it likes."""
    places = custom(recordsAt="A.P") if form == "xml" else []
    kept = contract(
        server={"format": form, "customProperties": places},
        schema={
            "customProperties": [],
            "properties": [
                {"name": "id", "logicalType": "string", "primaryKey": True},
                {"name": "name", "logicalType": "string"},
            ],
        },
    )
    batch = read(tmp_path, FORMS[form], kept)
    assert cells(batch, "id") == ["3"]
    assert batch.rows_read == 3
    assert [row.reason for row in batch.malformed] == [
        "column 'name' holds a text longer than 32,767 bytes",
        "column 'id' holds a text longer than 32,767 bytes",
    ]


def test_a_draft_is_made_of_an_export_with_a_very_long_cell(tmp_path: Path) -> None:
    (tmp_path / "hr.csv").write_text("id,name\n1,Ann\n2," + "x" * 200_000 + "\n3,Bo\n")
    assert recognise(tmp_path / "hr.csv").header == ("id", "name")
