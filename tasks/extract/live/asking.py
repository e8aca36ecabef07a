"""Who is asked, and how one signs in there: the header that each request carries."""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass

from pydantic import SecretStr

from data_contracts.configuration.live import (
    BambooSettings,
    LiveSettings,
    OktaSettings,
    WorkdaySettings,
)
from tasks.scim.access import StaticToken, TokenSource
from tasks.scim.authentication import token_source
from tasks.scim.clock import Clock
from tasks.scim.secret import SecretStore, place_of

NAMES = {
    "okta": "Okta",
    "microsoft-graph": "Microsoft Graph",
    "google-directory": "Google's Directory API",
    "bamboohr": "BambooHR",
    "workday-raas": "Workday",
}

REMEDIES = {
    "okta": "make an API token as an admin who may see all users (Security > API > Tokens), or "
    "give the OAuth2 client the scope okta.users.read and an admin role",
    "microsoft-graph": "give the app registration the application permission User.Read.All and "
    "have an admin consent to it",
    "google-directory": "allow the service account domain-wide delegation of the scope "
    "https://www.googleapis.com/auth/admin.directory.user.readonly, and let `subject` be an admin",
    "bamboohr": "make an API key as a user who may see every employee and all fields of the report",
    "workday-raas": "let the integration system user run the report: its security group needs the "
    "report's domains, and the report is shared with it",
}
"""What a person does where the system lets us not in; by system."""


@dataclass(frozen=True, slots=True)
class Access:
    """How requests show who asks.

    Attributes:
        tokens: What gives the secret.
        header: From the secret to the value of `Authorization`.
    """

    tokens: TokenSource
    header: Callable[[str], str]


def access_to(settings: LiveSettings, secrets: SecretStore, key: str, clock: Clock) -> Access:
    """Find how one signs in at a system. Nobody is asked yet.

    Args:
        settings: Of the live source.
        secrets: Reads secrets.
        key: Where the settings are, for messages.
        clock: Time.

    Raises:
        ConfigurationError: A secret is missing, or cannot be what it should be.
    """
    name = NAMES[settings.system]
    if isinstance(settings, WorkdaySettings) and settings.login is not None:
        what = "the integration user's password"
        place = place_of(settings.login.password, f"{key}.login.password", what)
        user, password = settings.login.user, secrets.read(place)
        return Access(StaticToken(SecretStr(password)), lambda text: _basic(user, text))
    what = f"the key for {name}" if isinstance(settings, BambooSettings) else f"{name}'s token"
    tokens = token_source(settings, secrets, clock=clock, key=key, what=what)
    if settings.auth is not None and settings.auth.oauth2 is not None:
        return Access(tokens, lambda text: f"Bearer {text}")
    if isinstance(settings, OktaSettings):  # its own API tokens (developer.okta.com, API token)
        return Access(tokens, lambda text: f"SSWS {text}")
    if isinstance(settings, BambooSettings):  # the key is the user, the password may be anything
        return Access(tokens, lambda text: _basic(text, "x"))
    return Access(tokens, lambda text: f"Bearer {text}")


def _basic(user: str, password: str) -> str:
    """HTTP Basic (RFC 7617), in UTF-8."""
    return f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"
