"""OAuth2 at a real authorization server on loopback, and at a workspace that asks that server."""

import asyncio
import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from data_contracts.errors import ConfigurationError, TargetUnavailable, TokenRefused
from data_contracts.words import OutcomeResult
from tasks.load.session import LoadSession
from tasks.scim import private_file
from tasks.scim.access import TokenSource
from tasks.scim.authentication import token_source
from tasks.scim.client import ScimClient, open_client
from tasks.scim.clock import SYSTEM_CLOCK, Clock
from tasks.scim.secret import SecretStore
from tests.authorization_parts import (
    CLIENT_SECRET,
    PRIVATE_KEY,
    SUBJECT,
    Authority,
    authorization_server,
    first_refresh_token,
    guarded_workspace,
)
from tests.command_parts import Company
from tests.target_parts import MemoryJournal, asynchronous, create, target_settings

SECRET: dict[str, Any] = {"client_secret": {"env": "CLIENT_SECRET"}}
KEY: dict[str, Any] = {"private_key": {"env": "KEY"}}
REFRESH: dict[str, Any] = {"grant": "refresh_token", "refresh_token": {"file": "refresh-token"}}
WAYS: dict[str, dict[str, Any]] = {
    "client credentials, secret in the header": {
        **{"grant": "client_credentials", "client_id": "by-header"},
        **SECRET,
    },
    "client credentials, secret in the form": {
        **{"grant": "client_credentials", "client_id": "by-form", "client_secret_in": "body"},
        **SECRET,
    },
    "client credentials, signed": {
        **{"grant": "client_credentials", "client_id": "by-key", "key_id": "k1"},
        **KEY,
    },
    "refresh token of a public client": {**REFRESH, "client_id": "public"},
    "refresh token with a secret in the form": {
        **REFRESH,
        **{"client_id": "by-form", "client_secret_in": "body"},
        **SECRET,
    },
    "signed JWT": {"grant": "jwt_bearer", "client_id": "by-header", "subject": SUBJECT, **KEY},
    "signed JWT for an audience": {
        **{"grant": "jwt_bearer", "client_id": "us", "issuer": "by-key", "subject": SUBJECT},
        **{"audience": "the-audience", "scopes": ["users:read", "users:write"]},
        **KEY,
    },
}


@pytest.fixture
def authority() -> Iterator[Authority]:
    with authorization_server() as authority:
        yield authority


class Us:
    """A company's machine: its secrets, and clients that use them."""

    def __init__(self, authority: Authority, folder: Path) -> None:
        self.authority = authority
        self.folder = folder
        self.environ = {"CLIENT_SECRET": CLIENT_SECRET, "KEY": PRIVATE_KEY}
        self.blocks: dict[str, str] = {}
        self.file = folder / "refresh-token"
        self.clock = SYSTEM_CLOCK

    def tokens(self, way: dict[str, Any], **target: Any) -> TokenSource:
        """What gives tokens; a first refresh token is there."""
        if not self.file.exists():
            self.file.write_text(first_refresh_token(way["client_id"]) + "\n")
        oauth2 = {"token_url": self.authority.token_url, **way}
        self.settings = target_settings(auth={"oauth2": oauth2}, **target)
        store = SecretStore(
            self.environ, self.folder, self.blocks.__getitem__, self.blocks.__setitem__
        )
        return token_source(self.settings, store, clock=self.clock)

    def client(self, way: dict[str, Any], **target: Any) -> ScimClient:
        tokens = self.tokens(way, **target)
        return open_client(self.settings, tokens, folder=self.folder)


@pytest.fixture
def us(authority: Authority, tmp_path: Path) -> Us:
    return Us(authority, tmp_path)


async def told(source: TokenSource) -> str:
    try:
        return await source.check()
    finally:
        await source.aclose()


@pytest.mark.parametrize("way", WAYS)
@asynchronous
async def test_each_grant_opens_the_door(way: str, us: Us) -> None:
    with guarded_workspace(us.authority, made_up_users=3) as (url, _):
        async with us.client(WAYS[way], base_url=url) as client:
            listing = await client.list_users()
            assert (len(listing.resources), client.requests) == (3, 1)
    assert us.authority.refused == []
    assert len(us.authority.asked) == 1
    for claims in us.authority.claims:
        assert claims["exp"] - claims["iat"] == 300


@asynchronous
async def test_a_check_says_grant_and_host_and_no_token(us: Us) -> None:
    us.authority.lifetime_s = 300
    said = await told(us.tokens(WAYS["signed JWT"]))
    assert said == (
        "obtained by OAuth2 grant jwt_bearer from 127.0.0.1, good for 300 s; its value is not shown"
    )


