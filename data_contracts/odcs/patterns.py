"""Regular expressions of contracts: the standard's meaning, in Python's words."""

import re

_TOKEN = re.compile(r"\\.|\[\^?\]?|\]|\(\??|.", re.DOTALL)
_ASCII = {r"\d": "0-9", r"\w": "A-Za-z0-9_"}
_NOT_ASCII = {r"\D": "[^0-9]", r"\W": "[^A-Za-z0-9_]"}

EMAIL = r"^[A-Za-z0-9._%+'&=/!#$*?^{|}~`-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}$"
UUID = "^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$"
STRING_FORMATS = {"email": EMAIL, "uuid": UUID}
"""The standard's formats of strings that are checked."""


def read_pattern(text: str) -> str:
    r"""Turn a pattern of the standard (ECMA-262) into Python's.

    There `\d` and `\w` mean ASCII alone; Python's also take the digits of other scripts. Groups
    remember nothing: nobody asks, and pandas warns of those that do.

    Raises:
        ValueError: In words: why it is no regular expression.

    >>> read_pattern(r"^\d{7}([\d.]|x)$")
    '^[0-9]{7}(?:[0-9.]|x)$'
    >>> read_pattern("(?:a|b)(?i:c)")
    '(?:a|b)(?i:c)'
    """
    parts: list[str] = []
    inside = False
    for token in _TOKEN.findall(text):
        if token in _ASCII:
            parts.append(_ASCII[token] if inside else f"[{_ASCII[token]}]")
            continue
        if token in _NOT_ASCII and not inside:
            parts.append(_NOT_ASCII[token])
            continue
        if token.startswith("[") or token == "]":
            inside = token != "]"
        parts.append("(?:" if token == "(" and not inside else token)
    pattern = "".join(parts)
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"`{text}` is no regular expression: {error}") from None
    return pattern
