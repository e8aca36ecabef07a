"""What is sent to a token endpoint, and what its answer says. No I/O: Authlib writes the requests.

RFC 6749 sections 2.3.1 (client's password), 4.4 and 6 (grants), 5 (answers); RFC 7523 sections 2.1
(JWT as a grant) and 2.2 (JWT as the client's password).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from authlib.oauth2 import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_token_request
from authlib.oauth2.rfc7523 import JWTBearerGrant, private_key_jwt_sign
from pydantic import SecretStr

from data_contracts.configuration.oauth import OAuth2Settings
from data_contracts.errors import TargetError, TargetUnavailable, TokenRefused
from tasks.scim.answers import Answer, retry_after_s
from tasks.scim.credentials import Credentials
from tasks.scim.token import is_token

CLIENT_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALGORITHM = "RS256"

_KINDS = {"jwt_bearer": JWTBearerGrant.GRANT_TYPE}
"""Grants that have another name on the wire."""

_PASSING = frozenset({"temporarily_unavailable", "server_error"})
_HINTS = {
    "invalid_client": "check `client_id` and the client's secret or key, and `client_secret_in`",
    "invalid_scope": "check `scopes` of `auth.oauth2`",
    "invalid_request": "check `auth.oauth2` against what the authorization server documents",
    "unauthorized_client": "allow the client this grant at the authorization server",
    "unsupported_grant_type": "the authorization server does not know this grant: choose another",
}
_INVALID_GRANT = {
    "client_credentials": "check the client at the authorization server: is it active?",
    "refresh_token": "the refresh token is expired, revoked or used up: get a new one as "
    "docs/authentication.md says, and put it where `refresh_token` points",
    "jwt_bearer": "check `issuer`, `subject`, `audience` and `key_id`, that the public key is "
    "known to the authorization server, and this machine's clock",
}


@dataclass(frozen=True, slots=True)
class Granted:
    """What an authorization server gave.

    Attributes:
        token: The access token.
        lasts_s: How long it is good, where the server says so.
        refresh_token: The refresh token to use from now on, where there is a new one.
    """

    token: SecretStr
    lasts_s: float | None = None
    refresh_token: SecretStr | None = None


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """A request to a token endpoint; holds secrets, and does not show them.

    Attributes:
        headers: With the client's secret, where it goes there.
        body: A form.
    """

    headers: dict[str, str]
    body: bytes

    def __repr__(self) -> str:
        return "TokenRequest()"


def token_request(
    settings: OAuth2Settings,
    credentials: Credentials,
    now: datetime,
    refresh_token: SecretStr | None = None,
) -> TokenRequest:
    """Write the request for an access token.

    Args:
        settings: The grant and its particulars.
        credentials: The client's secrets.
        now: The moment, for what is signed.
        refresh_token: For that grant.
    """
    headers = {
        "Accept": "application/json",
        "Accept-Encoding": "gzip, deflate",
        "Content-Type": "application/x-www-form-urlencoded",
        "User-Agent": "scimflow",
    }
    fields: dict[str, Any] = {"scope": settings.scopes}
    if refresh_token is not None:
        fields["refresh_token"] = refresh_token.get_secret_value()
    if settings.grant == "jwt_bearer":
        fields["assertion"] = _assertion(settings, credentials, now)
    elif credentials.private_key is not None:
        fields["client_assertion_type"] = CLIENT_ASSERTION
        fields["client_assertion"] = _client_assertion(settings, credentials, now)
    body = prepare_token_request(_KINDS.get(settings.grant, settings.grant), **fields)
    _, headers, body = _client(settings, credentials).prepare(
        "POST", settings.token_url, headers, body
    )
    return TokenRequest(headers, body.encode())


def _client(settings: OAuth2Settings, credentials: Credentials) -> ClientAuth:
    """How the client says who it is."""
    secret = credentials.client_secret
    if secret is not None:
        method = f"client_secret_{'basic' if settings.client_secret_in == 'header' else 'post'}"
        return ClientAuth(settings.client_id, secret.get_secret_value(), method)
    if settings.grant == "jwt_bearer":  # the assertion says who it is, the client's id may be amiss
        return ClientAuth(settings.client_id, None, lambda _, method, *request: request)
    return ClientAuth(settings.client_id, None, "none")


def _assertion(settings: OAuth2Settings, credentials: Credentials, now: datetime) -> str:
    """The JWT that is the grant."""
    issued_at = int(now.timestamp())
    return str(
        JWTBearerGrant.sign(
            credentials.private_key,
            issuer=settings.issuer or settings.client_id,
            audience=settings.audience or settings.token_url,
            subject=settings.subject,
            issued_at=issued_at,
            expires_at=issued_at + settings.assertion_s,
            # some servers, Productboard's among them, read the scope here and not in the form
            claims={"scope": " ".join(settings.scopes)} if settings.scopes else None,
            header=_header(settings),
            alg=ALGORITHM,
        )
    )


def _client_assertion(settings: OAuth2Settings, credentials: Credentials, now: datetime) -> str:
    """The JWT that stands for the client's secret."""
    issued_at = int(now.timestamp())
    return str(
        private_key_jwt_sign(
            credentials.private_key,
            client_id=settings.client_id,
            token_endpoint=settings.audience or settings.token_url,
            issued_at=issued_at,
            expires_at=issued_at + settings.assertion_s,
            header=_header(settings),
            alg=ALGORITHM,
        )
    )


