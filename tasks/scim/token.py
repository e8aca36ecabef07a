"""An access token that stands where the settings say, put there by a person."""

from collections.abc import Callable, Mapping
from pathlib import Path

from pydantic import SecretStr

from data_contracts.configuration.target import TokenReference
from data_contracts.errors import ConfigurationError
from tasks.scim.secret import PlaceKind, SecretPlace, SecretStore


def read_token(
    reference: TokenReference,
    environ: Mapping[str, str],
    folder: Path,
    read_block: Callable[[str], str] | None = None,
    *,
    key: str = "target.auth",
    what: str = "the target's access token",
) -> SecretStr:
    """Read the access token.

    Args:
        reference: Where it is.
        environ: The environment variables.
        folder: What a relative `token_file` starts from.
        read_block: Reads a Prefect Secret block by name; None where Prefect is not at hand. It
            raises ValueError when there is no such block.
        key: The setting that holds the reference.
        what: What the token is, in words.

    Returns:
        The token, without white space around it.

    Raises:
        ConfigurationError: There is none, or it cannot be one.
    """
    place = _place_of(reference, key, what)
    text = SecretStore(environ, folder, read_block).read(place)
    if not is_token(text):
        raise ConfigurationError(
            f"{place} holds something that cannot be an access token",
            hint="put the token there alone: no `Bearer` in front, no quotes, no second line",
        )
    return SecretStr(text)


def is_token(text: str) -> bool:
    """Whether a text can stand in a header as a token (RFC 6750 section 2.1)."""
    return bool(text) and text.isascii() and text.isprintable() and " " not in text


def _place_of(reference: TokenReference, key: str, what: str) -> SecretPlace:
    for kind in PlaceKind:
        name = getattr(reference, f"token_{kind.value}")
        if name is not None:
            return SecretPlace(kind, name, f"{key}.token_{kind.value}", what)
    raise AssertionError("a reference names one place")
