"""The target's accounts as columns, from a sandbox with every fault of lists."""

from typing import Any

import pandas as pd
import pytest

from data_contracts import frames
from data_contracts.errors import AnswerUnreadable, TokenRefused
from data_contracts.scim.schema import ENTERPRISE_SCHEMA
from tasks.extract.target import project_accounts, read_target
from tests.target_parts import ROLE, WORK_EMAIL, asynchronous, create, target

PATHS = ("userName", "title", "name.givenName", WORK_EMAIL, "enterprise.department", ROLE)
PEOPLE = {"made_up_users": 250}


def project(*users: dict[str, Any], paths: tuple[str, ...] = PATHS) -> pd.DataFrame:
    return project_accounts(users, paths)


@asynchronous
async def test_everybody_is_read_in_order_of_account_id() -> None:
    async with target(sandbox=PEOPLE) as t:
        snapshot = await read_target(t.client, t.settings, PATHS)
        assert (snapshot.target, snapshot.complete, snapshot.notes) == ("test", True, ())
        assert snapshot.requests == 3
        ids = snapshot.accounts["account_id"].tolist()
        assert ids == sorted(u["id"] for u in t.users())
        frames.ACCOUNTS.check(snapshot.accounts)


@asynchronous
async def test_an_empty_target_gives_an_empty_frame_of_the_right_kind() -> None:
    async with target() as t:
        snapshot = await read_target(t.client, t.settings, PATHS)
        assert (len(snapshot.accounts), snapshot.complete) == (0, True)
        assert list(snapshot.accounts.columns[6:]) == list(PATHS)
        frames.ACCOUNTS.check(snapshot.accounts)


@pytest.mark.parametrize(
    "fault",
    ["missing-total=1", "lowercase-resources=1", "wrong-total=1", "string-active=1"],
)
@asynchronous
async def test_faults_that_lose_nobody_leave_the_reading_complete(fault: str) -> None:
    async with target(fault, sandbox=PEOPLE) as t:
        snapshot = await read_target(t.client, t.settings, PATHS)
        assert (len(snapshot.accounts), snapshot.complete) == (250, True), snapshot.notes
        active = {u["id"]: u["active"] for u in t.users()}
        found = dict(zip(snapshot.accounts["account_id"], snapshot.accounts["active"], strict=True))
        assert found == active


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("short-list=1:3", "announced 250 users and gave 247"),
        ("repeated-page=1", "the same page came again"),
        ("missing-total=1 repeated-page=1", "the same page came again"),
    ],
)
@asynchronous
async def test_faults_that_may_lose_somebody_make_the_reading_incomplete(
    fault: str, words: str
) -> None:
    async with target(*fault.split(), sandbox=PEOPLE) as t:
        snapshot = await read_target(t.client, t.settings, PATHS)
        assert not snapshot.complete
        assert words in "; ".join(snapshot.notes)


@pytest.mark.parametrize("fault", ["503=0.3", "429-storm=0.3", "html-error=0.3"])
@asynchronous
async def test_faults_that_pass_are_outlived(fault: str) -> None:
    async with target(fault, sandbox=PEOPLE, page_size=10) as t:
        snapshot = await read_target(t.client, t.settings, PATHS)
        assert (len(snapshot.accounts), snapshot.complete) == (250, True)


@asynchronous
async def test_broken_json_and_a_wrong_token_are_errors_of_their_own() -> None:
    async with target("broken-json=1", sandbox=PEOPLE) as t:
        with pytest.raises(AnswerUnreadable, match="not JSON"):
            await read_target(t.client, t.settings, PATHS)
    async with target(sandbox={"token": "another"}) as t:
        with pytest.raises(TokenRefused, match="401"):
            await read_target(t.client, t.settings, PATHS)


@asynchronous
async def test_what_was_created_is_read_as_it_was_meant() -> None:
    async with target() as t:
        operation = create()
        await t.apply(operation)
        snapshot = await read_target(t.client, t.settings, PATHS)
        row = snapshot.accounts.iloc[0]
        assert {path: row[path] for path in PATHS} == {
            path: operation.attributes[path] for path in PATHS
        }
        assert (row["external_id"], row["email"], row["active"]) == ("E1", "e1@acme.example", True)


