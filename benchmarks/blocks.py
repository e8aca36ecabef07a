"""Memory of the process that checks and maps an export: on the whole, and in blocks on Dask.

    python -m benchmarks.blocks [--rows 1000000]

The clean company of 20 columns and 15 rules. Each way runs in a process of its own; counted is the
most memory that the flow's process had, beyond that it had when the export was read, and CPU and
wall seconds of it. The two workers of the cluster are processes of this machine, counted apart.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.companies import settings_text, write_company

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
WAYS = ("whole", "dask")


def peak_gb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def present_gb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e9


def run(way: str, folder: Path) -> None:
    """One way, in this process; says what it took."""
    from data_contracts.as_of import AsOf
    from data_contracts.configuration import load_configuration
    from data_contracts.configuration.dask import DaskSettings
    from flows.dask_spread import dask_spread
    from tasks.extract.contracts import read_contract
    from tasks.extract.exports import read_batch
    from tasks.transform.people import build_desired
    from tasks.validate.check import check_batch

    settings = load_configuration(settings_text(folder / "hr.csv"), origin="benchmark")
    contract = read_contract("bamboohr-report", folder)
    with (
        dask_spread(DaskSettings(workers=2, rows=50_000))
        if way == "dask"
        else nullcontext() as spread
    ):
        batch = read_batch("hr", settings.sources["hr"], contract, folder=folder, now=NOW)
        told = {"read_gb": present_gb(), "read_peak_gb": peak_gb()}
        wall, cpu = time.perf_counter(), time.process_time()
        checked = check_batch(batch, contract, spread=spread)
        told |= {"checked_peak_gb": peak_gb(), "check_s": time.perf_counter() - wall}
        told["check_cpu_s"] = time.process_time() - cpu
        wall, cpu = time.perf_counter(), time.process_time()
        people = build_desired(
            {"hr": (checked, contract)}, settings, AsOf.parse("2026-03-02"), spread=spread
        )
        told |= {"mapped_peak_gb": peak_gb(), "map_s": time.perf_counter() - wall}
        told["map_cpu_s"] = time.process_time() - cpu
        assert len(people.frame) == batch.rows_read
    print(json.dumps(told))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--way", choices=WAYS)
    parser.add_argument("--folder", type=Path)
    chosen = parser.parse_args()
    if chosen.way:
        return run(chosen.way, chosen.folder)
    with tempfile.TemporaryDirectory() as name:
        write_company(Path(name) / "hr.csv", chosen.rows)
        print(f"{chosen.rows:,} rows; memory in 10^9 bytes, of the flow's process")
        for way in WAYS:
            command = [sys.executable, "-m", "benchmarks.blocks", "--way", way, "--folder", name]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            told = json.loads(done.stdout.splitlines()[-1])
            print(f"  {way:<6}", ", ".join(f"{k} {v:.2f}" for k, v in told.items()))
    return None


if __name__ == "__main__":
    main()
