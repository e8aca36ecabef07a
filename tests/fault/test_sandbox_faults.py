"""Each fault of the sandbox does what its name says, and only that."""

import json
import time
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from deployments.sandbox.fault_plan import FaultPlan, FaultSpec
from deployments.sandbox.faults import FAULTS
from deployments.sandbox.in_process import InProcessClient
from deployments.sandbox.server import serve_in_thread
from deployments.sandbox.settings import SandboxSettings

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
BOSS = {"op": "replace", "path": "title", "value": "Boss"}


def broken(*faults: str, people: int = 0, **settings: Any) -> tuple[InProcessClient, str]:
    """A sandbox with one user (and more), then with faults; the client and the user's id."""
    client = InProcessClient(
        SandboxSettings(rate_limit_per_s=0, made_up_users=people, fault_seed=1, **settings)
    )
    user = client.create(
        "a@example.com", externalId="E1", emails=[{"value": "a@example.com", "type": "work"}]
    )
    for fault in faults:
        client.sandbox.faults.add(fault)
    return client, user.json()["id"]


def stored(client: InProcessClient, user_id: str) -> dict[str, Any]:
    return client.sandbox.store[user_id]


# The answer is lost, or is none.


def test_lost_response_applies_the_write_and_answers_500_in_process() -> None:
    client, user_id = broken("lost-response=1")
    assert client.patch(user_id, BOSS).status_code == 500
    assert stored(client, user_id)["title"] == "Boss"
    seen = client.sandbox.journal[-1]
    assert (seen.status, seen.applied, seen.faults) == (0, True, ("lost-response",))


def test_lost_response_cuts_the_connection_on_a_socket_and_the_user_exists() -> None:
    settings = SandboxSettings(faults=["lost-response=1x"])
    body = {"schemas": [CORE], "userName": "a@example.com"}
    with serve_in_thread(settings) as (base_url, app), httpx.Client(base_url=base_url) as http:
        with pytest.raises(httpx.RemoteProtocolError):
            http.post("/Users", json=body)
        assert app.state.sandbox.store.by_user_name("a@example.com") is not None
        assert http.post("/Users", json=body).status_code == 409
        assert [seen.status for seen in app.state.sandbox.journal] == [0, 409]


def test_500_but_applied_and_500_not_applied_look_alike() -> None:
    done, done_id = broken("500-but-applied=1")
    undone, undone_id = broken("500-not-applied=1")
    answers = done.patch(done_id, BOSS), undone.patch(undone_id, BOSS)
    assert [a.status_code for a in answers] == [500, 500]
    assert "title" in stored(done, done_id)
    assert "title" not in stored(undone, undone_id)
    assert [c.sandbox.journal[-1].applied for c in (done, undone)] == [True, False]


def test_503_says_when_to_come_back() -> None:
    client, user_id = broken("503=1:7")
    answer = client.patch(user_id, BOSS)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "7")
    assert "title" not in stored(client, user_id)


def test_html_error_is_a_gateway_s_page() -> None:
    client, user_id = broken("html-error=1")
    answer = client.patch(user_id, BOSS)
    assert (answer.status_code, answer.headers["content-type"]) == (502, "text/html")
    assert b"<html>" in answer.content
    assert "title" not in stored(client, user_id)


def test_html_404_hides_a_user_who_is_there() -> None:
    client, user_id = broken("html-404=1")
    for answer in (client.patch(user_id, BOSS), client.get(f"/Users/{user_id}")):
        assert answer.status_code == 404
        assert answer.headers["content-type"].startswith("text/html")
    assert client.get("/Users").json()["totalResults"] == 1


def test_slow_answers_late_and_right() -> None:
    client, user_id = broken("slow=1:60")
    started = time.perf_counter()
    assert client.get(f"/Users/{user_id}").status_code == 200
    assert time.perf_counter() - started >= 0.06


# Rate limits and tokens.


