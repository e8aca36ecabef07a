"""Writes whose answers lie, fail or get lost: looked at, never repeated blindly."""

import httpx
import pytest

from data_contracts.scim.schema import USER_SCHEMA
from data_contracts.words import OperationKind, OutcomeResult
from deployments.sandbox.faults import FAULTS
from tests.target_parts import ROLE, WORK_EMAIL, Target, asynchronous, change, create, leave, target

APPLIED, ALREADY, FAILED = OutcomeResult.APPLIED, OutcomeResult.ALREADY, OutcomeResult.FAILED
CONFLICT, SETTLED = OutcomeResult.CONFLICT, OutcomeResult.SETTLED
UNKNOWN = OutcomeResult.UNKNOWN


def posts(t: Target) -> int:
    return sum(seen.method == "POST" for seen in t.sandbox.journal)


@pytest.mark.parametrize("fault", ["lost-response=1x", "500-but-applied=1x"])
@asynchronous
async def test_a_create_that_happened_without_saying_so_is_found_and_not_repeated(
    fault: str,
) -> None:
    async with target(fault) as t:
        (outcome,) = await t.apply(create())
        assert (outcome.result, outcome.account_id) == (SETTLED, "id-1")
        assert posts(t) == 1
        assert len(t.users()) == 1


@asynchronous
async def test_a_create_that_failed_with_500_is_repeated_after_a_look() -> None:
    async with target("500-not-applied=2x") as t:
        (outcome,) = await t.apply(create())
        assert (outcome.result, outcome.account_id) == (APPLIED, "id-1")
        assert [e.purpose for e in outcome.exchanges if e.method == "POST"] == ["write"] * 3
        assert t.time.slept, "it waits between the attempts"


@asynchronous
async def test_an_answer_lost_while_the_search_lags_makes_no_second_account() -> None:
    async with target("lost-response=1x", "blind-filter=1x") as t:
        (outcome,) = await t.apply(create())
        assert (outcome.result, outcome.account_id) == (SETTLED, "id-1")
        assert len(t.users()) == 1


@asynchronous
async def test_our_own_account_that_a_search_never_shows_stays_unknown() -> None:
    blind = {"filters": "common"}
    async with target("lost-response=1x", "blind-filter=1", sandbox=blind) as t:
        (outcome,) = await t.apply(create())
        assert outcome.result is UNKNOWN
        assert len(t.users()) == 1


@asynchronous
async def test_a_taken_name_without_a_visible_account_is_a_hidden_account() -> None:
    async with target("blind-filter=1", sandbox={"filters": "common"}) as t:
        await t.apply(create())
        (outcome,) = await t.apply(create())
        assert outcome.result is FAILED
        assert outcome.detail.startswith("hidden account")


@pytest.mark.parametrize(
    "fault", ["duplicate-400=1", "duplicate-500=1", "409-without-scim-type=1", "plain-text-error=1"]
)
@asynchronous
async def test_every_dialect_of_taken_leads_to_the_person_s_own_account(fault: str) -> None:
    async with target(fault) as t:
        await t.apply(create(title="Old"))
        (outcome,) = await t.apply(create(title="New"))
        assert (outcome.result, outcome.account_id) == (APPLIED, "id-1")
        assert [u["title"] for u in t.users()] == ["New"]


@pytest.mark.parametrize(
    "fault", ["duplicate-400=1", "duplicate-500=1", "409-without-scim-type=1", "plain-text-error=1"]
)
@asynchronous
async def test_no_dialect_of_taken_adopts_somebody_else_s_account(fault: str) -> None:
    async with target(fault, sandbox={"filters": "common"}) as t:
        await t.apply(create("E1"))
        before = t.users()
        (outcome,) = await t.apply(create("E2", userName="e1@acme.example"))
        assert outcome.result is CONFLICT
        assert t.users() == before


@asynchronous
async def test_a_create_answered_200_counts() -> None:
    async with target("create-200=1") as t:
        (outcome,) = await t.apply(create())
        assert outcome.result is APPLIED
        assert t.requests() == ["POST 200"]


@asynchronous
async def test_a_202_without_an_account_is_no_success() -> None:
    async with target("create-202-without-id=1") as t:
        (outcome,) = await t.apply(create())
        assert (outcome.result, outcome.account_id) == (FAILED, None)
        assert "without an account" in outcome.detail


@pytest.mark.parametrize("fault", ["lost-response=1x", "500-but-applied=1x"])
@asynchronous
async def test_a_change_that_happened_without_saying_so_is_seen_and_not_repeated(
    fault: str,
) -> None:
    async with target() as t:
        await t.apply(create())
        t.sandbox.faults.add(fault)
        (outcome,) = await t.apply(change("id-1", {"title": "Lead"}))
        assert outcome.result is SETTLED
        assert [e.method for e in outcome.exchanges] == ["PATCH", "GET"]
        assert t.users()[0]["title"] == "Lead"


