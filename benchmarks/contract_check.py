"""Reading and checking an export of 20 columns by 15 rules, against the same in pandas by hand.

    python -m benchmarks.contract_check [ROWS ...]

CPU seconds (user and system) and the peak of memory, each case in a process of its own; importing
pandas and Great Expectations is told apart. Rules by hand give the same rows, or the run fails.
"""

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

from benchmarks.companies import write_company

ROWS = (100_000, 1_000_000)
DIRTY_EVERY = 100  # one row in a hundred breaks a rule

CONTRACT = """
apiVersion: v3.2.0
kind: DataContract
id: urn:bench:people
name: people
version: 1.0.0
servers: [{server: export, type: local, path: hr.csv, format: csv}]
schema:
  - name: people
    customProperties:
      - property: status
        value: {columns: [Employment Status], states: {Full-Time: active, Terminated: leaver}}
      - {property: maxQuarantinedFraction, value: 0.5}
    properties:
      - {name: "Employee #", id: number, logicalType: string, primaryKey: true,
         logicalTypeOptions: {pattern: '^[0-9]{7}$'}}
      - {name: First Name, logicalType: string, required: true}
      - {name: Last Name, logicalType: string, required: true,
         logicalTypeOptions: {maxLength: 100}}
      - {name: Work Email, logicalType: string, required: true, unique: true,
         logicalTypeOptions: {format: email}, customProperties: [{property: means, value: email}]}
      - {name: Job Title, logicalType: string, required: true}
      - {name: Department, logicalType: string,
         enum: [{value: Product}, {value: Engineering}, {value: Sales}, {value: Support},
                {value: Finance}, {value: People}, {value: Legal}]}
      - {name: Employment Status, logicalType: string}
      - {name: Hire Date, logicalType: date}
      - {name: Supervisor ID, logicalType: string,
         relationships: [{to: schema/people/properties/number,
                          customProperties: [{property: severity, value: error}]}]}
"""


FURTHER = """
    quality:
      - {id: circle, type: custom, engine: greatExpectations, severity: warning, implementation: {
         type: expect_manager_graph_to_have_no_cycle,
         kwargs: {column_A: Supervisor ID, column_B: "Employee #"}}}
      - {id: open, type: custom, engine: greatExpectations, severity: warning, implementation: {
         type: expect_one_open_employment,
         kwargs: {column_A: "Employee #", column_B: Employment Status, when_in: [Full-Time]}}}
      - {id: domain, type: custom, engine: greatExpectations, severity: warning, implementation: {
         type: expect_column_values_to_have_domain,
         kwargs: {column: Work Email, domains: [company.example]}}}
      - {id: alike, type: custom, engine: greatExpectations, severity: warning, implementation: {
         type: expect_column_values_to_look_like_no_other, kwargs: {column: Work Email}}}
      - {id: script, type: custom, engine: greatExpectations, severity: warning, implementation: {
         type: expect_column_values_to_be_of_one_script, kwargs: {column: Work Email}}}
"""
"""Five further rules, of those that the field needs."""


def write_export(path: Path, rows: int, *, dirty: bool) -> None:
    """An export of made-up people; dirty: every hundredth row breaks one of four rules."""
    write_company(path, rows)
    if not dirty:
        return
    lines = path.read_text(encoding="utf-8").splitlines()
    for number in range(DIRTY_EVERY, rows, DIRTY_EVERY):
        cells = lines[number].split(",")
        match number // DIRTY_EVERY % 4:
            case 0:
                cells[3] = "p1@company.example"
            case 1:
                cells[9] = "2023-02-30"
            case 2:
                cells[1] = ""
            case _:
                cells[11] = "nobody"
        lines[number] = ",".join(cells)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def by_hand(frame: Any) -> Any:
    """The same rules in pandas, as somebody would write them: the rows that break one."""
    import pandas as pd

    from data_contracts.columns import is_in
    from data_contracts.odcs.patterns import EMAIL

    departments = ["Product", "Engineering", "Sales", "Support", "Finance", "People", "Legal"]
    number, mail = frame["Employee #"], frame["Work Email"]
    supervisor = frame["Supervisor ID"]
    dates = pd.to_datetime(frame["Hire Date"], format="%Y-%m-%d", errors="coerce", exact=True)
    folded = mail.str.strip().str.lower()
    return (
        number.isna()
        | number.duplicated(keep=False)
        | ~number.str.contains("^[0-9]{7}$").fillna(True).astype(bool)
        | frame["First Name"].isna()
        | frame["Last Name"].isna()
        | (frame["Last Name"].str.len() > 100)
        | mail.isna()
        | (folded.notna() & folded.duplicated(keep=False))
        | ~mail.str.contains(EMAIL).fillna(True).astype(bool)
        | frame["Job Title"].isna()
        | ~(is_in(frame["Department"], departments) | frame["Department"].isna())
        | frame["Employment Status"].isna()
        | ~is_in(frame["Employment Status"], ["Full-Time", "Terminated"])
        | (frame["Hire Date"].notna() & ~dates.between("1900-01-01", "2100-12-31"))
        | (supervisor.notna() & ~is_in(supervisor, number))
    )


