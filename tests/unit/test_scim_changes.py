"""Flat changes as PATCH bodies in each dialect, and merged into a resource for PUT."""

from typing import Any

import pytest

from data_contracts.scim.resource import Value
from data_contracts.scim.schema import ENTERPRISE_SCHEMA, PATCH_SCHEMA, USER_SCHEMA
from tasks.scim.changes import PatchDialect, needs_current, patch_body
from tasks.scim.merge import merge_changes, writable

WORK = 'emails[type eq "work"].value'
ROLE = "roles[primary eq true].value"
DEPARTMENT = f"{ENTERPRISE_SCHEMA}:department"
MANAGER = f"{ENTERPRISE_SCHEMA}:manager.value"

CURRENT: dict[str, Any] = {
    "schemas": [USER_SCHEMA],
    "id": "1",
    "userName": "ada@acme.example",
    "name": {"givenName": "Ada", "familyName": "Byron"},
    "emails": [
        {"type": "home", "value": "home@acme.example"},
        {"type": "work", "value": "ada@acme.example", "primary": True},
    ],
    "roles": [{"value": "maker", "primary": True}],
    "groups": [{"value": "g1"}],
    "meta": {"version": "1"},
    "custom": {"kept": 1},
}


def operations(changes: dict[str, Value], **more: Any) -> list[dict[str, Any]]:
    body = patch_body(changes, **more)
    assert body["schemas"] == [PATCH_SCHEMA]
    found: list[dict[str, Any]] = body["Operations"]
    return found


@pytest.mark.parametrize(
    ("path", "value", "operation"),
    [
        ("active", False, {"op": "replace", "path": "active", "value": False}),
        ("title", "Lead", {"op": "replace", "path": "title", "value": "Lead"}),
        ("title", "", {"op": "remove", "path": "title"}),
        ("name.givenName", "A", {"op": "replace", "path": "name.givenName", "value": "A"}),
        (WORK, "a@b.example", {"op": "replace", "path": WORK, "value": "a@b.example"}),
        (WORK, "", {"op": "remove", "path": 'emails[type eq "work"]'}),
        (
            'addresses[type eq "work"].locality',
            "",
            {"op": "remove", "path": 'addresses[type eq "work"].locality'},
        ),
        ("enterprise.department", "R", {"op": "replace", "path": DEPARTMENT, "value": "R"}),
        ("enterprise.manager.value", "7", {"op": "replace", "path": MANAGER, "value": "7"}),
        (
            "enterprise.manager.value",
            "",
            {"op": "remove", "path": f"{ENTERPRISE_SCHEMA}:manager"},
        ),
    ],
)
def test_each_change_is_one_operation_on_its_path(
    path: str, value: Value, operation: dict[str, Any]
) -> None:
    assert operations({path: value}) == [operation]


def test_the_parts_of_a_missing_list_element_are_added_as_one_element() -> None:
    mobile = 'phoneNumbers[type eq "mobile"]'
    changes: dict[str, Value] = {f"{mobile}.value": "1", f"{mobile}.display": "one"}
    assert operations(changes, absent=frozenset(changes)) == [
        {
            "op": "add",
            "path": "phoneNumbers",
            "value": [{"type": "mobile", "value": "1", "display": "one"}],
        }
    ]


def test_clearing_what_is_not_there_asks_for_nothing() -> None:
    assert operations({WORK: ""}, absent=frozenset({WORK})) == []


def test_whole_lists_keep_the_elements_that_are_not_ours() -> None:
    found = operations(
        {WORK: "new@acme.example", "title": "Lead"},
        dialect=PatchDialect.WHOLE_LISTS,
        current=CURRENT,
    )
    assert found == [
        {
            "op": "replace",
            "path": "emails",
            "value": [
                {"type": "home", "value": "home@acme.example"},
                {"type": "work", "value": "new@acme.example", "primary": True},
            ],
        },
        {"op": "replace", "path": "title", "value": "Lead"},
    ]


def test_a_list_that_becomes_empty_is_removed() -> None:
    found = operations({ROLE: ""}, dialect=PatchDialect.WHOLE_LISTS, current=CURRENT)
    assert found == [{"op": "remove", "path": "roles"}]


