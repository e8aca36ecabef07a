"""Whether a resource holds what was meant, on the attributes that were meant alone.

Pure. The same normal form as the planner's: what it takes for equal is not written again.
"""

from collections.abc import Mapping
from functools import lru_cache

from data_contracts.scim.paths import AttributePath, parse_path
from data_contracts.scim.resource import Reader, Resource, Value, compile_reader, normal_form


@lru_cache(maxsize=1024)  # a mapping has some dozens of paths, compared for every person
def _reader(path: str, extensions: tuple[str, ...]) -> tuple[AttributePath, Reader]:
    parsed = parse_path(path, extensions)
    return parsed, compile_reader(parsed)


class Projection:
    """Compares resources with what was meant.

    Args:
        extensions: URNs of the target's own schemas.
        not_kept: Paths that the target does not keep or rewrites; they are not compared.
    """

    def __init__(self, extensions: tuple[str, ...] = (), not_kept: tuple[str, ...] = ()) -> None:
        self.extensions = extensions
        self._not_kept = frozenset(str(parse_path(path, extensions)) for path in not_kept)

    def differing(self, resource: Resource, wanted: Mapping[str, Value]) -> tuple[str, ...]:
        """The paths whose value is not as meant, in the order of `wanted`."""
        found = []
        for text, value in wanted.items():
            path, read = _reader(text, self.extensions)
            there = read(resource)
            if there is None and text == "active":  # who does not say so is active
                there = True
            if there == value or normal_form(there, path) == normal_form(value, path):
                continue
            if str(path) not in self._not_kept:
                found.append(text)
        return tuple(found)

    def value(self, resource: Resource, text: str) -> Value | None:
        """One value of a resource in normal form; None when it is not there."""
        path, read = _reader(text, self.extensions)
        return normal_form(read(resource), path)
