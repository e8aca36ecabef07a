"""Bulk: many operations in one request, each answered for itself.

Reference: RFC 7644 section 3.7. References between operations by bulkId are resolved backwards
only; circular ones are refused with 409, as section 3.7.1 allows.
"""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import orjson

from deployments.sandbox.constants import BULK_REQUEST, BULK_RESPONSE
from deployments.sandbox.exchange import (
    Answer,
    Exchange,
    ScimProblem,
    json_answer,
    read_json_object,
)

_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_REFERENCE = b'"bulkId:'


def answer_bulk(
    exchange: Exchange, ask: Callable[[Exchange], Answer], max_operations: int
) -> Answer:
    """Carry out a BulkRequest.

    Args:
        exchange: The bulk request itself; notes whether any operation was applied.
        ask: Answers a single exchange, problems included.
        max_operations: More of them are 413.

    Raises:
        ScimProblem: 400 for a message of another kind, 413 for too many operations.
    """
    request = read_json_object(exchange.body)
    operations = _operations(request, max_operations)
    allowed_failures = request.get("failOnErrors")
    made: dict[str, str] = {}
    results: list[dict[str, Any]] = []
    failures = 0
    for operation in operations:
        result = _carry_out(operation, exchange, ask, made)
        results.append(result)
        failures += int(result["status"]) >= 400
        if isinstance(allowed_failures, int) and failures >= max(1, allowed_failures):
            break
    return json_answer(200, {"schemas": [BULK_RESPONSE], "Operations": results})


def _operations(request: Mapping[str, Any], max_operations: int) -> list[dict[str, Any]]:
    schemas = request.get("schemas")
    if not isinstance(schemas, list) or BULK_REQUEST not in schemas:
        raise ScimProblem(400, f"schemas must name {BULK_REQUEST}", "invalidSyntax")
    operations = request.get("Operations")
    if not isinstance(operations, list) or not all(isinstance(o, dict) for o in operations):
        raise ScimProblem(400, "Operations must be a list of objects", "invalidSyntax")
    if len(operations) > max_operations:
        raise ScimProblem(413, f"a bulk request takes {max_operations} operations at most")
    return operations


def _carry_out(
    operation: Mapping[str, Any],
    exchange: Exchange,
    ask: Callable[[Exchange], Answer],
    made: dict[str, str],
) -> dict[str, Any]:
    method, bulk_id = str(operation.get("method", "")).upper(), operation.get("bulkId")
    result: dict[str, Any] = {"method": method}
    if isinstance(bulk_id, str):
        result["bulkId"] = bulk_id
    try:
        single = _single(operation, method, exchange, made)
        answer = ask(single)
        exchange.applied |= single.applied
        exchange.changed |= single.changed
    except ScimProblem as problem:
        answer = problem.answer()
    result["status"] = str(answer.status)
    if answer.status >= 400:
        result["response"] = orjson.loads(answer.body)
        return result
    location = answer.headers.get("Location")
    if location is not None:
        result["location"] = location
        if isinstance(bulk_id, str):
            made[bulk_id] = location.rpartition("/")[2]
    if "ETag" in answer.headers:
        result["version"] = answer.headers["ETag"]
    return result


def _single(
    operation: Mapping[str, Any], method: str, exchange: Exchange, made: Mapping[str, str]
) -> Exchange:
    path = operation.get("path")
    if method not in _METHODS or not isinstance(path, str):
        raise ScimProblem(400, "an operation needs a method and a path", "invalidSyntax")
    if method == "POST" and not isinstance(operation.get("bulkId"), str):
        raise ScimProblem(400, "a POST operation needs a bulkId", "invalidSyntax")
    headers = {"content-type": "application/scim+json"}
    if isinstance(operation.get("version"), str):
        headers["if-match"] = operation["version"]
    body = _resolved(orjson.dumps(operation.get("data")), made)
    path = _resolved(f'"{urlsplit(path).path}"'.encode(), made).decode().strip('"')
    return Exchange(method, path, {}, headers, body, exchange.base_url)


def _resolved(text: bytes, made: Mapping[str, str]) -> bytes:
    for bulk_id, resource_id in made.items():
        text = text.replace(f'"bulkId:{bulk_id}"'.encode(), f'"{resource_id}"'.encode())
        text = text.replace(f'/bulkId:{bulk_id}"'.encode(), f'/{resource_id}"'.encode())
    if _REFERENCE in text or b"/bulkId:" in text:
        raise ScimProblem(409, "a bulkId is referred to before it is known", "invalidValue")
    return text
