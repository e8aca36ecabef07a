"""The client over real connections on loopback: pooled, cut, slow, huge, redirected, untrusted."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import SecretStr

from data_contracts.errors import (
    AnswerUnreadable,
    ConfigurationError,
    OutcomeUnknown,
    TargetError,
    TargetRefused,
    TargetUnavailable,
)
from data_contracts.outcome import HttpExchange
from data_contracts.words import OutcomeResult
from deployments.sandbox.server import serve_in_thread
from deployments.sandbox.settings import SandboxSettings
from tasks.extract.target import read_target
from tasks.load.session import LoadSession
from tasks.scim import wire
from tasks.scim.client import ScimClient, open_client
from tests.target_parts import (
    FakeTime,
    MemoryJournal,
    asynchronous,
    change,
    create,
    target_settings,
)

USER = b'{"schemas":[],"id":"1","userName":"ada"}'
Serve = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]


def client_of(base_url: str, folder: Path = Path(), **settings: Any) -> ScimClient:
    chosen = target_settings(base_url=base_url, **{"request_budget_s": 0.3, **settings})
    return open_client(chosen, SecretStr("s3cret"), folder=folder)


def answer(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    lines = (f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers)
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@asynccontextmanager
async def raw_server(
    serve: Serve, context: ssl.SSLContext | None = None
) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A server that does what it likes with each request; gives its URL and the requests."""
    seen: list[bytes] = []

    async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = next(
                    (int(h.split(b":")[1]) for h in head.lower().split(b"\r\n") if b"h:" in h), 0
                )
                seen.append(head + await reader.readexactly(length))
                await serve(seen[-1], writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(connection, "127.0.0.1", 0, ssl=context)
    scheme = "https" if context else "http"
    try:
        yield f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}/scim/v2", seen
    finally:
        server.close()


@asynchronous
async def test_a_whole_load_and_read_over_real_connections() -> None:
    with serve_in_thread(SandboxSettings(rate_limit_per_s=0, made_up_users=250)) as sandbox:
        async with client_of(sandbox.base_url, request_budget_s=30) as client:
            load = LoadSession(client, MemoryJournal(), client.settings)
            outcomes = await load.apply([create(f"E{n}") for n in range(50)])
            assert {o.result for o in outcomes} == {OutcomeResult.APPLIED}
            snapshot = await read_target(client, client.settings, ["title"])
        assert (len(snapshot.accounts), snapshot.complete, snapshot.requests) == (300, True, 3)


@asynchronous
async def test_connections_are_used_again() -> None:
    connections = set()

    async def serve(request: bytes, writer: asyncio.StreamWriter) -> None:
        connections.add(writer)
        writer.write(answer(USER))

    async with raw_server(serve) as (url, _), client_of(url) as client:
        for _ in range(5):
            await client.get_user("1")
    assert len(connections) == 1


@asynchronous
async def test_a_cut_connection_leaves_a_write_unknown_and_a_read_is_repeated() -> None:
    with serve_in_thread(SandboxSettings(rate_limit_per_s=0)) as sandbox:
        async with client_of(sandbox.base_url, request_budget_s=30) as client:
            sandbox.app.state.sandbox.faults.add("lost-response=1x")
            load = LoadSession(client, MemoryJournal(), client.settings)
            (outcome,) = await load.apply([create()])
            assert outcome.result is OutcomeResult.SETTLED
            assert [(e.method, e.status) for e in outcome.exchanges] == [
                ("POST", None),
                ("GET", 200),
            ]
            assert len(sandbox.app.state.sandbox.store) == 1


@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT"])
@asynchronous
async def test_no_write_is_sent_twice_when_its_connection_breaks(method: str) -> None:
    """Also not by the library below, on a connection that was used before."""

    async def serve(request: bytes, writer: asyncio.StreamWriter) -> None:
        if request.startswith(b"GET"):
            writer.write(answer(USER))
        else:
            writer.close()

    async with raw_server(serve) as (url, seen), client_of(url) as client:
        await client.get_user("1")
        writes = {
            "POST": lambda: client.create_user({}),
            "PATCH": lambda: client.patch_user("1", {}),
            "PUT": lambda: client.put_user("1", {}),
        }
        with pytest.raises(OutcomeUnknown, match="the connection broke"):
            await writes[method]()
    assert [request.split(b" ")[0].decode() for request in seen] == ["GET", method]


