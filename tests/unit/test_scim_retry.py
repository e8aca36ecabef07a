"""What is sent again, how often, and for how long."""

from collections.abc import Sequence

import pytest

from data_contracts.errors import (
    AnswerUnreadable,
    OutcomeUnknown,
    TargetError,
    TargetRefused,
    TargetUnavailable,
    TokenRefused,
)
from tasks.scim.retry import LONGEST_WAIT_S, may_repeat, wait_s, with_retries
from tests.target_parts import FakeTime, asynchronous


def unavailable(status: int | None = None, after: float | None = None) -> TargetUnavailable:
    return TargetUnavailable("down", status=status, retry_after_s=after)


class Sender:
    """Ends with each given error in turn, then with success."""

    def __init__(self, *errors: TargetError) -> None:
        self.errors = list(errors)
        self.calls = 0

    async def __call__(self, left_s: float) -> str:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"


async def run(
    errors: Sequence[TargetError], *, is_read: bool, budget_s: float = 120
) -> tuple[int, FakeTime]:
    sender, time = Sender(*errors), FakeTime()
    assert await with_retries(sender, is_read=is_read, budget_s=lambda: budget_s, clock=time.clock)
    return sender.calls, time


@pytest.mark.parametrize(
    ("error", "read", "write"),
    [
        (unavailable(), True, True),  # never sent
        (unavailable(429), True, True),
        (unavailable(500), True, False),
        (unavailable(503), True, False),
        (OutcomeUnknown("lost"), False, False),
        (TargetRefused("no", status=400), False, False),
        (TokenRefused("no", status=401), False, False),
        (AnswerUnreadable("html"), False, False),
        (ValueError(), False, False),
    ],
)
def test_a_write_is_repeated_only_when_it_was_not_carried_out(
    error: Exception, read: bool, write: bool
) -> None:
    assert may_repeat(error, is_read=True) is read
    assert may_repeat(error, is_read=False) is write


@asynchronous
async def test_success_at_once_waits_for_nothing() -> None:
    calls, time = await run([], is_read=True)
    assert (calls, time.slept) == (1, [])


@asynchronous
async def test_pauses_grow_and_are_jittered() -> None:
    calls, time = await run([unavailable(500)] * 4, is_read=True)
    assert calls == 5
    for pause, longest in zip(time.slept, (0.5, 1, 2, 4), strict=True):
        assert longest / 2 <= pause <= longest
    assert len({wait_s(3, unavailable(500)) for _ in range(20)}) > 1
    assert wait_s(50, unavailable(500)) <= LONGEST_WAIT_S


@asynchronous
async def test_a_429_leaves_the_waiting_to_the_rate_controller() -> None:
    _, time = await run([unavailable(429, after=7)], is_read=False)
    assert sum(time.slept) == 0


@asynchronous
async def test_it_ends_within_its_budget_with_the_last_error() -> None:
    sender, time = Sender(*[unavailable(500)] * 1000), FakeTime()
    began = time.seconds
    with pytest.raises(TargetUnavailable) as caught:
        await with_retries(sender, is_read=True, budget_s=lambda: 20.0, clock=time.clock)
    assert caught.value.status == 500
    assert 4 <= sender.calls <= 9
    assert time.seconds - began <= 20


@asynchronous
async def test_a_wait_beyond_the_budget_is_not_begun() -> None:
    sender, time = Sender(unavailable(429, after=3600)), FakeTime()
    with pytest.raises(TargetUnavailable):
        await with_retries(sender, is_read=True, budget_s=lambda: 20.0, clock=time.clock)
    assert (sender.calls, time.slept) == (1, [])


@asynchronous
async def test_a_write_that_failed_with_500_is_sent_once() -> None:
    sender, time = Sender(unavailable(500)), FakeTime()
    with pytest.raises(TargetUnavailable):
        await with_retries(sender, is_read=False, budget_s=lambda: 20.0, clock=time.clock)
    assert sender.calls == 1
