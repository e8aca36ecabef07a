"""The loader's way into the ledger: durable intents and outcomes, many in one commit.

A commit costs a flush of the disk and a fixed share of CPU, whether it holds one entry or a
hundred. With dozens of operations in flight, each would wait for the others' commits: so whatever
is waiting goes into one transaction, written by one thread, and everybody in it is woken at once.
"""

import asyncio
import contextlib
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Self

from data_contracts.errors import LedgerError
from data_contracts.outcome import Outcome
from data_contracts.plan import PlannedOperation
from tasks.ledger import operations, plans, runs
from tasks.ledger.habits import Seen
from tasks.ledger.ledger import Ledger
from tasks.ledger.operations import Entry, RunFacts

PACE_S = 0.002
"""Shortest time from one commit to the next. Each costs about a millisecond of CPU, which the
requests in flight need too. Measured with 1,600 operations, 32 in flight, answers after 30 to 70
ms: 1,550 commits and 1.4 s of CPU without a pace, 800 and 1.0 s with this one; 4 ms make the load
itself slower. An entry after a quiet moment is committed at once."""

MOST_IN_A_COMMIT = 500
"""Bounds the transaction; the rest goes into the next one."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    """An entry, and who waits for it."""

    entry: Entry
    done: asyncio.Future[None]


class Journal:
    """Intents and outcomes of one run; an async context manager.

    What was handed in is written also when the run is cancelled: leaving the block waits for it.
    After a failed commit nothing more is taken, since a write without a durable intent is one that
    nobody would look for after a crash.

    Args:
        ledger: Where to write.
        run_id: The run; started, its plan saved.
        now_fn: The present moment, aware.

    Attributes:
        entries: Entries written so far.
        commits: Transactions that they took.
    """

    def __init__(self, ledger: Ledger, run_id: str, now_fn: Callable[[], datetime]) -> None:
        self.entries = 0
        self.commits = 0
        self._database = ledger.database
        self._run_id = run_id
        self._now = now_fn
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write, name=f"journal {run_id}", daemon=True)
        self._meant: dict[str, PlannedOperation] = {}
        self._refs: dict[str, int] = {}
        self._seen = Seen()
        self._failure: LedgerError | None = None
        self._last_commit = 0.0
        self._open = False

    async def __aenter__(self) -> Self:
        with self._database.read() as connection:
            target = runs.target_of(connection, self._run_id)
            digest = plans.digest_of_run(connection, self._run_id)
            self._refs = operations.refs_of(connection, self._run_id)
        self._facts = RunFacts(self._run_id, target, digest)
        self._loop = asyncio.get_running_loop()
        self._thread.start()
        self._open = True
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open = False
        self._queue.put(None)
        self._thread.join()  # one commit at most; not awaited, so that nothing can cut it short
        if self._failure is not None and error is None:
            raise self._refusal()

    async def intend(self, operation: PlannedOperation) -> None:
        """Write that an operation is about to be tried; durable when this returns.

        Raises:
            LedgerError: It is not written, so it must not be tried.
        """
        self._meant[operation.operation_id] = operation
        await self._hand_in(Entry(operation, self._now()))

    async def record(self, outcome: Outcome, operation: PlannedOperation | None = None) -> None:
        """Write what became of an operation, with its exchanges and its account's link, together.

        Args:
            outcome: What became of it.
            operation: The operation, for one that was never intended (`skipped`, `conflict`).

        Raises:
            LedgerError: It is not written; the intent stays open and the next run looks.
        """
        meant = operation or self._meant.get(outcome.operation_id)
        if meant is None:
            raise LedgerError(
                f"run {self._run_id}: an outcome of {outcome.operation_id}, which was not intended"
            )
        await self._hand_in(Entry(meant, self._now(), outcome))

    async def _hand_in(self, entry: Entry) -> None:
        if self._failure is not None:
            raise self._refusal()
        if not self._open:
            raise LedgerError(f"run {self._run_id}: its journal is closed")
        done = self._loop.create_future()
        self._queue.put(_Waiting(entry, done))
        await done

    def _refusal(self) -> LedgerError:
        """The failure anew, for each who has to hear of it."""
        failure = self._failure
        if failure is None:
            return LedgerError("the journal failed")
        return LedgerError(f"nothing more is written: {failure.message}", hint=failure.hint)

    def _write(self) -> None:
        """The writer thread: commit what waits, until told that nothing more comes."""
        more = True
        while more:
            first = self._queue.get()
            if first is None:
                break
            waiting, more = self._gather(first)
            self._commit(waiting)
            with contextlib.suppress(RuntimeError):  # the loop has ended: nobody waits any more
                self._loop.call_soon_threadsafe(self._wake, waiting)
        self._commit_what_was_seen()

    def _gather(self, first: _Waiting) -> tuple[list[_Waiting], bool]:
        """Everything that waits, and whether more may come."""
        waiting = [first]
        time.sleep(max(self._last_commit + PACE_S - time.monotonic(), 0))
        while len(waiting) < MOST_IN_A_COMMIT:
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                break
            if item is None:
                return waiting, False
            waiting.append(item)
        return waiting, True

    def _commit(self, waiting: Sequence[_Waiting]) -> None:
        if self._failure is not None:
            return
        entries = [item.entry for item in waiting]
        for entry in entries:
            if entry.outcome is not None:
                self._seen.take(entry.outcome, entry.at)
        with self._keeping_failures():
            with self._database.write() as connection:
                operations.append(connection, self._facts, entries, self._refs)
                if urgent := self._seen.is_urgent:
                    self._seen.write(connection, self._facts.target, self._run_id)
            if urgent:
                self._seen.clear()
            self.entries += len(waiting)
            self.commits += 1
            self._last_commit = time.monotonic()

    def _commit_what_was_seen(self) -> None:
        """At the end: how often attributes were kept."""
        if self._failure is None and self._seen:
            with self._keeping_failures(), self._database.write() as connection:
                self._seen.write(connection, self._facts.target, self._run_id)

    @contextlib.contextmanager
    def _keeping_failures(self) -> Iterator[None]:
        """Keep an error for those who wait: a thread that dies would leave them waiting."""
        try:
            yield
        except LedgerError as error:
            self._failure = error
        except Exception as error:
            self._failure = LedgerError(f"the journal failed: {type(error).__name__}")

    def _wake(self, waiting: Sequence[_Waiting]) -> None:
        for item in waiting:
            if item.done.done():
                continue  # its task was cancelled meanwhile
            if self._failure is None:
                item.done.set_result(None)
            else:
                item.done.set_exception(self._refusal())
