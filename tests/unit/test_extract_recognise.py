"""An export at hand is recognised, and an unknown one gets a contract to complete."""

import json
import shutil
from datetime import date
from pathlib import Path

import pytest
import yaml

from data_contracts.errors import ContractFileError, SourceError
from data_contracts.export_contract import FileFormat, WorkerField
from data_contracts.odcs import parse_contract
from data_contracts.words import BatchVerdict
from tasks.extract.contracts import list_published
from tasks.extract.guesses import guess_meaning
from tasks.extract.recognise import propose_contract, recognise
from tests.export_parts import DATA, check
from tests.workbook_parts import xlsx

UNKNOWN = (
    "Personnel No;Vorname;Nachname;E-Mail;Beschäftigungsstatus;Eintrittsdatum;Passwort;Geburtstag\n"
    "0001;Änne;Muster;a@x.ch;Aktiv;01.02.2020;hunter2;01.02.1990\n"
    "0002;Bo;Ek;b@x.ch;Ausgetreten;15.02.2020;hunter3;\n"
    "0003;Cy;Ray;c@x.ch;Aktiv;01.03.2021;hunter4;02.03.1991\n"
)


def write(folder: Path, text: str, name: str = "export.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def test_a_known_export_is_recognised_with_what_fits_and_what_does_not() -> None:
    seen = recognise(DATA / "midpoint" / "hris_demo__initial_data.csv")
    assert seen.best is not None
    assert (seen.best.contract, seen.best.fits) == ("midpoint-hris", True)
    assert seen.best.matched[-1] == "country"
    assert (seen.format, seen.delimiter, seen.rows_estimate) == (FileFormat.CSV, ",", 50)
    assert (seen.encoding, seen.encoding_certain) == ("utf-8-sig", True)
    seen = recognise(DATA / "ms-csv2scim" / "csv-with-1000-records.csv")
    assert seen.best is not None
    assert seen.best.contract == "ms-csv2scim"
    assert "GenderPronoun" in seen.best.unknown
    assert seen.rows_estimate == 1000


def test_a_near_fit_says_what_is_missing(tmp_path: Path) -> None:
    header = "empnum,firstname,surname,emptype,job,status\n1,A,B,FTE,x,Active\n"
    seen = recognise(write(tmp_path, header))
    assert seen.best is not None
    assert (seen.best.contract, seen.best.fits) == ("midpoint-hris", False)
    assert seen.best.missing == ("locality",)


def test_another_delimiter_and_encoding_are_seen(tmp_path: Path) -> None:
    seen = recognise(write(tmp_path, UNKNOWN, encoding="cp1252"))
    assert (seen.delimiter, seen.encoding, seen.encoding_certain) == (";", "cp1252", False)
    assert seen.header[4] == "Beschäftigungsstatus"
    assert seen.best is not None
    assert not seen.best.fits  # another German export has some of these columns
    assert recognise(write(tmp_path, UNKNOWN, encoding="utf-16")).encoding == "utf-16"


@pytest.mark.parametrize(
    ("text", "header", "delimiter", "skipped"),
    [
        ("#TYPE Some.Thing\na,b\n1,2\n", ("a", "b"), ",", 1),
        ("Workers\n\na\tb\tc\n1\tEk, Bo\t2\n", ("a", "b", "c"), "\t", 2),
        ("Workers,,,\nas of,11/27/2026,,\na,b,c,d\n1,2,3,4\n", ("a", "b", "c", "d"), ",", 2),
        ('"Workers of ""Fern, Inc."""\na,b,c,d\n1,2,3,4\n', ("a", "b", "c", "d"), ",", 1),
        # a header may be narrower than what people write into cells
        ("a;b\n1;x, y, z, and, more\n2;x, y\n", ("a", "b"), ";", 0),
        ("a,b,c,d,e,f\n1,2,,,,\n3,,,,,\n", ("a", "b", "c", "d", "e", "f"), ",", 0),
        ("a,b\n", ("a", "b"), ",", 0),
        ("mail\nada@x.example\nbo@x.example\n", ("mail",), ",", 0),
        ('a,b\n1,"one\ntwo\nthree"\n2,"four\nfive"\n', ("a", "b"), ",", 0),
    ],
)
def test_the_header_is_found_below_titles_and_above_people(
    tmp_path: Path, text: str, header: tuple[str, ...], delimiter: str, skipped: int
) -> None:
    seen = recognise(write(tmp_path, text))
    assert (seen.header, seen.delimiter) == (header, delimiter)
    draft = propose_contract(tmp_path / "export.csv")
    assert ("skipLines" in draft) is (skipped > 0)
    assert skipped == 0 or f"skipLines, value: {skipped}}}" in draft


@pytest.mark.parametrize(
    ("header", "meaning"),
    [
        ("Employee #", WorkerField.WORKER_ID),
        ("Date d'entrée", WorkerField.HIRE_DATE),
        ("Prénom", WorkerField.GIVEN_NAME),
        ("Département", WorkerField.DEPARTMENT),
        ("Rehire Date", WorkerField.REHIRE_DATE),
        ("Row #", None),
    ],
)
def test_headers_are_known_whatever_their_accents_and_signs(
    header: str, meaning: WorkerField | None
) -> None:
    assert guess_meaning(header) is meaning


def test_json_is_seen_by_its_paths(tmp_path: Path) -> None:
    user = {
        "id": "00u1",
        "status": "ACTIVE",
        "profile": {"login": "a", "email": "a@x.ch", "firstName": "A", "lastName": "B"},
        "_links": {"self": []},
    }
    seen = recognise(write(tmp_path, json.dumps([user]), "okta.json"))
    assert seen.best is not None
    assert (seen.best.contract, seen.best.fits) == ("okta-users-json", True)
    nested = recognise(write(tmp_path, json.dumps({"data": {"people": [user]}}), "b.json"))
    assert nested.records_at == "data.people"
    lines = recognise(write(tmp_path, f"{json.dumps(user)}\n{json.dumps(user)}\n", "c.jsonl"))
    assert (lines.format, lines.rows_estimate) == (FileFormat.JSONL, 2)


@pytest.mark.parametrize(
    ("text", "words"),
    [("", "is empty"), ('{"a": 1}', "has no list of objects"), ('[{"a": 1', "malformed JSON")],
)
def test_what_cannot_be_recognised_is_said(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(SourceError, match=words):
        recognise(write(tmp_path, text))
    with pytest.raises(SourceError, match="is a query"):
        recognise(write(tmp_path, "SELECT 1", "people.sql"))
    with pytest.raises(SourceError, match="is no file"):
        recognise(tmp_path / "nothing.csv")


def test_the_draft_for_an_unknown_export_names_what_it_saw(tmp_path: Path) -> None:
    text = propose_contract(write(tmp_path, UNKNOWN))
    drafted = parse_contract(text, origin="draft")
    assert drafted.key == "Personnel No"
    assert drafted.reader.delimiter == ";"
    assert drafted.meanings[WorkerField.GIVEN_NAME] == "Vorname"
    assert drafted.meanings[WorkerField.EMAIL] == "E-Mail"
    assert drafted.column("Eintrittsdatum").date_format == "%d.%m.%Y"
    assert not drafted.complete_roster
    assert '"Aktiv": FILL IN   # rows: 2' in text
    assert '"Ausgetreten": FILL IN   # rows: 1' in text
    assert "Passwort" not in text
    assert "hunter2" not in text
    assert "Muster" not in text


def test_a_draft_refuses_every_export_until_its_statuses_are_filled_in(tmp_path: Path) -> None:
    text = propose_contract(write(tmp_path, UNKNOWN))
    report = check(tmp_path, UNKNOWN, parse_contract(text, origin="draft")).report
    assert report.verdict is BatchVerdict.REFUSED
    assert "unknown: 'Aktiv' (2), 'Ausgetreten' (1)" in report.refusals[0]
    document = yaml.safe_load(text)
    status = document["schema"][0]["customProperties"][-1]
    assert status["property"] == "status"
    status["value"]["states"] = {"Aktiv": "active", "Ausgetreten": "leaver"}
    still_draft = parse_contract(yaml.safe_dump(document), origin="filled")
    (refusal,) = check(tmp_path, UNKNOWN, still_draft).report.refusals
    assert refusal.startswith("the contract is a draft, by which nobody gets or loses access")
    document |= {"status": "active", "description": {"purpose": "x"}, "team": {"name": "HR"}}
    filled = parse_contract(yaml.safe_dump(document), origin="filled")
    checked = check(tmp_path, UNKNOWN, filled)
    assert checked.report.verdict is BatchVerdict.ACCEPTED
    assert checked.accepted["_state"].tolist() == ["active", "leaver", "active"]


def test_a_date_whose_day_and_month_cannot_be_told_is_left_to_a_person(tmp_path: Path) -> None:
    text = propose_contract(write(tmp_path, "id,begin\n1,01/02/2020\n2,03/04/2020\n"))
    assert "which of dd/MM/yyyy, MM/dd/yyyy cannot be told" in text
    assert parse_contract(text, origin="draft").column("begin").date_format is None


def test_odd_headers_give_a_sound_draft(tmp_path: Path) -> None:
    header = '"_id","a: b","# x","quo""te","=1+1","日本","status"\n'
    text = propose_contract(write(tmp_path, header + '1,2,3,4,5,6,"x # y: ""z"""\n'))
    drafted = parse_contract(text, origin="draft")
    names = [column.name for column in drafted.columns]
    assert names == ["id", "a: b", "# x", 'quo"te', "=1+1", "日本", "status"]
    assert drafted.columns[0].aliases == ("_id",)


def test_every_real_file_is_recognised_or_gets_a_sound_draft(tmp_path: Path) -> None:
    known = [*(DATA / "midpoint").glob("hris*.csv"), *(DATA / "ms-csv2scim").glob("csv-*")]
    for path in known:
        copy = Path(shutil.copy(path, tmp_path))
        seen = recognise(copy)
        assert seen.best is not None
        assert seen.best.contract in list_published()
        assert parse_contract(propose_contract(copy), origin="draft").key == seen.header[0]


def test_a_workbook_is_seen_with_its_sheet_and_header(tmp_path: Path) -> None:
    title = [["Export of all people"], [], ["Employee No", "Vorname", "Status", "Hire Date"]]
    people = [[i, f"Ann {i}", "Active", date(2020, 1, i)] for i in range(1, 6)]
    path = tmp_path / "staff.xlsx"
    path.write_bytes(xlsx([*title, *people], Lists=[["x"]]))
    seen = recognise(path)
    assert (seen.format, seen.sheet, seen.encoding) == (FileFormat.EXCEL, "People", "")
    assert seen.header == ("Employee No", "Vorname", "Status", "Hire Date")
    assert seen.rows_estimate == 5
    text = propose_contract(path)
    drafted = parse_contract(text, origin="draft")
    assert (drafted.reader.sheet, drafted.reader.skip_lines) == ("People", 2)
    assert drafted.key == "Employee No"
    assert drafted.column("Hire Date").date_format == "%Y-%m-%d"
    assert "FILL IN: numbers that name people are kept as numbers" in text
    with pytest.raises(SourceError, match="column 'Employee No': a number or a date"):
        check(tmp_path, path.read_bytes(), drafted, "staff.xlsx")
    text = text.replace("numericIds, value: false", "numericIds, value: true")
    sure = parse_contract(text, origin="draft")
    report = check(tmp_path, path.read_bytes(), sure, "staff.xlsx").report
    assert "unknown: 'Active' (5)" in report.refusals[0]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ("id,mail,Marital Status,Employment Status", "Employment Status"),
        ("id,mail,Status Detail,Status", "Status"),
        ("id,mail,profile.status_expiration,profile.status_text,deleted", "deleted"),
        ("id,mail,Account Status Changed Date,Worker Status", "Worker Status"),
        ("id,mail,suspended,isActive", "isActive"),
        ("id,mail,Beschäftigungsstatus", "Beschäftigungsstatus"),
        ("id,mail,Statut du collaborateur", "Statut du collaborateur"),
        ("id,mail,Visa Status,2sv enrolment status", None),
    ],
)
def test_a_draft_takes_the_likeliest_status_and_none_that_is_about_something_else(
    tmp_path: Path, headers: str, status: str | None
) -> None:
    names = headers.split(",")
    rows = [
        ",".join([f"{n}", f"p{n}@acme.example", *("ab"[n % 2] for _ in names[2:])]) for n in (0, 1)
    ]
    (tmp_path / "people.csv").write_text("\n".join([headers, *rows]) + "\n")
    draft = parse_contract(propose_contract(tmp_path / "people.csv"), origin="draft")
    assert (draft.status.columns if draft.status else ()) == ((status,) if status else ())


