"""People asked of Okta: both lists, all their pages, and nothing but the whole."""

import json
import os
import stat
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from deployments.sandbox.server import serve_in_thread
from deployments.sandbox.settings import SandboxSettings
from tests.command_parts import TOKEN as WORKSPACE_TOKEN
from tests.live_parts import Fern
from tests.servers.live.okta import TOKEN, Okta, user
from tests.servers.live.stand_in import serving


@pytest.fixture(scope="module")
def target() -> Iterator[str]:
    """The address of an empty workspace; nothing here writes to it."""
    with serve_in_thread(SandboxSettings(token=WORKSPACE_TOKEN, rate_limit_per_s=0)) as running:
        yield running.base_url


@pytest.fixture
def okta(monkeypatch: pytest.MonkeyPatch) -> Iterator[Okta]:
    monkeypatch.setenv("OKTA_TOKEN", TOKEN)
    monkeypatch.setenv("WORKSPACE_TOKEN", WORKSPACE_TOKEN)
    people = [user(n) for n in range(1, 6)] + [user(9, "DEPROVISIONED"), user(7, "STAGED")]
    with serving(Okta(users=people)) as system:
        yield system


@pytest.fixture
def fern(tmp_path: Path, okta: Okta, target: str) -> Fern:
    live = {
        "system": "okta",
        "base_url": okta.base_url,
        "auth": {"token_env": "OKTA_TOKEN"},
        "page_size": 2,
    }
    company = Fern(tmp_path, "okta-users-json", live, target)
    company.settings()
    return company


def today() -> str:
    return datetime.now(UTC).date().isoformat()


def key(number: int) -> str:
    return str(user(number)["id"])


def refused(fern: Fern) -> str:
    """What is said where nothing whole is to be had; nothing is kept then."""
    said = fern.say("plan", "--json")
    assert said.code == 4, said.text
    assert "Traceback" not in said.text
    assert TOKEN not in said.text
    assert fern.deliveries == []
    return said.text


def test_everybody_is_read_over_all_pages_and_leavers_by_a_search(fern: Fern, okta: Okta) -> None:
    assert fern.created() == [key(n) for n in range(1, 6)]
    assert [each.query.get("search") for each in okta.asked] == [
        'status eq "DEPROVISIONED"', None, None, None,
    ]  # fmt: skip
    (kept,) = fern.deliveries
    people = json.loads(kept.read_text())
    assert {each["id"]: each["status"] for each in people}[key(9)] == "DEPROVISIONED"
    assert len(people) == 7


def test_check_holds_it_against_the_published_contract(fern: Fern, okta: Okta) -> None:
    okta.users.append(user(8, "ACTIVE", profile={"login": None, "email": "x@fern.example"}))
    said = fern.say("check", "--json")
    assert said.code == 0, said.text
    (source,) = said.document["sources"]
    assert source["contract"].startswith("okta-users-json")
    (row,) = source["quarantined"]
    (kept,) = fern.deliveries
    line = kept.read_text().splitlines()[row["line"] - 1]
    assert json.loads(line.rstrip(","))["id"] == key(8)


def test_what_is_kept_is_for_its_owner_alone_and_holds_no_sign_ins(fern: Fern) -> None:
    fern.created()
    (kept,) = fern.deliveries
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700
    assert "lastLogin" not in kept.read_text()
    assert "credentials" not in kept.read_text()


def test_the_same_people_are_the_same_delivery_in_whatever_order(fern: Fern, okta: Okta) -> None:
    fern.created()
    okta.users.reverse()
    okta.users[0] = {**okta.users[0], "lastLogin": "2026-03-02T06:00:00.000Z"}
    fern.created()
    assert len(fern.deliveries) == 1


def test_doctor_asks_for_one_user(fern: Fern, okta: Okta) -> None:
    said = fern.say("doctor", "--json")
    found = {each["name"]: each for each in said.document["checks"]}
    assert found["source people"]["message"] == "Okta answers"
    assert [each.query for each in okta.asked] == [{"limit": "1"}]


def test_doctor_says_what_a_refused_token_needs(fern: Fern, okta: Okta) -> None:
    okta.authorization = "SSWS other"
    said = fern.say("doctor")
    assert "the token or key was refused (401)" in said.text
    assert fern.deliveries == []


@pytest.mark.parametrize(
    ("listed", "searched", "leaves"),
    [
        ("2026-02-03T08:00:00.000Z", "2026-02-02T08:00:00.000Z", False),
        ("2026-02-02T08:00:00.000Z", "2026-02-03T08:00:00.000Z", True),
        ("2026-02-02T08:00:00.000Z", "2026-02-02T08:00:00.000Z", False),  # in doubt nobody leaves
    ],
)
def test_who_is_in_both_lists_has_the_state_that_was_updated_last(
    fern: Fern, okta: Okta, listed: str, searched: str, leaves: bool
) -> None:
    okta.users = [user(1, lastUpdated=listed), user(2)]
    okta.found = [user(1, "DEPROVISIONED", lastUpdated=searched)]
    assert fern.created() == [key(n) for n in ([2] if leaves else [1, 2])]
    said = fern.say("check")
    assert "1 users changed while Okta was read" in said.text


def test_a_page_that_fails_for_a_moment_is_asked_again(fern: Fern, okta: Okta) -> None:
    okta.instead = {
        2: JSONResponse({}, 500),
        4: JSONResponse({"errorCode": "E0000047"}, 429, {"x-rate-limit-reset": "1"}),
    }
    assert len(fern.created()) == 5


