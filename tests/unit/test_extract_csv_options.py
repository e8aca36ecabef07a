"""How a CSV is written is declared: tabs, escapes, line ends, encodings, a second header row."""

from pathlib import Path
from typing import Any

import pytest

from data_contracts.errors import SourceError
from data_contracts.export_contract import ExportContract, FileFormat
from tests.export_parts import cells, columns, contract, custom, read

PEOPLE = "id,name\n1,Ann\n2,Bo\n"


def kept(form: str = "csv", encoding: str = "utf-8", **server: Any) -> ExportContract:
    written = {"format": form, "encoding": encoding, "customProperties": custom(**server)}
    return contract(server=written, schema=columns("id", "name"))


def test_a_tsv_is_a_csv_with_tabs(tmp_path: Path) -> None:
    tsv = kept("tsv")
    assert (tsv.reader.format, tsv.reader.delimiter) == (FileFormat.CSV, "\t")
    batch = read(tmp_path, 'id\tname\n001\t"a\tb"\n002\ta,b\n3\n', tsv)
    assert cells(batch, "name") == ["a\tb", "a,b"]
    assert [(row.line, row.reason) for row in batch.malformed] == [(4, "expected 2 fields, got 1")]
    with pytest.raises(SourceError, match="separated by a comma, the contract declares a tab"):
        read(tmp_path, PEOPLE, tsv)


def test_a_declared_escape_takes_the_meaning_from_a_quote(tmp_path: Path) -> None:
    text = 'id,name\n1,"Ann \\"Nan\\" Lee"\n2,"ends in \\\\"\n3,"over\ntwo"\n4,Cy\n'
    batch = read(tmp_path, text, kept(escape="\\"))
    assert cells(batch, "name") == ['Ann "Nan" Lee', "ends in \\", "over\ntwo", "Cy"]
    assert batch.frame["_line"].tolist() == [2, 3, 4, 6]
    plain = read(tmp_path, "id,name\n1,C:\\dir\n", kept())
    assert cells(plain, "name") == ["C:\\dir"]


def test_an_escaped_quote_does_not_close_a_cell(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"opened and never closed; .* line 2"):
        read(tmp_path, 'id,name\n1,"Ann\\"\n2,Bo\n', kept(escape="\\"))


@pytest.mark.parametrize(("word", "end"), [("lf", "\n"), ("crlf", "\r\n"), ("cr", "\r")])
def test_declared_line_ends_are_held_against_the_file(tmp_path: Path, word: str, end: str) -> None:
    text = PEOPLE.replace("\n", end)
    assert cells(read(tmp_path, text, kept(lineEnd=word)), "name") == ["Ann", "Bo"]
    assert cells(read(tmp_path, text, kept()), "name") == ["Ann", "Bo"]
    other = "lf" if word != "lf" else "crlf"
    with pytest.raises(
        SourceError, match=rf"first line ends in {word.upper()}, .* {other.upper()}"
    ):
        read(tmp_path, text, kept(lineEnd=other))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "cp1252", "iso-8859-15"])
def test_a_declared_encoding_is_read(tmp_path: Path, encoding: str) -> None:
    data = "id,name\n1,Zoë Müller\n".encode(encoding)
    assert cells(read(tmp_path, data, kept(encoding=encoding)), "name") == ["Zoë Müller"]


def test_lines_behind_the_header_are_left_out_where_declared(tmp_path: Path) -> None:
    text = 'id,name\nUSERID,"a label, quoted"\n7,Ann\n8\n'
    batch = read(tmp_path, text, kept(skipAfterHeader=1))
    assert cells(batch, "id") == ["7"]
    assert batch.frame["_line"].tolist() == [3]
    assert [row.line for row in batch.malformed] == [4]
    assert read(tmp_path, "id,name\n", kept(skipAfterHeader=1)).rows_read == 0