def test_429_comes_with_seconds_with_a_date_or_bare() -> None:
    waits = {}
    for fault in ("429-storm=1", "429-http-date=1", "429-bare=1"):
        client, user_id = broken(fault)
        answer = client.patch(user_id, BOSS)
        assert answer.status_code == 429
        assert "title" not in stored(client, user_id)
        waits[fault] = answer.headers.get("retry-after")
    assert waits["429-storm=1"] == "1"
    assert parsedate_to_datetime(waits["429-http-date=1"] or "").tzinfo is not None
    assert waits["429-bare=1"] is None


def test_token_expires_midway_and_for_good() -> None:
    client, user_id = broken("token-expired-midway=1@3")
    statuses = [client.get(f"/Users/{user_id}").status_code for _ in range(6)]
    assert statuses == [200, 200, 200, 401, 401, 401]

    by_default, _ = broken("token-expired-midway=1")
    statuses = [by_default.get("/Users").status_code for _ in range(22)]
    assert statuses == [200] * 20 + [401] * 2


# Writes that are not what they seem.


def test_ignored_write_answers_200_with_the_unchanged_user() -> None:
    client, user_id = broken("ignored-write=1")
    before = client.get(f"/Users/{user_id}").json()
    answer = client.patch(user_id, BOSS)
    assert (answer.status_code, answer.json()) == (200, before)
    assert client.get(f"/Users/{user_id}").json() == before
    assert not client.sandbox.journal[-2].applied
    assert client.patch("unknown", BOSS).status_code == 404


def test_stale_body_shows_the_old_user_after_a_write_that_happened() -> None:
    client, user_id = broken("stale-body=1")
    before = client.get(f"/Users/{user_id}").json()
    answer = client.patch(user_id, BOSS)
    assert (answer.status_code, answer.json()) == (200, before)
    assert client.get(f"/Users/{user_id}").json()["title"] == "Boss"


def test_noop_patch_is_400_only_when_nothing_changes() -> None:
    client, user_id = broken("noop-patch-400=1")
    assert client.patch(user_id, BOSS).status_code == 200
    assert client.patch(user_id, BOSS).status_code == 400


def test_deleted_user_is_gone_when_the_update_comes() -> None:
    client, user_id = broken("deleted-user=1x")
    assert client.get(f"/Users/{user_id}").status_code == 200
    assert client.patch(user_id, BOSS).status_code == 404
    assert user_id not in client.sandbox.store
    assert client.create("a@example.com").status_code == 201


def test_create_answers_200() -> None:
    client, _ = broken("create-200=1")
    answer = client.create("b@example.com")
    assert (answer.status_code, answer.json()["userName"]) == (200, "b@example.com")
    assert client.create("b@example.com").status_code == 409


def test_create_answers_202_without_id_and_creates_nobody() -> None:
    client, _ = broken("create-202-without-id=1")
    answer = client.create("b@example.com")
    assert (answer.status_code, answer.json()) == (202, {})
    assert len(client.sandbox.store) == 1


def test_create_upserts_an_existing_user() -> None:
    client, user_id = broken("create-upserts=1")
    answer = client.create("A@example.com", title="Boss")
    assert (answer.status_code, answer.json()["id"]) == (200, user_id)
    assert stored(client, user_id)["title"] == "Boss"
    seen = client.sandbox.journal[-1]
    assert (seen.method, seen.path) == ("POST", "/Users")
    assert client.create("b@example.com").status_code == 201


# Errors in the wrong form.


@pytest.mark.parametrize(("name", "status"), [("duplicate-400", 400), ("duplicate-500", 500)])
def test_a_duplicate_is_reported_as_something_else(name: str, status: int) -> None:
    client, _ = broken(f"{name}=1")
    answer = client.create("a@example.com")
    assert answer.status_code == status
    assert "scimType" not in answer.json()
    assert client.create("b@example.com").status_code == 201


