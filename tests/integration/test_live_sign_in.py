"""Live sources that sign in by OAuth2 at a real authorization server; tokens that end half way."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from deployments.sandbox.server import serve_in_thread
from deployments.sandbox.settings import SandboxSettings
from tests.authorization_parts import (
    CLIENT_SECRET,
    PRIVATE_KEY,
    SUBJECT,
    Authority,
    authorization_server,
    first_refresh_token,
)
from tests.command_parts import TOKEN as WORKSPACE_TOKEN
from tests.integration.test_first_plans import CREATED
from tests.live_parts import Fern
from tests.servers.live.google import Google
from tests.servers.live.graph import Graph, person
from tests.servers.live.okta import Okta, user
from tests.servers.live.stand_in import StandIn, serving
from tests.servers.live.workday import PATH, Workday

SAMPLES = Path(__file__).resolve().parents[1] / "data" / "samples"


@pytest.fixture(scope="module")
def target() -> Iterator[str]:
    """The address of an empty workspace; nothing here writes to it."""
    with serve_in_thread(SandboxSettings(token=WORKSPACE_TOKEN, rate_limit_per_s=0)) as running:
        yield running.base_url


@pytest.fixture
def authority(monkeypatch: pytest.MonkeyPatch) -> Iterator[Authority]:
    monkeypatch.setenv("WORKSPACE_TOKEN", WORKSPACE_TOKEN)
    monkeypatch.setenv("CLIENT_SECRET", CLIENT_SECRET)
    monkeypatch.setenv("PRIVATE_KEY", PRIVATE_KEY)
    with authorization_server() as running:
        yield running


def checked(system: StandIn, authority: Authority) -> None:
    """Let a stand-in take the tokens of the server that are good, and no others."""
    own = system.reply

    def reply(request: Request, body: bytes) -> Response:
        shown = request.headers.get("authorization", "").removeprefix("Bearer ")
        good = {t.access_token for t in authority.tokens if not t.revoked}
        return own(request, body) if shown in good else system.unauthorized()

    system.reply = reply  # type: ignore[method-assign]
    system.takes_any = True


def by_client(authority: Authority) -> dict[str, Any]:
    """As an app registration of Entra signs in: client credentials, the secret in the form."""
    return {
        "grant": "client_credentials",
        "token_url": authority.token_url,
        "client_id": "by-form",
        "client_secret": {"env": "CLIENT_SECRET"},
        "client_secret_in": "body",
        "scopes": ["https://graph.microsoft.com/.default"],
    }


def by_service_account(authority: Authority) -> dict[str, Any]:
    """As a service account of Google signs in: a JWT for an admin, with the scope in it."""
    return {
        "grant": "jwt_bearer",
        "token_url": authority.token_url,
        "client_id": "by-key",
        "subject": SUBJECT,
        "private_key": {"env": "PRIVATE_KEY"},
        "scopes": ["https://www.googleapis.com/auth/admin.directory.user.readonly"],
    }


def test_graph_with_client_credentials(tmp_path: Path, target: str, authority: Authority) -> None:
    graph = Graph()
    graph.add(*(person(n) for n in range(1, 5)))
    checked(graph, authority)
    with serving(graph):
        live = {
            "system": "microsoft-graph",
            "base_url": graph.base_url,
            "auth": {"oauth2": by_client(authority)},
        }
        fern = Fern(tmp_path, "entra-graph-json", live, target)
        fern.settings()
        assert len(fern.created()) == 4
        assert [each["grant_type"] for each in authority.asked] == ["client_credentials"]


def test_google_with_a_service_account(tmp_path: Path, target: str, authority: Authority) -> None:
    person = {"id": "1", "primaryEmail": "a@fern.example", "suspended": False, "archived": False}
    google = Google(users=[{**person, "name": {"givenName": "A", "familyName": "B"}}])
    checked(google, authority)
    with serving(google):
        live = {
            "system": "google-directory",
            "base_url": google.base_url,
            "auth": {"oauth2": by_service_account(authority)},
        }
        fern = Fern(tmp_path, "google-directory-json", live, target)
        fern.settings()
        assert fern.created() == ["1"]
        (claims,) = authority.claims
        assert claims["sub"] == SUBJECT
        assert "admin.directory.user.readonly" in claims["scope"]


@pytest.fixture
def okta(authority: Authority) -> Iterator[Okta]:
    system = Okta(users=[user(n) for n in range(1, 6)])
    checked(system, authority)
    with serving(system):
        yield system


@pytest.fixture
def fern(tmp_path: Path, target: str, authority: Authority, okta: Okta) -> Fern:
    oauth2 = {**by_client(authority), "scopes": ["okta.users.read"]}
    live = {
        "system": "okta",
        "base_url": okta.base_url,
        "auth": {"oauth2": oauth2},
        "page_size": 2,
    }
    company = Fern(tmp_path, "okta-users-json", live, target)
    company.settings()
    return company


def test_a_token_that_ends_half_way_is_renewed_and_no_page_is_lost(
    fern: Fern, authority: Authority, okta: Okta
) -> None:
    def end(request: Request) -> Response:
        authority.revoke_all()
        return okta.unauthorized()

    okta.instead = {3: end}
    assert len(fern.created()) == 5
    assert len(authority.asked) == 2


def test_a_token_that_ends_with_no_other_to_be_had_leaves_nothing(
    fern: Fern, authority: Authority, okta: Okta
) -> None:
    def end(request: Request) -> Response:
        authority.revoke_all()
        okta.instead = dict.fromkeys(range(1, 40), JSONResponse({"errorCode": "E0000011"}, 401))
        return okta.unauthorized()

    okta.instead = {3: end}
    said = fern.say("plan")
    assert said.code == 4
    assert "the token was refused, and a new one too (401): E0000011" in said.text
    assert fern.deliveries == []
    for secret in authority.secrets:
        assert secret not in said.text


def test_okta_with_a_client_that_signs(
    tmp_path: Path, target: str, authority: Authority, okta: Okta
) -> None:
    oauth2 = {
        "grant": "client_credentials",
        "token_url": authority.token_url,
        "client_id": "by-key",
        "private_key": {"env": "PRIVATE_KEY"},
        "scopes": ["okta.users.read"],
    }
    live = {"system": "okta", "base_url": okta.base_url, "auth": {"oauth2": oauth2}}
    fern = Fern(tmp_path, "okta-users-json", live, target)
    fern.settings()
    assert len(fern.created()) == 5
    (claims,) = authority.claims
    assert claims["iss"] == claims["sub"] == "by-key"
    assert [each["grant_type"] for each in authority.asked] == ["client_credentials"]
    assert "client_secret" not in authority.asked[0]


def elsewhere(how: str, other: StandIn) -> Response:
    """An answer that sends the one who asks to another host that listens."""
    if how == "redirect":
        return RedirectResponse(f"{other.base_url}/api/v1/users", 307)
    return JSONResponse([], headers={"link": f'<{other.base_url}/api/v1/users>; rel="next"'})


@pytest.mark.parametrize("how", ["redirect", "next page"])
def test_the_token_goes_to_no_other_host_whoever_says_so(
    fern: Fern, okta: Okta, authority: Authority, how: str
) -> None:
    """The other one listens and would answer; nothing arrives there."""
    with serving(Okta(users=[user(9)], takes_any=True)) as other:
        okta.instead = dict.fromkeys(range(2, 40), elsewhere(how, other))
        said = fern.say("plan")
        assert said.code == 4
        assert ("redirects are not followed" if how == "redirect" else "another host") in said.text
        assert other.asked == []
        assert fern.deliveries == []


def by_refresh_token(authority: Authority, token: Path) -> dict[str, Any]:
    """As an API client of Workday signs in: a refresh token, the secret in the header."""
    return {
        "grant": "refresh_token",
        "token_url": authority.token_url,
        "client_id": "by-header",
        "client_secret": {"env": "CLIENT_SECRET"},
        "refresh_token": {"file": str(token)},
    }


def at_workday(folder: Path, target: str, report: Workday, oauth2: dict[str, Any]) -> Fern:
    live = {
        "system": "workday-raas",
        "report_url": f"{report.base_url}{PATH}?Effective=today",
        "auth": {"oauth2": oauth2},
    }
    fern = Fern(folder, "workday-raas-json", live, target, "email")
    fern.settings()
    return fern


def test_workday_with_a_refresh_token_that_is_replaced_when_it_is_used(
    tmp_path: Path, target: str, authority: Authority
) -> None:
    authority.rotates = True
    token = tmp_path / "refresh-token"
    token.write_text(first_refresh_token("by-header"))
    token.chmod(0o600)
    report = Workday(json=(SAMPLES / "workday-raas-json.json").read_bytes())
    checked(report, authority)
    with serving(report):
        fern = at_workday(tmp_path, target, report, by_refresh_token(authority, token))
        first = fern.created()
        assert set(CREATED["workday-raas-json.json"]) <= set(first)
        newer = token.read_text()
        assert newer != first_refresh_token("by-header")
        authority.revoke_all()
        assert fern.created() == first, "the one that came with the first is good for the second"
        assert token.read_text() not in (newer, first_refresh_token("by-header"))
        assert [each["grant_type"] for each in authority.asked] == ["refresh_token"] * 2
        assert all(each.headers["authorization"].startswith("Bearer ") for each in report.asked)


def test_workday_with_a_refresh_token_that_was_used_elsewhere_says_what_to_do(
    tmp_path: Path, target: str, authority: Authority
) -> None:
    token = tmp_path / "refresh-token"
    token.write_text("0utdated-refresh-t0ken")
    report = Workday()
    checked(report, authority)
    with serving(report):
        fern = at_workday(tmp_path, target, report, by_refresh_token(authority, token))
        said = fern.say("plan")
    assert said.code == 4
    assert "gave no token for the grant refresh_token: invalid_grant" in said.text
    assert "0utdated" not in said.text
    assert report.asked == []


def test_a_client_that_nobody_knows_is_told_in_words(
    fern: Fern, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLIENT_SECRET", "an0ther")
    said = fern.say("plan")
    assert said.code == 4
    assert "gave no token for the grant client_credentials: invalid_client" in said.text
    assert "an0ther" not in said.text
