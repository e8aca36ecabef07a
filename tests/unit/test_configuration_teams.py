"""The settings' section about teams: strict, and off when it is not there."""

import pytest

from data_contracts.configuration import load_configuration
from data_contracts.errors import ConfigurationError
from tests.builders import SETTINGS, settings

TEAMS = "teams: {column: department}"


def test_without_the_section_there_are_no_teams() -> None:
    assert settings().teams is None
    assert "teams" not in settings().about_people()


def test_the_section_is_part_of_what_decides_about_people() -> None:
    assert settings(TEAMS).digest != settings().digest
    named = "teams: {column: department, names: {Core: Kernel}}"
    assert settings(named).digest != settings(TEAMS).digest


def test_a_team_is_called_by_its_key_unless_it_is_named() -> None:
    rules = settings("teams: {column: department, names: {Core: Kernel}}").teams
    assert rules is not None
    assert (rules.name_of("Core"), rules.name_of("Data")) == ("Kernel", "Data")


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("{}", "teams.column: is missing"),
        ("{colum: x}", "teams.colum: unknown key; did you mean `column`?"),
        ("{column: x, unlisted: ignore}", "`unlisted` goes with `values`"),
        ("{column: x, existing: take}", "teams.existing: must be 'leave' or 'adopt'"),
        ("{column: x, names: {Core: ''}}", "teams.names.Core:"),
        ("{column: x, separator: ''}", "teams.separator:"),
        ("yes", "teams: must be a section with keys"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(section: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_configuration(f"{SETTINGS}\nteams: {section}\n", origin="scimflow.yaml")
    assert said in caught.value.message
    assert "scimflow.yaml:" in caught.value.message
