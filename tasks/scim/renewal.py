"""A token that is renewed in time: ahead of its end, once on a refusal, once for all who wait."""

import asyncio
import copy
from collections.abc import Awaitable, Callable

from pydantic import SecretStr

from data_contracts.errors import ScimflowError, TargetError, TargetUnavailable, TokenRefused
from tasks.scim.clock import Clock
from tasks.scim.grants import Granted

MARGIN_S = 30.0
MARGIN_SHARE = 0.2
"""A token is renewed half a minute before its end, or in the last fifth of a shorter life: a
request on its way arrives with a token that is still good."""

PAUSE_S = 1.0
"""After a failure, the token endpoint is left alone that long, however many are waiting."""

CLOSE_S = 10.0
"""How long a renewal under way may still take when the client closes."""

_NEVER = float("inf")


class RenewedToken:
    """Gives a token, and renews it.

    Args:
        fetch: Gets a new one, and keeps what has to be kept, before it returns.
        what: Where tokens come from, in words.
        close: Closes the connections of `fetch`.
        clock: Time.
    """

    def __init__(
        self,
        fetch: Callable[[], Awaitable[Granted]],
        *,
        what: str,
        close: Callable[[], Awaitable[None]],
        clock: Clock,
    ) -> None:
        self._fetch = fetch
        self._what = what
        self._close = close
        self._clock = clock
        self._token: SecretStr | None = None
        self._lasts_s: float | None = None
        self._renew_at = self._ends_at = -_NEVER
        self._renewal: asyncio.Task[None] | None = None
        self._failure: ScimflowError | None = None
        self._failed_until = -_NEVER

    async def current(self) -> SecretStr:
        """A token that is good for now.

        Raises:
            TokenRefused: The authorization server gives none. It is not asked again.
            TargetUnavailable: It cannot be reached, and the last token has ended.
            ConfigurationError: What it is asked with is missing.
        """
        token = self._token
        if token is not None and self._clock.monotonic() < self._renew_at:
            return token
        try:
            await self._renew()
        except TargetUnavailable:
            if self._token is None or self._clock.monotonic() >= self._ends_at:
                raise
        return self._held()

    async def renewed(self, refused: SecretStr) -> bool:
        """Get another token in place of one that the target refused.

        Args:
            refused: The token that was used; another request may have seen to it meanwhile.

        Raises:
            TargetError: There is no other.
        """
        if refused is self._token:
            self._renew_at = self._ends_at = -_NEVER
            await self._renew()
        return True

    async def check(self) -> str:
        """Get a token, and say where it is from and how long it is good."""
        await self.current()
        lasts = "" if self._lasts_s is None else f", good for {self._lasts_s:.0f} s"
        return f"obtained by {self._what}{lasts}; its value is not shown"

    async def aclose(self) -> None:
        """Let a renewal under way end: what it brings may have to be kept. Close connections."""
        if self._renewal is not None:
            await asyncio.wait((self._renewal,), timeout=CLOSE_S)
        await self._close()

    async def _renew(self) -> None:
        """Renew, or wait for the renewal that is under way.

        Who waits can be cancelled; the renewal itself cannot, since a new refresh token that comes
        with it may be the only one that is good.
        """
        if self._failure is not None and self._clock.monotonic() < self._failed_until:
            raise copy.copy(self._failure)
        if self._renewal is None:
            self._renewal = asyncio.create_task(self._fetch_and_hold())
            self._renewal.add_done_callback(self._ended)
        await asyncio.shield(self._renewal)
        if self._failure is not None:
            raise copy.copy(self._failure)

    async def _fetch_and_hold(self) -> None:
        asked_at = self._clock.monotonic()
        try:
            granted = await self._fetch()
        except ScimflowError as error:
            self._failed(error)
            return
        self._failure = None
        self._token, self._lasts_s = granted.token, granted.lasts_s
        self._renew_at = self._ends_at = _NEVER
        if granted.lasts_s is not None:
            self._ends_at = asked_at + granted.lasts_s
            self._renew_at = self._ends_at - min(MARGIN_S, granted.lasts_s * MARGIN_SHARE)

    def _failed(self, error: ScimflowError) -> None:
        if not isinstance(error, TargetError) and self._token is not None:
            # in the middle of a run this ends the load, as a token that is refused does
            error = TokenRefused(error.message, hint=error.hint)
        self._failure = error
        self._failed_until = _NEVER
        if isinstance(error, TargetUnavailable):
            self._failed_until = self._clock.monotonic() + max(PAUSE_S, error.retry_after_s or 0)

    def _ended(self, renewal: asyncio.Task[None]) -> None:
        self._renewal = None
        if not renewal.cancelled():
            renewal.exception()  # a defect is told to who waits, and not a second time by asyncio

    def _held(self) -> SecretStr:
        if self._token is None:
            raise AssertionError("a renewal that did not fail brought a token")
        return self._token
