"""docs/live.md: its settings are accepted, its bounds are the code's, every system is named."""

import re
from pathlib import Path
from typing import get_args

import pytest
import yaml

from data_contracts.configuration import SourceSettings
from data_contracts.configuration.live import LiveSettings as Settings
from tasks.extract.contracts import list_published
from tasks.extract.live.deliveries import FOLDER
from tasks.extract.live.pages import MOST_PAGES

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "live.md").read_text("utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
ROWS = re.findall(r"^\| [^|]+ \| `([\w-]+)` \| ([^|]+) \|", PAGE, re.MULTILINE)


def source_in(block: str) -> dict[str, object]:
    """The source of an example; of a part of one, within the page's first example."""
    found = yaml.safe_load(block)
    if "sources" in found:
        (source,) = found["sources"].values()
        return dict(source)
    if "live" in found:
        return {"contract": "generic-hr", **found}
    whole = source_in(BLOCKS[0])
    return {**whole, "live": {**dict(whole["live"]), **found}}  # type: ignore[call-overload]


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_every_example_is_accepted(number: int) -> None:
    assert SourceSettings.model_validate(source_in(BLOCKS[number])).live is not None


def test_every_system_of_the_table_is_known_with_its_contracts() -> None:
    systems = {model.model_fields["system"].annotation for model in get_args(get_args(Settings)[0])}
    assert {get_args(system)[0] for system in systems} == {system for system, _ in ROWS}
    for system, contracts in ROWS:
        named = re.findall(r"`([\w-]+)`", contracts)
        assert set(named) <= set(list_published())
        assert f"      system: {system}\n" in PAGE


def test_the_bounds_are_those_of_the_code() -> None:
    assert f"more than {MOST_PAGES:,}" in PAGE
    assert f"`{FOLDER}/" in PAGE


def test_it_says_that_nobody_has_tried_it_on_a_tenant() -> None:
    assert "None of this has been tried on a tenant." in PAGE
