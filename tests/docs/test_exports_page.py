"""docs/exports.md: its settings are accepted, and its bounds are those of the code."""

import re
from pathlib import Path

import pytest
import yaml

from data_contracts.configuration import SourceSettings
from tasks.extract.remote_place import _NEEDS
from tasks.extract.unpack import MOST_TIMES

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "exports.md").read_text("utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_every_example_is_accepted(number: int) -> None:
    found = yaml.safe_load(BLOCKS[number])
    source = found.get("sources", found)
    source = source.get("hr", source)
    SourceSettings.model_validate({"contract": "generic-hr", **source})


def test_every_place_and_its_extra_are_named() -> None:
    extras = (ROOT / "pyproject.toml").read_text("utf-8").partition("[project.optional-")[2]
    for scheme, module in _NEEDS.items():
        if scheme != "memory":
            assert f"`{scheme}://" in PAGE
            assert f"scimflow[{scheme}]" in PAGE
            assert re.search(rf'^{scheme} = \["{module}', extras, re.MULTILINE)


def test_the_bounds_are_those_of_the_code() -> None:
    default = SourceSettings.model_fields["max_mb"].default
    assert f"({default:,})" in PAGE
    assert f"more than {MOST_TIMES} times its size" in PAGE
