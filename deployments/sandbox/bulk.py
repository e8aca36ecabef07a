"""Bulk: many operations in one request, each answered for itself.

Reference: RFC 7644 section 3.7. References between operations by bulkId are resolved backwards
only; circular ones are refused with 409, as section 3.7.1 allows.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

import orjson

from deployments.sandbox.constants import BULK_REQUEST, BULK_RESPONSE
from deployments.sandbox.exchange import (
    Answer,
    Exchange,
    ScimProblem,
    json_answer,
    read_json_object,
)
from deployments.sandbox.settings import SandboxSettings

_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_REFERENCE = b'"bulkId:'

Ask = Callable[[Exchange], Awaitable[Answer]]
"""Answers a single exchange, problems included."""


async def answer_bulk(exchange: Exchange, ask: Ask, settings: SandboxSettings) -> Answer:
    """Carry out a BulkRequest.

    Args:
        exchange: The bulk request itself; notes each of its operations, and what became of it.
        ask: Answers a single exchange, problems included.
        settings: `bulk_max_operations` and `bulk_answers_bodies`.

    Raises:
        ScimProblem: 400 for a message of another kind, 413 for too many operations.
    """
    request = read_json_object(exchange.body)
    operations = _operations(request, settings.bulk_max_operations)
    exchange.operations = [_noted(operation, exchange) for operation in operations]
    allowed_failures = request.get("failOnErrors")
    made: dict[str, str] = {}
    results: list[dict[str, Any]] = []
    failures = 0
    for operation, single in zip(operations, exchange.operations, strict=True):
        if len(results) == exchange.breaks_off_after:
            raise ScimProblem(500, "the bulk request was broken off")
        result = await _carry_out(operation, single, ask, made, settings.bulk_answers_bodies)
        exchange.changed |= single.changed
        results.append(result)
        failures += single.status >= 400
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


def _noted(operation: Mapping[str, Any], exchange: Exchange) -> Exchange:
    """An operation as an exchange of its own, before anything is known to be wrong with it."""
    path = operation.get("path")
    return Exchange(
        method=str(operation.get("method", "")).upper(),
        path=urlsplit(path).path if isinstance(path, str) else "",
        query={},
        headers={"content-type": "application/scim+json"},
        body=b"",
        base_url=exchange.base_url,
    )


async def _carry_out(
    operation: Mapping[str, Any], single: Exchange, ask: Ask, made: dict[str, str], bodies: bool
) -> dict[str, Any]:
    bulk_id = operation.get("bulkId")
    result: dict[str, Any] = {"method": single.method}
    if isinstance(bulk_id, str):
        result["bulkId"] = bulk_id
    if single.method != "POST":  # RFC 7644 section 3.7.3: for all but creates that failed
        result["location"] = single.base_url + single.path
    try:
        _complete(operation, single, made)
        answer = await ask(single)
    except ScimProblem as problem:
        answer = problem.answer()
    single.status = answer.status
    result["status"] = str(answer.status)
    if (answer.status >= 400 or bodies) and (document := answer.document()):
        result["response"] = document
    location = answer.headers.get("Location")
    if location is not None and answer.status < 400:
        result["location"] = location
        if isinstance(bulk_id, str):
            made[bulk_id] = location.rpartition("/")[2]
    if "ETag" in answer.headers:
        result["version"] = answer.headers["ETag"]
    return result


def _complete(operation: Mapping[str, Any], single: Exchange, made: Mapping[str, str]) -> None:
    """Make an operation a request that can be answered, its references resolved."""
    if single.method not in _METHODS or not single.path:
        raise ScimProblem(400, "an operation needs a method and a path", "invalidSyntax")
    if single.method == "POST" and not isinstance(operation.get("bulkId"), str):
        raise ScimProblem(400, "a POST operation needs a bulkId", "invalidSyntax")
    if isinstance(operation.get("version"), str):
        single.headers = {**single.headers, "if-match": operation["version"]}
    single.body = _resolved(orjson.dumps(operation.get("data")), made)
    path = _resolved(f'"{single.path}"'.encode(), made).decode().strip('"')
    single.path = unquote(path)


def _resolved(text: bytes, made: Mapping[str, str]) -> bytes:
    for bulk_id, resource_id in made.items():
        text = text.replace(f'"bulkId:{bulk_id}"'.encode(), f'"{resource_id}"'.encode())
        text = text.replace(f'/bulkId:{bulk_id}"'.encode(), f'/{resource_id}"'.encode())
    if _REFERENCE in text or b"/bulkId:" in text:
        raise ScimProblem(409, "a bulkId is referred to before it is known", "invalidValue")
    return text
