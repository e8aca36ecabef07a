"""Two contracts compared: what is breaking is said so, and nothing else is."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from data_contracts.contract_change import ContractChange
from data_contracts.export_contract import ExportContract
from data_contracts.odcs import parse_contract
from tasks.extract.contracts import list_published, read_contract
from tasks.validate.compare_contracts import compare_contracts
from tests.export_parts import custom, document


def parsed(data: dict[str, Any]) -> ExportContract:
    return parse_contract(yaml.safe_dump(data, sort_keys=False), origin="people.odcs.yaml")


def changed(**schema: Any) -> dict[str, Any]:
    """The contract of the tests with other keys of its schema."""
    return document(schema=schema)


def with_email(**keys: Any) -> dict[str, Any]:
    data = document()
    email = data["schema"][0]["properties"][2]
    email.update(keys)
    return data


def with_rule(severity: str, **rule: Any) -> dict[str, Any]:
    return changed(quality=[{"id": "R", "metric": "rowCount", "severity": severity, **rule}])


def renamed(new: str, *, keep: bool) -> dict[str, Any]:
    known = {"aliases": ["email"]} if keep else {}
    return with_email(name=new, customProperties=custom(means="email", **known))


def with_name(**properties: Any) -> dict[str, Any]:
    data = document()
    data["schema"][0]["properties"][1]["customProperties"] = custom(**properties)
    return data


def status(**states: str) -> dict[str, Any]:
    return changed(customProperties=custom(status={"columns": ["status"], "states": states}))


def server(**keys: Any) -> dict[str, Any]:
    return document(server=keys)


SAME = document()
TWO = {"Active": "active", "Left": "leaver"}
PLACES = [{"value": "ann@x.ch"}, {"value": "bo@x.ch"}]

CASES: dict[str, tuple[dict[str, Any], dict[str, Any], str, str, bool]] = {
    "a delimiter": (
        SAME,
        server(customProperties=custom(delimiter=";")),
        "file",
        "another delimiter: ',' -> ';'",
        True,
    ),
    "an encoding": (SAME, server(encoding="cp1252"), "file", "another encoding", True),
    "a vocabulary that grew": (
        SAME,
        status(**TWO, Away="on_leave"),
        "status",
        "'Away' is known now: on_leave",
        False,
    ),
    "a vocabulary that shrank": (
        status(**TWO, Away="on_leave"),
        SAME,
        "status",
        "'Away' (on_leave) is no longer known",
        True,
    ),
    "a status that means something else": (
        SAME,
        status(Active="active", Left="suspended"),
        "status",
        "'Left' means suspended now, no longer leaver",
        True,
    ),
    "a column renamed with an alias": (
        SAME,
        renamed("mail", keep=True),
        "email",
        "column renamed to 'mail'; the old name stays an alias",
        False,
    ),
    "a column that may no longer be absent": (
        with_email(customProperties=custom(means="email", optional=True)),
        SAME,
        "email",
        "must be in every export now",
        True,
    ),
    "a column that may be absent now": (
        SAME,
        with_email(customProperties=custom(means="email", optional=True)),
        "email",
        "may be absent now",
        False,
    ),
    "an alias lost": (
        with_email(customProperties=custom(means="email", aliases=["Mail"])),
        SAME,
        "email",
        "no longer known as 'Mail'",
        True,
    ),
    "an alias more": (
        SAME,
        with_email(customProperties=custom(means="email", aliases=["Mail"])),
        "email",
        "also known as 'Mail' now",
        False,
    ),
    "a sentinel lost": (
        with_email(customProperties=custom(means="email", sentinels=["-"])),
        SAME,
        "email",
        "'-' no longer stands for nothing",
        True,
    ),
    "a meaning lost": (
        with_name(means="display_name"),
        SAME,
        "name",
        "no longer means display_name",
        True,
    ),
    "required": (SAME, with_email(required=True), "email/required", "rule added", True),
    "no longer required": (
        with_email(required=True),
        SAME,
        "email/required",
        "rule removed",
        False,
    ),
    "no longer unique": (SAME, with_email(unique=False), "email/unique", "rule removed", False),
    "a longer list of values": (
        with_email(enum=PLACES[:1]),
        with_email(enum=PLACES),
        "email/enum",
        "asks for less",
        False,
    ),
    "a shorter list of values": (
        with_email(enum=PLACES),
        with_email(enum=PLACES[:1]),
        "email/enum",
        "asks for more",
        True,
    ),
    "a longer text": (
        with_email(logicalTypeOptions={"maxLength": 9}),
        with_email(logicalTypeOptions={"maxLength": 99}),
        "email/length",
        "asks for less",
        False,
    ),
    "a shorter text": (
        with_email(logicalTypeOptions={"maxLength": 99}),
        with_email(logicalTypeOptions={"maxLength": 9}),
        "email/length",
        "asks for more",
        True,
    ),
    "a rule that only tells": (
        SAME,
        with_rule("warning", mustBeGreaterThan=3),
        "R",
        "rule added",
        False,
    ),
    "a severity raised": (
        with_rule("warning", mustBeGreaterThan=3),
        with_rule("critical", mustBeGreaterThan=3),
        "R",
        "a breach refuses the export now; before, it is only told",
        True,
    ),
    "a severity lowered": (
        with_rule("critical", mustBeGreaterThan=3),
        with_rule("warning", mustBeGreaterThan=3),
        "R",
        "a breach is only told now",
        False,
    ),
    "everybody in each export": (
        SAME,
        changed(
            customProperties=[
                *custom(completeRoster=True),
                *document()["schema"][0]["customProperties"],
            ]
        ),
        "file",
        "who is absent from the export has left now",
        True,
    ),
    "fewer rows that may be set aside": (
        SAME,
        changed(
            customProperties=[
                *custom(maxQuarantinedFraction=0.05),
                *document()["schema"][0]["customProperties"],
            ]
        ),
        "file",
        "10% -> 5% of the rows",
        True,
    ),
}


def found(old: dict[str, Any], new: dict[str, Any]) -> tuple[ContractChange, ...]:
    return compare_contracts(parsed(old), parsed(new))


@pytest.mark.parametrize("case", CASES)
def test_each_difference_is_told_once_and_weighed(case: str) -> None:
    old, new, subject, words, breaking = CASES[case]
    changes = found(deepcopy(old), deepcopy(new))
    assert [c.subject for c in changes] == [subject]
    assert words in changes[0].message
    assert changes[0].breaking is breaking


def test_a_column_renamed_without_an_alias_is_one_gone_and_one_added() -> None:
    changes = found(SAME, renamed("mail", keep=False))
    assert [(c.subject, c.breaking) for c in changes] == [
        ("email", True),
        ("mail", True),
        ("mail", True),
        ("email/unique", False),
    ]


def test_another_type_and_date_format_are_breaking() -> None:
    other = deepcopy(SAME)
    since = other["schema"][0]["properties"][4]
    since["logicalTypeOptions"] = {"format": "dd.MM.yyyy"}
    changes = found(SAME, other)
    assert ("since", True) in {(c.subject, c.breaking) for c in changes}
    assert any("date format: 'yyyy-MM-dd' -> 'dd.MM.yyyy'" in c.message for c in changes)


@pytest.mark.parametrize("name", list_published())
def test_a_contract_does_not_differ_from_itself_nor_by_its_words(name: str) -> None:
    contract = read_contract(name, Path())
    assert compare_contracts(contract, contract) == ()


def test_wording_is_no_difference() -> None:
    other = deepcopy(SAME)
    other["description"] = {"purpose": "the same in other words"}
    other["schema"][0]["properties"][1]["description"] = "the name"
    assert found(SAME, other) == ()
