"""Trying a target's endpoints one by one, for a person who wants to know what is not well."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import TypeVar

from data_contracts.errors import AnswerUnreadable, TargetError
from tasks.scim import discovery, protocol
from tasks.scim.answers import Answer, told_time
from tasks.scim.discovery import Discovery, EndpointCheck, ProviderConfig
from tasks.scim.pages import read_page
from tasks.scim.protocol import Request

T = TypeVar("T")
Send = Callable[[Request], Awaitable[Answer]]


class _Probe:
    """Asks one endpoint after the other."""

    def __init__(self, send: Send, now: Callable[[], datetime]) -> None:
        self._send = send
        self._now = now
        self._unreachable: TargetError | None = None
        self.checks: list[EndpointCheck] = []
        self.clock_skew_s: float | None = None

    async def ask(
        self, name: str, request: Request, read: Callable[[Answer, Request], tuple[T, str]]
    ) -> T | None:
        """Ask; `read` gives what was found, and that in words ("" for nothing of SCIM)."""
        path, status = request.path, None
        try:
            if self._unreachable is not None:
                raise self._unreachable
            answer = await self._send(request)
            status = answer.status
            self._compare_clocks(answer)
            found, words = read(answer, request)
        except TargetError as error:
            if error.status is None and status is None:
                self._unreachable = error  # so are the others, and somebody waits
            check = EndpointCheck(name, path, False, error.status, error.message, error.hint)
            self.checks.append(check)
            return None
        if words:
            self.checks.append(EndpointCheck(name, path, True, status, words))
        else:
            words, hint = "answered, but with nothing of SCIM", AnswerUnreadable.default_hint
            self.checks.append(EndpointCheck(name, path, False, status, words, hint))
        return found

    def _compare_clocks(self, answer: Answer) -> None:
        theirs = told_time(answer.headers)
        if theirs is not None:
            self.clock_skew_s = (theirs - self._now()).total_seconds()


async def probe(send: Send, now: Callable[[], datetime], paging: str) -> Discovery:
    """Try every discovery endpoint, and one page of one user.

    Args:
        send: Sends a request; raises TargetError.
        now: The moment, to compare clocks.
        paging: `target.paging` of the settings.

    Returns:
        What was found; what fails is told, not raised.
    """
    ask = (asked := _Probe(send, now)).ask
    features = protocol.discover(discovery.SERVICE_PROVIDER_CONFIG)
    config = await ask("features", features, partial(_read_features, paging))
    types = await ask("resource types", protocol.discover(discovery.RESOURCE_TYPES), _read_types)
    schemas = await ask("schemas", protocol.discover(discovery.SCHEMAS), _read_schemas)
    # one user and not none: one target refuses a count of 0
    users = await ask("users", protocol.list_page(1, 1), _read_users)
    return Discovery(
        config or ProviderConfig(),
        types or (),
        schemas or (),
        users,
        tuple(asked.checks),
        asked.clock_skew_s,
    )


def _read_features(paging: str, answer: Answer, request: Request) -> tuple[ProviderConfig, str]:
    config = discovery.read_provider_config(answer.document())
    said = {
        "PATCH": config.patch,
        "filter": config.filter,
        "ETag": config.etag,
        "bulk": config.bulk,
        "cursor": config.cursor,
    }
    known = [f"{n} {'yes' if value else 'no'}" for n, value in said.items() if value is not None]
    if known:
        by_cursor = config.read_by_cursor(paging)
        known.append(f"lists are read by {'cursor' if by_cursor else 'index'}")
    return config, ", ".join(known)


def _read_types(answer: Answer, request: Request) -> tuple[tuple[str, ...], str]:
    names = discovery.names_in(answer.document(), "name", "id")
    return names, ", ".join(names)


def _read_schemas(answer: Answer, request: Request) -> tuple[tuple[str, ...], str]:
    urns = discovery.names_in(answer.document(), "id")
    return urns, f"{len(urns)} schemas" if urns else ""


def _read_users(answer: Answer, request: Request) -> tuple[int | None, str]:
    total = read_page(answer, request).total
    return total, "listed, without a total" if total is None else f"{total:,} in all"
