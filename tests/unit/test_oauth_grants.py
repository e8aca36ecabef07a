"""What is sent to a token endpoint, and what is made of its answer."""

import base64
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs

import orjson
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from pydantic import SecretStr

from data_contracts.configuration.oauth import OAuth2Settings
from data_contracts.errors import TargetUnavailable, TokenRefused
from tasks.scim.answers import Answer
from tasks.scim.credentials import Credentials
from tasks.scim.grants import CLIENT_ASSERTION, read_grant, token_request

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
URL = "https://login.example/token"
KEY = RSAKey.generate_key(2048)
SECRET = SecretStr("s3cret+/=&% x")
REFRESH = SecretStr("r3fresh+/=")
LEAK = "ada@acme.example"

NEEDED: dict[str, dict[str, Any]] = {
    "client_credentials": {},
    "refresh_token": {"refresh_token": {"env": "R"}},
    "jwt_bearer": {"private_key": {"env": "K"}, "subject": "admin"},
}


def settings(grant: str, **more: Any) -> OAuth2Settings:
    values = {"grant": grant, "token_url": URL, "client_id": "us", **NEEDED[grant], **more}
    return OAuth2Settings.model_validate(values)


BY_SECRET = settings("client_credentials", client_secret={"env": "S"})
BY_FORM = settings("client_credentials", client_secret={"env": "S"}, client_secret_in="body")
BY_KEY = settings("client_credentials", private_key={"env": "K"}, key_id="k1", assertion_s=60)
BY_REFRESH = settings("refresh_token", scopes=["users:read", "users:write"])
BY_JWT = settings("jwt_bearer", scopes=["users:read", "users:write"])


def sent(
    chosen: OAuth2Settings, credentials: Credentials, refresh: SecretStr | None = None
) -> tuple[dict[str, str], dict[str, str]]:
    """Headers and form."""
    request = token_request(chosen, credentials, NOW, refresh)
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert "s3cret" not in repr(request)
    form = parse_qs(request.body.decode(), strict_parsing=True)
    assert all(len(values) == 1 for values in form.values())
    return request.headers, {name: values[0] for name, values in form.items()}


def claims_of(assertion: str) -> tuple[dict[str, Any], dict[str, Any]]:
    token = jwt.decode(assertion, KEY, algorithms=["RS256"])
    return dict(token.header), dict(token.claims)


def test_a_client_shows_its_secret_in_the_header() -> None:
    headers, form = sent(BY_SECRET, Credentials(SECRET))
    assert form == {"grant_type": "client_credentials"}
    shown = base64.b64decode(headers["Authorization"].removeprefix("Basic ")).decode()
    assert shown == f"us:{SECRET.get_secret_value()}"


def test_a_client_shows_its_secret_in_the_form_where_that_is_wanted() -> None:
    headers, form = sent(BY_FORM, Credentials(SECRET))
    assert "Authorization" not in headers
    assert form == {
        "grant_type": "client_credentials",
        "client_id": "us",
        "client_secret": SECRET.get_secret_value(),
    }


def test_a_client_signs_instead_of_showing_a_secret() -> None:
    headers, form = sent(BY_KEY, Credentials(private_key=KEY))
    assert "Authorization" not in headers
    assert form["client_assertion_type"] == CLIENT_ASSERTION
    assert form["client_id"] == "us"
    header, claims = claims_of(form["client_assertion"])
    assert (header["alg"], header["kid"]) == ("RS256", "k1")
    assert claims.pop("jti")
    issued_at = int(NOW.timestamp())
    expected = {"iss": "us", "sub": "us", "aud": URL, "iat": issued_at, "exp": issued_at + 60}
    assert claims == expected


def test_a_refresh_token_is_sent_by_a_public_client_with_its_id() -> None:
    headers, form = sent(BY_REFRESH, Credentials(), REFRESH)
    assert "Authorization" not in headers
    assert form == {
        "grant_type": "refresh_token",
        "refresh_token": "r3fresh+/=",
        "scope": "users:read users:write",
        "client_id": "us",
    }


def test_a_signed_jwt_is_the_grant() -> None:
    headers, form = sent(BY_JWT, Credentials(private_key=KEY))
    assert "Authorization" not in headers
    assertion = form.pop("assertion")
    assert form == {
        "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "scope": "users:read users:write",
    }
    header, claims = claims_of(assertion)
    assert header == {"typ": "JWT", "alg": "RS256"}
    assert claims.pop("jti")
    issued_at = int(NOW.timestamp())
    assert claims == {
        "iss": "us",
        "sub": "admin",
        "aud": URL,
        "iat": issued_at,
        "exp": issued_at + 300,
        "scope": "users:read users:write",
    }


def test_each_assertion_has_an_id_of_its_own() -> None:
    ids = set()
    for _ in range(5):
        _, form = sent(BY_JWT, Credentials(private_key=KEY))
        ids.add(claims_of(form["assertion"])[1]["jti"])
    assert len(ids) == 5


def test_issuer_audience_and_key_are_as_the_settings_say() -> None:
    chosen = settings("jwt_bearer", issuer="iss", audience="aud", key_id="k2")
    _, form = sent(chosen, Credentials(private_key=KEY))
    header, claims = claims_of(form["assertion"])
    assert (claims["iss"], claims["aud"], header["kid"]) == ("iss", "aud", "k2")
    assert "scope" not in claims


# ---------------------------------------------------------------------------------- the answers


def answer(
    document: Any, status: int = 200, headers: dict[str, str] | None = None, **more: Any
) -> Answer:
    body = document if isinstance(document, bytes) else orjson.dumps({**document, **more})
    return Answer(status, headers or {}, body)


GIVEN = {"access_token": "acc3ss", "token_type": "Bearer"}