def test_without_paths_objects_go_whole_and_lose_nothing() -> None:
    changes: dict[str, Value] = {
        "name.familyName": "Lovelace",
        WORK: "new@acme.example",
        "title": "",
        "active": True,
        "enterprise.department": "R",
    }
    (found,) = operations(changes, dialect=PatchDialect.WITHOUT_PATHS, current=CURRENT)
    assert found["op"] == "replace"
    assert "path" not in found
    assert found["value"] == {
        "name": {"givenName": "Ada", "familyName": "Lovelace"},
        "emails": [
            {"type": "home", "value": "home@acme.example"},
            {"type": "work", "value": "new@acme.example", "primary": True},
        ],
        "title": None,
        "active": True,
        ENTERPRISE_SCHEMA: {"department": "R"},
    }


@pytest.mark.parametrize(
    ("changes", "dialects"),
    [
        ({"active": False}, set()),
        ({"name.givenName": "A"}, {PatchDialect.WITHOUT_PATHS}),
        ({"enterprise.department": "A"}, {PatchDialect.WITHOUT_PATHS}),
        ({WORK: "a"}, {PatchDialect.WHOLE_LISTS, PatchDialect.WITHOUT_PATHS}),
    ],
)
def test_the_present_resource_is_needed_only_where_it_is_merged(
    changes: dict[str, Value], dialects: set[PatchDialect]
) -> None:
    assert {d for d in PatchDialect if needs_current(changes, d)} == dialects


def test_merging_changes_exactly_what_is_named_and_leaves_the_original_alone() -> None:
    before = repr(CURRENT)
    merged = merge_changes(CURRENT, {"name.familyName": "Lovelace", ROLE: "admin"})
    assert merged == {
        **CURRENT,
        "name": {"givenName": "Ada", "familyName": "Lovelace"},
        "roles": [{"value": "admin", "primary": True}],
    }
    assert repr(CURRENT) == before


def test_a_new_extension_is_named_in_schemas_and_a_known_one_not_twice() -> None:
    merged = merge_changes(CURRENT, {"enterprise.department": "R"})
    assert merged["schemas"] == [USER_SCHEMA, ENTERPRISE_SCHEMA]
    assert merged[ENTERPRISE_SCHEMA] == {"department": "R"}
    again = merge_changes(merged, {"enterprise.costCenter": "1"})
    assert again["schemas"] == [USER_SCHEMA, ENTERPRISE_SCHEMA]


def test_names_keep_the_case_in_which_the_target_writes_them() -> None:
    current = {"Title": "A", "NAME": {"GivenName": "x"}, "Emails": [{"Type": "Work", "Value": "a"}]}
    merged = merge_changes(current, {"title": "B", "name.givenName": "y", WORK: "b"})
    assert merged == {
        "Title": "B",
        "NAME": {"GivenName": "y"},
        "Emails": [{"Type": "Work", "Value": "b"}],
    }


@pytest.mark.parametrize(
    "given", [[{"value": "a"}], {"value": "a"}, "a", [{"value": "a", "primary": False}], ["a"]]
)
def test_the_only_unmarked_element_is_the_one_that_is_meant(given: Any) -> None:
    merged = merge_changes({"emails": given}, {WORK: "b"})
    assert [e["value"] for e in merged["emails"]] == ["b"]


def test_at_most_one_element_is_primary() -> None:
    current = {"roles": [{"value": "a"}, {"value": "b"}]}
    merged = merge_changes(current, {ROLE: "c"})
    assert merged["roles"] == [{"value": "a"}, {"value": "b"}, {"primary": True, "value": "c"}]
    current = {"roles": [{"value": "a", "primary": "True"}, {"value": "b"}]}
    assert merge_changes(current, {ROLE: "c"})["roles"][0]["value"] == "c"


def test_what_the_target_alone_sets_is_left_out_of_a_put() -> None:
    user = {
        **CURRENT,
        "nothing": None,
        ENTERPRISE_SCHEMA: {"manager": {"value": "7", "displayName": "Boss", "$ref": "x"}},
    }
    kept = writable(user)
    assert "meta" not in kept
    assert "groups" not in kept
    assert "nothing" not in kept
    assert kept["id"] == "1"
    assert kept["custom"] == {"kept": 1}
    assert kept[ENTERPRISE_SCHEMA] == {"manager": {"value": "7"}}
