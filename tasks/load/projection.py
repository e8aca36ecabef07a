"""Whether a resource holds what was meant, on the attributes that were meant alone.

Pure. The same normal form as the planner's: what it takes for equal is not written again.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache

from data_contracts.learned import Learned, Rewrite, mark_of
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
        learned: The same, as earlier writes showed it.
    """

    def __init__(
        self,
        extensions: tuple[str, ...] = (),
        not_kept: tuple[str, ...] = (),
        learned: Learned | None = None,
    ) -> None:
        self.extensions = extensions
        self._learned = learned or Learned()
        self._not_kept = {str(parse_path(path, extensions)) for path in not_kept}
        self._not_kept |= self._learned.never_kept

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

    def compared(self, paths: Iterable[str]) -> tuple[str, ...]:
        """Those of some paths that are compared at all, in their order."""
        return tuple(path for path in paths if str(self._path(path)) not in self._not_kept)

    def rewrites(
        self,
        account_id: str,
        resource: Resource,
        wanted: Mapping[str, Value],
        before: Mapping[str, Value | None],
        differing: Iterable[str],
    ) -> tuple[Rewrite, ...]:
        """What the target made of values that it stored otherwise than written.

        Args:
            account_id: Whose.
            resource: The account after the write.
            wanted: What was written, by path.
            before: What the account held; nothing for a new one.
            differing: The paths that are not as meant.

        Returns:
            One for each path that changed, and not into what was meant. A path that shows what it
            showed before was ignored, and is not among them.
        """
        found = []
        for text in differing:
            path = self._path(text)
            held = self.value(resource, text)
            if held is None or held == normal_form(before.get(text), path):
                continue
            meant = mark_of(account_id, text, normal_form(wanted[text], path))
            found.append(Rewrite(text, meant, mark_of(account_id, text, held)))
        return tuple(found)

    def is_habit(self, rewrite: Rewrite) -> bool:
        """Whether this target is known to make its own value of the attribute."""
        return rewrite.path in self._learned.rewritten

    def _path(self, text: str) -> AttributePath:
        return _reader(text, self.extensions)[0]

    def value(self, resource: Resource, text: str) -> Value | None:
        """One value of a resource in normal form; None when it is not there."""
        path, read = _reader(text, self.extensions)
        return normal_form(read(resource), path)
