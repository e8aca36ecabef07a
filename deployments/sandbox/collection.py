"""The endpoint of one resource type: list, search, create, read, replace, patch.

Reference: RFC 7644 sections 3.3 to 3.6 and 3.14 (versions).
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

from deployments.sandbox.constants import BASE_PATH
from deployments.sandbox.cursors import Cursors
from deployments.sandbox.exchange import (
    Answer,
    Exchange,
    ScimProblem,
    json_answer,
    read_json_object,
)
from deployments.sandbox.listing import list_response, query_from_parameters, query_from_search
from deployments.sandbox.patch import apply_patch
from deployments.sandbox.projection import read_projection, split_names
from deployments.sandbox.resources import Strictness, finish_resource, read_resource
from deployments.sandbox.schema import Kind
from deployments.sandbox.settings import SandboxSettings
from deployments.sandbox.store import ResourceStore

Now = Callable[[], datetime]
NewId = Callable[[], str]
_FIRST_VERSION = 'W/"1"'


class Rules(Protocol):
    """What a resource type demands beyond its schema."""

    def settle(
        self, resource: dict[str, Any], before: Mapping[str, Any] | None, *, replaced: bool
    ) -> None:
        """Complete the resource in place, or refuse it with a ScimProblem."""


class Collection:
    """All resources of one type, and what requests do to them."""

    def __init__(
        self,
        kind: Kind,
        store: ResourceStore,
        rules: Rules,
        settings: SandboxSettings,
        now: Now,
        new_id: NewId,
        cursors: Cursors,
    ) -> None:
        self.kind = kind
        self.store = store
        self._rules = rules
        self._settings = settings
        self._strict = Strictness(settings.strict_attributes, settings.lenient_booleans)
        self._now = now
        self._new_id = new_id
        self._cursors = cursors

    def find(self, exchange: Exchange) -> Answer:
        """GET on the collection."""
        query = query_from_parameters(exchange.query, self.kind, self._settings)
        return self._page(exchange, query)

    def search(self, exchange: Exchange) -> Answer:
        """POST on the collection's /.search."""
        request = read_json_object(exchange.body)
        return self._page(exchange, query_from_search(request, self.kind, self._settings))

    def _page(self, exchange: Exchange, query: Any) -> Answer:
        return Answer(
            200,
            list_response(
                query, self.store, self.kind, self._settings, exchange.base_url, self._cursors
            ),
        )

    def create(self, exchange: Exchange) -> Answer:
        """POST on the collection."""
        resource = read_resource(read_json_object(exchange.body), self.kind, self._strict)
        created = self.add(resource)
        self._touch(exchange, created, applied=True, changed=True)
        return self._answer(201, created, exchange)

    def add(self, resource: dict[str, Any], wanted_id: str | None = None) -> str:
        """Settle and store a new resource; its id.

        Args:
            resource: As `read_resource` gives it.
            wanted_id: Its id, when it comes from a file. A request never chooses one.
        """
        self._rules.settle(resource, None, replaced=False)
        resource_id = wanted_id or self._new_id()
        moment = self._moment()
        meta = {
            "resourceType": self.kind.name,
            "created": moment,
            "lastModified": moment,
            "location": f"{BASE_PATH}{self.kind.endpoint}/{resource_id}",
        }
        if self._settings.etags:
            meta["version"] = _FIRST_VERSION
        self._put(resource, resource_id, meta)
        return resource_id

    def seed(self, given: Mapping[str, Any]) -> str:
        """Store a resource of a seed file, which may bring its own id."""
        wanted_id = given.get("id")
        resource = read_resource(given, self.kind, self._strict)
        return self.add(resource, wanted_id if isinstance(wanted_id, str) else None)

    def read(self, exchange: Exchange, resource_id: str) -> Answer:
        """GET on a resource."""
        resource = self._existing(resource_id)
        self._touch(exchange, resource_id)
        version = _version(resource)
        if self._settings.etags and exchange.headers.get("if-none-match") == version:
            return Answer(304, headers={"ETag": version})
        return self._answer(200, resource_id, exchange)

    def replace(self, exchange: Exchange, resource_id: str) -> Answer:
        """PUT on a resource."""
        before = self._before_write(exchange, resource_id)
        after = read_resource(read_json_object(exchange.body), self.kind, self._strict)
        return self._update(exchange, resource_id, before, after, replaced=True)

    def patch(self, exchange: Exchange, resource_id: str) -> Answer:
        """PATCH on a resource."""
        before = self._before_write(exchange, resource_id)
        request = read_json_object(exchange.body)
        after = finish_resource(apply_patch(before, request, self.kind, self._strict), self.kind)
        answer = self._update(exchange, resource_id, before, after, replaced=False)
        # RFC 7644 section 3.5.2: 204 only when the client asks for no particular attributes.
        if self._settings.patch_answers_204 and "attributes" not in exchange.query:
            return Answer(204, headers=answer.headers)
        return answer

    def remove(self, exchange: Exchange, resource_id: str) -> Answer:
        """DELETE on a resource. Routed for teams only."""
        self._before_write(exchange, resource_id)
        self.store.remove(resource_id)
        self._touch(exchange, resource_id, applied=True, changed=True)
        return Answer(204)

    def _update(
        self,
        exchange: Exchange,
        resource_id: str,
        before: dict[str, Any],
        after: dict[str, Any],
        *,
        replaced: bool,
    ) -> Answer:
        self._rules.settle(after, before, replaced=replaced)
        meta = before["meta"]
        changed = _content(before) != _content(after)
        if changed:
            meta = {**meta, "lastModified": self._moment()}
            if self._settings.etags:
                meta["version"] = _next_version(_version(before))
            self._put(after, resource_id, meta)
        self._touch(exchange, resource_id, applied=True, changed=changed)
        return self._answer(200, resource_id, exchange)

    def _put(self, resource: Mapping[str, Any], resource_id: str, meta: dict[str, Any]) -> None:
        rest = {name: value for name, value in resource.items() if name != "schemas"}
        self.store.put({"schemas": resource["schemas"], "id": resource_id, **rest, "meta": meta})

    def _existing(self, resource_id: str) -> dict[str, Any]:
        if resource_id not in self.store:
            raise ScimProblem(404, f"there is no {self.kind.name} with this id")
        return self.store[resource_id]

    def _before_write(self, exchange: Exchange, resource_id: str) -> dict[str, Any]:
        before = self._existing(resource_id)
        self._touch(exchange, resource_id)
        wanted = exchange.headers.get("if-match")
        if self._settings.etags and wanted not in (None, "*", _version(before)):
            raise ScimProblem(412, "the resource has another version by now")
        return before

    def _answer(self, status: int, resource_id: str, exchange: Exchange) -> Answer:
        projection = read_projection(
            split_names(exchange.query.get("attributes")),
            split_names(exchange.query.get("excludedAttributes")),
            self.kind,
        )
        headers = {"Location": f"{exchange.base_url}{self.kind.endpoint}/{resource_id}"}
        if self._settings.etags:
            headers["ETag"] = _version(self.store[resource_id])
        if projection.is_everything:
            return Answer(status, self.store.body(resource_id, exchange.base_url), headers)
        shown = projection.apply(self.store[resource_id])
        if "location" in shown.get("meta", {}):
            shown["meta"]["location"] = headers["Location"]
        return json_answer(status, shown, headers)

    def _touch(
        self, exchange: Exchange, resource_id: str, *, applied: bool = False, changed: bool = False
    ) -> None:
        if self.kind.name == "User":
            exchange.user_id = resource_id
        exchange.applied, exchange.changed = applied, changed

    def _moment(self) -> str:
        moment = self._now().astimezone(UTC)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _content(resource: Mapping[str, Any]) -> dict[str, Any]:
    """What a client can change; the order of `schemas` says nothing."""
    content = {name: value for name, value in resource.items() if name not in ("id", "meta")}
    return {**content, "schemas": sorted(content["schemas"])}


def _version(resource: Mapping[str, Any]) -> str:
    return str(resource["meta"].get("version", _FIRST_VERSION))


def _next_version(version: str) -> str:
    return f'W/"{int(version[3:-1]) + 1}"'
