"""One request over a transport: its answer, bounded in size, or what its failure means.

Nothing is repeated and nothing is followed.
"""

import ssl
from collections.abc import Iterable
from typing import cast

import aiohttp
import httpx

from data_contracts.errors import OutcomeUnknown, TargetError, TargetUnavailable
from tasks.scim.answers import Answer

CONNECT_S = 10.0
"""A host that does not accept a connection within this is down or walled off."""

LINK = "link"

FAILURES = (httpx.HTTPError, aiohttp.ClientError, OSError)
"""What a transport ends with when there is no answer; TimeoutError is an OSError."""


class Flooded(Exception):
    """An answer longer than allowed; reading was stopped. Holds its status."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def timeouts(timeout_s: float) -> dict[str, float]:
    """How long a transport waits at each point, within `timeout_s` for the whole."""
    connect_s = min(CONNECT_S, timeout_s)
    return {"connect": connect_s, "pool": connect_s, "read": timeout_s}


async def exchange(
    transport: httpx.AsyncBaseTransport, request: httpx.Request, largest: int
) -> Answer:
    """Send one request and read its answer to the end.

    Args:
        transport: What carries the bytes.
        request: What.
        largest: Most bytes of the answer.

    Raises:
        Flooded: The answer is longer.
    """
    response = await transport.handle_async_request(request)
    headers = _headers(response.headers.raw)
    stream = cast(httpx.AsyncByteStream, response.stream)
    # httpx's decoders cost as much as all the rest of reading; most answers are not compressed
    chunks = response.aiter_bytes() if "content-encoding" in headers else aiter(stream)
    body = bytearray()
    try:
        async for chunk in chunks:
            body += chunk
            if len(body) > largest:
                raise Flooded(response.status_code)
    finally:
        await stream.aclose()
    return Answer(response.status_code, headers, bytes(body))


def _headers(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers by name in lower case; of repeated ones the last, of links all (RFC 8288).

    Okta sends a `Link` for `self` and another one for `next`.
    """
    headers: dict[str, str] = {}
    for given, text in raw:
        name, value = given.decode("latin-1").lower(), text.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name == LINK in headers else value
    return headers


def lost(
    where: str, host: str, error: Exception, *, timeout_s: float, repeatable: bool
) -> TargetError:
    """What a request without an answer means: not sent, lost, or not to be trusted.

    Args:
        where: What was asked, for people.
        host: Whom.
        error: What the transport ended with; its text is left out, it may hold the URL.
        timeout_s: How long was waited at most.
        repeatable: Whether asking twice changes nothing.
    """
    cause = error.__cause__ if error.__cause__ is not None else error
    if isinstance(cause, ssl.SSLError | aiohttp.ClientSSLError | ssl.CertificateError):
        return TargetError(
            f"the certificate of {host} is not trusted: {_tls_reason(cause)}",
            hint="for an authority of one's own set `ca_file`; otherwise somebody may "
            "be in between",
        )
    if isinstance(cause, aiohttp.ClientConnectorDNSError):
        return TargetUnavailable(f"the host {host} is not known (no such name in DNS)")
    if isinstance(cause, aiohttp.ClientHttpProxyError):
        return TargetUnavailable(
            f"the proxy does not let us through to {host} ({cause.status})",
            hint="check HTTPS_PROXY and NO_PROXY in this process's environment",
        )
    if never_sent(error):
        return TargetUnavailable(f"{where}: no connection to {host}")
    late = isinstance(error, TimeoutError | httpx.TimeoutException) and not isinstance(
        cause, aiohttp.ServerDisconnectedError | aiohttp.ClientOSError
    )
    how = f"no answer within {timeout_s:g} s" if late else "the connection broke"
    kind = TargetUnavailable if repeatable else OutcomeUnknown
    return kind(f"{where}: {how}")


def never_sent(error: Exception) -> bool:
    """Whether a failed request certainly did not reach the other side.

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