@pytest.mark.parametrize(
    ("way", "change", "words"),
    [
        ("client credentials, secret in the header", {"client_id": "nobody"}, "invalid_client"),
        ("client credentials, secret in the header", {"client_id": "by-form"}, "invalid_client"),
        ("client credentials, signed", {"audience": "https://else"}, "invalid_client"),
        ("refresh token of a public client", {"client_id": "by-form", **SECRET}, "invalid_client"),
        ("signed JWT", {"subject": "somebody"}, "invalid_grant"),
        ("signed JWT", {"audience": "https://else"}, "invalid_grant"),
        ("signed JWT", {"issuer": "nobody"}, "invalid_grant"),
        ("client credentials, secret in the form", {"client_id": "public"}, "invalid_client"),
    ],
)
@asynchronous
async def test_what_the_server_refuses_is_said_in_its_word(
    way: str, change: dict[str, Any], words: str, us: Us
) -> None:
    with pytest.raises(TokenRefused, match=words) as caught:
        await told(us.tokens({**WAYS[way], **change}))
    assert caught.value.hint != TokenRefused.default_hint


# ---------------------------------------------------------------------- a refresh token's successor


@asynchronous
async def test_a_new_refresh_token_is_kept_before_its_access_token_is_used(us: Us) -> None:
    way = WAYS["refresh token of a public client"]
    for _ in range(3):
        await told(us.tokens(way))
        newest = us.authority.tokens[-1].refresh_token
        assert us.file.read_text() == f"{newest}\n"
    given = [asked["refresh_token"] for asked in us.authority.asked]
    assert len(set(given)) == 3, "each was used once"


@asynchronous
async def test_a_refresh_token_that_stays_is_left_where_it_is(us: Us) -> None:
    us.authority.rotates = False
    source = us.tokens(WAYS["refresh token of a public client"])
    before = us.file.stat()
    await told(source)
    assert us.file.stat() == before


@asynchronous
async def test_a_new_refresh_token_is_kept_in_the_block_it_came_from(us: Us) -> None:
    us.blocks["refresh"] = first_refresh_token("public")
    way = {**WAYS["refresh token of a public client"], "refresh_token": {"block": "refresh"}}
    for _ in range(2):
        await told(us.tokens(way))
        assert us.blocks["refresh"] == us.authority.tokens[-1].refresh_token


@asynchronous
async def test_a_variable_cannot_keep_a_successor_and_is_fine_without_one(us: Us) -> None:
    us.environ["REFRESH"] = first_refresh_token("public")
    way = {**WAYS["refresh token of a public client"], "refresh_token": {"env": "REFRESH"}}
    us.authority.rotates = False
    assert "obtained" in await told(us.tokens(way))
    us.authority.rotates = True
    with pytest.raises(ConfigurationError, match="REFRESH cannot keep the new one") as caught:
        await told(us.tokens(way))
    assert "a file or a Prefect Secret block" in str(caught.value.hint)


@asynchronous
async def test_a_process_that_ends_before_keeping_is_done_leaves_it_to_the_next(
    us: Us, monkeypatch: pytest.MonkeyPatch
) -> None:
    way = WAYS["refresh token of a public client"]

    class Gone(Exception):
        pass

    def gone(beside: Path, path: Path) -> None:
        raise Gone

    with monkeypatch.context() as patch:
        patch.setattr(private_file, "_put_in_place", gone)
        with pytest.raises(TokenRefused):
            await told(us.tokens(way))
    assert us.file.read_text().strip() == first_refresh_token("public"), "of no use any more"
    assert "obtained" in await told(us.tokens(way))


@asynchronous
async def test_several_processes_renew_one_after_the_other(us: Us) -> None:
    way = WAYS["refresh token of a public client"]
    sources = [us.tokens(way) for _ in range(6)]
    said = await asyncio.gather(*(told(source) for source in sources))
    assert len(said) == 6
    assert us.file.read_text().strip() == us.authority.tokens[-1].refresh_token


