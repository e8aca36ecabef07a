"""Workbooks come in as text: exact digits, days as declared, errors never as empty cells."""

import zipfile
from datetime import date, datetime
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
import xlwt
from msoffcrypto.format.ooxml import OOXMLFile
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from data_contracts.batch import MalformedRow
from data_contracts.errors import SourceError
from data_contracts.export_contract import ExportContract
from tests.export_parts import cells, columns, read
from tests.workbook_parts import kept, ods, saved, xls, xlsx

HEADER = ["id", "name"]
DATED = columns(
    "id", "since", since={"logicalType": "date", "logicalTypeOptions": {"format": "dd.MM.yyyy"}}
)


def refusal(folder: Path, data: bytes, contract: ExportContract | None = None) -> SourceError:
    with pytest.raises(SourceError) as told:
        read(folder, data, contract or kept(), "people.xlsx")
    assert told.value.hint
    return told.value


@pytest.mark.parametrize("write", [xlsx, xls, ods])
def test_each_kind_of_workbook_gives_the_same(tmp_path: Path, write) -> None:  # type: ignore[no-untyped-def]
    rows = [["id", "since"], ["001", date(2024, 1, 31)], ["002", date(1999, 12, 1)]]
    batch = read(tmp_path, write(rows), kept(schema=DATED), "people.bin")
    assert cells(batch, "id") == ["001", "002"]
    assert cells(batch, "since") == ["31.01.2024", "01.12.1999"]
    assert batch.frame["_line"].tolist() == [2, 3]
    assert batch.header == ("id", "since")


