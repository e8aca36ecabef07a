"""A real authorization server (Authlib's, in Flask) on loopback, and a workspace that asks it.

The server knows one client for each way a client can say who it is, keeps tokens in memory, and
notes what it was asked. The workspace is the sandbox behind a door that asks the server about each
bearer token (RFC 7662), as a SCIM service does.
"""

import json
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import uvicorn
import werkzeug.serving
from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientMixin, TokenMixin
from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant, RefreshTokenGrant
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion, JWTBearerGrant
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from flask import Flask, request
from joserfc.jwk import RSAKey
from starlette.types import ASGIApp, Receive, Scope, Send

from deployments.sandbox.app import create_app
from deployments.sandbox.sandbox import Sandbox
from deployments.sandbox.server import base_url_of, listen
from deployments.sandbox.settings import SandboxSettings

CLIENT_SECRET = "cl1ent-s3cret+/=&%"
SUBJECT = "admin-7"
WORKSPACE = "workspace"
WORKSPACE_SECRET = "w0rkspace-s3cret"

_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PRIVATE_KEY = _KEY.private_bytes(
    serialization.Encoding.PEM,
    serialization.PrivateFormat.PKCS8,
    serialization.NoEncryption(),
).decode()

METHODS = {
    "by-header": "client_secret_basic",
    "by-form": "client_secret_post",
    "by-key": "client_assertion_jwt",
    "public": "none",
    WORKSPACE: "client_secret_basic",
}
"""The clients, and how each has to say who it is."""


def first_refresh_token(client_id: str) -> str:
    """The refresh token that a client has got by the authorization code."""
    return f"f1rst-refresh-t0ken-of-{client_id}"


@dataclass
class Client(ClientMixin):  # type: ignore[misc]
    client_id: str
    method: str

    def get_client_id(self) -> str:
        return self.client_id

    def get_allowed_scope(self, scope: str) -> str:
        return " ".join(name for name in (scope or "").split() if name != "everything")

    def check_client_secret(self, given: str) -> bool:
        return given == (WORKSPACE_SECRET if self.client_id == WORKSPACE else CLIENT_SECRET)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == self.method

    def check_grant_type(self, grant_type: str) -> bool:
        return self.method != "none" or grant_type == "refresh_token"


@dataclass
class Token(TokenMixin):  # type: ignore[misc]
    client_id: str
    access_token: str
    ends_at: float
    scope: str = ""
    refresh_token: str | None = None
    revoked: bool = False
    used: bool = False

    def check_client(self, client: Client) -> bool:
        return self.client_id == client.client_id

    def get_scope(self) -> str:
        return self.scope

    def is_expired(self) -> bool:
        return time.time() >= self.ends_at

    def is_revoked(self) -> bool:
        return self.revoked


@dataclass
class Authority:
    """What a test looks at and turns.

    Attributes:
        lifetime_s: Of access tokens from now on.
        rotates: Whether a refresh token is replaced when it is used.
        tokens: All that were given, oldest first.
        asked: What came to the token endpoint: the form, less what is secret.
        claims: Of the signed JWTs that came.
        refused: Tokens that the workspace was shown and that were not good.
    """

    url: str = ""
    lifetime_s: int = 3600
    rotates: bool = True
    tokens: list[Token] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)
    claims: list[dict[str, Any]] = field(default_factory=list)
    seen_ids: set[str] = field(default_factory=set)
    refused: list[str] = field(default_factory=list)

    @property
    def token_url(self) -> str:
        return f"{self.url}/token"

    @property
    def secrets(self) -> list[str]:
        """Everything that nobody may read anywhere."""
        given = [s for t in self.tokens for s in (t.access_token, t.refresh_token) if s]
        key_lines = [line for line in PRIVATE_KEY.splitlines() if "-" not in line]
        return [CLIENT_SECRET, *key_lines, *given]

    def revoke_all(self) -> None:
        """Let no access token be good any more."""
        for token in self.tokens:
            token.revoked = True

    def by_refresh_token(self, text: str) -> Token | None:
        found = (t for t in self.tokens if t.refresh_token == text and not t.used)
        return next(found, None)


def _grants(authority: Authority) -> tuple[type, ...]:
    """The grants of Authlib, joined to the authority's memory."""
    methods = ["client_secret_basic", "client_secret_post", "none", "client_assertion_jwt"]

    class ByClient(ClientCredentialsGrant):  # type: ignore[misc]
        TOKEN_ENDPOINT_AUTH_METHODS = methods

    class ByRefreshToken(RefreshTokenGrant):  # type: ignore[misc]
        TOKEN_ENDPOINT_AUTH_METHODS = methods

        @property
        def INCLUDE_NEW_REFRESH_TOKEN(self) -> bool:  # noqa: N802  # the name that Authlib reads
            return authority.rotates

        def authenticate_refresh_token(self, text: str) -> Token | None:
            return authority.by_refresh_token(text)

        def authenticate_user(self, token: Token) -> str:
            return SUBJECT

        def revoke_old_credential(self, token: Token) -> None:
            token.used = authority.rotates

    class ByJwt(JWTBearerGrant):  # type: ignore[misc]
        def resolve_issuer_client(self, issuer: str) -> Client | None:
            return _client(issuer)

        def resolve_client_public_key(self, client: Client) -> RSAKey:
            return RSAKey.import_key(_KEY.public_key())

        def get_audiences(self) -> list[str]:
            return [authority.token_url, "the-audience"]

        def authenticate_user(self, subject: str) -> str | None:
            return subject if subject == SUBJECT else None

        def has_granted_permission(self, client: Client, user: str) -> bool:
            return True

        def verify_claims(self, claims: Any) -> None:
            authority.claims.append(dict(claims))
            super().verify_claims(claims)

    return ByClient, ByRefreshToken, ByJwt


