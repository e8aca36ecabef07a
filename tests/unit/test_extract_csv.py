"""A CSV comes in as text, whole, with the line of each row; what cannot be trusted is refused."""

import hashlib
from pathlib import Path

import pytest

from data_contracts.batch import MalformedRow
from data_contracts.errors import SourceError
from tests.export_parts import GOOD, HEADER, cells, columns, contract, custom, read

TWO = contract(schema=columns("a", "b"))
FIVE = contract(schema=columns("a", "b", "c", "d", "e"))


def test_every_cell_stays_the_text_it_was(tmp_path: Path) -> None:
    batch = read(tmp_path, "a,b\n0007,NA\n1e5,Null\n1.10,None\ntrue,nan\n", TWO)
    assert cells(batch, "a") == ["0007", "1e5", "1.10", "true"]
    assert cells(batch, "b") == ["NA", "Null", "None", "nan"]


def test_only_an_empty_cell_is_missing_quoted_or_not(tmp_path: Path) -> None:
    batch = read(tmp_path, 'a,b\n1,\n2,""\n3,"  "\n4,0\n', TWO)
    assert cells(batch, "b") == [None, None, None, "0"]


def test_invisible_characters_around_a_text_go_and_unicode_is_composed(tmp_path: Path) -> None:
    batch = read(tmp_path, "a,b\n\u00a01\u200b,Zoe\u0308\n\u200e2\u2060,\ufeff Ng \n", TWO)
    assert cells(batch, "a") == ["1", "2"]
    assert cells(batch, "b") == ["Zo\u00eb", "Ng"]


def test_a_sentinel_is_missing_only_in_its_column(tmp_path: Path) -> None:
    kept = contract(schema=columns("a", "b", b={"customProperties": custom(sentinels=["0"])}))
    batch = read(tmp_path, "a,b\n0,0\n1,00\n", kept)
    assert cells(batch, "a") == ["0", "1"]
    assert cells(batch, "b") == [None, "00"]


def test_the_digest_is_of_the_bytes_and_the_lines_are_of_the_file(tmp_path: Path) -> None:
    text = f"{HEADER}\n{GOOD}"
    batch = read(tmp_path, text)
    assert batch.digest == "sha256:" + hashlib.sha256(text.encode()).hexdigest()
    assert batch.frame["_line"].tolist() == [2, 3]
    assert batch.rows_read == 2
    assert batch.header == ("id", "name", "email", "status", "since")
    assert batch.path == "people.csv"  # as seen from the settings


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", ["", "END"])
def test_all_line_ends_count_alike(tmp_path: Path, end: str, last: str) -> None:
    text = f"a,b{end}1,x{end}2,y{end if last else ''}"
    batch = read(tmp_path, text, TWO)
    assert cells(batch, "b") == ["x", "y"]
    assert batch.frame["_line"].tolist() == [2, 3]


def test_lines_are_right_past_blank_lines_and_cells_over_several_lines(tmp_path: Path) -> None:
    text = 'a,b\n\n1,x\n2,"street 1\nfloor 2\n\nBern"\n\n\n3,z\nbad\n"4",w\n\n'
    batch = read(tmp_path, text, TWO)
    assert cells(batch, "a") == ["1", "2", "3", "4"]
    assert batch.frame["_line"].tolist() == [3, 4, 10, 12]
    assert batch.malformed == (MalformedRow(11, "expected 2 fields, got 1"),)
    assert batch.rows_read == 5


def test_lines_of_bad_rows_are_right_far_down_in_the_file(tmp_path: Path) -> None:
    rows = [f"{i},{'x' * 40}" if i % 50_000 else f"{i}" for i in range(1, 150_001)]
    batch = read(tmp_path, "a,b\n" + "\n".join(rows) + "\n", TWO)
    assert [row.line for row in batch.malformed] == [50_001, 100_001, 150_001]
    lines = dict(zip(batch.frame["a"], batch.frame["_line"], strict=True))
    assert all(int(number) + 1 == line for number, line in list(lines.items())[::997])


def test_the_header_may_span_lines(tmp_path: Path) -> None:
    kept = contract(schema=columns("a", "first\nname"))
    batch = read(tmp_path, 'a,"first\nname"\n1,x\n', kept)
    assert batch.frame["_line"].tolist() == [3]


def test_short_and_long_rows_are_told_by_line_without_their_text(tmp_path: Path) -> None:
    batch = read(tmp_path, "a,b\n1,x\nsecret\n2,y,more\n", TWO)
    assert batch.malformed == (
        MalformedRow(3, "expected 2 fields, got 1"),
        MalformedRow(4, "expected 2 fields, got 3"),
    )
    assert cells(batch, "a") == ["1"]


def test_rows_with_nothing_in_them_are_left_out_and_told(tmp_path: Path) -> None:
    batch = read(tmp_path, "a,b\n1,x\n,\n ,\n2,y\n,\n", TWO)
    assert cells(batch, "a") == ["1", "2"]
    assert batch.frame["_line"].tolist() == [2, 5]
    assert batch.rows_read == 2
    assert batch.warnings == ("3 rows with nothing in them were left out",)


def test_other_delimiters_quotes_and_skipped_lines_are_read_as_declared(tmp_path: Path) -> None:
    kept = contract(
        server={"customProperties": custom(delimiter=";", quote="'", skipLines=2)},
        schema=columns("a", "b"),
    )
    batch = read(tmp_path, "#TYPE x\nversion:v1.0\na;b\n1;'x;y'\n2;\"z\n", kept)
    assert cells(batch, "b") == ["x;y", '"z']
    assert batch.frame["_line"].tolist() == [4, 5]


