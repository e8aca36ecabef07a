"""The records of a JSON document one by one, each with its line; numbers stay as they are written.

`0.10` and `1234567890123456789` would not survive becoming numbers, and `true` is text as well.
"""

import json
from collections.abc import Iterator
from json.decoder import scanstring  # type: ignore[attr-defined]  # stubs leave it out
from typing import Any

from data_contracts.errors import SourceError

_SPACE = " \t\n\r"
_FURTHER_PAGES = ("nextPageToken", "@odata.nextLink", "odata.nextLink", "__next", "next_link")
"""Keys of Google, Microsoft Graph, OData and Rippling that only an answer with a successor has."""
_FURTHER_WITHIN = {"_links": "next", "pagination": "after_cursor"}
"""The same of PingOne and OneLogin."""
_ERRORS = frozenset({"error", "errors", "errorCode", "errorSummary", "fault", "error_description"})
_NO_LIST = "correct `recordsAt` in the contract"


class DoubledKey(ValueError):
    """An object has a key twice: nobody can tell which value is meant."""


def decode(text: str) -> Any:
    """Read one JSON value, with every scalar but null as text.

    Raises:
        ValueError: It is no JSON, or has a key twice.
    """
    return _DECODER.decode(text)


def scan_records(path: str, text: str, records_at: str) -> Iterator[tuple[int, Any]]:
    """Walk the list of records of a document, or of several: an API's answers, one a page.

    They stand one after another, or in a list.

    Args:
        path: For messages.
        text: The document.
        records_at: Keys down to the list, joined by dots; "" when the document is it.

    Yields:
        Line of the record, from 1, and its value.

    Raises:
        SourceError: It is no JSON, there is no list where records should be, or the last answer
            says that more follow.
    """
    scan = _Scan(path, text, [part for part in records_at.split(".") if part])
    try:
        yield from scan.documents()
    except DoubledKey as error:
        raise SourceError(f"{path}: {error}", hint="ask for a corrected export") from None
    except json.JSONDecodeError as error:
        raise broken(path, text, error) from None
    except RecursionError:
        raise too_deep(path) from None


def decode_first(text: str) -> Any:
    """Read the first of the values that follow each other, every scalar but null as text.

    Raises:
        ValueError: It is no JSON, or has a key twice.
    """
    return _DECODER.raw_decode(text, _skip(text, 0))[0]


def too_deep(path: str) -> SourceError:
    """The error for lists in lists in lists."""
    return SourceError(f"{path} is nested too deeply", hint="ask for a corrected export")


def broken(path: str, text: str, error: json.JSONDecodeError) -> SourceError:
    """The error for malformed JSON, with line and column, without the document's text."""
    end = "; the file ends too early" if error.pos >= len(text.rstrip()) else ""
    return SourceError(
        f"{path}, line {error.lineno}, column {error.colno}: malformed JSON: {error.msg}{end}",
        hint="ask for a new export; check `format` in the contract (one object a line is `jsonl`)",
    )


