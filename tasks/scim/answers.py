"""What an answer says: its error by class, its resource, its rate limit.

Pure. RFC 7644 section 3.12 (errors), RFC 9110 section 10.2.3 (Retry-After). Real servers answer in
plain text, in HTML, with a number for `status`, and with 400 for a value that is taken; no text of
an answer gets into an error, since it may name people.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import orjson

from data_contracts.errors import (
    AnswerUnreadable,
    TargetError,
    TargetRefused,
    TargetUnavailable,
    TokenRefused,
    UniquenessConflict,
)
from data_contracts.scim.resource import look_up
from data_contracts.scim.schema import CORE_ATTRIBUTES, ENTERPRISE_ATTRIBUTES
from tasks.scim.protocol import Request

ERROR_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:Error"

_TAKEN = re.compile(
    r"already (exist|in use|taken|registered|used)|is taken|in use|duplicate|unique|user exists",
    re.IGNORECASE,
)
"""How servers without `scimType` say that a value is taken (FusionAuth issue 1776)."""

_WORD = re.compile(r"[A-Za-z][\w-]*")
_TELLING_WORDS = frozenset(
    {
        *(name.lower() for name in (*CORE_ATTRIBUTES, *ENTERPRISE_ATTRIBUTES)),
        *("givenname", "familyname", "formatted", "middlename", "value", "type", "primary"),
        *("path", "op", "schema", "schemas", "operations", "attribute", "filter", "password"),
        *("required", "missing", "invalid", "unknown", "unsupported", "supported", "not"),
        *("read-only", "readonly", "immutable", "exceeded", "limit", "quota", "seat", "seats"),
        *("license", "licenses", "plan", "domain", "verified", "locked", "suspended"),
        *("owner", "admin", "role", "permission", "permissions", "scope", "boolean", "string"),
    }
)
"""Words of a `detail` that help and can name nobody; all others are left out of messages."""

_EPOCH = 1_000_000_000  # a rate limit's reset beyond this is a moment, below it a number of seconds


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, read to its end.

    Attributes:
        status: The HTTP status.
        headers: By name, in lower case.
        body: Decompressed bytes; b"" when there is none.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = b""

    def document(self) -> Any:
        """The body as JSON, whatever its declared type; None when it is none."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return None

    @property
    def etag(self) -> str | None:
        """The version of the resource (RFC 7644 section 3.14)."""
        return self.headers.get("etag")


def read_resource(answer: Answer) -> dict[str, Any] | None:
    """The resource that an answer holds.

    Returns:
        None when there is none: no body, another document, no JSON. What that means depends on what
        was asked.
    """
    document = answer.document()
    if isinstance(document, dict) and look_up(document, "id") not in (None, ""):
        return document
    return None


def resource_id(resource: Mapping[str, Any]) -> str:
    """The id of a resource as text, also when it came as a number; "" when there is none."""
    value = look_up(resource, "id")
    return "" if value is None else str(value)


def retry_after_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """How long the target asks to wait, in seconds.

    Args:
        headers: Of the answer. Both forms of Retry-After are read, one spelled without hyphen too;
            without it, when the rate limit is reset.
        now: The moment, used when the answer has no Date of its own.

    Returns:
        At least 0; None when it does not say.
    """
    given = headers.get("retry-after") or headers.get("retryafter")
    if given is None:
        given = headers.get("x-ratelimit-reset") or headers.get("x-rate-limit-reset")
    if given is None:
        return None
    seconds = _number(given)
    their_now = told_time(headers) or now
    if seconds is not None:
        return max(0.0, seconds - their_now.timestamp() if seconds > _EPOCH else seconds)
    moment = _moment(given)
    return None if moment is None else max(0.0, (moment - their_now).total_seconds())


def told_time(headers: Mapping[str, str]) -> datetime | None:
    """The moment at which the target answered, by its own clock; None when it does not say."""
    return _moment(headers.get("date"))


def remaining_requests(headers: Mapping[str, str]) -> int | None:
    """How many requests the target still grants in its present window; None if it does not say."""
    for name in ("x-ratelimit-remaining", "x-rate-limit-remaining", "ratelimit-remaining"):
        number = _number(headers.get(name, ""))
        if number is not None:
            return int(number)
    return None


