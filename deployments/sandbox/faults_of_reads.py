"""Faults of reads: lists that cannot be trusted, users in another shape."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from deployments.sandbox.exchange import Answer
from deployments.sandbox.strike import (
    FaultRegistry,
    Proceed,
    Strike,
    on_filtered_list,
    on_later_page,
    on_list,
    on_users,
    without,
)

fault = FaultRegistry()


@fault("short-list", on_list, amount=1)
async def _short_list(strike: Strike, proceed: Proceed) -> Answer:
    """The last AMOUNT users are announced in totalResults and never given.

    Source: https://github.com/simpleidserver/SimpleIdServer/issues/320
    """
    return _relisted(await proceed(), lambda page: _cut_short(page, round(strike.amount)))


@fault("wrong-total", on_list)
async def _wrong_total(strike: Strike, proceed: Proceed) -> Answer:
    """TotalResults is the length of the page.

    Source: https://github.com/wso2/product-is/issues/7320
    """
    return _relisted(await proceed(), lambda page: {**page, "totalResults": len(page["Resources"])})


@fault("missing-total", on_list)
async def _missing_total(strike: Strike, proceed: Proceed) -> Answer:
    """TotalResults is missing.

    Source: https://github.com/15five/django-scim2/issues/159
    """
    return _relisted(await proceed(), lambda page: without(page, "totalResults"))


@fault("repeated-page", on_later_page)
async def _repeated_page(strike: Strike, proceed: Proceed) -> Answer:
    """StartIndex is ignored: each page is the first.

    Source: https://github.com/better-auth/better-auth/issues/10398;
    https://github.com/simpleidserver/SimpleIdServer/issues/185
    """
    strike.exchange.query["startIndex"] = "1"
    return await proceed()


@fault("lowercase-resources", on_list)
async def _lowercase_resources(strike: Strike, proceed: Proceed) -> Answer:
    """The list is under `resources`, the counts are in lower case.

    Source: scim-sanity 0.7.4, profile Entra; okta-scim-beta README
    """
    return _relisted(
        await proceed(),
        lambda page: {n if n == "schemas" else n.lower(): v for n, v in page.items()},
    )


@fault("filter-ignored", on_filtered_list)
async def _filter_ignored(strike: Strike, proceed: Proceed) -> Answer:
    """The filter is ignored: the first page of everybody is answered.

    Source: https://github.com/wso2/charon/issues/117
    """
    del strike.exchange.query["filter"]
    return await proceed()


@fault("blind-filter", on_filtered_list)
async def _blind_filter(strike: Strike, proceed: Proceed) -> Answer:
    """The search has not caught up yet: it finds nobody.

    Source: https://developer.okta.com/docs/reference/api/users (search is eventually consistent)
    """
    return _relisted(
        await proceed(),
        lambda page: {**page, "totalResults": 0, "itemsPerPage": 0, "Resources": []},
    )


@fault("broken-json", on_list)
async def _broken_json(strike: Strike, proceed: Proceed) -> Answer:
    """The list is not valid JSON.

    Source: Captain-P-Goldfish/SCIM-SDK, broken-listresponse.json
    """
    answer = await proceed()
    return replace(answer, body=answer.body[:-2]) if answer.status == 200 else answer


@fault("string-active", on_users)
async def _string_active(strike: Strike, proceed: Proceed) -> Answer:
    """`active` comes as "True" or "False".

    Source: https://github.com/scimmyjs/scimmy/issues/51
    """

    def reshape(user: dict[str, Any]) -> dict[str, Any]:
        return {**user, "active": str(user["active"])} if "active" in user else user

    return _each_user(await proceed(), reshape)


@fault("hidden-external-id", on_users)
async def _hidden_external_id(strike: Strike, proceed: Proceed) -> Answer:
    """ExternalId is accepted and never shown.

    Source: recorded exchanges with the 1Password SCIM bridge
    """
    return _each_user(await proceed(), lambda user: without(user, "externalId"))


@fault("untyped-emails", on_users)
async def _untyped_emails(strike: Strike, proceed: Proceed) -> Answer:
    """`emails` lose their `type`.

    Source: recorded exchanges with the 1Password SCIM bridge
    """

    def reshape(user: dict[str, Any]) -> dict[str, Any]:
        if "emails" not in user:
            return user
        return {**user, "emails": [without(email, "type") for email in user["emails"]]}

    return _each_user(await proceed(), reshape)


def _cut_short(page: dict[str, Any], amount: int) -> dict[str, Any]:
    """Keep what lies before the last `amount` positions of the whole list."""
    room = page["totalResults"] - amount - (page["startIndex"] - 1)
    given = page["Resources"][: max(0, room)]
    return {**page, "itemsPerPage": len(given), "Resources": given}


def _relisted(answer: Answer, reshape: Callable[[dict[str, Any]], dict[str, Any]]) -> Answer:
    return answer.replaced(reshape(answer.document())) if answer.status == 200 else answer


def _each_user(answer: Answer, reshape: Callable[[dict[str, Any]], dict[str, Any]]) -> Answer:
    document = answer.document()
    if answer.status >= 400 or not document:
        return answer
    if "Resources" in document:
        users = [reshape(user) for user in document["Resources"]]
        return answer.replaced({**document, "Resources": users})
    return answer.replaced(reshape(document))
