"""Questions of a drafted contract that somebody took into use without an answer."""

from collections.abc import Iterator, Mapping
from typing import Any

from data_contracts.odcs.extension_text import FILL_IN
from data_contracts.odcs.problems import Problems
from data_contracts.yaml_lines import Place


def check_answered(document: Mapping[str, Any], problems: Problems) -> None:
    """Note each value that is still to be filled in, unless the contract is a draft.

    Who writes `status: active` answers for what the export is and who leaves by it; a purpose and
    an owner that say FILL IN show that nobody has read the draft.

    Args:
        document: The contract as a whole, as parsed.
        problems: Takes the problems.
    """
    if document.get("status") == "draft":
        return
    for place in _unanswered(document, ()):
        problems.add(place, f"still says {FILL_IN}: answer it, or go back to `status: draft`")


def _unanswered(value: Any, place: Place) -> Iterator[Place]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _unanswered(inner, (*place, str(key)))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _unanswered(inner, (*place, index))
    elif isinstance(value, str) and value.startswith(FILL_IN):
        yield place
