"""`scimflow contract`: shown for people and programs, tried, drafted, compared."""

import html
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from data_contracts.errors import EXIT_CHANGES, EXIT_CONTRACT, EXIT_USAGE
from data_contracts.words import BatchVerdict
from tasks.extract.contracts import list_published, read_contract
from tests.command_parts import Said, say
from tests.export_parts import DATA, check_published, custom, document

MIDPOINT = DATA / "midpoint" / "hris_demo__initial_data.csv"
HEADER = (
    "Employee #,First Name,Last Name,Work Email,Job Title,Department,Employment Status,"
    "Hire Date,Termination Date"
)
ROW = "7,Ann,Lee,a@x.ch,T,D,{},2020-01-31,"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def contract(*words: str | Path) -> Said:
    return say("contract", *words)


def test_the_list_says_of_each_published_contract_what_it_is_about() -> None:
    said = contract("list")
    assert said.code == 0
    for name in list_published():
        assert f" {name} " in f" {said.text} "
    listed = contract("list", "--json").document["contracts"]
    assert [entry["name"] for entry in listed] == list(list_published())
    rosters = {entry["name"]: entry["complete_roster"] for entry in listed}
    assert rosters["bamboohr-report"] is True
    assert rosters["okta-users-json"] is False
    assert {entry["format"] for entry in listed} >= {"csv", "json"}


def test_a_contract_is_shown_with_columns_statuses_rules_and_how_it_is_read() -> None:
    said = contract("show", "bamboohr-report")
    for words in (
        "Between cells ,",
        "People are known by Employee #",
        "Work Email always email",
        "Leave of Absence on_leave is on leave",
        "sets the row aside Work Email/format `Work Email` must be written like a valid email",
        "whoever is absent from it has left",
        "Written yyyy-MM-dd.",
    ):
        assert words in said.text
    shown = contract("show", "bamboohr-report", "--json").document
    assert shown["status"]["states"]["Terminated"] == "leaver"
    assert shown["columns"][0]["means"] == ["worker_id", "employee_number"]
    assert {rule["severity"] for rule in shown["rules"]} == {"refuse", "quarantine", "warn"}


NASTY = "<script>alert(1)</script> [x](http://evil.example) | `y`"


def nasty(folder: Path) -> Path:
    data = document(description={"purpose": NASTY})
    data["schema"][0]["properties"][1]["name"] = "<img src=x onerror=alert(1)>"
    data["schema"][0]["properties"][1]["description"] = NASTY
    path = folder / "nasty.odcs.yaml"
    path.write_text(yaml.safe_dump(data))
    return path


def test_the_page_shows_everything_as_it_is_and_runs_nothing(tmp_path: Path) -> None:
    page = contract("show", nasty(tmp_path), "--html").out
    assert "<script" not in page
    assert "<img" not in page
    assert html.escape(NASTY) in page
    assert not re.search(r"(src|href)\s*=", re.sub(r"&lt;.*?&gt;", "", page))
    assert "default-src 'none'" in page
    markdown = contract("show", nasty(tmp_path), "--markdown").out
    assert r"\<script\>" in markdown
    assert "[x](" not in markdown
    assert "\x1b" not in contract("show", nasty(tmp_path)).out


def test_a_page_goes_to_a_file_and_says_where_it_cannot(tmp_path: Path) -> None:
    assert contract("show", "generic-hr", "--html", "-o", "hr.html").code == 0
    assert (tmp_path / "hr.html").read_text().startswith("<!doctype html>")
    said = contract("show", "generic-hr", "-o", "nowhere/hr.md")
    assert said.code == EXIT_USAGE
    assert "nowhere/hr.md cannot be written" in said.text


def test_two_ways_of_writing_cannot_go_together() -> None:
    said = contract("show", "generic-hr", "--html", "--json")
    assert said.code == EXIT_USAGE
    assert "--json and --html cannot go together" in said.text