def test_409_lacks_scim_type_and_status() -> None:
    client, _ = broken("409-without-scim-type=1")
    answer = client.create("a@example.com")
    assert answer.status_code == 409
    assert set(answer.json()) == {"schemas", "detail"}


def test_errors_are_plain_text() -> None:
    client, _ = broken("plain-text-error=1")
    answer = client.create("a@example.com")
    assert answer.status_code == 409
    assert answer.headers["content-type"].startswith("text/plain")
    assert not answer.text.startswith("{")
    assert client.get("/Users").json()["totalResults"] == 1


def test_the_status_of_an_error_is_a_number() -> None:
    client, _ = broken("numeric-error-status=1")
    assert client.create("a@example.com").json()["status"] == 409


# Lists that cannot be trusted.


def everybody(client: InProcessClient) -> list[str]:
    """Page as a client does that goes on from what it was given."""
    ids: list[str] = []
    while page := client.get("/Users", startIndex=len(ids) + 1, count=10).json()["Resources"]:
        ids += [user["id"] for user in page]
    return ids


def test_short_list_never_gives_the_last_users_it_announces() -> None:
    client, user_id = broken("short-list=1:3", people=25)
    ids = everybody(client)
    assert ids == client.sandbox.store.ids[:23]
    assert user_id not in ids
    assert client.get("/Users").json()["totalResults"] == 26


def test_wrong_total_is_the_length_of_the_page() -> None:
    client, _ = broken("wrong-total=1", people=25)
    page = client.get("/Users", count=10).json()
    assert (page["totalResults"], len(page["Resources"])) == (10, 10)


def test_missing_total_is_missing() -> None:
    client, _ = broken("missing-total=1")
    page = client.get("/Users").json()
    assert "totalResults" not in page
    assert len(page["Resources"]) == 1


def test_repeated_page_is_the_first_one_for_ever() -> None:
    client, _ = broken("repeated-page=1", people=25)
    first = client.get("/Users", count=10).json()["Resources"]
    assert client.get("/Users", count=10, startIndex=11).json()["Resources"] == first


def test_lowercase_resources_are_under_other_names() -> None:
    client, _ = broken("lowercase-resources=1")
    page = client.get("/Users").json()
    assert set(page) == {"schemas", "totalresults", "startindex", "itemsperpage", "resources"}


def test_filter_ignored_gives_everybody() -> None:
    client, _ = broken("filter-ignored=1", people=5)
    page = client.get("/Users", filter='userName eq "a@example.com"').json()
    assert page["totalResults"] == 6


def test_blind_filter_does_not_find_who_is_there() -> None:
    client, _ = broken("blind-filter=1x")
    text = 'userName eq "a@example.com"'
    totals = [client.get("/Users", filter=text).json()["totalResults"] for _ in range(2)]
    assert totals == [0, 1]
    assert client.get("/Users").json()["totalResults"] == 1


def test_broken_json_cannot_be_parsed() -> None:
    client, _ = broken("broken-json=1")
    with pytest.raises(json.JSONDecodeError):
        client.get("/Users").json()


# Users in another shape.


def test_active_is_text_and_the_store_is_not() -> None:
    client, user_id = broken("string-active=1")
    off = client.patch(user_id, {"op": "replace", "path": "active", "value": False}).json()
    assert off["active"] == "False"
    assert client.get("/Users").json()["Resources"][0]["active"] == "False"
    assert stored(client, user_id)["active"] is False


def test_external_id_is_kept_and_never_shown() -> None:
    client, user_id = broken("hidden-external-id=1")
    assert "externalId" not in client.get(f"/Users/{user_id}").json()
    assert "externalId" not in client.get("/Users").json()["Resources"][0]
    assert stored(client, user_id)["externalId"] == "E1"


def test_emails_lose_their_type() -> None:
    client, user_id = broken("untyped-emails=1")
    assert client.get(f"/Users/{user_id}").json()["emails"] == [{"value": "a@example.com"}]


# Lists by cursor.


