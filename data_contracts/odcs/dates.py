"""How dates are written: from a contract's format to what checks and parses exactly that.

The standard writes formats as Java does (`yyyy-MM-dd`, `M/d/yyyy`); strptime's way (`%Y-%m-%d`)
is understood as well. Numbers have names: `epoch-seconds`, `epoch-millis`, `odata-millis`
(`/Date(1666254202000+0000)/`), `filetime`. Which day is meant where a zone is in play is declared
and never guessed: made UTC, midnight in Zurich is the day before.
"""

import re
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from data_contracts.dates import LOCAL, UTC, DateFormat, DateKind, DateReading
from data_contracts.odcs.ambiguous_dates import read_two_ways
from data_contracts.odcs.problems import Problems
from data_contracts.yaml_lines import Place

_JAVA = {
    "yyyy": ("%Y", "[0-9]{4}"),
    "uuuu": ("%Y", "[0-9]{4}"),
    "yy": ("%y", "[0-9]{2}"),
    "MMMM": ("%B", "[A-Za-z]+"),
    "MMM": ("%b", "[A-Za-z]{3}"),
    "MM": ("%m", "[0-9]{2}"),
    "M": ("%m", "[0-9]{1,2}"),
    "dd": ("%d", "[0-9]{2}"),
    "d": ("%d", "[0-9]{1,2}"),
    "HH": ("%H", "[0-9]{2}"),
    "H": ("%H", "[0-9]{1,2}"),
    "hh": ("%I", "[0-9]{2}"),
    "h": ("%I", "[0-9]{1,2}"),
    "mm": ("%M", "[0-9]{2}"),
    "ss": ("%S", "[0-9]{2}"),
    "SSS": ("%f", "[0-9]{3}"),
    "SSSSSS": ("%f", "[0-9]{6}"),
    "a": ("%p", "[AaPp][Mm]"),
}
_STRPTIME = {
    "%Y": "[0-9]{4}",
    "%y": "[0-9]{2}",
    "%B": "[A-Za-z]+",
    "%b": "[A-Za-z]{3}",
    "%m": "[0-9]{2}",
    "%d": "[0-9]{2}",
    "%H": "[0-9]{2}",
    "%I": "[0-9]{2}",
    "%M": "[0-9]{2}",
    "%S": "[0-9]{2}",
    "%f": "[0-9]{1,6}",
    "%p": "[AaPp][Mm]",
}
_JAVA_TOKEN = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']")
_STRPTIME_TOKEN = re.compile(r"%.|[^%]")
_SPECIAL = re.compile(r"[.^$*+?{}\[\]\\|()]")
_ZONE = "zone"
_ZONES = {
    "X": "Z|[+-][0-9]{2}(?:[0-9]{2})?",
    "XX": "Z|[+-][0-9]{4}",
    "XXX": "Z|[+-][0-9]{2}:[0-9]{2}",
    "xx": "[+-][0-9]{4}",
    "xxx": "[+-][0-9]{2}:[0-9]{2}",
    "Z": "[+-][0-9]{4}",
}
_NAMELESS_ZONES = frozenset("VzOXxZ")
NUMBERS = {
    "epoch-seconds": DateFormat("epoch-seconds", "^(-?[0-9]{1,11})$", kind=DateKind.SECONDS),
    "epoch-millis": DateFormat("epoch-millis", "^(-?[0-9]{1,15})$", kind=DateKind.MILLISECONDS),
    # Of the offset only +0000 was ever seen; what another would mean (minutes? hours?) is not told
    # alike everywhere, so it is no date.
    "odata-millis": DateFormat(
        "odata-millis", r"^/Date\((-?[0-9]{1,15})(?:[+]0000)?\)/$", kind=DateKind.MILLISECONDS
    ),
    "filetime": DateFormat("filetime", "^([0-9]{1,18})$", kind=DateKind.FILETIME),
}
"""Dates that are numbers, by the name that a contract gives them."""

DEFAULT_DATE = "yyyy-MM-dd"


def read_dates(
    element: Mapping[str, Any], custom: Mapping[str, Any], place: Place, problems: Problems
) -> DateReading | None:
    """How a date column writes its dates; None for other columns.

    A time stamp without a declared format is not checked: exports write them in many ways, and
    nothing is decided by them.

    Args:
        element: The property of the standard.
        custom: Its custom properties, `formats` and `day` among them.
        place: Where it stands.
        problems: Takes what is wrong.
    """
    kind = element.get("logicalType")
    options = element.get("logicalTypeOptions") or {}
    texts = [options["format"]] if "format" in options else []
    texts += custom.get("formats", ())
    if kind not in ("date", "timestamp"):
        for name in ("formats", "day"):
            if name in custom:
                problems.add(place, f"`{name}` is for columns of type date or timestamp")
        return None
    if kind == "date" and not texts:
        texts = [DEFAULT_DATE]
    formats = _formats(texts, place, problems)
    day = _day(formats, custom.get("day"), place, problems)
    return DateReading(formats, day) if formats else None


