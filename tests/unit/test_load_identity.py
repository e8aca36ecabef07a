"""Whose account is in the way, and whether an account is as meant."""

from typing import Any

import pytest

from data_contracts.scim.resource import Value
from tasks.load.identity import judge
from tasks.load.projection import Projection


def account(account_id: str, user_name: str, external_id: str | None = None) -> dict[str, Any]:
    user = {"id": account_id, "userName": user_name}
    return user if external_id is None else {**user, "externalId": external_id}


MINE = account("1", "ada@acme.example", "E1")
BARE = account("2", "Ada@Acme.example")
OTHER = account("3", "ada@acme.example", "E2")
RENAMED = account("4", "old@acme.example", "E1")


@pytest.mark.parametrize(
    ("by_name", "by_external_id", "external_id", "found", "conflict"),
    [
        ([], [], "E1", None, ""),
        ([MINE], [], "E1", "1", ""),
        ([MINE], [MINE], "E1", "1", ""),
        ([BARE], [], "E1", "2", ""),
        ([BARE], [], None, "2", ""),
        ([OTHER], [], None, "3", ""),
        ([], [RENAMED], "E1", "4", ""),
        ([OTHER], [], "E1", None, "another externalId"),
        ([OTHER], [RENAMED], "E1", None, "belong to 4 and 3"),
        ([BARE], [RENAMED], "E1", None, "belong to 4 and 2"),
        ([], [MINE, RENAMED], "E1", None, "belong to 1 and 4"),
    ],
)
def test_the_same_person_s_account_is_told_from_somebody_else_s(
    by_name: list[dict[str, Any]],
    by_external_id: list[dict[str, Any]],
    external_id: str | None,
    found: str | None,
    conflict: str,
) -> None:
    judged = judge(by_name, by_external_id, external_id, {}, "W1", frozenset())
    assert (judged.account or {}).get("id") == found
    assert conflict in judged.conflict
    assert bool(judged.conflict) is bool(conflict)


def test_an_account_managed_for_another_person_is_a_conflict_and_one_s_own_is_not() -> None:
    assert judge([BARE], [], "E1", {"2": "W1"}, "W1", frozenset()).account is BARE
    judged = judge([BARE], [], "E1", {"2": "W9"}, "W1", frozenset())
    assert (judged.account, judged.account_id) == (None, "2")
    assert "W9" in judged.conflict


@pytest.mark.parametrize("protected", ["2", "ada@acme.example"])
def test_a_protected_account_is_never_adopted(protected: str) -> None:
    judged = judge([BARE], [], "E1", {}, "W1", frozenset({protected}))
    assert "protected" in judged.conflict


@pytest.mark.parametrize(
    ("path", "wanted", "there", "differs"),
    [
        ("title", "Lead", "Lead", False),
        ("title", "Lead", " Lead ", False),
        ("title", "Lead", "lead", True),
        ("title", "", None, False),
        ("title", "", "Lead", True),
        ("title", "Café", "Cafe\u0301", False),
        ("userName", "Ada@X", "ada@x", False),
        ("active", True, "True", False),
        ("active", False, "True", True),
        ("active", False, None, True),
        ("active", True, None, False),
        ("externalId", "007", 7, True),
    ],
)
def test_what_was_meant_and_what_is_there_are_compared_in_one_form(
    path: str, wanted: Value, there: Any, differs: bool
) -> None:
    resource = {} if there is None else {path: there}
    assert Projection().differing(resource, {path: wanted}) == ((path,) if differs else ())


def test_paths_that_are_not_kept_are_not_compared_however_they_are_written() -> None:
    wanted: dict[str, Value] = {"enterprise.department": "R", "title": "Lead"}
    urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department"
    for spelled in ("enterprise.department", urn):
        assert Projection((), (spelled,)).differing({}, wanted) == ("title",)
