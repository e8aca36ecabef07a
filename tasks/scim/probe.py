"""Trying a target's endpoints one by one, for a person who wants to know what is not well."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from data_contracts.errors import AnswerUnreadable, TargetError
from tasks.scim import discovery, protocol
from tasks.scim.answers import Answer
from tasks.scim.discovery import Discovery, EndpointCheck, ProviderConfig
from tasks.scim.pages import read_page
from tasks.scim.protocol import Request

T = TypeVar("T")
Send = Callable[[Request], Awaitable[Answer]]


async def probe(send: Send) -> Discovery:
    """Try every discovery endpoint, and one page of one user.

    Args:
        send: Sends a request; raises TargetError.

    Returns:
        What was found; what fails is told, not raised.
    """
    config, first = await _try(
        send, "features", protocol.discover(discovery.SERVICE_PROVIDER_CONFIG), _read_features
    )
    types, second = await _try(
        send, "resource types", protocol.discover(discovery.RESOURCE_TYPES), _read_types
    )
    schemas, third = await _try(
        send, "schemas", protocol.discover(discovery.SCHEMAS), _read_schemas
    )
    # one user and not none: one target refuses a count of 0
    users, fourth = await _try(send, "users", protocol.list_page(1, 1), _read_users)
    checks = (first, second, third, fourth)
    return Discovery(config or ProviderConfig(), types or (), schemas or (), users, checks)


async def _try(
    send: Send, name: str, request: Request, read: Callable[[Answer, Request], tuple[T, str]]
) -> tuple[T | None, EndpointCheck]:
    """Ask one endpoint; `read` gives what it found, and that in words ("" for nothing of SCIM)."""
    try:
        answer = await send(request)
        found, words = read(answer, request)
    except TargetError as error:
        check = EndpointCheck(name, request.path, False, error.status, error.message, error.hint)
        return None, check
    if words:
        return found, EndpointCheck(name, request.path, True, answer.status, words)
    words, hint = "answered, but with nothing of SCIM", AnswerUnreadable.default_hint
    return found, EndpointCheck(name, request.path, False, answer.status, words, hint)


def _read_features(answer: Answer, request: Request) -> tuple[ProviderConfig, str]:
    config = discovery.read_provider_config(answer.document())
    said = {
        "PATCH": config.patch,
        "filter": config.filter,
        "ETag": config.etag,
        "bulk": config.bulk,
        "cursor": config.cursor,
    }
    known = {name: "yes" if value else "no" for name, value in said.items() if value is not None}
    return config, ", ".join(f"{name} {word}" for name, word in known.items())


def _read_types(answer: Answer, request: Request) -> tuple[tuple[str, ...], str]:
    names = discovery.names_in(answer.document(), "name", "id")
    return names, ", ".join(names)


def _read_schemas(answer: Answer, request: Request) -> tuple[tuple[str, ...], str]:
    urns = discovery.names_in(answer.document(), "id")
    return urns, f"{len(urns)} schemas" if urns else ""


def _read_users(answer: Answer, request: Request) -> tuple[int | None, str]:
    total = read_page(answer, request).total
    return total, "listed, without a total" if total is None else f"{total:,} in all"
