"""The SCIM service without HTTP: from an exchange to its answer."""

from collections.abc import Callable

from deployments.sandbox import discovery
from deployments.sandbox.bulk import Ask, answer_bulk
from deployments.sandbox.collection import Collection, NewId, Now
from deployments.sandbox.constants import SCIM_JSON
from deployments.sandbox.cursors import Cursors
from deployments.sandbox.exchange import Answer, Exchange, ScimProblem, json_answer
from deployments.sandbox.members import MemberRules, TeamRules
from deployments.sandbox.roles import Roles
from deployments.sandbox.schema import group_kind, user_kind
from deployments.sandbox.settings import SandboxSettings
from deployments.sandbox.store import ResourceStore

_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_JSON_TYPES = frozenset({SCIM_JSON, "application/json"})


class ScimService:
    """Users, teams and discovery of one sandbox."""

    def __init__(
        self, settings: SandboxSettings, now: Now, new_id: NewId, clock: Callable[[], float]
    ) -> None:
        self._settings = settings
        cursors = Cursors(clock, settings.cursor_timeout_s)
        roles = Roles(settings)
        users, groups = ResourceStore(mark=roles.takes_seat), ResourceStore()
        member_rules = MemberRules(settings, roles, users)
        team_rules = TeamRules(settings, users, groups)
        self.users = Collection(
            user_kind(settings), users, member_rules, settings, now, new_id, cursors
        )
        self.groups = Collection(group_kind(), groups, team_rules, settings, now, new_id, cursors)
        self._collections = {"Users": self.users}
        if settings.teams:
            self._collections["Groups"] = self.groups

    async def answer(self, exchange: Exchange, ask: Ask) -> Answer:
        """The answer to any request; problems become SCIM Error resources.

        Args:
            exchange: The request.
            ask: Answers each operation of a bulk request.
        """
        try:
            if exchange.path == "/Bulk":
                self._check_body(exchange)
                return await self._bulk(exchange, ask)
            return self._route(exchange)
        except ScimProblem as problem:
            return problem.answer()

    def _route(self, exchange: Exchange) -> Answer:
        self._check_body(exchange)
        first, *rest = [part for part in exchange.path.split("/") if part] or [""]
        if first in self._collections and len(rest) <= 1:
            collection = self._collections[first]
            if not rest:
                return self._on_collection(exchange, collection)
            if rest == [".search"]:
                _allow(exchange, "POST")
                return collection.search(exchange)
            return self._on_resource(exchange, collection, rest[0])
        if first == ".search" and not rest:
            raise ScimProblem(501, "search one resource type at a time: POST /Users/.search")
        return self._discover(exchange, first, rest)

    def _check_body(self, exchange: Exchange) -> None:
        if len(exchange.body) > self._settings.max_payload_bytes:
            raise ScimProblem(
                413, f"the body is longer than {self._settings.max_payload_bytes} bytes"
            )
        given = exchange.headers.get("content-type")
        if exchange.method not in _WITH_BODY or given is None:
            return
        if given.partition(";")[0].strip().lower() not in _JSON_TYPES:
            raise ScimProblem(415, f"send {SCIM_JSON}", "invalidSyntax")

    def _on_collection(self, exchange: Exchange, collection: Collection) -> Answer:
        _allow(exchange, "GET", "POST")
        return (
            collection.find(exchange) if exchange.method == "GET" else collection.create(exchange)
        )

    def _on_resource(self, exchange: Exchange, collection: Collection, resource_id: str) -> Answer:
        allowed = ["GET", *(["PUT"] if self._settings.put else []), "PATCH"]
        if collection is self.groups:
            allowed.append("DELETE")  # teams can be deleted, members only deactivated
        _allow(exchange, *allowed)
        match exchange.method:
            case "GET":
                return collection.read(exchange, resource_id)
            case "PUT":
                return collection.replace(exchange, resource_id)
            case "DELETE":
                return collection.remove(exchange, resource_id)
            case _:
                if not self._settings.patch:
                    raise ScimProblem(501, "PATCH is not supported")
                return collection.patch(exchange, resource_id)

    async def _bulk(self, exchange: Exchange, ask: Ask) -> Answer:
        _allow(exchange, "POST")
        if not self._settings.bulk:
            raise ScimProblem(501, "bulk operations are not supported")
        return await answer_bulk(exchange, ask, self._settings)

    def _discover(self, exchange: Exchange, first: str, rest: list[str]) -> Answer:
        kinds = [collection.kind for collection in self._collections.values()]
        base_url = exchange.base_url
        if first == "ServiceProviderConfig" and not rest:
            _allow(exchange, "GET")
            return json_answer(200, discovery.service_provider_config(self._settings, base_url))
        if first == "ResourceTypes":
            resources = discovery.resource_types(kinds, base_url)
        elif first == "Schemas":
            resources = discovery.schemas(kinds, base_url)
        else:
            raise ScimProblem(404, "there is no such endpoint")
        _allow(exchange, "GET")
        if "filter" in exchange.query:  # RFC 7644 section 4
            raise ScimProblem(403, "discovery endpoints are not filtered")
        if not rest:
            return json_answer(200, discovery.list_of(resources))
        for resource in resources:
            if rest == [resource["id"]]:
                return json_answer(200, resource)
        raise ScimProblem(404, f"there is no such resource below /{first}")


def _allow(exchange: Exchange, *methods: str) -> None:
    if exchange.method not in methods:
        raise ScimProblem(
            405,
            f"{exchange.method} is not allowed here",
            headers={"Allow": ", ".join(methods)},
        )
