"""The real transport: aiohttp below httpx's seam, TLS by the system's trust store, no cookies.

httpx's own transport costs 5 to 8 times the CPU at 64 requests in flight (httpx issue 3215).
"""

import ssl
import urllib.request
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import aiohttp
import httpx
import truststore
from httpx_aiohttp import AiohttpTransport

from data_contracts.configuration.urls import LOOPBACK_HOSTS
from data_contracts.errors import ConfigurationError

KEEP_ALIVE_S = 4.0
"""Idle connections are closed before the common 5 s of servers are over: a request on a connection
that the other side closes just now is lost, and a lost write costs a look-up."""


class Reach(Protocol):
    """The settings that a transport needs, of a target or of a live source."""

    @property
    def base_url(self) -> str:
        """Where requests go."""
        ...

    @property
    def ca_file(self) -> str | None:
        """Certificate authority of one's own."""
        ...

    @property
    def max_in_flight(self) -> int:
        """Most requests at the same time."""
        ...


def open_transport(
    settings: Reach, folder: Path, *, url: str | None = None, key: str = "target"
) -> httpx.AsyncBaseTransport:
    """A transport with pooled connections to one host, or to its authorization server.

    Args:
        settings: `ca_file`, `max_in_flight`.
        folder: What a relative `ca_file` starts from.
        url: A URL of the host; `base_url` when not given.
        key: Where the settings are, for messages.

    Raises:
        ConfigurationError: `ca_file` cannot be used.
    """
    context = _tls_context(settings.ca_file, folder, f"{key}.ca_file")

    def open_session() -> aiohttp.ClientSession:
        session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=settings.max_in_flight, keepalive_timeout=KEEP_ALIVE_S, ssl=context
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
        )
        # aiohttp would send a PUT a second time when its connection broke, unseen by the audit
        # trail. There is no public switch; aiohttp's own test client sets the same attribute.
        session._retry_connection = False
        return session

    return AiohttpTransport(
        verify=context, client=open_session, proxy=_proxy(url or settings.base_url)
    )


def _tls_context(ca_file: str | None, folder: Path, key: str) -> ssl.SSLContext:
    context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if ca_file is not None:
        try:
            context.load_verify_locations(cafile=folder / ca_file)
        except (OSError, ssl.SSLError) as error:
            raise ConfigurationError(
                f"{key} {ca_file}: {_reason(error)}",
                hint="name a readable PEM file with the certificate of the authority",
            ) from None
    return context


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return "holds no certificate in PEM form"
    return (getattr(error, "strerror", None) or "cannot be read").lower()


def _proxy(host_url: str) -> httpx.Proxy | None:
    """The proxy that the environment names for this host (HTTPS_PROXY, NO_PROXY)."""
    parts = urlsplit(host_url)
    host = parts.hostname or ""
    if host in LOOPBACK_HOSTS or urllib.request.proxy_bypass(host):
        return None
    url = urllib.request.getproxies().get(parts.scheme)
    return None if not url else httpx.Proxy(url if "://" in url else f"http://{url}")