def test_rows_have_the_numbers_that_a_spreadsheet_shows(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["B1"] = "Report of all people"
    for place, value in {"B5": "id", "C5": "name", "B7": "1", "C7": "Ann", "B9": "2"}.items():
        sheet[place] = value
    batch = read(tmp_path, saved(book), kept(skipLines=3), "people.xlsx")
    assert batch.frame["_line"].tolist() == [7, 9]
    assert cells(batch, "name") == ["Ann", None]
    assert batch.rows_read == 2
    assert "2 rows with nothing in them were left out" in batch.warnings


def test_a_second_header_row_is_left_out_where_declared(tmp_path: Path) -> None:
    data = xlsx([HEADER, ["Identifier", "Name of the person"], ["1", "Ann"]])
    batch = read(tmp_path, data, kept(skipAfterHeader=1), "people.xlsx")
    assert cells(batch, "name") == ["Ann"]
    assert batch.frame["_line"].tolist() == [3]


def test_numbers_in_a_column_that_identifies_people_refuse_the_file(tmp_path: Path) -> None:
    error = refusal(tmp_path, xlsx([HEADER, ["001", "Ann"], [7, "Bo"], [8, "Cy"]]))
    assert "row 3, column 'id': a number or a date where text is expected (rows: 2)" in str(error)
    assert "numericIds: true" in error.hint
    error = refusal(tmp_path, xlsx([HEADER, [date(2024, 2, 1), "turned into a day"]]))
    assert "row 2, column 'id'" in str(error)


def test_declared_numbers_come_with_their_digits_alone(tmp_path: Path) -> None:
    data = xlsx([HEADER, [7, 7.0], [123456789012345, 0.1], ["008", 7.5], [2.5, True]])
    batch = read(tmp_path, data, kept(numericIds=True), "people.xlsx")
    assert cells(batch, "id") == ["7", "123456789012345", "008", "2.5"]
    assert cells(batch, "name") == ["7", "0.1", "7.5", "true"]


def test_an_identifier_of_more_digits_than_a_workbook_keeps_is_malformed(tmp_path: Path) -> None:
    data = xlsx([HEADER, [1234567890123456789, "Ann"], [7, "Bo"]])
    batch = read(tmp_path, data, kept(numericIds=True), "people.xlsx")
    assert batch.malformed == (
        MalformedRow(2, "column 'id' holds a number of more digits than a workbook keeps"),
    )
    assert cells(batch, "name") == ["Bo"]


def test_a_moment_keeps_its_time_where_the_contract_has_none(tmp_path: Path) -> None:
    data = xlsx([["id", "since"], ["1", datetime.fromisoformat("2024-01-31T08:30")], ["2", 45322]])
    batch = read(tmp_path, data, kept(schema=DATED), "people.xlsx")
    # neither is a day as declared: the contract's rule sets both rows aside
    assert cells(batch, "since") == ["2024-01-31T08:30:00", "45322"]


def test_days_of_the_calendar_from_1904_are_the_same_days(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904
    sheet = book.active
    assert sheet is not None
    sheet.append(["id", "since"])
    sheet.append(["1", date(2024, 1, 31)])
    batch = read(tmp_path, saved(book), kept(schema=DATED), "people.xlsx")
    assert cells(batch, "since") == ["31.01.2024"]


def test_a_cell_with_an_error_makes_its_row_malformed(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (HEADER, ["1", "#N/A"], ["2", "=VLOOKUP(1,A1:B2,2)"], ["3", "Cy"], ["#REF!", ""]):
        sheet.append(row)
    for place in ("B2", "A5"):
        sheet[place].data_type = "e"
    batch = read(tmp_path, saved(book), kept(), "people.xlsx")
    assert batch.malformed == (
        MalformedRow(2, "column 'name' holds the error #N/A"),
        MalformedRow(3, "column 'name' holds a formula without a result"),
        MalformedRow(5, "column 'id' holds the error #REF!"),
    )
    assert cells(batch, "id") == ["3"]
    assert batch.rows_read == 4


def test_errors_of_an_old_workbook_are_found_too(tmp_path: Path) -> None:
    book = xlwt.Workbook()
    book.add_sheet("Other").write(1, 1, "x")
    sheet = book.add_sheet("People")
    for column, name in enumerate(HEADER):
        sheet.write(0, column, name)
    sheet.write(1, 0, "1")
    sheet.row(1).set_cell_error(1, 42)
    sheet.write(2, 0, "2")
    sheet.write(2, 1, "Bo")
    file = BytesIO()
    book.save(file)
    batch = read(tmp_path, file.getvalue(), kept(sheet="People"), "people.xls")
    assert batch.malformed == (MalformedRow(2, "column 'name' holds the error #N/A"),)
    assert cells(batch, "id") == ["2"]


def test_an_open_document_with_an_error_is_refused(tmp_path: Path) -> None:
    whole, spoiled = zipfile.ZipFile(BytesIO(ods([HEADER, ["1", "Ann"]]))), BytesIO()
    with zipfile.ZipFile(spoiled, "w") as archive:
        for name in whole.namelist():
            part = whole.read(name)
            if name == "content.xml":
                cell = b'office:value-type="string" calcext:value-type="error"'
                part = part.replace(b'office:value-type="string"', cell)
                part = part.replace(
                    b"<office:document-content",
                    b"<office:document-content "
                    b'xmlns:calcext="urn:org:documentfoundation:names:calcext"',
                )
            archive.writestr(name, part)
    error = refusal(tmp_path, spoiled.getvalue())
    assert "it has cells that hold an error (#N/A and the like): clear them" in str(error)


def test_text_that_looks_like_a_formula_stays_text(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(HEADER)
    sheet.append(["1", "=1+3"])
    sheet["B2"].data_type = "s"
    assert cells(read(tmp_path, saved(book), kept(), "people.xlsx"), "name") == ["=1+3"]


def test_the_sheet_is_declared_by_name_or_number(tmp_path: Path) -> None:
    data = xlsx([["nothing"]], Staff=[HEADER, ["1", "Ann"]])
    assert cells(read(tmp_path, data, kept(sheet="Staff"), "p.xlsx"), "name") == ["Ann"]
    assert cells(read(tmp_path, data, kept(sheet=2), "p.xlsx"), "name") == ["Ann"]
    error = refusal(tmp_path, data)
    assert "has 2 sheets: 'People', 'Staff'" in str(error)
    assert "`sheet`" in error.hint
    assert "has no sheet 'staff'" in str(refusal(tmp_path, data, kept(sheet="staff")))
    assert "has no sheet 3" in str(refusal(tmp_path, data, kept(sheet=3)))


def test_the_only_visible_sheet_needs_no_name(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(HEADER)
    sheet.append(["1", "Ann"])
    book.create_sheet("lists").sheet_state = "hidden"
    assert cells(read(tmp_path, saved(book), kept(), "people.xlsx"), "name") == ["Ann"]


def test_columns_that_look_like_passwords_are_not_read(tmp_path: Path) -> None:
    batch = read(tmp_path, xlsx([[*HEADER, "Password"], ["1", "Ann", "pw"]]), kept(), "p.xlsx")
    assert "Password" not in batch.frame
    assert batch.warnings == ("column 'Password' looks like a password and was not read",)


def test_a_column_with_values_needs_a_name(tmp_path: Path) -> None:
    error = refusal(tmp_path, xlsx([HEADER, ["1", "Ann"], ["2", "Bo", "x"]]))
    assert "row 3: column 3 has values and no name" in str(error)


def test_a_protected_workbook_is_refused(tmp_path: Path) -> None:
    locked = BytesIO()
    OOXMLFile(BytesIO(xlsx([HEADER]))).encrypt("secret", locked)
    assert "is protected by a password" in str(refusal(tmp_path, locked.getvalue()))


def test_what_is_no_workbook_is_refused(tmp_path: Path) -> None:
    whole = xlsx([HEADER, ["1", "Ann"]])
    assert "is no workbook" in str(refusal(tmp_path, b"id,name\n1,Ann\n"))
    assert "damaged, cut off" in str(refusal(tmp_path, whole[: len(whole) // 2]))
    assert "has no header" in str(refusal(tmp_path, xlsx([])))
    other = BytesIO()
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("x.csv", "id,name\n")
    assert "damaged, cut off" in str(refusal(tmp_path, other.getvalue()))


def test_a_workbook_that_asks_for_half_a_terabyte_is_refused(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1"], sheet["XFD1048576"] = "id", "x"
    data = saved(book)
    assert len(data) < 10_000
    error = refusal(tmp_path, data)
    assert "takes more than 2 GB of memory" in str(error)
    assert "export them as CSV" in error.hint


def test_a_workbook_whose_strings_unpack_to_gigabytes_is_refused(tmp_path: Path) -> None:
    whole, bomb = zipfile.ZipFile(BytesIO(xlsx([HEADER, ["1", "Ann"]]))), BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in whole.namelist():
            if name != "xl/sharedStrings.xml":
                archive.writestr(name, whole.read(name))
        with archive.open("xl/sharedStrings.xml", "w", force_zip64=True) as part:
            part.write(
                b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>'
            )
            for _ in range(1_100):  # the library doubles its buffer
                part.write(b"x" * (1 << 20))
    error = refusal(tmp_path, bomb.getvalue())
    assert "takes more than 2 GB" in str(error)
