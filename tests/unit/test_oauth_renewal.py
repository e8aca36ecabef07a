"""When a token is renewed: in time, once for all who wait, and what happens when it cannot be."""

import asyncio

import pytest
from pydantic import SecretStr

from data_contracts.errors import (
    ConfigurationError,
    ScimflowError,
    TargetUnavailable,
    TokenRefused,
)
from tasks.scim.grants import Granted
from tasks.scim.renewal import PAUSE_S, RenewedToken
from tests.target_parts import FakeTime, asynchronous


class Server:
    """Gives token after token, each good for `lasts_s`; ends with the errors that it is given."""

    def __init__(self, lasts_s: float | None = 300, *, takes_s: float = 0) -> None:
        self.lasts_s = lasts_s
        self.takes_s = takes_s
        self.time = FakeTime()
        self.errors: list[Exception] = []
        self.asked = 0
        self.at_once = 0
        self.most_at_once = 0
        self.ended = 0
        self.closed = False
        self.gate: asyncio.Event | None = None

    async def fetch(self) -> Granted:
        self.asked += 1
        number = self.asked
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(0)
            if self.gate is not None:
                await self.gate.wait()
            self.time.seconds += self.takes_s
            if self.errors:
                raise self.errors.pop(0)
            return Granted(SecretStr(f"t{number}"), self.lasts_s)
        finally:
            self.at_once -= 1
            self.ended += 1

    async def close(self) -> None:
        self.closed = True

    def source(self) -> RenewedToken:
        return RenewedToken(
            self.fetch, what="grant x from y", close=self.close, clock=self.time.clock
        )


async def now(source: RenewedToken) -> str:
    return (await source.current()).get_secret_value()


@asynchronous
async def test_nobody_is_asked_before_a_token_is_needed() -> None:
    server = Server()
    source = server.source()
    assert server.asked == 0
    assert [await now(source), await now(source)] == ["t1", "t1"]
    assert server.asked == 1


@pytest.mark.parametrize(
    ("lasts_s", "still_s", "due_s"),
    [
        (300, 269.9, 270.1),  # half a minute ahead
        (3600, 3569.9, 3570.1),
        (10, 7.9, 8.1),  # the last fifth of a short life
    ],
)
@asynchronous
async def test_a_token_is_renewed_ahead_of_its_end(
    lasts_s: float, still_s: float, due_s: float
) -> None:
    server = Server(lasts_s)
    source = server.source()
    assert await now(source) == "t1"
    begun = server.time.seconds
    server.time.seconds = begun + still_s
    assert await now(source) == "t1"
    server.time.seconds = begun + due_s
    assert await now(source) == "t2"


@asynchronous
async def test_the_life_of_a_token_begins_when_it_is_asked_for() -> None:
    server = Server(300, takes_s=20)
    source = server.source()
    await now(source)
    server.time.seconds += 251  # 271 after asking
    assert await now(source) == "t2"


@asynchronous
async def test_a_token_without_a_known_end_is_used_until_it_is_refused() -> None:
    server = Server(None)
    source = server.source()
    first = await source.current()
    server.time.seconds += 10**8
    assert await now(source) == "t1"
    assert await source.renewed(first)
    assert await now(source) == "t2"


@asynchronous
async def test_many_requests_wait_for_one_renewal() -> None:
    server = Server(300)
    source = server.source()
    assert set(await asyncio.gather(*(now(source) for _ in range(50)))) == {"t1"}
    server.time.seconds += 280
    assert set(await asyncio.gather(*(now(source) for _ in range(50)))) == {"t2"}
    assert (server.asked, server.most_at_once) == (2, 1)


@asynchronous
async def test_many_refusals_of_one_token_are_one_renewal() -> None:
    server = Server(300)
    source = server.source()
    used = await source.current()
    assert all(await asyncio.gather(*(source.renewed(used) for _ in range(50))))
    assert await source.renewed(used), "a late refusal of the old token"
    assert await now(source) == "t2"
    assert server.asked == 2


@asynchronous
async def test_a_server_that_is_down_is_no_matter_while_the_token_is_good() -> None:
    server = Server(300)
    source = server.source()
    await now(source)
    server.time.seconds += 280
    server.errors = [TargetUnavailable("down"), TargetUnavailable("down")]
    assert await now(source) == "t1"
    assert await now(source) == "t1", "and it is left alone for a while"
    assert server.asked == 2
    server.time.seconds += PAUSE_S
    assert await now(source) == "t1"
    server.time.seconds += PAUSE_S
    assert await now(source) == "t4"


