"""What becomes of every row of a sample of each published contract: nobody is lost in silence."""

import csv
import re
from dataclasses import replace
from pathlib import Path

import pytest

from data_contracts.batch import CheckedBatch, RawBatch
from data_contracts.columns import texts
from data_contracts.configuration import SourceSettings
from data_contracts.frames import LINE, STATE
from data_contracts.words import BatchVerdict, Severity
from tasks.extract.contracts import list_published, read_contract
from tasks.extract.exports import read_batch
from tasks.extract.recognise import recognise
from tasks.validate.check import check_batch
from tests.export_parts import DATA, NOW, check_published

SAMPLES = DATA / "samples"

ACTIVE, FUTURE, LEAVE, SUSPENDED, LEAVER = "active", "future", "on_leave", "suspended", "leaver"
NO_STATUS = "employed: the export has no status"

EXPECTED: dict[str, list[str]] = {
    # A row goes on with its state, or is set aside by the rules that it breaks.
    "ad-csvde-csv.csv": [
        ACTIVE,
        ACTIVE,
        SUSPENDED,  # 66050: a password that never expires, disabled
        ACTIVE,
        SUSPENDED,
        "status-given",
    ],
    "ad-users-csv.csv": [ACTIVE, ACTIVE, SUSPENDED, ACTIVE, SUSPENDED, "only-users"],
    "ad-users-ldif.ldif": [ACTIVE, ACTIVE, SUSPENDED, ACTIVE, "status-given"],
    "adp-workers-json.json": [
        ACTIVE,
        LEAVE,
        ACTIVE,  # a rehire, with the old date of termination
        LEAVER,
        SUSPENDED,
        "employed-needs-email",
    ],
    "adp-workers-csv.csv": [
        ACTIVE,
        LEAVE,
        LEAVER,  # the ended one of two positions
        ACTIVE,  # the open one
        LEAVER,
        SUSPENDED,
        "employed-needs-email",
        "Hire Date/date",  # 31/01/2022
        ACTIVE,  # came back, with the old last day
        "Associate ID/required, First Name/required, Last Name/required, employed-needs-email",
    ],
    "bamboohr-directory-json.json": [NO_STATUS, NO_STATUS, "workEmail/required"],
    "bamboohr-report.csv": [
        ACTIVE,
        ACTIVE,
        ACTIVE,
        LEAVER,  # in a report of current employees
        LEAVE,
        "Employee #/required",
        "employed-needs-email",
    ],
    "bamboohr-report-json.json": [
        ACTIVE,
        ACTIVE,  # hired on 0000-00-00
        ACTIVE,
        LEAVER,  # active and terminated
        LEAVER,  # inactive
        "employeeNumber/required",
        ACTIVE,  # without an address: no login can be made of it
    ],
    "entra-bulk-create-csv.csv": [
        ACTIVE,  # the example row above is no row at all
        SUSPENDED,  # Block sign in: Yes
        "displayName/required",
    ],
    "entra-graph-json.json": [
        ACTIVE,
        ACTIVE,
        SUSPENDED,
        LEAVER,  # @removed: changed
        LEAVER,  # @removed: deleted
        "present-needs-login",
        "employeeHireDate/date",
    ],
    "entra-users-csv.csv": [
        ACTIVE,
        ACTIVE,
        ACTIVE,  # a guest whose name is =1+3
        SUSPENDED,
        "id/pattern",
        ACTIVE,
    ],
    "entra-users-csv-2020.csv": [  # refused: two of three share a login
        ACTIVE,
        "userPrincipalName/unique",
        "userPrincipalName/unique",
    ],
    "generic-hr.csv": [ACTIVE, ACTIVE, FUTURE, LEAVER, LEAVE, "employed-needs-email"],
    "google-directory-json.json": [
        ACTIVE,
        ACTIVE,  # never signed in
        SUSPENDED,
        LEAVER,  # archived, and not suspended
        "primaryEmail/required",
    ],
    "google-upload-csv.csv": [NO_STATUS, NO_STATUS, "Email Address/format"],
    "google-users-csv.csv": [
        ACTIVE,
        ACTIVE,
        ACTIVE,  # never logged in
        SUSPENDED,
        LEAVER,
        "Last Name/required",
        ACTIVE,  # a last sign-in of another form decides nothing
    ],
    "google-users-csv-2020.csv": [ACTIVE, ACTIVE, ACTIVE, SUSPENDED, LEAVER],
    "hibob-people-json.json": [
        ACTIVE,
        LEAVE,
        FUTURE,
        LEAVER,
        SUSPENDED,  # garden leave
        "employed-needs-email",
        ACTIVE,
    ],
    "jumpcloud-import-csv.csv": [NO_STATUS, NO_STATUS, "Username/required"],
    "jumpcloud-users-csv.csv": [
        ACTIVE,
        SUSPENDED,  # activated and suspended
        FUTURE,
        ACTIVE,  # locked for a while
        "email/format",
    ],
    "jumpcloud-users-json.json": [
        ACTIVE,
        ACTIVE,  # locked for a while
        SUSPENDED,  # activated and suspended
        "email/unique",
        "email/unique",
    ],
    "m365-users-csv.csv": [
        ACTIVE,
        SUSPENDED,  # Block credential: True
        ACTIVE,
        "User principal name/required",
    ],
    "midpoint-hris.csv": [ACTIVE, LEAVE, LEAVER, "empnum/required"],
    "ms-csv2scim.csv": [ACTIVE, LEAVE, LEAVER, LEAVER, "WorkerID/unique", "WorkerID/unique"],
    "okta-import-csv.csv": [
        NO_STATUS,
        "login/unique",
        "login/unique",
        "lastName/required",
        NO_STATUS,  # Dee Null of Namibia (NA)
        NO_STATUS,
    ],
    "okta-password-health-csv.csv": [
        ACTIVE,
        ACTIVE,  # locked out
        FUTURE,
        SUSPENDED,
        LEAVER,
        "Login/required",
    ],
    "okta-rockstar-csv.csv": [ACTIVE, ACTIVE, FUTURE, SUSPENDED, "Primary email/format"],
    "okta-users-json.json": [ACTIVE, FUTURE, LEAVER, "login/required"],
    "onelogin-users-json.json": [
        ACTIVE,
        ACTIVE,  # locked
        FUTURE,  # active and unapproved
        SUSPENDED,
        LEAVER,  # active and rejected
        FUTURE,
        "status-given",
        ACTIVE,
    ],
    "personio-employees-csv.csv": [
        ACTIVE,
        LEAVE,
        FUTURE,
        LEAVER,
        ACTIVE,  # a date in ISO among German ones
        "Eintrittsdatum/date",  # 31.02.2018
    ],
    "personio-employees-json.json": [
        ACTIVE,
        LEAVE,
        FUTURE,
        LEAVER,
        "employed-needs-email",
        "hire_date/date",  # without the zone that the contract declares
        ACTIVE,
    ],
    "pingone-import-csv.csv": [
        ACTIVE,
        ACTIVE,  # nothing under `enabled`
        SUSPENDED,
        "email/required",
    ],
    "pingone-users-json.json": [
        ACTIVE,
        ACTIVE,  # locked
        "username/unique",
        "username/unique",
    ],
    "rippling-employees-csv.csv": [
        ACTIVE,
        ACTIVE,
        LEAVER,
        LEAVER,
        FUTURE,
        "employed-needs-email",
        LEAVER,  # of two employments the ended one
        ACTIVE,  # and the open one
        "one-row-per-employment",
        "one-row-per-employment",
    ],
    "rippling-workers-json.json": [ACTIVE, ACTIVE, FUTURE, LEAVER, "employed-needs-email"],
    "successfactors-employees-csv.csv": [
        ACTIVE,  # the labels above are no row at all
        ACTIVE,
        SUSPENDED,  # inactive: on leave or gone
        "employed-needs-email",
        "HIREDATE/date",  # 13/01/2018
        ACTIVE,
    ],
    "successfactors-users-json.json": [
        ACTIVE,
        ACTIVE,  # T: external, begun before 1970
        FUTURE,
        SUSPENDED,  # f: on leave or gone
        LEAVER,
        "employed-needs-email",
        "hireDate/date",
    ],
    "ukg-pro-json.json": [
        ACTIVE,
        "employeeID/unique",
        LEAVER,  # the ended one of two employments
        ACTIVE,  # the open one
        LEAVER,
        "employed-needs-email",
        "employeeID/unique",
    ],
    "ukg-pro-csv.csv": [
        ACTIVE,
        LEAVE,
        LEAVER,  # the ended one of two employments
        ACTIVE,  # the open one, and no last day
        LEAVER,
        ACTIVE,  # the status in a word
        "employed-needs-email",
    ],
    "workday-raas-xml.xml": [
        ACTIVE,
        LEAVE,
        LEAVER,
        ACTIVE,  # a contingent worker, by the id of the reference
        "employed-needs-email",
        "Hire_Date/date",  # 01/03/2018
    ],
    "workday-raas-json.json": [
        ACTIVE,
        LEAVE,
        LEAVER,  # the flag 0, of somebody who has yet to begin
        LEAVER,
        ACTIVE,  # a contingent worker
        ACTIVE,  # the flag 1
        "employed-needs-email",
        "Hire_Date/date",  # 01/03/2018
    ],
}

