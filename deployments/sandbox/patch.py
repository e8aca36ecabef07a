"""PATCH: operations over a stored resource, all of them or none.

Deviations on purpose, each because a real client needs it: `op` in any case and dotted or
URN-qualified names inside a path-less value (Entra), `add` to an element that does not exist yet
makes one from the filter's `eq` parts (Entra), `remove` with a value removes just those elements
(Entra, for members).

Reference: RFC 7644 section 3.5.2; https://github.com/AzureAD/SCIMReferenceCode/issues/21;
https://github.com/Captain-P-Goldfish/scim-for-keycloak/issues/26.
"""

import copy
from collections.abc import Mapping
from typing import Any

from deployments.sandbox.constants import PATCH_OP
from deployments.sandbox.evaluation import compile_filter
from deployments.sandbox.exchange import ScimProblem
from deployments.sandbox.filters import And, Compare, Filter
from deployments.sandbox.paths import PatchTarget, Place, parse_patch_path
from deployments.sandbox.resources import Strictness, read_element, read_value
from deployments.sandbox.schema import Attribute, Kind

_OPS = ("add", "replace", "remove")


def apply_patch(
    stored: Mapping[str, Any], request: Mapping[str, Any], kind: Kind, strict: Strictness
) -> dict[str, Any]:
    """The resource after all operations of a PatchOp message; `stored` stays as it is.

    Raises:
        ScimProblem: 400 with invalidSyntax, invalidPath, invalidValue, noTarget or mutability.
    """
    patch = _Patch(copy.deepcopy(dict(stored)), kind, strict)
    for number, operation in enumerate(_operations(request), start=1):
        try:
            patch.apply(operation)
        except ScimProblem as problem:
            problem.detail = f"operation {number}: {problem.detail}"
            raise
    return patch.resource


def _operations(request: Mapping[str, Any]) -> list[dict[str, Any]]:
    given = {name.lower(): value for name, value in request.items()}
    schemas = given.get("schemas")
    if not isinstance(schemas, list) or PATCH_OP not in schemas:
        raise ScimProblem(400, f"schemas must name {PATCH_OP}", "invalidSyntax")
    operations = given.get("operations")
    if not isinstance(operations, list) or not operations:
        raise ScimProblem(400, "Operations must be a list with at least one", "invalidSyntax")
    if not all(isinstance(operation, dict) for operation in operations):
        raise ScimProblem(400, "each of the Operations must be an object", "invalidSyntax")
    return operations


