"""Marks each test by the folder it stands in; a test outside the known folders is an error."""

from pathlib import Path

import pytest

TESTS = Path(__file__).parent
KINDS = frozenset({"unit", "property", "contract", "integration", "fault", "e2e", "docs"})


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if not item.path.is_relative_to(TESTS):
            item.add_marker("unit")  # a doctest beside the code
            continue
        kind = item.path.relative_to(TESTS).parts[0]
        if kind not in KINDS:
            raise pytest.UsageError(f"{item.path}: tests live in {', '.join(sorted(KINDS))}")
        item.add_marker(kind)
    # the longest first: what begins last would keep one worker busy while the others have nothing
    items.sort(key=lambda item: item.get_closest_marker("property") is None)