ENDINGS = (".csv", ".json", ".ldif", ".xml")
REFUSED = {"entra-users-csv-2020.csv"}
WITH_STATUS = [sample for sample, rows in EXPECTED.items() if NO_STATUS not in rows]


def contract_of(sample: str) -> str:
    """A second sample of a contract carries a year."""
    return re.sub(r"-20\d\d$", "", Path(sample).stem)


def raw(sample: str) -> RawBatch:
    contract = read_contract(contract_of(sample), SAMPLES)
    settings = SourceSettings(contract=contract.name, path=sample)
    return read_batch("hr", settings, contract, folder=SAMPLES, now=NOW)


def fates(checked: CheckedBatch, lines: list[int]) -> list[str]:
    """What became of each row, in the file's order."""
    states = dict(zip(checked.accepted[LINE], texts(checked.accepted[STATE]), strict=True))
    aside = {row.line: ", ".join(row.rule_ids) for row in checked.report.quarantined}
    return [aside[line] if line in aside else states[line] or NO_STATUS for line in lines]


def test_each_published_contract_has_a_sample() -> None:
    assert {contract_of(sample) for sample in EXPECTED} == set(list_published())
    assert EXPECTED.keys() == {p.name for p in SAMPLES.iterdir() if p.suffix in ENDINGS}


