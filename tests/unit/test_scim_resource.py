"""Values in and out of a User: strict in what is written, tolerant in what is read."""

from typing import Any

import pytest

from data_contracts.scim.paths import parse_path
from data_contracts.scim.resource import (
    build_resource,
    compile_reader,
    look_up,
    normal_form,
    read_boolean,
)
from data_contracts.scim.schema import ENTERPRISE_SCHEMA, USER_SCHEMA

WORK, HOME = 'emails[type eq "work"].value', 'emails[type eq "home"].value'
OWN = "urn:example:2.0:User"


def read(resource: dict[str, Any], path: str) -> object:
    return compile_reader(parse_path(path, (OWN,)))(resource)


# -------------------------------------------------------------------------------------- writing


def test_a_resource_names_exactly_the_schemas_that_it_uses() -> None:
    assert build_resource({"userName": "a"})["schemas"] == [USER_SCHEMA]
    department = build_resource({"userName": "a", "enterprise.department": "IT"})
    assert department["schemas"] == [USER_SCHEMA, ENTERPRISE_SCHEMA]
    assert department[ENTERPRISE_SCHEMA] == {"department": "IT"}
    own = build_resource({"userName": "a", f"{OWN}:seat": "x", f"{OWN}:b.c": "y"}, (OWN,))
    assert own["schemas"] == [USER_SCHEMA, OWN]
    assert own[OWN] == {"seat": "x", "b": {"c": "y"}}


def test_values_stand_where_the_schema_puts_them() -> None:
    assert build_resource(
        {
            "active": True,
            "userName": "ann@x",
            "name.givenName": "Ann",
            "name.familyName": "Lee",
            WORK: "ann@x",
            'emails[type eq "work"].display': "Ann",
            "roles[primary eq true].value": "maker",
            "enterprise.manager.value": "7",
        }
    ) == {
        "schemas": [USER_SCHEMA, ENTERPRISE_SCHEMA],
        "active": True,
        "userName": "ann@x",
        "name": {"givenName": "Ann", "familyName": "Lee"},
        "emails": [{"type": "work", "value": "ann@x", "display": "Ann", "primary": True}],
        "roles": [{"primary": True, "value": "maker"}],
        ENTERPRISE_SCHEMA: {"manager": {"value": "7"}},
    }


def test_empty_text_is_left_out_with_the_schema_that_only_it_would_use() -> None:
    resource = build_resource({"userName": "a", "title": "", "enterprise.department": "", WORK: ""})
    assert resource == {"schemas": [USER_SCHEMA], "userName": "a"}


@pytest.mark.parametrize(
    ("flat", "primary"),
    [
        ({WORK: "w"}, ["w"]),
        ({HOME: "h"}, ["h"]),
        ({WORK: "w", HOME: "h"}, ["w"]),
        ({HOME: "h", WORK: "w"}, ["w"]),
        ({WORK: "w", "emails[primary eq true].value": "p"}, ["p"]),
        ({"emails[primary eq true].value": "p", HOME: "h"}, ["p"]),
        ({"emails[primary eq false].value": "n"}, []),
        ({'phoneNumbers[type eq "work"].value': "1"}, []),
    ],
)
def test_one_address_at_most_is_primary_the_one_for_work_first(
    flat: dict[str, str | bool], primary: list[str]
) -> None:
    """RFC 7643 section 2.4: primary true must not stand more than once."""
    emails = build_resource(flat).get("emails", [])
    assert [e["value"] for e in emails if e.get("primary")] == primary


# -------------------------------------------------------------------------------------- reading


