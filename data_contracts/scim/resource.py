"""Single values in and out of a SCIM User resource, and the form in which two values are compared.

A resource is a JSON object as it came or will go; a *flat* user is `{path: value}` with one entry
for each owned attribute. Reading tolerates what real servers do (names in another case, `active` as
text, a dropped `type`); writing follows RFC 7643.
"""

import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

from data_contracts.scim.paths import AttributePath, parse_path
from data_contracts.scim.schema import USER_SCHEMA, Kind

Value = str | bool
Resource = Mapping[str, Any]
Reader = Callable[[Resource], Value | None]

_TRUE_WORDS = frozenset({"true", "1", "yes"})
"""What is sent for a boolean as text (`"True"`: SCIMReferenceCode issue 21, scimmy issue 51)."""


def look_up(node: Resource, name: str) -> Any:
    """Read a key whatever its case: attribute names are case-insensitive (RFC 7643 section 2.1)."""
    if name in node:
        return node[name]
    lower = name.lower()
    return next((v for k, v in node.items() if k.lower() == lower), None)


def read_boolean(value: Any) -> bool | None:
    """Read a boolean, also one sent as text or number; None when there is none."""
    if value is None or isinstance(value, bool):
        return value
    return str(value).strip().lower() in _TRUE_WORDS


def compile_reader(path: AttributePath) -> Reader:
    """Make a function that reads one path from a resource.

    Args:
        path: What to read.

    Returns:
        A function from a resource to the value: text, a boolean, or None when it is not there.
        Numbers come as text. An element chosen by `type` or `primary` is also found when it is the
        only one and carries no such mark, since servers drop it (recorded for 1Password).
    """

    def read(resource: Resource) -> Value | None:
        node: Any = resource
        if path.schema != USER_SCHEMA:
            node = look_up(resource, path.schema)
        if isinstance(node, Mapping):
            node = look_up(node, path.name)
        if path.selector is not None:
            node = _select(node, path.selector.key, path.selector.value)
        if path.sub is not None and isinstance(node, Mapping):
            node = look_up(node, path.sub)
        return _plain(node, path)

    return read


def _select(elements: Any, key: str, wanted: Value) -> Any:
    if isinstance(elements, str):
        return {"value": elements}  # a list given as one bare value
    if isinstance(elements, Mapping):
        elements = [elements]
    if not isinstance(elements, list):
        return None
    elements = [e if isinstance(e, Mapping) else {"value": e} for e in elements if e is not None]
    for element in elements:
        mark = look_up(element, key)
        if mark is not None and str(mark).lower() == str(wanted).lower():
            return element
    if len(elements) == 1 and look_up(elements[0], key) in (None, False):
        return elements[0]
    return None


def _plain(node: Any, path: AttributePath) -> Value | None:
    if path.info.kind is Kind.BOOLEAN:
        return read_boolean(node)
    if node is None or isinstance(node, Mapping | list):
        return None
    return str(node)


def build_resource(flat: Mapping[str, Value], extensions: tuple[str, ...] = ()) -> dict[str, Any]:
    """Write a flat user as a SCIM User resource.

    Args:
        flat: Values by path (see `parse_path`). Empty text is left out: there is nothing to clear
            in a new resource.
        extensions: URNs of the target's own schemas.

    Returns:
        A resource with `schemas` for exactly the schemas that are used (RFC 7643 section 3), keys
        in the order of `flat`. One e-mail address is the primary one: that for work, else the
        first, unless a path says so itself.

    >>> build_resource({"userName": "a@b.example", "name.givenName": "A"})["name"]
    {'givenName': 'A'}
    """
    resource: dict[str, Any] = {"schemas": [USER_SCHEMA]}
    for text, value in flat.items():
        if value == "":
            continue
        path = parse_path(text, extensions)
        node = resource
        if path.schema != USER_SCHEMA:
            if path.schema not in resource["schemas"]:
                resource["schemas"].append(path.schema)
            node = resource.setdefault(path.schema, {})
        _write(node, path, value)
    _mark_primary(resource.get("emails", []))
    return resource


def _mark_primary(emails: list[dict[str, Any]]) -> None:
    """Make the address for work, else the first one, primary; not beside another that is."""
    if not any(email.get("primary") for email in emails):
        free = [email for email in emails if "primary" not in email]
        for email in sorted(free, key=lambda e: e.get("type") != "work")[:1]:
            email["primary"] = True


def _write(node: dict[str, Any], path: AttributePath, value: Value) -> None:
    if path.selector is not None:
        elements = node.setdefault(path.name, [])
        key, wanted = path.selector.key, path.selector.value
        element = next((e for e in elements if e.get(key) == wanted), None)
        if element is None:
            element = {key: wanted}
            elements.append(element)
        element[path.sub or "value"] = value
    elif path.sub is not None:
        node.setdefault(path.name, {})[path.sub] = value
    else:
        node[path.name] = value


def normal_form(value: Value | None, path: AttributePath) -> Value | None:
    """Bring a value into the form in which two sides are compared.

    Args:
        value: A value as read or as meant.
        path: Whose value it is.

    Returns:
        Text in NFC without white space around it, lower-cased for identifiers; booleans as they
        are; None for what is not there. Empty text and nothing are the same (RFC 7643 section
        2.5).
    """
    if value is None or isinstance(value, bool):
        return value
    text = unicodedata.normalize("NFC", value).strip()
    return (text.lower() if path.info.folds_case else text) or None