def error_of(answer: Answer, request: Request, now: datetime) -> TargetError | None:
    """The error that an answer is.

    Args:
        answer: Any answer.
        request: What was asked.
        now: The moment, for a Retry-After that is a date.

    Returns:
        None for a success. No text of the answer is in the error but words that name nobody.
    """
    status = answer.status
    if 200 <= status < 300:
        return None
    where = f"{request.method} {request.shown}"
    wait = retry_after_s(answer.headers, now)
    if status == 429:
        return TargetUnavailable(f"{where}: too many requests", status=429, retry_after_s=wait)
    if status in (408, 425) or (status >= 500 and status != 501):
        return TargetUnavailable(f"{where} answered {status}", status=status, retry_after_s=wait)
    if status < 400:
        return _redirect(answer, where)
    document = answer.document()
    if status == 401:
        return TokenRefused(f"{where}: the target refused the token (401)", status=401)
    if status == 403 and not _is_html(answer):
        clues = _clues(document)
        return TokenRefused(f"{where}: the token may not do this (403){clues}", status=403)
    if status == 407:
        return AnswerUnreadable(
            f"{where}: the proxy on the way wants a password (407)",
            hint="set HTTPS_PROXY with what the proxy wants, or NO_PROXY for this host",
            status=status,
        )
    return _refusal(answer, document, request)


def _refusal(answer: Answer, document: Any, request: Request) -> TargetError:
    """A 4xx about this one request."""
    status, where = answer.status, f"{request.method} {request.shown}"
    if status in (403, 404) and not _is_scim_error(document):  # "gone" is SCIM's word to say
        return AnswerUnreadable(
            f"{where} answered {status} with something that is no SCIM error", status=status
        )
    scim_type = None
    if isinstance(document, dict) and isinstance(look_up(document, "scimType"), str):
        scim_type = str(look_up(document, "scimType"))
    taken = status == 409 or (scim_type or "").lower() == "uniqueness"
    if not taken and status in (400, 422) and scim_type is None:
        taken = _TAKEN.search(_detail(answer, document)) is not None
    shown_type = f" {scim_type}" if scim_type and scim_type.isalpha() else ""
    message = f"{where} answered {status}{shown_type}{_clues(document)}"
    kind = UniquenessConflict if taken else TargetRefused
    hint = None
    if request.method == "GET" or status == 404:  # nothing of ours was in it
        hint = AnswerUnreadable.default_hint
    return kind(message, hint=hint, status=status, scim_type=scim_type)


def _redirect(answer: Answer, where: str) -> TargetError:
    host = urlsplit(answer.headers.get("location", "")).hostname
    to = f" to the host {host}" if host else ""
    return AnswerUnreadable(
        f"{where} was redirected ({answer.status}){to}; redirects are not followed, so that the "
        "token stays with its host",
        status=answer.status,
    )


def _is_html(answer: Answer) -> bool:
    return answer.body[:200].lstrip().startswith(b"<")


def _is_scim_error(document: Any) -> bool:
    """Whether this is the Error of RFC 7644 and not a gateway's or a framework's own."""
    if not isinstance(document, dict):
        return False
    schemas = look_up(document, "schemas")
    schemas = [schemas] if isinstance(schemas, str) else schemas
    return isinstance(schemas, list) and ERROR_SCHEMA.lower() in {str(s).lower() for s in schemas}


def _detail(answer: Answer, document: Any) -> str:
    if isinstance(document, dict):
        for name in ("detail", "message", "error", "error_description"):
            if isinstance(text := look_up(document, name), str):
                return text
        return ""
    return "" if _is_html(answer) else answer.body[:500].decode(errors="replace")


def _clues(document: Any) -> str:
    """The words of a `detail` that help and name nobody, in their order."""
    if not isinstance(document, dict) or not isinstance(look_up(document, "detail"), str):
        return ""
    words = _WORD.findall(str(look_up(document, "detail"))[:500])
    telling = dict.fromkeys(w for w in words if w.lower() in _TELLING_WORDS)
    return f"; it speaks of: {', '.join(telling)}" if telling else ""


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if 0 <= number < 1e12 else None  # "nan" and "inf" are no times


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
