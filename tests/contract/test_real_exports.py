"""Files that others wrote: each with the verdict that is expected of it, and why."""

import json
from pathlib import Path

import pytest

from data_contracts.columns import texts
from data_contracts.configuration import SourceSettings
from data_contracts.frames import STATE
from data_contracts.odcs import parse_contract
from data_contracts.words import BatchVerdict
from tasks.extract.contracts import read_contract
from tasks.extract.exports import read_batch
from tasks.extract.recognise import propose_contract, recognise
from tests.export_parts import DATA, NOW, check_published

ACCEPTED = {
    # file: contract, states of the rows
    "cartography/jumpcloud_users.json": ("jumpcloud-users-json", {"active": 1, "suspended": 1}),
    # a list of pages
    "cartography/googleworkspace_users.json": ("google-directory-json", {"active": 2}),
    "pingone/examples.csv": ("pingone-import-csv", {"active": 2}),
    "midpoint/hris_demo__export-initial.csv": (
        "midpoint-hris",
        {"active": 43, "on_leave": 5, "leaver": 2},
    ),
    "midpoint/hris_demo__initial_data.csv": (
        "midpoint-hris",
        {"active": 43, "on_leave": 5, "leaver": 2},
    ),
    "ms-csv2scim/csv-with-2-records.csv": ("ms-csv2scim", {"active": 1, "leaver": 1}),
    "ms-csv2scim/csv-with-5-records.txt": ("ms-csv2scim", {"active": 2, "on_leave": 3}),
}

REFUSED = {
    # file: contract, what the refusal says
    "ms-csv2scim/csv-with-1000-records.csv": (
        "ms-csv2scim",
        "265 values of `WorkerID` stand in several rows",
    ),
    "ms-csv2scim/contractorData.csv": (
        "ms-csv2scim",
        "42 values of `WorkerID` stand in several rows",
    ),
    "ms-csv2scim/employeeData.csv": ("ms-csv2scim", "44 values of `WorkerID` stand in several"),
    "ms-csv2scim/internData.csv": ("ms-csv2scim", "52 values of `WorkerID` stand in several rows"),
    "google-headers/bulk_upload_template_29cols.csv": ("google-upload-csv", "no rows"),
    "google-headers/download_users_2019_2021_34cols.csv": ("google-users-csv", "no rows"),
    "google-headers/download_users_2026_37cols.csv": ("google-users-csv", "no rows"),
    # who has left cannot be told from these: they have no status
    "cartography/hibob_employees.json": ("hibob-people-json", "missing column: 'status'"),
    "cartography/workday_raas.json": ("workday-raas-json", "missing column: 'Worker_Status'"),
}

DRAFTED = {
    # file: the key that the draft proposes; a person completes it
    "midpoint/demo__alice__init__midpoint__resources__hr.csv": "empno",
    "midpoint/simulation__tutorial__hr.csv": "ident",
    "cartography/hibob_employees.json": "id",
    "cartography/workday_raas.json": "Employee_ID",
    # requests to a target, and no exports: a person sees that
    "ms-csv2scim/Extended-SCIM-bulk-request-Core+Enterprise.json": "data.id",
    "ms-csv2scim/Sample-CSV-2-SCIM-payload.json": (
        "data.urn:ietf:params:scim:schemas:extension:csv:1.0:User.WorkerID"
    ),
}


def test_every_file_has_its_verdict() -> None:
    folders = ("cartography", "google-headers", "midpoint", "ms-csv2scim", "pingone")
    found = {f"{d}/{p.name}" for d in folders for p in (DATA / d).iterdir()}
    assert {name for name in found if not name.endswith("LICENSE")} == (
        ACCEPTED.keys() | REFUSED.keys() | DRAFTED.keys()
    )


@pytest.mark.parametrize("name", ACCEPTED)
def test_a_good_file_is_recognised_and_accepted(name: str) -> None:
    contract, states = ACCEPTED[name]
    seen = recognise(DATA / name)
    assert seen.best is not None
    assert (seen.best.contract, seen.best.fits) == (contract, True)
    checked = check_published(contract, DATA / name)
    assert checked.report.verdict is BatchVerdict.ACCEPTED
    assert checked.accepted[STATE].value_counts().to_dict() == states


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_file_is_recognised_and_refused(name: str) -> None:
    contract, words = REFUSED[name]
    seen = recognise(DATA / name)
    assert seen.best is not None
    assert seen.best.contract == contract
    report = check_published(contract, DATA / name).report
    assert report.verdict is BatchVerdict.REFUSED
    assert any(words in refusal for refusal in report.refusals)


@pytest.mark.parametrize("name", DRAFTED)
def test_a_file_without_a_contract_gets_a_draft(name: str) -> None:
    seen = recognise(DATA / name)
    assert seen.best is None or not seen.best.fits
    assert parse_contract(propose_contract(DATA / name), origin="draft").key == DRAFTED[name]


def test_the_numbers_that_belong_to_several_people_are_all_named() -> None:
    path = DATA / "ms-csv2scim" / "csv-with-1000-records.csv"
    contract = read_contract("ms-csv2scim", path.parent)
    settings = SourceSettings(contract=contract.name, path=path.name)
    ids = texts(read_batch("hr", settings, contract, folder=path.parent, now=NOW).frame["WorkerID"])
    doubled = {number for number in ids if ids.count(number) > 1}
    assert len(doubled) == 265
    report = check_published("ms-csv2scim", path).report
    named = {row.worker_key for row in report.quarantined if "WorkerID/unique" in row.rule_ids}
    assert named == doubled
    assert report.rows_accepted == 0


def test_a_list_of_pages_is_read_as_the_list_of_all_their_people(tmp_path: Path) -> None:
    path = DATA / "cartography" / "googleworkspace_users.json"
    pages = json.loads(path.read_text())
    whole = {"users": [user for page in pages for user in page["users"]]}
    (tmp_path / "users.json").write_text(json.dumps(whole))
    for form in (path, tmp_path / "users.json"):
        checked = check_published("google-directory-json", form)
        assert texts(checked.accepted["title"]) == ["Chief Executive Officer", None]
