"""One system asked over HTTP: paced, repeated where that helps, bounded; every failure in words.

The wire is that of the target's client (`tasks.scim`): its transport, its rate controller, its
arithmetic of retries. What is asked here only reads, so whatever may pass is asked again.
"""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import urlsplit

import httpx
from pydantic import SecretStr

from data_contracts.configuration.live import LiveSettings
from data_contracts.errors import (
    SourceError,
    SourceUnavailable,
    TargetError,
    TargetUnavailable,
    TokenRefused,
)
from tasks.extract.live.asking import NAMES, REMEDIES, Access
from tasks.extract.places import MEGABYTE
from tasks.scim.answers import Answer, retry_after_s
from tasks.scim.clock import SYSTEM_CLOCK, Clock
from tasks.scim.exchange import FAILURES, Flooded, exchange, lost, timeouts
from tasks.scim.rate import RateController, Ticket
from tasks.scim.retry import with_retries

FIRST_CONTACT_S = 15.0
"""A host that never answered is rather misspelled or walled off than just restarting."""

RATE_REASONS = frozenset({"userRateLimitExceeded", "quotaExceeded", "rateLimitExceeded"})
"""Reasons of an error that ask for a pause, as Google's table of limits has them."""

PASSING = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS)


@dataclass(frozen=True, slots=True)
class Question:
    """One request.

    Attributes:
        url: What is asked, whole.
        what: The same for people: no URL, since those hold tokens of pages.
        body: JSON that is sent along; None for GET.
        accept: The type of answer that is wanted.
        answers: Statuses beside 200 that are an answer and no failure.
    """

    url: str
    what: str
    body: bytes | None = None
    accept: str = "application/json"
    answers: Collection[int] = ()
    headers: dict[str, str] = field(default_factory=dict)