@pytest.mark.parametrize("sample", EXPECTED)
def test_a_sample_is_recognised(sample: str) -> None:
    seen = recognise(SAMPLES / sample)
    assert seen.best is not None
    assert (seen.best.contract, seen.best.fits) == (contract_of(sample), True)


@pytest.mark.parametrize("sample", EXPECTED)
def test_what_becomes_of_every_row_is_known(sample: str) -> None:
    lines = raw(sample).frame[LINE].tolist()
    checked = check_published(contract_of(sample), SAMPLES / sample)
    report = checked.report
    assert report.rows_read == len(EXPECTED[sample]) == len(lines)
    if sample in REFUSED:
        assert report.verdict is BatchVerdict.REFUSED
        aside = {row.line: ", ".join(row.rule_ids) for row in report.quarantined}
        expected = {line: fate for line, fate in zip(lines, EXPECTED[sample], strict=True)}
        assert aside == {line: fate for line, fate in expected.items() if "/" in fate}
        return
    assert fates(checked, lines) == EXPECTED[sample], report.refusals
    assert report.rows_accepted + len(report.quarantined) == report.rows_read


@pytest.mark.parametrize("sample", WITH_STATUS)
def test_a_status_that_nobody_knows_refuses_the_export_and_is_named(sample: str) -> None:
    contract = read_contract(contract_of(sample), SAMPLES)
    assert contract.status is not None
    batch = raw(sample)
    column = contract.status.columns[0]
    frame = batch.frame.copy()
    frame.loc[0, column] = "Zwischenstand"
    report = check_batch(replace(batch, frame=frame), contract).report
    assert report.verdict is BatchVerdict.REFUSED
    assert any("Zwischenstand" in refusal for refusal in report.refusals)
    assert "status-known" in {rule.rule_id for rule in report.rules if rule.failing}


@pytest.mark.parametrize("sample", EXPECTED)
def test_without_a_column_that_it_needs_the_export_is_refused(sample: str) -> None:
    contract = read_contract(contract_of(sample), SAMPLES)
    batch = raw(sample)
    for column in contract.columns:
        if column.required:
            report = check_batch(
                replace(batch, frame=batch.frame.drop(columns=column.name)), contract
            ).report
            assert report.verdict is BatchVerdict.REFUSED, column.name
            assert repr(column.name) in report.refusals[0]


@pytest.mark.parametrize("sample", EXPECTED)
def test_managers_who_are_not_there_are_told_and_stop_nobody(sample: str) -> None:
    contract = read_contract(contract_of(sample), SAMPLES)
    rules = [rule for rule in contract.rules if rule.rule_id.endswith("/reference")]
    report = check_published(contract.name, SAMPLES / sample).report
    results = {rule.rule_id: rule for rule in report.rules}
    for rule in rules:
        assert results[rule.rule_id].severity is Severity.WARN
        if sample not in REFUSED | WITHOUT_STRANGERS:
            assert results[rule.rule_id].failing, "the sample has a manager from elsewhere"


