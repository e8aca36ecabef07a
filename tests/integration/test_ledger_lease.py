"""One run works on a target at a time; a lease ends by its time, or with its process."""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from data_contracts.errors import LeaseHeld, LedgerError
from tasks.ledger import Ledger, open_ledger
from tasks.ledger.lease import Lease, lease, shared_clock, who_holds
from tests.ledger_parts import TARGET, Watch, asynchronous

TTL_S = 90
HOUR = timedelta(hours=1)


@pytest.fixture
def watch() -> Watch:
    return Watch()


def contender(ledger: Ledger, watch: Watch, owner: str, target: str = TARGET) -> Lease:
    return Lease(ledger, target, owner, watch, TTL_S)


def holder(ledger: Ledger) -> str | None:
    with ledger.database.read() as connection:
        owner = connection.scalar(sa.text("SELECT owner FROM lease"))
    return None if owner is None else str(owner)


def test_who_comes_second_is_told_who_has_the_lease_since_when_and_until_when(
    ledger: Ledger, watch: Watch
) -> None:
    contender(ledger, watch, "alpha:17:r1").acquire()
    watch.pass_by(30)
    with pytest.raises(LeaseHeld) as caught:
        contender(ledger, watch, "beta:18:r2").acquire()
    assert "target acme: another run works on it: alpha:17:r1" in caught.value.message
    assert "since 2026-03-02 09:00:00 UTC" in caught.value.message
    assert "until 09:01:30 UTC" in caught.value.message
    contender(ledger, watch, "beta:18:r2", "other").acquire()  # every target has its own


def test_workers_whose_clocks_are_apart_keep_each_other_out_by_the_database_s_clock(
    new_database: Callable[[], str], tmp_path: Path
) -> None:
    ahead, behind = Watch(), Watch()
    ahead.pass_by(3600)
    behind.pass_by(-3600)
    with open_ledger(new_database(), folder=tmp_path) as ledger:
        first = Lease(ledger, TARGET, "behind:17:r1", shared_clock(ledger, behind), TTL_S)
        first.acquire()
        second = Lease(ledger, TARGET, "ahead:18:r2", shared_clock(ledger, ahead), TTL_S)
        with pytest.raises(LeaseHeld, match="behind:17:r1"):
            second.acquire()
        assert who_holds(ledger, TARGET, shared_clock(ledger, ahead)()) is not None
        assert first.renew()
        first.release()
        second.acquire()
        with pytest.raises(LeaseHeld, match="ahead:18:r2"):
            first.acquire()
        # a machine's own clock would have taken the living lease for one that is over
        Lease(ledger, TARGET, "wrong:19:r3", lambda: datetime.now(UTC) + HOUR, TTL_S).acquire()


def test_a_file_s_leases_go_by_the_clock_of_its_machine(ledger: Ledger, watch: Watch) -> None:
    if ledger.database.engine.dialect.name == "sqlite":
        assert shared_clock(ledger, watch)() == watch()


def test_a_lease_that_was_given_back_is_free(ledger: Ledger, watch: Watch) -> None:
    first = contender(ledger, watch, "alpha:17:r1")
    first.acquire()
    first.release()
    contender(ledger, watch, "beta:18:r2").acquire()
    assert holder(ledger) == "beta:18:r2"


def test_a_renewed_lease_lasts_longer(ledger: Ledger, watch: Watch) -> None:
    first = contender(ledger, watch, "alpha:17:r1")
    first.acquire()
    for _ in range(5):
        watch.pass_by(TTL_S - 1)
        with pytest.raises(LeaseHeld):
            contender(ledger, watch, "beta:18:r2").acquire()
        assert first.renew()


def test_a_lease_without_a_heartbeat_is_taken_over_and_its_owner_is_told(
    ledger: Ledger, watch: Watch
) -> None:
    first, second = contender(ledger, watch, "alpha:17:r1"), contender(ledger, watch, "beta:18:r2")
    first.acquire()
    watch.pass_by(TTL_S)
    second.acquire()
    assert holder(ledger) == "beta:18:r2"
    assert not first.renew()
    first.release()  # gives back what is its own, and that is nothing
    assert holder(ledger) == "beta:18:r2"
    assert second.renew()


