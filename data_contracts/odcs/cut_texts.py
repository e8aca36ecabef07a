"""Texts of a contract that YAML cuts off: outside of quotes ` #` begins a comment.

`name: Employee #` is the column `Employee` then, and a reason loses its end; nobody is told.
"""

import re
from collections.abc import Iterator

import yaml

from data_contracts.odcs.problems import Problems
from data_contracts.yaml_lines import Place

_PROSE = ("description", "purpose", "usage", "limitations", "unverified", "businessName")
"""Keys of sentences. A comment does not follow one: what stands behind it belongs to it."""

_SUSPECT = re.compile(r"^\s*[^\s#].*\s#", re.MULTILINE)
_COMMENT = re.compile(r"[ \t]+#([^\n]*)")
_REAL_COMMENT = re.compile(r"\s+\S")


def check_cut_texts(text: str, problems: Problems) -> None:
    """Note each name or value that ends at a `#` which hardly begins a comment.

    Sentences are left: they decide nothing, and a released contract has one that is cut.

    Args:
        text: YAML that can be parsed.
        problems: Takes the problems.
    """
    for place in cut_texts(text):
        if not _is_prose(place):
            problems.add(
                place,
                "the text ends at ` #`, which begins a comment: put the whole text into quotes",
            )


def cut_texts(text: str) -> list[Place]:
    """Find texts that a `#` cuts off.

    That is a `#` which nothing or no blank follows (`Employee #`, `the "Employee #".`), and any
    behind a sentence. A comment behind another value (`value: 3   # because`) is fine.

    Args:
        text: YAML that can be parsed.
    """
    if not _SUSPECT.search(text):  # walking the nodes costs as much as parsing did
        return []
    return list(_cut(yaml.compose(text, Loader=yaml.SafeLoader), text, ()))


def _cut(node: yaml.Node | None, text: str, place: Place) -> Iterator[Place]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _cut(value, text, (*place, str(key.value)))
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _cut(item, text, (*place, index))
    elif isinstance(node, yaml.ScalarNode) and node.style is None and node.value:
        comment = _COMMENT.match(text, node.end_mark.index)
        if comment and (_is_prose(place) or not _REAL_COMMENT.match(comment[1])):
            yield place


def _is_prose(place: Place) -> bool:
    return any(key in _PROSE for key in place[-2:])
