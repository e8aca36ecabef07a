"""What the ledger costs a run, and how much of that is its chain; how fast a chain is verified.

    python -m benchmarks.ledger [postgresql://…]

Operations go through the journal, 32 in flight, as the loader sends them: an intent, some
milliseconds of waiting, an outcome with its exchange. The same once more without the chain.
"""

import asyncio
import contextlib
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from unittest import mock

from data_contracts.outcome import HttpExchange, Outcome, RunRecord
from data_contracts.plan import Operation
from data_contracts.words import OperationKind, OutcomeResult, RunState
from tasks.ledger import Journal, Ledger, open_ledger
from tasks.ledger.chain import Trail

OPERATIONS = 3_000
IN_FLIGHT = 32
ANSWER_S = 0.05
ROUNDS = 3
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WRITE = HttpExchange("POST", "/Users", 201, 42, "write", START)


def create(number: int, mark: str) -> Operation:
    key = f"{mark}{number:05d}"
    return Operation(
        kind=OperationKind.CREATE,
        worker_key=key,
        account_id=None,
        user_name=f"{key}@company.example",
        reason="joiner",
        explanation="employed, and has no account yet",
        attributes={"active": True, "externalId": key, "userName": f"{key}@company.example"},
    )


async def load(ledger: Ledger, mark: str, operations: int) -> tuple[float, float]:
    """Wall and CPU seconds of a load at a target that answers after some milliseconds."""
    ledger.start_run(RunRecord(mark, "sync-users", mark, "2026-03-02", START))
    queue = iter([create(number, mark) for number in range(operations)])
    began, cpu = time.perf_counter(), time.process_time()
    async with Journal(ledger, mark, lambda: START) as journal:

        async def carry_out() -> None:
            for each in queue:
                await journal.intend(each)
                await asyncio.sleep(ANSWER_S)
                await journal.record(
                    Outcome(
                        each.operation_id,
                        each.worker_key,
                        each.kind,
                        OutcomeResult.APPLIED,
                        f"a-{each.worker_key}",
                        exchanges=(WRITE,),
                    )
                )

        await asyncio.gather(*(carry_out() for _ in range(IN_FLIGHT)))
    took = time.perf_counter() - began, time.process_time() - cpu
    ledger.end_run(mark, state=RunState.COMPLETED, ended_at=START)
    return took


@contextlib.contextmanager
def without_chain() -> Iterator[None]:
    """As though there were none: nothing is digested and no entry made."""
    with (
        mock.patch.object(Trail, "note", return_value=None),
        mock.patch("tasks.ledger.database.seal", return_value=None),
    ):
        yield


def main() -> None:
    print(
        f"{OPERATIONS:,} operations, {IN_FLIGHT} in flight, answers after {ANSWER_S * 1000:.0f} ms"
    )
    with tempfile.TemporaryDirectory() as folder:
        url = sys.argv[1] if len(sys.argv) > 1 else "sqlite:///ledger.db"
        with open_ledger(url, folder=Path(folder)) as ledger:
            asyncio.run(load(ledger, "warm", 200))
            for number in range(ROUNDS):
                wall, cpu = asyncio.run(load(ledger, f"chained-{number}", OPERATIONS))
                with without_chain():
                    bare_wall, bare_cpu = asyncio.run(load(ledger, f"bare-{number}", OPERATIONS))
                print(
                    f"chained: {wall:.2f} s, {cpu:.2f} s CPU; without: {bare_wall:.2f} s, "
                    f"{bare_cpu:.2f} s CPU; the chain: {1000 * (cpu - bare_cpu) / OPERATIONS:.3f} "
                    f"ms CPU an operation, {100 * (wall / bare_wall - 1):.1f} % of the time"
                )
            began = time.perf_counter()
            found = ledger.verify()
            took = time.perf_counter() - began
            print(
                f"verified {found.rows:,} rows in {took:.2f} s: {found.rows / took:,.0f} a second"
            )


if __name__ == "__main__":
    main()
