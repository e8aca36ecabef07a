"""Text in cells and bytes in files: what is invisible goes, what is wrong is told."""

import errno
import os
from pathlib import Path

import pyarrow as pa
import pytest

from data_contracts.errors import SourceError, SourceUnavailable
from data_contracts.secret_names import looks_secret
from tasks.extract.cells import clean_cells, clean_text
from tasks.extract.file_bytes import to_utf8
from tasks.extract.local_place import read_local

TEXT = pa.large_string()

ROOM = 1 << 20


@pytest.mark.parametrize(
    "around",
    [
        " ",
        "\t",
        "\n",
        "\u00a0",
        "\u2003",
        "\u200b",
        "\u200e",
        "\u202a",
        "\u2060",
        "\u3000",
        "\ufeff",
    ],
)
def test_what_nobody_sees_around_a_text_goes_and_stays_within(around: str) -> None:
    cells = pa.array([f"{around}a{around}b{around}", around, None], type=TEXT)
    assert clean_cells(cells).to_pylist() == [f"a{around}b", None, None]
    assert clean_text(f"{around}a{around}b{around}") == f"a{around}b"


def test_columns_in_pieces_and_without_any_are_cleaned() -> None:
    pieces = pa.chunked_array([["a "], [], [" b"]], type=TEXT)
    assert clean_cells(pieces).to_pylist() == ["a", "b"]
    assert clean_cells(pa.chunked_array([], type=TEXT)).to_pylist() == []


@pytest.mark.parametrize(
    ("header", "secret"),
    [
        ("Password", True),
        ("Initial password [passwordProfile] Required", True),
        ("passwort", True),
        ("pwd", True),
        ("API key", True),
        ("Client secret", True),
        ("Password Changed Date", False),
        ("Last Password Change", False),
        ("Change Password at Next Sign-In", False),
        ("Password Hash Function [UPLOAD ONLY]", False),
        ("Credential Provider Type", False),
        ("Secretary", False),
        ("Department", False),
    ],
)
def test_headers_of_passwords_are_told_from_headers_about_them(header: str, secret: bool) -> None:
    assert looks_secret(header) is secret


def test_an_unreadable_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be read: Is a directory"):
        read_local(tmp_path, ROOM)


def test_a_file_written_to_while_it_is_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a,b\n1,2\n")
    states = iter([os.stat(path)])
    monkeypatch.setattr(os, "fstat", lambda number: next(states, os.stat(__file__)))
    with pytest.raises(SourceUnavailable, match="was written to while it was read"):
        read_local(path, ROOM)


@pytest.mark.parametrize(
    ("number", "passing"),
    [(errno.EIO, True), (errno.ETIMEDOUT, True), (errno.EACCES, False), (errno.ENOENT, False)],
)
def test_what_a_share_does_for_a_moment_is_told_from_what_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, passing: bool
) -> None:
    def fail(*anything: object, **more: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "open", fail)
    with pytest.raises(SourceError, match="cannot be read") as told:
        read_local(tmp_path / "x.csv", ROOM)
    assert told.value.transient is passing


@pytest.mark.parametrize(
    ("data", "encoding", "words"),
    [
        (b"\xff\xfea\0", "utf-8-sig", "is UTF-16"),
        ("a\n\nZo\u00eb".encode("cp1252"), "utf-8-sig", "line 3: byte 0xEB is not UTF-8"),
        ("a\r\rZo\u00eb".encode("cp1252"), "utf-8-sig", "line 3: byte 0xEB"),
        ("Zo\u00eb".encode(), "ascii", "line 1: byte 0xC3 is not ASCII"),
        ("Zo\u00eb".encode(), "cp1252", "is UTF-8, the contract declares cp1252"),
        (b"a\n\x81", "cp1252", "line 2: not cp1252"),
        (b"\xd8\x00", "utf-16-be", "not utf-16-be"),
        (b"a\nb\0", "utf-8-sig", "line 2: a NUL"),
    ],
)
def test_bytes_that_are_not_what_was_declared_are_refused_with_their_line(
    data: bytes, encoding: str, words: str
) -> None:
    with pytest.raises(SourceError) as told:
        to_utf8("x.csv", data, encoding)
    assert words in told.value.message
