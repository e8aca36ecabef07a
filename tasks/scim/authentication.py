"""From `target.auth` to what gives the client its access tokens."""

from data_contracts.configuration.target import TargetSettings
from tasks.scim.access import StaticToken, TokenSource
from tasks.scim.clock import SYSTEM_CLOCK, Clock
from tasks.scim.secret import SecretStore
from tasks.scim.token import read_token


def token_source(
    settings: TargetSettings, secrets: SecretStore, *, clock: Clock = SYSTEM_CLOCK
) -> TokenSource:
    """What gives access tokens for a target. Nobody is asked for one yet.

    Args:
        settings: Of the target.
        secrets: Reads secrets, and replaces refresh tokens.
        clock: Time.

    Raises:
        ConfigurationError: A secret is missing, or cannot be what it should be.
    """
    oauth2 = settings.auth.oauth2
    if oauth2 is None:
        reader = secrets.read_block
        return StaticToken(read_token(settings.auth, secrets.environ, secrets.folder, reader))
    # who has a token needs none of this, and it takes a while to import
    from tasks.scim.credentials import read_credentials
    from tasks.scim.oauth import TokenEndpoint
    from tasks.scim.renewal import RenewedToken
    from tasks.scim.transport import open_transport

    endpoint = TokenEndpoint(
        oauth2,
        read_credentials(oauth2, secrets),
        secrets,
        open_transport=lambda: open_transport(settings, secrets.folder, url=oauth2.token_url),
        timeout_s=settings.timeout_s,
        clock=clock,
    )
    return RenewedToken(endpoint.fetch, what=endpoint.what, close=endpoint.aclose, clock=clock)
