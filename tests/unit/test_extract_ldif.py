"""LDIF comes in entry by entry: continued lines, base64, several values, what is no person."""

import base64
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import ldif as judge
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_contracts.batch import MalformedRow
from data_contracts.errors import SourceError
from data_contracts.export_contract import ExportContract, FileFormat
from data_contracts.odcs import parse_contract
from tasks.extract.ldif_scan import scan_entries
from tasks.extract.recognise import propose_contract, recognise
from tests.export_parts import cells, columns, contract, custom, read

ANN = "dn: CN=Ann,DC=acme\nobjectClass: top\nobjectClass: user\nuid: 001\nmail: a@x.ch\n"
BO = "dn: CN=Bo,DC=acme\nuid: 002\nmail: b@x.ch\n"


def kept(*names: str, paths: dict[str, str] | None = None, **server: Any) -> ExportContract:
    properties = {k: {"customProperties": custom(path=v)} for k, v in (paths or {}).items()}
    written = {"format": "ldif", "customProperties": custom(**server)}
    return contract(server=written, schema=columns(*names, **properties))


PEOPLE = kept("uid", "mail")


def test_an_entry_is_a_row_and_an_attribute_a_column(tmp_path: Path) -> None:
    batch = read(tmp_path, f"version: 1\n{ANN}\n# next\n{BO}", PEOPLE, "x.ldif")
    assert cells(batch, "uid") == ["001", "002"]
    assert cells(batch, "dn") == ["CN=Ann,DC=acme", "CN=Bo,DC=acme"]
    assert batch.frame["_line"].tolist() == [2, 9]
    assert batch.warnings == ("not read, for it holds nested values: 'objectClass'",)


def test_lines_continue_and_base64_is_text(tmp_path: Path) -> None:
    name = base64.b64encode("Zoë\u00a0Müller".encode()).decode()
    text = (
        f"dn: CN=Zo\n e,\n  DC=acme\nuid:: {name[:6]}\n {name[6:]}\nmail:\n# a comment\n  goes on\n"
    )
    batch = read(tmp_path, text, PEOPLE, "x.ldif")
    assert cells(batch, "dn") == ["CN=Zoe, DC=acme"]
    assert cells(batch, "uid") == ["Zoë\u00a0Müller"]
    assert cells(batch, "mail") == [None]


def test_attributes_are_found_ignoring_case(tmp_path: Path) -> None:
    text = "dn: a\nUID: 1\nMAIL: a@x.ch\nTitle: x\n\ndn: b\nuid: 2\ntitle: y\n"
    batch = read(tmp_path, text, PEOPLE, "x.ldif")
    assert cells(batch, "uid") == ["1", "2"]
    assert cells(batch, "Title") == ["x", "y"]


def test_several_values_are_joined_chosen_or_malformed(tmp_path: Path) -> None:
    text = f"{ANN}mail: ann@x.ch\n\n{BO}"
    batch = read(tmp_path, text, PEOPLE, "x.ldif")
    assert batch.malformed == (MalformedRow(1, "`mail` holds 2 values where one is expected"),)
    assert cells(batch, "uid") == ["002"]
    joined = read(tmp_path, text, kept("uid", "mail", joinValues="; "), "x.ldif")
    assert cells(joined, "mail") == ["a@x.ch; ann@x.ch", "b@x.ch"]
    assert cells(joined, "objectClass") == ["top; user", None]
    first = read(tmp_path, text, kept("uid", "mail", paths={"mail": "mail.0"}), "x.ldif")
    assert cells(first, "mail") == ["a@x.ch", "b@x.ch"]


def test_a_guid_is_written_as_active_directory_shows_it(tmp_path: Path) -> None:
    guid = UUID("3f2504e0-4f89-11d3-9a0c-0305e82c3301")
    text = (
        f"dn: a\nobjectGUID:: {base64.b64encode(guid.bytes_le).decode()}\n\n"
        f"dn: b\nobjectGUID: {str(guid).upper()}\n\ndn: c\nobjectGUID: none\n"
    )
    batch = read(tmp_path, text, kept("objectguid", guids=["objectGUID"]), "x.ldif")
    assert cells(batch, "objectguid") == [str(guid), str(guid)]
    assert batch.malformed == (MalformedRow(7, "`objectguid` holds no GUID"),)