def further_by_hand(frame: Any) -> dict[str, int]:
    """The five further rules in pandas, as somebody would write them: how many rows break each."""
    import numpy as np

    from tasks.validate.lookalikes import is_of_one_script

    number, mail = frame["Employee #"], frame["Work Email"]
    place = {key: row for row, key in enumerate(number)}
    above = np.array([place.get(key, -1) for key in frame["Supervisor ID"]])
    at, circle = above.copy(), np.zeros(len(frame), dtype=bool)
    for _ in range(64):  # deeper than any company
        circle |= at == np.arange(len(frame))
        at = np.where(at >= 0, above[at], -1)
    opened = number.where(frame["Employment Status"] == "Full-Time")
    twice = opened.notna() & opened.duplicated(keep=False)
    domain = mail.str.lower().str.split("@").str[-1]
    foreign = mail.notna() & (domain != "company.example")
    looks = mail.str.replace("I", "l").str.replace("1", "l").str.replace("0", "o").str.lower()
    looks = looks.str.replace("m", "rn")
    alike = looks.notna() & (mail.str.lower().groupby(looks).transform("nunique") > 1)
    mixed = mail.notna() & ~mail.map(is_of_one_script, na_action="ignore").fillna(True).astype(bool)
    masks = {"circle": circle, "open": twice, "domain": foreign, "alike": alike, "script": mixed}
    return {rule: int(mask.sum()) for rule, mask in masks.items()}


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds of some work, and what it gives."""
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def measure(path: Path) -> dict[str, float]:
    """Everything for one file, in this process."""
    seconds: dict[str, float] = {}

    def load_pandas() -> None:
        import tasks.extract.exports  # noqa: F401

    def load_library() -> None:
        from tasks.validate.expectations import expectation_classes
        from tasks.validate.quiet import quiet_library

        with quiet_library():
            expectation_classes()

    seconds["import pandas"], _ = timed(load_pandas)
    seconds["import great_expectations"], _ = timed(load_library)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    from data_contracts.configuration import SourceSettings
    from data_contracts.odcs import parse_contract
    from tasks.extract.exports import read_batch
    from tasks.validate.check import check_batch

    contract = parse_contract(CONTRACT, origin="benchmark")
    settings = SourceSettings(contract="benchmark", path=path.name)
    now = datetime.now(UTC)
    seconds["read"], batch = timed(
        lambda: read_batch("hr", settings, contract, folder=path.parent, now=now)
    )
    seconds["check"], checked = timed(lambda: check_batch(batch, contract))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seconds["by hand"], broken = timed(lambda: by_hand(batch.frame))
    ours = sorted(row.line for row in checked.report.quarantined)
    if ours != batch.frame["_line"][broken].tolist():
        raise SystemExit("the rules by hand and the contract do not find the same rows")
    seconds["set aside"] = len(ours)
    kept = parse_contract(CONTRACT.rstrip() + FURTHER, origin="benchmark")
    seconds["check 5 more"], more = timed(lambda: check_batch(batch, kept))
    seconds["5 more by hand"], counts = timed(lambda: further_by_hand(batch.frame))
    found = {result.rule_id: result.failing for result in more.report.rules}
    if {rule: found[rule] for rule in counts} != counts:
        raise SystemExit("the further rules by hand and the contract do not find as many rows")
    seconds["rules"] = sum(not rule.rule_id.endswith("-present") for rule in contract.rules)
    seconds["peak MB"] = peak / 1024
    seconds["peak MB over imports"] = (peak - before) / 1024
    return seconds


def main() -> None:
    found: dict[str, float] = {}
    sizes = tuple(int(text) for text in sys.argv[1:]) or ROWS
    print("CPU seconds; one process a line")
    print(
        f"{'rows':>10} {'':6} {'read':>6} {'check':>6} {'by hand':>8} {'check/hand':>11} "
        f"{'rows/CPU-s':>11} {'set aside':>10} {'peak MB':>8} {'(+imports)':>11} "
        f"{'+5 rules':>9} {'/hand':>6}"
    )
    with tempfile.TemporaryDirectory() as name:
        for rows in sizes:
            for dirty in (False, True):
                path = Path(name) / "hr.csv"
                write_export(path, rows, dirty=dirty)
                command = [sys.executable, "-m", "benchmarks.contract_check", "--one", str(path)]
                done = subprocess.run(command, capture_output=True, check=True, text=True)
                found = json.loads(done.stdout)
                both = found["read"] + found["check"]
                by_hand = found["by hand"] + found["5 more by hand"]
                print(
                    f"{rows:>10,} {'dirty' if dirty else 'clean':6} {found['read']:>6.2f} "
                    f"{found['check']:>6.2f} {found['by hand']:>8.2f} "
                    f"{found['check'] / found['by hand']:>11.2f} {rows / both:>11,.0f} "
                    f"{found['set aside']:>10,.0f} {found['peak MB']:>8,.0f} "
                    f"{found['peak MB over imports']:>+11,.0f} "
                    f"{found['check 5 more']:>9.2f} {found['check 5 more'] / by_hand:>6.2f}"
                )
    print(
        f"{found['rules']:.0f} rules; importing pandas {found['import pandas']:.1f} s, "
        f"Great Expectations {found['import great_expectations']:.1f} s"
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(measure(Path(sys.argv[2]))))
    else:
        main()