@pytest.mark.parametrize("name", list_published())
def test_the_sample_export_keeps_its_own_contract(name: str, tmp_path: Path) -> None:
    written = contract("show", name, "--sample", "-o", "export")
    if str(read_contract(name, tmp_path).reader.format) not in ("csv", "json", "jsonl"):
        assert (written.code, "a sample is written as CSV or JSON" in written.text) == (64, True)
        return
    assert written.code == 0
    checked = check_published(name, tmp_path / "export")
    assert checked.report.quarantined == ()
    assert checked.report.verdict is BatchVerdict.ACCEPTED
    assert checked.report.rows_accepted == 1
    if read_contract(name, tmp_path).status is not None:
        assert list(checked.accepted["_state"]) == ["active"]
    assert contract("show", name, "--sample").out.strip()


def test_a_sample_follows_pattern_delimiter_and_encoding(tmp_path: Path) -> None:
    server = {"encoding": "utf-16", "customProperties": custom(delimiter=";", skipLines=1)}
    data = document(server=server)
    data["schema"][0]["properties"][0]["logicalTypeOptions"] = {"pattern": "^[A-Z]{2}-\\d{5}(a|b)$"}
    (tmp_path / "own.odcs.yaml").write_text(yaml.safe_dump(data))
    contract("show", "own.odcs.yaml", "--sample", "-o", "export.csv")
    said = contract("test", "own.odcs.yaml", "export.csv", "--json")
    assert said.code == 0
    assert said.document["sources"][0]["rows_accepted"] == 1
    assert "BB-11111a" in (tmp_path / "export.csv").read_text(encoding="utf-16")


def rows_of(name: str, path: Path) -> list[dict[str, Any]]:
    frame = check_published(name, path).accepted.drop(columns=["_line", "_state"])
    return [
        {k: None if v != v else v for k, v in row.items()}
        for row in frame.astype(object).to_dict("records")
    ]


def test_rows_that_go_on_are_valid_by_the_json_schema_and_others_are_not() -> None:
    schema = contract("show", "midpoint-hris", "--json-schema").document
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    rows = rows_of("midpoint-hris", MIDPOINT)
    assert len(rows) == 50
    assert [row for row in rows if not validator.is_valid(row)] == []
    key = read_contract("midpoint-hris", Path()).key
    assert not validator.is_valid({**rows[0], key: None})
    status = read_contract("midpoint-hris", Path()).status
    assert status is not None
    assert not validator.is_valid({**rows[0], status.columns[0]: "Nobody knows"})
    assert "unique" in schema["$comment"]


def test_an_export_is_tried_without_settings(tmp_path: Path) -> None:
    (tmp_path / "hr.csv").write_text(f"{HEADER}\n{ROW.format('Full-Time')}\n")
    said = contract("test", "bamboohr-report", "hr.csv")
    assert said.code == 0
    assert "1 row read, 1 accepted" in said.text
    (tmp_path / "hr.csv").write_text(f"{HEADER}\n{ROW.format('Retired')}\n")
    assert contract("test", "bamboohr-report", "hr.csv").code == EXIT_CONTRACT
    assert contract("test", "bamboohr-report", "gone.csv").code == EXIT_CONTRACT
    unknown = contract("test", "bambohr", "hr.csv")
    assert unknown.code == EXIT_USAGE
    assert "did you mean 'bamboohr-report'?" in unknown.text


def test_a_contract_fitted_to_an_export_says_what_is_otherwise_and_takes_it_once_answered(
    tmp_path: Path,
) -> None:
    header = HEADER.replace("Work Email", "Work E-Mail").replace(",Job Title", "")
    row = ROW.format("Sabbatical").replace(",T,", ",")
    (tmp_path / "hr.csv").write_text(f"{header};\n".replace(",", ";").replace(";\n", "\n"))
    with (tmp_path / "hr.csv").open("a") as file:
        file.write(row.replace(",", ";") + "\n")
    said = contract("new", "hr.csv", "--extends", "bamboohr-report", "-o", "contracts/hr.odcs.yaml")
    assert said.code == 0
    assert "left to fill in: 1" in said.text
    path = tmp_path / "contracts" / "hr.odcs.yaml"
    text = path.read_text()
    assert "aliases, value: [Work E-Mail]" in text
    assert "Sabbatical: FILL IN   # rows: 1" in text
    refused = contract("show", path)
    assert refused.code == EXIT_USAGE
    assert "unknown state `FILL IN`" in refused.text
    path.write_text(text.replace("Sabbatical: FILL IN", "Sabbatical: on_leave"))
    tried = contract("test", path, "hr.csv", "--json")
    assert tried.code == 0, tried.text
    assert tried.document["sources"][0]["rows_accepted"] == 1
    again = contract("new", "hr.csv", "--extends", "bamboohr-report", "-o", path)
    assert again.code == EXIT_USAGE
    assert "use --force" in again.text


