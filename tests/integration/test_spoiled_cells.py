"""What a spreadsheet made of a cell takes access or a role from nobody."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.extract.spoiled_cells import ERRORS
from tests.command_parts import Company, company, person
from tests.export_parts import columns, contract, custom, read

SCOPE = {
    "any_of": [
        {"all_of": [{"column": "department", "operator": "in", "values": ["IT", "Research"]}]}
    ]
}


@pytest.fixture
def acme(tmp_path: Path) -> Iterator[Company]:
    """Person 1 is an admin by the department; who is in no department of the scope leaves."""
    with company(tmp_path) as acme:
        acme.settings({"scope": {**SCOPE, "on_exit": "deactivate"}})
        acme.export(*people())
        acme.sync()
        yield acme


def people(**changed: str) -> list[str]:
    """Twelve people, of whom the first has other cells."""
    return [person(n, **(changed if n == 1 else {})) for n in range(1, 13)]


@pytest.mark.parametrize(
    "cells", [{"department": "#N/A"}, {"department": "#REF!"}, {"employee_id": "1.23E+05"}]
)
def test_nobody_loses_access_or_a_role_by_a_formula_that_failed(
    acme: Company, cells: dict[str, str]
) -> None:
    acme.export(*people(**cells))
    document = acme.plan("--json").document
    assert document["operations"] == []
    acme.sync()
    [first, *_] = acme.users().values()
    assert first["active"]
    assert [role["value"] for role in first["roles"]] == ["admin"]


def test_without_the_failed_formula_the_same_change_is_carried_out(acme: Company) -> None:
    acme.export(*people(department="Kitchen"))
    [operation] = acme.plan("--json").document["operations"]
    assert (operation["worker_key"], operation["kind"]) == ("00001", "deactivate")


@pytest.mark.parametrize("error", ERRORS)
def test_the_line_and_the_column_are_named(tmp_path: Path, error: str) -> None:
    batch = read(
        tmp_path, f"id,name\n7,{error}\n8,# {error}\n", contract(schema=columns("id", "name"))
    )
    [row] = batch.malformed
    assert (row.line, row.reason) == (2, f"column 'name' holds the error {error} of a sheet")
    assert list(batch.frame["name"]) == [f"# {error}"]
    assert batch.rows_read == 2


def test_a_shortened_number_is_one_only_where_it_names_somebody(tmp_path: Path) -> None:
    text = "id,name\n1.2E+05,Ann\n7,1.2E+05\nE+1,Bo\n8,\n"
    batch = read(tmp_path, text, contract(schema=columns("id", "name")))
    [row] = batch.malformed
    assert row.reason == "column 'id' holds a number that a sheet has shortened (E+)"
    assert list(batch.frame["id"]) == ["7", "E+1", "8"]


def test_a_word_that_a_column_may_hold_is_said_in_the_contract(tmp_path: Path) -> None:
    kept = contract(
        schema=columns("id", "name", name={"customProperties": custom(sentinels=["#N/A"])})
    )
    batch = read(tmp_path, "id,name\n7,#N/A\n", kept)
    assert batch.malformed == ()
    assert batch.frame["name"].isna().all()
