"""Contracts are found by name or by path; what is not found names what is near."""

from pathlib import Path

import pytest
import yaml

from data_contracts.errors import ConfigurationError, ContractFileError
from tasks.extract.contracts import list_published, read_contract
from tests.export_parts import document


def test_a_published_contract_is_found_by_name(tmp_path: Path) -> None:
    assert read_contract("generic-hr", tmp_path).name == "generic-hr"
    assert "generic-hr" in list_published()


def test_an_unknown_name_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="did you mean 'bamboohr-report'") as told:
        read_contract("bamboo-report", tmp_path)
    assert "midpoint-hris" in told.value.hint


def test_a_path_is_relative_to_the_folder(tmp_path: Path) -> None:
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "own.yaml").write_text(yaml.safe_dump(document()))
    contract = read_contract("contracts/own.yaml", tmp_path)
    assert contract.name == "people"
    assert contract.origin == str(tmp_path / "contracts" / "own.yaml")


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"own\.yaml does not exist"):
        read_contract("own.yaml", tmp_path)


def test_a_file_that_is_no_text_is_said(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigurationError, match="is not UTF-8 text"):
        read_contract("own.yaml", tmp_path)


def test_a_broken_contract_names_file_line_and_path(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text("apiVersion: v3.2.0\nkind: DataContract\nnmae: x\n")
    with pytest.raises(ContractFileError) as told:
        read_contract("own.yaml", tmp_path)
    assert f"{tmp_path}/own.yaml:3: nmae: unknown key; did you mean `name`?" in told.value.message
