"""Faults of lists by cursor: cursors that do not last, lead nowhere, or never end."""

from deployments.sandbox.cursors import expired_cursor
from deployments.sandbox.exchange import Answer, ScimProblem
from deployments.sandbox.strike import FaultRegistry, Proceed, Strike, on_cursor, on_list, without

fault = FaultRegistry()


@fault("cursor-expires", on_cursor)
async def _cursor_expires(strike: Strike, proceed: Proceed) -> Answer:
    """The cursor has expired: 400 with expiredCursor.

    Source: RFC 9865 sections 2.1 and 4 (cursorTimeout)
    """
    return expired_cursor().answer()


@fault("cursor-invalid", on_cursor)
async def _cursor_invalid(strike: Strike, proceed: Proceed) -> Answer:
    """The cursor is not known, as behind a balancer whose servers share nothing: 400.

    Source: RFC 9865 section 2.1; https://github.com/limosa-io/laravel-scim-server/pull/105
    """
    return ScimProblem(400, "there is no such cursor", "invalidCursor").answer()


@fault("cursor-repeats", on_cursor)
async def _cursor_repeats(strike: Strike, proceed: Proceed) -> Answer:
    """The page names its own cursor as the next: whoever follows gets it for ever.

    Source: RFC 9865 section 2 does not say that cursors differ;
    https://github.com/photocrowd/django-cursor-pagination/issues/30 (an element comes again)
    """
    answer = await proceed()
    if answer.status != 200:
        return answer
    return answer.replaced({**answer.document(), "nextCursor": strike.exchange.query["cursor"]})


@fault("cursor-never-ends", on_list)
async def _cursor_never_ends(strike: Strike, proceed: Proceed) -> Answer:
    """The last page names a next one, which begins the list anew.

    Source: RFC 9865 section 5.3 (availability) leaves it to the client to end
    """
    answer = await proceed()
    document = answer.document()
    if answer.status != 200 or "nextCursor" in document or "startIndex" in document:
        return answer
    strike.exchange.query["cursor"] = ""  # the list once more, for a cursor that is good
    begun = await proceed()
    return answer.replaced({**document, "nextCursor": begun.document().get("nextCursor", "again")})


@fault("cursor-without-total", on_list)
async def _cursor_without_total(strike: Strike, proceed: Proceed) -> Answer:
    """TotalResults is left out of a list by cursor.

    Source: RFC 9865 section 2 (a service that cannot estimate it may leave it out)
    """
    answer = await proceed()
    if answer.status != 200 or "startIndex" in answer.document():
        return answer
    return answer.replaced(without(answer.document(), "totalResults"))


@fault("count-refused", on_list)
async def _count_refused(strike: Strike, proceed: Proceed) -> Answer:
    """Whatever `count` is asked for is 400 with invalidCount.

    Source: RFC 9865 section 2.1 (count beyond maxPageSize, which need not be announced)
    """
    if "count" not in strike.exchange.query:
        return await proceed()
    return ScimProblem(400, "count is not valid", "invalidCount").answer()
