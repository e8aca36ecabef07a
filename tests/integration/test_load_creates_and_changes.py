"""The loader on a target that behaves: one request for each operation, verified and kept."""

import httpx
import orjson
import pytest

from data_contracts.scim.schema import ENTERPRISE_SCHEMA, USER_SCHEMA
from data_contracts.words import OperationKind, OutcomeResult
from tests.target_parts import (
    ROLE,
    WORK_EMAIL,
    asynchronous,
    change,
    create,
    leave,
    target,
)

APPLIED, ALREADY, FAILED = OutcomeResult.APPLIED, OutcomeResult.ALREADY, OutcomeResult.FAILED
CONFLICT = OutcomeResult.CONFLICT


@asynchronous
async def test_a_create_takes_one_request_and_is_verified_by_its_answer() -> None:
    async with target() as t:
        (outcome,) = await t.apply(create())
        assert t.requests() == ["POST 201"]
        assert (outcome.result, outcome.account_id) == (APPLIED, "id-1")
        assert outcome.user_name == "e1@acme.example"
        assert outcome.verified.startswith("as meant: active, externalId, userName")
        (user,) = t.users()
        assert user[ENTERPRISE_SCHEMA] == {"department": "Research"}
        assert user["roles"] == [{"primary": True, "value": "maker"}]


@asynchronous
async def test_intent_comes_before_the_write_and_outcome_after_it() -> None:
    async with target() as t:
        await t.apply(create("E1"))
        assert t.journal.entries == [("intend", "create/E1"), ("record", "create/E1")]
        (exchange,) = t.journal.outcomes[0].exchanges
        assert (exchange.method, exchange.path, exchange.status) == ("POST", "/Users", 201)
        assert exchange.purpose == "write"


@asynchronous
async def test_changes_of_every_kind_of_attribute_take_one_request() -> None:
    async with target() as t:
        await t.apply(create())
        (outcome,) = await t.apply(
            change(
                "id-1",
                {
                    "title": "Director",
                    "name.familyName": "Lovelace",
                    "userName": "ada@acme.example",
                    WORK_EMAIL: "ada@acme.example",
                    ROLE: "admin",
                    "enterprise.department": "Board",
                },
            )
        )
        assert outcome.result is APPLIED, outcome
        assert t.requests() == ["POST 201", "PATCH 200"]
        (user,) = t.users()
        assert user["title"] == "Director"
        assert user["name"] == {"givenName": "Ada", "familyName": "Lovelace"}
        assert user["emails"] == [{"type": "work", "value": "ada@acme.example", "primary": True}]
        assert user["roles"] == [{"primary": True, "value": "admin"}]
        assert user[ENTERPRISE_SCHEMA] == {"department": "Board"}


@asynchronous
async def test_empty_text_clears_and_a_missing_list_element_is_added_in_one_request() -> None:
    mobile = 'phoneNumbers[type eq "mobile"].value'
    async with target() as t:
        await t.apply(create())
        (outcome,) = await t.apply(
            change("id-1", {"title": "", mobile: "+49 30 1"}, before={"title": "x", mobile: None})
        )
        assert outcome.result is APPLIED, outcome
        assert t.requests()[1:] == ["PATCH 200"]
        (user,) = t.users()
        assert "title" not in user
        assert user["phoneNumbers"] == [{"type": "mobile", "value": "+49 30 1"}]
        (outcome,) = await t.apply(change("id-1", {mobile: ""}, before={mobile: "+49 30 1"}))
        assert outcome.result is APPLIED, outcome
        assert "phoneNumbers" not in t.users()[0]


@asynchronous
async def test_a_leaver_is_deactivated_and_a_returner_gets_the_same_account_back() -> None:
    async with target() as t:
        await t.apply(create())
        (left,) = await t.apply(leave("id-1"))
        assert (left.result, t.users()[0]["active"]) == (APPLIED, False)
        back = change(
            "id-1", {"active": True, "title": "Lead"}, kind=OperationKind.REACTIVATE, before={}
        )
        (returned,) = await t.apply(back)
        assert (returned.result, returned.account_id) == (APPLIED, "id-1")
        (user,) = t.users()
        assert (user["active"], user["title"]) == (True, "Lead")
        assert {seen.method for seen in t.sandbox.journal} == {"POST", "PATCH"}


