"""Pacing and the number in flight, with a clock that only moves when somebody sleeps."""

import asyncio
import itertools
from datetime import timedelta
from email.utils import format_datetime

import pytest

from data_contracts.errors import TargetUnavailable
from tasks.scim.rate import HEADROOM, RateController, Ticket
from tests.target_parts import FakeTime, asynchronous


def controller(
    per_s: float = 50, in_flight: int = 16, time: FakeTime | None = None
) -> tuple[RateController, FakeTime]:
    time = time or FakeTime()
    return RateController(per_s, in_flight, clock=time.clock), time


async def ask(
    rate: RateController,
    time: FakeTime,
    status: int | None = 200,
    latency_s: float = 0.0,
    **headers: str,
) -> Ticket:
    ticket = await rate.acquire(60)
    time.seconds += latency_s
    rate.release(ticket, status, {n.replace("_", "-"): v for n, v in headers.items()})
    return ticket


async def fill(
    rate: RateController, time: FakeTime, requests: int, latency_s: float = 0.05
) -> None:
    """Requests of which more wait than may be sent at the same time."""

    async def one() -> None:
        ticket = await rate.acquire(60)
        await time.sleep(latency_s)
        rate.release(ticket, 200)

    await asyncio.gather(*(one() for _ in range(requests)))


@asynchronous
async def test_requests_are_spread_evenly_within_the_limit() -> None:
    rate, time = controller(50)
    sent = [(await ask(rate, time)).sent_at for _ in range(200)]
    gaps = [b - a for a, b in itertools.pairwise(sent)]
    assert min(gaps) >= 1 / 50
    assert max(gaps) <= 1 / (50 * HEADROOM) + 1e-6
    busiest = max(sum(s <= t < s + 1 for t in sent) for s in sent)
    assert busiest <= 50


@asynchronous
async def test_idle_time_is_not_saved_up_for_a_burst() -> None:
    rate, time = controller(50)
    await ask(rate, time)
    time.seconds += 60
    sent = [(await ask(rate, time)).sent_at for _ in range(10)]
    assert sent[-1] - sent[0] >= 8.5 / 50


@pytest.mark.parametrize(
    ("header", "value"), [("Retry-After", "3"), ("Retry-After", None), ("x-ratelimit-reset", "3")]
)
@asynchronous
async def test_a_429_holds_everybody_back_as_long_as_it_says(
    header: str, value: str | None
) -> None:
    rate, time = controller()
    value = value or format_datetime(time.now() + timedelta(seconds=4), usegmt=True)
    ticket = await rate.acquire(60)
    rate.release(ticket, 429, {header.lower(): value})
    paused_at = time.seconds
    following = await asyncio.gather(*(rate.acquire(60) for _ in range(3)))
    assert all(t.sent_at >= paused_at + 2.9 for t in following)
    assert following[2].sent_at - following[0].sent_at >= 2 / 50, "no burst after the pause"
    assert rate.throttled == 1


@asynchronous
async def test_who_waits_already_when_the_429_comes_waits_on() -> None:
    rate, _ = controller(per_s=10, in_flight=8)
    first, second = await rate.acquire(60), asyncio.create_task(rate.acquire(60))
    await asyncio.sleep(0)
    rate.release(first, 429, {"retry-after": "5"})
    assert (await second).sent_at >= 1005


@asynchronous
async def test_a_429_without_a_word_waits_a_second_and_longer_each_round() -> None:
    rate, time = controller()
    waits = []
    for _ in range(8):
        before = time.seconds
        await ask(rate, time, 429)
        waits.append(time.seconds - before)
    assert waits[1] == pytest.approx(1.0, abs=0.1)
    assert waits[-1] > 3


@asynchronous
async def test_a_retry_after_of_zero_does_not_lead_to_hammering() -> None:
    rate, time = controller()
    began = time.seconds
    for _ in range(10):
        await ask(rate, time, 429, retry_after="0")
    assert time.seconds - began > 30


@asynchronous
async def test_a_pause_longer_than_one_s_patience_is_an_error_at_once() -> None:
    rate, time = controller()
    await ask(rate, time, 429, retry_after="3600")
    with pytest.raises(TargetUnavailable, match="asks to wait 3600 s") as caught:
        await rate.acquire(60)
    assert caught.value.retry_after_s == 3600
    assert rate.in_flight == 0


