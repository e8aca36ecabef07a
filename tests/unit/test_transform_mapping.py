"""What of a worker becomes which attribute."""

from typing import Any

import pytest

from data_contracts.errors import ConfigurationError
from tests.builders import ROLE, World

CONF = "mapping: {{title: {rule}}}"


def mapped(rule: str, **cells: str | None) -> str | None:
    """The title that a rule gives to one worker."""
    row: dict[str, Any] = {"id": "w1", "email": "w1@acme.example", **cells}
    frame = World(hr=[row], conf=CONF.format(rule=rule)).people().frame
    value = frame["title"][0]
    return value if isinstance(value, str) else None


@pytest.mark.parametrize(
    ("functions", "cell", "expected"),
    [
        ("", " Head  of\tIT ", " Head  of\tIT "),
        ("trim", " Head  of\tIT ", "Head  of\tIT"),
        ("trim", "\u00a0Head\u3000", "Head"),
        ("squeeze", "  Head \t of\u00a0 IT ", "Head of IT"),
        ("join", " van der\tBerg\u00a0", "vanderBerg"),
        ("lower", "HEAD", "head"),
        ("upper", "Zoë", "ZOË"),
        ("title", "anna-maria o'neil", "Anna-Maria O'Neil"),
        ("nfc", "Zoe\u0308", "Zoë"),
        ("ascii", "Łukasz Ñandú Ærø Straße \u0131", "Lukasz Nandu Aero Strasse i"),
        ("ascii", "李", None),
        ("digits", "+41 (0)44 123-45", "4104412345"),
        ("digits", "none", None),
        ("trim, lower, ascii", "  ZOË ", "zoe"),
        ("trim", "   ", None),
        ("lower", None, None),
    ],
)
def test_functions_are_applied_in_order_and_nothing_stays_nothing(
    functions: str, cell: str | None, expected: str | None
) -> None:
    assert mapped(f"{{column: title, apply: [{functions}]}}", title=cell) == expected


def test_white_space_alone_is_an_empty_cell() -> None:
    """It would clear the attribute at the target: both sides are compared without it."""
    assert mapped("title", title="   ") is None
    assert mapped("{column: title, clear_when_empty: true}", title=" \t") == ""


@pytest.mark.parametrize(
    ("rule", "given", "family", "expected"),
    [
        ("{template: '{given_name} {family_name}'}", "Ann", "Lee", "Ann Lee"),
        ("{template: '{given_name} {family_name}'}", "Ann", None, None),
        ("{template: '{given_name} {family_name}'}", None, "Lee", None),
        ("{template: '{given_name} {family_name}', clear_when_empty: true}", None, "Lee", ""),
        ("{template: '{hr.given}@{hr.id}'}", "Ann", None, "Ann@w1"),
        ("{template: '{{{given_name}}}'}", "Ann", None, "{Ann}"),
        ("{template: '{family_name}, {given_name}', apply: [upper]}", "Ann", "Lee", "LEE, ANN"),
        ("{template: same for all}", None, None, "same for all"),
    ],
)
def test_a_template_is_filled_or_empty_as_a_whole(
    rule: str, given: str | None, family: str | None, expected: str | None
) -> None:
    assert mapped(rule, given=given, family=family) == expected


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{given_name", "expected '}'"),
        ("given_name}", "Single '}'"),
        ("{given_name:.1}", "takes no format"),
        ("{given_name!r}", "takes no format"),
        ("{}", "a column's name"),
    ],
)
def test_a_template_that_cannot_be_filled_is_refused_before_any_data_is_read(
    template: str, text: str
) -> None:
    with pytest.raises(ConfigurationError, match=text) as caught:
        World(conf=CONF.format(rule=f"{{template: '{template}'}}")).settings  # noqa: B018
    assert ": mapping.title" in caught.value.message