def _formats(texts: list[str], place: Place, problems: Problems) -> tuple[DateFormat, ...]:
    formats: list[DateFormat] = []
    for text in texts:
        try:
            form = read_date_format(text)
        except ValueError as error:
            problems.add((*place, "logicalTypeOptions", "format"), str(error))
            continue
        for other in formats:
            text_of_both = read_two_ways(other, form)
            if text_of_both is not None:
                problems.add(
                    place,
                    f"`{text_of_both}` is one day as {other.words} and another as {form.words}: "
                    "leave one of them out",
                )
        formats.append(form)
    return tuple(formats)


def _day(formats: tuple[DateFormat, ...], day: Any, place: Place, problems: Problems) -> str:
    """Which day an instant means."""
    zoned = [form.words for form in formats if form.zoned]
    numbers = [form.words for form in formats if form.kind is not DateKind.TEXT]
    if day is None:
        if zoned:
            problems.add(
                place,
                f"`{zoned[0]}` has a time zone: say which day counts, by `day: local` (as it is "
                "written) or `day: Europe/Zurich` (the day in that zone)",
            )
        return UTC if numbers else LOCAL
    if formats and not zoned and not numbers:
        problems.add(place, "`day` has nothing to decide: the dates have no time zone")
    if day == LOCAL:
        if numbers:
            problems.add(place, f"`{numbers[0]}` is written without a zone: name one in `day`")
        return LOCAL
    try:
        ZoneInfo(day)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        problems.add(place, f"`day` is `local` or a time zone (Europe/Zurich), not `{day}`")
        return LOCAL
    return str(day)


def read_date_format(text: str) -> DateFormat:
    """Understand a contract's date format.

    Raises:
        ValueError: In words: what of it is not understood.

    >>> read_date_format("M/d/yyyy").strptime
    '%m/%d/%Y'
    """
    if text in NUMBERS:
        return NUMBERS[text]
    parts = _strptime_parts(text) if "%" in text else _java_parts(text)
    zone = parts.pop() if parts and parts[-1][0] == _ZONE else None
    if any(directive == _ZONE for directive, _ in parts):
        raise ValueError(f"the date format `{text}` has a time zone that is not at its end")
    directives = {directive for directive, _ in parts}
    for name, wanted in (("year", "Yy"), ("month", "mbB"), ("day", "d")):
        if not directives & {f"%{letter}" for letter in wanted}:
            raise ValueError(f"the date format `{text}` has no {name}")
    regex = "".join(part for _, part in parts)
    return DateFormat(
        words=text,
        regex=f"^({regex})({zone[1]})$" if zone else f"^({regex})$",
        strptime="".join(directive for directive, _ in parts),
        zoned=zone is not None,
    )


def _java_parts(text: str) -> list[tuple[str, str]]:
    parts = []
    position = 0
    for token in _JAVA_TOKEN.finditer(text):
        if token.start() != position:
            break
        position = token.end()
        parts.append(_java_part(token, text))
    if position != len(text):
        raise ValueError(f"the date format `{text}` has a quote that is not closed")
    return parts


def _java_part(token: re.Match[str], text: str) -> tuple[str, str]:
    letters = token.group()
    if token.group(1) is not None:
        return _literal(token.group(1).replace("''", "'") or "'")
    if not letters[0].isalpha():
        return _literal(letters)
    if letters in _ZONES:
        return _ZONE, _ZONES[letters]
    if letters[0] in _NAMELESS_ZONES:
        known = ", ".join(_ZONES)
        raise ValueError(f"the date format `{text}` has the zone `{letters}`; known are {known}")
    if letters not in _JAVA:
        raise ValueError(f"the date format `{text}` has `{letters}`, which is not understood")
    return _JAVA[letters]


def _strptime_parts(text: str) -> list[tuple[str, str]]:
    parts = []
    for token in _STRPTIME_TOKEN.findall(text):
        if token == "%%" or not token.startswith("%"):
            parts.append(_literal(token[-1]))
        elif token in _STRPTIME:
            parts.append((token, _STRPTIME[token]))
        else:
            raise ValueError(f"the date format `{text}` has `{token}`, which is not understood")
    return parts


def _literal(text: str) -> tuple[str, str]:
    return text.replace("%", "%%"), _SPECIAL.sub(r"\\\g<0>", text)