def _header(settings: OAuth2Settings) -> dict[str, str]:
    return {} if settings.key_id is None else {"kid": settings.key_id}


def read_grant(answer: Answer, settings: OAuth2Settings, now: datetime) -> Granted:
    """Read the answer of a token endpoint.

    Args:
        answer: Any answer.
        settings: What was asked for.
        now: The moment, for a Retry-After that is a date.

    Raises:
        TokenRefused: There is no token in it. Nothing of its text is repeated but known words.
        TargetUnavailable: There may be one later.
    """
    where = f"the token endpoint at {urlsplit(settings.token_url).hostname}"
    document = answer.document()
    error = str(document.get("error") or "") if isinstance(document, dict) else ""
    if error in _PASSING or answer.status in (408, 429) or answer.status >= 500:
        # without a status: the request that the token is for was never sent, and may be repeated
        wait_s = retry_after_s(answer.headers, now)
        message = f"{where} answered {answer.status}"
        hint = "try again later; the authorization server is not well"
        raise TargetUnavailable(message, hint=hint, retry_after_s=wait_s)
    if error:
        raise _refusal(where, error, settings)
    if not 200 <= answer.status < 300 or not isinstance(document, dict):
        raise _no_token_endpoint(where, answer)
    return _granted(where, document)


def _refusal(where: str, error: str, settings: OAuth2Settings) -> TokenRefused:
    """An error of RFC 6749 section 5.2; words that the RFC does not have may be anything."""
    hint = _INVALID_GRANT[settings.grant] if error == "invalid_grant" else _HINTS.get(error)
    known = error if hint is not None else "an error that OAuth2 does not have"
    return TokenRefused(
        f"{where} gave no token for the grant {settings.grant}: {known}",
        hint=hint or _HINTS["invalid_request"],
    )


def _no_token_endpoint(where: str, answer: Answer) -> TargetError:
    page = answer.body[:200].lstrip().startswith(b"<")
    what = f"{answer.status}, a web page" if page else str(answer.status)
    if 300 <= answer.status < 400:
        what = f"{answer.status}; redirects are not followed, so that secrets stay with their host"
    return TokenRefused(
        f"{where} answered {what}",
        hint="check `token_url` of `auth.oauth2`, and proxies on the way",
    )


def _granted(where: str, document: dict[str, Any]) -> Granted:
    token, kind = document.get("access_token"), document.get("token_type", "Bearer")
    if not isinstance(token, str) or not is_token(token):
        raise TokenRefused(
            f"{where} answered without an access token",
            hint="check `token_url` of `auth.oauth2`",
        )
    if str(kind).lower() != "bearer":  # RFC 6749 section 7.1: not to be used then
        raise TokenRefused(
            f"{where} gave a token that is not of type Bearer",
            hint="ask for bearer tokens at the authorization server; SCIM targets take no others",
        )
    newer = document.get("refresh_token")
    kept = isinstance(newer, str) and newer.isascii() and newer.isprintable() and newer != ""
    return Granted(
        SecretStr(token),
        _seconds(document.get("expires_in")),
        SecretStr(str(newer)) if kept else None,
    )


def _seconds(value: object) -> float | None:
    """How long, in seconds; None where that is not said, or said senselessly."""
    try:
        seconds = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return seconds if 0 < seconds < 1e9 else None
