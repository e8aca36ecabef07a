"""Filters over resources: a syntax tree becomes a predicate.

Reference: RFC 7644 section 3.4.2.2 (operators, multi-valued attributes), RFC 7643 section 2.3.5
(dateTime), section 2.2 (caseExact).
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from deployments.sandbox.exchange import ScimProblem
from deployments.sandbox.filters import (
    And,
    Compare,
    Elements,
    Filter,
    Not,
    Operator,
    Or,
    Present,
    Value,
)
from deployments.sandbox.paths import Place, resolve
from deployments.sandbox.schema import Attribute, Kind

Predicate = Callable[[Mapping[str, Any]], bool]
_TEXT = frozenset({"string", "reference", "binary", "dateTime"})
_SUBSTRING = frozenset({"co", "sw", "ew"})


def compile_filter(
    tree: Filter, kind: Kind, *, lenient_booleans: bool, base: Attribute | None = None
) -> Predicate:
    """The predicate of a filter over resources, or with `base` over elements of that attribute.

    Raises:
        ScimProblem: 400 invalidFilter for an unknown attribute, or an operator that its type lacks.
    """

    def compiled(part: Filter) -> Predicate:
        return compile_filter(part, kind, lenient_booleans=lenient_booleans, base=base)

    match tree:
        case And(parts):
            every = [compiled(part) for part in parts]
            return lambda resource: all(holds(resource) for holds in every)
        case Or(parts):
            some = [compiled(part) for part in parts]
            return lambda resource: any(holds(resource) for holds in some)
        case Not(inner):
            holds = compiled(inner)
            return lambda resource: not holds(resource)
        case Present(path):
            place = _place(path, kind, base)
            return lambda resource: any(_present(v) for v in _values(resource, place, base))
        case Elements(path, inner):
            return _compile_elements(path, inner, kind, lenient_booleans, base)
        case Compare(path, op, value):
            return _compile_comparison(path, op, value, kind, lenient_booleans, base)


def _compile_elements(
    path: str, inner: Filter, kind: Kind, lenient_booleans: bool, base: Attribute | None
) -> Predicate:
    place = _place(path, kind, base)
    if place.attribute is None or place.sub is not None or not place.attribute.sub:
        raise _unsupported(f"{path} has no elements")
    holds = compile_filter(inner, kind, lenient_booleans=lenient_booleans, base=place.attribute)
    return lambda resource: any(holds(element) for element in _values(resource, place, base))


def _compile_comparison(
    path: str,
    op: Operator,
    value: Value,
    kind: Kind,
    lenient_booleans: bool,
    base: Attribute | None,
) -> Predicate:
    place = _place(path, kind, base)
    leaf = place.leaf
    if leaf is None or (leaf.type == "complex" and "value" not in leaf.by_name):
        raise _unsupported(f"{path} is not a value that can be compared")
    if leaf.type == "complex":  # "emails co ..." means emails.value, as in the RFC's examples
        place = Place(place.extension, place.attribute, leaf.by_name["value"])
        leaf = leaf.by_name["value"]
    if value is None:
        return _compile_null(place, op, base)
    test = _value_test(leaf, op, _comparable(leaf, value, lenient_booleans, path), path)
    if op == "ne":
        return lambda resource: (
            not (found := list(_values(resource, place, base)))
            or any(test(candidate) for candidate in found)
        )
    return lambda resource: any(test(candidate) for candidate in _values(resource, place, base))


def _compile_null(place: Place, op: Operator, base: Attribute | None) -> Predicate:
    """`eq null` asks for absence: unassigned and null are one (RFC 7643 section 2.5)."""
    if op not in ("eq", "ne"):
        raise _unsupported("null can only be compared with eq and ne")
    wanted = op == "ne"
    return lambda resource: any(_present(v) for v in _values(resource, place, base)) is wanted


def _place(path: str, kind: Kind, base: Attribute | None) -> Place:
    place = resolve(path, kind, base)
    if place is None:
        raise _unsupported("it names an attribute that does not exist")
    return place


def _values(resource: Mapping[str, Any], place: Place, base: Attribute | None) -> list[Any]:
    """All values at a place; the elements of a multi-valued attribute one by one."""
    if base is not None:
        found = [resource]
    else:
        container = resource.get(place.extension.urn, {}) if place.extension else resource
        if place.attribute is None:
            return [container] if container else []
        value = container.get(place.attribute.name)
        found = value if isinstance(value, list) else [] if value is None else [value]
    if place.sub is None:
        return found
    name = place.sub.name
    return [element[name] for element in found if name in element]


def _present(value: Any) -> bool:
    return value is not None and value not in ("", [], {})


def _comparable(attribute: Attribute, value: Value, lenient_booleans: bool, path: str) -> Any:
    """The filter's value in the form that stored values are compared in."""
    kind_of = attribute.type
    if kind_of == "boolean":
        if lenient_booleans and isinstance(value, str) and value.lower() in ("true", "false"):
            return value.lower() == "true"
        fits = isinstance(value, bool)
    elif kind_of in _TEXT:
        fits = isinstance(value, str)
    else:
        fits = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not fits:
        raise _unsupported(f"{path} is compared with a value of another type")
    if kind_of == "dateTime":
        return _moment(str(value))
    if isinstance(value, str) and not attribute.case_exact:
        return value.casefold()
    return value


def _value_test(
    attribute: Attribute, op: Operator, wanted: Any, path: str
) -> Callable[[Any], bool]:
    if attribute.type in ("boolean", "binary") and op not in ("eq", "ne"):
        raise _unsupported(f"{path} can only be compared with eq and ne")
    if op in _SUBSTRING and attribute.type not in ("string", "reference"):
        raise _unsupported(f"{path} is no text")
    compare = _COMPARISONS[op]
    if attribute.type == "dateTime":
        return lambda candidate: compare(_moment(candidate), wanted)
    if attribute.type in _TEXT and not attribute.case_exact:
        return lambda candidate: compare(str(candidate).casefold(), wanted)
    return lambda candidate: compare(candidate, wanted)


_COMPARISONS: dict[Operator, Callable[[Any, Any], bool]] = {
    "eq": lambda a, b: bool(a == b),
    "ne": lambda a, b: bool(a != b),
    "co": lambda a, b: b in a,
    "sw": lambda a, b: bool(a.startswith(b)),
    "ew": lambda a, b: bool(a.endswith(b)),
    "gt": lambda a, b: bool(a > b),
    "ge": lambda a, b: bool(a >= b),
    "lt": lambda a, b: bool(a < b),
    "le": lambda a, b: bool(a <= b),
}


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _unsupported("a date and time must look like 2011-05-13T04:42:34Z") from None
    if moment.tzinfo is None:
        raise _unsupported("a date and time needs a zone, e.g. 2011-05-13T04:42:34Z")
    return moment


def _unsupported(detail: str) -> ScimProblem:
    return ScimProblem(400, f"the filter is not supported: {detail}", "invalidFilter")