def test_a_contract_that_extends_another_begins_with_what_can_be_said(tmp_path: Path) -> None:
    text = contract("new", "--extends", "okta-users-json").out
    (tmp_path / "own.odcs.yaml").write_text(text)
    own, base = read_contract("own.odcs.yaml", tmp_path), read_contract("okta-users-json", tmp_path)
    assert own.rules == base.rules
    uncommented = re.sub(
        r"^(    )# (?=properties|  - name|    (logical|custom)|      - \{)", r"\1", text, flags=re.M
    )
    (tmp_path / "own.odcs.yaml").write_text(uncommented)
    assert "another header" in read_contract("own.odcs.yaml", tmp_path).column(base.key).aliases


def test_a_draft_of_an_unknown_export_and_a_call_without_anything(tmp_path: Path) -> None:
    (tmp_path / "odd.csv").write_text("nr,who\n1,Ann\n2,Bo\n")
    text = contract("new", "odd.csv").out
    assert "status: draft" in text
    assert contract("new").code == EXIT_USAGE
    other = contract("new", MIDPOINT, "--extends", "okta-users-json")
    assert other.code == EXIT_USAGE
    assert "is csv, and okta-users-json is about json" in other.text


def test_a_difference_that_breaks_exports_exits_2(tmp_path: Path) -> None:
    (tmp_path / "wider.odcs.yaml").write_text(contract("new", "--extends", "generic-hr").out)
    same = contract("diff", "generic-hr", "wider.odcs.yaml")
    assert same.code == 0
    assert "No difference but wording" in same.text
    old, new = document(), document()
    new["schema"][0]["properties"][1]["required"] = True
    for name, data in (("old", old), ("new", new)):
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(data))
    said = contract("diff", "old.yaml", "new.yaml")
    assert said.code == EXIT_CHANGES
    assert "1 breaking difference name/required rule added" in said.text
    back = contract("diff", "new.yaml", "old.yaml", "--json")
    assert back.code == 0
    assert back.document["breaking"] is False
    assert back.document["changes"][0]["subject"] == "name/required"
    assert json.loads(contract("diff", "old.yaml", "new.yaml", "--json").out)["breaking"] is True
    assert "## 1 breaking difference" in contract("diff", "old.yaml", "new.yaml", "--markdown").out


@pytest.mark.parametrize("name", list_published())
def test_each_published_contract_has_a_page_and_a_schema_that_its_sample_keeps(
    name: str, tmp_path: Path
) -> None:
    page = contract("show", name, "--markdown")
    assert page.code == 0
    assert f"# {name}".replace("_", r"\_") in page.out
    schema = contract("show", name, "--json-schema").document
    jsonschema.Draft202012Validator.check_schema(schema)
    if contract("show", name, "--sample", "-o", "export").code != 0:
        return  # of a format that is no text
    [row] = rows_of(name, tmp_path / "export")
    assert [e.message for e in jsonschema.Draft202012Validator(schema).iter_errors(row)] == []
    assert not jsonschema.Draft202012Validator(schema).is_valid(
        {**row, read_contract(name, tmp_path).key: None}
    )


def test_a_page_says_in_which_zone_a_day_counts_and_what_nobody_has_verified() -> None:
    text = contract("show", "successfactors-users-json").text
    assert "odata-millis" in text
    assert "The day counts in" in text
    assert "Not verified" in text
