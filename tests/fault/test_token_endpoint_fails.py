"""Token endpoints that do not do as they should, and tokens that the target stops taking."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import SecretStr

from data_contracts.errors import TargetError, TargetUnavailable, TokenRefused
from data_contracts.words import OutcomeResult
from deployments.sandbox.app import create_app
from deployments.sandbox.sandbox import Sandbox
from deployments.sandbox.settings import SandboxSettings
from tasks.load.session import LoadSession
from tasks.scim.access import StaticToken, TokenSource
from tasks.scim.authentication import token_source
from tasks.scim.client import ScimClient, open_client
from tasks.scim.grants import Granted
from tasks.scim.renewal import RenewedToken
from tasks.scim.secret import SecretStore
from tests.target_parts import FakeTime, MemoryJournal, asynchronous, create, target_settings

CLIENT_SECRET = "cl1ent-s3cret"
Serve = Callable[[asyncio.StreamWriter], Awaitable[None]]


def answer(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    lines = (f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers)
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def answering(*said: bytes) -> Serve:
    """Give each answer in turn, the last one for ever."""
    left = list(said)

    async def serve(writer: asyncio.StreamWriter) -> None:
        writer.write(left.pop(0) if len(left) > 1 else left[0])

    return serve


@asynccontextmanager
async def token_endpoint(
    serve: Serve, context: ssl.SSLContext | None = None
) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A server that does what it likes with each request; gives its URL and the requests."""
    seen: list[bytes] = []

    async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.lower().split(b"\r\n")
                length = next(int(h.split(b":")[1]) for h in lines if b"content-length:" in h)
                seen.append(head + await reader.readexactly(length))
                await serve(writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(connection, "127.0.0.1", 0, ssl=context)
    scheme = "https" if context else "http"
    try:
        yield f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}/token", seen
    finally:
        server.close()


def tokens(url: str, folder: Path = Path(), **target: Any) -> TokenSource:
    oauth2 = {
        "grant": "client_credentials",
        "token_url": url,
        "client_id": "us",
        "client_secret": {"env": "S"},
    }
    settings = target_settings(auth={"oauth2": oauth2}, **{"timeout_s": 5, **target})
    return token_source(settings, SecretStore({"S": CLIENT_SECRET}, folder))


async def failure(source: TokenSource) -> TargetError:
    try:
        with pytest.raises(TargetError) as caught:
            await source.current()
    finally:
        await source.aclose()
    error = caught.value
    assert error.hint
    assert CLIENT_SECRET not in f"{error!r}{error.hint}{error.__cause__!r}"
    return error


GOOD = answer(b'{"access_token":"acc3ss","token_type":"Bearer","expires_in":300}')


