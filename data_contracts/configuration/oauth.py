"""`target.auth.oauth2`: how access tokens are obtained and renewed (RFC 6749, RFC 7523).

Secrets are references: settings say where a secret is, never what it is.
"""

from collections.abc import Iterator
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from data_contracts.configuration.strict import Section
from data_contracts.configuration.urls import safe_url

Grant = Literal["client_credentials", "refresh_token", "jwt_bearer"]
Identifier = Annotated[str, Field(min_length=1, max_length=512)]
ScopeName = Annotated[str, Field(pattern=r"^[!#-\[\]-~]+$", max_length=256)]
"""One scope: printable, without space, quote and backslash (RFC 6749 section 3.3)."""

_NEEDED: dict[Grant, tuple[str, ...]] = {
    "client_credentials": (),
    "refresh_token": ("refresh_token",),
    "jwt_bearer": ("private_key", "subject"),
}
_OUT_OF_PLACE: dict[Grant, tuple[str, ...]] = {
    "client_credentials": ("refresh_token", "issuer", "subject"),
    "refresh_token": ("issuer", "subject"),
    "jwt_bearer": ("refresh_token",),
}
_GOES_WITH = {
    "key_id": "private_key",
    "audience": "private_key",
    "assertion_s": "private_key",
    "client_secret_in": "client_secret",
}
"""Keys that say something about another one."""


class SecretReference(Section):
    """Where a secret is; never the secret. Exactly one of the three."""

    env: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")] | None = None
    """Name of the environment variable that holds it."""
    block: Annotated[str, Field(min_length=1)] | None = None
    """Name of the Prefect Secret block that holds it."""
    file: Annotated[str, Field(min_length=1)] | None = None
    """File that holds it and nothing else."""

    @model_validator(mode="before")
    @classmethod
    def _no_secret(cls, value: Any) -> Any:
        if isinstance(value, str):
            raise ValueError(
                "a secret does not stand in the settings; say where it is: "
                "`{file: PATH}`, `{block: NAME}` or `{env: NAME}`"
            )
        return value

    @model_validator(mode="after")
    def _one(self) -> "SecretReference":
        if sum(value is not None for value in (self.env, self.block, self.file)) != 1:
            raise ValueError("give exactly one of `env`, `block` and `file`")
        return self


class OAuth2Settings(Section):
    """OAuth2: access tokens that are obtained from an authorization server, and renewed."""

    grant: Grant
    """How a token is obtained: by the client's own credentials (RFC 6749 section 4.4), by a refresh
    token (section 6), or by a signed JWT (RFC 7523)."""
    token_url: str
    """The token endpoint. https, except on loopback."""
    client_id: Identifier
    """The client's id at the authorization server."""
    scopes: Annotated[tuple[ScopeName, ...], Field(max_length=64)] = ()
    """What is asked for; what the server gives by itself when there are none."""
    client_secret: SecretReference | None = None
    """Where the client's secret is. A client without one uses `private_key`, or is public."""
    client_secret_in: Literal["header", "body"] = "header"
    """Where the token endpoint wants the client's id and secret: HTTP Basic, or the form."""
    refresh_token: SecretReference | None = None
    """Where the refresh token is. A new one replaces it there: not in an environment variable."""
    private_key: SecretReference | None = None
    """Where the RSA private key (PEM) is that signs: for `jwt_bearer`, or instead of a secret."""
    key_id: Identifier | None = None
    """The key's id at the authorization server, where it wants one (`kid`)."""
    issuer: Identifier | None = None
    """`iss` of the signed JWT; the client's id when not given."""
    subject: Identifier | None = None
    """`sub` of the signed JWT: in whose name requests are made."""
    audience: Identifier | None = None
    """`aud` of the signed JWT; the token endpoint when not given."""
    assertion_s: Annotated[int, Field(ge=10, le=3600)] = 300
    """Seconds that a signed JWT is good for. It is used once, at once."""

    @field_validator("token_url")
    @classmethod
    def _safe_token_url(cls, value: str) -> str:
        if urlsplit(value).fragment:
            raise ValueError("no `#` in a token endpoint (RFC 6749 section 3.2)")
        return safe_url(value)

    @model_validator(mode="after")
    def _fits_the_grant(self) -> "OAuth2Settings":
        problems = list(self._problems())
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _problems(self) -> Iterator[str]:
        given = {key for key in self.model_fields_set if getattr(self, key) is not None}
        for key in _NEEDED[self.grant]:
            if key not in given:
                yield f"grant {self.grant} needs `{key}`"
        for key in _OUT_OF_PLACE[self.grant]:
            if key in given:
                yield f"`{key}` has no place in the grant {self.grant}"
        for key, other in _GOES_WITH.items():
            if key in given and other not in given:
                yield f"`{key}` goes with `{other}`"
        yield from self._problems_of_the_client(given)

    def _problems_of_the_client(self, given: set[str]) -> Iterator[str]:
        """How the client says who it is: a secret, a key, or nothing (a public client)."""
        ways = given & {"client_secret", "private_key"}
        if self.grant == "client_credentials" and not ways:
            yield "grant client_credentials needs `client_secret` or `private_key`"
        if self.grant != "jwt_bearer" and len(ways) == 2:
            yield "give one of `client_secret` and `private_key`"
        if "client_secret" in given and self.client_secret_in == "header" and ":" in self.client_id:
            # HTTP Basic ends the id at the first colon (RFC 7617 section 2)
            yield "a `client_id` with a colon needs `client_secret_in: body`"
