"""Facts that the standard has no key for: `customProperties`, read by name and kind.

A property that nobody knows is an error that names the nearest, unless it says by `vendor` that it
belongs to somebody else.
"""

from collections.abc import Callable, Mapping
from typing import Any

from data_contracts.odcs.problems import Problems, nearest
from data_contracts.yaml_lines import Place

VENDOR = "scimflow"

Reader = Callable[[Any, Place, Problems], Any]


def read_custom(
    element: Mapping[str, Any], place: Place, known: Mapping[str, Reader], problems: Problems
) -> dict[str, Any]:
    """Read an element's custom properties.

    Args:
        element: A server, a schema, a property or a relationship of the contract.
        place: Where it stands.
        known: What reads each property, by name.
        problems: Takes unknown, doubled and wrong properties.

    Returns:
        The values by name; only those that are there and right.
    """
    values: dict[str, Any] = {}
    for index, entry in enumerate(element.get("customProperties") or []):
        name, here = entry["property"], (*place, "customProperties", index)
        if entry.get("vendor", VENDOR) != VENDOR:
            continue
        if name not in known:
            problems.add((*here, "property"), f"unknown property `{name}`{nearest(name, known)}")
        elif name in values:
            problems.add((*here, "property"), f"`{name}` stands twice")
        else:
            values[name] = known[name](entry["value"], (*here, "value"), problems)
    return {name: value for name, value in values.items() if value is not None}


def place_of(name: str, element: Mapping[str, Any], place: Place) -> Place:
    """Where a custom property's value stands; the element's own place when it is not there."""
    for index, entry in enumerate(element.get("customProperties") or []):
        if entry["property"] == name:
            return (*place, "customProperties", index, "value")
    return place


def as_text(value: Any, place: Place, problems: Problems) -> str | None:
    """A text that is not empty."""
    text = problems.text(value, place)
    if text == "":
        problems.add(place, "must not be empty")
        return None
    return text


def as_texts(value: Any, place: Place, problems: Problems) -> tuple[str, ...]:
    """A list of texts, or one text."""
    return problems.texts(value, place)


def as_flag(value: Any, place: Place, problems: Problems) -> bool | None:
    """True or false."""
    if isinstance(value, bool):
        return value
    problems.add(place, "must be true or false")
    return None


def as_count(value: Any, place: Place, problems: Problems) -> int | None:
    """A whole number from 0."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    problems.add(place, "must be a whole number, 0 or more")
    return None


def as_fraction(value: Any, place: Place, problems: Problems) -> float | None:
    """A share between 0 and 1."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1:
        return float(value)
    problems.add(place, "must be a share between 0 and 1 (0.1 is ten in a hundred)")
    return None


def as_mapping(value: Any, place: Place, problems: Problems) -> dict[str, Any] | None:
    """Keys with values."""
    if isinstance(value, dict):
        return value
    problems.add(place, "must be keys with values")
    return None


def as_is(value: Any, place: Place, problems: Problems) -> Any:
    """Any value: what reads it knows the rest of the contract."""
    return value


def one_of(*words: str) -> Reader:
    """A reader that takes one of some words."""

    def read(value: Any, place: Place, problems: Problems) -> str | None:
        if value in words:
            return str(value)
        problems.add(place, f"`{value}` is not allowed{nearest(str(value), words)}")
        return None

    return read
