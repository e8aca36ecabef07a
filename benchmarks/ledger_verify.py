"""`scimflow ledger verify` of a large trail: time and memory, against reading the same rows.

    python -m benchmarks.ledger_verify [--entries 1000000] [--rows 1]

A tenth of the entries first, then all of them: what a row costs must not grow with the trail. Each
entry is a transaction of its own, as the loader's journal writes them, of operations. Verifying and
reading are processes of their own; counted is the most memory each had beyond its imports.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from data_contracts.outcome import RunRecord
from data_contracts.words import OperationKind
from tasks.ledger import Ledger, open_ledger
from tasks.ledger.chain import append_rows
from tasks.ledger.schema import operation

URL = "sqlite:///ledger.db"
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
READ_AT_A_TIME = 10_000


def row(number: int) -> dict[str, object]:
    key = f"{number:08d}"
    return {
        "run_id": "r1",
        "plan_digest": None,
        "target": "acme",
        "operation_id": f"create:{key}",
        "worker_key": key,
        "account_id": None,
        "kind": str(OperationKind.CREATE),
        "user_name": f"{key}@company.example",
        "user_name_folded": f"{key}@company.example",
        "external_id": key,
        "correlated_by": None,
        "reason": "joiner",
        "explanation": "employed, and has no account yet",
        "changed": [],
        "rows": [],
        "role": None,
        "role_rule": None,
        "due_at": None,
    }


def extend(ledger: Ledger, first: int, entries: int, rows: int) -> None:
    """Append entries of so many rows each, from a row's number on."""
    for number in range(first, first + entries * rows, rows):
        with ledger.database.write() as connection:
            append_rows(connection, operation, [row(n) for n in range(number, number + rows)])


def measured(way: str, folder: Path) -> dict[str, float]:
    """One way, in a process of its own."""
    words = [sys.executable, "-m", "benchmarks.ledger_verify", "--way", way, "--folder", folder]
    return dict(json.loads(subprocess.run(words, check=True, capture_output=True).stdout))


def go(way: str, folder: Path) -> None:
    """Verify, or read every entry and row and do nothing with it."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.perf_counter()
    with open_ledger(URL, folder=folder, read_only=True) as ledger:
        if way == "verify":
            found = ledger.verify()
            assert found.is_whole, found
            count = found.rows
        else:
            count = 0
            with ledger.database.snapshot() as connection:
                for table in ("chain_entry", "operation"):
                    text = sa.text(f"SELECT * FROM {table}")
                    for some in connection.execute(text).partitions(READ_AT_A_TIME):
                        count += len(some)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(json.dumps({"s": time.perf_counter() - began, "mb": peak / 1024, "rows": count}))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--rows", type=int, default=1)
    parser.add_argument("--way")
    parser.add_argument("--folder", type=Path)
    chosen = parser.parse_args()
    if chosen.way:
        return go(chosen.way, chosen.folder)
    with tempfile.TemporaryDirectory() as name, open_ledger(URL, folder=Path(name)) as ledger:
        ledger.start_run(RunRecord("r1", "sync-users", "acme", "2026-03-02", START))
        done, a_row = 0, 0.0
        for entries in (chosen.entries // 10, chosen.entries):
            extend(ledger, done * chosen.rows, entries - done, chosen.rows)
            done = entries
            verify, read = measured("verify", Path(name)), measured("read", Path(name))
            each = verify["s"] / verify["rows"]
            grown = f"; a row costs {each / a_row:.2f} of before" if a_row else ""
            a_row = each
            print(
                f"{entries:,} entries of {chosen.rows}: verified in {verify['s']:.1f} s, "
                f"{verify['mb']:.0f} MB; read in {read['s']:.1f} s, {read['mb']:.0f} MB; "
                f"{verify['s'] / read['s']:.1f} times reading{grown}"
            )
    return None


if __name__ == "__main__":
    main()