def test_a_window_without_requests_is_waited_for(fern: Fern, okta: Okta) -> None:
    okta.remaining, okta.window_s = 2, 0.0
    fern.settings({"request_budget_s": 30})
    started = time.time()
    assert len(fern.created()) == 5
    assert all(each is not None for each in okta.asked)
    assert time.time() - started > 0.5  # until the reset that the second answer names


BROKEN = [
    pytest.param(
        JSONResponse({}, 500), "answered 500", id="a page fails for good"
    ),
    pytest.param(HTMLResponse("<html>sign in</html>"), "answered with a web page", id="HTML"),
    pytest.param(Response(b'[{"id": "00u1", "sta'), "no whole JSON", id="cut off"),
    pytest.param(JSONResponse({"users": []}), "without a list of people", id="no list"),
    pytest.param(JSONResponse([{"status": "ACTIVE"}]), "people who have no `id`", id="no id"),
    pytest.param(Response(b'[{"id": "1", "id": "2"}]'), "has a key twice", id="doubled key"),
    pytest.param(JSONResponse([user(1)]), "listed for the second time", id="a page repeated"),
    pytest.param(
        JSONResponse([], headers={"link": '<https://elsewhere.example/x>; rel="next"'}),
        "on another host (elsewhere.example)",
        id="leads elsewhere",
    ),
    pytest.param(
        lambda request: JSONResponse([], headers={"link": f'<{request.url}>; rel="next"'}),
        "lead in a circle",
        id="leads to itself",
    ),
    pytest.param(
        RedirectResponse("https://elsewhere.example/login"), "redirects are not followed",
        id="redirect",
    ),
    pytest.param(
        JSONResponse({"errorCode": "E0000011"}, 401), "refused (401): E0000011", id="token ended"
    ),
    pytest.param(JSONResponse({"errorCode": "E0000006"}, 403), "may not do this (403)", id="403"),
    pytest.param(JSONResponse({}, 404), "no such thing there (404)", id="404"),
    pytest.param(
        JSONResponse({}, 429, {"retry-after": "7200"}), "asks to wait 7200 s", id="a long pause"
    ),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "said"), BROKEN)
def test_half_a_delivery_is_none(fern: Fern, okta: Okta, answer: Response, said: str) -> None:
    """The third page of the list never comes as it should: nobody may look like a leaver."""
    okta.instead = dict.fromkeys(range(3, 40), answer)
    assert said in refused(fern)


def test_a_broken_delivery_leaves_the_last_whole_one_alone(fern: Fern, okta: Okta) -> None:
    fern.created()
    (kept,) = fern.deliveries
    before = kept.read_bytes()
    okta.instead = dict.fromkeys(range(7, 40), JSONResponse({}, 404))
    assert fern.say("plan").code == 4
    assert [each.read_bytes() for each in fern.deliveries] == [before]


def test_a_wrong_token_says_what_to_do(
    fern: Fern, okta: Okta, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OKTA_TOKEN", "another")
    said = refused(fern)
    assert "the token or key was refused (401): E0000011" in said
    assert "Security > API > Tokens" in said


def test_a_missing_token_names_the_setting(fern: Fern, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OKTA_TOKEN")
    said = fern.say("check")
    assert said.code == 64
    assert "sources.people.live.auth.token_env" in said.text


def test_nobody_there_is_told_after_a_few_tries(fern: Fern) -> None:
    fern.settings({"base_url": "http://127.0.0.1:9", "request_budget_s": 0.5})
    assert "no connection to 127.0.0.1" in refused(fern)


def test_more_than_allowed_is_not_read(fern: Fern, okta: Okta) -> None:
    okta.users[0]["profile"]["department"] = "x" * (2 << 20)
    fern.settings(max_mb=1)
    assert "more than 1 MB in all" in refused(fern)


def test_a_contract_of_another_format_is_refused(fern: Fern, okta: Okta) -> None:
    fern.contract = "okta-rockstar-csv"
    fern.settings()
    assert "Okta delivers json" in refused(fern)
    assert okta.asked == []


def test_nobody_at_all_is_no_roster(fern: Fern, okta: Okta) -> None:
    okta.users = []
    said = fern.say("plan")
    assert said.code == 4, said.text


def test_a_day_that_was_given_reads_what_was_fetched_for_it(fern: Fern, okta: Okta) -> None:
    fern.created("--as-of", today())
    okta.users.append(user(6))
    asked = len(okta.asked)
    assert key(6) not in fern.created("--as-of", today())
    assert len(okta.asked) == asked
    assert key(6) in fern.created()


def test_a_day_to_come_is_worked_out_from_how_it_is_now(fern: Fern, okta: Okta) -> None:
    fern.created("--as-of", "2099-01-01")
    okta.users.append(user(6))
    assert key(6) in fern.created("--as-of", "2099-01-01")
    assert [each.name[:10] for each in fern.deliveries] == [today()] * 2


def test_a_day_before_the_first_delivery_cannot_be_asked_for(fern: Fern, okta: Okta) -> None:
    assert "nothing was fetched for 2020-01-01" in fern.say("plan", "--as-of", "2020-01-01").text
    assert okta.asked == []


def test_a_delivery_that_was_changed_is_refused(fern: Fern) -> None:
    fern.created("--as-of", today())
    (kept,) = fern.deliveries
    os.chmod(kept, 0o600)
    kept.write_text("[]")
    said = fern.say("plan", "--as-of", today())
    assert said.code == 4
    assert "was changed since it was fetched" in said.text