def test_a_token_is_read_with_its_life_and_its_successor() -> None:
    granted = read_grant(answer(GIVEN, expires_in=300, refresh_token="new"), BY_SECRET, NOW)
    assert granted.token.get_secret_value() == "acc3ss"
    assert granted.lasts_s == 300
    assert granted.refresh_token is not None
    assert granted.refresh_token.get_secret_value() == "new"
    assert "acc3ss" not in repr(granted)
    assert "new" not in repr(granted)


@pytest.mark.parametrize(
    ("said", "lasts_s"),
    [
        (300, 300.0),
        ("300", 300.0),
        (1.5, 1.5),
        (None, None),
        (0, None),
        (-1, None),
        ("soon", None),
        ([1], None),
        (1e300, None),
    ],
)
def test_a_life_that_makes_no_sense_is_not_known(said: object, lasts_s: float | None) -> None:
    assert read_grant(answer(GIVEN, expires_in=said), BY_SECRET, NOW).lasts_s == lasts_s


@pytest.mark.parametrize("newer", [None, "", 5, "two\nlines", "päss"])
def test_a_refresh_token_that_cannot_be_one_is_none(newer: object) -> None:
    assert read_grant(answer(GIVEN, refresh_token=newer), BY_REFRESH, NOW).refresh_token is None


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({}, "without an access token"),
        ({"access_token": ""}, "without an access token"),
        ({"access_token": 5}, "without an access token"),
        ({"access_token": "a\r\nX-Other: 1"}, "without an access token"),
        ({**GIVEN, "token_type": "mac"}, "not of type Bearer"),
        (b"[]", "answered 200"),
        (b"<html>Sign in", "answered 200, a web page"),
        (b"", "answered 200"),
        (b"access_token=a&token_type=bearer", "answered 200"),
    ],
)
def test_what_is_no_token_is_refused(document: Any, words: str) -> None:
    with pytest.raises(TokenRefused, match=words) as caught:
        read_grant(answer(document), BY_SECRET, NOW)
    assert "login.example" in caught.value.message
    assert caught.value.hint != TokenRefused.default_hint


def test_a_type_in_any_case_or_none_is_bearer() -> None:
    for more in ({"token_type": "bearer"}, {"token_type": "BEARER"}):
        assert read_grant(answer({**GIVEN, **more}), BY_SECRET, NOW).token
    assert read_grant(answer({"access_token": "a"}), BY_SECRET, NOW).token


@pytest.mark.parametrize(
    ("chosen", "error", "hint"),
    [
        (BY_SECRET, "invalid_client", "`client_id`"),
        (BY_SECRET, "invalid_scope", "`scopes`"),
        (BY_SECRET, "unauthorized_client", "allow the client"),
        (BY_SECRET, "unsupported_grant_type", "another"),
        (BY_SECRET, "invalid_request", "documents"),
        (BY_SECRET, "invalid_grant", "is it active"),
        (BY_REFRESH, "invalid_grant", "get a new one as docs/authentication.md says"),
        (BY_JWT, "invalid_grant", "this machine's clock"),
    ],
)
@pytest.mark.parametrize("status", [200, 400, 401, 403])
def test_an_error_of_the_standard_is_named_with_what_to_do(
    chosen: OAuth2Settings, error: str, hint: str, status: int
) -> None:
    with pytest.raises(TokenRefused) as caught:
        read_grant(answer({"error": error, "error_description": LEAK}, status), chosen, NOW)
    assert f"gave no token for the grant {chosen.grant}: {error}" in caught.value.message
    assert hint in str(caught.value.hint)
    assert LEAK not in f"{caught.value.message}{caught.value.hint}"
    assert not caught.value.transient


@pytest.mark.parametrize("error", [LEAK, 7, {"code": LEAK}, ["invalid_grant"]])
def test_an_error_that_is_none_of_the_standard_is_not_repeated(error: object) -> None:
    with pytest.raises(TokenRefused, match="an error that OAuth2 does not have") as caught:
        read_grant(answer({"error": error}, 400), BY_SECRET, NOW)
    assert LEAK not in f"{caught.value.message}{caught.value.hint}"


@pytest.mark.parametrize(
    ("status", "document"),
    [
        (500, b"<html>"),
        (503, {}),
        (502, b""),
        (429, {}),
        (408, b""),
        (400, {"error": "temporarily_unavailable"}),
        (400, {"error": "server_error"}),
        (503, GIVEN),
    ],
)
def test_a_server_that_is_not_well_may_be_asked_again_for_any_request(
    status: int, document: Any
) -> None:
    with pytest.raises(TargetUnavailable) as caught:
        read_grant(answer(document, status), BY_SECRET, NOW)
    assert f"answered {status}" in caught.value.message
    assert caught.value.transient
    assert caught.value.status is None, "the request that the token is for was never sent"


def test_a_server_that_asks_to_wait_is_understood_in_both_forms() -> None:
    date = format_datetime(NOW + timedelta(seconds=30), usegmt=True)
    for given in ("30", date):
        with pytest.raises(TargetUnavailable) as caught:
            read_grant(answer({}, 429, {"retry-after": given}), BY_SECRET, NOW)
        assert caught.value.retry_after_s == 30


@pytest.mark.parametrize(
    ("status", "words"),
    [(302, "redirects are not followed"), (307, "secrets stay"), (404, "404"), (405, "405")],
)
def test_an_address_that_is_no_token_endpoint_is_said_to_be_none(status: int, words: str) -> None:
    with pytest.raises(TokenRefused, match=words) as caught:
        read_grant(answer(b"", status, {"location": f"https://x/?u={LEAK}"}), BY_SECRET, NOW)
    assert "`token_url`" in str(caught.value.hint)
    assert LEAK not in caught.value.message
