"""Several writes in one Bulk request, and what its answer says of each (RFC 7644 section 3.7).

Pure. Seen: no `response` for what went well (SCIMMY, scim2-server), `status` as an object with a
`code` (wso2/identity-apps pull request 4028), one result instead of a list (wso2/product-is issue
13046), operations that the answer does not mention.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote

import orjson

from data_contracts.scim.resource import look_up
from tasks.scim.answers import ERROR_SCHEMA, Answer
from tasks.scim.protocol import USERS, Purpose, Request

BULK_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
PATH = "/Bulk"


def encode_operation(request: Request, bulk_id: str) -> bytes:
    """One write as an operation of a Bulk request.

    Args:
        request: A POST, PATCH or PUT.
        bulk_id: Names a POST, so that its result is found; the others are named by their path.
    """
    operation: dict[str, Any] = {"method": request.method, "path": request.path}
    if request.method == "POST":
        operation["bulkId"] = bulk_id
    if request.if_match is not None:
        operation["version"] = request.if_match
    operation["data"] = orjson.Fragment(request.body or b"{}")
    return orjson.dumps(operation)


def bulk_request(operations: Sequence[bytes], fail_on_errors: int | None) -> Request:
    """The request that carries these operations.

    Args:
        operations: From `encode_operation`.
        fail_on_errors: Failures after which the target should leave the rest alone; None: never.
    """
    limit = b"" if fail_on_errors is None else b'"failOnErrors":%d,' % fail_on_errors
    body = b'{"schemas":["%s"],%s"Operations":[%s]}'
    listed = b",".join(operations)
    content = body % (BULK_SCHEMA.encode(), limit, listed)
    return Request("POST", PATH, Purpose.BULK, shown=PATH, body=content)


def read_results(
    answer: Answer, requests: Sequence[Request], bulk_ids: Sequence[str]
) -> list[Answer | None] | None:
    """What became of each operation, as though it had been answered by itself.

    Args:
        answer: To the Bulk request.
        requests: What was in it, in that order.
        bulk_ids: Of these requests.

    Returns:
        An answer for each request, None for one that is not mentioned, or twice and differently;
        None for all when the answer is no BulkResponse.
    """
    document = answer.document()
    results = look_up(document, "Operations") if isinstance(document, dict) else None
    results = [results] if isinstance(results, dict) else results
    if not isinstance(results, list):
        return None
    found: dict[int, list[Answer]] = defaultdict(list)
    for place, result in zip(_places(results, requests, bulk_ids), results, strict=True):
        if place is not None and (own := _own_answer(result)) is not None:
            found[place].append(own)
    return [_agreed(found[place]) for place in range(len(requests))]


def _places(
    results: Sequence[Any], requests: Sequence[Request], bulk_ids: Sequence[str]
) -> list[int | None]:
    """Which request each result is about: by its name, else by its place in an ordered answer."""
    named: dict[tuple[str, str], int] = {}
    for place, (request, bulk_id) in enumerate(zip(requests, bulk_ids, strict=True)):
        is_post = request.method == "POST"
        named[request.method, bulk_id if is_post else _last_part(request.path)] = place
    places = [_named(result, named) for result in results]
    in_order = len(results) <= len(requests) and all(
        place in (None, here) and _method(result) in ("", requests[here].method)
        for here, (place, result) in enumerate(zip(places, results, strict=True))
    )
    if not in_order:
        return places
    return list(range(len(results)))


def _named(result: Any, named: Mapping[tuple[str, str], int]) -> int | None:
    bulk_id, location = _text(result, "bulkId"), _text(result, "location")
    names = [bulk_id, _last_part(location)] if location else [bulk_id]
    methods = [_method(result)] if _method(result) else ["POST", "PATCH", "PUT"]
    found = {named[m, n] for m in methods for n in names if n and (m, n) in named}
    return found.pop() if len(found) == 1 else None


def _own_answer(result: Any) -> Answer | None:
    """A result as the answer to a request of its own; None when it has no status."""
    status = _status(look_up(result, "status")) if isinstance(result, dict) else None
    if status is None:
        return None
    headers = {"location": _text(result, "location"), "etag": _text(result, "version")}
    response = look_up(result, "response")
    if status >= 400:  # a BulkResponse is SCIM's word, also where an error is told in few
        said = response if isinstance(response, dict) else {}
        response = {"schemas": [ERROR_SCHEMA], **said}
    body = orjson.dumps(response) if isinstance(response, dict) else b""
    return Answer(status, {name: value for name, value in headers.items() if value}, body)


def _status(given: Any) -> int | None:
    code = look_up(given, "code") if isinstance(given, dict) else given
    if isinstance(code, bool) or not isinstance(code, str | int):
        return None
    text = str(code).strip()
    return int(text) if len(text) == 3 and text.isdecimal() else None


def _agreed(answers: Sequence[Answer]) -> Answer | None:
    if not answers or len({answer.status for answer in answers}) > 1:
        return None
    return answers[0]


def _method(result: Any) -> str:
    return _text(result, "method").upper()


def _text(result: Any, name: str) -> str:
    value = look_up(result, name) if isinstance(result, dict) else None
    return value if isinstance(value, str) else ""


def _last_part(path: str) -> str:
    return unquote(path.rstrip("/").rpartition("/")[2])


def located_id(answer: Answer) -> str:
    """The id of the user that an answer points to with `Location`; "" when it does not."""
    before, _, last = answer.headers.get("location", "").rpartition("/")
    return unquote(last) if before.endswith(USERS) else ""
