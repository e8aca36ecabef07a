"""Targets that do not do as they should: one plain message, exit code 1, and nothing written."""

import http.server
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from data_contracts.errors import EXIT_CHANGES, EXIT_OTHER
from tests.command_parts import TOKEN, TOKEN_VARIABLE, Company, Said, company, person


@pytest.fixture
def acme(tmp_path: Path) -> Iterator[Company]:
    with company(tmp_path) as acme:
        yield acme


class SignInPage(http.server.BaseHTTPRequestHandler):
    """What a proxy in between answers."""

    def do_GET(self) -> None:
        page = b"<!DOCTYPE html><title>Sign in to go on</title>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    do_HEAD = do_GET  # noqa: N815  # the name that http.server calls

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@contextmanager
def sign_in_page() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), SignInPage)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/scim/v2"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def free_port() -> int:
    with socket.socket() as candidate:
        candidate.bind(("127.0.0.1", 0))
        return int(candidate.getsockname()[1])


def assert_failed(said: Said, *words: str) -> None:
    assert said.code == EXIT_OTHER
    assert [word for word in words if word not in said.text] == []
    assert "hint: " in said.err
    assert "Traceback" not in said.text
    assert TOKEN not in said.text


def failed_checks(acme: Company) -> dict[str, str]:
    said = acme.say("doctor", "--json")
    assert said.code == EXIT_OTHER
    assert said.document["healthy"] is False
    checks = said.document["checks"]
    return {c["name"]: f"{c['message']} {c['hint']}" for c in checks if c["state"] == "failed"}


def test_a_rejected_token_is_told_as_such(acme: Company) -> None:
    os.environ[TOKEN_VARIABLE] = "0ld-token"
    for command in ("plan", "drift"):
        said = acme.say(command)
        assert_failed(said, "the target refused the token (401)", "target.auth", "expired")
        assert "0ld-token" not in said.text
    assert "refused the token" in failed_checks(acme)["target: users"]


def test_a_target_that_is_not_reachable_is_named(acme: Company) -> None:
    acme.settings({"target": {"base_url": f"http://127.0.0.1:{free_port()}/scim/v2"}})
    assert_failed(acme.plan(), "no connection to 127.0.0.1", "target.base_url")
    assert "no connection" in failed_checks(acme)["target: users"]


def test_a_web_page_is_no_answer(acme: Company) -> None:
    with sign_in_page() as url:
        acme.settings({"target": {"base_url": url}})
        said = acme.plan()
        assert_failed(said, "not JSON but a web page", "usually ends in /scim/v2", "proxies")
        assert "Sign in" not in said.text
        assert "web page" in failed_checks(acme)["target: users"]


def test_a_slow_target_is_given_up_after_the_time_that_the_settings_allow(acme: Company) -> None:
    acme.settings({"target": {"timeout_s": 0.2, "request_budget_s": 0.5}})
    acme.sandbox.faults.add("slow=1:2000")
    assert_failed(acme.plan(), "no answer within 0.2 s", "try again later")


@pytest.mark.parametrize(
    ("fault", "words"),
    [("html-error=1", "502"), ("503=1:60", "503"), ("429-storm=1:60", "too many requests")],
)
def test_a_target_in_trouble_is_given_up_after_its_time(
    acme: Company, fault: str, words: str
) -> None:
    acme.settings({"target": {"request_budget_s": 0.5}})
    acme.sandbox.faults.add(fault)
    assert_failed(acme.plan(), words, "try again later")


def test_a_list_shorter_than_announced_takes_nobodys_access_away(acme: Company) -> None:
    acme.export(*(person(n) for n in range(1, 5)))
    acme.sync()
    acme.export(person(1), person(2, title="Else"), person(4))  # the third has left
    assert acme.plan("--json").document["totals"]["deactivate"] == 1
    acme.sandbox.faults.add("short-list=1:1")  # and the fourth is not listed
    said = acme.plan("--json")
    assert said.code == EXIT_CHANGES
    assert [o["id"] for o in said.document["operations"]] == ["update/00002"]
    found = {(f["code"], f["subject"]) for f in said.document["findings"]}
    assert ("deactivation-put-off", "00003") in found
    assert "the target announced 4 users and gave 3" in acme.plan().text


def test_a_walk_whose_cursors_never_last_takes_nobodys_access_away(tmp_path: Path) -> None:
    with company(tmp_path, paging="cursor", default_page_size=2, max_page_size=2) as acme:
        acme.export(*(person(n) for n in range(1, 6)))
        acme.sync()
        acme.export(*(person(n) for n in (1, 2, 4, 5)))  # the third has left
        acme.sandbox.faults.add("cursor-expires=1x")
        assert acme.plan("--json").document["totals"]["deactivate"] == 1, "begun anew"
        acme.sandbox.faults.add("cursor-expires=1@1")
        said = acme.plan("--json")
        assert [o["id"] for o in said.document["operations"] if "deactivate" in o["id"]] == []
        text = acme.plan().text
        assert "the accounts could not be read completely" in text
        assert "begun 3 times and broke off" in text


def test_a_list_shorter_than_announced_is_told_also_when_it_changes_nothing(acme: Company) -> None:
    acme.sync()
    acme.export(person(1), person(2))  # the third has left, and is not listed either
    acme.sandbox.faults.add("short-list=1:1")
    said = acme.plan()
    assert said.code == 0
    assert "the accounts could not be read completely" in said.text
    assert "the target announced 3 users and gave 2" in said.text


def test_a_listing_that_cannot_be_read_is_no_empty_workspace(acme: Company) -> None:
    acme.sandbox.faults.add("broken-json=1")
    assert_failed(acme.plan(), "GET /Users", "JSON")
