"""docs/authentication.md: its settings are accepted, and it names what users are told."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from data_contracts.configuration import load_configuration
from tasks.scim.grants import _HINTS
from tasks.scim.renewal import MARGIN_S, PAUSE_S

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "authentication.md").read_text("utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
REST: dict[str, Any] = {
    "sources": {"hr": {"contract": "hr", "path": "hr.csv"}},
    "mapping": {"userName": "email"},
}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda text: text.split()[3])
def test_each_example_is_accepted(example: str) -> None:
    text = yaml.safe_dump({**REST, **yaml.safe_load(example)}, sort_keys=False)
    load_configuration(text, origin="docs/authentication.md")


def test_each_grant_has_an_example() -> None:
    for grant in ("client_credentials", "refresh_token", "jwt_bearer"):
        assert any(f"grant: {grant}" in example for example in EXAMPLES)


def test_what_an_authorization_server_says_most_is_explained() -> None:
    told = re.findall(r"^\| `(\w+)`", PAGE.partition("| said | means |")[2], re.MULTILINE)
    assert {"invalid_client", "invalid_grant", "invalid_scope", "unauthorized_client"} <= set(told)
    assert set(told) - {"invalid_grant"} <= set(_HINTS)


def test_the_page_and_the_code_agree_on_the_times() -> None:
    assert (MARGIN_S, PAUSE_S) == (30, 1)
    assert "Half a minute before its end" in PAGE
    assert "asked again after a second" in PAGE