def test_without_a_quote_quotes_are_text(tmp_path: Path) -> None:
    kept = contract(server={"customProperties": custom(quote="")}, schema=columns("a", "b"))
    assert cells(read(tmp_path, 'a,b\n1,"x\n', kept), "b") == ['"x']


def test_a_byte_order_mark_is_not_part_of_the_first_header(tmp_path: Path) -> None:
    assert cells(read(tmp_path, "\ufeffa,b\n1,x\n", TWO), "a") == ["1"]


def test_a_declared_encoding_is_used(tmp_path: Path) -> None:
    kept = contract(server={"encoding": "cp1252"}, schema=columns("a", "b"))
    assert cells(read(tmp_path, "a,b\n1,Zoë €\n".encode("cp1252"), kept), "b") == ["Zoë €"]
    kept = contract(server={"encoding": "utf-16"}, schema=columns("a", "b"))
    assert cells(read(tmp_path, "a,b\n1,Zoë\n".encode("utf-16"), kept), "b") == ["Zoë"]


def test_a_column_goes_by_its_name_before_its_alias(tmp_path: Path) -> None:
    kept = contract(schema=columns("a", "b", b={"customProperties": custom(aliases=["B2", "B3"])}))
    assert cells(read(tmp_path, "a,B2\n1,x\n", kept), "b") == ["x"]
    batch = read(tmp_path, "a,b,B2\n1,x,y\n", kept)
    assert (cells(batch, "b"), cells(batch, "B2")) == (["x"], ["y"])
    with pytest.raises(SourceError, match="'B2', 'B3' all are column 'b' of the contract"):
        read(tmp_path, "a,B2,B3\n1,x,y\n", kept)


def test_headers_are_matched_exactly_but_for_white_space_around(tmp_path: Path) -> None:
    batch = read(tmp_path, "a , B\n1,x\n", TWO)
    assert list(batch.frame.columns) == ["a", "B", "_line"]


def test_unknown_columns_go_on_and_passwords_do_not(tmp_path: Path) -> None:
    text = "a,b,Password [Required],Password Changed Date,_line\n1,x,hunter2,2026-01-01,9\n"
    batch = read(tmp_path, text, TWO)
    assert list(batch.frame.columns) == ["a", "b", "Password Changed Date", "_line"]
    assert batch.frame["_line"].tolist() == [2]
    assert batch.warnings == (
        "column 'Password [Required]' looks like a password and was not read",
        "column '_line' has a name of scimflow's own and was not read",
    )


def test_a_nameless_column_is_fine_only_while_it_is_empty(tmp_path: Path) -> None:
    batch = read(tmp_path, "a,b,\n1,x,\n", TWO)
    assert list(batch.frame.columns) == ["a", "b", "_line"]
    with pytest.raises(SourceError, match="column 3 has values and no name"):
        read(tmp_path, "a,b,\n1,x,y\n", TWO)


def test_an_unclosed_quote_is_refused_with_its_line(tmp_path: Path) -> None:
    text = 'a,b\n1,x\n2,"y\n3,z\n4,"fine"\n'
    with pytest.raises(SourceError) as told:
        read(tmp_path, text, TWO)
    assert "is opened and never closed" in told.value.message
    assert "line 3" in told.value.message


def test_two_quotes_that_swallow_the_rows_between_are_refused(tmp_path: Path) -> None:
    text = 'a,b,c,d,e\n1,q,w,e,r\n2,"q,w,e,r\n3,q,w,e,r\n4,q,w,e,r\n5,q",w,e,r\n6,q,w,e,r\n'
    with pytest.raises(SourceError, match=r"line 3: the cell in column 'b' .* a quote is missing"):
        read(tmp_path, text, FIVE)


def test_swallowed_rows_that_leave_a_malformed_one_are_refused_too(tmp_path: Path) -> None:
    text = 'a,b,c,d,e\n1,"q,w,e,r\n2,q,w,e,r\n3,q,w,e",r\n4,q,w,e,r\n'
    with pytest.raises(SourceError, match="line 2: the row runs over several lines"):
        read(tmp_path, text, FIVE)


def test_quotes_in_the_middle_of_cells_are_text_while_the_lines_are_certain(tmp_path: Path) -> None:
    text = 'a,b\n1,5" pipe\n2,x\n3,6" pipe\n'
    assert cells(read(tmp_path, text, TWO), "b") == ['5" pipe', "x", '6" pipe']
    with pytest.raises(SourceError, match=r"quotes can be read in two ways \(1 rows or 3\)"):
        read(tmp_path, text.replace("2,x", "\n2,x"), TWO)


def test_an_address_over_several_lines_is_no_swallowed_row(tmp_path: Path) -> None:
    batch = read(tmp_path, 'a,b,c,d,e\n1,"Main St 5,\n8000 Zürich,\nCH",w,e,r\n2,q,w,e,r\n', FIVE)
    assert cells(batch, "b") == ["Main St 5,\n8000 Zürich,\nCH", "q"]


def test_a_row_longer_than_any_row_can_be_is_refused_without_its_text(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as told:
        read(tmp_path, "a,b\n1," + "x" * 9_000_000 + "\n2,y\n", TWO)
    assert "longer than" in told.value.message
    assert "xxx" not in told.value.message
