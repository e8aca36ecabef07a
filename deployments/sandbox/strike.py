"""What a fault is: a named effect around one request, and which requests it can strike."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from deployments.sandbox.exchange import Answer, Exchange, ScimProblem
from deployments.sandbox.store import ResourceStore

Proceed = Callable[[], Awaitable[Answer]]
"""Carries the exchange out and gives the honest answer."""


@dataclass(frozen=True)
class Strike:
    """One strike of a fault."""

    exchange: Exchange
    users: ResourceStore
    teams: ResourceStore
    amount: float
    """The fault's own number, from its spec or its default."""

    @property
    def stored_body(self) -> bytes | None:
        """The addressed user or team as it is stored now."""
        endpoint, _, resource_id = self.exchange.path.rpartition("/")
        store = self.teams if endpoint == "/Groups" else self.users
        if resource_id not in store:
            return None
        return store.body(resource_id, self.exchange.base_url)


Effect = Callable[[Strike, Proceed], Awaitable[Answer]]
Applies = Callable[[Exchange], bool]


@dataclass(frozen=True)
class Fault:
    """A fault of the registry."""

    name: str
    effect: Effect
    applies: Applies
    """Which requests it can strike; only those count for probability, count and after."""
    default_amount: float
    default_after: int
    about: str
    """Its docstring: what happens, and where it was met."""


class FaultRegistry(dict[str, Fault]):
    """Faults by name; a decorator puts them in."""

    def __call__(
        self, name: str, applies: Applies, *, amount: float = 0, after: int = 0
    ) -> Callable[[Effect], Effect]:
        """Register an effect.

        Args:
            name: How settings and the command line call it.
            applies: Which requests it can strike.
            amount: Default of its own number.
            after: Matching requests that pass first by default.
        """

        def register(effect: Effect) -> Effect:
            about = (effect.__doc__ or "").strip()
            self[name] = Fault(name, effect, applies, amount, after, about)
            return effect

        return register


_ENDPOINTS = ("/Users", "/Groups")


def on_users(exchange: Exchange) -> bool:
    """Any request for users or teams."""
    return exchange.path in _ENDPOINTS or _is_single(exchange)


def _is_single(exchange: Exchange) -> bool:
    return exchange.path.startswith(tuple(f"{endpoint}/" for endpoint in _ENDPOINTS))


def on_create(exchange: Exchange) -> bool:
    """A create."""
    return exchange.method == "POST" and exchange.path in _ENDPOINTS


def on_update(exchange: Exchange) -> bool:
    """A PUT or PATCH of one user or team."""
    return on_users(exchange) and exchange.method in ("PUT", "PATCH")


def on_write(exchange: Exchange) -> bool:
    """A create or an update."""
    return on_create(exchange) or on_update(exchange)


def on_one_user(exchange: Exchange) -> bool:
    """A request that addresses one user or team."""
    return _is_single(exchange) and exchange.method in ("GET", "PUT", "PATCH")


def on_list(exchange: Exchange) -> bool:
    """A list, filtered or not."""
    return exchange.path in _ENDPOINTS and exchange.method == "GET"


def on_filtered_list(exchange: Exchange) -> bool:
    """A list with a filter."""
    return on_list(exchange) and bool(exchange.query.get("filter"))


def on_later_page(exchange: Exchange) -> bool:
    """A page of a list after the first, by index."""
    start = exchange.query.get("startIndex", "1")
    return on_list(exchange) and start.isdigit() and int(start) > 1


def on_cursor(exchange: Exchange) -> bool:
    """A page of a list after the first, by cursor."""
    return on_list(exchange) and bool(exchange.query.get("cursor"))


def on_bulk(exchange: Exchange) -> bool:
    """A bulk request as a whole; its operations are struck by the faults of single requests."""
    return exchange.path == "/Bulk" and exchange.method == "POST"


def error(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Answer:
    """A SCIM Error."""
    return ScimProblem(status, detail, headers=headers).answer()


def without(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The document less one member."""
    return {key: value for key, value in document.items() if key != name}