def by_cursor(fault: str) -> tuple[InProcessClient, str]:
    """Three users on pages of two by cursor; the client, and the cursor of the second page."""
    client, _ = broken(people=2, paging="cursor", max_page_size=2, default_page_size=2)
    cursor = client.get("/Users").json()["nextCursor"]
    client.sandbox.faults.add(fault)
    return client, cursor


@pytest.mark.parametrize(
    ("fault", "scim_type"),
    [("cursor-expires", "expiredCursor"), ("cursor-invalid", "invalidCursor")],
)
def test_a_cursor_is_refused_and_the_first_page_is_not(fault: str, scim_type: str) -> None:
    client, cursor = by_cursor(f"{fault}=1")
    assert client.get("/Users").status_code == 200
    refused = client.get("/Users", cursor=cursor)
    assert (refused.status_code, refused.json()["scimType"]) == (400, scim_type)


def test_a_page_names_its_own_cursor() -> None:
    client, cursor = by_cursor("cursor-repeats=1")
    assert client.get("/Users", cursor=cursor).json()["nextCursor"] == cursor


def test_the_last_page_leads_back_into_the_list() -> None:
    client, cursor = by_cursor("cursor-never-ends=1")
    last = client.get("/Users", cursor=cursor).json()
    again = client.get("/Users", cursor=last["nextCursor"]).json()
    assert again["Resources"] == last["Resources"]
    assert again["nextCursor"]


def test_a_list_by_cursor_has_no_total() -> None:
    client, cursor = by_cursor("cursor-without-total=1")
    assert "totalResults" not in client.get("/Users", cursor=cursor).json()


def test_every_count_is_refused() -> None:
    client, _ = by_cursor("count-refused=1")
    assert client.get("/Users").status_code == 200
    assert client.get("/Users", count=2).json()["scimType"] == "invalidCount"


# Bulk requests as a whole.


def in_bulk(*faults: str) -> tuple[InProcessClient, Any]:
    """Three creates in one Bulk, the second of a name that is taken; the client and the answer."""
    client, _ = broken(*faults, bulk=True)
    operations = [
        {"method": "POST", "path": "/Users", "bulkId": name, "data": {"schemas": [CORE], **data}}
        for name, data in (
            ("1", {"userName": "b@example.com"}),
            ("2", {"userName": "A@example.com"}),
            ("3", {"userName": "c@example.com"}),
        )
    ]
    return client, client.send("POST", "/Bulk", {"schemas": [BULK], "Operations": operations})


def carried_out(client: InProcessClient) -> list[int]:
    """The statuses of the operations, 0 for one that was not carried out."""
    return [seen.status for seen in client.sandbox.journal if seen.in_bulk]


def test_each_operation_of_a_bulk_is_in_the_journal_and_is_struck_by_itself() -> None:
    client, answer = in_bulk("500-not-applied=1x@2")
    assert [o["status"] for o in answer.json()["Operations"]] == ["201", "409", "500"]
    assert carried_out(client) == [201, 409, 500]
    assert [seen.faults for seen in client.sandbox.journal if seen.in_bulk][2]
    assert len(client.sandbox.store) == 2


@pytest.mark.parametrize(
    ("fault", "status", "operations"),
    [
        ("bulk-lost", 500, [201, 409, 201]),
        ("bulk-half-done", 500, [201, 0, 0]),
        ("bulk-silent", 200, [201, 409, 201]),
        ("bulk-stops", 200, [201, 409, 0]),
        ("bulk-shuffled", 200, [201, 409, 201]),
        ("bulk-status-object", 200, [201, 409, 201]),
        ("bulk-unnamed-failures", 200, [201, 409, 201]),
        ("bulk-no-answer", 202, [201, 409, 201]),
        ("bulk-too-large", 413, []),
        ("bulk-refused", 400, [201, 0, 0]),
        ("bulk-missing", 404, []),
    ],
)
def test_a_fault_of_a_bulk_does_so_much_and_answers_so(
    fault: str, status: int, operations: list[int]
) -> None:
    client, answer = in_bulk(f"{fault}=1")
    assert (answer.status_code, carried_out(client)) == (status, operations)
    assert len(client.sandbox.store) == 1 + operations.count(201)


