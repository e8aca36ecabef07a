"""Every bad export that is to be expected: a clear error with place and remedy, nothing lost."""

from pathlib import Path

import pytest

from data_contracts.configuration import SourceSettings
from data_contracts.errors import EXIT_CONTRACT, EXIT_USAGE, ContractFileError, SourceError
from data_contracts.words import BatchVerdict
from tasks.extract.contracts import read_contract
from tasks.extract.exports import read_batch
from tests.export_parts import DATA, NOW, check_published

HEADER = (
    "Employee #,First Name,Last Name,Work Email,Job Title,Department,Employment Status,"
    "Hire Date,Termination Date,Supervisor ID"
)
PEOPLE = [
    f"{i:04d},Ann,Lee,ann{i}@example.com,Engineer,Product,Full-Time,2020-01-31,0000-00-00,0001"
    for i in range(1, 31)
]


def write(folder: Path, *rows: str, header: str = HEADER, encoding: str = "utf-8") -> Path:
    path = folder / "bamboohr.csv"
    path.write_bytes(("\n".join([header, *rows]) + "\n").encode(encoding))
    return path


def refused(path: Path, contract: str = "bamboohr-report") -> SourceError:
    with pytest.raises(SourceError) as told:
        check_published(contract, path)
    assert told.value.exit_code == EXIT_CONTRACT
    assert told.value.hint
    return told.value


def test_a_missing_file(tmp_path: Path) -> None:
    (tmp_path / "bamboo.csv").write_text("x")
    error = refused(tmp_path / "bamboohr.csv")
    assert "source 'hr': no file matches bamboohr.csv" in error.message
    assert "near names there: bamboo.csv" in error.message


def test_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "bamboohr.csv").write_bytes(b"")
    assert "bamboohr.csv is empty (0 bytes)" in refused(tmp_path / "bamboohr.csv").message
    (tmp_path / "bamboohr.csv").write_bytes(b"\n \n")
    assert "is empty (3 bytes)" in refused(tmp_path / "bamboohr.csv").message


def test_a_header_without_rows(tmp_path: Path) -> None:
    report = check_published("bamboohr-report", write(tmp_path)).report
    assert report.verdict is BatchVerdict.REFUSED
    assert report.refusals == ("the export has a header and no rows",)
    assert {rule.rule_id: rule.failing for rule in report.rules} == {
        "columns-present": 0,
        "rows-present": 1,
    }


def test_a_title_above_the_header(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER, *PEOPLE, header="Everybody employed")
    report = check_published("bamboohr-report", path).report
    assert report.verdict is BatchVerdict.REFUSED
    assert (report.rows_read, report.rows_accepted) == (31, 0)
    (told,) = report.refusals
    assert told.startswith("none of the 31 rows could be taken apart (line 2: expected 1 field, ")
    assert "what was taken for the header misses 'Employee #', " in told
    assert "declare them as `skipLines` in the contract" in told


def test_another_delimiter_than_declared(tmp_path: Path) -> None:
    path = write(tmp_path, header=HEADER.replace(",", ";"))
    error = refused(path)
    assert "the header is one column where the contract has 13" in error.message
    assert "separated by a semicolon, the contract declares a comma" in error.message
    assert 'declare `delimiter: ";"`' in error.hint


@pytest.mark.parametrize("other", [";", "\t", "|"])
def test_each_delimiter_is_recognised(tmp_path: Path, other: str) -> None:
    assert "names seem to be separated by" in refused(
        write(tmp_path, header=HEADER.replace(",", other))
    ).message  # fmt: skip


def test_another_encoding_than_declared(tmp_path: Path) -> None:
    rows = [*PEOPLE, PEOPLE[0].replace("Ann,Lee", "Zoë,Müller")]
    error = refused(write(tmp_path, *rows, encoding="cp1252"))
    assert "line 32: byte 0xEB is not UTF-8, which the contract declares" in error.message
    assert "cp1252" in error.hint
    error = refused(write(tmp_path, *rows, encoding="utf-16"))
    assert "is UTF-16, the contract declares utf-8-sig" in error.message


def test_utf8_where_something_else_is_declared(tmp_path: Path) -> None:
    published = Path("data_contracts/published/bamboohr-report.odcs.yaml").read_text()
    own = tmp_path / "own.odcs.yaml"
    own.write_text(published.replace("encoding: utf-8", "encoding: cp1252"))
    write(tmp_path, PEOPLE[0].replace("Ann", "Zoë"))
    settings = SourceSettings(contract="own.odcs.yaml", path="bamboohr.csv")
    contract = read_contract("own.odcs.yaml", tmp_path)
    with pytest.raises(SourceError, match="is UTF-8, the contract declares cp1252"):
        read_batch("hr", settings, contract, folder=tmp_path, now=NOW)


@pytest.mark.parametrize(
    ("start", "kind"),
    [(b"PK\x03\x04", "Excel workbook"), (b"\x1f\x8b", "gzip"), (b"%PDF-1.7", "a PDF")],
)
def test_another_kind_of_file(tmp_path: Path, start: bytes, kind: str) -> None:
    (tmp_path / "bamboohr.csv").write_bytes(start + b"\x00" * 20)
    assert kind in refused(tmp_path / "bamboohr.csv").message


def test_a_damaged_file(tmp_path: Path) -> None:
    write(tmp_path, *PEOPLE[:3], PEOPLE[4].replace("Ann", "A\0n"))
    assert "line 5: a NUL character" in refused(tmp_path / "bamboohr.csv").message


