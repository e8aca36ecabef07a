"""Paths into a JSON record: `profile.email`, `emails.0.value`, `relations[type=manager].value`."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

ABSENT = object()
"""Stands for a value that is not there at all; null is there."""

_PART = re.compile(r"([^.\[]*)(?:\[([^=\]]+)=([^\]]*)\])?(?:\.|$)")


@dataclass(frozen=True, slots=True)
class PathPart:
    """One step down.

    Attributes:
        key: The key of an object, or the position in a list.
        where: A key that the wanted item of the list under `key` has; "" for no list.
        equals: The value of that key.
    """

    key: str
    where: str = ""
    equals: str = ""


@cache
def path_parts(path: str) -> tuple[PathPart, ...]:
    """Take a path apart.

    >>> path_parts("relations[type=manager].value")[0]
    PathPart(key='relations', where='type', equals='manager')
    """
    parts: list[PathPart] = []
    position = 0
    while position < len(path):
        found = _PART.match(path, position)
        if found is None or not found.group():
            return (PathPart(path),)  # no path that can be read: a key with brackets of its own
        parts.append(PathPart(found.group(1), found.group(2) or "", found.group(3) or ""))
        position = found.end()
    return tuple(parts)


def follow(record: Any, path: str) -> Any:
    """The value to which a path leads; `ABSENT` where there is none.

    Args:
        record: A decoded JSON value, scalars as text.
        path: Keys and positions joined by dots; `[key=value]` chooses the first item of a list
            that has this value. A null on the way is null at the end.
    """
    value = record
    for part in path_parts(path):
        value = _step(value, part)
        if value is None or value is ABSENT:
            break
    return value


def _step(value: Any, part: PathPart) -> Any:
    if isinstance(value, dict):
        value = value.get(part.key, ABSENT)
    elif isinstance(value, list) and part.key.isdecimal():
        value = value[int(part.key)] if int(part.key) < len(value) else None
    else:
        return ABSENT
    return _choose(value, part) if part.where and isinstance(value, list) else value


def _choose(items: list[Any], part: PathPart) -> Any:
    """The first item with the wanted value; null when there is none, as in an empty list."""
    for item in items:
        if isinstance(item, dict) and part.where in item:
            found = item[part.where]
            text = str(found).lower() if isinstance(found, bool) else found
            if text == part.equals:
                return item
    return None
