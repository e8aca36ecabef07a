"""Flat changes as a PATCH, in three dialects: the RFC's own first, then what poorer servers take.

Pure. RFC 7644 section 3.5.2. `replace` is preferred over `add`, which one server was seen to ignore
(open-webui issue 30074).
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Any

from data_contracts.scim.paths import AttributePath, parse_path
from data_contracts.scim.resource import Resource, Value, look_up
from data_contracts.scim.schema import PATCH_SCHEMA, USER_SCHEMA
from tasks.scim.merge import merge_changes, writable


class PatchDialect(IntEnum):
    """How a PATCH names what it changes, the most exact first."""

    VALUE_PATHS = 0
    """`emails[type eq "work"].value`: one operation for each value."""
    WHOLE_LISTS = 1
    """`emails` with the whole list, merged from a read; single values by their path."""
    WITHOUT_PATHS = 2
    """One operation without path, whose value is a part of a User."""


def needs_current(
    changes: Mapping[str, Value], dialect: PatchDialect, extensions: tuple[str, ...] = ()
) -> bool:
    """Whether the dialect has to know the present resource to say these changes."""
    if dialect is PatchDialect.VALUE_PATHS:
        return False
    paths = [parse_path(text, extensions) for text in changes]
    if dialect is PatchDialect.WHOLE_LISTS:
        return any(path.selector is not None for path in paths)
    return any(path.sub is not None or path.schema != USER_SCHEMA for path in paths)


def patch_body(
    changes: Mapping[str, Value],
    *,
    dialect: PatchDialect = PatchDialect.VALUE_PATHS,
    extensions: tuple[str, ...] = (),
    absent: frozenset[str] = frozenset(),
    current: Resource | None = None,
) -> dict[str, Any]:
    """Write changes as a PatchOp.

    Args:
        changes: New values by path; empty text clears.
        dialect: How.
        extensions: URNs of the target's own schemas.
        absent: Paths whose list element is known not to be there: it is added, since replacing it
            is an error (RFC 7644 section 3.5.2.3, `noTarget`).
        current: The present resource, where `needs_current` says so.

    Returns:
        The request's body.

    >>> patch_body({"active": False})["Operations"]
    [{'op': 'replace', 'path': 'active', 'value': False}]
    """
    parsed = [(parse_path(text, extensions), text, value) for text, value in changes.items()]
    if dialect is PatchDialect.VALUE_PATHS:
        operations = _by_value_paths(parsed, absent)
    else:
        merged = writable(merge_changes(current or {}, changes, extensions))
        if dialect is PatchDialect.WHOLE_LISTS:
            operations = _with_whole_lists(parsed, merged)
        else:
            operations = [{"op": "replace", "value": _part(parsed, merged)}]
    return {"schemas": [PATCH_SCHEMA], "Operations": operations}


_Parsed = list[tuple[AttributePath, str, Value]]


def _by_value_paths(parsed: _Parsed, absent: frozenset[str]) -> list[dict[str, Any]]:
    operations: list[dict[str, Any]] = []
    added: dict[str, list[dict[str, Any]]] = {}  # the new elements of each list, in one operation
    for path, text, value in parsed:
        if path.selector is None or text not in absent:
            operations.append(_single(path, value))
        elif value != "":
            attribute, key, mark = _attribute(path), path.selector.key, path.selector.value
            if attribute not in added:
                added[attribute] = []
                operations.append({"op": "add", "path": attribute, "value": added[attribute]})
            element = next((e for e in added[attribute] if e.get(key) == mark), None)
            if element is None:
                element = {key: mark}
                added[attribute].append(element)
            element[path.sub or "value"] = value
    return operations


def _with_whole_lists(parsed: _Parsed, merged: dict[str, Any]) -> list[dict[str, Any]]:
    operations: dict[str, dict[str, Any]] = {}
    for path, _, value in parsed:
        if path.selector is None:
            operations[str(path)] = _single(path, value)
            continue
        attribute = _attribute(path)
        elements = _merged_value(merged, path)
        operations[attribute] = (
            {"op": "replace", "path": attribute, "value": elements}
            if elements
            else {"op": "remove", "path": attribute}
        )
    return list(operations.values())


def _single(path: AttributePath, value: Value) -> dict[str, Any]:
    if value != "":
        return {"op": "replace", "path": str(path), "value": value}
    if path.sub == "value":  # an element or a reference without its value says nothing
        return {"op": "remove", "path": f"{_attribute(path)}{path.selector or ''}"}
    return {"op": "remove", "path": str(path)}


def _part(parsed: _Parsed, merged: dict[str, Any]) -> dict[str, Any]:
    """The changed part of a User; objects and lists whole: some servers replace them whole."""
    part: dict[str, Any] = {}
    for path, _, value in parsed:
        if path.schema != USER_SCHEMA:
            part[path.schema] = look_up(merged, path.schema)
        elif path.sub is None and path.selector is None:
            part[path.name] = None if value == "" else value
        else:
            part[path.name] = _merged_value(merged, path)
    return part


def _merged_value(merged: dict[str, Any], path: AttributePath) -> Any:
    node = merged if path.schema == USER_SCHEMA else look_up(merged, path.schema)
    return look_up(node, path.name) if isinstance(node, Mapping) else None


def _attribute(path: AttributePath) -> str:
    """The whole attribute that a path is in."""
    return path.name if path.schema == USER_SCHEMA else f"{path.schema}:{path.name}"