@asynchronous
async def test_a_change_that_failed_with_500_is_repeated_after_a_look() -> None:
    async with target() as t:
        await t.apply(create())
        t.sandbox.faults.add("500-not-applied=1x")
        (outcome,) = await t.apply(change("id-1", {"title": "Lead"}))
        assert outcome.result is APPLIED
        assert [e.method for e in outcome.exchanges] == ["PATCH", "GET", "PATCH"]


@asynchronous
async def test_a_write_that_was_never_answered_is_not_said_to_have_failed() -> None:
    """A slow target may carry it out after the last look."""

    def silent(request: httpx.Request) -> httpx.Response | None:
        if request.method in ("POST", "PATCH"):
            raise httpx.ReadTimeout("no answer")
        return None

    async with target(refuse=silent, request_budget_s=2) as t:
        given = {"schemas": [USER_SCHEMA], "userName": "e2@acme.example", "active": True}
        t.sandbox.service.users.seed(given)
        (user,) = t.users()
        there = change(user["id"], {"title": "Lead"}, key="E2")
        outcomes = await t.apply(create("E1"), there)
        assert [o.result for o in outcomes] == [OutcomeResult.UNKNOWN] * 2
        assert all("and the next run looks again" in o.detail for o in outcomes)


@asynchronous
async def test_a_change_that_keeps_failing_ends_within_the_budget_with_its_reason() -> None:
    async with target(request_budget_s=20) as t:
        await t.apply(create())
        t.sandbox.faults.add("500-not-applied=1")
        before = t.time.seconds
        (outcome,) = await t.apply(change("id-1", {"title": "Lead"}))
        assert outcome.result is FAILED
        assert "500" in outcome.detail
        assert "nothing was written" in outcome.detail
        assert t.time.seconds - before <= 21


@pytest.mark.parametrize("times", ["1x", "1"])
@asynchronous
async def test_a_200_that_changed_nothing_is_a_failure_that_names_the_attribute(times: str) -> None:
    async with target() as t:
        await t.apply(create())
        t.sandbox.faults.add(f"ignored-write={times}")
        (outcome,) = await t.apply(change("id-1", {"title": "Lead", "name.givenName": "Ada"}))
        assert outcome.result is FAILED
        assert outcome.not_retained == ("title",)
        assert "title" in outcome.detail
        assert "Lead" not in outcome.detail


@asynchronous
async def test_an_attribute_that_the_target_forgets_is_named() -> None:
    async with target(sandbox={"forgotten_attributes": {"title"}}) as t:
        (outcome,) = await t.apply(create())
        assert (outcome.result, outcome.account_id) == (FAILED, "id-1")
        assert outcome.not_retained == ("title",)


@asynchronous
async def test_an_attribute_known_not_to_be_kept_is_sent_and_not_compared() -> None:
    sandbox = {"forgotten_attributes": {"title"}}
    async with target(sandbox=sandbox, not_kept=("title",)) as t:
        (outcome,) = await t.apply(create())
        assert outcome.result is APPLIED
        assert t.requests() == ["POST 201"]


@asynchronous
async def test_a_stale_answer_is_settled_by_a_read() -> None:
    async with target() as t:
        await t.apply(create())
        t.sandbox.faults.add("stale-body=1")
        (outcome,) = await t.apply(change("id-1", {"title": "Lead"}))
        assert outcome.result is APPLIED
        assert [e.method for e in outcome.exchanges] == ["PATCH", "GET"]


@asynchronous
async def test_an_ignored_add_is_said_again_with_replace() -> None:
    mobile = 'phoneNumbers[type eq "mobile"].value'
    async with target() as t:
        await t.apply(create())
        t.sandbox.faults.add("ignored-write=1x")
        (outcome,) = await t.apply(change("id-1", {mobile: "+49 30 1"}, before={mobile: None}))
        assert outcome.result is APPLIED, outcome
        assert t.users()[0]["phoneNumbers"] == [{"type": "mobile", "value": "+49 30 1"}]


@asynchronous
async def test_a_patch_of_nothing_that_is_refused_means_that_all_is_well() -> None:
    async with target("noop-patch-400=1") as t:
        await t.apply(create(title="Lead"))
        (outcome,) = await t.apply(change("id-1", {"title": "Lead"}))
        assert outcome.result is ALREADY