def test_bytes_that_are_no_text_stay_base64(tmp_path: Path) -> None:
    for raw in (b"\xff\xfe\x00", b"a\0b"):
        text = f"dn: a\nuid: 1\nphoto:: {base64.b64encode(raw).decode()}\nuserPassword:: c2VjcmV0\n"
        batch = read(tmp_path, text, PEOPLE, "x.ldif")
        assert cells(batch, "photo") == [base64.b64encode(raw).decode()]
        assert "userPassword" not in batch.frame
        assert batch.warnings == ("not read, for it looks like a password: 'userPassword'",)


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ("uid 1", "line 2: expected `name: value`"),
        ("uid:: ***", "line 2: a value that is no base64"),
        ("uid:< file:///etc/passwd", "line 2: a value by reference (`:<`)"),
    ],
)
def test_an_entry_that_cannot_be_taken_apart_is_malformed(
    tmp_path: Path, lines: str, reason: str
) -> None:
    batch = read(tmp_path, f"dn: a\n{lines}\n\n{BO}", PEOPLE, "x.ldif")
    assert batch.malformed == (MalformedRow(1, reason),)
    assert cells(batch, "uid") == ["002"]


def test_an_entry_without_a_name_and_one_that_is_cut_off_are_malformed(tmp_path: Path) -> None:
    batch = read(tmp_path, f"uid: 9\n\n{ANN}\n{BO.rstrip()}", PEOPLE, "x.ldif")
    assert batch.malformed == (
        MalformedRow(1, "an entry without `dn`"),
        MalformedRow(9, "the file ends in the middle of a line"),
    )
    assert batch.rows_read == 3


def test_a_file_of_changes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="line 7: the file holds changes") as told:
        read(tmp_path, f"{ANN}\ndn: b\nchangetype: delete\n", PEOPLE, "x.ldif")
    assert "ldapsearch" in told.value.hint


def test_what_ldapsearch_writes_around_entries_is_no_person(tmp_path: Path) -> None:
    text = (
        f"# extended LDIF\n#\n# LDAPv3\n\n# Ann\n{ANN}\n# search reference\n"
        "ref: ldap://other/DC=x\n\n# search result\nsearch: 2\nresult: {} \n\n# numEntries: 1\n"
    )
    batch = read(tmp_path, text.format("0 Success"), PEOPLE, "x.ldif")
    assert (batch.rows_read, cells(batch, "uid")) == (1, ["001"])
    with pytest.raises(SourceError, match="ended with result 4: entries are missing"):
        read(tmp_path, text.format("4 Size limit exceeded"), PEOPLE, "x.ldif")


def test_an_ldif_file_is_recognised_and_gets_a_draft(tmp_path: Path) -> None:
    guid = base64.b64encode(bytes(range(200, 216))).decode()
    path = tmp_path / "people.ldif"
    path.write_text(f"# by ldapsearch\nversion: 1\n\n{ANN}objectGUID:: {guid}\n\n{BO}")
    seen = recognise(path)
    assert (seen.format, seen.rows_estimate) == (FileFormat.LDIF, 2)
    assert seen.header == ("dn", "uid", "mail", "objectGUID")
    drafted = parse_contract(propose_contract(path), origin="draft")
    assert drafted.reader.guids == ("objectGUID",)


NAMES = st.sampled_from(["uid", "mail", "sn", "objectClass"])
VALUES = st.one_of(st.text(max_size=90), st.binary(max_size=90).map(lambda raw: raw.hex()))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.dictionaries(NAMES, st.lists(VALUES, min_size=1, max_size=3)), max_size=4))
def test_entries_that_another_library_wrote_are_read_as_it_reads_them(
    entries: list[dict[str, list[str]]],
) -> None:
    file = BytesIO()
    writer = judge.LDIFWriter(file)
    for number, entry in enumerate(entries):
        writer.unparse(f"uid={number},dc=acme", entry)
    file.seek(0)
    theirs = [
        (dn, {name: [v.strip() for v in each] for name, each in values.items()})
        for dn, values in judge.LDIFParser(file).parse()
    ]
    ours = []
    for entry in scan_entries("x", file.getvalue()):
        assert not entry.wrong
        # the other one takes away more white space than RFC 2849's spaces behind the colon
        values = {name: [v.decode().strip() for v in each] for name, each in entry.values.items()}
        ours.append((values.pop("dn")[0], values))
    assert ours == theirs