@asynchronous
async def test_who_was_overtaken_uses_what_the_faster_one_left(us: Us) -> None:
    """In a block there is no lock: the token was used up while it was on its way."""
    used_up = us.authority.by_refresh_token(first_refresh_token("public"))
    assert used_up is not None
    used_up.used = True
    used_up.refresh_token, newer = "us3d-up", "n3wer-t0ken"
    us.authority.tokens.append(type(used_up)("public", "0ther", 0, refresh_token=newer))
    read = iter(["us3d-up", "us3d-up", newer])
    store = SecretStore({}, us.folder, lambda name: next(read), us.blocks.__setitem__)
    way = {**WAYS["refresh token of a public client"], "refresh_token": {"block": "refresh"}}
    us.tokens(way | {"refresh_token": {"file": "refresh-token"}})
    settings = target_settings(auth={"oauth2": {"token_url": us.authority.token_url, **way}})
    assert "obtained" in await told(token_source(settings, store))
    assert us.blocks["refresh"] == us.authority.tokens[-1].refresh_token


# --------------------------------------------------------------------- tokens that end in mid-load


def named(count: int) -> list[Any]:
    return [create(f"E{number}") for number in range(count)]


@asynchronous
async def test_tokens_are_renewed_ahead_of_their_end_and_no_request_is_refused(us: Us) -> None:
    """For us 200 s pass in a second: we see each token near its end long before it is there."""
    us.clock = Clock(monotonic=lambda: time.monotonic() * 200)
    us.authority.lifetime_s = 300
    with guarded_workspace(us.authority, latency_ms=40) as (url, sandbox):
        async with us.client(
            WAYS["refresh token of a public client"], base_url=url, max_in_flight=4
        ) as client:
            load = LoadSession(client, MemoryJournal(), client.settings)
            outcomes = await load.apply(named(160))
        assert {outcome.result for outcome in outcomes} == {OutcomeResult.APPLIED}
        assert len(sandbox.store) == 160
    assert us.authority.refused == []
    assert len(us.authority.asked) >= 2
    assert us.file.read_text().strip() == us.authority.tokens[-1].refresh_token


@asynchronous
async def test_a_token_that_ends_in_mid_load_costs_nobody_anything(us: Us) -> None:
    us.authority.lifetime_s = 1
    us.clock = Clock(monotonic=lambda: time.monotonic() / 10)  # ours is late: the token ends first
    with guarded_workspace(us.authority, latency_ms=40) as (url, sandbox):
        async with us.client(WAYS["signed JWT"], base_url=url, max_in_flight=4) as client:
            load = LoadSession(client, MemoryJournal(), client.settings)
            outcomes = await load.apply(named(160))
        assert {outcome.result for outcome in outcomes} == {OutcomeResult.APPLIED}
        assert len(sandbox.store) == 160
    assert us.authority.refused


@asynchronous
async def test_a_token_that_is_revoked_in_mid_load_is_renewed_once_and_nothing_is_lost(
    us: Us,
) -> None:
    with guarded_workspace(us.authority, latency_ms=20) as (url, sandbox):
        async with us.client(WAYS["signed JWT"], base_url=url) as client:
            load = LoadSession(client, MemoryJournal(), client.settings)
            loading = asyncio.create_task(load.apply(named(80)))
            while len(sandbox.store) < 20:
                await asyncio.sleep(0.01)
            us.authority.revoke_all()
            outcomes = await loading
        assert {outcome.result for outcome in outcomes} == {OutcomeResult.APPLIED}
        assert len(sandbox.store) == 80
    assert us.authority.refused
    assert len(set(us.authority.refused)) == 1
    assert len(us.authority.asked) == 2, "one renewal for all that were refused"
    statuses = [exchange.status for outcome in outcomes for exchange in outcome.exchanges]
    assert statuses.count(401) == len(us.authority.refused)
    assert statuses.count(201) == 80


@asynchronous
async def test_an_authorization_that_is_withdrawn_in_mid_load_stops_it_and_says_so_once(
    us: Us,
) -> None:
    with guarded_workspace(us.authority, latency_ms=20) as (url, sandbox):
        way = WAYS["refresh token of a public client"]
        async with us.client(way, base_url=url, max_in_flight=4) as client:
            load = LoadSession(client, MemoryJournal(), client.settings)
            loading = asyncio.create_task(load.apply(named(200)))
            while len(sandbox.store) < 10:
                await asyncio.sleep(0.01)
            for token in us.authority.tokens:
                token.used = True
            us.authority.revoke_all()
            outcomes = await loading
        made = len(sandbox.store)
    results = [outcome.result for outcome in outcomes]
    assert set(results) == {OutcomeResult.APPLIED, OutcomeResult.SKIPPED}
    assert results.count(OutcomeResult.APPLIED) == made
    assert "gave no token for the grant refresh_token: invalid_grant" in load.stopped
    assert len(us.authority.asked) == 2, "asked once more, and then left alone"


