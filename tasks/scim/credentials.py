"""What a client proves itself with at an authorization server, read and checked once."""

from dataclasses import dataclass, field

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from joserfc.jwk import RSAKey
from pydantic import SecretStr

from data_contracts.configuration.oauth import OAuth2Settings
from data_contracts.errors import ConfigurationError
from tasks.scim.secret import SecretPlace, SecretStore, place_of

SHORTEST_KEY = 2048
"""Bits that RS256 requires (RFC 7518 section 3.3)."""

KEY = "target.auth.oauth2"


@dataclass(frozen=True, slots=True)
class Credentials:
    """The client's secrets.

    Attributes:
        client_secret: Where there is one.
        private_key: Where there is one.
        refresh_token: Where the refresh token is, which changes; None for other grants.
    """

    client_secret: SecretStr | None = None
    private_key: RSAKey | None = field(default=None, repr=False)
    refresh_token: SecretPlace | None = None


def read_credentials(settings: OAuth2Settings, secrets: SecretStore, key: str = KEY) -> Credentials:
    """Read the client's secrets, and look whether there is a refresh token.

    Args:
        settings: Where they are.
        secrets: Reads them.
        key: Where the settings are, for messages.

    Raises:
        ConfigurationError: One is missing, or cannot be what it should be.
    """
    client_secret = private_key = refresh_token = None
    if settings.client_secret is not None:
        place = place_of(settings.client_secret, f"{key}.client_secret", "the client's secret")
        client_secret = read_printable(place, secrets.read(place))
    if settings.private_key is not None:
        place = place_of(settings.private_key, f"{key}.private_key", "the private key in PEM form")
        private_key = _private_key(place, secrets.read(place))
    if settings.refresh_token is not None:
        refresh_token = place_of(
            settings.refresh_token, f"{key}.refresh_token", "the refresh token"
        )
        read_printable(refresh_token, secrets.read(refresh_token))
    return Credentials(client_secret, private_key, refresh_token)


def read_printable(place: SecretPlace, text: str) -> SecretStr:
    """Check a secret that is one line of printable ASCII (RFC 6749 appendix A).

    Raises:
        ConfigurationError: It is not.
    """
    if not text.isascii() or not text.isprintable():
        raise ConfigurationError(
            f"{place} holds something that cannot be {place.what}",
            hint=f"put {place.what} there alone: no quotes, no second line",
        )
    return SecretStr(text)


def _private_key(place: SecretPlace, text: str) -> RSAKey:
    pem = text.replace("\\n", "\n")  # how a key of many lines gets into an environment variable
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except TypeError:
        raise _no_key(place, "a key that is locked with a password; it cannot be asked") from None
    except (ValueError, UnsupportedAlgorithm):
        raise _no_key(place, "no private key in PEM form") from None
    if not isinstance(key, RSAPrivateKey):
        raise _no_key(place, "a key of another kind: RS256 needs RSA")
    if key.key_size < SHORTEST_KEY:
        raise _no_key(place, f"a key of {key.key_size} bits: RS256 needs {SHORTEST_KEY}")
    return RSAKey.import_key(key)


def _no_key(place: SecretPlace, what: str) -> ConfigurationError:
    return ConfigurationError(
        f"{place} holds {what}: {place.key} names it",
        hint="make one: openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072 -out key.pem",
    )
