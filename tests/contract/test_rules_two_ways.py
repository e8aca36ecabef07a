"""The fast way through the library's engine and its public way find the same rows."""

from pathlib import Path

import pytest

from data_contracts.configuration import SourceSettings
from tasks.extract.contracts import read_contract
from tasks.extract.exports import read_batch
from tasks.validate.check import check_batch
from tasks.validate.public_path import public_evaluate
from tasks.validate.quiet import quiet_library
from tests.export_parts import DATA, NOW

BAMBOOHR = (
    "Employee #,EEID,First Name,Last Name,Work Email,Job Title,Department,Employment Status,"
    "Hire Date,Termination Date,Supervisor ID"
)


def dirty_people() -> str:
    """Five hundred rows, every tenth of them wrong in one of ten ways."""
    rows = []
    for i in range(500):
        row = [f"{i:04d}", str(i), "Ann", "Lee", f"p{i}@x.ch", "T", "D", "Full-Time"]
        row += ["2020-01-31", "", "0001"]
        match i % 100:
            case 0:
                row[4] = "P1@X.CH"
            case 10:
                row[0] = "0007"
            case 20:
                row[0] = ""
            case 30:
                row[4] = "no address"
            case 40:
                row[4] = ""
            case 50:
                row[7] = ["Sabbatical", ""][i // 100 % 2]
            case 60:
                row[8] = "2020-02-30"
            case 70:
                row[9] = "2019-01-01"
            case 80:
                row[10] = "9999"
            case 90:
                row[2] = "x" * 101
        rows.append(",".join(row))
    return "\n".join([BAMBOOHR, *rows]) + "\n"


@pytest.mark.parametrize(
    ("contract", "path"),
    [
        ("ms-csv2scim", DATA / "ms-csv2scim" / "csv-with-1000-records.csv"),
        ("midpoint-hris", DATA / "midpoint" / "hris_demo__initial_data.csv"),
        ("bamboohr-report", None),
    ],
)
def test_both_ways_give_one_report(tmp_path: Path, contract: str, path: Path | None) -> None:
    if path is None:
        path = tmp_path / "people.csv"
        path.write_text(dirty_people())
    kept = read_contract(contract, tmp_path)
    settings = SourceSettings(contract=contract, path=str(path))
    batch = read_batch("hr", settings, kept, folder=tmp_path, now=NOW)
    fast = check_batch(batch, kept)
    with quiet_library():
        slow = check_batch(batch, kept, evaluate=public_evaluate())
    assert fast.report == slow.report
    if contract == "bamboohr-report":
        broken = {rule.rule_id for rule in fast.report.rules if rule.failing}
        assert len(broken) >= 10
