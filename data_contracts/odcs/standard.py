"""A contract document held against the Open Data Contract Standard's own JSON Schema."""

import json
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from data_contracts.odcs.problems import Problems, nearest

_STRICT_KEYS = ("unevaluatedProperties", "additionalProperties")
_READER_KEYS = (
    "delimiter",
    "headerNames",
    "quote",
    "recordsAt",
    "skipLines",
    "skipLinesStarting",
)
_READER_HINT = "; it belongs into the server's `customProperties`"
_LONGEST = 200  # of a message; jsonschema's own ones repeat whole documents


def check_standard(document: Any, problems: Problems) -> None:
    """Note whatever the standard's schema does not allow.

    Args:
        document: The contract as parsed.
        problems: Takes the problems, each with its place.
    """
    errors = list(_validator().iter_errors(document))
    for error in errors:
        _note(error, problems)
    if errors and not problems:
        problems.add((), str(errors[0].message)[:_LONGEST])


@cache
def _validator() -> Any:
    from jsonschema import Draft201909Validator

    return Draft201909Validator(_schema())


@cache
def _schema() -> dict[str, Any]:
    # Found without importing the package: its pydantic models cost 0.2 s and nobody here uses them.
    spec = find_spec("open_data_contract_standard")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("open-data-contract-standard is not installed")
    text = Path(spec.origin).with_name("schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def _note(error: Any, problems: Problems) -> None:
    """Write one finding of jsonschema in words."""
    place = tuple(error.absolute_path)
    if error.validator in _STRICT_KEYS and isinstance(error.instance, dict):
        # A key that is known and still complained about has a problem inside, told by itself.
        known = set(_known_keys(error.schema, error.instance))
        for key in sorted(set(error.instance) - known):
            hint = _READER_HINT if key in _READER_KEYS else nearest(key, known)
            problems.add((*place, key), f"unknown key{hint}")
        return
    if error.validator in ("oneOf", "anyOf") and error.context and not _is_operator(error):
        for inner in _best_branch(error):
            _note(inner, problems)
        return
    problems.add(place, _in_words(error))


def _in_words(error: Any) -> str:
    value = str(error.instance)
    match error.validator:
        case "required":
            return _missing(error)
        case "oneOf" if _is_operator(error):
            operators = sorted(_known_keys(error.schema, error.instance))
            return f"give exactly one of {', '.join(operators)}"
        case "enum":
            words = [str(word) for word in error.validator_value]
            return f"`{value}` is not allowed{nearest(value, words)}"
        case "type":
            wanted = error.validator_value
            names = wanted if isinstance(wanted, list) else [wanted]
            return f"must be {' or '.join(names)}, not `{value}`"[:_LONGEST]
        case "pattern":
            return f"`{value}` is not written as the standard wants it: {error.validator_value}"
        case _:
            return str(error.message)[:_LONGEST]


def _missing(error: Any) -> str:
    missing = [f"`{key}`" for key in error.validator_value if key not in error.instance]
    if missing == ["`map`"] and "logicalType" not in error.instance:
        # The standard's condition for maps also holds where no type is given at all.
        return "`logicalType` is missing (string, date, integer ...)"
    return f"{', '.join(missing)} is missing"


def _is_operator(error: Any) -> bool:
    return "mustBe" in set(_known_keys(error.schema, error.instance))


def _best_branch(error: Any) -> list[Any]:
    """The complaints of the alternative that came nearest: the one with the deepest complaints."""
    branches: dict[int, list[Any]] = {}
    for inner in error.context:
        branches.setdefault(inner.relative_schema_path[0], []).append(inner)
    return max(branches.values(), key=lambda found: max(len(e.absolute_path) for e in found))


def _known_keys(schema: Any, instance: Any, seen: frozenset[str] = frozenset()) -> Iterator[str]:
    """Every key that a schema knows for a value, through references and alternatives."""
    if not isinstance(schema, dict):
        return
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference not in seen:
        yield from _known_keys(_resolve(reference), instance, seen | {reference})
    yield from schema.get("properties", {})
    for word in ("allOf", "anyOf", "oneOf"):
        for part in schema.get(word, []):
            yield from _known_keys(part, instance, seen)
    if "if" in schema and _validator().evolve(schema=schema["if"]).is_valid(instance):
        yield from _known_keys(schema.get("then"), instance, seen)


def _resolve(reference: str) -> Any:
    node: Any = _schema()
    for part in reference.removeprefix("#/").split("/"):
        node = node[part]
    return node
