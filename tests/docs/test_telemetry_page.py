"""docs/telemetry.md names what is told: every metric and attribute of the code, and no other."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "telemetry.md").read_text(encoding="utf-8")
CODE = (ROOT / "flows" / "open_telemetry.py").read_text(encoding="utf-8")
LOADING = (ROOT / "flows" / "loading.py").read_text(encoding="utf-8")
NAMED = re.compile(r"(?:scimflow\.[a-z_.]+[a-z]|http\.[a-z._]+[a-z]|url\.template|server\.[a-z]+)")
DIMENSIONS = {
    "scimflow.flow",
    "scimflow.source",
    "scimflow.row.verdict",
    "scimflow.finding.severity",
    "scimflow.operation.result",
}
"""Attributes of metrics, which the page tells in words."""


def test_the_page_names_what_the_code_tells_and_nothing_else() -> None:
    told = {name for name in re.findall(r'"([a-z_.]+)"', CODE + LOADING) if NAMED.fullmatch(name)}
    described = set(NAMED.findall(PAGE)) - {"scimflow.yaml"}
    assert told - DIMENSIONS == described
