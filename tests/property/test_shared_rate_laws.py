"""Clients that share one rate never send more than it, whoever comes, goes, or is cut off."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.errors import TargetUnavailable
from tasks.scim.clock import Clock
from tasks.scim.rate import RateController
from tasks.scim.shared_rate import (
    IDLE_S,
    LOOK_EVERY_S,
    RENEW_EVERY_S,
    VALID_S,
    WINDOW_S,
    SharedRate,
    share_of,
)
from tests.virtual_time import run_in_virtual_time

PER_S = 50
SHARES = 8


@dataclass
class Server:
    """A limit of slots that takes a moment to answer, and may be away."""

    clock: Clock
    slots: int = SHARES
    latency_s: float = 0.05
    held: set[int] = field(default_factory=set)
    away: bool = False
    forgetful: bool = False

    async def answer(self) -> None:
        await self.clock.sleep(self.latency_s)
        if self.away:
            raise TargetUnavailable("the server does not answer")


class Slots:
    def __init__(self, server: Server, number: int) -> None:
        self.server, self.number = server, number

    async def acquire(self) -> bool:
        await self.server.answer()
        if len(self.server.held) >= self.server.slots:
            return False
        self.server.held.add(self.number)
        return True

    async def renew(self) -> bool:
        await self.server.answer()
        return self.number in self.server.held and not self.server.forgetful

    async def count(self) -> int:
        await self.server.answer()
        return len(self.server.held)

    async def release(self) -> None:
        await self.server.answer()
        self.server.held.discard(self.number)


@dataclass
class Sender:
    """Sends as fast as it is let, for some time, and then goes."""

    server: Server
    number: int
    begins_s: float
    lasts_s: float
    in_flight: int = 8
    latency_s: float = 0.03
    sent: list[float] = field(default_factory=list)
    round_trips: int = 0

    async def run(self) -> None:
        clock = self.server.clock
        await clock.sleep(self.begins_s)
        share = SharedRate(
            Slots(self.server, self.number), PER_S, SHARES, patience_s=600, clock=clock
        )
        rate = RateController(PER_S, self.in_flight, clock=clock, share=share)
        until = clock.monotonic() + self.lasts_s

        async def work() -> None:
            while clock.monotonic() < until:
                ticket = await rate.acquire(60)
                self.sent.append(clock.monotonic())
                await clock.sleep(self.latency_s)
                rate.release(ticket, 200)

        await asyncio.gather(*(work() for _ in range(self.in_flight)))
        await share.aclose()
        self.round_trips = share.round_trips


async def together(server: Server, *senders: Sender, then: Any = None) -> None:
    await asyncio.gather(*(sender.run() for sender in senders), *([then] if then else []))


def busiest(*senders: Sender) -> int:
    """Most requests within any second, wherever it begins."""
    moments = sorted(moment for sender in senders for moment in sender.sent)
    most, first = 0, 0
    for last, moment in enumerate(moments):
        while moments[first] <= moment - WINDOW_S:
            first += 1
        most = max(most, last - first + 1)
    return most


@given(
    st.lists(
        st.tuples(st.floats(0, 40), st.floats(1, 60), st.integers(1, 16), st.floats(0.001, 1.0)),
        min_size=1,
        max_size=SHARES,
    ),
    st.floats(0.001, 1.5),
)
def test_the_sum_stays_within_the_rate_in_every_second(
    plans: list[tuple[float, float, int, float]], latency_s: float
) -> None:
    async def law(clock: Clock) -> None:
        server = Server(clock, latency_s=latency_s)
        senders = [Sender(server, n, *plan) for n, plan in enumerate(plans)]
        await together(server, *senders)
        assert busiest(*senders) <= PER_S
        assert all(sender.sent for sender in senders)
        assert not server.held

    run_in_virtual_time(law)


@given(st.integers(0, 10_000))
def test_a_server_that_is_away_for_a_while_changes_no_law(seed: int) -> None:
    async def law(clock: Clock) -> None:
        chance = random.Random(seed)
        server = Server(clock)
        number = chance.randint(2, SHARES)
        senders = [Sender(server, n, chance.uniform(0, 20), 60) for n in range(number)]

        async def away() -> None:
            for _ in range(2):
                await clock.sleep(chance.uniform(1, 20))
                server.away = True
                await clock.sleep(chance.uniform(1, 30))
                server.away = False

        await together(server, *senders, then=away())
        assert busiest(*senders) <= PER_S

    run_in_virtual_time(law)


def test_who_is_alone_has_the_whole_rate_at_once_and_asks_seldom() -> None:
    async def law(clock: Clock) -> None:
        sender = Sender(Server(clock), 1, 0, 60)
        await together(sender.server, sender)
        assert sender.sent[0] < 0.5
        assert len(sender.sent) > 0.97 * PER_S * 60
        assert sender.round_trips < 60 / LOOK_EVERY_S + 60 / RENEW_EVERY_S + 4

    run_in_virtual_time(law)


def test_who_joins_waits_until_the_others_know_and_who_stays_gets_the_rest_back() -> None:
    async def law(clock: Clock) -> None:
        server = Server(clock)
        first, second = Sender(server, 1, 0, 90), Sender(server, 2, 20, 30)
        await together(server, first, second)
        assert VALID_S + WINDOW_S <= second.sent[0] - 20 < VALID_S + WINDOW_S + 1
        by_second = Counter(int(moment) for moment in first.sent)
        half = share_of(PER_S, 2)
        assert by_second[15] >= 49
        assert half - 1 <= by_second[35] <= half + 1
        assert by_second[70] >= 49

    run_in_virtual_time(law)


def test_eight_use_nearly_all_of_it() -> None:
    async def law(clock: Clock) -> None:
        server = Server(clock)
        senders = [Sender(server, n, 0, 60) for n in range(SHARES)]
        await together(server, *senders)
        sent = [m for sender in senders for m in sender.sent if 20 <= m < 50]
        assert len(sent) > 0.88 * PER_S * 30
        counts = [sum(20 <= m < 50 for m in sender.sent) for sender in senders]
        assert max(counts) - min(counts) <= 2

    run_in_virtual_time(law)


def test_the_ninth_waits_for_a_free_share() -> None:
    async def law(clock: Clock) -> None:
        server = Server(clock)
        senders = [Sender(server, n, 0, 30) for n in range(SHARES)]
        ninth = Sender(server, 99, 1, 20)
        ninth_share = SharedRate(Slots(server, 98), PER_S, SHARES, patience_s=5, clock=clock)
        await clock.sleep(0)
        late = asyncio.gather(together(server, *senders))
        await clock.sleep(2)
        with pytest.raises(TargetUnavailable, match="no share of the rate was free within 5 s"):
            await ninth_share.allowed()
        await late
        await ninth_share.aclose()
        del ninth
        assert not server.held

    run_in_virtual_time(law)


def test_who_is_cut_off_or_forgotten_goes_on_at_the_least_share() -> None:
    async def law(clock: Clock) -> None:
        server = Server(clock)
        sender = Sender(server, 1, 0, 60)

        async def cut_off() -> None:
            await clock.sleep(10)
            server.away = True
            await clock.sleep(20)
            server.away = False

        await together(server, sender, then=cut_off())
        by_second = Counter(int(moment) for moment in sender.sent)
        assert by_second[9] >= 49
        assert 5 <= by_second[25] <= 6
        assert by_second[50] >= 49

    run_in_virtual_time(law)


def test_who_sends_nothing_for_a_while_gives_the_share_to_the_others() -> None:
    async def law(clock: Clock) -> None:
        server = Server(clock)
        idle = SharedRate(Slots(server, 1), PER_S, SHARES, patience_s=60, clock=clock)
        assert await idle.allowed() == PER_S
        assert server.held == {1}
        await clock.sleep(IDLE_S + 2 * LOOK_EVERY_S + 1)
        assert server.held == set()
        assert await idle.allowed() == PER_S
        await idle.aclose()
        assert server.held == set()

    run_in_virtual_time(law)