@asynchronous
async def test_a_target_that_answers_204_costs_one_read_more() -> None:
    async with target(sandbox={"patch_answers_204": True}) as t:
        await t.apply(create())
        (outcome,) = await t.apply(change("id-1", {"title": "Lead"}))
        assert outcome.result is APPLIED
        assert t.requests()[1:] == ["PATCH 204", "GET 200"]
        assert [e.purpose for e in outcome.exchanges] == ["write", "verify"]


@pytest.mark.parametrize("sandbox", [{"patch": False}, {"patch": False, "etags": True}])
@asynchronous
async def test_auto_uses_put_where_patch_is_not_announced(sandbox: dict[str, bool]) -> None:
    async with target(sandbox=sandbox, update_with="auto") as t:
        await t.apply(create())
        (outcome,) = await t.apply(change("id-1", {"title": "Lead"}))
        assert outcome.result is APPLIED, outcome
        assert t.requests()[1:] == ["GET 200", "GET 200", "PUT 200"]  # config, user, write
        (user,) = t.users()
        assert (user["title"], user["name"]["givenName"]) == ("Lead", "Ada")
        assert user["roles"] == [{"primary": True, "value": "maker"}]


@asynchronous
async def test_auto_asks_for_the_features_once_in_a_session() -> None:
    async with target(update_with="auto") as t:
        await t.apply(*(create(f"E{i}") for i in range(5)))
        t.sandbox.journal.clear()
        await t.apply(*(change(f"id-{i + 1}", {"title": "X"}, key=f"E{i}") for i in range(5)))
        assert sorted(t.requests()) == ["GET 200", *["PATCH 200"] * 5]


@asynchronous
async def test_outcomes_come_in_the_order_of_the_operations_and_leavers_are_first() -> None:
    async with target() as t:
        await t.apply(create("E1"), create("E2"))
        t.sandbox.journal.clear()
        seen: list[str] = []
        async with t.session() as session:
            outcomes = await session.apply(
                [create("E3"), leave("id-1", key="E1"), leave("id-2", key="E2")],
                lambda outcome: seen.append(outcome.operation_id),
            )
        assert [o.worker_key for o in outcomes] == ["E3", "E1", "E2"]
        assert seen == ["deactivate/E1", "deactivate/E2", "create/E3"]
        assert t.requests() == ["PATCH 200", "PATCH 200", "POST 201"]


@asynchronous
async def test_a_seat_freed_by_a_leaver_is_there_for_the_joiner() -> None:
    async with target(sandbox={"seats": 1}) as t:
        await t.apply(create("E1"))
        outcomes = await t.apply(create("E2"), leave("id-1", key="E1"))
        assert [o.result for o in outcomes] == [APPLIED, APPLIED]


@asynchronous
async def test_the_report_counts_requests_and_keeps_every_outcome() -> None:
    async with target() as t, t.session() as session:
        await session.apply([create("E1")])
        await session.apply([change("id-1", {"title": "Lead"})])
        report = session.report()
        assert [o.operation_id for o in report.outcomes] == ["create/E1", "update/E1"]
        assert (report.requests, report.throttled, report.stopped) == (2, 0, "")
        assert report.failed == ()


@asynchronous
async def test_the_joiner_who_is_there_already_is_adopted_and_brought_in_line() -> None:
    async with target(sandbox={"filters": "common"}) as t:
        await t.apply(create("E1", title="Old"))
        (outcome,) = await t.apply(create("E1", title="New"))
        assert (outcome.result, outcome.account_id) == (APPLIED, "id-1")
        assert [u["title"] for u in t.users()] == ["New"]
        (outcome,) = await t.apply(create("E1", title="New"))
        assert outcome.result is ALREADY
        assert len(t.users()) == 1


@asynchronous
async def test_an_inactive_account_of_the_joiner_is_made_active_by_adoption() -> None:
    async with target() as t:
        await t.apply(create("E1"))
        await t.apply(leave("id-1"))
        (outcome,) = await t.apply(create("E1"))
        assert (outcome.result, outcome.account_id) == (APPLIED, "id-1")
        assert t.users()[0]["active"] is True


@asynchronous
async def test_an_account_with_another_external_id_is_a_conflict_and_left_alone() -> None:
    async with target(sandbox={"filters": "common"}) as t:
        await t.apply(create("E1"))
        before = t.users()
        (outcome,) = await t.apply(create("E2", userName="e1@acme.example", title="Usurper"))
        assert (outcome.result, outcome.account_id) == (CONFLICT, "id-1")
        assert "another externalId" in outcome.detail
        assert t.users() == before