def test_an_owner_that_renews_at_the_last_moment_keeps_its_lease(
    ledger: Ledger, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = contender(ledger, watch, "alpha:17:r1"), contender(ledger, watch, "beta:18:r2")
    first.acquire()
    watch.pass_by(TTL_S)
    take = second._take

    def take_late(seen: Any, now: datetime) -> bool:
        first.renew()
        return take(seen, now)

    monkeypatch.setattr(second, "_take", take_late)
    with pytest.raises(LeaseHeld, match="alpha:17:r1"):
        second.acquire()
    assert first.renew()


def test_an_owner_that_took_its_own_lapsed_lease_again_holds_the_new_one_only(
    ledger: Ledger, watch: Watch
) -> None:
    first, again = contender(ledger, watch, "alpha:17:r1"), contender(ledger, watch, "alpha:17:r1")
    first.acquire()
    with pytest.raises(LeaseHeld):
        again.acquire()
    watch.pass_by(TTL_S)
    again.acquire()
    assert not first.renew()


def test_of_many_that_want_a_lease_at_the_same_moment_one_gets_it(
    ledger: Ledger, watch: Watch
) -> None:
    def try_it(number: int) -> bool:
        together.wait()
        try:
            contender(ledger, watch, f"alpha:17:r{number}").acquire()
        except LeaseHeld:
            return False
        return True

    many = 8
    together = threading.Barrier(many)
    for _ in ("when it is free", "when it has lapsed"):
        with ThreadPoolExecutor(many) as threads:
            assert sum(threads.map(try_it, range(many))) == 1
        watch.pass_by(TTL_S)


@asynchronous
async def test_a_lease_is_renewed_while_it_is_held_and_given_back_at_the_end(
    ledger: Ledger,
) -> None:
    watch = Watch()
    async with lease(ledger, TARGET, "alpha:17:r1", watch, ttl_s=0.15) as held:
        watch.pass_by(1)
        await asyncio.sleep(0.3)
        watch.pass_by(0.1)
        with pytest.raises(LeaseHeld):  # without a renewal it would be over
            contender(ledger, watch, "beta:18:r2").acquire()
        assert not held.lost.is_set()
    assert holder(ledger) is None


@asynchronous
async def test_a_lease_is_renewed_while_the_event_loop_is_busy_planning(ledger: Ledger) -> None:
    watch = Watch()
    async with lease(ledger, TARGET, "alpha:17:r1", watch, ttl_s=0.15):
        renewed, waited = holder_renewed(ledger), 0
        watch.pass_by(1)
        while holder_renewed(ledger) == renewed and waited < 500:
            time.sleep(0.01)  # and awaits nothing
            waited += 1
        assert holder_renewed(ledger) != renewed


def holder_renewed(ledger: Ledger) -> object:
    with ledger.database.read() as connection:
        return connection.scalar(sa.text("SELECT renewed_at FROM lease"))


@asynchronous
async def test_a_lease_that_was_taken_over_is_lost(ledger: Ledger) -> None:
    async with lease(ledger, TARGET, "alpha:17:r1", Watch(), ttl_s=0.3) as held:
        with ledger.database.write() as connection:
            connection.execute(sa.text("UPDATE lease SET owner = 'beta:18:r2'"))
        await asyncio.wait_for(held.lost.wait(), 5)
    assert holder(ledger) == "beta:18:r2"


@asynchronous
async def test_a_lease_that_cannot_be_renewed_is_lost_before_anybody_else_may_take_it(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Lease) -> bool:
        raise LedgerError("the database is gone")

    monkeypatch.setattr(Lease, "renew", fail)
    loop = asyncio.get_running_loop()
    begun = loop.time()
    async with lease(ledger, TARGET, "alpha:17:r1", Watch(), ttl_s=1.2) as held:
        await asyncio.wait_for(held.lost.wait(), 5)
        assert 0.7 < loop.time() - begun < 1.2


@asynchronous
async def test_a_cancelled_run_gives_its_lease_back(ledger: Ledger) -> None:
    async def work() -> None:
        async with lease(ledger, TARGET, "alpha:17:r1", Watch()):
            begun.set()
            await asyncio.sleep(60)

    begun = asyncio.Event()
    working = asyncio.create_task(work())
    await begun.wait()
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    assert holder(ledger) is None
