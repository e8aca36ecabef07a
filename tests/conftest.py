"""Marks each test by the folder it stands in; a test outside the known folders is an error.

`sampled(n)` keeps n cases of a test's many for `make test`; `make test-all` runs all of them, and
what is marked `thorough`.
"""

from collections import defaultdict
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
KINDS = frozenset({"unit", "property", "contract", "integration", "fault", "e2e", "docs"})


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    cases = defaultdict[tuple[Path, str], list[pytest.Item]](list)
    for item in items:
        if not item.path.is_relative_to(TESTS):
            item.add_marker("unit")  # a doctest beside the code
            continue
        kind = item.path.relative_to(TESTS).parts[0]
        if kind not in KINDS:
            raise pytest.UsageError(f"{item.path}: tests live in {', '.join(sorted(KINDS))}")
        item.add_marker(kind)
        if item.get_closest_marker("sampled") is not None:
            cases[item.path, item.nodeid.partition("[")[0]].append(item)
    for several in cases.values():
        leave_out(several)
    # the longest first: what begins last would keep one worker busy while the others have nothing
    items.sort(key=lambda item: item.get_closest_marker("property") is None)


def leave_out(cases: list[pytest.Item]) -> None:
    """Mark all cases of a test but some as thorough: the first stays, and others evenly from it."""
    marker = cases[0].get_closest_marker("sampled")
    assert marker is not None
    (number,) = marker.args
    kept = {len(cases) * step // number for step in range(number)}
    for position, case in enumerate(cases):
        if position not in kept:
            case.add_marker("thorough")