@asynchronous
async def test_a_target_that_hangs_ends_in_a_time_out_of_its_own_class() -> None:
    async def serve(request: bytes, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(5)

    async with raw_server(serve) as (url, _), client_of(url, timeout_s=0.1) as client:
        with pytest.raises(OutcomeUnknown, match=r"no answer within 0\.1 s"):
            await client.create_user({})
        with pytest.raises(TargetUnavailable, match=r"no answer within 0\.1 s"):
            await client.get_user("1")


@asynchronous
async def test_an_answer_that_drips_is_cut_off_too() -> None:
    async def serve(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(100):
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.02)

    async with raw_server(serve) as (url, _), client_of(url, timeout_s=0.2) as client:
        with pytest.raises(TargetUnavailable, match=r"no answer within 0\.2 s"):
            await client.get_user("1")


@pytest.mark.parametrize("half", [b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{", b"HTTP/1."])
@asynchronous
async def test_half_an_answer_is_none(half: bytes) -> None:
    async def serve(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(half)
        await writer.drain()
        writer.close()

    async with raw_server(serve) as (url, _), client_of(url) as client:
        with pytest.raises(OutcomeUnknown, match="the connection broke"):
            await client.create_user({})
        with pytest.raises(TargetUnavailable, match="the connection broke"):
            await client.get_user("1")


@asynchronous
async def test_what_is_no_http_is_none() -> None:
    async def serve(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")

    async with raw_server(serve) as (url, _), client_of(url) as client:
        with pytest.raises(TargetError):
            await client.get_user("1")


@asynchronous
async def test_a_flood_is_read_to_the_bound_and_no_further(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "LARGEST_ANSWER", 1024 * 1024)
    sent = 0

    async def serve(request: bytes, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()
            sent += 65536

    async with raw_server(serve) as (url, _), client_of(url) as client:
        with pytest.raises(AnswerUnreadable, match="more than 1 MB"):
            await client.list_users()
        with pytest.raises(OutcomeUnknown, match="more than 1 MB"):
            await client.create_user({})
    assert sent < 30 * 1024 * 1024


@asynchronous
async def test_a_redirect_is_refused_and_the_token_stays_with_its_host() -> None:
    async def lure(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(USER))

    async with raw_server(lure) as (elsewhere, lured):

        async def serve(request: bytes, writer: asyncio.StreamWriter) -> None:
            location = f"Location: {elsewhere}/Users/1"
            writer.write(answer(b"", "307 Temporary Redirect", location))

        async with raw_server(serve) as (url, seen), client_of(url) as client:
            with pytest.raises(AnswerUnreadable, match="redirected"):
                await client.get_user("1")
            with pytest.raises(AnswerUnreadable, match="redirected"):
                await client.create_user({})
        assert b"authorization: bearer s3cret" in seen[0].lower()
        assert lured == []


@asynchronous
async def test_cookies_are_not_kept() -> None:
    async def serve(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(USER, "200 OK", "Set-Cookie: session=1"))

    async with raw_server(serve) as (url, seen), client_of(url) as client:
        await client.get_user("1")
        await client.get_user("1")
    assert b"cookie:" not in seen[1].lower()


@asynchronous
async def test_nobody_at_home_is_unavailable_also_for_a_write() -> None:
    async def serve(request: bytes, writer: asyncio.StreamWriter) -> None: ...

    async with raw_server(serve) as (url, _):
        pass
    async with client_of(url) as client:
        trace: list[HttpExchange] = []
        with pytest.raises(TargetUnavailable, match=r"no connection to 127\.0\.0\.1") as caught:
            await client.create_user({}, trace=trace)
        assert "s3cret" not in f"{caught.value!r}"
        assert {e.status for e in trace} == {None}


@asynchronous
async def test_a_host_that_never_answered_is_given_up_sooner_than_one_that_did() -> None:
    async def serve(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(USER, "200 OK", "Connection: close"))

    for answered, least_s, most_s in ((False, 5, 16), (True, 60, 121)):
        time = FakeTime()
        async with raw_server(serve) as (url, _):
            settings = target_settings(base_url=url, request_budget_s=120)
            client = open_client(settings, SecretStr("s3cret"), folder=Path(), clock=time.clock)
            if answered:
                await client.get_user("1")
        async with client:
            began = time.seconds
            with pytest.raises(TargetUnavailable):
                await client.get_user("1")
            assert least_s <= time.seconds - began <= most_s


@asynchronous
async def test_discovery_of_nobody_tries_once_and_tells_it_for_each_endpoint() -> None:
    async def serve(request: bytes, writer: asyncio.StreamWriter) -> None: ...

    async with raw_server(serve) as (url, _):
        pass
    async with client_of(url) as client:
        found = await asyncio.wait_for(client.discover(), 10)
    assert len(found.endpoints) == 4
    assert all("no connection" in check.message and check.hint for check in found.endpoints)


@asynchronous
async def test_a_proxy_is_used_where_the_environment_names_one_and_never_sees_the_token() -> None:
    async def serve(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(b"", "407 Proxy Authentication Required"))

    async with raw_server(serve) as (url, seen):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("HTTPS_PROXY", url.removesuffix("/scim/v2"))
            patch.delenv("NO_PROXY", raising=False)
            patch.delenv("no_proxy", raising=False)
            client = client_of("https://scim.example/scim/v2")
        async with client:
            with pytest.raises(TargetUnavailable, match=r"proxy .* \(407\)"):
                await client.create_user({})
    assert seen[0].startswith(b"CONNECT scim.example:443")
    assert b"s3cret" not in seen[0]


def certificate(folder: Path) -> ssl.SSLContext:
    """A self-signed certificate for 127.0.0.1; `ca.pem` in the folder is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    (folder / "ca.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "ca.pem", folder / "key.pem")
    return context


def test_an_unknown_certificate_is_refused_until_its_authority_is_named(tmp_path: Path) -> None:
    context = certificate(tmp_path)

    async def serve(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(USER))

    async def run() -> None:
        async with raw_server(serve, context) as (url, seen):
            async with client_of(url) as client:
                with pytest.raises(TargetError, match="not trusted") as caught:
                    await client.create_user({})
                assert not caught.value.transient
                assert "ca_file" in (caught.value.hint or "")
                assert seen == [], "nothing was said to somebody unknown"
            async with client_of(url, tmp_path, ca_file="ca.pem") as client:
                user, _ = await client.get_user("1")
                assert user["userName"] == "ada"

    asyncio.run(run())


@pytest.mark.parametrize("content", [None, b"no certificate"])
def test_a_ca_file_that_cannot_be_used_says_so(content: bytes | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "ca.pem").write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"target.ca_file ca.pem"):
        client_of("https://127.0.0.1:1", tmp_path, ca_file="ca.pem")


@asynchronous
async def test_a_certificate_that_is_not_trusted_stops_the_load_at_once() -> None:
    with serve_in_thread(SandboxSettings(rate_limit_per_s=0)) as sandbox:
        https = sandbox.base_url.replace("http:", "https:")
        async with client_of(https, max_in_flight=1) as client:
            load = LoadSession(client, MemoryJournal(), client.settings)
            outcomes = await load.apply([create(f"E{n}") for n in range(20)])
    assert sum(o.result is OutcomeResult.SKIPPED for o in outcomes) >= 17
    assert "certificate" in load.stopped or "TLS" in load.stopped


@asynchronous
async def test_a_refusal_of_one_request_is_not_repeated() -> None:
    async def serve(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(b'{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"]}', "400"))

    async with raw_server(serve) as (url, seen), client_of(url) as client:
        with pytest.raises(TargetRefused):
            await client.get_user("1")
    assert len(seen) == 1


@asynchronous
async def test_an_email_address_as_id_arrives_as_it_is() -> None:
    with serve_in_thread(SandboxSettings(rate_limit_per_s=0)) as sandbox:
        account_id = "o'neil+x@acme.example"
        sandbox.app.state.sandbox.store.put(
            {"id": account_id, "schemas": [], "userName": "x", "active": True, "meta": {}}
        )
        async with client_of(sandbox.base_url) as client:
            load = LoadSession(client, MemoryJournal(), client.settings)
            (outcome,) = await load.apply([change(account_id, {"title": "Lead"})])
        assert outcome.result is OutcomeResult.APPLIED
        assert sandbox.app.state.sandbox.store[account_id]["title"] == "Lead"
