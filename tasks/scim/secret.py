"""Secrets where the settings say they are: an environment variable, a file, a Prefect block."""

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from data_contracts.configuration.oauth import SecretReference
from data_contracts.errors import ConfigurationError, TokenRefused
from tasks.scim.private_file import finish_replacing, replace_private


class PlaceKind(StrEnum):
    """What kind of place a secret is in."""

    ENV = "env"
    FILE = "file"
    BLOCK = "block"


@dataclass(frozen=True, slots=True)
class SecretPlace:
    """Where one secret is.

    Attributes:
        kind: What kind of place.
        name: Of the variable, the file or the block.
        key: The setting that names it.
        what: What the secret is, in words.
    """

    kind: PlaceKind
    name: str
    key: str
    what: str

    def __str__(self) -> str:
        match self.kind:
            case PlaceKind.ENV:
                return f"the environment variable {self.name}"
            case PlaceKind.FILE:
                return f"the file {self.name}"
            case PlaceKind.BLOCK:
                return f"the Prefect Secret block {self.name!r}"


def place_of(reference: SecretReference, key: str, what: str) -> SecretPlace:
    """The place that a reference names.

    Args:
        reference: From the settings.
        key: The setting that holds it.
        what: What the secret is, in words.
    """
    for kind in PlaceKind:
        name = getattr(reference, kind.value)
        if name is not None:
            return SecretPlace(kind, name, f"{key}.{kind.value}", what)
    raise AssertionError("a reference names one place")


@dataclass(frozen=True, slots=True)
class SecretStore:
    """Reads secrets, and replaces those that can be replaced.

    Attributes:
        environ: The environment variables.
        folder: What relative files start from.
        read_block: Reads a Prefect Secret block by name; None where Prefect is not at hand. It
            raises ValueError when there is no such block.
        write_block: Puts another value into one.
    """

    environ: Mapping[str, str]
    folder: Path
    read_block: Callable[[str], str] | None = None
    write_block: Callable[[str, str], None] | None = None

    def path_of(self, place: SecretPlace) -> Path | None:
        """The file of a place that is one."""
        return self.folder / place.name if place.kind is PlaceKind.FILE else None

    def read(self, place: SecretPlace) -> str:
        """Read a secret; white space around it is no part of it.

        Raises:
            ConfigurationError: There is none.
        """
        text = self._text_in(place).strip()
        if not text:
            raise ConfigurationError(f"{place} is empty", hint=f"put {place.what} there")
        return text

    def latest(self, place: SecretPlace) -> str:
        """Read a secret that is replaced now and then, also after a crash while it was.

        Raises:
            ConfigurationError: There is none.
        """
        if place.kind is PlaceKind.FILE:
            with contextlib.suppress(OSError):  # reading tells what is wrong
                finish_replacing(self.folder / place.name)
        return self.read(place)

    def replace(self, place: SecretPlace, text: str) -> None:
        """Put another secret where one is.

        Raises:
            ConfigurationError: Nothing can be put there.
            TokenRefused: It could not be put there this time.
        """
        if place.kind is PlaceKind.ENV:
            raise ConfigurationError(
                f"the authorization server has replaced {place.what}, and {place} cannot keep "
                f"the new one: {place.key} names it",
                hint="get a new one, put it into a file or a Prefect Secret block, and name that: "
                "see docs/authentication.md",
            )
        try:
            if place.kind is PlaceKind.FILE:
                replace_private(self.folder / place.name, text)
            elif self.write_block is None:
                raise OSError
            else:
                self.write_block(place.name, text)
        except Exception as error:  # Prefect's errors have no root; none may show the value
            raise TokenRefused(
                f"the authorization server has replaced {place.what}, and the new one could not "
                f"be kept in {place} ({type(error).__name__})",
                hint=f"make {place} writable for this user, get a new one and put it there: see "
                "docs/authentication.md",
            ) from None

    def _text_in(self, place: SecretPlace) -> str:
        match place.kind:
            case PlaceKind.ENV:
                return self._from_environment(place)
            case PlaceKind.FILE:
                return self._from_file(place)
            case PlaceKind.BLOCK:
                return self._from_block(place)

    def _from_environment(self, place: SecretPlace) -> str:
        if place.name not in self.environ:
            raise ConfigurationError(
                f"{place} is not set: {place.key} names it",
                hint=f"set it to {place.what}: export {place.name}=...",
            )
        return self.environ[place.name]

    def _from_file(self, place: SecretPlace) -> str:
        path = self.folder / place.name
        try:
            return path.read_text(encoding="utf-8")
        except FileNotFoundError:
            reason = "does not exist"
        except (OSError, UnicodeDecodeError):
            reason = "cannot be read"
        raise ConfigurationError(
            f"{place} {reason}: {place.key} names it",
            hint=f"put {place.what} and nothing else into {path}, readable for this user",
        )

    def _from_block(self, place: SecretPlace) -> str:
        if self.read_block is None:
            raise ConfigurationError(
                f"{place} cannot be read here: this command does not use Prefect",
                hint="name an environment variable or a file for this command",
            )
        try:
            return self.read_block(place.name)
        except ValueError:
            raise ConfigurationError(
                f"{place} does not exist: {place.key} names it",
                hint=f"create a Secret block {place.name!r} in the Prefect UI, with {place.what}",
            ) from None