class LiveSession:
    """Asks one system. Use it as an async context manager; one for a delivery.

    Args:
        settings: Of the live source.
        access: How one signs in.
        transport: What carries the bytes; closed with the session.
        limit: Most bytes that all answers together may have.
        clock: Time.
    """

    def __init__(
        self,
        settings: LiveSettings,
        access: Access,
        transport: httpx.AsyncBaseTransport,
        *,
        limit: int,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._settings = settings
        self._access = access
        self._transport = transport
        self._clock = clock
        self._rate = RateController(settings.requests_per_s, settings.max_in_flight, clock=clock)
        self._limit = self._left = limit
        self._answered = False
        self._host = urlsplit(settings.base_url).hostname or ""
        self.name = NAMES[settings.system]
        """What the system is called, for people."""

    async def __aenter__(self) -> "LiveSession":
        return self

    async def __aexit__(self, *_: object) -> None:
        try:
            await self._access.tokens.aclose()
        finally:
            await self._transport.aclose()

    async def ask(self, question: Question) -> Answer:
        """Ask, and ask again while that may help.

        Args:
            question: What.

        Returns:
            An answer with status 200, or one of those that the question takes.

        Raises:
            SourceError: There is none to be had; SourceUnavailable when there may be one later.
        """
        budget_s = self._settings.request_budget_s
        try:
            return await with_retries(
                lambda left_s: self._signed_in(question, left_s),
                is_read=True,
                budget_s=lambda: budget_s if self._answered else min(budget_s, FIRST_CONTACT_S),
                clock=self._clock,
            )
        except TargetUnavailable as error:
            raise self._unavailable(question, error) from None
        except TargetError as error:
            raise SourceError(error.message, hint=error.hint) from None

    async def _signed_in(self, question: Question, patience_s: float) -> Answer:
        """Ask with the token at hand, and once more with another where it is refused."""
        token = await self._access.tokens.current()
        answer = await self._asked(question, token, patience_s)
        if answer.status != HTTPStatus.UNAUTHORIZED:
            return answer
        if not await self._access.tokens.renewed(token):
            raise self._refused(question, answer, "the token or key was refused (401)")
        token = await self._access.tokens.current()
        answer = await self._asked(question, token, patience_s)
        if answer.status == HTTPStatus.UNAUTHORIZED:
            raise self._refused(question, answer, "the token was refused, and a new one too (401)")
        return answer

    async def _asked(self, question: Question, token: SecretStr, patience_s: float) -> Answer:
        ticket = await self._rate.acquire(patience_s)
        try:
            async with asyncio.timeout(self._settings.timeout_s):
                answer = await exchange(self._transport, self._request(question, token), self._left)
        except FAILURES as error:
            self._rate.release(ticket, None)
            raise lost(
                f"{self.name}, {question.what}",
                self._host,
                error,
                timeout_s=self._settings.timeout_s,
                repeatable=True,
            ) from None  # it may hold the URL
        except Flooded:
            self._rate.release(ticket, None)
            raise self._too_large(question) from None
        except BaseException:
            self._rate.abandon(ticket)
            raise
        self._judge(question, ticket, answer)
        return answer

    def _judge(self, question: Question, ticket: Ticket, answer: Answer) -> None:
        """Heed what an answer says of the rate, and stop at one that is none."""
        self._answered = True
        status = HTTPStatus.TOO_MANY_REQUESTS if over_its_rate(answer) else answer.status
        self._rate.release(ticket, status, answer.headers)
        self._rate.wait_for_window(answer.headers)
        if answer.status in (HTTPStatus.OK, HTTPStatus.UNAUTHORIZED, *question.answers):
            self._left -= len(answer.body)
            return
        if status in PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise TargetUnavailable(
                f"{self.name}, {question.what}: answered {answer.status}",
                status=status,
                retry_after_s=retry_after_s(answer.headers, self._clock.now()),
            )
        raise self._refusal(question, answer)

    def _request(self, question: Question, token: SecretStr) -> httpx.Request:
        headers = {
            "Authorization": self._access.header(token.get_secret_value()),
            "Accept": question.accept,
            "Accept-Encoding": "gzip, deflate",
            "User-Agent": "scimflow",
            **question.headers,
        }
        if question.body is not None:
            headers["Content-Type"] = "application/json"
        return httpx.Request(
            "GET" if question.body is None else "POST",
            question.url,
            headers=headers,
            content=question.body,
            extensions={"timeout": timeouts(self._settings.timeout_s)},
        )

    def _refusal(self, question: Question, answer: Answer) -> TargetError:
        """A status that asking again does not change."""
        status = answer.status
        if status == HTTPStatus.FORBIDDEN:
            return self._refused(question, answer, "the token or key may not do this (403)")
        if 300 <= status < 400:
            host = urlsplit(answer.headers.get("location", "")).hostname
            to = f" to {host}" if host else ""
            why = f"was redirected{to} ({status}); redirects are not followed, so that the "
            return self._wrong(question, f"{why}token stays with its host")
        if status in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.GONE):
            return self._wrong(question, f"there is no such thing there ({status})")
        return self._wrong(question, f"answered {status}{error_code(answer)}")

    def _refused(self, question: Question, answer: Answer, why: str) -> TokenRefused:
        return TokenRefused(
            f"{self.name} at {self._host}, {question.what}: {why}{error_code(answer)}",
            hint=REMEDIES[self._settings.system],
            status=answer.status,
        )

    def _wrong(self, question: Question, why: str) -> TargetError:
        address = "report_url" if self._settings.system == "workday-raas" else "base_url"
        return TargetError(
            f"{self.name} at {self._host}, {question.what}: {why}",
            hint=f"check `{address}` and what is asked for in `live` of this source, and proxies "
            "on the way",
        )

    def not_as_expected(self, question: Question, why: str) -> SourceError:
        """An answer that is not what the system is documented to give."""
        error = self._wrong(question, why)
        return SourceError(error.message, hint=error.hint)

    def changed_meanwhile(self, question: Question, why: str) -> SourceUnavailable:
        """A list that changed while it was read, or leads in circles: nothing of it is used."""
        return SourceUnavailable(
            f"{self.name} at {self._host}, {question.what}: {why}; nothing of this is used",
            hint="run again; when it stays so, somebody changes many people just now, or the "
            "system's pages are not in order",
        )

    def _too_large(self, question: Question) -> TargetError:
        return TargetError(
            f"{self.name} at {self._host}, {question.what}: more than "
            f"{self._limit // MEGABYTE:,} MB in all; reading was stopped",
            hint="if that is right, raise `max_mb` of the source in scimflow.yaml",
        )

    def _unavailable(self, question: Question, error: TargetUnavailable) -> SourceUnavailable:
        if error.retry_after_s and error.status == HTTPStatus.TOO_MANY_REQUESTS:
            return SourceUnavailable(
                f"{self.name} at {self._host}, {question.what}: too many requests; it asks to wait "
                f"{error.retry_after_s:.0f} s, longer than `request_budget_s`",
                hint="run again later; others may use the same allowance, or raise the budget",
            )
        return SourceUnavailable(
            error.message, hint="run again later; check the address of `live` and the network"
        )


def over_its_rate(answer: Answer) -> bool:
    """Whether a 403 means too many requests, as Google says it in the error's `reason`.

    The daily limit (`dailyLimitExceeded`) is none of them: waiting does not help.

    https://developers.google.com/workspace/admin/directory/v1/limits
    """
    document = answer.document() if answer.status == HTTPStatus.FORBIDDEN else None
    error = document.get("error") if isinstance(document, dict) else None
    errors = error.get("errors") if isinstance(error, dict) else None
    found = errors if isinstance(errors, list) else []
    return any(isinstance(each, dict) and each.get("reason") in RATE_REASONS for each in found)


def error_code(answer: Answer) -> str:
    """The code of an error as systems give it: Okta's errorCode, Graph's and Google's; no prose."""
    document = answer.document()
    if not isinstance(document, dict):
        return ": a web page" if answer.body[:200].lstrip().startswith(b"<") else ""
    found = document.get("errorCode")
    error = document.get("error")
    if isinstance(error, dict):
        found = error.get("status") or error.get("code")
    return f": {found}" if isinstance(found, str) and found.isidentifier() else ""