class _Patch:
    """The resource in the middle of its operations."""

    def __init__(self, resource: dict[str, Any], kind: Kind, strict: Strictness) -> None:
        self.resource = resource
        self._kind = kind
        self._strict = strict

    def apply(self, operation: Mapping[str, Any]) -> None:
        op = operation.get("op")
        op = op.lower() if isinstance(op, str) else None
        if op not in _OPS:
            raise ScimProblem(400, "op must be add, replace or remove", "invalidSyntax")
        path = operation.get("path")
        if path is not None and not isinstance(path, str):
            raise ScimProblem(400, "path must be a string", "invalidPath")
        if op != "remove" and "value" not in operation:
            raise ScimProblem(400, f"{op} needs a value", "invalidValue")
        if path:
            self._apply_at(op, path, operation.get("value"))
        elif op == "remove":
            raise ScimProblem(400, "remove needs a path", "noTarget")
        else:
            self._apply_without_path(op, operation["value"])

    def _apply_at(self, op: str, path: str, value: Any) -> None:
        target = parse_patch_path(path, self._kind)
        if target is None:
            if self._strict.unknown_attributes:
                raise ScimProblem(400, "path names no attribute", "invalidPath")
            return
        if target.place.read_only:
            raise ScimProblem(400, "path names a read-only attribute", "mutability")
        self._change(op, target, value)

    def _apply_without_path(self, op: str, value: Any) -> None:
        if not isinstance(value, dict):
            raise ScimProblem(400, "without a path the value must be an object", "invalidValue")
        for name, inner in value.items():
            target = parse_patch_path(name, self._kind)
            if target is None:
                if self._strict.unknown_attributes:
                    raise ScimProblem(400, f"there is no attribute {name!r}", "invalidPath")
            elif not target.place.read_only:  # Okta repeats `id`, without meaning to change it
                self._change(op, target, inner)

    def _change(self, op: str, target: PatchTarget, value: Any) -> None:
        place = target.place
        if place.attribute is None:
            self._change_extension(op, place, value)
        elif target.elements is not None:
            self._change_elements(op, place, place.attribute, target.elements, value)
        elif op == "remove":
            self._remove(place, place.attribute, value)
        elif place.sub is not None:
            self._set_sub(place, place.attribute, place.sub, value)
        elif place.attribute.multi:
            self._set_list(op, place, place.attribute, value)
        else:
            self._set_single(place, place.attribute, value)

    # Containers: the resource itself, or one of its extensions.

    def _container(self, place: Place) -> dict[str, Any]:
        if place.extension is None:
            return self.resource
        container = self.resource.setdefault(place.extension.urn, {})
        assert isinstance(container, dict)  # noqa: S101 - only objects are ever stored there
        return container

    def _tidy(self, place: Place) -> None:
        if place.extension is not None and not self.resource.get(place.extension.urn):
            self.resource.pop(place.extension.urn, None)

    def _change_extension(self, op: str, place: Place, value: Any) -> None:
        extension = place.extension
        assert extension is not None  # noqa: S101 - a place without attribute is an extension
        if op == "remove" or (op == "replace" and value is None):
            self.resource.pop(extension.urn, None)
            return
        as_attribute = Attribute(extension.urn, "", type="complex", sub=extension.attributes)
        content = read_value(as_attribute, value, self._strict) or {}
        for name, inner in content.items():
            attribute = extension.by_name[name.lower()]
            self._change(op, PatchTarget(Place(extension, attribute)), inner)

    # Values of a whole attribute.

    def _set_single(self, place: Place, attribute: Attribute, value: Any) -> None:
        read = read_value(attribute, value, self._strict)
        container = self._container(place)
        if attribute.returned == "never":
            pass  # a password is accepted and never stored
        elif read is None:
            self._refuse_removing_required(attribute)
            container.pop(attribute.name, None)
        elif attribute.type == "complex":
            container[attribute.name] = {**container.get(attribute.name, {}), **read}
        else:
            container[attribute.name] = read
        self._tidy(place)

    def _set_list(self, op: str, place: Place, attribute: Attribute, value: Any) -> None:
        given = value if isinstance(value, list) or value is None else [value]
        read = read_value(attribute, given, self._strict) or []
        container = self._container(place)
        if op == "replace":
            container[attribute.name] = read
        else:
            present = container.get(attribute.name, [])
            added = [element for element in read if element not in present]
            container[attribute.name] = [*present, *added]
            _demote_others(container[attribute.name], added)
        if not container[attribute.name]:
            del container[attribute.name]
        self._tidy(place)

    def _set_sub(self, place: Place, attribute: Attribute, sub: Attribute, value: Any) -> None:
        read = read_value(sub, value, self._strict, f"{attribute.name}.{sub.name}")
        container = self._container(place)
        if attribute.multi:
            elements = container.setdefault(attribute.name, [{}])
        else:
            elements = [container.setdefault(attribute.name, {})]
        _write_sub(elements, sub, read)
        self._drop_if_empty(container, attribute)
        self._tidy(place)

    def _remove(self, place: Place, attribute: Attribute, value: Any) -> None:
        container = self._container(place)
        if place.sub is not None:
            present = container.get(attribute.name, [])
            elements = present if attribute.multi else [present] if present else []
            _write_sub(elements, place.sub, None)
            self._drop_if_empty(container, attribute)
        elif attribute.multi and value:
            gone = _keys(
                read_value(attribute, value if isinstance(value, list) else [value], self._strict)
                or []
            )
            container[attribute.name] = [
                e for e in container.get(attribute.name, []) if not _keys([e]) & gone
            ]
            self._drop_if_empty(container, attribute)
        else:
            self._refuse_removing_required(attribute)
            container.pop(attribute.name, None)
        self._tidy(place)

    # Elements chosen by a filter: emails[type eq "work"], with or without .value behind it.

    def _change_elements(
        self, op: str, place: Place, attribute: Attribute, chosen: Filter, value: Any
    ) -> None:
        container = self._container(place)
        holds = compile_filter(
            chosen,
            self._kind,
            lenient_booleans=self._strict.lenient_booleans,
            base=attribute,
        )
        elements: list[dict[str, Any]] = container.setdefault(attribute.name, [])
        matching = [element for element in elements if holds(element)]
        if not matching:
            matching = self._make_element(op, attribute, chosen)
            elements.extend(matching)
        if op == "remove" and place.sub is None:
            container[attribute.name] = [e for e in elements if e not in matching]
        elif place.sub is not None:
            read = None if op == "remove" else read_value(place.sub, value, self._strict)
            _write_sub(matching, place.sub, read)
        else:
            self._overwrite(op, attribute, matching, value)
        _demote_others(container[attribute.name], matching)
        self._drop_if_empty(container, attribute)
        self._tidy(place)

    def _make_element(self, op: str, attribute: Attribute, chosen: Filter) -> list[dict[str, Any]]:
        """Nothing matches. Only `add` may create, from what the filter says the element is."""
        parts = chosen.parts if isinstance(chosen, And) else (chosen,)
        made: dict[str, Any] = {}
        for part in parts:
            if op != "add" or not isinstance(part, Compare) or part.op != "eq":
                raise ScimProblem(400, "the path matches no value", "noTarget")
            sub = attribute.by_name[part.path.lower()]
            if part.value is not None:
                made[sub.name] = read_value(sub, part.value, self._strict)
        return [made]

    def _overwrite(
        self, op: str, attribute: Attribute, matching: list[dict[str, Any]], value: Any
    ) -> None:
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        read = read_element(attribute, value, self._strict) or {}
        for element in matching:
            if op == "replace":
                element.clear()
            element.update(read)

    def _drop_if_empty(self, container: dict[str, Any], attribute: Attribute) -> None:
        present = container.get(attribute.name)
        if attribute.multi and present:
            present = [element for element in present if element]
            container[attribute.name] = present
        if not present:
            container.pop(attribute.name, None)

    @staticmethod
    def _refuse_removing_required(attribute: Attribute) -> None:
        if attribute.required:
            raise ScimProblem(400, f"{attribute.name} is required", "mutability")


def _write_sub(elements: list[dict[str, Any]], sub: Attribute, value: Any) -> None:
    for element in elements:
        if value is None:
            element.pop(sub.name, None)
        else:
            element[sub.name] = value
    if sub.name == "primary" and value is True:
        _demote_others(elements, elements[:1])


def _demote_others(elements: list[dict[str, Any]], changed: list[dict[str, Any]]) -> None:
    """RFC 7644 section 3.5.2: a new primary value takes `primary` from the others."""
    promoted = {id(element) for element in changed if element.get("primary") is True}
    if not promoted:
        return
    for element in elements:
        if id(element) not in promoted and element.get("primary") is True:
            element["primary"] = False


def _keys(elements: list[dict[str, Any]]) -> set[Any]:
    return {element.get("value") for element in elements if element.get("value") is not None}
