"""The resources of one type, kept as the bytes they are served as.

A page of a list is then a join of byte strings, whatever the number of users; a resource is parsed
only when it is changed, filtered or projected. Addresses are stored below the base path and made
absolute while answering, because the service does not know its own host name.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import orjson

from deployments.sandbox.constants import BASE_PATH

# Inside a JSON string a quote is escaped, so these bytes can only be the key and its value.
_RELATIVE = f'"location":"{BASE_PATH}/'.encode()


class ResourceStore:
    """Users or teams by id, in the order of creation, with an index for the usual look-ups.

    Args:
        mark: Tells resources whose ids are kept in `marked`, so that they can be counted without
            reading all of them.
    """

    def __init__(self, mark: Callable[[Mapping[str, Any]], bool] | None = None) -> None:
        self._mark = mark
        self.marked: set[str] = set()
        self._raw: dict[str, bytes] = {}
        self._order: list[str] = []
        self._by_user_name: dict[str, str] = {}
        self._by_external_id: dict[str, tuple[str, ...]] = {}

    def __len__(self) -> int:
        return len(self._raw)

    def __contains__(self, resource_id: object) -> bool:
        return resource_id in self._raw

    def __iter__(self) -> Iterator[str]:
        return iter(self._order)

    def __getitem__(self, resource_id: str) -> dict[str, Any]:
        """A copy of the resource; changing it changes nothing here. KeyError when there is none."""
        resource: dict[str, Any] = orjson.loads(self._raw[resource_id])
        return resource

    @property
    def ids(self) -> list[str]:
        """All ids in the order of creation. Read it, do not change it."""
        return self._order

    def users(self) -> list[dict[str, Any]]:
        """Copies of all resources in the order of creation; `meta.location` starts at the path."""
        return [self[resource_id] for resource_id in self._order]

    def by_user_name(self, user_name: str) -> dict[str, Any] | None:
        """The user with that userName, in any case."""
        found = self.ids_by_user_name(user_name)
        return self[found[0]] if found else None

    def ids_by_user_name(self, user_name: str) -> tuple[str, ...]:
        """At most one id: userName is unique, ignoring case (RFC 7643 section 4.1.1)."""
        found = self._by_user_name.get(user_name.casefold())
        return (found,) if found is not None else ()

    def ids_by_external_id(self, external_id: str) -> tuple[str, ...]:
        """The ids with exactly that externalId, which clients may give several times."""
        return self._by_external_id.get(external_id, ())

    def put(self, resource: dict[str, Any]) -> None:
        """Store a complete resource: a new one at the end, a known one in its place."""
        resource_id = resource["id"]
        if resource_id in self._raw:
            self._forget_keys(self[resource_id])
        else:
            self._order.append(resource_id)
        # A copy, because orjson's own result keeps a buffer of 4 KiB around 800 bytes.
        self._raw[resource_id] = bytes(memoryview(orjson.dumps(resource)))
        if self._mark is not None and self._mark(resource):
            self.marked.add(resource_id)
        if (user_name := resource.get("userName")) is not None:
            self._by_user_name[user_name.casefold()] = resource_id
        if (external_id := resource.get("externalId")) is not None:
            self._by_external_id[external_id] = (*self.ids_by_external_id(external_id), resource_id)

    def remove(self, resource_id: str) -> None:
        """Forget a resource. No request does that to a user; teams and faults do."""
        self._forget_keys(self[resource_id])
        del self._raw[resource_id]
        self._order.remove(resource_id)

    def body(self, resource_id: str, base_url: str) -> bytes:
        """The resource as JSON with absolute addresses."""
        return absolute(self._raw[resource_id], base_url)

    def bodies(self, ids: Iterable[str], base_url: str) -> bytes:
        """Several resources as the inside of a JSON array."""
        return absolute(b",".join([self._raw[resource_id] for resource_id in ids]), base_url)

    def stored(self) -> bytes:
        """All resources as a JSON array, as the state file keeps them."""
        return b"[" + b",\n".join([self._raw[resource_id] for resource_id in self._order]) + b"]"

    def _forget_keys(self, resource: dict[str, Any]) -> None:
        self.marked.discard(resource["id"])
        if (user_name := resource.get("userName")) is not None:
            self._by_user_name.pop(user_name.casefold(), None)
        if (external_id := resource.get("externalId")) is not None:
            others = tuple(i for i in self.ids_by_external_id(external_id) if i != resource["id"])
            self._by_external_id[external_id] = others
            if not others:
                del self._by_external_id[external_id]


def absolute(raw: bytes, base_url: str) -> bytes:
    """Serialised resources with their own addresses made absolute."""
    return raw.replace(_RELATIVE, f'"location":"{base_url}/'.encode())