def test_a_missing_column(tmp_path: Path) -> None:
    header, rows = (
        HEADER.replace("Work Email,", ""),
        [r.replace("ann1@example.com,", "") for r in PEOPLE[:1]],
    )
    report = check_published("bamboohr-report", write(tmp_path, *rows, header=header)).report
    assert report.verdict is BatchVerdict.REFUSED
    (refusal,) = report.refusals
    assert refusal.startswith(
        "breaking change of the export: missing column: 'Work Email'; the export has: 'Employee #'"
    )
    assert "the other rules were not run" in report.warnings[-1]


def test_a_renamed_column(tmp_path: Path) -> None:
    header = HEADER.replace("Work Email", "Work E-mail")
    report = check_published("bamboohr-report", write(tmp_path, *PEOPLE, header=header)).report
    (refusal,) = report.refusals
    assert (
        "column 'Work E-mail' is not in the contract and 'Work Email' is missing: was it renamed?"
        in refusal
    )
    assert "alias" in refusal


def test_a_doubled_column(tmp_path: Path) -> None:
    error = refused(write(tmp_path, *PEOPLE, header=HEADER.replace("Job Title", "Department")))
    assert "the header has 'Department' more than once" in error.message


def test_an_unknown_status(tmp_path: Path) -> None:
    rows = [*PEOPLE, PEOPLE[0].replace("Full-Time", "Garden Leave").replace("0001,", "0099,", 1)]
    report = check_published("bamboohr-report", write(tmp_path, *rows)).report
    assert report.verdict is BatchVerdict.REFUSED
    (refusal,) = report.refusals
    assert "1 row breaks `status-known` (first on line 32)" in refusal
    assert "unknown: 'Garden Leave' (1)" in refusal


def test_one_person_in_two_rows(tmp_path: Path) -> None:
    report = check_published("bamboohr-report", write(tmp_path, *PEOPLE, PEOPLE[6])).report
    assert report.verdict is BatchVerdict.ACCEPTED_WITH_QUARANTINE
    assert [(row.line, row.worker_key) for row in report.quarantined] == [(8, "0007"), (32, "0007")]
    assert report.quarantined[0].rule_ids == ("Employee #/unique", "Work Email/unique")
    assert report.rows_read == report.rows_accepted + len(report.quarantined) == 31


def test_two_people_with_one_number_in_the_real_file_of_a_thousand_rows() -> None:
    report = check_published("ms-csv2scim", DATA / "ms-csv2scim/csv-with-1000-records.csv").report
    assert report.verdict is BatchVerdict.REFUSED
    assert (report.rows_read, report.rows_accepted) == (1000, 0)
    (refusal,) = report.refusals
    assert "641 of 1,000 rows (64.1%) would be set aside" in refusal
    assert "265 values of `WorkerID` stand in several rows (1222, 1727, 1513" in refusal
    assert len(report.quarantined) == 641
    assert len({row.worker_key for row in report.quarantined}) == 265
    managers = {rule.rule_id: rule.failing for rule in report.rules}["ManagerID/reference"]
    assert managers == 366


def test_two_people_with_one_address(tmp_path: Path) -> None:
    rows = [*PEOPLE, PEOPLE[0].replace("0001,Ann", "0099,Bo").replace("ann1@", "ANN2@")]
    report = check_published("bamboohr-report", write(tmp_path, *rows)).report
    assert [(row.line, row.rule_ids) for row in report.quarantined] == [
        (3, ("Work Email/unique",)),
        (32, ("Work Email/unique",)),
    ]
    assert report.quarantined[1].identities == ("ANN2@example.com",)


def test_somebody_employed_without_an_address(tmp_path: Path) -> None:
    rows = [*PEOPLE, PEOPLE[0].replace("0001,Ann", "0099,Bo").replace("ann1@example.com", "")]
    report = check_published("bamboohr-report", write(tmp_path, *rows)).report
    (row,) = report.quarantined
    assert (row.line, row.rule_ids) == (32, ("employed-needs-email",))
    assert row.reasons == ("whoever is employed needs a `Work Email`; it becomes the login",)


def test_a_leaver_needs_no_address(tmp_path: Path) -> None:
    gone = PEOPLE[0].replace("0001,Ann", "0099,Bo").replace("ann1@example.com", "")
    rows = [*PEOPLE, gone.replace("Full-Time", "Terminated")]
    checked = check_published("bamboohr-report", write(tmp_path, *rows))
    assert checked.report.verdict is BatchVerdict.ACCEPTED
    assert checked.accepted["_state"].tolist()[-1] == "leaver"


@pytest.mark.parametrize("date", ["2023-02-30", "31.01.2020", "2020-1-31", "soon", "0001-01-01"])
def test_dates_that_are_none(tmp_path: Path, date: str) -> None:
    rows = [*PEOPLE, PEOPLE[0].replace("0001,Ann", "0099,Bo").replace("2020-01-31", date)]
    rows[-1] = rows[-1].replace("ann1@", "bo@")
    report = check_published("bamboohr-report", write(tmp_path, *rows)).report
    (row,) = report.quarantined
    assert row.rule_ids == ("Hire Date/date",)
    assert "must be a day that exists, written yyyy-MM-dd" in row.reasons[0]
    assert date not in row.reasons[0]


def test_the_date_that_stands_for_none_is_no_date_at_all(tmp_path: Path) -> None:
    checked = check_published("bamboohr-report", write(tmp_path, *PEOPLE))
    assert checked.report.verdict is BatchVerdict.ACCEPTED
    assert checked.accepted["Termination Date"].isna().all()
    assert checked.accepted["Employee #"].iloc[0] == "0001"


def test_a_contract_with_malformed_yaml(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text("apiVersion: v3.2.0\nkind: [DataContract\n")
    with pytest.raises(ContractFileError, match=r"own\.yaml:\d+: malformed YAML") as told:
        read_contract("own.yaml", tmp_path)
    assert told.value.exit_code == EXIT_USAGE
