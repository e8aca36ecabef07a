"""An export that changed as a whole is told as such, with what to write into the contract."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from data_contracts.errors import EXIT_CONTRACT, BatchRefused
from data_contracts.words import BatchVerdict
from tests.command_parts import HEADER, Company, company, person
from tests.export_parts import check, contract, document


@pytest.fixture
def acme(tmp_path: Path) -> Iterator[Company]:
    with company(tmp_path) as acme:
        yield acme


def allow(acme: Company, text: str) -> None:
    """Do what the remedy says: save it, and name it in the settings."""
    path = acme.folder / "contracts" / "hr.odcs.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    acme.settings({"sources": {"hr": {"contract": "contracts/hr.odcs.yaml"}}})


def test_new_statuses_are_named_with_counts_and_the_lines_that_allow_them(acme: Company) -> None:
    acme.export(person(1, status="sabbatical"), person(2, status="sabbatical"), person(3))
    said = acme.say("check")
    assert said.code == EXIT_CONTRACT
    assert "breaking change of the export: 2 rows break `status-known`" in said.text
    assert "status 'sabbatical' of 'status' is new (2 rows)" in said.text
    [source] = acme.say("check", "--json").document["sources"]
    assert [(c["kind"], c["found"], c["rows"]) for c in source["changes"]] == [
        ("status_unknown", "sabbatical", 2)
    ]
    assert "            sabbatical: FILL IN   # rows: 2;" in said.out
    allow(acme, source["remedy"].replace("sabbatical: FILL IN", "sabbatical: on_leave"))
    assert acme.say("check").code == 0


def test_a_renamed_and_a_gone_column_are_told_apart_and_allowed(acme: Company) -> None:
    header = HEADER.replace("first_name", "First-Name").replace(",title", "")
    rows = [person(n).replace(f",Title {n}", "") for n in (1, 2)]
    acme.export(*rows, header=header)
    said = acme.say("check")
    assert said.code == EXIT_CONTRACT
    assert "column 'first_name' is gone, and 'First-Name' is new: renamed?" in said.text
    [source] = acme.say("check", "--json").document["sources"]
    kinds = {change["column"]: change["kind"] for change in source["changes"]}
    assert kinds["first_name"] == "column_renamed"
    allow(acme, source["remedy"])
    assert acme.say("check").code == 0
    [source] = acme.say("check", "--json").document["sources"]
    assert source["rows_accepted"] == 2
    assert (source["changes"], source["remedy"]) == ([], None)


def test_a_key_that_is_gone_cannot_be_made_optional(acme: Company) -> None:
    acme.export("x,y", header="a,b")
    [source] = acme.say("check", "--json").document["sources"]
    assert "# FILL IN: employee_id cannot be left out, it decides" in source["remedy"]
    assert yaml.safe_load(source["remedy"])["schema"][0]["name"] == "people"


def test_a_run_is_refused_with_the_change_named_and_writes_nothing(acme: Company) -> None:
    acme.export(person(1, status="sabbatical"), person(2))
    with pytest.raises(BatchRefused) as told:
        acme.sync()
    assert "breaking change of the export" in told.value.message
    assert "'sabbatical' (1)" in told.value.message
    assert "what to write into the contract" in told.value.hint
    assert not [request for request in acme.requests() if not request.startswith("GET")]


def test_lines_for_a_contract_of_ones_own_name_its_file(tmp_path: Path) -> None:
    (tmp_path / "own.odcs.yaml").write_text(yaml.safe_dump(document(), sort_keys=False))
    with company(tmp_path) as acme:
        acme.settings({"sources": {"hr": {"contract": "./own.odcs.yaml"}}})
        acme.export("7,Ann,a@x.ch,Away,2020-01-31", header="id,name,email,status,since")
        [source] = acme.say("check", "--json").document["sources"]
    assert source["remedy"].startswith(f"# Change in {tmp_path / 'own.odcs.yaml'}:\nschema:")
    assert "Away: FILL IN" in source["remedy"]


def test_values_that_can_be_no_statuses_are_nowhere(tmp_path: Path) -> None:
    rows = [f"{i},N,p{i}@x.ch,Family name of {i},2020-01-31" for i in range(30)]
    checked = check(tmp_path, "\n".join(["id,name,email,status,since", *rows]) + "\n")
    assert checked.report.verdict is BatchVerdict.REFUSED
    assert checked.report.changes == ()
    assert checked.report.remedy == ""
    long = "a person's whole life in one cell, " * 3
    checked = check(tmp_path, f"id,name,email,status,since\n1,N,,{long},2020-01-31\n", contract())
    assert checked.report.changes == ()


def test_a_draft_that_knows_no_status_tells_of_no_change(tmp_path: Path) -> None:
    status = {"property": "status", "value": {"columns": ["status"], "states": {}}}
    draft = contract(schema={"customProperties": [status]})
    report = check(tmp_path, "id,name,email,status,since\n1,N,,Here,2020-01-31\n", draft).report
    assert report.verdict is BatchVerdict.REFUSED
    assert "breaking change" not in report.refusals[0]
    assert "Here: FILL IN" in report.remedy
