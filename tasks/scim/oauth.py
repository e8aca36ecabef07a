"""Access tokens from an authorization server: asked for, renewed, and what they need kept."""

import asyncio
import contextlib
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from urllib.parse import urlsplit

import httpx
from pydantic import SecretStr

from data_contracts.configuration.oauth import OAuth2Settings
from data_contracts.errors import TokenRefused
from tasks.scim.clock import Clock
from tasks.scim.credentials import Credentials, read_printable
from tasks.scim.exchange import FAILURES, Flooded, exchange, lost, timeouts
from tasks.scim.grants import Granted, read_grant, token_request
from tasks.scim.private_file import only_reader
from tasks.scim.secret import SecretPlace, SecretStore

LARGEST_ANSWER = 256 * 1024
"""Bytes of a token endpoint's answer: tokens with hundreds of groups in them have some 10 kB."""

OpenTransport = Callable[[], httpx.AsyncBaseTransport]


class TokenEndpoint:
    """Asks for access tokens.

    Args:
        settings: The grant and its particulars.
        credentials: The client's secrets.
        secrets: Where the refresh token is read and kept.
        open_transport: Opens the way to the authorization server, when it is first needed.
        timeout_s: Longest wait for an answer.
        clock: Time.
    """

    def __init__(
        self,
        settings: OAuth2Settings,
        credentials: Credentials,
        secrets: SecretStore,
        *,
        open_transport: OpenTransport,
        timeout_s: float,
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._credentials = credentials
        self._secrets = secrets
        self._open_transport = open_transport
        self._timeout_s = timeout_s
        self._clock = clock
        self._host = urlsplit(settings.token_url).hostname or ""
        self._transport: httpx.AsyncBaseTransport | None = None

    @property
    def what(self) -> str:
        """Where tokens come from, in words."""
        return f"OAuth2 grant {self._settings.grant} from {self._host}"

    async def aclose(self) -> None:
        """Close all connections."""
        if self._transport is not None:
            await self._transport.aclose()

    async def fetch(self) -> Granted:
        """Get an access token; a new refresh token that comes with it is kept first.

        Raises:
            TokenRefused: There is none to be had, or the new refresh token could not be kept.
            TargetUnavailable: The authorization server cannot be reached, or is not well.
            ConfigurationError: The refresh token is missing, or where it is cannot take a new one.
        """
        place = self._credentials.refresh_token
        if place is None:
            return await self._ask(None)
        async with self._only_reader(place):
            return await self._refresh(place)

    async def _refresh(self, place: SecretPlace) -> Granted:
        used = await self._read(place)
        try:
            granted = await self._ask(used)
        except TokenRefused:
            now = await self._read(place)
            if now == used:
                raise
            used = now  # another process has been faster, where there is no lock
            granted = await self._ask(used)
        newer = granted.refresh_token
        if newer is not None and newer != used:
            # Whoever reads next must find it: the old one is dead, or dies with the first use of
            # the new access token.
            await asyncio.to_thread(self._secrets.replace, place, newer.get_secret_value())
        return granted

    def _only_reader(self, place: SecretPlace) -> AbstractAsyncContextManager[None]:
        path = self._secrets.path_of(place)
        if path is None:
            return contextlib.nullcontext()
        return only_reader(path, self._clock)

    async def _read(self, place: SecretPlace) -> SecretStr:
        text = await asyncio.to_thread(self._secrets.latest, place)
        return read_printable(place, text)

    async def _ask(self, refresh_token: SecretStr | None) -> Granted:
        if self._transport is None:
            self._transport = self._open_transport()
        now = self._clock.now()
        asked = token_request(self._settings, self._credentials, now, refresh_token)
        request = httpx.Request(
            "POST",
            self._settings.token_url,
            headers=asked.headers,
            content=asked.body,
            extensions={"timeout": timeouts(self._timeout_s)},
        )
        try:
            async with asyncio.timeout(self._timeout_s):
                answer = await exchange(self._transport, request, LARGEST_ANSWER)
        except FAILURES as error:
            where = "the token endpoint"
            raise lost(
                where, self._host, error, timeout_s=self._timeout_s, repeatable=True
            ) from None  # it may hold the request
        except Flooded:
            raise TokenRefused(
                f"the token endpoint at {self._host} answered more than "
                f"{LARGEST_ANSWER // 1024} kB; reading was stopped",
                hint="check `token_url` of `auth.oauth2`",
            ) from None
        return read_grant(answer, self._settings, self._clock.now())
