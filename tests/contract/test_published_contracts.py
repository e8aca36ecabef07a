"""The published contracts are sound and fit real exports; the catalogue is the library's."""

from pathlib import Path
from typing import Any

import pytest

from data_contracts.export_contract import WorkerField
from data_contracts.odcs.columns import _KNOWN as COLUMN_PROPERTIES
from data_contracts.odcs.contract import _PROPERTIES as SCHEMA_PROPERTIES
from data_contracts.odcs.cut_texts import cut_texts
from data_contracts.odcs.expectations import EXPECTATIONS
from data_contracts.odcs.quality import _METRICS
from data_contracts.odcs.reader import _KNOWN as READER_PROPERTIES
from data_contracts.words import BatchVerdict, Severity, WorkerState
from tasks.extract.contracts import list_published, published_text, read_contract
from tasks.validate.expectations import OWN, expectation_classes
from tasks.validate.quiet import quiet_library
from tests.export_parts import DATA, check_published

README = Path("data_contracts/published/README.md").read_text(encoding="utf-8")


WITHOUT_STATUS = {
    "bamboohr-directory-json",
    "google-upload-csv",
    "jumpcloud-import-csv",
    "okta-import-csv",
}
"""Templates and lists that say of nobody what they are: they can never make somebody a leaver."""


@pytest.mark.parametrize("name", list_published())
def test_a_published_contract_is_sound_and_complete(name: str) -> None:
    contract = read_contract(name, Path())
    assert contract.name == name
    assert contract.description
    assert contract.owner
    assert (contract.status is None) == (name in WITHOUT_STATUS)
    assert contract.status is None or contract.status.states
    assert WorkerField.WORKER_ID in contract.meanings
    assert {WorkerField.GIVEN_NAME, WorkerField.DISPLAY_NAME} & contract.meanings.keys()
    assert f"`{name}`" in README


@pytest.mark.parametrize("name", list_published())
def test_a_published_contract_explains_itself_to_those_who_read_it(name: str) -> None:
    lines = Path(f"data_contracts/published/{name}.odcs.yaml").read_text().splitlines()
    assert sum(line.startswith("#") for line in lines) >= 5


@pytest.mark.parametrize("name", list_published())
def test_no_text_of_a_published_contract_is_cut_off_by_yaml(name: str) -> None:
    assert cut_texts(published_text(name)) == []


def test_absence_means_something_only_where_everybody_is_in_the_export() -> None:
    rosters = {name for name in list_published() if read_contract(name, Path()).complete_roster}
    assert rosters == {
        "bamboohr-report",
        "bamboohr-report-json",
        "generic-hr",
        "midpoint-hris",
        "ms-csv2scim",
    }


@pytest.mark.parametrize("name", ["hris_demo__initial_data.csv", "hris_demo__export-initial.csv"])
def test_the_real_files_of_midpoint_keep_their_contract(name: str) -> None:
    checked = check_published("midpoint-hris", DATA / "midpoint" / name)
    assert checked.report.verdict is BatchVerdict.ACCEPTED
    assert checked.report.rows_accepted == 50
    assert checked.accepted["_state"].value_counts().to_dict() == {
        WorkerState.ACTIVE: 43,
        WorkerState.ON_LEAVE: 5,
        WorkerState.LEAVER: 2,
    }
    assert checked.complete_roster


def test_the_small_real_file_of_csv2scim_keeps_its_contract() -> None:
    checked = check_published("ms-csv2scim", DATA / "ms-csv2scim" / "csv-with-5-records.txt")
    assert checked.report.verdict is BatchVerdict.ACCEPTED
    rows = checked.accepted
    joined = (rows["WorkerStatus"] + "|" + rows["OnLeave"]).tolist()
    assert set(zip(joined, rows["_state"], strict=True)) == {
        ("Active|True", "on_leave"),
        ("Active|False", "active"),
    }


def test_an_export_without_a_status_is_never_a_roster() -> None:
    for name in WITHOUT_STATUS:
        assert not read_contract(name, Path()).complete_roster


def test_a_manager_is_never_named_by_a_name() -> None:
    for name in list_published():
        contract = read_contract(name, Path())
        if WorkerField.MANAGER in contract.meanings:
            related = any("reference" in rule.rule_id for rule in contract.rules)
            assert contract.manager_by or related or name == "okta-rockstar-csv"


def test_every_word_of_a_contract_is_explained() -> None:
    words = [
        *COLUMN_PROPERTIES,
        *SCHEMA_PROPERTIES,
        *(name for name in READER_PROPERTIES),
        *_METRICS,
        *map(str, WorkerField),
        *(str(state) for state in WorkerState),
        *(own.name for own in OWN if own.takes != "list" and "dates" not in own.name),
    ]
    assert [word for word in words if word not in README] == []


def _sample(name: str) -> dict[str, Any]:
    values: dict[str, Any] = {
        "column": "c0",
        "column_A": "c0",
        "column_B": "c1",
        "column_list": ["c0", "c1"],
        "column_set": ["c0"],
        "exact_match": False,
        "value_set": ["x"],
        "when_in": ["x"],
        "known": ["x|y"],
        "domains": ["acme.example"],
        "regex": "x",
        "min_value": 1,
        "max_value": 2,
        "or_equal": True,
        "ignore_row_if": "either_value_is_missing",
        "formats": ["yyyy-MM-dd"],
        "day": "local",
        "bits": [0, 2],
        "ignoring_case": True,
        "earliest": "1900-01-01",
        "latest": "2100-12-31",
    }
    shape = EXPECTATIONS[name]
    return {a: values[a] for a in (*shape.columns, *shape.required, *shape.optional)}


@pytest.mark.parametrize("name", EXPECTATIONS)
def test_every_expectation_of_the_catalogue_is_the_librarys_with_these_arguments(name: str) -> None:
    with quiet_library():
        from great_expectations.expectations.registry import get_expectation_impl

        expectation_classes()
        made = get_expectation_impl(name)(**_sample(name))
    arguments = made.configuration.kwargs
    assert {key: arguments[key] for key in _sample(name)} == _sample(name)


def test_our_expectations_are_all_in_the_catalogue() -> None:
    assert {own.name for own in OWN} <= EXPECTATIONS.keys()


def test_no_published_rule_refuses_everybody_for_one_row_but_the_status() -> None:
    for name in list_published():
        for rule in read_contract(name, Path()).rules:
            if rule.row_level and rule.severity is Severity.REFUSE:
                assert rule.rule_id == "status-known"
