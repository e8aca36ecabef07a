"""Lists: which resources a query selects, and the page of them that is answered.

Reference: RFC 7644 sections 3.4.2 (query), 3.4.2.4 (pagination), 3.4.3 (POST /.search); RFC 9865
for lists by cursor.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from deployments.sandbox.constants import LIST_RESPONSE, SEARCH_REQUEST
from deployments.sandbox.cursors import Cursors
from deployments.sandbox.evaluation import compile_filter
from deployments.sandbox.exchange import ScimProblem
from deployments.sandbox.filters import And, Compare, Filter, parse_filter
from deployments.sandbox.paths import Place, resolve
from deployments.sandbox.projection import Projection, read_projection, split_names
from deployments.sandbox.schema import Kind
from deployments.sandbox.settings import FilterLevel, Paging, SandboxSettings
from deployments.sandbox.store import ResourceStore, absolute

_COMMON_FILTERS = frozenset(
    {"username", "externalid", "id", "active", "emails.value", "displayname"}
)


@dataclass(frozen=True)
class ListQuery:
    """A list request in the terms of RFC 7644."""

    filter: Filter | None
    start_index: int
    count: int
    projection: Projection
    sort_by: Place | None
    descending: bool
    cursor: str | None
    """Set when the list is walked by cursor; "" asks for the first page."""
    asked: str
    """The whole request but `cursor` and `count`."""


def query_from_parameters(
    parameters: Mapping[str, str], kind: Kind, settings: SandboxSettings
) -> ListQuery:
    """The query of a GET.

    Raises:
        ScimProblem: 400 for a number that is none, a bad filter or an impossible projection.
    """
    return _query(
        {
            **parameters,
            "attributes": split_names(parameters.get("attributes")),
            "excludedAttributes": split_names(parameters.get("excludedAttributes")),
        },
        kind,
        settings,
    )


def query_from_search(
    request: Mapping[str, Any], kind: Kind, settings: SandboxSettings
) -> ListQuery:
    """The query of a SearchRequest message.

    Raises:
        ScimProblem: as for a GET, and for a message of another kind.
    """
    schemas = request.get("schemas")
    if not isinstance(schemas, list) or SEARCH_REQUEST not in schemas:
        raise ScimProblem(400, f"schemas must name {SEARCH_REQUEST}", "invalidSyntax")
    for name in ("attributes", "excludedAttributes"):
        names = request.get(name, [])
        if not isinstance(names, list) or not all(isinstance(n, str) for n in names):
            raise ScimProblem(400, f"{name} must be a list of names", "invalidValue")
    return _query(request, kind, settings)


def _query(given: Mapping[str, Any], kind: Kind, settings: SandboxSettings) -> ListQuery:
    text = given.get("filter")
    if text is not None and not isinstance(text, str):
        raise ScimProblem(400, "filter must be a string", "invalidFilter")
    tree = parse_filter(text) if text else None
    if tree is not None:
        _check_level(tree, settings.filters)
    count = _number(given, "count", settings.default_page_size)
    sort_by = given.get("sortBy")
    return ListQuery(
        filter=tree,
        start_index=max(1, _number(given, "startIndex", 1)),
        count=min(max(0, count), settings.max_page_size),
        projection=read_projection(
            given.get("attributes") or (), given.get("excludedAttributes") or (), kind
        ),
        sort_by=resolve(str(sort_by), kind) if sort_by and settings.sort else None,
        descending=str(given.get("sortOrder", "")).lower() == "descending",
        cursor=_cursor(given, settings.paging),
        asked=repr(sorted((n, str(v)) for n, v in given.items() if n not in ("cursor", "count"))),
    )


def _cursor(given: Mapping[str, Any], paging: Paging) -> str | None:
    """The cursor of a list that is walked by cursor; None for one by index."""
    by_index = paging is Paging.BOTH and ("cursor" not in given or "startIndex" in given)
    if paging is Paging.INDEX or by_index:
        return None
    return str(given.get("cursor") or "")


def _number(given: Mapping[str, Any], name: str, default: int) -> int:
    value = given.get(name)
    if value is None or value == "":
        return default
    try:
        return int(value)
    except (TypeError, ValueError):
        raise ScimProblem(400, f"{name} must be a whole number", "invalidValue") from None


def _check_level(tree: Filter, level: FilterLevel) -> None:
    if level is FilterLevel.ALL:
        return
    parts = tree.parts if level is FilterLevel.COMMON and isinstance(tree, And) else (tree,)
    names = _COMMON_FILTERS if level is FilterLevel.COMMON else {"username"}
    for part in parts:
        if not isinstance(part, Compare) or part.op != "eq" or part.path.lower() not in names:
            raise ScimProblem(
                400,
                "this service filters by "
                + ("userName eq" if level is FilterLevel.USER_NAME else "eq on common attributes")
                + " only",
                "invalidFilter",
            )


def list_response(
    query: ListQuery,
    store: ResourceStore,
    kind: Kind,
    settings: SandboxSettings,
    base_url: str,
    cursors: Cursors,
) -> bytes:
    """The ListResponse with the page that the query asks for.

    Raises:
        ScimProblem: 400 for a cursor that cannot be used.
    """
    if query.cursor:
        walk = cursors.find(query.cursor, query.asked, query.count)
        ids, start = walk.ids, walk.start
    else:
        ids, start = _select(query.filter, store, kind, settings), query.start_index - 1
        if query.sort_by is not None:
            ids = _sorted(ids, query.sort_by, query.descending, store)
    place = b'"startIndex":%d,' % (start + 1)
    if query.cursor is not None:
        start = start if query.cursor else 0
        place = _next_page(query, ids, start + query.count, cursors)
    page = [i for i in ids[start : start + query.count] if i in store]
    if query.projection.is_everything:
        resources = store.bodies(page, base_url)
    else:
        shown = [orjson.dumps(query.projection.apply(store[i])) for i in page]
        resources = absolute(b",".join(shown), base_url)
    return b'{"schemas":["%s"],"totalResults":%d,%s"itemsPerPage":%d,"Resources":[%s]}' % (
        LIST_RESPONSE.encode(),
        len(ids),
        place,
        len(page),
        resources,
    )


def _next_page(query: ListQuery, ids: Sequence[str], start: int, cursors: Cursors) -> bytes:
    """The word about the page after this one; nothing when there is none."""
    if start >= len(ids) or not query.count:
        return b""
    kept = ids if query.cursor else tuple(ids)  # as selected now, whatever is added later
    return b'"nextCursor":"%s",' % cursors.keep(kept, start, query.asked, query.count).encode()


def _select(
    tree: Filter | None, store: ResourceStore, kind: Kind, settings: SandboxSettings
) -> Sequence[str]:
    """The ids a filter selects; straight from an index where one part of it names a key."""
    if tree is None:
        return store.ids
    holds = compile_filter(tree, kind, lenient_booleans=settings.lenient_booleans)
    parts = tree.parts if isinstance(tree, And) else (tree,)
    for part in parts:
        candidates = _from_index(part, store)
        if candidates is not None:
            return [i for i in candidates if len(parts) == 1 or holds(store[i])]
    return [i for i in store if holds(store[i])]


def _from_index(part: Filter, store: ResourceStore) -> Sequence[str] | None:
    if not isinstance(part, Compare) or part.op != "eq" or not isinstance(part.value, str):
        return None
    match part.path.lower().rpartition(":")[2]:
        case "username":
            return store.ids_by_user_name(part.value)
        case "externalid":
            return store.ids_by_external_id(part.value)
        case "id":
            return (part.value,) if part.value in store else ()
        case _:
            return None


def _sorted(
    ids: Sequence[str], sort_by: Place, descending: bool, store: ResourceStore
) -> Sequence[str]:
    """Sorted ids; those without a value come last when ascending (RFC 7644 section 3.4.2.3)."""

    def key(resource_id: str) -> tuple[bool, str]:
        value: Any = store[resource_id]
        if sort_by.extension is not None:
            value = value.get(sort_by.extension.urn, {})
        for attribute in (sort_by.attribute, sort_by.sub):
            if isinstance(value, list):  # the primary value, or else the first
                value = next((e for e in value if e.get("primary")), value[0] if value else None)
            if attribute is not None and isinstance(value, dict):
                value = value.get(attribute.name)
        text = value if isinstance(value, str) else "" if value is None else str(value)
        leaf = sort_by.leaf
        return value is None, text if leaf is not None and leaf.case_exact else text.casefold()

    return sorted(ids, key=key, reverse=descending)
