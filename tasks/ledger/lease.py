"""Leases: one run works on a target at a time, over processes and machines.

A lease is a row that only one process can get, by a statement with a condition. It ends by its
time, unless renewed; a lease of a process that is known to have ended is taken over at once.
Whoever uses one ledger has to agree on the time to well below `ttl_s`: `shared_clock`.
"""

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from data_contracts.errors import LeaseHeld, LedgerError
from tasks.ledger.ledger import Ledger
from tasks.ledger.liveness import is_dead, this_process
from tasks.ledger.reader import LedgerReader
from tasks.ledger.schema import lease as table

TTL_S = 90.0
"""Long enough for two renewals to fail, short enough not to lose a night to a dead machine."""

RENEWALS = 3
"""So many renewals fit into a lease."""

ATTEMPTS = 5
"""Another process may change the row between our looking and our taking, but not for ever."""

log = logging.getLogger(__name__)


class Lease:
    """The right to work on one target.

    Args:
        ledger: Where it is kept.
        target: Name of the target.
        owner: `host:pid:run id`, for whoever has to wait.
        now_fn: The present moment, aware.
        ttl_s: It ends so many seconds after the last renewal.

    Attributes:
        lost: Set when the lease may belong to somebody else: stop writing to the target.
    """

    def __init__(
        self,
        ledger: Ledger,
        target: str,
        owner: str,
        now_fn: Callable[[], datetime],
        ttl_s: float = TTL_S,
    ) -> None:
        self.target = target
        self.owner = owner
        self.ttl_s = ttl_s
        self.lost = asyncio.Event()
        self._database = ledger.database
        self._now = now_fn
        self._process = this_process()
        self._acquired_at: datetime | None = None

    def acquire(self) -> None:
        """Take the lease when it is free, over, or its owner's process has ended.

        Raises:
            LeaseHeld: Somebody has it: who, since when, until when.
            LedgerError: The ledger failed.
        """
        held: Any | None = None
        for _ in range(ATTEMPTS):
            now = self._now()
            with self._database.read() as connection:
                held = connection.execute(
                    sa.select(table).where(table.c.target == self.target)
                ).first()
            if held is not None and held.ends_at > now and not is_dead(held.process):
                break
            if self._take(held, now):
                self._acquired_at = now
                return
        raise self._held_by(held)

    def renew(self) -> bool:
        """Prolong the lease.

        Returns:
            False when it is no longer ours.

        Raises:
            LedgerError: The ledger failed; the lease goes on until its time is over.
        """
        now = self._now()
        with self._database.write() as connection:
            renewed = connection.execute(
                sa.update(table)
                .where(*self._ours())
                .values(renewed_at=now, ends_at=now + timedelta(seconds=self.ttl_s))
            )
        return renewed.rowcount == 1

    def release(self) -> None:
        """Give the lease back; somebody else's is left alone.

        Raises:
            LedgerError: The ledger failed; the lease ends by its time.
        """
        with self._database.write() as connection:
            connection.execute(sa.delete(table).where(*self._ours()))

    def _ours(self) -> tuple[sa.ColumnElement[bool], ...]:
        return (
            table.c.target == self.target,
            table.c.owner == self.owner,
            table.c.process == self._process,
            table.c.acquired_at == self._acquired_at,
        )

    def _take(self, seen: Any | None, now: datetime) -> bool:
        """Put our name in, unless the row is no longer as it was seen."""
        row = {
            "target": self.target,
            "owner": self.owner,
            "process": self._process,
            "acquired_at": now,
            "renewed_at": now,
            "ends_at": now + timedelta(seconds=self.ttl_s),
        }
        if seen is None:
            return self._insert(row)
        unchanged = (
            table.c.target == self.target,
            table.c.owner == seen.owner,
            table.c.renewed_at == seen.renewed_at,
        )
        with self._database.write() as connection:
            taken = connection.execute(sa.update(table).where(*unchanged).values(row))
        return taken.rowcount == 1

    def _insert(self, row: dict[str, object]) -> bool:
        with self._database.translated(), contextlib.suppress(sa.exc.IntegrityError):
            with self._database.begin() as connection:
                connection.execute(sa.insert(table), row)
            return True
        return False  # another process was quicker

    def _held_by(self, held: Any | None) -> LeaseHeld:
        if held is None:
            return LeaseHeld(f"other runs keep taking the target {self.target}")
        return _held(held)


