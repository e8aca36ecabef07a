"""Exports that name managers by their names alone: who is meant for certain is, nobody else."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from data_contracts.scim.schema import ENTERPRISE_SCHEMA
from tests.command_parts import HEADER, Company, company, person, say
from tests.export_parts import custom, document

WITH_BOSS = f"{HEADER},boss"
PEOPLE = [f"person{n}@acme.example" for n in range(1, 4)]
TOMORROW, LATER = "2026-03-03", "2026-03-04"
BY_NAME = {"enterprise.manager.value": {"account_of": {"column": "hr.boss", "by": "name"}}}


@pytest.fixture
def acme(tmp_path: Path) -> Iterator[Company]:
    with company(tmp_path) as acme:
        acme.settings({"mapping": BY_NAME})
        yield acme


def boss_of(acme: Company, number: int) -> str | None:
    users = acme.users()
    names = {user["id"]: name for name, user in users.items()}
    extension = users[f"person{number}@acme.example"].get(ENTERPRISE_SCHEMA, {})
    return names.get(extension.get("manager", {}).get("value"))


def row(number: int, boss: str, **cells: str) -> str:
    return f'{person(number, **cells)},"{boss}"'


def test_a_manager_is_found_by_a_name_and_kept_when_a_second_one_has_it(acme: Company) -> None:
    acme.export(row(1, ""), row(2, "Family1, Given1"), row(3, "given2 FAMILY2"), header=WITH_BOSS)
    acme.sync()
    assert [boss_of(acme, n) for n in (1, 2, 3)] == [None, *PEOPLE[:2]]
    namesake = row(4, "", first_name="Given1", last_name="Family1")
    again = (row(1, ""), row(2, "Given1 Family1"), row(3, "Given1 Family1"))
    acme.export(*again, namesake, header=WITH_BOSS)
    acme.sync(TOMORROW)
    assert [boss_of(acme, n) for n in (2, 3)] == PEOPLE[:2]
    said = acme.say("findings", "--as-of", TOMORROW).text
    assert said.count("manager-ambiguous") == 2
    assert "worker 00001, worker 00004" in said


def test_a_namesake_whose_row_is_set_aside_changes_no_manager(acme: Company) -> None:
    acme.export(row(1, ""), row(2, ""), row(3, "Given2 Family2"), header=WITH_BOSS)
    acme.sync()
    namesake = row(4, "", first_name="Given1", last_name="Family1", email="no address")
    rows = (row(1, ""), row(2, ""), row(3, "Given1 Family1"))
    acme.export(*rows, namesake, header=WITH_BOSS)
    acme.sync(TOMORROW)
    assert boss_of(acme, 3) == PEOPLE[1]
    acme.export(*rows, header=WITH_BOSS)
    acme.sync(LATER)
    assert boss_of(acme, 3) == PEOPLE[0]


def test_a_contract_that_says_so_has_init_propose_it(tmp_path: Path) -> None:
    columns = [
        {"name": "id", "logicalType": "string", "primaryKey": True, "required": True},
        {
            "name": "shown",
            "logicalType": "string",
            "required": True,
            "customProperties": custom(means="display_name"),
        },
        {
            "name": "boss",
            "logicalType": "string",
            "customProperties": custom(means="manager", managerBy="display_name"),
        },
    ]
    schema = {"customProperties": custom(maxQuarantinedFraction=0.5), "properties": columns}
    (tmp_path / "own.odcs.yaml").write_text(yaml.safe_dump(document(schema=schema)))
    (tmp_path / "people.csv").write_text('id,shown,boss\n1,Ada Moreau,\n2,Bo Ek,"Moreau, Ada"\n')
    settings = tmp_path / "scimflow.yaml"
    words = ("--contract", tmp_path / "own.odcs.yaml", "-o", settings)
    said = say("init", "--from", tmp_path / "people.csv", *words)
    assert said.code == 0, said.text
    assert "account_of: {column: manager, by: name}" in settings.read_text(encoding="utf-8")
    checked = say("check", "--config", settings)
    assert "boss/reference" not in checked.text
