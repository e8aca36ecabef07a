"""`attributes` and `excludedAttributes`: which parts of a resource an answer shows.

Reference: RFC 7644 section 3.9.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from deployments.sandbox.exchange import ScimProblem
from deployments.sandbox.paths import Place, resolve
from deployments.sandbox.schema import Attribute, Kind

_ALWAYS = frozenset({"schemas", "id"})  # returned: always


@dataclass(frozen=True)
class Projection:
    """A choice of attributes; the empty one shows everything."""

    shown: tuple[Place, ...] | None = None
    hidden: tuple[Place, ...] = ()

    @property
    def is_everything(self) -> bool:
        """Whether nothing is left out."""
        return self.shown is None and not self.hidden

    def apply(self, resource: Mapping[str, Any]) -> dict[str, Any]:
        """The chosen part of a resource."""
        if self.shown is None:
            return _without(resource, self.hidden)
        shown: dict[str, Any] = {n: resource[n] for n in resource if n in _ALWAYS}
        for place in self.shown:
            _copy(resource, shown, place)
        return shown


def read_projection(attributes: Sequence[str], excluded: Sequence[str], kind: Kind) -> Projection:
    """The projection that a request asks for; unknown names choose nothing.

    Raises:
        ScimProblem: 400 when both are given: they are mutually exclusive.
    """
    if attributes and excluded:
        raise ScimProblem(
            400, "attributes and excludedAttributes exclude each other", "invalidValue"
        )
    shown = _places(attributes, kind) if attributes else None
    return Projection(shown, _places(excluded, kind))


def split_names(text: str | None) -> tuple[str, ...]:
    """The names of a comma-separated query parameter."""
    return tuple(name.strip() for name in (text or "").split(",") if name.strip())


def _places(names: Sequence[str], kind: Kind) -> tuple[Place, ...]:
    return tuple(place for name in names if (place := resolve(name, kind)) is not None)


def _copy(source: Mapping[str, Any], shown: dict[str, Any], place: Place) -> None:
    if place.extension is None:
        assert place.attribute is not None  # noqa: S101 - only extensions come without
        if place.attribute.name in source:
            _copy_attribute(source, shown, place.attribute.name, place.sub)
        return
    inner = source.get(place.extension.urn)
    if inner is None:
        return
    if place.attribute is None:
        shown[place.extension.urn] = inner
        return
    within = Place(None, place.attribute, place.sub)
    _copy(inner, shown.setdefault(place.extension.urn, {}), within)


def _copy_attribute(
    source: Mapping[str, Any], shown: dict[str, Any], name: str, sub: Attribute | None
) -> None:
    value = source[name]
    if sub is None:
        shown[name] = value
    elif isinstance(value, list):
        chosen = shown.setdefault(name, [{} for _ in value])
        for element, copy in zip(value, chosen, strict=True):
            if sub.name in element:
                copy[sub.name] = element[sub.name]
    elif sub.name in value:
        shown.setdefault(name, {})[sub.name] = value[sub.name]


def _without(resource: Mapping[str, Any], hidden: Sequence[Place]) -> dict[str, Any]:
    rest = dict(resource)
    for place in hidden:
        if place.extension is not None and place.attribute is not None:
            inner = rest.get(place.extension.urn)
            if inner is not None:
                within = Place(None, place.attribute, place.sub)
                rest[place.extension.urn] = _without(inner, (within,))
        elif place.extension is not None:
            rest.pop(place.extension.urn, None)
        elif place.attribute is not None and place.attribute.name not in _ALWAYS:
            _hide(rest, place.attribute.name, place.sub.name if place.sub else None)
    return rest


def _hide(rest: dict[str, Any], name: str, sub: str | None) -> None:
    value = rest.get(name)
    if sub is None:
        rest.pop(name, None)
    elif isinstance(value, list):
        rest[name] = [{k: v for k, v in element.items() if k != sub} for element in value]
    elif isinstance(value, dict):
        rest[name] = {k: v for k, v in value.items() if k != sub}
