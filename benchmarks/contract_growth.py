"""How the cost of reading and checking an export grows, with its rows and with its rules.

    python -m benchmarks.contract_growth [MOST_ROWS]

CPU seconds (user and system), each case in a process of its own. A line through the origin would
give each size the same cost per row, and each number of rules the same cost per rule beyond the
first ones; the ratios beside the seconds say how far off that is. Rules are those of
`benchmarks.contract_check` and further ones of the commonest kinds, spread evenly over kinds.
"""

import json
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.companies import write_company
from benchmarks.contract_check import timed

MOST_ROWS = 1_000_000
RULES = (5, 10, 15, 30)
BEST_OF = 2

HEAD = """
apiVersion: v3.2.0
kind: DataContract
id: urn:bench:growth
name: people
version: 1.0.0
servers: [{server: export, type: local, path: hr.csv, format: csv}]
schema:
  - name: people
    customProperties: [{property: key, value: "Employee #"}]
    quality:
"""
COLUMNS = ("First Name", "Last Name", "Work Email", "Job Title", "Department", "Division")


def contract_text(rules: int) -> str:
    """A contract with so many rules, of five kinds in turn, each kind on each column alike."""
    lines = [
        f"      - {{id: rule-{number}, type: custom, engine: greatExpectations, "
        f"implementation: {_rule(number)}}}"
        for number in range(rules)
    ]
    names = ("Employee #", *COLUMNS)
    columns = [f'      - {{name: "{name}", logicalType: string}}' for name in names]
    return "\n".join([HEAD.rstrip(), *lines, "    properties:", *columns, ""])


def _rule(number: int) -> str:
    column = COLUMNS[number // 5 % len(COLUMNS)]
    match number % 5:
        case 0:
            return f'{{type: expect_column_values_to_not_be_null, kwargs: {{column: "{column}"}}}}'
        case 1:
            return (
                "{type: expect_column_value_lengths_to_be_between, "
                f'kwargs: {{column: "{column}", min_value: 1, max_value: 100}}}}'
            )
        case 2:
            return (
                "{type: expect_column_values_to_match_regex, "
                f'kwargs: {{column: "{column}", regex: "^[^;]+$"}}}}'
            )
        case 3:
            return (
                "{type: expect_column_values_to_not_be_in_set, "
                f'kwargs: {{column: "{column}", value_set: [Nobody, Test]}}}}'
            )
        case _:
            return (
                "{type: expect_column_values_to_not_match_regex, "
                f'kwargs: {{column: "{column}", regex: "^(test|demo) "}}}}'
            )


def measure(path: Path, rules: int) -> dict[str, float]:
    """Reading and checking one file, in this process; imports are not counted."""
    from data_contracts.configuration import SourceSettings
    from data_contracts.odcs import parse_contract
    from tasks.extract.exports import read_batch
    from tasks.validate.check import check_batch
    from tasks.validate.expectations import expectation_classes
    from tasks.validate.quiet import quiet_library

    with quiet_library():
        expectation_classes()
    contract = parse_contract(contract_text(rules), origin="benchmark")
    settings = SourceSettings(contract="benchmark", path=path.name)
    now = datetime.now(UTC)
    reading, batch = timed(
        lambda: read_batch("hr", settings, contract, folder=path.parent, now=now)
    )
    checks = [timed(lambda: check_batch(batch, contract)) for _ in range(BEST_OF)]
    assert checks[0][1].report.rows_accepted == batch.rows_read
    return {"read": reading, "check": min(seconds for seconds, _ in checks)}


def _in_a_process(path: Path, rules: int) -> dict[str, float]:
    words = [sys.executable, "-m", "benchmarks.contract_growth", "--one", str(path), str(rules)]
    done = subprocess.run(words, capture_output=True, check=True, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> None:
    most = int(sys.argv[1]) if sys.argv[1:] else MOST_ROWS
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "hr.csv"
        print("with rows: 15 rules; CPU seconds, and the cost of a row against the fewest rows'")
        first: dict[str, float] = {}
        for rows in (most // 4, most // 2, most):
            write_company(path, rows)
            found = {part: seconds / rows for part, seconds in _in_a_process(path, 15).items()}
            first = first or found
            told = "   ".join(
                f"{part} {found[part] * rows:6.2f} s, {found[part] / first[part]:.2f} a row"
                for part in found
            )
            print(f"{rows:>10,} rows   {told}")
        print(f"with rules: {most:,} rows; seconds of checking, and the cost of a rule likewise")
        fewest = 0.0
        for rules in RULES:
            seconds = _in_a_process(path, rules)["check"]
            fewest = fewest or seconds / rules
            each = seconds / rules / fewest
            print(f"{rules:>10} rules  check {seconds:6.2f} s, {each:.2f} a rule")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(measure(Path(sys.argv[2]), int(sys.argv[3]))))
    else:
        main()