FULL = {
    "id": "7",
    "userName": "Ada@acme.example",
    "externalId": "E1",
    "active": True,
    "title": "Lead",
    "name": {"givenName": "Ada"},
    "emails": [{"value": "home@x"}, {"type": "work", "value": "work@x"}],
    "roles": [{"primary": True, "value": "maker"}],
    "meta": {"version": 'W/"3"'},
    ENTERPRISE_SCHEMA: {"department": "Board"},
}


def test_every_kind_of_path_becomes_a_text_column() -> None:
    frame = project(FULL)
    assert frame.loc[0].to_dict() == {
        "account_id": "7",
        "user_name": "Ada@acme.example",
        "external_id": "E1",
        "email": "work@x",
        "active": True,
        "version": 'W/"3"',
        "userName": "Ada@acme.example",
        "title": "Lead",
        "name.givenName": "Ada",
        WORK_EMAIL: "work@x",
        "enterprise.department": "Board",
        ROLE: "maker",
    }
    assert {str(frame[column].dtype) for column in frame.columns if column != "active"} == {"str"}


def test_what_is_not_there_is_missing_and_no_text() -> None:
    frame = project({"id": "1"}, FULL)
    missing = frame.loc[0].drop(["account_id", "active"])
    assert missing.isna().all()
    assert not frame.loc[1].isna().any()


@pytest.mark.parametrize(
    ("odd", "column", "read"),
    [
        ({"id": 7}, "account_id", "7"),
        ({"ID": "7"}, "account_id", "7"),
        ({"USERNAME": "a"}, "user_name", "a"),
        ({"Title": "Lead"}, "title", "Lead"),
        ({"title": 5}, "title", "5"),
        ({"title": ["a"]}, "title", None),
        ({"Name": {"GivenName": "Ada"}}, "name.givenName", "Ada"),
        ({"name": {"givenname": "Ada"}}, "name.givenName", "Ada"),
        ({"emails": [{"value": "a@x"}]}, WORK_EMAIL, "a@x"),
        ({"emails": [{"type": "Work", "value": "a@x"}, {"type": "home"}]}, WORK_EMAIL, "a@x"),
        ({"emails": [{"type": "home", "value": "a@x"}]}, WORK_EMAIL, None),
        ({"emails": "a@x"}, WORK_EMAIL, "a@x"),
        ({"emails": {"value": "a@x"}}, WORK_EMAIL, "a@x"),
        ({"emails": []}, WORK_EMAIL, None),
        ({"roles": ["maker"]}, ROLE, "maker"),
        ({"roles": [{"primary": "true", "value": "a"}, {"value": "b"}]}, ROLE, "a"),
        ({ENTERPRISE_SCHEMA.lower(): {"Department": "R"}}, "enterprise.department", "R"),
        ({ENTERPRISE_SCHEMA: None}, "enterprise.department", None),
        ({"active": "False"}, "active", False),
        ({"active": "True"}, "active", True),
        ({"active": None}, "active", True),
        ({}, "active", True),
        ({"emails": [{"value": "b@x"}, {"value": "a@x", "primary": True}]}, "email", "a@x"),
        ({"emails": [{"value": "b@x"}, {"value": "a@x", "primary": "True"}]}, "email", "a@x"),
        ({"emails": [{"value": "b@x"}, {"value": "a@x"}]}, "email", "b@x"),
        ({"emails": [None, 5, {"type": "work"}]}, "email", None),
        ({"meta": "none"}, "version", None),
    ],
)
def test_odd_shapes_are_read_beside_plain_ones(odd: dict[str, Any], column: str, read: Any) -> None:
    user = odd if {"id", "ID"} & odd.keys() else {"id": "1", **odd}
    for frame, row in ((project(user), 0), (project(FULL, user), 1)):
        found = frame[column].tolist()[row]
        assert (read is None and found != found) or found == read, found


def test_a_repeated_path_is_one_column() -> None:
    assert project(FULL, paths=("title", "title")).columns.tolist().count("title") == 1
