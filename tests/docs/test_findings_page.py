"""docs/findings.md lists every finding that the code can make, and no other."""

import re
from pathlib import Path

from data_contracts.words import FindingSeverity

ROOT = Path(__file__).parents[2]
MAKERS = ("tasks/plan", "tasks/transform", "tasks/validate/deliveries.py")
CODE = re.compile(r'"([a-z]+(?:-[a-z]+)+)"')

NOT_FINDINGS = {
    # reasons of presence and of operations, and names of fields
    "absent-from-roster",
    "account-gone",
    "before-first-day",
    "identity-uncertain",
    "last-day-passed",
    "new-team",
    "newest-name",
    "no-first-day",
    "on-leave",
    "out-of-scope",
    "status-leaver",
    "works-under-another-key",
}


def told() -> set[str]:
    rows = re.findall(r"^\| (`.*?) \|", (ROOT / "docs/findings.md").read_text(), re.M)
    return {code for row in rows for code in re.findall(r"`([^`]+)`", row)}


def severities() -> list[tuple[str, FindingSeverity]]:
    """Each finding of the page with the severity that stands beside it."""
    rows = re.findall(r"^\| (`.*?) \| (\w+)", (ROOT / "docs/findings.md").read_text(), re.M)
    return [
        (code, FindingSeverity(severity))
        for codes, severity in rows
        for code in re.findall(r"`([^`]+)`", codes)
    ]


def made() -> set[str]:
    found = set[str]()
    for maker in MAKERS:
        path = ROOT / maker
        for file in [path] if path.is_file() else path.glob("*.py"):
            found |= set(CODE.findall(file.read_text()))
    return found


def test_every_finding_is_on_the_page_and_nothing_else_is() -> None:
    assert told() == (made() - NOT_FINDINGS) | {"quarantined", "protected"}  # of a single word
    assert made() >= NOT_FINDINGS
