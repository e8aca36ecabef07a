"""Faults between client and service: lost answers, gateways, rate limits, tokens, error forms."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from deployments.sandbox.exchange import Answer
from deployments.sandbox.strike import (
    FaultRegistry,
    Proceed,
    Strike,
    error,
    on_one_user,
    on_users,
    on_write,
)

fault = FaultRegistry()


@fault("lost-response", on_write)
async def _lost_response(strike: Strike, proceed: Proceed) -> Answer:
    """The write is applied and the connection is cut before the answer; in process it is a 500.

    Source: RFC 9110 section 9.2.2 (a client cannot know whether the request was carried out);
    users found created after a failed POST: https://github.com/lightdash/lightdash/issues/22402
    """
    await proceed()
    strike.exchange.dropped = True
    return error(500, "the answer was lost")


@fault("500-but-applied", on_write)
async def _failed_but_applied(strike: Strike, proceed: Proceed) -> Answer:
    """The write is applied, then answering fails with 500.

    Source: https://github.com/harness/harness-core/pull/48591 (deactivation succeeds, the answer
    is an error)
    """
    await proceed()
    return error(500, "internal error while answering")


@fault("500-not-applied", on_write)
async def _failed(strike: Strike, proceed: Proceed) -> Answer:
    """The write fails with 500 and nothing is stored.

    Source: https://github.com/gravitee-io/gravitee-access-management/pull/8290
    """
    return error(500, "internal error")


@fault("503", on_users, amount=1)
async def _unavailable(strike: Strike, proceed: Proceed) -> Answer:
    """503 with Retry-After (AMOUNT seconds); nothing is stored.

    Source: RFC 9110 sections 15.6.4 and 10.2.3
    """
    return error(503, "down for maintenance", {"Retry-After": str(round(strike.amount))})


@fault("html-error", on_users)
async def _html_error(strike: Strike, proceed: Proceed) -> Answer:
    """A gateway answers 502 with an HTML page; nothing is stored.

    Source: scim-sanity 0.7.4, profile FortiAuthenticator (text/html on every body)
    """
    return _html(502, "<html><body><h1>502 Bad Gateway</h1></body></html>")


@fault("html-404", on_one_user)
async def _html_404(strike: Strike, proceed: Proceed) -> Answer:
    """The route is missing: 404 with HTML, which says nothing about the user.

    Source: https://github.com/goauthentik/authentik/issues/16678 (PUT at cloudidentityscim)
    """
    return _html(404, "<!DOCTYPE html><title>Error 404 (Not Found)</title>")


@fault("slow", on_users, amount=2000)
async def _slow(strike: Strike, proceed: Proceed) -> Answer:
    """The answer comes AMOUNT milliseconds late.

    Source: RFC 9110 section 15.6.5 (who waits in between may give up first)
    """
    await asyncio.sleep(strike.amount / 1000)
    return await proceed()


@fault("429-storm", on_users, amount=1)
async def _storm(strike: Strike, proceed: Proceed) -> Answer:
    """429 with Retry-After in seconds (AMOUNT), however slowly the client asks.

    Source: developer.productboard.com (Retry-After in seconds);
    https://docs.slack.dev/reference/scim-api/rate-limits (bursts share one budget)
    """
    return _throttled({"Retry-After": str(round(strike.amount))})


@fault("429-http-date", on_users, amount=1)
async def _dated_storm(strike: Strike, proceed: Proceed) -> Answer:
    """429 whose Retry-After is a date, AMOUNT seconds ahead.

    Source: RFC 9110 section 10.2.3 allows both forms
    """
    until = datetime.now(UTC) + timedelta(seconds=strike.amount)
    return _throttled({"Retry-After": format_datetime(until, usegmt=True)})


@fault("429-bare", on_users)
async def _bare_storm(strike: Strike, proceed: Proceed) -> Answer:
    """429 that does not say for how long.

    Source: RFC 6585 section 4 (Retry-After is a MAY)
    """
    return _throttled({})


@fault("token-expired-midway", on_users, after=20)
async def _token_expired(strike: Strike, proceed: Proceed) -> Answer:
    """After 20 requests (or @AFTER) the token is no longer accepted: 401.

    Source: RFC 6750 section 3.1 (invalid_token); tokens of 300 seconds as Productboard's OAuth2
    gives them
    """
    return error(401, "the token has expired", {"WWW-Authenticate": 'Bearer error="invalid_token"'})


@fault("duplicate-400", on_write)
async def _duplicate_400(strike: Strike, proceed: Proceed) -> Answer:
    """A userName that is taken is 400 without scimType.

    Source: https://github.com/FusionAuth/fusionauth-issues/issues/1776
    """
    answer = await proceed()
    return error(400, "the user exists") if answer.status == 409 else answer


@fault("duplicate-500", on_write)
async def _duplicate_500(strike: Strike, proceed: Proceed) -> Answer:
    """A userName that is taken is 500.

    Source: https://github.com/gravitee-io/gravitee-access-management/pull/8290
    """
    answer = await proceed()
    return error(500, "unique constraint violated") if answer.status == 409 else answer


@fault("409-without-scim-type", on_write)
async def _untyped_conflict(strike: Strike, proceed: Proceed) -> Answer:
    """409 without scimType and status.

    Source: https://github.com/getsentry/sentry/issues/117860
    """
    answer = await proceed()
    if answer.status != 409:
        return answer
    document = answer.document()
    return answer.replaced({k: document[k] for k in ("schemas", "detail") if k in document})


@fault("plain-text-error", on_users)
async def _plain_text_error(strike: Strike, proceed: Proceed) -> Answer:
    """Errors come as plain text.

    Source: https://github.com/Metatavu/keycloak-scim-server/pull/114
    """
    answer = await proceed()
    if answer.status < 400:
        return answer
    text = str(answer.document().get("detail", "error")).encode()
    return replace(answer, body=text, media_type="text/plain")


@fault("numeric-error-status", on_users)
async def _numeric_status(strike: Strike, proceed: Proceed) -> Answer:
    """The `status` of an Error is a number.

    Source: okta/okta-developer-docs, docs/reference/scim/scim-20, example of a 409
    """
    answer = await proceed()
    return (
        answer
        if answer.status < 400
        else answer.replaced({**answer.document(), "status": answer.status})
    )


def _throttled(headers: dict[str, str]) -> Answer:
    return error(429, "too many requests", {"X-RateLimit-Remaining": "0", **headers})


def _html(status: int, page: str) -> Answer:
    return Answer(status, page.encode(), media_type="text/html")
