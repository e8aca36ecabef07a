"""How dates are written: from a contract's format to what checks and parses exactly that.

The standard writes formats as Java does (`yyyy-MM-dd`, `M/d/yyyy`); strptime's way (`%Y-%m-%d`)
is understood as well. A date that carries a time zone is refused: made UTC, midnight in Zurich is
the day before.
"""

import re
from dataclasses import dataclass
from datetime import date

EARLIEST = date(1900, 1, 1)  # older hire dates are "no date" in disguise: 0001-01-01, 1753-01-01
LATEST = date(2100, 12, 31)  # later ones are "for ever" in disguise: 9999-12-31

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
_ZONES = frozenset("VzOXxZ")


@dataclass(frozen=True, slots=True)
class DateFormat:
    """A way of writing dates.

    Attributes:
        words: As the contract writes it.
        strptime: The same for `strptime` and pandas.
        regex: What exactly such a text looks like; strptime alone also takes `2024-1-5`.
    """

    words: str
    strptime: str
    regex: str


def read_date_format(text: str) -> DateFormat:
    """Understand a contract's date format.

    Raises:
        ValueError: In words: what of it is not understood.

    >>> read_date_format("M/d/yyyy").strptime
    '%m/%d/%Y'
    """
    parts = _strptime_parts(text) if "%" in text else _java_parts(text)
    directives = {directive for directive, _ in parts}
    for name, wanted in (("year", "Yy"), ("month", "mbB"), ("day", "d")):
        if not directives & {f"%{letter}" for letter in wanted}:
            raise ValueError(f"the date format `{text}` has no {name}")
    return DateFormat(
        words=text,
        strptime="".join(directive for directive, _ in parts),
        regex="^" + "".join(regex for _, regex in parts) + "$",
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
    if letters[0] in _ZONES:
        raise ValueError(f"the date format `{text}` has a time zone: leave dates without one")
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
