"""Whose row or identity is in doubt: neither created nor changed nor deactivated, and told of."""

from typing import Any

import pytest

from data_contracts.batch import QuarantinedRow
from tests.builders import WORK_EMAIL, World, codes, presence, quarantined, what

Row = dict[str, Any]
ANN: Row = {"id": "w1", "number": "7", "ext": "x1", "email": "ann@acme.example", "title": "New"}
ACCOUNT: Row = {
    "id": "a1",
    "userName": "ann@acme.example",
    "externalId": "x1",
    WORK_EMAIL: "ann@acme.example",
    "title": "Old",
}

HELD = [
    quarantined("w1"),
    quarantined(" W1 "),
    quarantined("other", "ann@acme.example"),
    quarantined(None, "ANN@acme.example "),
    quarantined(None, "7"),
    quarantined(None, "X1"),
    quarantined("i1", "ann@acme.example", source="idp"),
    quarantined("x1", source="idp"),
]


@pytest.mark.parametrize("row", HELD)
def test_nobody_is_created_who_has_a_quarantined_row_in_either_source(row: QuarantinedRow) -> None:
    world = World(hr=[ANN], idp=[] if row.source == "idp" else None, held=[row])
    assert what(world.plan()) == {}
    assert presence(world)["w1"] == ("kept", "quarantined")
    assert "quarantined" in codes(world.plan())["w1"]


@pytest.mark.parametrize("row", HELD)
def test_nobody_is_changed_who_has_a_quarantined_row_in_either_source(row: QuarantinedRow) -> None:
    idp: list[Row] | None = [] if row.source == "idp" else None
    world = World(hr=[ANN], idp=idp, held=[row], accounts=[ACCOUNT], links=[("w1", "a1")])
    assert world.plan().is_empty
    without = World(hr=[ANN], idp=idp, accounts=[ACCOUNT], links=[("w1", "a1")])
    assert what(without.plan()) == {"w1": "update"}


@pytest.mark.parametrize("row", HELD)
def test_no_leaver_is_deactivated_who_has_a_quarantined_row_in_either_source(
    row: QuarantinedRow,
) -> None:
    leaver = {**ANN, "_state": "leaver"}
    idp: list[Row] | None = [] if row.source == "idp" else None
    world = World(hr=[leaver], idp=idp, held=[row], accounts=[ACCOUNT], links=[("w1", "a1")])
    assert world.plan().is_empty


@pytest.mark.parametrize(
    "row",
    [
        quarantined("w1"),
        quarantined(" W1"),
        quarantined("other", "Ann@Acme.example"),
        quarantined("other", "x1"),
        quarantined("x1", source="idp"),
        quarantined(None, "ann@acme.example", source="idp"),
    ],
)
def test_nobody_is_absent_whose_row_is_quarantined(row: QuarantinedRow) -> None:
    idp: list[Row] | None = [] if row.source == "idp" else None
    world = World(idp=idp, held=[row], accounts=[ACCOUNT], links=[("w1", "a1")])
    plan = world.plan()
    assert plan.is_empty
    assert "quarantined" in codes(plan)["w1"]


def test_a_quarantined_row_without_a_key_makes_absence_say_nothing() -> None:
    world = World(held=[quarantined(None)], accounts=[ACCOUNT], links=[("w1", "a1")])
    assert world.plan().is_empty
    assert codes(world.plan()) == {"w1": {"absent-unclear"}}


def test_a_keyless_row_keeps_no_explicit_leaver() -> None:
    leaver = {**ANN, "_state": "leaver"}
    world = World(hr=[leaver], held=[quarantined(None)], accounts=[ACCOUNT], links=[("w1", "a1")])
    assert what(world.plan()) == {"w1": "deactivate"}


def test_a_keyless_row_of_the_login_source_says_nothing_about_employment() -> None:
    held = [quarantined(None, source="idp")]
    world = World(idp=[], held=held, accounts=[ACCOUNT], links=[("w1", "a1")])
    assert what(world.plan()) == {"w1": "deactivate"}


def test_a_quarantined_row_about_somebody_else_holds_nobody() -> None:
    world = World(hr=[ANN], held=[quarantined("w2", "bob@acme.example", "")])
    assert what(world.plan()) == {"w1": "create"}


def test_a_person_is_recognised_by_the_columns_that_merge_the_sources() -> None:
    """A contract need not give the merging column a meaning."""
    conf = "merge: [{employment: extra, login: user_name}]"
    row = {**ANN, "extra": "ann.lee"}
    held = [quarantined("i1", "ann.lee", source="idp")]
    world = World(hr=[row], idp=[], held=held, conf=conf)
    assert presence(world)["w1"] == ("kept", "quarantined")


@pytest.mark.parametrize(
    ("written", "quarantined_as"),
    [("İnci@acme.example", "İnci@acme.example"), ("zoë@acme.example", "ZOE\u0308@acme.example")],
)
def test_letters_outside_ascii_are_recognised(written: str, quarantined_as: str) -> None:
    row = {**ANN, "email": written}
    world = World(hr=[row], held=[quarantined(None, quarantined_as)])
    assert presence(world)["w1"] == ("kept", "quarantined")


@pytest.mark.parametrize("email", [None, "  "])
def test_somebody_without_a_user_name_is_not_created(email: str | None) -> None:
    world = World(hr=[{**ANN, "email": email}])
    assert what(world.plan()) == {}
    assert codes(world.plan()) == {"w1": {"no-user-name"}}


def test_somebody_whose_user_name_would_be_cleared_is_not_created() -> None:
    conf = "mapping: {userName: {column: email, clear_when_empty: true}}"
    world = World(hr=[{**ANN, "email": None}], conf=conf)
    assert what(world.plan()) == {}
    assert codes(world.plan()) == {"w1": {"no-user-name"}}


def test_a_leaver_needs_no_user_name() -> None:
    row = {**ANN, "email": None, "_state": "leaver"}
    world = World(hr=[row], accounts=[ACCOUNT], links=[("w1", "a1")])
    assert what(world.plan()) == {"w1": "deactivate"}


@pytest.mark.parametrize(
    ("path", "code", "first", "second"),
    [
        ("email", "user-name-shared", "ann@acme.example", " ANN@acme.example"),
        ("ext", "external-id-shared", "00uA", "00uA "),
    ],
)
def test_two_people_who_share_what_must_be_unique_keep_what_they_have(
    path: str, code: str, first: str, second: str
) -> None:
    rows = [
        {"id": "w1", "email": "a@x", "ext": "1", **{path: first}},
        {"id": "w2", "email": "b@x", "ext": "2", **{path: second}},
        {"id": "w3", "email": "c@x", "ext": "3"},
    ]
    plan = World(hr=rows).plan()
    assert what(plan) == {"w3": "create"}
    assert codes(plan) == {"w1": {code}, "w2": {code}}


def test_external_ids_that_differ_in_case_are_two_people() -> None:
    """RFC 7643 section 3.1: externalId is case-exact; some services tell ids apart by it."""
    rows = [
        {"id": "w1", "email": "a@x", "ext": "00ua"},
        {"id": "w2", "email": "b@x", "ext": "00uA"},
    ]
    assert what(World(hr=rows).plan()) == {"w1": "create", "w2": "create"}


@pytest.mark.parametrize("state", ["leaver", "future"])
def test_somebody_who_is_not_employed_takes_no_address_from_somebody_who_is(state: str) -> None:
    rows = [{**ANN, "id": "old", "ext": None, "_state": state}, ANN]
    world = World(hr=rows)
    assert presence(world)["w1"] == ("present", "employed")
    assert what(world.plan()) == {"w1": "create"}
