"""Which teams a column's values name, and of whom the sources say anything."""

from typing import Any

import pytest

from data_contracts.errors import ConfigurationError
from data_contracts.teams import DesiredTeams
from tests.builders import World


def desired(*extras: str | None, idp: Any = None, **rules: Any) -> DesiredTeams:
    """Teams of people e0, e1, ... whose column `extra` holds these cells."""
    rows = [{"id": f"e{i}", "email": f"e{i}@x", "extra": text} for i, text in enumerate(extras)]
    return teams_of(rows, idp=idp, **{"column": "hr.extra", **rules})


def teams_of(rows: Any, idp: Any = None, **rules: Any) -> DesiredTeams:
    people = World(hr=rows, idp=idp, conf=f"teams: {rules!r}").people()
    assert people.teams is not None
    return people.teams


def pairs(teams: DesiredTeams) -> list[tuple[str, str]]:
    frame = teams.memberships
    return list(zip(frame["worker_key"], frame["team_key"], strict=True))


def test_a_cell_is_one_team_and_an_empty_one_says_nothing() -> None:
    teams = desired("Core", " Core ", None, "  ", "a;b")
    assert pairs(teams) == [("e0", "Core"), ("e1", "Core"), ("e4", "a;b")]
    assert teams.known == {"e0", "e1", "e4"}


def test_a_separator_makes_several_each_once() -> None:
    teams = desired("Data; Core;;Core", ";", separator=";")
    assert pairs(teams) == [("e0", "Core"), ("e0", "Data")]
    assert teams.known == {"e0"}, "separators alone are an empty cell"


def test_a_separator_is_no_regular_expression() -> None:
    assert pairs(desired("a|b.c", separator="|")) == [("e0", "a"), ("e0", "b.c")]


def test_functions_come_first_then_the_prefix_then_the_values() -> None:
    teams = desired(
        "PB-Core,other,PB-R&D,PB-",
        separator=",",
        apply=["lower"],
        prefix="pb-",
        values={"core": "Core", "r&d": "Research"},
    )
    assert pairs(teams) == [("e0", "Core"), ("e0", "Research")]


def test_whose_values_all_count_for_nothing_is_known_to_be_in_no_team() -> None:
    teams = desired("everyone", None, prefix="pb-")
    assert pairs(teams) == []
    assert teams.known == {"e0"}


@pytest.mark.parametrize(
    ("unlisted", "expected"),
    [("keep", [("e0", "Core"), ("e1", "Other")]), ("ignore", [("e0", "Core")])],
)
def test_a_value_that_is_not_listed(unlisted: str, expected: list[tuple[str, str]]) -> None:
    teams = desired("x", "Other", values={"x": "Core"}, unlisted=unlisted)
    assert pairs(teams) == expected
    assert teams.known == {"e0", "e1"}


def test_a_value_that_is_not_listed_is_an_error_unless_said_otherwise() -> None:
    with pytest.raises(
        ConfigurationError, match=r"1 values of 'hr\.extra' are not listed"
    ) as caught:
        desired("x", "Secret", values={"x": "Core"})
    assert "Secret" not in str(caught.value)


def test_several_values_can_be_one_team() -> None:
    teams = desired("Eng;Engineering", separator=";", values={"Eng": "E", "Engineering": "E"})
    assert pairs(teams) == [("e0", "E")]


def test_an_empty_cell_can_mean_no_team() -> None:
    teams = desired(None, "Core", clear_when_empty=True)
    assert teams.known == {"e0", "e1"}
    assert pairs(teams) == [("e1", "Core")]


def test_who_has_no_row_in_the_source_is_not_known_to_be_in_no_team() -> None:
    rows = [{"id": "e0", "number": "0"}, {"id": "e1", "number": "1"}]
    idp = [{"uid": "x0", "number": "0", "login": "e0@x"}]
    by_column = {"column": "idp.mail", "clear_when_empty": True}
    assert teams_of(rows, idp, **by_column).known == {"e0"}
    assert teams_of(rows, idp, column="title", clear_when_empty=True).known == {"e0"}
    assert teams_of(rows, idp, column="hr.title", clear_when_empty=True).known == {"e0", "e1"}


def test_a_column_that_no_source_has_is_named_with_the_nearest() -> None:
    with pytest.raises(
        ConfigurationError, match=r"teams\.column: no source has a column 'hr\.exra'"
    ):
        desired("x", column="hr.exra")


def test_leavers_and_people_out_of_scope_are_mapped_too_and_sorted() -> None:
    rows = [
        {"id": "e2", "extra": "B", "_state": "leaver"},
        {"id": "e1", "extra": "B"},
        {"id": "e1", "extra": "A", "_state": "leaver"},
    ]
    assert pairs(teams_of(rows, column="hr.extra")) == [("e1", "B"), ("e2", "B")]
