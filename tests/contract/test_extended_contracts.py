"""A contract of one's own that extends a published one: both count, problems name their file."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from data_contracts.batch import CheckedBatch
from data_contracts.errors import ContractFileError
from data_contracts.export_contract import ExportContract
from data_contracts.odcs import parse_contract
from data_contracts.words import BatchVerdict, Severity, WorkerState
from tasks.extract.contracts import published_text, read_contract
from tests.export_parts import check, custom, document, extension

BAMBOOHR = (
    "Employee #,First Name,Last Name,Work Email,Job Title,Department,Employment Status,"
    "Hire Date,Termination Date"
)


def extended(folder: Path, data: dict[str, Any] | str) -> ExportContract:
    """Read an extension from a file, as settings name it."""
    text = data if isinstance(data, str) else yaml.safe_dump(data, sort_keys=False)
    (folder / "hr.odcs.yaml").write_text(text, encoding="utf-8")
    return read_contract("hr.odcs.yaml", folder)


def complaint(folder: Path, data: dict[str, Any] | str) -> str:
    with pytest.raises(ContractFileError) as told:
        extended(folder, data)
    return told.value.message.replace(f"{folder}/", "")


def checked(
    folder: Path, contract: ExportContract, *rows: str, header: str = BAMBOOHR
) -> CheckedBatch:
    return check(folder, "\n".join([header, *rows]) + "\n", contract)


def test_an_extension_that_says_nothing_is_the_published_contract_under_another_name(
    tmp_path: Path,
) -> None:
    base, own = read_contract("bamboohr-report", tmp_path), extended(tmp_path, extension())
    assert (own.name, own.version, own.extends) == ("acme-hr", "2.0.0", "bamboohr-report 1.0.1")
    assert own.rules == base.rules
    assert own.columns == base.columns
    assert own.status == base.status
    assert own.reader == base.reader
    assert own.meanings == base.meanings


@pytest.mark.parametrize(("status", "refused"), [("draft", True), ("active", False)])
def test_an_extension_that_is_a_draft_refuses_what_the_published_contract_takes(
    tmp_path: Path, status: str, refused: bool
) -> None:
    own = extended(tmp_path, extension() | {"status": status})
    row = "1,Ada,Reyes,ada@acme.example,Engineer,R&D,Full-Time,2020-01-01,"
    report = checked(tmp_path, own, row).report
    assert (report.verdict is BatchVerdict.REFUSED) is refused
    assert [said.partition(",")[0] for said in report.refusals] == (
        ["the contract is a draft"] if refused else []
    )


def test_statuses_and_aliases_are_added_to_those_that_there_are(tmp_path: Path) -> None:
    own = extended(
        tmp_path,
        extension(
            customProperties=custom(status={"states": {"Apprentice": "active"}}),
            properties=[
                {
                    "name": "Employee #",
                    "logicalType": "string",
                    "customProperties": custom(aliases=["Personal-Nr."]),
                }
            ],
        ),
    )
    assert own.status is not None
    assert own.status.states["Apprentice"] is WorkerState.ACTIVE
    assert own.status.states["Terminated"] is WorkerState.LEAVER
    assert own.column("Employee #").aliases == ("Employee Number", "Personal-Nr.")
    header = BAMBOOHR.replace("Employee #", "Personal-Nr.")
    batch = checked(tmp_path, own, "7,Ann,Lee,a@x.ch,T,D,Apprentice,2020-01-31,", header=header)
    assert batch.report.verdict is BatchVerdict.ACCEPTED
    assert batch.report.contract == "acme-hr"


def test_columns_are_changed_key_by_key_and_added(tmp_path: Path) -> None:
    own = extended(
        tmp_path,
        extension(
            properties=[
                {
                    "name": "Job Title",
                    "logicalType": "string",
                    "customProperties": custom(optional=True),
                },
                {
                    "name": "First Name",
                    "logicalType": "string",
                    "logicalTypeOptions": {"minLength": 2},
                },
                {"name": "Badge", "logicalType": "string", "required": True},
            ]
        ),
    )
    assert not own.column("Job Title").required
    assert own.column("Job Title").meaning == "title"
    lengths = next(rule for rule in own.rules if rule.rule_id == "First Name/length")
    assert (lengths.arguments["min_value"], lengths.arguments["max_value"]) == (2, 100)
    assert own.columns[-1].name == "Badge"
    header = BAMBOOHR.replace(",Job Title", "") + ",Badge"
    batch = checked(tmp_path, own, "7,Ann,Lee,a@x.ch,D,Full-Time,2020-01-31,,", header=header)
    assert [row.rule_ids for row in batch.report.quarantined] == [("Badge/required",)]


def test_severities_of_single_rules_are_said_beside_them(tmp_path: Path) -> None:
    own = extended(
        tmp_path,
        extension(
            customProperties=custom(severities={"Work Email/format": "warning"}),
            quality=[{"id": "leaves-after-joining", "severity": "critical"}],
        ),
    )
    found = {rule.rule_id: rule for rule in own.rules}
    assert found["Work Email/format"].severity is Severity.WARN
    assert found["leaves-after-joining"].severity is Severity.REFUSE
    base = {rule.rule_id: rule for rule in read_contract("bamboohr-report", tmp_path).rules}
    assert found["leaves-after-joining"].arguments == base["leaves-after-joining"].arguments
    assert list(found) == list(base)


def test_a_rule_of_the_same_id_replaces_the_other_and_a_new_one_is_added(tmp_path: Path) -> None:
    own = extended(
        tmp_path,
        extension(
            quality=[
                {"id": "employed-needs-email", "metric": "rowCount", "mustBeGreaterThan": 1},
                {"id": "few", "metric": "rowCount", "mustBeLessThan": 9, "severity": "warning"},
            ]
        ),
    )
    found = {rule.rule_id: rule for rule in own.rules}
    assert found["employed-needs-email"].expectation == "expect_table_row_count_to_be_between"
    assert found["few"].severity is Severity.WARN


def test_other_status_columns_start_a_vocabulary_of_their_own(tmp_path: Path) -> None:
    status = {"columns": ["Department"], "states": {"Gone": "leaver"}}
    own = extended(tmp_path, extension(customProperties=custom(status=status)))
    assert own.status is not None
    assert own.status.states == {"Gone": WorkerState.LEAVER}


def test_how_the_file_is_read_is_changed_key_by_key(tmp_path: Path) -> None:
    server = {"server": "export", "type": "local", "path": "x.csv", "format": "csv"}
    data = extension() | {"servers": [server | {"customProperties": custom(delimiter=";")}]}
    assert extended(tmp_path, data).reader.delimiter == ";"
    batch = checked(
        tmp_path,
        extended(tmp_path, data),
        "7;Ann;Lee;a@x.ch;T;D;Full-Time;2020-01-31;",
        header=BAMBOOHR.replace(",", ";"),
    )
    assert batch.report.rows_accepted == 1


TEXT = """\
apiVersion: v3.2.0
kind: DataContract
id: urn:acme:hr
name: acme-hr
version: 1.0.0
customProperties:
  - {property: extends, value: bamboohr-report@1}
