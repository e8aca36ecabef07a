"""One request sent and its answer read: timed, bounded, recorded, its failure given a class.

Nothing is repeated here and nothing is followed. The token goes into one header, to the host of
`target.base_url` alone.
"""

import asyncio
import ssl
from datetime import datetime
from urllib.parse import urlsplit

import aiohttp
import httpx
from pydantic import SecretStr

from data_contracts.configuration.target import TargetSettings
from data_contracts.errors import (
    AnswerUnreadable,
    OutcomeUnknown,
    TargetError,
    TargetUnavailable,
)
from data_contracts.outcome import HttpExchange
from tasks.scim.answers import Answer, error_of
from tasks.scim.clock import Clock
from tasks.scim.protocol import SCIM_JSON, Request
from tasks.scim.rate import RateController

LARGEST_ANSWER = 32 * 1024 * 1024
"""Bytes of one answer: 10,000 users of 3 kB, the largest page that can be configured."""

CONNECT_S = 10.0
"""A host that does not accept a connection within this is down or walled off."""

Trace = list[HttpExchange]


class Wire:
    """The way to one target.

    Args:
        settings: Of the target.
        token: The access token.
        transport: What carries the bytes.
        clock: Time.
    """

    def __init__(
        self,
        settings: TargetSettings,
        token: SecretStr,
        transport: httpx.AsyncBaseTransport,
        clock: Clock,
    ) -> None:
        self._base_url = settings.base_url
        self._host = urlsplit(settings.base_url).hostname or ""
        self._token = token
        self._transport = transport
        self._clock = clock
        self._timeout_s = settings.timeout_s
        connect_s = min(CONNECT_S, settings.timeout_s)
        self._timeouts = {"connect": connect_s, "pool": connect_s, "read": settings.timeout_s}
        self.rate = RateController(settings.requests_per_s, settings.max_in_flight, clock=clock)
        self.requests = 0
        """Requests sent so far."""

    async def aclose(self) -> None:
        """Close all connections."""
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
        ticket = await self.rate.acquire(patience_s)
        at, started = self._clock.now(), self._clock.monotonic()
        self.requests += 1
        status: int | None = None
        try:
            async with asyncio.timeout(self._timeout_s):
                answer = await self._exchange(request)
            status = answer.status
        except (httpx.HTTPError, aiohttp.ClientError, OSError) as error:  # TimeoutError is one
            self.rate.release(ticket, None)
            raise self._lost(request, error) from None  # it may hold the URL
        except TargetError:
            self.rate.release(ticket, None)
            raise
        except BaseException:
            self.rate.abandon(ticket)
            raise
        else:
            self.rate.release(ticket, answer.status, answer.headers)
        finally:
            if trace is not None:
                trace.append(self._record(request, status, at, started))
        error_answered = error_of(answer, request, self._clock.now())
        if error_answered is not None:
            raise error_answered
        return answer

    async def _exchange(self, request: Request) -> Answer:
        url = f"{self._base_url}{request.path}"
        response = await self._transport.handle_async_request(
            httpx.Request(
                request.method,
                f"{url}?{request.query}" if request.query else url,
                headers=self._headers(request),
                content=request.body,
                extensions={"timeout": self._timeouts},
            )
        )
        body = bytearray()
        try:
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > LARGEST_ANSWER:
                    raise self._flood(request, response.status_code)
        finally:
            await response.aclose()
        return Answer(response.status_code, response.headers, bytes(body))

    def _headers(self, request: Request) -> dict[str, str]:
        headers = {
            "Authorization": f"Bearer {self._token.get_secret_value()}",
            "Accept": f"{SCIM_JSON}, application/json",
            "Accept-Encoding": "gzip, deflate",
            "User-Agent": "scimflow",
        }
        if request.body is not None:
            headers["Content-Type"] = SCIM_JSON
        if request.if_match is not None:
            headers["If-Match"] = request.if_match
        return headers

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
        """What a request without an answer means: not sent, lost, or not to be trusted."""
        where = f"{request.method} {request.shown}"
        cause = error.__cause__ if error.__cause__ is not None else error
        if isinstance(cause, ssl.SSLError | aiohttp.ClientSSLError | ssl.CertificateError):
            return TargetError(
                f"the certificate of {self._host} is not trusted: {_tls_reason(cause)}",
                hint="for an authority of one's own set `target.ca_file`; otherwise somebody may "
                "be in between",
            )
        if isinstance(cause, aiohttp.ClientConnectorDNSError):
            return TargetUnavailable(f"the host {self._host} is not known (no such name in DNS)")
        if isinstance(cause, aiohttp.ClientHttpProxyError):
            return TargetUnavailable(
                f"the proxy does not let us through to {self._host} ({cause.status})",
                hint="check HTTPS_PROXY and NO_PROXY in this process's environment",
            )
        if never_sent(error):
            return TargetUnavailable(f"{where}: no connection to {self._host}")
        late = isinstance(error, TimeoutError | httpx.TimeoutException) and not isinstance(
            cause, aiohttp.ServerDisconnectedError | aiohttp.ClientOSError
        )
        how = f"no answer within {self._timeout_s:g} s" if late else "the connection broke"
        kind = TargetUnavailable if request.is_read else OutcomeUnknown
        return kind(f"{where}: {how}")


def never_sent(error: Exception) -> bool:
    """Whether a failed request certainly did not reach the target.

    The transport reports a connection that broke after sending as a time-out in connecting; only
    aiohttp's own error below tells the two apart.
    """
    cause = error.__cause__
    if isinstance(cause, aiohttp.ClientError):
        return isinstance(cause, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError)
    return isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)


def _tls_reason(error: BaseException) -> str:
    below = getattr(error, "certificate_error", None) or getattr(error, "os_error", None) or error
    reason = getattr(below, "verify_message", None) or getattr(below, "reason", None)
    return str(reason or "TLS failed").lower()
