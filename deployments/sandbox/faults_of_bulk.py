"""Faults of bulk requests as a whole: lost, half done, not told, refused."""

from collections.abc import Callable
from typing import Any

import orjson

from deployments.sandbox.exchange import Answer, read_json_object
from deployments.sandbox.strike import FaultRegistry, Proceed, Strike, error, on_bulk

fault = FaultRegistry()

Results = list[dict[str, Any]]


@fault("bulk-lost", on_bulk)
async def _bulk_lost(strike: Strike, proceed: Proceed) -> Answer:
    """All operations are carried out and the connection is cut; in process it is a 500.

    Source: RFC 9110 section 9.2.2; https://github.com/wso2/docs-is/issues/1959 (a large bulk
    request takes minutes, longer than who waits for it)
    """
    await proceed()
    strike.exchange.dropped = True
    return error(500, "the answer was lost")


@fault("bulk-half-done", on_bulk, amount=1)
async def _bulk_half_done(strike: Strike, proceed: Proceed) -> Answer:
    """After AMOUNT operations the service fails with 500; the others are not carried out.

    Source: RFC 7644 section 3.7 (a bulk request is no transaction)
    """
    strike.exchange.breaks_off_after = round(strike.amount)
    return await proceed()


@fault("bulk-silent", on_bulk, amount=1)
async def _bulk_silent(strike: Strike, proceed: Proceed) -> Answer:
    """The last AMOUNT operations are carried out, and the answer does not mention them.

    Source: https://github.com/wso2/product-is/issues/13046 (one result instead of the list)
    """
    return _retold(await proceed(), lambda results: results[: -round(strike.amount) or None])


@fault("bulk-stops", on_bulk)
async def _bulk_stops(strike: Strike, proceed: Proceed) -> Answer:
    """The service stops at the first failure, although nobody asked for that.

    Source: https://github.com/Captain-P-Goldfish/scim-for-keycloak/issues/71
    """
    request = read_json_object(strike.exchange.body)
    strike.exchange.body = orjson.dumps({**request, "failOnErrors": 1})
    return await proceed()


@fault("bulk-shuffled", on_bulk)
async def _bulk_shuffled(strike: Strike, proceed: Proceed) -> Answer:
    """Results come in another order than the operations.

    Source: RFC 7644 section 3.7 (results are told apart by bulkId and location, not by order)
    """
    return _retold(await proceed(), lambda results: results[::-1])


@fault("bulk-status-object", on_bulk)
async def _bulk_status_object(strike: Strike, proceed: Proceed) -> Answer:
    """The `status` of a result is an object with a `code`.

    Source: https://github.com/wso2/identity-apps/pull/4028
    """
    return _retold(
        await proceed(), lambda results: [{**r, "status": {"code": r["status"]}} for r in results]
    )


@fault("bulk-unnamed-failures", on_bulk)
async def _bulk_unnamed_failures(strike: Strike, proceed: Proceed) -> Answer:
    """Results of failed operations have neither bulkId nor location.

    Source: https://github.com/wso2/product-is/issues/3947 (results that cannot be told apart)
    """

    def reduced(result: dict[str, Any]) -> dict[str, Any]:
        if int(result["status"]) < 400:
            return result
        return {name: v for name, v in result.items() if name not in ("bulkId", "location")}

    return _retold(await proceed(), lambda results: [reduced(r) for r in results])


@fault("bulk-no-answer", on_bulk)
async def _bulk_no_answer(strike: Strike, proceed: Proceed) -> Answer:
    """All operations are carried out; the answer is 202 and empty.

    Source: https://github.com/microsoftgraph/microsoft-graph-docs/pull/22108 (accepted, to be
    carried out later)
    """
    await proceed()
    return Answer(202)


@fault("bulk-too-large", on_bulk, amount=2)
async def _bulk_too_large(strike: Strike, proceed: Proceed) -> Answer:
    """More than AMOUNT operations are 413, whatever is announced.

    Source: RFC 7644 section 3.7.4; https://github.com/wso2/charon/pull/400
    """
    operations = read_json_object(strike.exchange.body).get("Operations")
    if isinstance(operations, list) and len(operations) > strike.amount:
        return error(413, "too many operations")
    return await proceed()


@fault("bulk-refused", on_bulk)
async def _bulk_refused(strike: Strike, proceed: Proceed) -> Answer:
    """One operation is not as wanted and the whole request is 400, after the first was carried out.

    Source: https://github.com/wso2/product-is/issues/3947 (400 asked for where one is malformed)
    """
    strike.exchange.breaks_off_after = 1
    await proceed()
    return error(400, "the bulk request is not valid")


@fault("bulk-missing", on_bulk)
async def _bulk_missing(strike: Strike, proceed: Proceed) -> Answer:
    """The endpoint is announced and not there: 404 with HTML.

    Source: https://github.com/goauthentik/authentik/issues/16678 (a route that is missing)
    """
    return Answer(404, b"<!DOCTYPE html><title>Not Found</title>", media_type="text/html")


def _retold(answer: Answer, reshape: Callable[[Results], Results]) -> Answer:
    if answer.status != 200:
        return answer
    document = answer.document()
    return answer.replaced({**document, "Operations": reshape(document["Operations"])})