def test_a_draft_that_nobody_answered_is_not_taken_into_use(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("Pers-Nr,Mail\n1,a@acme.example\n")
    draft = propose_contract(tmp_path / "people.csv")
    active = draft.replace("status: draft", "status: active")
    with pytest.raises(ContractFileError) as told:
        parse_contract(active, origin="hr.odcs.yaml")
    at = active.split("\n").index('  purpose: "FILL IN: what this export is, and who runs it"') + 1
    assert told.value.message.split("\n") == [
        f"hr.odcs.yaml:{line}: {what}: still says FILL IN: answer it, or go back to `status: draft`"
        for line, what in ((at, "description.purpose"), (at + 2, "team.name"))
    ]
    answered = active.replace("FILL IN: what this export is, and who runs it", "badges")
    answered = answered.replace("FILL IN: who answers for this export", "Ada")
    assert not parse_contract(answered, origin="hr.odcs.yaml").is_draft


def test_a_draft_of_a_directory_s_entries_knows_its_short_names(tmp_path: Path) -> None:
    text = "".join(
        f"dn: uid=p{n},ou=People,dc=acme,dc=example\nuid: p{n}\ncn: Pat {n}\nsn: Reyes\n"
        f"givenName: Pat\nmail: p{n}@acme.example\nemployeeNumber: {n}\n\n"
        for n in range(2)
    )
    (tmp_path / "people.ldif").write_text(text)
    draft = parse_contract(propose_contract(tmp_path / "people.ldif"), origin="draft")
    meant = {column.name: column.meaning for column in draft.columns}
    assert meant["uid"] is WorkerField.USER_NAME
    assert meant["cn"] is WorkerField.DISPLAY_NAME
    assert meant["sn"] is WorkerField.FAMILY_NAME


def test_a_row_number_of_a_spreadsheet_is_nobodys_family_name(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("SN,UID,Email,Last Name\n1,77,a@acme.example,Reyes\n")
    draft = parse_contract(propose_contract(tmp_path / "people.csv"), origin="draft")
    meant = {column.name: column.meaning for column in draft.columns}
    assert (meant["SN"], meant["UID"]) == (None, None)
    assert meant["Last Name"] is WorkerField.FAMILY_NAME