@asynchronous
async def test_a_server_that_is_down_ends_the_wait_when_the_token_has_ended() -> None:
    server = Server(300)
    source = server.source()
    await now(source)
    server.time.seconds += 301
    server.errors = [TargetUnavailable("down")]
    with pytest.raises(TargetUnavailable, match="down"):
        await source.current()
    server.time.seconds += PAUSE_S
    assert await now(source) == "t3"


@asynchronous
async def test_a_server_that_is_down_is_not_asked_by_each_who_waits() -> None:
    server = Server()
    server.errors = [TargetUnavailable("down", hint="wait")] * 50
    source = server.source()
    ends = await asyncio.gather(*(now(source) for _ in range(50)), return_exceptions=True)
    assert {(type(end), str(end)) for end in ends} == {(TargetUnavailable, "down")}
    with pytest.raises(TargetUnavailable, match="down") as caught:
        await source.current()
    assert caught.value.hint == "wait"
    assert server.asked == 1


@asynchronous
async def test_a_server_that_asks_to_wait_is_left_alone_that_long() -> None:
    server = Server()
    server.errors = [TargetUnavailable("busy", retry_after_s=30)]
    source = server.source()
    for passed_s in (0, 29):
        server.time.seconds += passed_s
        with pytest.raises(TargetUnavailable):
            await source.current()
    assert server.asked == 1
    server.time.seconds += 1
    assert await now(source) == "t2"


@pytest.mark.parametrize("error", [TokenRefused("no", hint="h"), ConfigurationError("no")])
@asynchronous
async def test_who_is_refused_does_not_ask_again(error: ScimflowError) -> None:
    server = Server()
    server.errors = [error]
    source = server.source()
    for _ in range(3):
        with pytest.raises(type(error), match="no") as caught:
            await source.current()
        assert caught.value.hint == error.hint
        server.time.seconds += 10**6
    assert server.asked == 1


@asynchronous
async def test_a_refusal_that_comes_ahead_of_the_end_is_told_at_once() -> None:
    server = Server(300)
    source = server.source()
    await now(source)
    server.time.seconds += 280
    server.errors = [TokenRefused("revoked")]
    with pytest.raises(TokenRefused, match="revoked"):
        await source.current()


@asynchronous
async def test_what_is_missing_in_the_middle_of_a_run_ends_it_like_a_refused_token() -> None:
    server = Server(300)
    source = server.source()
    used = await source.current()
    server.errors = [ConfigurationError("the file is gone", hint="put it back")]
    with pytest.raises(TokenRefused, match="the file is gone") as caught:
        await source.renewed(used)
    assert caught.value.hint == "put it back"


@asynchronous
async def test_a_renewal_goes_on_when_who_waits_is_cancelled() -> None:
    server = Server()
    server.gate = asyncio.Event()
    source = server.source()
    waiting = asyncio.create_task(source.current())
    await asyncio.sleep(0.01)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    server.gate.set()
    assert await now(source) == "t1"
    assert server.asked == 1, "what it brought was kept, not asked for twice"


@asynchronous
async def test_closing_lets_a_renewal_end_before_connections_close() -> None:
    server = Server()
    server.gate = asyncio.Event()
    source = server.source()
    waiting = asyncio.create_task(source.current())
    await asyncio.sleep(0.01)
    waiting.cancel()
    closing = asyncio.create_task(source.aclose())
    await asyncio.sleep(0.01)
    assert not server.closed
    server.gate.set()
    await closing
    assert (server.ended, server.closed) == (1, True)


@asynchronous
async def test_a_failed_renewal_that_nobody_waits_for_makes_no_noise() -> None:
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, about: complaints.append(about))
    server = Server()
    server.gate = asyncio.Event()
    server.errors = [RuntimeError("a defect")]
    source = server.source()
    waiting = asyncio.create_task(source.current())
    await asyncio.sleep(0.01)
    waiting.cancel()
    server.gate.set()
    await source.aclose()
    await asyncio.sleep(0)
    assert complaints == []


@asynchronous
async def test_a_check_says_where_a_token_is_from_and_never_what_it_is() -> None:
    assert await Server(300).source().check() == (
        "obtained by grant x from y, good for 300 s; its value is not shown"
    )
    source = Server(None).source()
    assert await source.check() == "obtained by grant x from y; its value is not shown"
    assert "t1" not in repr(vars(source))
