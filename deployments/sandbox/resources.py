"""What a client sends becomes what the service stores: canonical names, checked types.

Reference: RFC 7643 sections 2.1 to 2.5 (names, types, unassigned values), section 3 (schemas),
RFC 7644 section 3.3 (readOnly attributes of a request are ignored).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deployments.sandbox.exchange import ScimProblem
from deployments.sandbox.schema import Attribute, Kind, Schema

_TRUTH = {"true": True, "false": False}


@dataclass(frozen=True)
class Strictness:
    """How a value that is not quite right is met."""

    unknown_attributes: bool = True
    """Whether unknown attributes and undeclared schemas are refused, or ignored."""
    lenient_booleans: bool = True
    """Whether "True" and "False" are taken as booleans, in any case."""


def read_resource(body: Mapping[str, Any], kind: Kind, strict: Strictness) -> dict[str, Any]:
    """A resource of a POST or PUT in the form it is stored in, without id and meta.

    Raises:
        ScimProblem: 400 with invalidSyntax or invalidValue; it names the attribute, never a value.
    """
    given = _by_lower_name(body, "the resource")
    declared = _read_schemas(given.pop("schemas", None), kind, strict)
    resource: dict[str, Any] = {}
    for name, value in given.items():
        extension = kind.extension(name)
        if extension is not None:
            _read_extension(resource, extension, value, declared, strict)
        elif (attribute := kind.attribute(name)) is not None:
            _store(resource, attribute, read_value(attribute, value, strict))
        elif strict.unknown_attributes:
            raise ScimProblem(400, f"there is no attribute {name!r}", "invalidSyntax")
    return finish_resource(resource, kind)


def finish_resource(resource: Mapping[str, Any], kind: Kind) -> dict[str, Any]:
    """Check what holds for a whole resource, forget what is not kept, and write `schemas`.

    Raises:
        ScimProblem: 400 invalidValue for a missing required attribute or a second primary value.
    """
    for attribute in kind.core.attributes:
        if attribute.required and not _has_text(resource.get(attribute.name)):
            raise ScimProblem(400, f"{attribute.name} is required", "invalidValue")
        if attribute.multi:
            _check_one_primary(attribute, resource.get(attribute.name))
    extensions = [e.urn for e in kind.announced if resource.get(e.urn)]
    kept: dict[str, Any] = {"schemas": [kind.core.urn, *extensions]}
    for name, value in resource.items():
        if name not in ("schemas", "id", "meta") and name.lower() not in kind.forgotten:
            kept[name] = value
    if kind.derives_display_name:
        parts = [kept.get("name", {}).get(part) for part in ("givenName", "familyName")]
        kept["displayName"] = " ".join(part for part in parts if part) or kept["userName"]
    return kept


def read_value(attribute: Attribute, value: Any, strict: Strictness, path: str = "") -> Any:
    """A value in canonical form; None when it is unassigned (null, an empty list or object).

    Raises:
        ScimProblem: 400; the value does not have the attribute's type.
    """
    path = path or attribute.name
    if value is None:
        return None
    if not attribute.multi:
        return _read_single(attribute, value, strict, path)
    if not isinstance(value, list):
        raise ScimProblem(400, f"{path} must be a list", "invalidSyntax")
    elements = [_read_single(attribute, element, strict, path) for element in value]
    return [element for element in elements if element is not None] or None


def read_element(attribute: Attribute, value: Any, strict: Strictness) -> Any:
    """One element of a multi-valued attribute."""
    return _read_single(attribute, value, strict, attribute.name)


def _read_single(attribute: Attribute, value: Any, strict: Strictness, path: str) -> Any:
    if attribute.type == "complex":
        return _read_complex(attribute, value, strict, path)
    if attribute.type == "boolean" and strict.lenient_booleans and isinstance(value, str):
        # Entra sends "True"/"False": https://github.com/AzureAD/SCIMReferenceCode/issues/21
        value = _TRUTH.get(value.lower(), value)
    if not _has_type(attribute, value):
        raise ScimProblem(400, f"{path} must be of type {attribute.type}", "invalidValue")
    return value


def _has_type(attribute: Attribute, value: Any) -> bool:
    match attribute.type:
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "decimal":
            return isinstance(value, (int, float)) and not isinstance(value, bool)
        case _:
            return isinstance(value, str)


def _read_complex(
    attribute: Attribute, value: Any, strict: Strictness, path: str
) -> dict[str, Any] | None:
    if not isinstance(value, dict):
        raise ScimProblem(400, f"{path} must be an object", "invalidSyntax")
    read: dict[str, Any] = {}
    for name, inner in _by_lower_name(value, path).items():
        sub = attribute.by_name.get(name)
        if sub is not None:
            _store(read, sub, read_value(sub, inner, strict, f"{path}.{sub.name}"))
        elif strict.unknown_attributes:
            raise ScimProblem(400, f"there is no attribute {path}.{name}", "invalidSyntax")
    return read or None


def _read_extension(
    resource: dict[str, Any],
    extension: Schema,
    value: Any,
    declared: frozenset[str],
    strict: Strictness,
) -> None:
    as_attribute = Attribute(extension.urn, "", type="complex", sub=extension.attributes)
    content = read_value(as_attribute, value, strict)
    if content is None:
        return
    if extension.urn.lower() not in declared and strict.unknown_attributes:
        raise ScimProblem(
            400,
            f"schemas does not name {extension.urn}, whose attributes are given",
            "invalidSyntax",
        )
    resource[extension.urn] = content


def _read_schemas(value: Any, kind: Kind, strict: Strictness) -> frozenset[str]:
    """The declared schemas in lower case. REQUIRED by RFC 7643 section 3."""
    if not isinstance(value, list) or not all(isinstance(urn, str) for urn in value):
        raise ScimProblem(400, "schemas is required and must be a list of URNs", "invalidSyntax")
    declared = frozenset(urn.lower() for urn in value)
    if kind.core.urn.lower() not in declared:
        raise ScimProblem(400, f"schemas must name {kind.core.urn}", "invalidSyntax")
    unknown = declared - {urn.lower() for urn in kind.urns}
    if unknown and strict.unknown_attributes:
        raise ScimProblem(400, "schemas names a schema that the service lacks", "invalidSyntax")
    return declared


def _store(container: dict[str, Any], attribute: Attribute, value: Any) -> None:
    ignored = attribute.mutability == "readOnly" or attribute.returned == "never"
    if value is not None and not ignored:
        container[attribute.name] = value


def _by_lower_name(given: Mapping[str, Any], where: str) -> dict[str, Any]:
    lowered = {name.lower(): value for name, value in given.items()}
    if len(lowered) != len(given):
        raise ScimProblem(400, f"{where} has the same attribute twice", "invalidSyntax")
    return lowered


def _has_text(value: Any) -> bool:
    return bool(value.strip()) if isinstance(value, str) else value is not None


def _check_one_primary(attribute: Attribute, elements: Any) -> None:
    """RFC 7643 section 2.4: `primary` true appears no more than once."""
    if "primary" not in attribute.by_name or not elements:
        return
    if sum(element.get("primary") is True for element in elements) > 1:
        raise ScimProblem(400, f"{attribute.name} has more than one primary value", "invalidValue")