@asynchronous
async def test_an_account_without_external_id_is_adopted_by_its_user_name() -> None:
    async with target() as t:
        await t.client.create_user({"schemas": [USER_SCHEMA], "userName": "E1@ACME.example"})
        (outcome,) = await t.apply(create("E1"))
        assert (outcome.result, outcome.account_id) == (APPLIED, "id-1")
        assert t.users()[0]["externalId"] == "E1"


@asynchronous
async def test_the_same_external_id_under_another_user_name_is_the_same_person() -> None:
    sandbox = {"filters": "common", "external_id_unique": True}
    async with target(sandbox=sandbox) as t:
        await t.apply(create("E1", userName="maiden@acme.example"))
        (outcome,) = await t.apply(create("E1", userName="married@acme.example"))
        assert (outcome.result, outcome.account_id) == (APPLIED, "id-1")
        assert outcome.user_name == "married@acme.example"
        assert len(t.users()) == 1


@asynchronous
async def test_two_accounts_in_the_way_are_a_conflict_that_names_both() -> None:
    sandbox = {"filters": "common", "external_id_unique": True}
    async with target(sandbox=sandbox) as t:
        await t.apply(create("E1", userName="one@acme.example"))
        await t.client.create_user({"schemas": [USER_SCHEMA], "userName": "two@acme.example"})
        (outcome,) = await t.apply(create("E1", userName="two@acme.example"))
        assert outcome.result is CONFLICT
        assert "id-1 and id-2" in outcome.detail


@asynchronous
async def test_an_account_managed_for_somebody_else_or_protected_is_not_adopted() -> None:
    async with target(protected=("e2@acme.example",)) as t:
        for name in ("e1@acme.example", "e2@acme.example"):
            await t.client.create_user({"schemas": [USER_SCHEMA], "userName": name})
        async with t.session(owners={"id-1": "E9"}) as session:
            one, two = await session.apply([create("E1"), create("E2")])
        assert (one.result, two.result) == (CONFLICT, CONFLICT)
        assert "E9" in one.detail
        assert "protected" in two.detail


@asynchronous
async def test_a_rename_to_a_taken_name_is_a_conflict_that_names_the_account() -> None:
    async with target() as t:
        await t.apply(create("E1"), create("E2"))
        (outcome,) = await t.apply(
            change("id-2", {"userName": "e1@acme.example"}, key="E2", user_name="e1@acme.example")
        )
        assert outcome.result is CONFLICT
        assert "id-1" in outcome.detail
        assert "acme.example" not in outcome.detail


@asynchronous
async def test_ids_that_are_email_addresses_reach_their_user() -> None:
    async with target() as t:
        user = {"id": "o'neil+x@acme.example", "userName": "oneil@acme.example", "schemas": []}
        t.sandbox.store.put({**user, "meta": {"location": "/Users/1"}, "active": True})
        (outcome,) = await t.apply(change("o'neil+x@acme.example", {"title": "Lead"}))
        assert outcome.result is APPLIED, outcome
        assert outcome.exchanges[0].path == "/Users/o%27neil%2Bx%40acme.example"


@asynchronous
async def test_one_operation_at_a_time_for_one_person() -> None:
    async with target() as t:
        first = create("E1")
        second = change("id-1", {"title": "Lead"}, key="E1")
        outcomes = await t.apply(first, second)
        assert [o.result for o in outcomes] == [APPLIED, APPLIED]
        assert t.journal.entries == [
            ("intend", "create/E1"),
            ("record", "create/E1"),
            ("intend", "update/E1"),
            ("record", "update/E1"),
        ]


@asynchronous
async def test_a_409_for_another_reason_than_a_taken_value_is_a_refusal() -> None:
    body = b'{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"409"}'

    def refuse(request: httpx.Request) -> httpx.Response | None:
        return httpx.Response(409, content=body) if request.method == "PATCH" else None

    async with target(refuse=refuse) as t:
        await t.apply(create())
        (outcome,) = await t.apply(leave("id-1"))
        assert outcome.result is FAILED
        assert "answered 409" in outcome.detail


@asynchronous
async def test_a_target_that_does_not_show_active_is_believed_to_be_active() -> None:
    def hide(request: httpx.Request) -> httpx.Response | None:
        if request.method != "POST":
            return None
        user = {**orjson.loads(request.content), "id": "id-1"}
        del user["active"]
        return httpx.Response(201, content=orjson.dumps(user))

    async with target(refuse=hide) as t:
        (outcome,) = await t.apply(create())
        assert outcome.result is APPLIED
        assert len(outcome.exchanges) == 1
