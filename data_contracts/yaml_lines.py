"""YAML read strictly, with the line of each key and item, so that errors can name the place."""

from typing import Any

import yaml

from data_contracts.errors import ConfigurationError

Place = tuple[str | int, ...]
"""Keys and positions from the document's root down to a value."""

_MOST_NODES = 200_000  # a settings file has hundreds; aliases of aliases grow without end
_PLAIN_TAGS = ("tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")
_DEEPEST = 60  # deeper only by an alias that contains itself


def parse_yaml(text: str, origin: str) -> tuple[Any, dict[Place, int]]:
    """Read YAML, with the line of each key and item.

    A key is the text that was written: `Yes`, `true` and `007` stay what they are.

    Args:
        text: One YAML document; no tags that build objects.
        origin: For messages.

    Returns:
        The value, and line numbers (from 1) by place in it.

    Raises:
        ConfigurationError: Malformed YAML, a tag, a date that is none, or a key that stands
            twice: with its line.
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
    except RecursionError:
        raise ConfigurationError(f"{origin}: malformed YAML: nested too deeply") from None
    return value, lines


def line_of(place: Place, lines: dict[Place, int]) -> int:
    """The line of a place, or of the nearest place around it that has one."""
    while place not in lines and place:
        place = place[:-1]
    return lines.get(place, 1)


def _build(
    loader: yaml.SafeLoader, node: yaml.Node, place: Place, lines: dict[Place, int], origin: str
) -> Any:
    line = node.start_mark.line + 1
    lines.setdefault(place, line)
    if len(lines) > _MOST_NODES or len(place) > _DEEPEST:
        raise ConfigurationError(f"{origin}:{line}: malformed YAML: an alias that grows too large")
    if not isinstance(node, yaml.ScalarNode) and node.tag not in _PLAIN_TAGS:
        loader.construct_object(node)  # refuses the tag, with its place
    if isinstance(node, yaml.MappingNode):
        return _build_mapping(loader, node, place, lines, origin)
    if isinstance(node, yaml.SequenceNode):
        return [
            _build(loader, item, (*place, index), lines, origin)
            for index, item in enumerate(node.value)
        ]
    try:
        return loader.construct_object(node)
    except ValueError:
        raise ConfigurationError(
            f"{origin}:{line}: malformed YAML: {node.value!r} is no such value",
            hint="put text that looks like a date or a number into quotes",
        ) from None


def _build_mapping(
    loader: yaml.SafeLoader,
    node: yaml.MappingNode,
    place: Place,
    lines: dict[Place, int],
    origin: str,
) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            raise ConfigurationError(f"{origin}:{line}: malformed YAML: a key must be plain text")
        if key_node.tag.startswith("!"):
            loader.construct_object(key_node)  # refuses the tag, with its place
        key = str(key_node.value)
        if key in result:
            raise ConfigurationError(f"{origin}:{line}: the key {key!r} stands twice")
        lines[(*place, key)] = line
        result[key] = _build(loader, value_node, (*place, key), lines, origin)
    return result