@asynchronous
async def test_the_rate_falls_with_429_once_a_round_and_comes_back() -> None:
    rate, time = controller(50)
    full = rate.requests_per_s
    tickets = [await rate.acquire(60) for _ in range(5)]
    for ticket in tickets:
        rate.release(ticket, 429, {"retry-after": "1"})
    assert rate.requests_per_s == pytest.approx(full * 0.85)
    time.seconds += 5
    assert full * 0.85 < rate.requests_per_s < full
    time.seconds += 60
    assert rate.requests_per_s == full


@asynchronous
async def test_nothing_remaining_puts_the_next_request_off() -> None:
    rate, time = controller(50)
    first = await ask(rate, time, x_ratelimit_remaining="0")
    second = await ask(rate, time, x_ratelimit_remaining="49")
    third = await ask(rate, time)
    assert second.sent_at - first.sent_at >= 2 / 50
    assert third.sent_at - second.sent_at < 1.5 / 50


@asynchronous
async def test_the_number_in_flight_grows_while_answers_stay_quick() -> None:
    rate, time = controller(per_s=1e6, in_flight=64)
    began = rate.in_flight_limit
    await fill(rate, time, 500)
    assert began == 8
    assert rate.in_flight_limit == 64, "configured, and not more"


@asynchronous
async def test_the_number_in_flight_stays_where_answers_become_slow() -> None:
    rate, time = controller(per_s=1e6, in_flight=64)
    await fill(rate, time, 20)
    reached = rate.in_flight_limit
    await fill(rate, time, 500, latency_s=0.5)
    assert rate.in_flight_limit <= reached + 5


@asynchronous
async def test_unused_room_does_not_grow() -> None:
    rate, time = controller(per_s=1e6, in_flight=64)
    for _ in range(500):
        await ask(rate, time, latency_s=0.05)
    assert rate.in_flight_limit == 8


@pytest.mark.parametrize("status", [429, 503, 504, None])
@asynchronous
async def test_trouble_halves_the_number_in_flight_once_for_those_under_way(
    status: int | None,
) -> None:
    rate, time = controller(per_s=1e6, in_flight=64)
    await fill(rate, time, 500)
    tickets = [await rate.acquire(60) for _ in range(64)]
    for ticket in tickets:
        rate.release(ticket, status)
    assert rate.in_flight_limit == 32
    await ask(rate, time, status)
    assert rate.in_flight_limit == 16


@asynchronous
async def test_after_trouble_it_grows_by_one_a_round() -> None:
    rate, time = controller(per_s=1e6, in_flight=64)
    await fill(rate, time, 500)
    await ask(rate, time, 503)
    assert rate.in_flight_limit == 32
    await fill(rate, time, 150)
    assert 33 <= rate.in_flight_limit <= 36


@asynchronous
async def test_it_never_falls_below_one() -> None:
    rate, time = controller()
    for _ in range(20):
        await ask(rate, time, 503)
    assert rate.in_flight_limit == 1


@asynchronous
async def test_no_more_are_in_flight_than_allowed_and_turns_come_in_order() -> None:
    rate, _ = controller(per_s=1e6, in_flight=2)
    came: list[int] = []

    async def one(number: int) -> None:
        ticket = await rate.acquire(60)
        came.append(number)
        assert rate.in_flight <= 2
        await asyncio.sleep(0)
        rate.release(ticket, 200)

    await asyncio.gather(*(one(n) for n in range(20)))
    assert came == list(range(20))
    assert rate.in_flight == 0


@asynchronous
async def test_cancelled_waiters_lose_no_turn() -> None:
    rate, _ = controller(per_s=1e6, in_flight=1)
    held = await rate.acquire(60)
    waiting = [asyncio.create_task(rate.acquire(60)) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    rate.release(held, 200)
    waiting[1].cancel()  # its turn has just come
    ticket = await asyncio.wait_for(waiting[2], 1)
    rate.abandon(ticket)
    assert rate.in_flight == 0