class _Introspection(IntrospectionEndpoint):  # type: ignore[misc]
    authority: Authority

    def query_token(self, text: str, hint: str | None) -> Token | None:
        return next((t for t in self.authority.tokens if t.access_token == text), None)

    def check_permission(self, token: Token, client: Client, asking: Any) -> bool:
        return client.client_id == WORKSPACE

    def introspect_token(self, token: Token) -> dict[str, Any]:
        return {"active": True, "client_id": token.client_id, "scope": token.scope}


def _client(client_id: str) -> Client | None:
    method = METHODS.get(client_id)
    return None if method is None else Client(client_id, method)


def _application(authority: Authority) -> Flask:
    app = Flask("authorization-server")

    def save(given: dict[str, Any], asked: Any) -> None:
        ends_at = time.time() + given.get("expires_in", 0)
        authority.tokens.append(
            Token(
                asked.client.client_id,
                given["access_token"],
                ends_at,
                given.get("scope", ""),
                given.get("refresh_token"),
            )
        )

    server = AuthorizationServer(app, _client, save)
    numbers = iter(range(1, 10**6))
    server.register_token_generator(
        "default",
        BearerTokenGenerator(
            lambda **_: f"acc3ss-t0ken-{next(numbers)}",
            lambda **_: f"r3fresh-t0ken-{next(numbers)}",
            lambda client, grant_type: authority.lifetime_s,
        ),
    )

    class Assertion(JWTBearerClientAssertion):  # type: ignore[misc]
        def get_audiences(self) -> list[str]:
            return [authority.token_url]

        def validate_jti(self, claims: Any, jti: str) -> bool:
            authority.claims.append(dict(claims))
            fresh = jti not in authority.seen_ids
            authority.seen_ids.add(jti)
            return fresh

        def resolve_client_public_key(self, client: Client) -> RSAKey:
            return RSAKey.import_key(_KEY.public_key())

    server.register_client_auth_method("client_assertion_jwt", Assertion())
    for grant in _grants(authority):
        server.register_grant(grant)
    introspection = type("Introspection", (_Introspection,), {"authority": authority})
    server.register_endpoint(introspection)

    @app.post("/token")
    def token() -> Any:
        authority.asked.append({k: v for k, v in request.form.items() if "secret" not in k})
        return server.create_token_response()

    @app.post("/introspect")
    def introspect() -> Any:
        return server.create_endpoint_response("introspection")

    return app


@contextmanager
def authorization_server(**turned: Any) -> Iterator[Authority]:
    """A server on loopback that has given each of its clients a first refresh token."""
    authority = Authority(**turned)
    for client_id in METHODS:
        refresh_token = first_refresh_token(client_id)
        authority.tokens.append(Token(client_id, f"0ld-{client_id}", 0, "", refresh_token))
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # it tells of each request
    server = werkzeug.serving.make_server("127.0.0.1", 0, _application(authority), threaded=True)
    authority.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield authority
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Door:
    """Lets those in whose token the authorization server calls active."""

    def __init__(self, inside: ASGIApp, authority: Authority) -> None:
        self._inside = inside
        self._authority = authority

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not await self._admits(scope):
            body = json.dumps({"status": "401", "detail": "the token is not active"}).encode()
            headers = [(b"content-type", b"application/json")]
            await send({"type": "http.response.start", "status": 401, "headers": headers})
            await send({"type": "http.response.body", "body": body})
            return
        await self._inside(scope, receive, send)

    async def _admits(self, scope: Scope) -> bool:
        headers = dict(scope["headers"])
        token = headers.get(b"authorization", b"").decode().removeprefix("Bearer ")
        async with httpx.AsyncClient(verify=False, trust_env=False) as asking:
            said = await asking.post(
                f"{self._authority.url}/introspect",
                data={"token": token},
                auth=(WORKSPACE, WORKSPACE_SECRET),
            )
        active = bool(said.json()["active"])
        if not active:
            self._authority.refused.append(token)
        return active


@contextmanager
def guarded_workspace(authority: Authority, **sandbox: Any) -> Iterator[tuple[str, Sandbox]]:
    """A sandbox on loopback behind a `Door`; gives its URL and itself."""
    app = create_app(SandboxSettings(**{"rate_limit_per_s": 0, **sandbox}))
    listening = listen("127.0.0.1", 0)
    config = uvicorn.Config(Door(app, authority), ws="none", log_config=None, access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        yield base_url_of(listening), app.state.sandbox
    finally:
        server.should_exit = True
        thread.join()
        listening.close()
