"""From the text of scimflow.yaml and the environment to checked settings, with places in errors.

Pure: the caller reads the file and hands the environment in.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from data_contracts.configuration.settings import Configuration
from data_contracts.errors import ConfigurationError

ENVIRONMENT_PREFIX = "SCIMFLOW__"
"""`SCIMFLOW__TARGET__BASE_URL` overrides `target.base_url`."""

Place = tuple[str | int, ...]


def load_configuration(
    text: str, *, origin: str, folder: str = ".", environ: Mapping[str, str] | None = None
) -> Configuration:
    """Read settings.

    Args:
        text: YAML.
        origin: Where the text comes from, for messages (the file's path).
        folder: What relative paths start from.
        environ: Environment variables; those with `ENVIRONMENT_PREFIX` override the text.

    Returns:
        The settings, complete and checked, the mapping held against the SCIM schema.

    Raises:
        ConfigurationError: Every problem with file, line, path and remedy, one a line.
    """
    data, lines = parse_yaml(text, origin)
    if not isinstance(data, dict):
        raise ConfigurationError(
            f"{origin}: expected settings (`target:`, `sources:` ...), found something else",
            hint="`scimflow init` writes a commented scimflow.yaml",
        )
    overridden = _override(data, environ or {})
    try:
        return Configuration.model_validate({**data, "folder": folder})
    except ValidationError as error:
        problems = [
            _problem(detail, origin, lines, overridden)
            for detail in error.errors(include_input=False, include_url=False)
        ]
        raise ConfigurationError("\n".join(problems)) from None


def parse_yaml(text: str, origin: str) -> tuple[Any, dict[Place, int]]:
    """Read YAML, with the line of each key and item.

    Args:
        text: One YAML document; no tags that build objects.
        origin: For messages.

    Returns:
        The value, and line numbers (from 1) by place in it.

    Raises:
        ConfigurationError: Malformed YAML, a tag, or a key that stands twice: with its line.
    """
    lines: dict[Place, int] = {}
    try:
        loader = yaml.SafeLoader(text)
        try:
            node = loader.get_single_node()
            value = None if node is None else _build(loader, node, (), lines, origin)
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise ConfigurationError(
            f"{origin}:{line}: malformed YAML: {error.problem or error.context}",
            hint="check indentation, colons and quotes at that line",
        ) from None
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{origin}: malformed YAML: {error}") from None
    return value, lines


def _build(
    loader: yaml.SafeLoader, node: yaml.Node, place: Place, lines: dict[Place, int], origin: str
) -> Any:
    lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            key = str(loader.construct_object(key_node))
            if key in result:
                raise ConfigurationError(f"{origin}:{line}: the key {key!r} stands twice")
            lines[(*place, key)] = line
            result[key] = _build(loader, value_node, (*place, key), lines, origin)
        return result
    if isinstance(node, yaml.SequenceNode):
        return [
            _build(loader, item, (*place, index), lines, origin)
            for index, item in enumerate(node.value)
        ]
    return loader.construct_object(node)


def _override(data: dict[str, Any], environ: Mapping[str, str]) -> dict[Place, str]:
    """Put values of the environment into the settings; remember which came from there."""
    overridden: dict[Place, str] = {}
    for name in sorted(environ):
        if not name.startswith(ENVIRONMENT_PREFIX):
            continue
        place = tuple(name.removeprefix(ENVIRONMENT_PREFIX).lower().split("__"))
        node = data
        for part in place[:-1]:
            child = node.setdefault(part, {})
            if not isinstance(child, dict):
                raise ConfigurationError(
                    f"environment variable {name}: {part!r} is no section of the settings"
                )
            node = child
        value, _ = parse_yaml(environ[name], f"environment variable {name}")
        node[place[-1]] = value
        overridden[place] = name
    return overridden


def _problem(
    detail: Any, origin: str, lines: dict[Place, int], overridden: dict[Place, str]
) -> str:
    """Write one validation error as `file:line: path: what, and what would be right`."""
    place: Place = tuple(detail.get("ctx", {}).get("place", detail["loc"]))
    if place in overridden:
        where = f"environment variable {overridden[place]}"
    else:
        known = place
        while known not in lines and known:
            known = known[:-1]
        where = f"{origin}:{lines.get(known, 1)}"
    path = ".".join(str(part) for part in place) or "settings"
    message = str(detail["msg"]).removeprefix("Value error, ")
    if detail["type"] == "extra_forbidden":
        message = f"unknown key{_nearest(place)}"
    elif detail["type"] == "missing":
        message = "is missing"
    return f"{where}: {path}: {message}"


def _nearest(place: Place) -> str:
    names = sorted(_known_keys(Configuration, place[:-1]) - {"folder"})
    close = get_close_matches(str(place[-1]), names, n=1, cutoff=0.5)
    if close:
        return f"; did you mean `{close[0]}`?"
    return f"; known here: {', '.join(names)}" if names else ""


def _known_keys(model: type[BaseModel], place: Place) -> set[str]:
    """The keys that the settings have at a place; none where keys are free."""
    for part in place:
        found = model.model_fields.get(str(part))
        nested = _models_in(found.annotation) if found else [model]
        if not nested:
            return set()
        model = nested[0]
    return set(model.model_fields)


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    """The section types inside an annotation such as `dict[str, X]` or `tuple[X, ...]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [m for arg in getattr(annotation, "__args__", ()) for m in _models_in(arg)]
