"""SCIM filters: text to a syntax tree (RFC 7644 section 3.4.2.2).

Own parser: scim2-filter-parser 0.7 gives `and` and `or` one precedence, reads one-digit numbers
only and knows no escaped quotes; a judge must not be wrong about `a or b and c`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, cast

import orjson

from deployments.sandbox.exchange import ScimProblem

Operator = Literal["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"]
Value = str | int | float | bool | None

_OPERATORS = frozenset({"eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"})
_TOKEN = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[()\[\]]|[^\s()\[\]"]+)')
_MAX_DEPTH = 50  # nesting that no client writes, long before Python's recursion limit


@dataclass(frozen=True)
class Compare:
    """`path op value`."""

    path: str
    op: Operator
    value: Value


@dataclass(frozen=True)
class Present:
    """`path pr`."""

    path: str


@dataclass(frozen=True)
class Not:
    """`not (filter)`."""

    filter: "Filter"


@dataclass(frozen=True)
class And:
    """All of them."""

    parts: tuple["Filter", ...]


@dataclass(frozen=True)
class Or:
    """Any of them."""

    parts: tuple["Filter", ...]


@dataclass(frozen=True)
class Elements:
    """`path[filter]`: one element of a multi-valued attribute satisfies the filter."""

    path: str
    filter: "Filter"


Filter = Compare | Present | Not | And | Or | Elements


def parse_filter(text: str) -> Filter:
    """Parse a filter expression.

    Raises:
        ScimProblem: 400 invalidFilter; the message names the position, and no value.

    >>> parse_filter('userName eq "a" or title pr and active eq true')
    Or(parts=(Compare(path='userName', op='eq', value='a'), And(parts=(Present(path='title'), \
Compare(path='active', op='eq', value=True)))))
    """
    tokens = Tokens(text)
    parsed = tokens.disjunction(0)
    tokens.expect_end()
    return parsed


class Tokens:
    """The rest of an expression, and the grammar over it."""

    def __init__(self, text: str) -> None:
        self._tokens = list(_tokenize(text))
        self._at = 0

    def peek(self) -> str | None:
        """The next token, not taken; None at the end."""
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def take(self, what: str) -> str:
        """The next token; `what` says in the error what was expected."""
        token = self.peek()
        if token is None:
            raise _invalid(f"{what} is missing at the end")
        self._at += 1
        return token

    def expect(self, literal: str) -> None:
        """Take exactly this token."""
        if self.take(repr(literal)) != literal:
            raise _invalid(f"{literal!r} expected at token {self._at}")

    def expect_end(self) -> None:
        """Refuse anything that is left."""
        if self.peek() is not None:
            raise _invalid(f"unexpected token {self._at + 1}")

    def disjunction(self, depth: int) -> Filter:
        """`and` binds closer than `or`."""
        if depth > _MAX_DEPTH:
            raise _invalid("nested too deeply")
        parts = [self._conjunction(depth)]
        while self._next_word_is("or"):
            parts.append(self._conjunction(depth))
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _conjunction(self, depth: int) -> Filter:
        parts = [self._term(depth)]
        while self._next_word_is("and"):
            parts.append(self._term(depth))
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _term(self, depth: int) -> Filter:
        if self._next_word_is("not"):
            return Not(self._parenthesised(depth))
        if self.peek() == "(":
            return self._parenthesised(depth)
        path = self.take("an attribute")
        if path[0] in '"()[]':
            raise _invalid(f"an attribute is expected at token {self._at}")
        if self.peek() == "[":
            return Elements(path, self.bracketed(depth))
        return self._comparison(path)

    def _parenthesised(self, depth: int) -> Filter:
        self.expect("(")
        inner = self.disjunction(depth + 1)
        self.expect(")")
        return inner

    def bracketed(self, depth: int = 0) -> Filter:
        """`[filter]`, as in a value path."""
        self.expect("[")
        inner = self.disjunction(depth + 1)
        self.expect("]")
        return inner

    def _comparison(self, path: str) -> Filter:
        operator = self.take("an operator").lower()
        if operator == "pr":
            return Present(path)
        if operator not in _OPERATORS:
            raise _invalid(f"token {self._at} is no operator")
        return Compare(path, cast("Operator", operator), _read_value(self.take("a value")))

    def _next_word_is(self, word: str) -> bool:
        token = self.peek()
        if token is None or token.lower() != word:
            return False
        self._at += 1
        return True


def _tokenize(text: str) -> Iterator[str]:
    at, end = 0, len(text.rstrip())
    while at < end:
        found = _TOKEN.match(text, at)
        if found is None:
            raise _invalid(f"cannot be read from character {at + 1} on")
        yield found[1]
        at = found.end()


def _read_value(token: str) -> Value:
    # Python's spelling of booleans is what Entra sends; RFC 7644 takes the literals from JSON.
    text = token.lower() if token.lower() in ("true", "false", "null") else token
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise _invalid("a value must be a quoted string, a number, true, false or null") from None
    if isinstance(value, (dict, list)):
        raise _invalid("a value must be a quoted string, a number, true, false or null")
    return cast("Value", value)


def _invalid(detail: str) -> ScimProblem:
    return ScimProblem(400, f"the filter is invalid: {detail}", "invalidFilter")
