"""The same documents as programs save them again, as JSON Lines or in another wrapping: one plan.

`init` sees the form and writes it into a contract of one's own, for a person to read.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from tasks.extract.contracts import read_contract
from tests.command_parts import TOKEN_VARIABLE, say
from tests.contract.test_samples import SAMPLES, contract_of
from tests.integration.test_first_plans import CREATED, target

__all__ = ["target"]

DOCUMENTS = sorted(n for n in CREATED if n.endswith(".json"))
WRAPPED = ["bamboohr-report-json.json", "entra-graph-json.json", "okta-users-json.json"]
"""Of lists under a key, and of none."""


def records(sample: str) -> list[Any]:
    """The people in a sample."""
    found = json.loads((SAMPLES / sample).read_text("utf-8"))
    for key in filter(
        None, read_contract(contract_of(sample), Path()).reader.records_at.split(".")
    ):
        found = found[key]
    assert isinstance(found, list)
    return found


def planned(folder: Path, export: Path, contract: str, target: str) -> list[str]:
    """For whom `init`, `check` and `plan` make accounts."""
    settings = folder / "scimflow.yaml"
    words = ("--target", target, "--token-env", TOKEN_VARIABLE, "-o", settings)
    said = say("init", "--from", export, *words)
    assert said.code == 0, said.text
    assert f"contract: {contract}" in said.text, said.text
    checked = say("check", "--config", settings)
    assert checked.code == 0, checked.text
    plan = say("plan", "--config", settings, "--as-of", "2026-03-02", "--json")
    assert plan.code == 2, plan.text
    return sorted(operation["worker_key"] for operation in plan.document["operations"])


@pytest.mark.sampled(3)
@pytest.mark.parametrize("sample", DOCUMENTS)
def test_a_document_as_json_lines(tmp_path: Path, target: str, sample: str) -> None:
    export = tmp_path / "people.jsonl"
    lines = "".join(f"{json.dumps(each)}\n" for each in records(sample))
    export.write_text(lines, encoding="utf-8")
    assert planned(tmp_path, export, contract_of(sample), target) == sorted(CREATED[sample])


@pytest.mark.sampled(3)
@pytest.mark.parametrize("sample", WRAPPED)
def test_a_document_in_another_wrapping(tmp_path: Path, target: str, sample: str) -> None:
    is_bare = not read_contract(contract_of(sample), Path()).reader.records_at
    people = records(sample)
    export = tmp_path / "people.json"
    export.write_text(json.dumps({"people": people} if is_bare else people), encoding="utf-8")
    assert planned(tmp_path, export, contract_of(sample), target) == sorted(CREATED[sample])