def told_of(fault: str) -> list[dict[str, Any]]:
    return list(in_bulk(f"{fault}=1")[1].json()["Operations"])


def test_a_bulk_tells_of_its_operations_in_ways_of_its_own() -> None:
    assert [o["bulkId"] for o in told_of("bulk-silent")] == ["1", "2"]
    assert [o["bulkId"] for o in told_of("bulk-stops")] == ["1", "2"]
    assert [o["bulkId"] for o in told_of("bulk-shuffled")] == ["3", "2", "1"]
    assert told_of("bulk-status-object")[1]["status"] == {"code": "409"}
    assert [o.get("bulkId") for o in told_of("bulk-unnamed-failures")] == ["1", None, "3"]


# Teams.


def team(*faults: str, members: int = 2) -> tuple[InProcessClient, str, list[str]]:
    """A sandbox with a team of some people, then with faults; the team's path, the people's ids."""
    client = InProcessClient(SandboxSettings(rate_limit_per_s=0, teams=True, fault_seed=1))
    ids = [client.create(f"m{n}@example.com").json()["id"] for n in range(members)]
    values = [{"value": each} for each in ids]
    made = client.send(
        "POST", "/Groups", {"schemas": [GROUP], "displayName": "Core", "members": values}
    )
    for fault in faults:
        client.sandbox.faults.add(fault)
    return client, f"/Groups/{made.json()['id']}", ids


def patch_team(client: InProcessClient, path: str, *operations: dict[str, Any]) -> httpx.Response:
    return client.send("PATCH", path, {"schemas": [PATCH], "Operations": list(operations)})


def members(client: InProcessClient) -> list[str]:
    (stored_team,) = client.sandbox.teams.users()
    return [member["value"] for member in stored_team.get("members", ())]


def without_member(member: str) -> dict[str, Any]:
    return {"op": "remove", "path": f'members[value eq "{member}"]'}


def test_a_list_of_teams_has_no_members_and_a_single_team_has() -> None:
    client, path, ids = team("members-not-listed=1")
    assert "members" not in client.get("/Groups").json()["Resources"][0]
    assert [m["value"] for m in client.get(path).json()["members"]] == ids


def test_a_removal_is_answered_and_ignored_and_the_rest_is_done() -> None:
    client, path, ids = team("removal-ignored=1")
    rename = {"op": "replace", "path": "displayName", "value": "Kernel"}
    assert patch_team(client, path, rename, without_member(ids[0])).status_code == 200
    assert members(client) == ids
    assert client.get(path).json()["displayName"] == "Kernel"


def test_value_paths_of_members_are_refused_and_nothing_is_stored() -> None:
    client, path, ids = team("member-paths-refused=1")
    assert patch_team(client, path, without_member(ids[0])).status_code == 400
    assert members(client) == ids


def test_an_added_member_is_answered_and_ignored() -> None:
    client, path, ids = team("add-ignored=1")
    add = {"op": "add", "path": "members", "value": [{"value": "new"}]}
    assert patch_team(client, path, add, without_member(ids[0])).status_code == 200
    assert members(client) == ids[1:]


def test_faults_of_users_strike_teams_too() -> None:
    client, path, ids = team("ignored-write=1x", "lost-response=1x@1")
    unchanged = patch_team(client, path, without_member(ids[0]))
    assert (unchanged.status_code, len(unchanged.json()["members"])) == (200, 2)
    assert patch_team(client, path, without_member(ids[0])).status_code == 500
    assert members(client) == ids[1:]


# The registry and the plan.


