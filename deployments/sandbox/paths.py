"""Where an attribute path points: `[urn:]attribute[.sub]` and `[urn:]attribute[filter].sub`.

Resolved against the schemas of the resource type rather than by the shape of the text: the URNs
themselves contain dots ("...:enterprise:2.0:User:manager.value").

Reference: RFC 7644 sections 3.10 and 3.5.2.
"""

from dataclasses import dataclass

from deployments.sandbox.exchange import ScimProblem
from deployments.sandbox.filters import Filter, Tokens
from deployments.sandbox.schema import Attribute, Kind, Schema


@dataclass(frozen=True)
class Place:
    """What a path names. An extension as a whole has no attribute."""

    extension: Schema | None
    attribute: Attribute | None
    sub: Attribute | None = None

    @property
    def leaf(self) -> Attribute | None:
        """The definition of what is named at the end."""
        return self.sub or self.attribute

    @property
    def read_only(self) -> bool:
        """Whether a client cannot change it."""
        return any(
            attribute is not None and attribute.mutability == "readOnly"
            for attribute in (self.attribute, self.sub)
        )


@dataclass(frozen=True)
class PatchTarget:
    """A place and, for elements of a multi-valued attribute, which of them."""

    place: Place
    elements: Filter | None = None


def resolve(text: str, kind: Kind, base: Attribute | None = None) -> Place | None:
    """What an attribute path names; None when there is no such attribute.

    Args:
        text: The path, in any case.
        kind: The resource type it is read in.
        base: Inside a value filter, the attribute whose sub-attributes are named.
    """
    if base is not None:
        sub = base.by_name.get(text.lower())
        return Place(None, base, sub) if sub else None
    extension, rest = _split_urn(text, kind)
    if extension is not None and not rest:
        return Place(extension, None)
    name, _, sub_name = rest.partition(".")
    attribute = extension.by_name.get(name.lower()) if extension else kind.attribute(name)
    if attribute is None or not sub_name:
        return Place(extension, attribute) if attribute else None
    sub = attribute.by_name.get(sub_name.lower())
    return Place(extension, attribute, sub) if sub else None


def parse_patch_path(text: str, kind: Kind) -> PatchTarget | None:
    """What the `path` of a PATCH operation names; None when there is no such attribute.

    Raises:
        ScimProblem: 400 invalidPath or invalidFilter for a path that cannot be read.
    """
    bracket = text.find("[")
    if bracket < 0:
        place = resolve(text.strip(), kind)
        return PatchTarget(place) if place else None
    tokens = Tokens(text[bracket:])
    elements = tokens.bracketed()
    place = resolve(text[:bracket].strip(), kind)
    if place is None or place.attribute is None:
        return None
    if place.sub is not None or not place.attribute.multi:
        raise ScimProblem(400, "the path filters an attribute without elements", "invalidPath")
    rest = tokens.peek()
    if rest is None:
        return PatchTarget(place, elements)
    tokens.take("a sub-attribute")
    tokens.expect_end()
    if not rest.startswith("."):
        raise ScimProblem(400, "the path goes on after ] without a dot", "invalidPath")
    inner = resolve(rest[1:], kind, place.attribute)
    return (
        PatchTarget(Place(place.extension, place.attribute, inner.sub), elements) if inner else None
    )


def _split_urn(text: str, kind: Kind) -> tuple[Schema | None, str]:
    """The extension that a path begins with, and the rest of the path."""
    lowered = text.lower()
    for urn in kind.urns:
        prefix = urn.lower()
        if lowered == prefix or lowered.startswith(prefix + ":"):
            return kind.extension(urn), text[len(urn) + 1 :]
    return None, text
