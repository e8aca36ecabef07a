"""The records of a JSON document one by one, each with its line; numbers stay as they are written.

`0.10` and `1234567890123456789` would not survive becoming numbers, and `true` is text as well.
"""

import json
from collections.abc import Iterator
from json.decoder import scanstring  # type: ignore[attr-defined]  # stubs leave it out
from typing import Any

from data_contracts.errors import SourceError

_SPACE = " \t\n\r"


class DoubledKey(ValueError):
    """An object has a key twice: nobody can tell which value is meant."""


def decode(text: str) -> Any:
    """Read one JSON value, with every scalar but null as text.

    Raises:
        ValueError: It is no JSON, or has a key twice.
    """
    return _DECODER.decode(text)


def scan_records(path: str, text: str, records_at: str) -> Iterator[tuple[int, Any]]:
    """Walk the list of records of a document.

    Args:
        path: For messages.
        text: The document.
        records_at: Keys down to the list, joined by dots; "" when the document is it.

    Yields:
        Line of the record, from 1, and its value.

    Raises:
        SourceError: It is no JSON, or there is no list where records should be.
    """
    try:
        position = _seek(path, text, [part for part in records_at.split(".") if part])
        yield from _items(path, text, position, records_at)
    except DoubledKey as error:
        raise SourceError(f"{path}: {error}", hint="ask for a corrected export") from None
    except json.JSONDecodeError as error:
        raise broken(path, text, error) from None
    except RecursionError:
        raise SourceError(
            f"{path} is nested too deeply", hint="ask for a corrected export"
        ) from None


def broken(path: str, text: str, error: json.JSONDecodeError) -> SourceError:
    """The error for malformed JSON, with line and column, without the document's text."""
    end = "; the file ends too early" if error.pos >= len(text.rstrip()) else ""
    return SourceError(
        f"{path}, line {error.lineno}, column {error.colno}: malformed JSON: {error.msg}{end}",
        hint="ask for a new export; check `format` in the contract (one object a line is `jsonl`)",
    )


def _items(path: str, text: str, position: int, records_at: str) -> Iterator[tuple[int, Any]]:
    where = f"at `{records_at}`" if records_at else "at its top"
    if text[position : position + 1] != "[":
        raise SourceError(
            f"{path} has no list of records {where}",
            hint="set `recordsAt` in the contract to the keys that lead to the list",
        )
    line, counted = 1, 0
    position = _skip(text, position + 1)
    while text[position : position + 1] != "]":
        line += text.count("\n", counted, position)
        counted = position
        try:
            value, position = _DECODER.raw_decode(text, position)
        except DoubledKey as error:
            raise DoubledKey(f"line {line}: {error}") from None
        yield line, value
        position = _skip(text, position)
        if text[position : position + 1] == ",":
            position = _skip(text, position + 1)
            if text[position : position + 1] == "]":
                raise json.JSONDecodeError("a comma too many", text, position)
        elif text[position : position + 1] != "]":
            raise json.JSONDecodeError("a comma or ] is missing", text, position)
    if not records_at and text[position + 1 :].strip():
        raise json.JSONDecodeError("something follows the list", text, position + 1)


def _seek(path: str, text: str, keys: list[str]) -> int:
    """The position of the value to which keys lead."""
    position = _skip(text, 0)
    for key in keys:
        if text[position : position + 1] != "{":
            raise SourceError(
                f"{path} has no key `{key}`", hint="correct `recordsAt` in the contract"
            )
        position = _skip(text, position + 1)
        position = _member(path, text, position, key)
    return position


def _member(path: str, text: str, position: int, wanted: str) -> int:
    """The position of a member's value in the object whose first member begins here."""
    while text[position : position + 1] == '"':
        key, position = scanstring(text, position + 1, True)
        position = _skip(text, position)
        if text[position : position + 1] != ":":
            raise json.JSONDecodeError("a colon is missing", text, position)
        position = _skip(text, position + 1)
        if key == wanted:
            return position
        _, position = _DECODER.raw_decode(text, position)
        position = _skip(text, position)
        if text[position : position + 1] == ",":
            position = _skip(text, position + 1)
    raise SourceError(f"{path} has no key `{wanted}`", hint="correct `recordsAt` in the contract")


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
