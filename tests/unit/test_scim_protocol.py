"""Requests as values, and what answers say."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import orjson
import pytest

from data_contracts.errors import (
    AnswerUnreadable,
    TargetRefused,
    TargetUnavailable,
    TokenRefused,
    UniquenessConflict,
)
from tasks.scim import protocol
from tasks.scim.answers import (
    ERROR_SCHEMA,
    Answer,
    error_of,
    read_resource,
    remaining_requests,
    retry_after_s,
)

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
POST = protocol.post_user({"userName": "ada@acme.example"})


def answer(status: int, body: Any = b"", **headers: str) -> Answer:
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, httpx.Headers(named), raw)


def scim_error(status: int, scim_type: str | None = None, detail: str = "") -> dict[str, Any]:
    document = {"schemas": [ERROR_SCHEMA], "status": str(status), "detail": detail}
    return document if scim_type is None else {**document, "scimType": scim_type}


@pytest.mark.parametrize(
    ("account_id", "path"),
    [
        ("2819c223", "/Users/2819c223"),
        ("ada@acme.example", "/Users/ada%40acme.example"),
        ("a/b?c#d%e f+g", "/Users/a%2Fb%3Fc%23d%25e%20f%2Bg"),
        ("..", "/Users/%2E%2E"),
        ("Jürgen", "/Users/J%C3%BCrgen"),
    ],
)
def test_an_id_of_any_kind_stays_one_part_of_the_path(account_id: str, path: str) -> None:
    assert protocol.get_user(account_id).path == path


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("ada@acme.example", '"ada@acme.example"'),
        ('a" or userName pr or "', '"a\\" or userName pr or \\""'),
        ("back\\slash", '"back\\\\slash"'),
        ("line\nbreak", '"line\\nbreak"'),
    ],
)
def test_a_filter_s_value_cannot_end_the_filter(value: str, written: str) -> None:
    assert protocol.equals_filter("userName", value) == f"userName eq {written}"


def test_a_filter_is_percent_encoded_when_sent_and_masked_when_shown() -> None:
    request = protocol.find_users("userName", "ada+x@acme.example")
    assert request.query == "filter=userName%20eq%20%22ada%2Bx%40acme.example%22"
    assert request.shown == '/Users?filter=userName eq "***"'


def test_a_page_is_asked_for_with_an_explicit_count() -> None:
    assert protocol.list_page(101, 50).query == "startIndex=101&count=50"


def test_no_request_deletes() -> None:
    builders = [
        protocol.list_page(1, 1),
        protocol.find_users("userName", "a"),
        protocol.get_user("a"),
        POST,
        protocol.patch_user("a", {}),
        protocol.put_user("a", {}),
        protocol.discover("/Schemas"),
    ]
    assert {request.method for request in builders} == {"GET", "POST", "PATCH", "PUT"}


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, scim_error(400, "invalidValue"), TargetRefused),
        (400, scim_error(400, "uniqueness"), UniquenessConflict),
        (400, scim_error(400, "Uniqueness"), UniquenessConflict),
        (400, {"message": "User already exists"}, UniquenessConflict),
        (400, b"email is already taken", UniquenessConflict),
        (400, scim_error(400, "invalidValue", "must be unique"), TargetRefused),
        (400, b"<html>duplicate</html>", TargetRefused),
        (401, b"", TokenRefused),
        (401, b"<html>login</html>", TokenRefused),
        (403, scim_error(403), TokenRefused),
        (403, {"message": "Forbidden"}, TokenRefused),
        (403, b"<html>blocked by the firewall</html>", AnswerUnreadable),
        (404, scim_error(404), TargetRefused),
        (404, {"schemas": ERROR_SCHEMA.upper(), "status": 404}, TargetRefused),
        (404, b"<html>404</html>", AnswerUnreadable),
        (404, {"message": "no route matched"}, AnswerUnreadable),
        (404, {"status": 404, "error": "Not Found", "path": "/scim"}, AnswerUnreadable),
        (404, b"", AnswerUnreadable),
        (407, b"", AnswerUnreadable),
        (408, b"", TargetUnavailable),
        (409, b"User already exists", UniquenessConflict),
        (409, {"status": 409}, UniquenessConflict),
        (412, scim_error(412), TargetRefused),
        (413, b"", TargetRefused),
        (429, b"", TargetUnavailable),
        (500, b"<html>", TargetUnavailable),
        (501, scim_error(501), TargetRefused),
        (502, b"<html>", TargetUnavailable),
        (503, b"", TargetUnavailable),
        (302, b"", AnswerUnreadable),
    ],
)
def test_every_answer_that_is_no_success_has_its_class(status: int, body: Any, kind: type) -> None:
    error = error_of(answer(status, body), POST, NOW)
    assert type(error) is kind
    assert error is not None
    assert error.status == status


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_a_success_is_no_error(status: int) -> None:
    assert error_of(answer(status), POST, NOW) is None


def test_an_error_says_which_attribute_it_is_about_and_names_nobody() -> None:
    body = scim_error(400, "invalidValue", "The title 'Countess' of Ada Lovelace is too long")
    error = error_of(answer(400, body), POST, NOW)
    assert error is not None
    assert error.message == "POST /Users answered 400 invalidValue; it speaks of: title"


def test_a_scim_type_that_is_no_word_is_not_shown() -> None:
    error = error_of(answer(400, scim_error(400, "ada@acme.example")), POST, NOW)
    assert error is not None
    assert "ada" not in error.message


def test_a_redirect_names_the_other_host() -> None:
    error = error_of(answer(302, location="https://login.example/x?ada"), POST, NOW)
    assert error is not None
    assert "login.example" in error.message
    assert "?ada" not in error.message


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "0.5"}, 0.5),
        ({"RetryAfter": "7"}, 7.0),
        ({"Retry-After": format_datetime(NOW + timedelta(seconds=90), usegmt=True)}, 90.0),
        ({"Retry-After": format_datetime(NOW - timedelta(seconds=90), usegmt=True)}, 0.0),
        ({"X-RateLimit-Reset": "12"}, 12.0),
        ({"X-Rate-Limit-Reset": str(int(NOW.timestamp()) + 30)}, 30.0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-3"}, None),
        ({"Retry-After": "nan"}, None),
        ({}, None),
    ],
)
def test_how_long_to_wait_is_read_in_every_form(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert retry_after_s(httpx.Headers(headers), NOW) == seconds


def test_a_date_to_wait_for_is_seen_from_the_target_s_own_clock() -> None:
    ahead = NOW + timedelta(hours=1)
    headers = httpx.Headers(
        {
            "Date": format_datetime(ahead, usegmt=True),
            "Retry-After": format_datetime(ahead + timedelta(seconds=5), usegmt=True),
        }
    )
    assert retry_after_s(headers, NOW) == 5.0


@pytest.mark.parametrize("name", ["X-RateLimit-Remaining", "x-rate-limit-remaining"])
def test_what_the_rate_limit_leaves_is_read(name: str) -> None:
    assert remaining_requests(httpx.Headers({name: "3"})) == 3
    assert remaining_requests(httpx.Headers({name: "many"})) is None
    assert remaining_requests(httpx.Headers()) is None


@pytest.mark.parametrize(
    ("body", "there"),
    [
        ({"id": "1", "userName": "a"}, True),
        ({"ID": 1}, True),
        ({"id": ""}, False),
        ({}, False),
        ([{"id": "1"}], False),
        (b"<html>", False),
        (b"", False),
    ],
)
def test_a_resource_is_an_object_with_an_id(body: Any, there: bool) -> None:
    assert (read_resource(answer(200, body)) is not None) is there
