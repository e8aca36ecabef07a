"""Whom a cell of the export names: a worker for certain, or nobody and a finding."""

from dataclasses import replace
from typing import Any

import pytest

from data_contracts.batch import QuarantinedRow
from data_contracts.columns import texts
from data_contracts.desired import DesiredPeople
from data_contracts.errors import ConfigurationError
from data_contracts.export_contract import WorkerField
from data_contracts.frames import WORKER_KEY
from data_contracts.words import FindingSeverity
from tests.builders import HR_COLUMNS, World, codes, contract, quarantined, settings
from tests.target_parts import MANAGER

BY_KEY = "mapping: {enterprise.manager.value: {account_of: manager}}"


def by(identifier: str, more: str = "") -> str:
    reference = f"{{column: manager, by: {identifier}}}"
    return f"mapping: {{enterprise.manager.value: {{account_of: {reference}{more}}}}}"


def people(bosses: dict[str, str | None], **more: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows of workers who name a boss; `more` are cells of single ones."""
    return [
        {"id": key, "email": f"{key}@acme.example", "boss": boss, **more.get(key, {})}
        for key, boss in bosses.items()
    ]


def about(world: World | DesiredPeople) -> dict[str, str | None]:
    """Whom each person refers to."""
    found = world.people() if isinstance(world, World) else world
    return dict(zip(texts(found.frame[WORKER_KEY]), texts(found.frame[MANAGER]), strict=True))


def test_a_cell_names_a_worker_by_key_and_an_empty_one_nobody() -> None:
    world = World(hr=people({"w1": None, "w2": "w1", "w3": " W2 "}), conf=BY_KEY)
    assert about(world) == {"w1": None, "w2": "w1", "w3": "w2"}
    assert world.people().references == {MANAGER}
    assert not world.people().findings


@pytest.mark.parametrize(
    ("identifier", "cells", "named"),
    [
        ("email", {"email": "Boss@acme.example"}, " boss@ACME.example"),
        ("user_name", {"email": "x@acme.example"}, "LOGIN@acme.example"),
        ("employee_number", {"number": "0017"}, "0017"),
        ("external_id", {"ext": "aB7"}, "aB7 "),
    ],
)
def test_the_mapping_says_by_what_somebody_is_named(
    identifier: str, cells: dict[str, str], named: str
) -> None:
    rows = people({"w1": None, "w2": named}, w1={"number": "1", **cells})
    logins = [{"uid": cells.get("ext", "u1"), "login": "login@acme.example", "number": "1"}]
    idp = logins if identifier == "user_name" else None
    assert about(World(hr=rows, idp=idp, conf=by(identifier)))["w2"] == "w1"


@pytest.mark.parametrize(
    ("identifier", "cells", "named"),
    [
        ("employee_number", {"number": "0017"}, "17"),  # zeros are part of a number
        ("external_id", {"ext": "aB7"}, "ab7"),  # case-exact, RFC 7643 section 3.1
        ("email", {"email": "boss@acme.example"}, "w1"),  # the key, and the mapping says e-mail
    ],
)
def test_what_is_nearly_an_identifier_names_nobody(
    identifier: str, cells: dict[str, str], named: str
) -> None:
    world = World(hr=people({"w1": None, "w2": named}, w1=cells), conf=by(identifier))
    assert about(world)["w2"] is None
    assert codes(world.people()) == {"w2": {"manager-not-found"}}


ADA = {"given": "Ada", "family": "Moreau"}
MORE = {"shown": WorkerField.DISPLAY_NAME, "dn": WorkerField.DISTINGUISHED_NAME}
WITH_NAMES = contract({**HR_COLUMNS, **MORE})


def by_name(rows: list[dict[str, Any]], *held: QuarantinedRow) -> DesiredPeople:
    return World(hr=rows, conf=by("name"), held=held, hr_contract=WITH_NAMES).people()


def test_the_name_of_an_entry_names_somebody() -> None:
    cells = {"dn": "CN=Moreau\\, Ada,OU=Staff,DC=acme,DC=example"}
    rows = people({"w1": None, "w2": cells["dn"].lower(), "w3": "CN=Ada"}, w1=cells)
    found = World(hr=rows, conf=by("distinguished_name"), hr_contract=WITH_NAMES).people()
    assert about(found) == {"w1": None, "w2": "w1", "w3": None}
    assert codes(found) == {"w3": {"manager-not-found"}}


@pytest.mark.parametrize(
    ("cells", "named"),
    [
        (ADA, "Ada Moreau"),
        (ADA, "  ada   MOREAU "),
        (ADA, "Moreau , Ada"),
        ({**ADA, "shown": "Ada M. Moreau"}, "Ada M. Moreau"),
        ({**ADA, "shown": "Zo\u00eb \u00c5ngstr\u00f6m"}, "zoe\u0308 A\u030angstro\u0308m"),
    ],
)
def test_a_name_that_one_person_has_names_that_person(cells: dict[str, str], named: str) -> None:
    rows = people({"w1": None, "w2": named, "w3": None}, w1=cells, w3={"given": "Bo"})
    assert about(by_name(rows)) == {"w1": None, "w2": "w1", "w3": None}


@pytest.mark.parametrize("more", [{}, {"_state": "leaver"}, {"shown": "X", "family": "Moreau "}])
def test_a_name_that_two_people_have_names_nobody(more: dict[str, str]) -> None:
    rows = people({"w1": None, "w2": "Ada Moreau", "w3": None}, w1=ADA, w3={**ADA, **more})
    found = by_name(rows)
    assert about(found)["w2"] is None
    (finding,) = [f for f in found.findings if f.code == "manager-ambiguous"]
    assert "worker w1, worker w3" in finding.message
    assert "Moreau" not in finding.message + finding.hint


@pytest.mark.parametrize("named", ["Ada", "Moreau", "Moreau Ada", "Ada Moreau-Ek"])
def test_what_is_nearly_a_name_names_nobody(named: str) -> None:
    found = by_name(people({"w1": None, "w2": named}, w1=ADA))
    assert about(found)["w2"] is None
    assert codes(found) == {"w2": {"manager-not-found"}}


@pytest.mark.parametrize(
    "aside",
    [
        replace(quarantined("w9"), names=("ada moreau", "moreau, ada")),
        quarantined(None),  # whoever that is
    ],
)
def test_a_namesake_whose_row_is_set_aside_leaves_the_manager_as_they_are(
    aside: QuarantinedRow,
) -> None:
    found = by_name(people({"w1": None, "w2": "Ada Moreau"}, w1=ADA), aside)
    assert about(found)["w2"] is None
    assert "manager-quarantined" in codes(found)["w2"]


def test_functions_are_applied_to_what_names_somebody() -> None:
    rows = people({"17": None, "w2": "Boss, Big (17)"})
    assert about(World(hr=rows, conf=by("worker_key", ", apply: [digits]")))["w2"] == "17"


def test_a_manager_who_is_not_there_is_left_alone_and_said_without_the_cell() -> None:
    world = World(hr=people({"w1": "gone@acme.example"}), conf=by("email"))
    assert about(world) == {"w1": None}
    (finding,) = world.people().findings
    assert (finding.code, finding.subject) == ("manager-not-found", "w1")
    assert finding.severity is FindingSeverity.WARNING
    assert "by email" in finding.message
    assert "gone@" not in finding.message + finding.hint


def test_an_identifier_that_several_have_names_nobody_and_says_who_they_are() -> None:
    shared = {"email": "team@acme.example"}
    rows = people({"w1": None, "w2": None, "w3": "team@acme.example"}, w1=shared, w2=shared)
    found = World(hr=rows, conf=by("email")).people()
    assert about(found)["w3"] is None
    (finding,) = [f for f in found.findings if f.code == "manager-ambiguous"]
    assert finding.severity is FindingSeverity.WARNING
    assert "worker w1, worker w2" in finding.message


def test_nobody_is_their_own_manager() -> None:
    found = World(hr=people({"w1": "w1", "w2": "w1"}), conf=BY_KEY).people()
    assert about(found) == {"w1": None, "w2": "w1"}
    assert codes(found) == {"w1": {"manager-is-self"}}


def test_everybody_on_a_circle_is_left_alone_and_who_reports_to_them_is_not() -> None:
    bosses = {"a": "b", "b": "c", "c": "a", "d": "c", "e": "d", "x": "y", "y": "x", "z": None}
    found = World(hr=people(bosses), conf=BY_KEY).people()
    left_alone = {"a": None, "b": None, "c": None, "x": None, "y": None, "z": None}
    assert about(found) == {**left_alone, "d": "c", "e": "d"}
    circles = {f.subject: f.message for f in found.findings if f.code == "manager-cycle"}
    assert circles.keys() == {"a", "b", "c", "x", "y"}
    assert "(worker a, worker b, worker c)" in circles["b"]
    assert "(worker x, worker y)" in circles["x"]
    assert {f.severity for f in found.findings} == {FindingSeverity.WARNING}


def test_what_a_leavers_row_says_closes_no_circle() -> None:
    rows = people({"w1": "w2", "w2": "w1"}, w2={"_state": "leaver"})
    found = World(hr=rows, conf=BY_KEY).people()
    assert about(found)["w1"] == "w2"
    assert not found.findings


@pytest.mark.parametrize(
    ("identifier", "named", "held"),
    [
        ("worker_key", "w9", quarantined("W9")),
        ("email", "w9@acme.example", quarantined(None, "w9@acme.example")),
        ("worker_key", "w1", quarantined("w1")),  # another row of a manager who is there
    ],
)
def test_a_quarantined_manager_is_no_reason_to_change_anything(
    identifier: str, named: str, held: Any
) -> None:
    world = World(hr=people({"w1": None, "w2": named}), held=[held], conf=by(identifier))
    found = world.people()
    assert about(found)["w2"] is None
    (finding,) = [f for f in found.findings if f.subject == "w2"]
    assert (finding.code, finding.severity) == ("manager-quarantined", FindingSeverity.INFO)


SCOPE = "scope: {any_of: [{all_of: [{column: employee_type, value: FTE}]}]}"


def test_a_manager_out_of_scope_is_no_reason_to_change_anything() -> None:
    rows = people({"w1": None, "w2": "w1"}, w1={"type": "TEMP"}, w2={"type": "FTE"})
    found = World(hr=rows, conf=[BY_KEY, SCOPE]).people()
    assert about(found)["w2"] is None
    assert codes(found) == {"w2": {"manager-out-of-scope"}}


@pytest.mark.parametrize("cells", [{"_state": "leaver"}, {"type": "TEMP"}])
def test_of_those_who_get_nothing_written_nothing_is_said(cells: dict[str, str]) -> None:
    rows = people({"w1": "nobody"}, w1={"type": "FTE", **cells})
    assert not World(hr=rows, conf=[BY_KEY, SCOPE]).people().findings


def test_an_empty_cell_clears_where_the_mapping_says_so_and_a_doubt_never_does() -> None:
    rows = people({"w1": None, "w2": " ", "w3": "nobody", "w4": "w4"})
    world = World(hr=rows, conf=by("worker_key", ", clear_when_empty: true"))
    assert about(world) == {"w1": "", "w2": "", "w3": None, "w4": None}


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("{title: null, nickName: {account_of: manager}}", "'nickName' does not refer to a User"),
        ("{enterprise.manager.value: {account_of: {column: manager, by: nick_name}}}", "must be"),
        ("{enterprise.manager.value: {account_of: manager, column: title}}", "exactly one of"),
        ("{enterprise.manager.value: {account_of: manager, when: create}}", "`when: create`"),
        ("{enterprise.manager.value: {account_of: manager, values: {a: b}}}", "`values` does not"),
    ],
)
def test_the_settings_are_refused_before_any_data_is_read(rule: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        settings(f"mapping: {rule}")
    assert message in error.value.message
    assert error.value.message.startswith("scimflow.yaml:")


@pytest.mark.parametrize(
    ("conf", "place"),
    [
        ("{column: boss_number}", "mapping.enterprise.manager.value: "),
        ("{column: manager, by: user_name}", "mapping.enterprise.manager.value.account_of.by: "),
    ],
)
def test_a_column_that_no_source_has_is_named_with_its_place(conf: str, place: str) -> None:
    rule = f"mapping: {{enterprise.manager.value: {{account_of: {conf}}}}}"
    with pytest.raises(ConfigurationError) as error:
        World(hr=people({"w1": None}), conf=rule).people()
    assert error.value.message.startswith(place)