@pytest.mark.parametrize(
    ("rule", "cell", "expected"),
    [
        ("{column: title, values: {IC: Engineer}}", "IC", "Engineer"),
        ("{column: title, values: {IC: Engineer}}", None, None),
        ("{column: title, values: {ic: Engineer}, apply: [trim, lower]}", " IC ", "Engineer"),
        ("{column: title, values: {IC: Engineer}, otherwise: Staff}", "M3", "Staff"),
        ("{column: title, values: {IC: Engineer}, otherwise: Staff}", None, None),
        ("{column: title, values: {no: Norway, 007: Bond}}", "no", "Norway"),
        ("{column: title, values: {no: Norway, 007: Bond}}", "007", "Bond"),
    ],
)
def test_values_are_translated(rule: str, cell: str | None, expected: str | None) -> None:
    assert mapped(rule, title=cell) == expected


def test_a_value_that_is_not_listed_is_an_error_and_never_a_default() -> None:
    rows = [{"id": str(i), "email": f"{i}@x", "title": t} for i, t in enumerate("aabbc")]
    conf = CONF.format(rule="{column: title, values: {c: See}}")
    with pytest.raises(ConfigurationError) as caught:
        World(hr=rows, conf=conf).people()
    expected = "mapping.title: 4 people have one of 2 values that `values` does not list"
    assert caught.value.message == expected
    assert "`otherwise`" in caught.value.hint


@pytest.mark.parametrize(
    ("rule", "cell", "expected"),
    [
        ("{column: title}", None, None),
        ("{column: title, clear_when_empty: true}", None, ""),
        ("{column: title, clear_when_empty: true}", "x", "x"),
        ("{constant: Member}", None, "Member"),
        ("{constant: ''}", None, None),
    ],
)
def test_an_empty_cell_clears_only_where_the_mapping_says_so(
    rule: str, cell: str | None, expected: str | None
) -> None:
    assert mapped(rule, title=cell) == expected


def test_a_column_that_no_source_has_is_named_with_its_place_in_the_settings() -> None:
    with pytest.raises(ConfigurationError) as caught:
        mapped("hr.Titel")
    assert caught.value.message.startswith("mapping.title: no source has a column 'hr.Titel'")
    assert "did you mean 'hr.title'?" in caught.value.message


def test_paths_are_canonical_and_in_the_order_of_the_mapping_with_the_role_last() -> None:
    conf = """
    mapping:
      enterprise.department: {column: department, when: create}
    roles: {default: maker, when: create}
    """
    department = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department"
    people = World(hr=[{"id": "w1", "email": "a@x"}], conf=conf).people()
    assert people.paths == (
        "userName", "externalId", "name.givenName", 'emails[type eq "work"].value', "title",
        department, ROLE,
    )  # fmt: skip
    assert people.create_only == {department, ROLE}


ROLES = """
roles:
  default: contributor
  rules:
  - {role: admin, any_of: [{all_of: [{column: title, value: Owner}]}]}
  - role: maker
    any_of:
    - all_of: [{column: department, value: Product}]
    - all_of: [{column: title, value: Owner}]
"""


def role_of(conf: str, **cells: str | None) -> str | None:
    row: dict[str, Any] = {"id": "w1", "email": "w1@acme.example", **cells}
    value = World(hr=[row], conf=conf).people().frame[ROLE][0]
    return value if isinstance(value, str) else None


def test_the_first_role_rule_that_holds_decides_else_the_default() -> None:
    assert role_of(ROLES, title="Owner", dept="Product") == "admin"
    assert role_of(ROLES, dept="Product") == "maker"
    assert role_of(ROLES, dept="Sales") == "contributor"
    assert role_of(ROLES, dept=None) == "contributor"


def test_without_a_default_others_keep_the_role_they_have() -> None:
    assert role_of(ROLES.replace("default: contributor", "default: null"), dept="Sales") is None


def test_without_roles_in_the_settings_no_role_is_mapped() -> None:
    people = World(hr=[{"id": "w1", "email": "a@x"}]).people()
    assert ROLE not in people.paths
    assert ROLE not in people.frame.columns


def test_a_role_rule_that_names_no_column_says_which() -> None:
    conf = "roles: {rules: [{role: maker, any_of: [{all_of: [{column: dep, value: x}]}]}]}"
    with pytest.raises(ConfigurationError, match=r"^roles\.rules\.0: no source has a column 'dep'"):
        World(hr=[{"id": "w1", "email": "a@x"}], conf=conf).people()
