"""Read, contract, transform and plan without HTTP: rows per CPU-second, linear growth, memory.

    python -m benchmarks.plan_speed [--rows 100000] [--rows-large 1000000]

At least 40,000 rows per CPU-second when 1 % changed and 20,000 when all are new; a million rows in
the same time a row and in less than 3 GB. `--rows-large 0` leaves the million out.

Compared in the same run with a builder of payloads that checks nothing and compares nothing: one
row after the other from csv.DictReader to a SCIM User as JSON (what Microsoft's CSV2SCIM does; that
tool was measured at 15,000 to 18,000 rows per CPU-second on the same size of machine).
"""

import argparse
import csv
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.companies import settings_text, write_company
from data_contracts.as_of import AsOf
from data_contracts.configuration import Configuration, load_configuration
from data_contracts.desired import DesiredPeople
from data_contracts.plan import SourceBasis
from data_contracts.scim.resource import build_resource
from data_contracts.snapshot import TargetSnapshot
from tasks.extract.contracts import read_contract
from tasks.extract.exports import read_batch
from tasks.plan.make import PlanInputs, make_plan
from tasks.transform.people import build_desired
from tasks.validate.check import check_batch

DAY = AsOf.parse("2026-03-02")
NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)


def cpu(work: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds of a piece of work, and its result."""
    started = time.process_time()
    result = work()
    return time.process_time() - started, result


def to_people(settings: Configuration, folder: Path) -> tuple[DesiredPeople, SourceBasis]:
    contract = read_contract("bamboohr-report", folder)
    batch = read_batch("hr", settings.sources["hr"], contract, folder=folder, now=NOW)
    checked = check_batch(batch, contract)
    report = checked.report
    assert not report.quarantined, report.quarantined[:3]
    basis = SourceBasis(
        path=report.path,
        digest=report.digest,
        contract=report.contract,
        contract_version=report.contract_version,
        rows=report.rows_read,
        accepted=report.rows_accepted,
    )
    return build_desired({"hr": (checked, contract)}, settings, DAY), basis


def accounts_of(people: DesiredPeople) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The accounts and links that a target in step with these people has."""
    frame = people.frame
    account = "id-" + frame["worker_key"]
    accounts = pd.DataFrame(
        {
            "account_id": account,
            "user_name": frame["userName"],
            "external_id": frame["externalId"],
            "email": frame["userName"],
            "active": True,
            "version": pd.Series([None] * len(frame), dtype="str"),
            **{path: frame[path] for path in people.paths},
        }
    )
    links = pd.DataFrame(
        {
            "worker_key": frame["worker_key"],
            "account_id": account,
            "user_name": frame["userName"],
            "external_id": frame["externalId"],
        }
    )
    return accounts, links


def plan_for(settings: Configuration, folder: Path, accounts: Any, links: Any) -> Any:
    people, basis = to_people(settings, folder)
    inputs = PlanInputs(
        people=people,
        snapshot=TargetSnapshot("productboard", accounts),
        links=links,
        deactivated_by_us=frozenset(),
        sources={"hr": basis},
    )
    plan = make_plan(inputs, settings, DAY)
    return plan, plan.digest


def baseline(export: Path) -> int:
    """Payloads row by row, unchecked and compared with nothing."""
    count = 0
    with export.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            payload = build_resource(
                {
                    "userName": row["Work Email"].lower(),
                    "externalId": row["Employee #"],
                    "name.givenName": row["First Name"],
                    "name.familyName": row["Last Name"],
                    "displayName": f"{row['First Name']} {row['Last Name']}",
                    'emails[type eq "work"].value': row["Work Email"].lower(),
                    "title": row["Job Title"],
                    "enterprise.department": row["Department"],
                    "enterprise.division": row["Division"],
                    "enterprise.employeeNumber": row["Employee #"],
                    "active": True,
                }
            )
            count += len(json.dumps(payload)) > 0
    return count


CASES = ("unchecked", "nothing changed", "1 % changed", "all new")


def measure(case: str, rows: int) -> dict[str, float]:
    """CPU seconds, operations and peak memory of one case, in a process of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        before, after = folder / "before.csv", folder / "after.csv"
        write_company(before, rows)
        if case == "unchecked":
            seconds, _ = cpu(lambda: baseline(before))
            return {"cpu_s": seconds, "operations": 0, "peak_gb": peak_gb()}
        write_company(folder / "warm.csv", 100)
        to_people(settings_of(folder / "warm.csv"), folder)  # imports
        settings = settings_of(before)
        accounts, links = accounts_of(to_people(settings, folder)[0])
        if case == "1 % changed":
            write_company(after, rows, moved_fraction=0.01)
            settings = settings_of(after)
        elif case == "all new":
            accounts, links = accounts.iloc[:0].copy(), links.iloc[:0].copy()
        seconds, (plan, _) = cpu(lambda: plan_for(settings, folder, accounts, links))
        return {"cpu_s": seconds, "operations": len(plan.operations), "peak_gb": peak_gb()}


def settings_of(export: Path) -> Configuration:
    return load_configuration(settings_text(export), origin="benchmark")


def peak_gb() -> float:
    """The most memory that this process had, in 10^9 bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def show(rows: int) -> dict[str, float]:
    """Measure and print every case; CPU seconds for a row of each."""
    print(f"\n{rows:,} rows x 20 columns (CPU seconds without imports, a process for each case)")
    base, for_a_row = 0.0, {}
    for case in CASES:
        command = [sys.executable, "-m", "benchmarks.plan_speed", "--case", case]
        done = subprocess.run([*command, "--rows", str(rows)], capture_output=True, check=True)
        found = json.loads(done.stdout)
        seconds = found["cpu_s"]
        base = base or seconds
        for_a_row[case] = seconds / rows
        print(
            f"  {case:16} {seconds:7.2f} s {rows / seconds:10,.0f} rows/s"
            f"  {base / seconds:5.2f} of unchecked  peak {found['peak_gb']:.2f} GB"
            f"  ({found['operations']:,} operations)"
        )
    return for_a_row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rows-large", type=int, default=1_000_000, help="a second, larger size")
    parser.add_argument("--case", choices=CASES, help="one case, as JSON")
    arguments = parser.parse_args()
    if arguments.case:
        print(json.dumps(measure(arguments.case, arguments.rows)))
        return
    small = show(arguments.rows)
    if arguments.rows_large:
        large = show(arguments.rows_large)
        print(f"\nTime for a row, of {arguments.rows_large:,} rows to {arguments.rows:,}")
        for case in CASES:
            print(f"  {case:16} {large[case] / small[case]:5.2f}")


if __name__ == "__main__":
    main()
