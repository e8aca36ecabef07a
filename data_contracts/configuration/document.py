"""From the text of scimflow.yaml and the environment to checked settings, with places in errors.

Pure: the caller reads the file and hands the environment in.
"""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from data_contracts.configuration.settings import Configuration
from data_contracts.configuration.sources import SourceSettings
from data_contracts.errors import ConfigurationError
from data_contracts.yaml_lines import Place, line_of, parse_yaml

ENVIRONMENT_PREFIX = "SCIMFLOW__"
"""`SCIMFLOW__TARGET__BASE_URL` overrides `target.base_url`."""


def load_configuration(
    text: str, *, origin: str, environ: Mapping[str, str] | None = None
) -> Configuration:
    """Read settings.

    Args:
        text: YAML.
        origin: Where the text comes from, for messages (the file's path).
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
        return Configuration.model_validate(data)
    except ValidationError as error:
        details = error.errors(include_input=False, include_url=False)
        problems = [
            _problem(detail, origin, lines, overridden)
            for detail in details
            if not _follows_from_another(detail, details)
        ]
        raise ConfigurationError("\n".join(problems)) from None


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


_MESSAGES = {
    "missing": "is missing",
    "string_type": "must be text; put what YAML takes for a number, a date or yes/no into quotes",
    "tuple_type": "must be a list",
    "model_type": "must be a section with keys; take it out when there is nothing to set",
    "dict_type": "must be a section with keys; take it out when there is nothing to set",
    "too_short": "must have at least one entry",
}
"""Plainer words for pydantic's, by its type of error."""


def _follows_from_another(detail: Any, details: Sequence[Any]) -> bool:
    """A list whose entries are all wrong is not also too short."""
    place = detail["loc"]
    return detail["type"] == "too_short" and any(
        len(other["loc"]) > len(place) and other["loc"][: len(place)] == place for other in details
    )


def _problem(
    detail: Any, origin: str, lines: dict[Place, int], overridden: dict[Place, str]
) -> str:
    """Write one validation error as `file:line: path: what, and what would be right`."""
    full: Place = tuple(detail.get("ctx", {}).get("place", detail["loc"]))
    place = _as_written(full)
    variable = _variable_behind(place, lines, overridden)
    where = f"environment variable {variable}" if variable else f"{origin}:{line_of(place, lines)}"
    path = ".".join(str(part) for part in place) or "settings"
    message = str(detail["msg"]).removeprefix("Value error, ").replace("Input should", "must")
    if detail["type"] == "extra_forbidden":
        message = f"unknown key{_nearest(full)}"
    elif detail["type"] == "union_tag_invalid":
        message = f"`system` must be one of {detail['ctx']['expected_tags']}"
    elif detail["type"] == "union_tag_not_found":
        message = f"`system` is missing: one of {', '.join(map(repr, _TAGS))}"
    return f"{where}: {path}: {_MESSAGES.get(detail['type'], message)}"


def _as_written(place: Place) -> Place:
    """A place without the kinds of sections that pydantic puts into it, which no file has."""
    return tuple(
        part
        for at, part in enumerate(place)
        if not (at and place[at - 1] == "live" and part in _TAGS)
    )


def _variable_behind(
    place: Place, lines: dict[Place, int], overridden: dict[Place, str]
) -> str | None:
    """The variable that gave a place its value, or that made a place the file does not have."""
    for given, name in overridden.items():
        if place[: len(given)] == given or (place not in lines and given[: len(place)] == place):
            return name
    return None


def _nearest(place: Place) -> str:
    names = sorted(_known_keys(Configuration, place[:-1]))
    close = get_close_matches(str(place[-1]), names, n=1, cutoff=0.5)
    if close:
        return f"; did you mean `{close[0]}`?"
    return f"; known here: {', '.join(names)}" if names else ""


def _known_keys(model: type[BaseModel], place: Place) -> set[str]:
    """The keys that the settings have at a place; none where keys are free."""
    kinds: list[type[BaseModel]] = []
    for part in place:
        chosen = [kind for kind in kinds if _tag_of(kind) == part]
        if chosen:
            (model,), kinds = chosen, []
            continue
        found = model.model_fields.get(str(part))
        nested = kinds = _models_in(found.annotation) if found else [model]
        if not nested:
            return set()
        model = nested[0]
    return set(model.model_fields)


def _tag_of(model: type[BaseModel]) -> str | None:
    """What `system` is of a section that is one of several kinds."""
    field = model.model_fields.get("system")
    return None if field is None else str(get_args(field.annotation)[0])


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    """The section types inside an annotation such as `dict[str, X]` or `tuple[X, ...]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [m for arg in getattr(annotation, "__args__", ()) for m in _models_in(arg)]


_TAGS = tuple(
    tag
    for model in _models_in(SourceSettings.model_fields["live"].annotation)
    if (tag := _tag_of(model)) is not None
)
"""The systems that `live` knows."""
