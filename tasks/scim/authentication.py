"""From `auth` of the settings to what gives a client its access tokens."""

from typing import Protocol

from data_contracts.configuration.target import Authentication
from tasks.scim.access import StaticToken, TokenSource
from tasks.scim.clock import SYSTEM_CLOCK, Clock
from tasks.scim.secret import SecretStore
from tasks.scim.token import read_token
from tasks.scim.transport import Reach, open_transport


class SignsIn(Reach, Protocol):
    """The settings of a target or of a live source that one signs in at."""

    @property
    def auth(self) -> Authentication | None:
        """Where the token is, or how one is obtained."""
        ...

    @property
    def timeout_s(self) -> float:
        """Longest wait for an answer."""
        ...


def token_source(
    settings: SignsIn,
    secrets: SecretStore,
    *,
    clock: Clock = SYSTEM_CLOCK,
    key: str = "target",
    what: str = "the target's access token",
) -> TokenSource:
    """What gives access tokens. Nobody is asked for one yet.

    Args:
        settings: How one signs in.
        secrets: Reads secrets, and replaces refresh tokens.
        clock: Time.
        key: Where the settings are, for messages.
        what: What a token is that a person has put there, in words.

    Raises:
        ConfigurationError: A secret is missing, or cannot be what it should be.
    """
    auth = settings.auth
    if auth is None:
        raise AssertionError(f"{key}.auth says how one signs in")
    oauth2 = auth.oauth2
    if oauth2 is None:
        reader = secrets.read_block
        token = read_token(
            auth, secrets.environ, secrets.folder, reader, key=f"{key}.auth", what=what
        )
        return StaticToken(token)
    # who has a token needs none of this, and it takes a while to import
    from tasks.scim.credentials import read_credentials
    from tasks.scim.oauth import TokenEndpoint
    from tasks.scim.renewal import RenewedToken

    endpoint = TokenEndpoint(
        oauth2,
        read_credentials(oauth2, secrets, f"{key}.auth.oauth2"),
        secrets,
        open_transport=lambda: open_transport(
            settings, secrets.folder, url=oauth2.token_url, key=key
        ),
        timeout_s=settings.timeout_s,
        clock=clock,
    )
    return RenewedToken(endpoint.fetch, what=endpoint.what, close=endpoint.aclose, clock=clock)
