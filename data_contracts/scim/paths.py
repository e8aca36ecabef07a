"""Attribute paths: how a mapping, a plan and a PATCH name one value of a User.

RFC 7644 section 3.10 (attribute notation) and section 3.5.2 (PATCH paths), in the part that names a
single value: `title`, `name.givenName`, `emails[type eq "work"].value`, and extension attributes by
URN or by the short name `enterprise.`.
"""

import re
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache

from data_contracts.errors import ConfigurationError
from data_contracts.scim.schema import (
    CORE_ATTRIBUTES,
    SCHEMA_ALIASES,
    SCHEMAS,
    USER_SCHEMA,
    AttributeInfo,
    Kind,
)

_PATH = re.compile(
    r"""(?P<name>\$?[A-Za-z][\w$-]*)
        (?:\[(?P<key>[A-Za-z]\w*)\s+eq\s+(?P<value>"[^"\]]*"|true|false)\])?
        (?:\.(?P<sub>\$?[A-Za-z][\w$-]*))?""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Selector:
    """Which element of a multi-valued attribute is meant: `[type eq "work"]`."""

    key: str
    value: str | bool

    def __str__(self) -> str:
        shown = str(self.value).lower() if isinstance(self.value, bool) else f'"{self.value}"'
        return f"[{self.key} eq {shown}]"


@dataclass(frozen=True, slots=True)
class AttributePath:
    """The name of one value of a User.

    Attributes:
        schema: URN of the schema that defines the attribute.
        name: The attribute.
        selector: Which element, for a multi-valued attribute.
        sub: The sub-attribute, for a complex one.
        info: What the schema says of the value at the path's end.
    """

    schema: str
    name: str
    selector: Selector | None
    sub: str | None
    info: AttributeInfo

    def __str__(self) -> str:
        front = "" if self.schema == USER_SCHEMA else f"{self.schema}:"
        back = f".{self.sub}" if self.sub else ""
        return f"{front}{self.name}{self.selector or ''}{back}"


@lru_cache(maxsize=1024)  # a mapping has some dozens of paths, asked for in every step
def parse_path(text: str, extensions: tuple[str, ...] = ()) -> AttributePath:
    """Read an attribute path and check it against the SCIM User schema.

    Args:
        text: The path, as RFC 7644 writes it, or with a short schema name in front.
        extensions: URNs of further schemas that the target has; their attributes are not known
            here and are taken as single strings.

    Returns:
        The path with the schema's word on its value.

    Raises:
        ConfigurationError: Names the path, what is wrong with it, and the nearest known name.

    Reference:
        RFC 7644 section 3.10.

    >>> str(parse_path("enterprise.department"))
    'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department'
    >>> parse_path('emails[type eq "work"].value').sub
    'value'
    """
    for urn in extensions:
        if text.startswith(f"{urn}:") and urn not in SCHEMAS:
            name, _, sub = text.removeprefix(f"{urn}:").partition(".")
            return AttributePath(urn, name, None, sub or None, AttributeInfo())
    schema, match = _split(text)
    known = SCHEMAS[schema]
    name = match["name"]
    if name not in known:
        raise ConfigurationError(f"SCIM has no attribute {text!r}{_nearest(name, known)}")
    info, selector, sub = known[name], _selector(match), match["sub"]
    _check_shape(text, info, selector, sub)
    end = info.sub[sub] if sub else info
    if info.read_only or end.read_only:
        raise ConfigurationError(f"{text!r} is read-only in SCIM: the target sets it itself")
    return AttributePath(schema, name, selector, sub, end)


def _split(text: str) -> tuple[str, re.Match[str]]:
    """Tell the schema in front from the attribute, and take the attribute apart."""
    schema, rest = USER_SCHEMA, text
    for urn in SCHEMAS:
        if text.lower().startswith(f"{urn.lower()}:"):
            schema, rest = urn, text[len(urn) + 1 :]
    front, dot, behind = text.partition(".")
    if dot and front in SCHEMA_ALIASES:
        schema, rest = SCHEMA_ALIASES[front], behind
    match = _PATH.fullmatch(rest)
    if match is None:
        raise ConfigurationError(
            f"{text!r} is not an attribute path",
            hint="write it as RFC 7644 does: title, name.givenName, "
            'emails[type eq "work"].value, enterprise.department',
        )
    return schema, match


def _selector(match: re.Match[str]) -> Selector | None:
    if match["key"] is None:
        return None
    raw = match["value"]
    return Selector(match["key"], raw == "true" if raw in ("true", "false") else raw[1:-1])


def _check_shape(
    text: str, info: AttributeInfo, selector: Selector | None, sub: str | None
) -> None:
    """A path must end at one single value."""
    if info.multi_valued and selector is None:
        raise ConfigurationError(
            f"{text!r} names a list",
            hint=f'say which element: {text.split(".")[0]}[type eq "work"].value',
        )
    if selector and (not info.multi_valued or selector.key not in info.sub):
        raise ConfigurationError(f"{text!r} has no list element that {selector} could choose")
    if sub and sub not in info.sub:
        raise ConfigurationError(f"SCIM has no attribute {text!r}{_nearest(sub, info.sub)}")
    if info.kind is Kind.COMPLEX and sub is None:
        raise ConfigurationError(
            f"{text!r} has parts", hint=f"name one: {text}.{next(iter(info.sub))}"
        )


def _nearest(name: str, known: dict[str, AttributeInfo]) -> str:
    lower = {k.lower(): k for k in known}
    close = get_close_matches(name.lower(), lower, n=1, cutoff=0.6)
    if close:
        return f": did you mean {lower[close[0]]!r}?"
    if known is not CORE_ATTRIBUTES:
        return ""
    return "; known are userName, externalId, name, displayName, title, emails, ..."


def short_name(path: str) -> str:
    """An attribute path as people read it: without the URN of a schema.

    >>> short_name("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department")
    'department'
    """
    return path.rpartition(":")[2] if path.startswith("urn:") else path


def referring_name(path: str, worker_key: str) -> str:
    """The name of an attribute that refers to somebody's account, and to whose.

    >>> referring_name("title", ""), referring_name("manager.value", "001")
    ('title', 'manager.value (worker 001)')
    """
    return f"{short_name(path)} (worker {worker_key})" if worker_key else short_name(path)