@pytest.mark.parametrize(
    ("resource", "path", "expected"),
    [
        ({"title": "PM"}, "title", "PM"),
        ({"TITLE": "PM"}, "title", "PM"),
        ({"username": "a"}, "userName", "a"),
        ({"title": None}, "title", None),
        ({}, "title", None),
        ({"title": ""}, "title", ""),
        ({"title": 7}, "title", "7"),
        ({"title": ["PM"]}, "title", None),
        ({"title": {"value": "PM"}}, "title", None),
        ({"name": {"givenName": "Ann"}}, "name.givenName", "Ann"),
        ({"Name": {"givenname": "Ann"}}, "name.givenName", "Ann"),
        ({"name": None}, "name.givenName", None),
        ({ENTERPRISE_SCHEMA: {"department": "IT"}}, "enterprise.department", "IT"),
        ({ENTERPRISE_SCHEMA.upper(): {"Department": "IT"}}, "enterprise.department", "IT"),
        ({"department": "IT"}, "enterprise.department", None),
        ({ENTERPRISE_SCHEMA: None}, "enterprise.department", None),
        ({ENTERPRISE_SCHEMA: {"manager": {"value": "7"}}}, "enterprise.manager.value", "7"),
        ({OWN: {"seat": "x"}}, f"{OWN}:seat", "x"),
        # lists
        ({"emails": [{"type": "work", "value": "w"}]}, WORK, "w"),
        ({"emails": [{"type": "WORK", "value": "w"}]}, WORK, "w"),
        ({"emails": [{"Type": "work", "Value": "w"}]}, WORK, "w"),
        ({"emails": [{"type": "home", "value": "h"}, {"type": "work", "value": "w"}]}, WORK, "w"),
        ({"emails": [{"type": "home", "value": "h"}]}, WORK, None),
        ({"emails": [{"value": "w"}]}, WORK, "w"),
        ({"emails": [{"value": "w"}, {"value": "v"}]}, WORK, None),
        ({"emails": ["w"]}, WORK, "w"),
        ({"emails": "w"}, WORK, "w"),
        ({"emails": {"value": "w"}}, WORK, "w"),
        ({"emails": []}, WORK, None),
        ({"emails": [None]}, WORK, None),
        ({"emails": None}, WORK, None),
        ({"emails": 7}, WORK, None),
        ({"roles": [{"value": "maker"}]}, "roles[primary eq true].value", "maker"),
        (
            {"roles": [{"value": "maker", "primary": False}]},
            "roles[primary eq true].value",
            "maker",
        ),
        ({"roles": [{"value": "m", "primary": "True"}]}, "roles[primary eq true].value", "m"),
        ({"roles": ["maker"]}, "roles[primary eq true].value", "maker"),
        # booleans
        ({"active": True}, "active", True),
        ({"active": "True"}, "active", True),
        ({"active": "false"}, "active", False),
        ({"active": 1}, "active", True),
        ({"active": 0}, "active", False),
        ({"active": None}, "active", None),
        ({}, "active", None),
    ],
)
def test_a_value_is_found_as_real_servers_send_it(
    resource: dict[str, Any], path: str, expected: object
) -> None:
    assert read(resource, path) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(True, True), (False, False), ("TRUE", True), (" yes ", True), ("1", True), ("0", False),
     ("no", False), ("", False), (None, None)],
)  # fmt: skip
def test_booleans_come_as_text_and_numbers_too(value: object, expected: bool | None) -> None:
    assert read_boolean(value) is expected


def test_an_exact_name_wins_over_another_case() -> None:
    assert look_up({"TITLE": "a", "title": "b"}, "title") == "b"


# ------------------------------------------------------------------------------------ comparing


@pytest.mark.parametrize(
    ("path", "left", "right"),
    [
        ("userName", "Ann@X", " ann@x"),
        (WORK, "Ann@X", "ann@x"),
        ("title", "PM ", "\tPM"),
        ("title", "Zoë", "Zoe\u0308"),
        ("title", "", None),
        ("title", "  ", None),
        ("externalId", "x1 ", "x1"),
        ("active", True, True),
    ],
)
def test_equal_in_normal_form(path: str, left: str | bool | None, right: str | bool | None) -> None:
    parsed = parse_path(path)
    assert normal_form(left, parsed) == normal_form(right, parsed)


@pytest.mark.parametrize(
    ("path", "left", "right"),
    [
        ("title", "PM", "pm"),
        ("externalId", "x1", "X1"),
        ("title", "a b", "a  b"),
        ("name.givenName", "Zoë", "Zoe"),
        ("title", "a", None),
        ("active", True, False),
        ("active", False, None),
        ("roles[primary eq true].value", "Maker", "maker"),
    ],
)
def test_different_in_normal_form(
    path: str, left: str | bool | None, right: str | bool | None
) -> None:
    parsed = parse_path(path)
    assert normal_form(left, parsed) != normal_form(right, parsed)