class _Scan:
    """A text with JSON documents, walked from its first sign to its last."""

    def __init__(self, path: str, text: str, keys: list[str]) -> None:
        self._path, self._text, self._keys = path, text, keys
        self._position = _skip(text, 0)
        self._line, self._counted = 1, 0
        self._further = ""
        self._is_error = False

    def documents(self) -> Iterator[tuple[int, Any]]:
        """The records of every document; there is at least one."""
        while True:
            if self._keys and self._sign() == "[":
                yield from self._answers()
            else:
                yield from self._answer()
            self._position = _skip(self._text, self._position)
            if self._position == len(self._text):
                break
        if self._further:
            raise SourceError(
                f"{self._path}: the last answer says by `{self._further}` that more follow: the "
                "export is not complete",
                hint="fetch the further pages too, and write them behind this one; if they are in "
                "the list already, take that key out",
            )

    def _answers(self) -> Iterator[tuple[int, Any]]:
        """A list of whole answers, one a page, as programs keep what they fetched."""
        self._position = _skip(self._text, self._position + 1)
        if self._sign() == "]":
            raise SourceError(f"{self._path} has no answer in its list", hint=_NO_LIST)
        while self._sign() != "]":
            yield from self._answer()
            self._next("]")
        self._position += 1

    def _answer(self) -> Iterator[tuple[int, Any]]:
        self._further, self._is_error = "", False
        yield from self._value(self._keys)

    def _value(self, keys: list[str]) -> Iterator[tuple[int, Any]]:
        """What a document, or a key on the way to the list, holds."""
        return self._object(keys) if keys else self._list()

    def _object(self, keys: list[str]) -> Iterator[tuple[int, Any]]:
        """Step through the members of an object; one of them leads to the records."""
        if self._sign() != "{":
            raise self._missing(keys[0])
        seen: set[str] = set()
        self._position = _skip(self._text, self._position + 1)
        while self._sign() != "}":
            key = self._key()
            if key in seen:
                raise DoubledKey(f"line {self._line_here()}: an object has a key twice")
            seen.add(key)
            if key == keys[0]:
                yield from self._value(keys[1:])
            else:
                value, self._position = _DECODER.raw_decode(self._text, self._position)
                self._further = self._further or _further(key, value)
                self._is_error |= key in _ERRORS
            self._next("}")
        self._position += 1
        if keys[0] not in seen:
            raise self._missing(keys[0])

    def _list(self) -> Iterator[tuple[int, Any]]:
        if self._sign() != "[":
            where = f"at `{'.'.join(self._keys)}`" if self._keys else "at its top"
            raise SourceError(
                f"{self._path} has no list of records {where}",
                hint="set `recordsAt` in the contract to the keys that lead to the list; one "
                "object a line is `format: jsonl`",
            )
        self._position = _skip(self._text, self._position + 1)
        while self._sign() != "]":
            line = self._line_here()
            try:
                value, self._position = _DECODER.raw_decode(self._text, self._position)
            except DoubledKey as error:
                raise DoubledKey(f"line {line}: {error}") from None
            yield line, value
            self._next("]")
        self._position += 1

    def _key(self) -> str:
        """A member's key; the position is that of its value then."""
        if self._sign() != '"':
            raise json.JSONDecodeError("a key is missing", self._text, self._position)
        key, self._position = scanstring(self._text, self._position + 1, True)
        self._position = _skip(self._text, self._position)
        if self._sign() != ":":
            raise json.JSONDecodeError("a colon is missing", self._text, self._position)
        self._position = _skip(self._text, self._position + 1)
        return str(key)

    def _next(self, end: str) -> None:
        """Step over the comma behind an item, to the next one or to the end."""
        self._position = _skip(self._text, self._position)
        if self._sign() == ",":
            self._position = _skip(self._text, self._position + 1)
            if self._sign() == end:
                raise json.JSONDecodeError("a comma too many", self._text, self._position)
        elif self._sign() != end:
            raise json.JSONDecodeError(f"a comma or {end} is missing", self._text, self._position)

    def _sign(self) -> str:
        return self._text[self._position : self._position + 1]

    def _line_here(self) -> int:
        self._line += self._text.count("\n", self._counted, self._position)
        self._counted = self._position
        return self._line

    def _missing(self, key: str) -> SourceError:
        if self._is_error:
            return SourceError(
                f"{self._path} is an API's word about an error, and no export: it has no `{key}`",
                hint="look at what fetches it: a token that has run out, a right that is missing",
            )
        if self._sign() == "[":
            return SourceError(
                f"{self._path} holds a list where an object with the key `{key}` is expected",
                hint=_NO_LIST,
            )
        return SourceError(f"{self._path} has no key `{key}`", hint=_NO_LIST)


def _further(key: str, value: Any) -> str:
    """The key by which an answer says that it is not the last one; "" when it does not."""
    if key in _FURTHER_PAGES and isinstance(value, str) and value:
        return key
    inner = _FURTHER_WITHIN.get(key)
    if inner and isinstance(value, dict) and value.get(inner):
        return f"{key}.{inner}"
    return ""


def _skip(text: str, position: int) -> int:
    while position < len(text) and text[position] in _SPACE:
        position += 1
    return position


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise DoubledKey("an object has a key twice")
    return result


def _refuse_constant(name: str) -> Any:
    raise DoubledKey(f"{name} is no JSON")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_int=str, parse_float=str, parse_constant=_refuse_constant
)