@asynchronous
async def test_a_workspace_that_takes_no_token_of_this_server_says_what_to_check(us: Us) -> None:
    with guarded_workspace(us.authority) as (url, _):
        async with us.client(WAYS["signed JWT"], base_url=url) as client:
            us.authority.lifetime_s = 0  # each token is over before it arrives
            with pytest.raises(TokenRefused, match="and a new one too") as e:
                await client.list_users()
    assert "`scopes`" in str(e.value.hint)
    assert len(us.authority.asked) == 2


@asynchronous
async def test_a_server_that_is_gone_in_mid_load_matters_only_when_the_token_ends(
    tmp_path: Path,
) -> None:
    with authorization_server() as authority:
        us = Us(authority, tmp_path)
        authority.lifetime_s = 1
        source = us.tokens(WAYS["signed JWT"], timeout_s=1)
        await source.check()
    began = time.monotonic()
    while time.monotonic() - began < 0.9:
        await source.current()
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.2)
    with pytest.raises(TargetUnavailable, match="no connection to 127"):
        await source.current()
    await source.aclose()


# ---------------------------------------------------------------------- the commands, and secrets

SIGNED_IN: dict[str, Any] = {
    "grant": "refresh_token",
    "client_id": "by-form",
    "client_secret": {"env": "OUR_CLIENT_SECRET"},
    "client_secret_in": "body",
    "refresh_token": {"file": "refresh-token"},
}


@pytest.fixture
def acme(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Company]:
    monkeypatch.setenv("OUR_CLIENT_SECRET", CLIENT_SECRET)
    (tmp_path / "refresh-token").write_text(first_refresh_token("by-form"))
    with guarded_workspace(authority) as (url, sandbox):
        acme = Company(tmp_path, url, sandbox)
        sign_in(acme, authority)
        yield acme


def sign_in(acme: Company, authority: Authority, **changes: Any) -> None:
    oauth2 = {"token_url": authority.token_url, **SIGNED_IN, **changes}
    acme.settings({"target": {"auth": {"token_env": None, "oauth2": oauth2}}})


def leaks(authority: Authority, *texts: str) -> list[str]:
    return [secret for secret in authority.secrets for text in texts if secret in text]


def test_doctor_shows_grant_and_host_and_never_a_token(acme: Company, authority: Authority) -> None:
    said = acme.say("doctor", "--json")
    checks = {check["name"]: check for check in said.document["checks"]}
    assert checks["token"]["state"] == "ok"
    assert "by OAuth2 grant refresh_token from 127.0.0.1" in checks["token"]["message"]
    assert checks["target: users"]["state"] == "ok"
    assert leaks(authority, said.text, acme.say("doctor").text) == []


def test_doctor_says_what_the_authorization_server_does_not_like(
    acme: Company, authority: Authority
) -> None:
    sign_in(acme, authority, client_id="nobody")
    said = acme.say("doctor", "--json")
    checks = {check["name"]: check for check in said.document["checks"]}
    assert checks["token"]["state"] == "failed"
    assert "invalid_client" in checks["token"]["message"]
    assert "`client_id`" in checks["token"]["hint"]
    assert checks["target"]["state"] == "skipped"
    assert leaks(authority, said.text) == []


def test_a_missing_secret_is_wrong_settings_before_anybody_is_asked(
    acme: Company, authority: Authority
) -> None:
    (acme.folder / "refresh-token").unlink()
    for command in ("plan", "sync"):
        said = acme.say(command)
        assert said.code == 64
        assert "the file refresh-token does not exist" in said.text
        assert "target.auth.oauth2.refresh_token.file" in said.text
    assert authority.asked == []


def test_no_secret_is_in_anything_that_a_run_says_or_leaves_behind(
    acme: Company, authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    authority.lifetime_s = 2
    acme.sync()
    said = [acme.plan(), acme.say("history"), acme.say("config", "show")]
    authority.revoke_all()
    for token in authority.tokens:
        token.used = True
    said.append(acme.plan())
    assert "invalid_grant" in said[-1].text
    # the authorization server runs in this process and tells of its tokens as it likes
    ours = [r.getMessage() for r in caplog.records if not r.name.startswith("authlib")]
    left = [
        path.read_bytes().decode("latin-1")
        for path in acme.folder.rglob("*")
        if path.is_file() and path.name != "refresh-token"
    ]
    assert len(left) >= 3, "settings, export, ledger"
    assert leaks(authority, *(s.text for s in said), *ours, *left) == []
