"""One request sent and its answer read: timed, bounded, recorded, its failure given a class.

Nothing is followed, and nothing is repeated but once with a new token what was refused with the
old one (401: nothing was done). The token goes into one header, to the host of `target.base_url`
alone.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from http import HTTPStatus
from urllib.parse import urlsplit

import httpx
from pydantic import SecretStr

from data_contracts.configuration.target import TargetSettings
from data_contracts.errors import (
    AnswerUnreadable,
    OutcomeUnknown,
    TargetError,
    TokenRefused,
)
from data_contracts.outcome import HttpExchange
from data_contracts.seen_request import OnRequest, SeenRequest
from tasks.scim.access import TokenSource
from tasks.scim.answers import Answer, error_of
from tasks.scim.clock import Clock
from tasks.scim.exchange import FAILURES, Flooded, exchange, lost, timeouts
from tasks.scim.protocol import SCIM_JSON, Request
from tasks.scim.rate import RateController, Share, Ticket
from tasks.scim.shared_rate import share_of

LARGEST_ANSWER = 32 * 1024 * 1024
"""Bytes of one answer: 10,000 users of 3 kB, the largest page that can be configured."""

Trace = list[HttpExchange]


class Wire:
    """The way to one target.

    Args:
        settings: Of the target.
        tokens: Gives the access token.
        transport: What carries the bytes.
        clock: Time.
        on_request: Told of each request that was sent.
        share: What is ours of the token's rate, where others use it too.
    """

    def __init__(
        self,
        settings: TargetSettings,
        tokens: TokenSource,
        transport: httpx.AsyncBaseTransport,
        clock: Clock,
        on_request: OnRequest | None = None,
        share: Share | None = None,
    ) -> None:
        self._base_url = settings.base_url
        self._host = urlsplit(settings.base_url).hostname or ""
        self._tokens = tokens
        self._transport = transport
        self._clock = clock
        self._on_request = on_request
        self._timeout_s = settings.timeout_s
        self._timeouts = timeouts(settings.timeout_s)
        per_s = settings.requests_per_s
        if share is None and settings.shared_limit is not None:  # a command that only reads
            per_s = share_of(per_s, settings.shared_limit.shares)
        self.rate = RateController(per_s, settings.max_in_flight, clock=clock, share=share)
        self.requests = 0
        """Requests sent so far."""
        self.answered = False
        """Whether the target ever answered, in whatever way."""

    async def aclose(self) -> None:
        """Close all connections."""
        try:
            await self._tokens.aclose()
        finally:
            await self._transport.aclose()

    async def send(self, request: Request, patience_s: float, trace: Trace | None) -> Answer:
        """Send one request when its turn has come.

        Args:
            request: What.
            patience_s: Longest wait for a pause that the target asks for.
            trace: Where the exchange is noted.

        Returns:
            A successful answer (2xx).

        Raises:
            TargetError: Any other end, by class.
        """
        return await self.send_made(lambda: request, patience_s, trace)

    async def send_made(
        self, make: Callable[[], Request], patience_s: float, trace: Trace | None
    ) -> Answer:
        """Send one request that is made when its turn has come; the rest as for `send`.

        Args:
            make: Makes it.
            patience_s: Longest wait for a pause that the target asks for.
            trace: Where the exchange is noted.
        """
        ticket, token = await self._turn(patience_s)
        request = make()
        try:
            return await self._send(request, ticket, token, trace)
        except TokenRefused as error:
            if error.status != HTTPStatus.UNAUTHORIZED or not await self._tokens.renewed(token):
                raise
        ticket, token = await self._turn(patience_s)
        try:
            return await self._send(request, ticket, token, trace)
        except TokenRefused as error:
            raise _refused_again(error) from None

    async def _turn(self, patience_s: float) -> tuple[Ticket, SecretStr]:
        """Wait for the right to send, and for a token that is good at that moment."""
        await self._tokens.current()  # a renewal within one's turn would look like a slow answer
        ticket = await self.rate.acquire(patience_s)
        try:
            return ticket, await self._tokens.current()  # the wait may have been long
        except BaseException:
            self.rate.abandon(ticket)
            raise

    async def _send(
        self, request: Request, ticket: Ticket, token: SecretStr, trace: Trace | None
    ) -> Answer:
        at, started = self._clock.now(), self._clock.monotonic()
        self.requests += 1
        status: int | None = None
        failure = "broken off"
        try:
            async with asyncio.timeout(self._timeout_s):
                answer = await self._exchange(request, token)
            status, self.answered = answer.status, True
        except FAILURES as error:
            failure = type(error).__name__
            self.rate.release(ticket, None)
            raise self._lost(request, error) from None  # it may hold the URL
        except Flooded as flood:
            failure = "answer too long"
            self.rate.release(ticket, None)
            raise self._flood(request, flood.status) from None
        except BaseException:
            self.rate.abandon(ticket)
            raise
        else:
            self.rate.release(ticket, answer.status, answer.headers)
        finally:
            if trace is not None:
                trace.append(self._record(request, status, at, started))
            if self._on_request is not None:
                elapsed_s = self._clock.monotonic() - started
                self._on_request(
                    SeenRequest(
                        request.method,
                        request.template,
                        request.purpose.value,
                        status,
                        "" if status else failure,
                        at,
                        elapsed_s,
                        ticket.waited_s,
                    )
                )
        error_answered = error_of(answer, request, self._clock.now())
        if error_answered is not None:
            raise error_answered
        return answer

    async def _exchange(self, request: Request, token: SecretStr) -> Answer:
        url = f"{self._base_url}{request.path}"
        return await exchange(
            self._transport,
            httpx.Request(
                request.method,
                _url(f"{url}?{request.query}" if request.query else url),
                headers=_headers(request, token),
                content=request.body,
                extensions={"timeout": self._timeouts},
            ),
            LARGEST_ANSWER,
        )

    def _record(
        self, request: Request, status: int | None, at: datetime, started: float
    ) -> HttpExchange:
        elapsed_ms = round((self._clock.monotonic() - started) * 1000)
        purpose = request.purpose.value
        return HttpExchange(request.method, request.shown, status, elapsed_ms, purpose, at)

    def _flood(self, request: Request, status: int) -> TargetError:
        message = (
            f"{request.method} {request.shown} answered more than "
            f"{LARGEST_ANSWER // 1024 // 1024} MB; reading was stopped"
        )
        if not request.is_read:
            return OutcomeUnknown(message, status=status)
        return AnswerUnreadable(message, status=status)

    def _lost(self, request: Request, error: Exception) -> TargetError:
        return lost(
            f"{request.method} {request.shown}",
            self._host,
            error,
            timeout_s=self._timeout_s,
            repeatable=request.is_read,
        )


@lru_cache(maxsize=256)  # most writes of a load go to the same address
def _url(text: str) -> httpx.URL:
    return httpx.URL(text)


def _headers(request: Request, token: SecretStr) -> dict[str, str]:
    headers = {
        "Authorization": f"Bearer {token.get_secret_value()}",
        "Accept": f"{SCIM_JSON}, application/json",
        "Accept-Encoding": "gzip, deflate",
        "User-Agent": "scimflow",
    }
    if request.body is not None:
        headers["Content-Type"] = SCIM_JSON
    if request.if_match is not None:
        headers["If-Match"] = request.if_match
    return headers


def _refused_again(error: TokenRefused) -> TokenRefused:
    """The end of a request whose token was renewed and refused once more."""
    if error.status != HTTPStatus.UNAUTHORIZED:
        return error
    return TokenRefused(
        f"{error.message}, and a new one too",
        hint="check `scopes` and `audience` of `target.auth.oauth2`, and whether the target takes "
        "tokens of this authorization server",
        status=error.status,
    )