schema:
  - name: people
    customProperties:
      - property: status
        value:
          states: {Sabbatical: on_leav}
    properties:
      - name: Badge
        logicalType: string
        logicalTypeOptions: {pattern: '['}
"""


def test_problems_name_line_and_path_of_the_file_that_they_are_in(tmp_path: Path) -> None:
    told = complaint(tmp_path, TEXT)
    assert (
        "hr.odcs.yaml:13: schema.0.customProperties.0.value.states.Sabbatical: "
        "unknown state `on_leav`; did you mean `on_leave`?" in told
    )
    assert "hr.odcs.yaml:17: schema.0.properties.0.logicalTypeOptions.pattern" in told


def test_a_problem_of_the_extended_file_names_that_file(tmp_path: Path) -> None:
    """Taking the status column's place away breaks a rule of the published contract."""
    base = document()
    base["schema"][0]["quality"] = [
        {"id": "many", "metric": "rowCount", "mustBeGreaterThan": 0, "severity": "fatal"}
    ]
    published = {"people": yaml.safe_dump(base, sort_keys=False)}
    with pytest.raises(ContractFileError) as told:
        parse_contract(
            yaml.safe_dump(extension("people@1")), origin="own.yaml", published=published
        )
    lines = published["people"].splitlines()
    line = next(n for n, text in enumerate(lines, 1) if "severity: fatal" in text)
    assert told.value.message.startswith(
        f"people.odcs.yaml:{line}: schema.0.quality.0.severity: unknown severity `fatal`"
    )


WRONG = {
    "an unknown contract": (
        extension("bambohr-report@1"),
        "customProperties.0.value: no published contract is called `bambohr-report`; "
        "did you mean `bamboohr-report`?",
    ),
    "no version": (extension("bamboohr-report"), "(`bamboohr-report@1`)"),
    "another version": (
        extension("bamboohr-report@2"),
        "`bamboohr-report` is of version 1.0.1, and 2 is named",
    ),
    "a version that only begins alike": (
        extension("bamboohr-report@1.0.2"),
        "is of version 1.0.1, and 1.0.2 is named",
    ),
    "another schema": (
        extension() | {"schema": [{"name": "persons"}]},
        "schema.0.name: must be `people`",
    ),
    "a misspelt key": (
        extension(properties=[{"name": "EEID", "logicalType": "string", "requried": True}]),
        "schema.0.properties.0.requried: unknown key; did you mean `required`?",
    ),
    "an unknown property of the document": (
        extension() | {"customProperties": custom(extend="bamboohr-report@1")},
        "unknown property `extend`; did you mean `extends`?",
    ),
    "a severity of an unknown rule": (
        extension(customProperties=custom(severities={"Work Email/fromat": "warning"})),
        "there is no rule `Work Email/fromat`; did you mean `Work Email/format`?",
    ),
    "a severity that would let anybody through": (
        extension(customProperties=custom(severities={"Employee #/unique": "warning"})),
        "must be critical or error: the key tells who a row is about",
    ),
    "a severity of the status": (
        extension(customProperties=custom(severities={"status-known": "warning"})),
        "`status-known` has its own severity: give `unknown` in `status`",
    ),
    "a column twice": (
        extension(properties=[{"name": "EEID", "logicalType": "string"}] * 2),
        "`EEID` already names column `EEID`",
    ),
    "no name": (
        {k: v for k, v in extension().items() if k != "name"},
        "give the contract a name of its own",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_is_refused_with_a_word(case: str, tmp_path: Path) -> None:
    data, expected = WRONG[case]
    told = complaint(tmp_path, data)
    assert expected in told
    assert told.startswith("hr.odcs.yaml:")


def test_every_published_contract_can_be_extended(tmp_path: Path) -> None:
    for name in ("okta-users-json", "ms-csv2scim"):
        text = published_text(name)
        major = yaml.safe_load(text)["version"].split(".")[0]
        base, own = read_contract(name, tmp_path), extended(tmp_path, extension(f"{name}@{major}"))
        assert own.rules == base.rules