def test_every_fault_has_a_test_here_and_names_where_it_was_met() -> None:
    tests = Path(__file__).read_text(encoding="utf-8")
    for fault in FAULTS.values():
        assert f'"{fault.name}=1' in tests or f'("{fault.name}", ' in tests
        what, _, source = fault.about.partition("Source: ")
        assert what.strip().endswith(".")
        assert source.strip(), fault.name


def test_a_count_strikes_so_often_and_after_so_many() -> None:
    client, user_id = broken("500-not-applied=2x@1")
    statuses = [client.patch(user_id, BOSS).status_code for _ in range(5)]
    assert statuses == [200, 500, 500, 200, 200]
    assert client.sandbox.faults.struck == {"500-not-applied": 2}


def test_only_requests_that_a_fault_can_strike_are_counted() -> None:
    client, user_id = broken("ignored-write=1x")
    client.get("/Users")
    client.create("b@example.com")
    assert client.patch(user_id, BOSS).json().get("title") is None
    assert client.sandbox.faults.struck["ignored-write"] == 1


def test_a_probability_strikes_about_that_often_and_the_same_way_for_the_same_seed() -> None:
    def strikes(seed: int, *names: str) -> list[bool]:
        plan = FaultPlan([FaultSpec.parse(f"{name}=0.2") for name in names], seed)
        return [plan.rolls("503") is not None for _ in range(1000)]

    assert 150 < sum(strikes(1, "503")) < 250
    assert strikes(1, "503") == strikes(1, "html-error", "503")
    assert strikes(1, "503") != strikes(2, "503")


def test_faults_of_one_seed_do_not_strike_in_step() -> None:
    plan = FaultPlan([FaultSpec.parse("503=0.5"), FaultSpec.parse("html-error=0.5")])
    rolls = [(plan.rolls("503") is None, plan.rolls("html-error") is None) for _ in range(100)]
    assert len(set(rolls)) == 4


def test_several_faults_can_strike_one_request() -> None:
    client, user_id = broken("stale-body=1", "string-active=1")
    answer = client.patch(user_id, BOSS).json()
    assert answer["active"] == "True"
    assert "title" not in answer
    assert set(client.sandbox.journal[-1].faults) == {"stale-body", "string-active"}


def test_faults_can_be_taken_away_while_it_runs() -> None:
    client, user_id = broken("503=1", "slow=1:1")
    client.sandbox.faults.remove("503")
    client.sandbox.faults.remove("503")
    assert client.get(f"/Users/{user_id}").status_code == 200
    client.sandbox.faults.clear()
    assert client.sandbox.faults.specs == ()


def test_faults_leave_discovery_and_the_token_check_alone() -> None:
    client, _ = broken("503=1")
    assert client.get("/ServiceProviderConfig").status_code == 200
    assert client.sandbox.faults.struck["503"] == 0


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("503=1", {"probability": 1.0, "times": None, "after": None, "amount": None}),
        ("503=.5", {"probability": 0.5}),
        ("slow=0.25@3:1500", {"probability": 0.25, "after": 3, "amount": 1500.0}),
        ("lost-response=12x", {"probability": 1.0, "times": 12}),
    ],
)
def test_the_text_of_a_fault_is_read(text: str, spec: dict[str, Any]) -> None:
    parsed = FaultSpec.parse(text)
    assert parsed.model_dump(include=set(spec)) == spec
    assert SandboxSettings(faults=[text]).faults == (parsed,)
    assert SandboxSettings(faults=text).faults == (parsed,)


@pytest.mark.parametrize(
    "text",
    ["503", "503=", "503=2.0", "503=0", "503=0x", "503=-1", "503=1@x", "503=1:", "=1", "x=1"],
)
def test_a_fault_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"fault|probability|times|less|greater"):
        FaultSpec.parse(text)
    with pytest.raises(ValidationError):
        SandboxSettings(faults=[text])


def test_a_misspelt_fault_is_told_the_nearest_name() -> None:
    with pytest.raises(ValueError, match="did you mean 'lost-response'"):
        FaultSpec.parse("lost-reponse=1")
