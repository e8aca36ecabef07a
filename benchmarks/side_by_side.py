"""Eight targets at once against one after the other; and how soon a sync is at work.

    python -m benchmarks.side_by_side [--people 300]

Each target has its own workspace (answers after 20 ms, 50 requests a second), export, ledger and
process; all report to one Prefect server. A sync of many people waits for its target most of the
time, so targets side by side take little longer than one.

The start: seconds from the command `scimflow sync` to its first stage, on a server that runs
already (within 4 s on a machine with nothing else to do), and what of it importing Prefect and
pandas takes.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from benchmarks.companies import settings_text, write_company
from benchmarks.prefect_server import prefect_server
from benchmarks.targets import sandbox

TARGETS = 8
STARTS = 5
LATENCY_MS, LIMIT = 20, 50
TOKEN = {"SCIMFLOW_BENCH_TOKEN": "token"}
FIRST_STAGE = b"reading hr"


def write_target(folder: Path, name: str, people: int, base_url: str) -> Path:
    home = folder / name
    home.mkdir()
    write_company(home / "hr.csv", people)
    text = settings_text(Path("hr.csv"), base_url)
    text = text.replace("  base_url:", f"  name: {name}\n  base_url:")
    (home / "scimflow.yaml").write_text(text)
    return home


def begin(home: Path, environ: dict[str, str]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "flows.cli", "sync", "--config", str(home)],
        env=environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def end(process: "subprocess.Popen[bytes]") -> None:
    _, said = process.communicate()
    assert process.returncode == 0, said.decode()


def seconds_to_first_stage(home: Path, environ: dict[str, str]) -> float:
    began = time.perf_counter()
    process = begin(home, environ)
    assert process.stderr is not None
    for line in process.stderr:
        if FIRST_STAGE in line:
            break
    elapsed = time.perf_counter() - began
    end(process)
    return elapsed


def importing(environ: dict[str, str]) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import prefect, pandas"], env=environ, check=True)
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=300)
    people = parser.parse_args().people
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        environ = {**os.environ, **stack.enter_context(prefect_server(folder)), **TOKEN}
        urls = [
            stack.enter_context(
                sandbox("--latency-ms", str(LATENCY_MS), "--rate-limit", str(LIMIT))
            )
            for _ in range(2 * TARGETS)
        ]
        homes = [write_target(folder, f"t{n}", people, url) for n, url in enumerate(urls)]
        before, cpu = time.perf_counter(), children_cpu()
        for home in homes[:TARGETS]:
            end(begin(home, environ))
        one_by_one, cpu_one = time.perf_counter() - before, children_cpu() - cpu
        before, cpu = time.perf_counter(), children_cpu()
        for process in [begin(home, environ) for home in homes[TARGETS:]]:
            end(process)
        at_once, cpu_at_once = time.perf_counter() - before, children_cpu() - cpu
        starts = [seconds_to_first_stage(homes[0], environ) for _ in range(STARTS)]
        imports = statistics.median(importing(environ) for _ in range(STARTS))
    print(f"{TARGETS} targets, {people} creates each, {LIMIT} requests a second, load {load()}")
    print(f"  one after the other    {one_by_one:6.1f} s wall, {cpu_one:6.1f} s CPU")
    print(f"  at once                {at_once:6.1f} s wall, {cpu_at_once:6.1f} s CPU")
    print(f"  the target's own limit {people / LIMIT:6.1f} s for each")
    print(f"from `scimflow sync` to its first stage, median of {STARTS}")
    print(f"  seconds                {statistics.median(starts):6.2f}   (4 or fewer)")
    print(f"  the quickest           {min(starts):6.2f}")
    print(f"  import prefect, pandas {imports:6.2f}")


def children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def load() -> str:
    return f"{os.getloadavg()[0]:.1f}"


if __name__ == "__main__":
    main()