def shared_clock(ledger: LedgerReader, now_fn: Callable[[], datetime]) -> Callable[[], datetime]:
    """The clock by which a ledger's leases are timed: its server's, or this machine's for a file.

    A worker whose own clock is off would take a living lease for one that is over.

    Args:
        ledger: Where the leases are kept.
        now_fn: This machine's clock.

    Returns:
        Tells the present moment, aware; raises LedgerError when the server does not answer.
    """
    if ledger.database.engine.dialect.name != "postgresql":
        return now_fn

    def ask() -> datetime:
        with ledger.database.read() as connection:
            moment: datetime = connection.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
        return moment.astimezone(UTC)

    return ask


def who_holds(ledger: LedgerReader, target: str, now: datetime) -> LeaseHeld | None:
    """Who works on a target, as whoever tries to take its lease is told; None when nobody does.

    Args:
        ledger: Where leases are kept.
        target: Name of the target.
        now: The present moment, aware.
    """
    with ledger.database.read() as connection:
        seen = connection.execute(sa.select(table).where(table.c.target == target)).first()
    if seen is None or seen.ends_at <= now or is_dead(seen.process):
        return None
    return _held(seen)


def _held(row: Any) -> LeaseHeld:
    return LeaseHeld(
        f"target {row.target}: another run works on it: {row.owner}, since "
        f"{row.acquired_at:%Y-%m-%d %H:%M:%S} UTC; its lease lasts until "
        f"{row.ends_at:%H:%M:%S} UTC unless it is renewed"
    )


@contextlib.asynccontextmanager
async def lease(
    ledger: Ledger,
    target: str,
    owner: str,
    now_fn: Callable[[], datetime],
    ttl_s: float = TTL_S,
) -> AsyncIterator[Lease]:
    """Hold a target's lease: acquired, renewed in the background, given back at the end.

    Args:
        ledger: Where it is kept.
        target: Name of the target.
        owner: `host:pid:run id`, for whoever has to wait.
        now_fn: The present moment, aware.
        ttl_s: It ends so many seconds after the last renewal.

    Yields:
        The lease; whoever writes to the target watches its `lost`.

    Raises:
        LeaseHeld: Another run works on the target.
        LedgerError: The ledger failed.
    """
    held = Lease(ledger, target, owner, now_fn, ttl_s)
    held.acquire()  # milliseconds, and not in a thread that a cancelled run would leave behind
    heartbeat = _Heartbeat(held, asyncio.get_running_loop())
    heartbeat.start()
    try:
        yield held
    finally:
        heartbeat.stop()
        try:
            held.release()
        except LedgerError as error:
            log.warning("the lease of %s could not be given back: %s", target, error.message)


class _Heartbeat(threading.Thread):
    """Renews a lease, in a thread: an event loop that is busy planning must not lose it."""

    def __init__(self, held: Lease, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(name=f"lease of {held.target}", daemon=True)
        self._held = held
        self._loop = loop
        self._stopped = threading.Event()

    def stop(self) -> None:
        """End, after the renewal that may be going on."""
        self._stopped.set()
        self.join()

    def run(self) -> None:
        """Renew until stopped; say so before anybody else may take the lease."""
        pause = self._held.ttl_s / RENEWALS
        sure_until = time.monotonic() + self._held.ttl_s - pause
        while not self._stopped.wait(pause):
            asked = time.monotonic()
            try:
                if not self._held.renew():
                    return self._lose("another run took it")
                pause = self._held.ttl_s / RENEWALS
                sure_until = asked + self._held.ttl_s - pause
            except LedgerError as error:
                if time.monotonic() >= sure_until:
                    return self._lose(error.message)
                pause = self._held.ttl_s / RENEWALS / 4  # soon again, while it is still ours

    def _lose(self, reason: str) -> None:
        log.error("the lease of %s is lost: %s", self._held.target, reason)
        with contextlib.suppress(RuntimeError):  # the loop has ended, and the run with it
            self._loop.call_soon_threadsafe(self._held.lost.set)
