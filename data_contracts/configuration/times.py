"""Times as settings write them: zones of the IANA database, and cron's five fields."""

import re
from collections.abc import Mapping
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator

_DAYS = {name: i for i, name in enumerate(("sun", "mon", "tue", "wed", "thu", "fri", "sat"))}
_MONTHS = {
    name: i
    for i, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_FIELDS: tuple[tuple[str, int, int, Mapping[str, int]], ...] = (
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day of the month", 1, 31, {}),
    ("month", 1, 12, _MONTHS),
    ("day of the week", 0, 7, _DAYS),
)
_PART = re.compile(r"(?:\*|(\w+)(?:-(\w+))?)(?:/([1-9]\d*))?")


def _known_zone(value: str) -> str:
    if value not in available_timezones():
        raise ValueError(f"{value!r} is no time zone of the IANA database (Europe/Zurich, UTC)")
    return value


def _cron(value: str) -> str:
    parts = value.split()
    if len(parts) != len(_FIELDS):
        names = ", ".join(name for name, *_ in _FIELDS)
        raise ValueError(f"{value!r} is no cron schedule: it has five fields ({names})")
    for part, (name, first, last, words) in zip(parts, _FIELDS, strict=True):
        if not all(_fits(piece.lower(), first, last, words) for piece in part.split(",")):
            raise ValueError(f"{part!r} is no {name} of a cron schedule ({first} to {last}, or *)")
    return value


def _fits(piece: str, first: int, last: int, names: Mapping[str, int]) -> bool:
    found = _PART.fullmatch(piece)
    if found is None:
        return False
    low, high, _ = found.groups()
    numbers = [_number(text, names) for text in (low, high) if text is not None]
    return numbers == sorted(numbers) and all(first <= number <= last for number in numbers)


def _number(text: str, names: Mapping[str, int]) -> int:
    return int(text) if text.isdecimal() else names.get(text, -1)


TimeZone = Annotated[str, AfterValidator(_known_zone)]
"""A zone of the IANA database."""

Cron = Annotated[str, AfterValidator(_cron)]
"""Minute, hour, day of the month, month, day of the week."""