@asynchronous
async def test_booleans_as_text_and_untyped_emails_are_understood() -> None:
    async with target("string-active=1", "untyped-emails=1") as t:
        await t.apply(create())
        (outcome,) = await t.apply(leave("id-1"))
        assert outcome.result is APPLIED
        (outcome,) = await t.apply(change("id-1", {WORK_EMAIL: "x@acme.example"}))
        assert outcome.result is APPLIED


@pytest.mark.parametrize("kind", [OperationKind.UPDATE, OperationKind.DEACTIVATE])
@asynchronous
async def test_an_html_404_says_nothing_about_the_person(kind: OperationKind) -> None:
    async with target() as t:
        await t.apply(create())
        t.sandbox.faults.add("html-404=1")
        (outcome,) = await t.apply(change("id-1", {"title": "Lead"}, kind=kind))
        assert outcome.result is FAILED
        assert "no SCIM error" in outcome.detail
        assert t.users()[0]["active"] is True


@asynchronous
async def test_deactivating_somebody_who_is_gone_is_done_after_a_look() -> None:
    async with target("deleted-user=1x") as t:
        await t.apply(create())
        (outcome,) = await t.apply(leave("id-1"))
        assert (outcome.result, outcome.account_id) == (ALREADY, "id-1")
        assert [e.purpose for e in outcome.exchanges] == ["write", "look-up"]


@asynchronous
async def test_changing_somebody_who_is_gone_fails_and_makes_no_account() -> None:
    async with target("deleted-user=1x") as t:
        await t.apply(create())
        (outcome,) = await t.apply(change("id-1", {"title": "Lead"}))
        assert outcome.result is FAILED
        assert "the next run creates a new one" in outcome.detail
        assert t.users() == []


@asynchronous
async def test_a_leaver_whose_name_is_at_another_account_now_is_left_to_the_next_run() -> None:
    async with target() as t:
        await t.client.create_user({"schemas": [USER_SCHEMA], "userName": "e1@acme.example"})
        (outcome,) = await t.apply(leave("id-gone"))
        assert outcome.result is FAILED
        assert "id-1" in outcome.detail
        assert t.users()[0]["active"] is True


@asynchronous
async def test_where_the_search_is_blind_and_external_ids_cannot_be_searched_the_list_helps() -> (
    None
):
    async with target("blind-filter=1") as t:
        await t.apply(create(title="Old"))
        (outcome,) = await t.apply(create(title="New"))
        assert (outcome.result, outcome.account_id) == (APPLIED, "id-1")


@asynchronous
async def test_a_filter_that_is_ignored_leads_to_the_whole_list_and_to_the_right_person() -> None:
    async with target("filter-ignored=1", sandbox={"made_up_users": 230}) as t:
        await t.apply(create(title="Old"))
        (outcome,) = await t.apply(create(title="New"))
        assert (outcome.result, outcome.account_id) == (APPLIED, "id-1")
        assert t.sandbox.store["id-1"]["title"] == "New"
        assert len(t.users()) == 231


@asynchronous
async def test_an_ignored_filter_and_a_short_list_together_leave_the_end_unknown() -> None:
    sandbox = {"made_up_users": 30}
    async with target("filter-ignored=1", "short-list=1", sandbox=sandbox) as t:
        t.sandbox.faults.add("lost-response=1x")
        (outcome,) = await t.apply(create())
        assert outcome.result is UNKNOWN
        assert len(t.users()) == 31


@asynchronous
async def test_an_external_id_that_is_never_shown_is_reported_as_not_retained() -> None:
    async with target("hidden-external-id=1") as t:
        (outcome,) = await t.apply(create())
        assert (outcome.result, outcome.not_retained) == (FAILED, ("externalId",))


@pytest.mark.parametrize("fault", ["html-error=2x", "503=2x"])
@asynchronous
async def test_a_gateway_s_error_is_outlived(fault: str) -> None:
    async with target(fault) as t:
        (outcome,) = await t.apply(create())
        assert outcome.result is APPLIED, outcome
        assert len(t.users()) == 1


@asynchronous
async def test_no_fault_of_the_sandbox_makes_a_second_account() -> None:
    """Whatever happens to a create, there is at most one account, and an outcome."""
    for name in FAULTS:
        async with target(f"{name}=0.5", timeout_s=0.05, request_budget_s=10) as t:
            (outcome,) = await t.apply(create())
            assert len(t.users()) <= 1, name
            if outcome.result in (APPLIED, ALREADY, SETTLED):
                assert len(t.users()) == 1, name


@asynchronous
async def test_a_value_of_the_wrong_kind_fails_that_person_alone() -> None:
    async with target() as t:
        one, two = await t.apply(create("E1", **{ROLE: "emperor"}), create("E2"))
        assert (one.result, two.result) == (FAILED, APPLIED)
        assert "emperor" not in one.detail
