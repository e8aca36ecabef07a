"""Flat changes put into a resource as the target gave it: the base of PUT and of whole lists.

Pure. RFC 7643 section 2.4 (multi-valued attributes), RFC 7644 section 3.5.1 (replacing).
"""

import copy
from collections.abc import Mapping
from typing import Any

from data_contracts.scim.paths import AttributePath, Selector, parse_path
from data_contracts.scim.resource import Resource, Value, look_up
from data_contracts.scim.schema import SCHEMAS, USER_SCHEMA, AttributeInfo


def merge_changes(
    current: Resource, changes: Mapping[str, Value], extensions: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Put changes into a resource.

    Args:
        current: The resource as it was read; not modified.
        changes: New values by path; empty text clears.
        extensions: URNs of the target's own schemas.

    Returns:
        A copy in which exactly the changed values differ. Names keep the case in which the target
        wrote them; `schemas` names an extension that was not there before.

    >>> merge_changes({"Title": "A", "x": 1}, {"title": "B"})
    {'Title': 'B', 'x': 1}
    """
    merged = copy.deepcopy(dict(current))
    for text, value in changes.items():
        path = parse_path(text, extensions)
        node = merged
        if path.schema != USER_SCHEMA:
            node = _child(merged, path.schema)
            _declare(merged, path.schema)
        _put(node, path, value)
    return merged


def writable(resource: Resource) -> dict[str, Any]:
    """A resource without what the target alone sets (RFC 7643 section 7, `readOnly`).

    The id stays: the RFC has the target ignore it, and some want to see it in a PUT.
    """
    kept = _without_read_only(resource, SCHEMAS[USER_SCHEMA], keep="id")
    for urn, attributes in SCHEMAS.items():
        name = _key(kept, urn)
        if isinstance(kept.get(name), Mapping):
            kept[name] = _without_read_only(kept[name], attributes)
    return kept


def _without_read_only(
    node: Resource, attributes: Mapping[str, AttributeInfo], keep: str = ""
) -> dict[str, Any]:
    infos = {name.lower(): info for name, info in attributes.items()}
    kept: dict[str, Any] = {}
    for name, value in node.items():
        info = infos.get(name.lower(), AttributeInfo())
        if info.read_only and name.lower() != keep:
            continue
        if isinstance(value, Mapping) and info.sub:
            value = _without_read_only(value, info.sub)
        if value not in (None, [], {}):
            kept[name] = value
    return kept


def _put(node: dict[str, Any], path: AttributePath, value: Value) -> None:
    name = _key(node, path.name)
    if path.selector is not None:
        node[name] = _changed_list(node.get(name), path.selector, path.sub or "value", value)
    elif path.sub is None:
        _set(node, name, value)
    elif value == "" and path.sub == "value":
        node.pop(name, None)  # a reference without its value refers to nothing (`manager`)
    else:
        child = _child(node, path.name)
        _set(child, _key(child, path.sub), value)


def _set(node: dict[str, Any], name: str, value: Value) -> None:
    if value == "":
        node.pop(name, None)
    else:
        node[name] = value


def _changed_list(given: Any, selector: Selector, sub: str, value: Value) -> list[dict[str, Any]]:
    elements = _elements(given)
    element = find_element(elements, selector)
    if value == "":
        if element is not None and sub == "value":
            return [e for e in elements if e is not element]
        if element is not None:
            element.pop(_key(element, sub), None)
        return elements
    if element is None:
        element = {selector.key: selector.value}
        elements.append(element)
    if selector.key == "primary" and selector.value is True:
        for other in elements:  # at most one is primary (RFC 7643 section 2.4)
            if other is not element and look_up(other, "primary"):
                other[_key(other, "primary")] = False
        element[_key(element, "primary")] = True
    element[_key(element, sub)] = value
    return elements


def _elements(given: Any) -> list[dict[str, Any]]:
    """A multi-valued attribute as a list of objects, however the target wrote it."""
    if given is None:
        return []
    found = given if isinstance(given, list) else [given]
    return [dict(e) if isinstance(e, Mapping) else {"value": e} for e in found if e is not None]


def find_element(elements: list[dict[str, Any]], selector: Selector) -> dict[str, Any] | None:
    """The element that a selector means, by the same rule by which values are read.

    Args:
        elements: Of one multi-valued attribute.
        selector: Which one.

    Returns:
        The first that carries the mark, or the only one when it carries none: servers drop `type`.
    """
    wanted = str(selector.value).lower()
    for element in elements:
        mark = look_up(element, selector.key)
        if mark is not None and str(mark).lower() == wanted:
            return element
    if len(elements) == 1 and look_up(elements[0], selector.key) in (None, False):
        return elements[0]
    return None


def has_element(resource: Resource, path: AttributePath) -> bool:
    """Whether the list element that a path chooses is there."""
    node = resource if path.schema == USER_SCHEMA else look_up(resource, path.schema)
    if path.selector is None or not isinstance(node, Mapping):
        return False
    return find_element(_elements(look_up(node, path.name)), path.selector) is not None


def _child(node: dict[str, Any], name: str) -> dict[str, Any]:
    """The object below a name; made where it is missing."""
    key = _key(node, name)
    if not isinstance(node.get(key), dict):
        node[key] = {}
    child: dict[str, Any] = node[key]
    return child


def _key(node: Resource, name: str) -> str:
    """The name as the node spells it, or as it is when the node has none."""
    if name in node:
        return name
    lower = name.lower()
    return next((k for k in node if k.lower() == lower), name)


def _declare(resource: dict[str, Any], urn: str) -> None:
    """`schemas` names each schema whose attributes are there (RFC 7643 section 3)."""
    key = _key(resource, "schemas")
    given = resource.get(key)
    schemas = list(given) if isinstance(given, list) else [USER_SCHEMA]
    if urn.lower() not in {str(s).lower() for s in schemas}:
        schemas.append(urn)
    resource[key] = schemas
