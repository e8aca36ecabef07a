"""What commands cost to start: `--help` against importing Prefect, `plan` against its imports.

    python -m benchmarks.command_start

`--help` takes less than a third of importing Prefect; `plan` for 1,000 people at most 2 s beyond
importing pandas and Great Expectations.

CPU seconds of whole processes (user and system), the median of several runs, against the named
imports in the same run.
"""

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.companies import settings_text, write_company
from deployments.sandbox.server import serve_in_thread
from deployments.sandbox.settings import SandboxSettings

RUNS = 5
PEOPLE = 1000


def cpu_of(arguments: list[str], environment: dict[str, str]) -> float:
    """Median CPU seconds of a Python process."""
    seconds = []
    for _ in range(RUNS + 1):
        before = os.times()
        subprocess.run(
            [sys.executable, *arguments],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
        after = os.times()
        used = after.children_user - before.children_user
        seconds.append(used + after.children_system - before.children_system)
    return statistics.median(seconds[1:])


def main() -> None:
    environment = {**os.environ, "SCIMFLOW_BENCH_TOKEN": "token", "DO_NOT_TRACK": "1"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # modules are compiled once, as for a user
    with (
        tempfile.TemporaryDirectory() as name,
        serve_in_thread(SandboxSettings(rate_limit_per_s=0)) as (base_url, _),
    ):
        folder = Path(name)
        write_company(folder / "hr.csv", PEOPLE)
        (folder / "scimflow.yaml").write_text(settings_text(folder / "hr.csv", base_url))
        scimflow = ["-m", "flows.cli"]
        prefect = cpu_of(["-c", "import prefect"], environment)
        imports = cpu_of(["-c", "import pandas, great_expectations"], environment)
        helping = cpu_of([*scimflow, "--help"], environment)
        planning = cpu_of([*scimflow, "plan", "--config", str(folder)], environment)
    print(f"CPU seconds, median of {RUNS} processes")
    print(f"  import prefect                          {prefect:6.2f}")
    print(
        f"  scimflow --help                         {helping:6.2f}  {helping / prefect:5.2f} of it"
    )
    print(f"  import pandas, great_expectations       {imports:6.2f}")
    print(f"  scimflow plan, {PEOPLE:,} people             {planning:6.2f}")
    print(f"    beyond those imports                  {planning - imports:6.2f}")


if __name__ == "__main__":
    main()
