"""The access token as the client sees it: there is one, and perhaps a newer one."""

from typing import Protocol

from pydantic import SecretStr


class TokenSource(Protocol):
    """Gives access tokens to one client."""

    async def current(self) -> SecretStr:
        """A token that is good for now.

        Raises:
            TokenRefused: There is none to be had.
            TargetUnavailable: None can be had now.
            ConfigurationError: What it is obtained with is missing.
        """
        ...

    async def renewed(self, refused: SecretStr) -> bool:
        """Get another token in place of one that the target refused.

        Args:
            refused: The token that was used.

        Returns:
            Whether there is another one now.

        Raises:
            TargetError: As for `current`.
        """
        ...

    async def check(self) -> str:
        """Make sure that there is a token, and say where it is from; never what it is.

        Raises:
            ScimflowError: As for `current`.
        """
        ...

    async def aclose(self) -> None:
        """Let a renewal under way end, and close all connections."""
        ...


class StaticToken:
    """A token that is what it is: a person replaces it."""

    def __init__(self, token: SecretStr) -> None:
        self._token = token

    async def current(self) -> SecretStr:
        """The token."""
        return self._token

    async def renewed(self, refused: SecretStr) -> bool:
        """There is no other."""
        del refused
        return False

    async def check(self) -> str:
        """It was found, or there would be no `StaticToken`."""
        return "found; its value is not shown"

    async def aclose(self) -> None:
        """Nothing to close."""