def test_a_last_day_before_the_first_day_is_told_with_its_line_and_stops_nobody(
    tmp_path: Path,
) -> None:
    """After a rehire the old date of termination may still stand there."""
    header, *rows = csv.reader(
        (SAMPLES / "bamboohr-report.csv").read_text(encoding="utf-8").splitlines()
    )
    cells = dict(zip(header, rows[0], strict=True))
    early = cells | {"Hire Date": "2020-03-01", "Termination Date": "2020-02-29"}
    same = early | {"Termination Date": "2020-03-01", "Employee #": "009999"}
    same |= {"Work Email": "x@y.example", "EEID": "4199"}
    with (tmp_path / "hr.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, early.values(), same.values(), *rows[1:]])
    report = check_published("bamboohr-report", tmp_path / "hr.csv").report
    (result,) = [rule for rule in report.rules if rule.rule_id == "leaves-after-joining"]
    assert (result.severity, result.failing, result.lines) == (Severity.WARN, 1, (2,))
    assert 2 not in {row.line for row in report.quarantined}


WITHOUT_STRANGERS = {
    "ad-csvde-csv.csv",
    "google-directory-json.json",
    "google-upload-csv.csv",
    "jumpcloud-users-json.json",
}
"""Samples whose managers are all in the file."""


@pytest.mark.parametrize(
    ("contract", "column", "expected"),
    [
        ("ukg-pro-csv", "Company Code", {4: "one-row-per-company", 5: "one-row-per-company"}),
        ("adp-workers-csv", "Position ID", {4: "one-row-per-position", 5: "one-row-per-position"}),
    ],
)
def test_without_what_tells_employments_apart_a_report_has_one_row_for_each_person(
    tmp_path: Path, contract: str, column: str, expected: dict[int, str]
) -> None:
    """Whether a row is another employment or was delivered twice, nobody could say."""
    with (SAMPLES / f"{contract}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        del row[column]
    with (tmp_path / "hr.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    seen = recognise(tmp_path / "hr.csv")
    assert seen.best is not None
    assert (seen.best.contract, seen.best.fits) == (contract, True)
    report = check_published(contract, tmp_path / "hr.csv").report
    aside = {row.line: ", ".join(row.rule_ids) for row in report.quarantined}
    assert {line: aside[line] for line in expected} == expected
    assert all("one-row" not in rules for line, rules in aside.items() if line not in expected)


def test_a_report_of_adp_may_have_the_group_of_each_field_in_its_header(tmp_path: Path) -> None:
    header, *rows = (SAMPLES / "adp-workers-csv.csv").read_text(encoding="utf-8").splitlines()
    personal = {"First Name": "Legal First Name", "Last Name": "Legal Last Name"}
    personal |= {"Work Email": "Work Contact: Work Email"}
    described = {"Job Title", "Home Department", "Location"}
    names = []
    for name in header.split(","):
        if name in personal:
            names.append(f"{personal[name]} (Personal Profile)")
        elif name in described:
            names.append(f"{name} Description (Employment Profile)")
        elif name == "Worker Category":
            names.append("Worker category description (Employment Profile)")
        else:
            names.append(name if name == "File Number" else f"{name} (Employment Profile)")
    path = tmp_path / "hr.csv"
    path.write_text("\n".join([",".join(names), *rows]), encoding="utf-8")
    seen = recognise(path)
    assert seen.best is not None
    assert (seen.best.contract, seen.best.fits) == ("adp-workers-csv", True)
    plain, grouped = (
        check_published("adp-workers-csv", each).report
        for each in (SAMPLES / "adp-workers-csv.csv", path)
    )
    assert [(r.line, r.rule_ids) for r in grouped.quarantined] == [
        (r.line, r.rule_ids) for r in plain.quarantined
    ]


def test_all_made_up_addresses_lead_nowhere() -> None:
    for path in SAMPLES.iterdir():
        text = path.read_bytes().decode("cp1252" if "personio" in path.name else "utf-8")
        for address in re.findall(r"[\w.+-]+@[\w.-]+\w", text):
            assert address.lower().endswith(".example"), f"{path.name}: {address}"


def test_no_password_of_a_sample_is_read() -> None:
    for sample in EXPECTED:
        cells = raw(sample).frame.astype("str").to_numpy().ravel().tolist()
        assert "not-a-real-one" not in cells
        assert "****" not in cells