@pytest.mark.parametrize(
    ("said", "kind", "words"),
    [
        (answer(b"<html>Sign in"), TokenRefused, "answered 200, a web page"),
        (answer(b"<html>Bad Gateway", "502 Bad"), TargetUnavailable, "answered 502"),
        (answer(b"", "503 Busy", "Retry-After: 7"), TargetUnavailable, "answered 503"),
        (answer(b"{", "200 OK"), TokenRefused, "answered 200"),
        (answer(b'{"error":"invalid_client"}', "401 No"), TokenRefused, "invalid_client"),
        (answer(b"", "404 Not Found"), TokenRefused, "answered 404"),
        (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", TargetUnavailable, "the token endpoint"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", TargetUnavailable, "the token endp"),
    ],
)
@asynchronous
async def test_what_is_no_token_has_a_class_and_a_hint(
    said: bytes, kind: type[TargetError], words: str
) -> None:
    async def serve(writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        await writer.drain()
        if not said.startswith(b"HTTP/1.1 200 OK\r\nContent-Length: 9"):
            return
        writer.close()

    async with token_endpoint(serve) as (url, seen):
        error = await failure(tokens(url, timeout_s=1))
    assert type(error) is kind
    assert words in error.message
    assert len(seen) == 1


@asynchronous
async def test_a_hanging_token_endpoint_is_given_up() -> None:
    async def serve(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(5)

    async with token_endpoint(serve) as (url, _):
        error = await failure(tokens(url, timeout_s=0.2))
    assert isinstance(error, TargetUnavailable)
    assert "no answer within 0.2 s" in error.message


@asynchronous
async def test_a_flood_is_no_token() -> None:
    async def serve(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()

    async with token_endpoint(serve) as (url, _):
        error = await failure(tokens(url))
    assert isinstance(error, TokenRefused)
    assert "more than 256 kB" in error.message


@asynchronous
async def test_the_clients_secret_is_sent_to_no_other_host() -> None:
    async with token_endpoint(answering(GOOD)) as (elsewhere, lured):
        there = answer(b"", "307 Temporary Redirect", f"Location: {elsewhere}")
        async with token_endpoint(answering(there)) as (url, seen):
            error = await failure(tokens(url))
    assert isinstance(error, TokenRefused)
    assert "redirects are not followed" in error.message
    assert (len(seen), lured) == (1, [])


@asynchronous
async def test_nobody_at_home_is_named() -> None:
    async with token_endpoint(answering(GOOD)) as (url, _):
        pass
    error = await failure(tokens(url))
    assert isinstance(error, TargetUnavailable)
    assert "the token endpoint: no connection to 127.0.0.1" in error.message


def certificate(folder: Path) -> ssl.SSLContext:
    """A self-signed certificate for 127.0.0.1; `ca.pem` in the folder is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])
    now = datetime.now(UTC)
    here = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(here, critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    form = serialization.PrivateFormat.PKCS8
    (folder / "ca.pem").write_bytes(made.public_bytes(pem))
    (folder / "key.pem").write_bytes(key.private_bytes(pem, form, serialization.NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "ca.pem", folder / "key.pem")
    return context


def test_an_unknown_certificate_gets_no_secret_until_its_authority_is_named(
    tmp_path: Path,
) -> None:
    context = certificate(tmp_path)

    async def run() -> None:
        async with token_endpoint(answering(GOOD), context) as (url, seen):
            error = await failure(tokens(url))
            assert "not trusted" in error.message
            assert "ca_file" in str(error.hint)
            assert seen == []
            trusting = tokens(url, tmp_path, ca_file="ca.pem")
            assert (await trusting.current()).get_secret_value() == "acc3ss"
            await trusting.aclose()

    asyncio.run(run())


@asynchronous
async def test_a_write_waits_for_a_token_endpoint_that_comes_back() -> None:
    sick = answer(b"", "503 Busy")
    async with token_endpoint(answering(sick, sick, GOOD)) as (url, seen):
        async with at_sandbox(tokens(url), request_budget_s=30) as (client, sandbox, _):
            load = LoadSession(client, MemoryJournal(), client.settings)
            (outcome,) = await load.apply([create()])
        assert outcome.result is OutcomeResult.APPLIED
        assert [e.status for e in outcome.exchanges] == [201]
        assert len(sandbox.store) == 1
    assert len(seen) == 3


# ---------------------------------------------------------------- the target stops taking a token


@asynccontextmanager
async def at_sandbox(
    source: TokenSource, *faults: str, **settings: Any
) -> AsyncIterator[tuple[ScimClient, Sandbox, MemoryJournal]]:
    app = create_app(SandboxSettings(rate_limit_per_s=0, faults=faults))
    transport = httpx.ASGITransport(app=app)
    async with open_client(
        target_settings(**settings), source, folder=Path(), transport=transport
    ) as client:
        yield client, app.state.sandbox, MemoryJournal()


class Counting:
    """Gives numbered tokens."""

    def __init__(self) -> None:
        self.given = 0

    async def fetch(self) -> Granted:
        self.given += 1
        await asyncio.sleep(0.01)
        return Granted(SecretStr(f"t{self.given}"), 300)

    async def close(self) -> None:
        pass

    def source(self) -> RenewedToken:
        return RenewedToken(self.fetch, what="x", close=self.close, clock=FakeTime().clock)


@asynchronous
async def test_one_refusal_in_mid_load_costs_one_renewal_and_one_request() -> None:
    counting = Counting()
    fault = "token-expired-midway=1x@20"
    async with at_sandbox(counting.source(), fault) as (client, sandbox, journal):
        load = LoadSession(client, journal, client.settings)
        outcomes = await load.apply([create(f"E{n}") for n in range(60)])
        assert {o.result for o in outcomes} == {OutcomeResult.APPLIED}
        assert (len(sandbox.store), client.requests) == (60, 61)
    assert counting.given == 2
    (refused,) = [o for o in outcomes if len(o.exchanges) > 1]
    assert [(e.method, e.status) for e in refused.exchanges] == [("POST", 401), ("POST", 201)]


@asynchronous
async def test_a_target_that_refuses_the_new_token_too_stops_the_load() -> None:
    counting = Counting()
    fault = "token-expired-midway=1@20"
    async with at_sandbox(counting.source(), fault, max_in_flight=4) as (client, sandbox, journal):
        load = LoadSession(client, journal, client.settings)
        outcomes = await load.apply([create(f"E{n}") for n in range(60)])
        assert len(sandbox.store) == 20
    assert "the target refused the token (401), and a new one too" in load.stopped
    assert {o.result for o in outcomes} == {OutcomeResult.APPLIED, OutcomeResult.SKIPPED}
    assert counting.given <= 1 + 4, "not once for each person"


@asynchronous
async def test_a_token_of_a_person_is_not_tried_twice() -> None:
    source = StaticToken(SecretStr("t"))
    fault = "token-expired-midway=1@0"
    async with at_sandbox(source, fault) as (client, _, _):
        with pytest.raises(TokenRefused, match=r"the target refused the token \(401\)$"):
            await client.list_users()
        assert client.requests == 1


@asynchronous
async def test_what_a_token_may_not_do_needs_no_other_token() -> None:
    counting = Counting()

    def forbid(request: httpx.Request) -> httpx.Response:
        return httpx.Response(403, json={"status": "403"})

    transport = httpx.MockTransport(forbid)
    client = open_client(target_settings(), counting.source(), folder=Path(), transport=transport)
    async with client:
        with pytest.raises(TokenRefused, match="403"):
            await client.list_users()
    assert counting.given == 1
