"""What is wrong with a contract file, gathered with lines and paths and told all at once."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from data_contracts.errors import ContractFileError
from data_contracts.yaml_lines import Place, line_of

_SHOWN = 12  # known names listed when none is near


class Problems:
    """The problems of one contract file.

    Args:
        origin: The file, for messages.
        lines: Line by place, of `parse_yaml`.
    """

    def __init__(self, origin: str, lines: Mapping[Place, int]) -> None:
        self.origin = origin
        self._lines = dict(lines)
        self._found: dict[str, tuple[bool, str, int]] = {}

    def __bool__(self) -> bool:
        return bool(self._found)

    def add(self, place: Place, message: str) -> None:
        """Note a problem at a place."""
        origin, line, there = self.locate(place)
        path = ".".join(str(part) for part in there) or "contract"
        order = (origin != self.origin, origin, line)
        self._found.setdefault(f"{origin}:{line}: {path}: {message}", order)

    def locate(self, place: Place) -> tuple[str, int, Place]:
        """Tell the file, the line and the place in that file of a value."""
        return self.origin, line_of(place, self._lines), place

    def stop_if_any(self) -> None:
        """Stop when there are problems.

        Raises:
            ContractFileError: All of them, one a line, in the order of the file.
        """
        if self._found:
            ordered = sorted(self._found, key=lambda text: (self._found[text], text))
            raise ContractFileError("\n".join(ordered))

    def texts(self, value: Any, place: Place) -> tuple[str, ...]:
        """A list of texts; a single text counts as a list of one.

        A number, a date or `yes` that is not in quotes is a problem: YAML has changed it already.
        """
        if value is None:
            return ()
        items = value if isinstance(value, list) else [value]
        for index, item in enumerate(items):
            if not isinstance(item, str):
                where = (*place, index) if isinstance(value, list) else place
                self.add(where, f"must be text: put {_written(item)} into quotes")
        return tuple(item for item in items if isinstance(item, str))

    def text(self, value: Any, place: Place) -> str | None:
        """A text, or None with a problem noted."""
        if isinstance(value, str):
            return value
        self.add(place, f"must be text: put {_written(value)} into quotes")
        return None


def nearest(name: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown name: the nearest known one, or all of them.

    >>> nearest("requried", ["required", "unique"])
    '; did you mean `required`?'
    >>> nearest("zzz", ["required", "unique"])
    '; known here: required, unique'
    """
    names = sorted(set(known))
    close = get_close_matches(name, names, n=1, cutoff=0.6)
    if close:
        return f"; did you mean `{close[0]}`?"
    if not names:
        return ""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"; known here: {', '.join(names[:_SHOWN])}{more}"


def _written(value: Any) -> str:
    return "it" if isinstance(value, (dict, list)) else f"`{value}`"
