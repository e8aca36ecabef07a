"""The sandbox's rate limit, token, versions, teams, bulk and journal."""

from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from deployments.sandbox.in_process import InProcessClient
from deployments.sandbox.settings import SandboxSettings

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def remaining(response: httpx.Response) -> tuple[str, str]:
    return response.headers["x-ratelimit-limit"], response.headers["x-ratelimit-remaining"]


def test_fifty_requests_a_second_are_answered_and_the_next_is_429() -> None:
    clock = Clock()
    client = InProcessClient(clock=clock)

    answers = [client.get("/Users") for _ in range(51)]
    assert [answer.status_code for answer in answers] == [200] * 50 + [429]
    assert remaining(answers[0]) == ("50", "49")
    assert remaining(answers[49]) == ("50", "0")
    refused = answers[50]
    assert refused.headers["retry-after"] == "1"
    assert remaining(refused) == ("50", "0")
    assert refused.json()["status"] == "429"

    clock.now += 1
    assert client.get("/Users").status_code == 200


def test_a_refused_write_is_not_applied() -> None:
    client = InProcessClient(SandboxSettings(rate_limit_per_s=1), clock=Clock())
    client.get("/Users")
    assert client.create("a@example.com").status_code == 429
    assert len(client.sandbox.store) == 0
    assert client.sandbox.journal.writes() == []


def test_each_token_has_its_own_limit_and_zero_means_none() -> None:
    client = InProcessClient(SandboxSettings(rate_limit_per_s=1), clock=Clock())
    statuses = [
        client.send("GET", "/Users", headers={"Authorization": f"Bearer {token}"}).status_code
        for token in ("a", "a", "b")
    ]
    assert statuses == [200, 429, 200]

    free = InProcessClient(SandboxSettings(rate_limit_per_s=0), clock=Clock())
    answers = [free.get("/Users") for _ in range(60)]
    assert {answer.status_code for answer in answers} == {200}
    assert "x-ratelimit-limit" not in answers[0].headers


def test_the_limit_is_told_on_every_answer() -> None:
    client = InProcessClient(SandboxSettings(token=SecretStr("right")))
    wrong = {"Authorization": "Bearer wrong"}
    for answer in (
        client.get("/nowhere"),
        client.send("DELETE", "/Users/1"),
        client.send("GET", "/Users", headers=wrong),
    ):
        assert answer.headers["x-ratelimit-limit"] == "50"


@pytest.mark.parametrize("header", ["", "Bearer wrong", "Bearer", "Basic right", "right"])
def test_without_the_right_token_nothing_is_shown_or_written(header: str) -> None:
    client = InProcessClient(SandboxSettings(token=SecretStr("right")))
    for method, path in (("GET", "/Users"), ("POST", "/Users"), ("GET", "/ServiceProviderConfig")):
        body = {"schemas": [CORE], "userName": "a"} if method == "POST" else None
        answer = client.send(method, path, body, headers={"Authorization": header})
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.json()["status"] == "401"
    assert len(client.sandbox.store) == 0
    assert client.get("/Users").status_code == 200


def test_the_token_is_nowhere_in_the_settings_text() -> None:
    assert "hush" not in repr(SandboxSettings(token=SecretStr("hush")))


def test_versions_guard_against_lost_updates() -> None:
    client = InProcessClient(SandboxSettings(etags=True))
    created = client.create("a@example.com")
    path = f"/Users/{created.json()['id']}"
    first = created.headers["etag"]
    assert created.json()["meta"]["version"] == first
    body = {"schemas": [CORE], "userName": "a@example.com", "title": "Boss"}

    changed = client.send("PUT", path, body, headers={"If-Match": first})
    assert changed.status_code == 200
    second = changed.headers["etag"]
    assert second != first

    stale = client.send("PUT", path, {**body, "title": "x"}, headers={"If-Match": first})
    assert stale.status_code == 412
    assert client.get(path).json()["title"] == "Boss"
    assert client.send("PUT", path, body, headers={"If-Match": "*"}).headers["etag"] == second
    unchanged = client.send("GET", path, headers={"If-None-Match": second})
    assert (unchanged.status_code, unchanged.content) == (304, b"")


def test_without_versions_none_are_shown_or_checked() -> None:
    client = InProcessClient()
    created = client.create("a@example.com")
    assert "etag" not in created.headers
    assert "version" not in created.json()["meta"]
    body = {"schemas": [CORE], "userName": "a@example.com"}
    path = f"/Users/{created.json()['id']}"
    assert client.send("PUT", path, body, headers={"If-Match": 'W/"9"'}).status_code == 200


def test_discovery_announces_exactly_what_works() -> None:
    plain = InProcessClient()
    config = plain.get("/ServiceProviderConfig").json()
    features = {n: config[n]["supported"] for n in ("patch", "bulk", "sort", "etag", "filter")}
    assert features == {"patch": True, "bulk": False, "sort": False, "etag": False, "filter": True}
    assert [r["name"] for r in plain.get("/ResourceTypes").json()["Resources"]] == ["User"]
    assert GROUP not in [s["id"] for s in plain.get("/Schemas").json()["Resources"]]

    full = InProcessClient(SandboxSettings(bulk=True, sort=True, etags=True, teams=True))
    config = full.get("/ServiceProviderConfig").json()
    assert all(config[n]["supported"] for n in ("patch", "bulk", "sort", "etag", "filter"))
    assert full.get(f"/Schemas/{GROUP}").json()["name"] == "Group"
    assert full.get("/ResourceTypes/Group").json()["endpoint"] == "/Groups"


def test_discovery_is_read_only_and_not_filtered() -> None:
    client = InProcessClient()
    for path in ("/ServiceProviderConfig", "/Schemas", "/ResourceTypes"):
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            assert client.send(method, path, b"{}").status_code == 405
    assert client.get("/Schemas", filter='name eq "User"').status_code == 403


def test_the_role_values_are_published() -> None:
    schema = InProcessClient(SandboxSettings(custom_roles=("guest",))).get(f"/Schemas/{CORE}")
    roles = next(a for a in schema.json()["attributes"] if a["name"] == "roles")
    value = next(a for a in roles["subAttributes"] if a["name"] == "value")
    assert value["canonicalValues"] == ["admin", "maker", "contributor", "viewer", "guest"]


def test_teams_are_created_changed_and_deleted_where_they_exist() -> None:
    client = InProcessClient(SandboxSettings(teams=True))
    user_id = client.create("a@example.com").json()["id"]
    body = {"schemas": [GROUP], "displayName": "Core", "members": [{"value": user_id}]}

    created = client.send("POST", "/Groups", body)
    assert created.status_code == 201
    path = f"/Groups/{created.json()['id']}"
    assert client.get("/Groups").json()["totalResults"] == 1
    assert client.sandbox.journal[-2].applied
    assert client.sandbox.journal[-2].user_id is None

    remove = {
        "schemas": [PATCH],
        "Operations": [{"op": "remove", "path": f'members[value eq "{user_id}"]'}],
    }
    assert "members" not in client.send("PATCH", path, remove).json()
    assert client.send("POST", "/Groups", {"schemas": [GROUP]}).status_code == 400
    assert client.send("DELETE", path).status_code == 204
    assert client.get(path).status_code == 404
    assert client.send("DELETE", f"/Users/{user_id}").status_code == 405


def test_a_second_team_of_one_name_and_members_who_are_no_users_can_be_refused() -> None:
    strict = SandboxSettings(teams=True, team_names_unique=True, team_members_checked=True)
    for settings, status in ((SandboxSettings(teams=True), 201), (strict, 409)):
        client = InProcessClient(settings)
        body = {"schemas": [GROUP], "displayName": "Core"}
        assert client.send("POST", "/Groups", body).status_code == 201
        assert client.send("POST", "/Groups", {**body, "displayName": "CORE"}).status_code == status
    wrong = {"schemas": [GROUP], "displayName": "Other", "members": [{"value": "nobody"}]}
    assert client.send("POST", "/Groups", wrong).status_code == 400
    assert client.sandbox.teams.users()[0]["displayName"] == "Core"


def bulk(client: InProcessClient, *operations: dict[str, Any], **extra: Any) -> Any:
    return client.send("POST", "/Bulk", {"schemas": [BULK], "Operations": operations, **extra})


def create(user_name: str, bulk_id: str) -> dict[str, Any]:
    data = {"schemas": [CORE], "userName": user_name}
    return {"method": "POST", "path": "/Users", "bulkId": bulk_id, "data": data}


def test_bulk_answers_each_operation_for_itself() -> None:
    client = InProcessClient(SandboxSettings(bulk=True, teams=True))
    patch = {"schemas": [PATCH], "Operations": [{"op": "add", "path": "title", "value": "B"}]}
    team = {"schemas": [GROUP], "displayName": "T", "members": [{"value": "bulkId:1"}]}
    answer = bulk(
        client,
        create("a@example.com", "1"),
        create("A@example.com", "2"),
        {"method": "PATCH", "path": "/Users/bulkId:1", "data": patch},
        {"method": "DELETE", "path": "/Users/bulkId:1"},
        {"method": "POST", "path": "/Groups", "bulkId": "3", "data": team},
        {"method": "PATCH", "path": "/Users/bulkId:9", "data": patch},
    )

    operations = answer.json()["Operations"]
    assert [o["status"] for o in operations] == ["201", "409", "200", "405", "201", "409"]
    assert operations[1]["response"]["scimType"] == "uniqueness"
    user = client.sandbox.store.users()[0]
    assert operations[0]["location"].endswith(user["id"])
    assert user["title"] == "B"
    team_id = client.sandbox.teams.ids[0]
    assert client.sandbox.teams[team_id]["members"] == [{"value": user["id"]}]


def test_bulk_stops_after_as_many_failures_as_the_client_allows() -> None:
    client = InProcessClient(SandboxSettings(bulk=True))
    wrong = {"method": "DELETE", "path": "/Users/1"}
    answer = bulk(client, wrong, wrong, create("a@example.com", "1"), failOnErrors=2)
    assert len(answer.json()["Operations"]) == 2
    assert len(client.sandbox.store) == 0


def test_bulk_answers_the_resources_where_that_is_switched_on() -> None:
    for bodies in (False, True):
        settings = SandboxSettings(bulk=True, bulk_answers_bodies=bodies)
        client = InProcessClient(settings)
        (made,) = bulk(client, create("a@example.com", "1")).json()["Operations"]
        read = client.get("/Users/" + made["location"].rpartition("/")[2]).json()
        assert made.get("response") == (read if bodies else None)


def test_bulk_finds_a_user_whose_id_has_to_be_escaped() -> None:
    client = InProcessClient(SandboxSettings(bulk=True))
    user = {"id": "a+b@c", "schemas": [CORE], "userName": "x", "active": True, "meta": {}}
    client.sandbox.store.put(user)
    patch = {"schemas": [PATCH], "Operations": [{"op": "add", "path": "title", "value": "B"}]}
    answer = bulk(client, {"method": "PATCH", "path": "/Users/a%2Bb%40c", "data": patch})
    assert answer.json()["Operations"][0]["status"] == "200"
    assert client.sandbox.store["a+b@c"]["title"] == "B"


def test_bulk_is_501_or_limited() -> None:
    assert bulk(InProcessClient(), create("a@example.com", "1")).status_code == 501
    client = InProcessClient(SandboxSettings(bulk=True, bulk_max_operations=1))
    assert bulk(client, create("a", "1"), create("b", "2")).status_code == 413
    assert client.send("POST", "/Bulk", {"Operations": []}).status_code == 400


def test_the_journal_tells_who_was_asked_for_and_what_was_applied() -> None:
    client = InProcessClient(SandboxSettings(journal_size=4))
    client.get("/Users", filter='userName eq "a@example.com"')
    user_id = client.create("a@example.com").json()["id"]
    client.create("a@example.com")
    client.send("DELETE", f"/Users/{user_id}")
    client.get(f"/Users/{user_id}")

    seen = [
        (s.number, s.method, s.path, s.status, s.user_id, s.applied) for s in client.sandbox.journal
    ]
    assert seen == [
        (2, "POST", "/Users", 201, user_id, True),
        (3, "POST", "/Users", 409, None, False),
        (4, "DELETE", f"/Users/{user_id}", 405, None, False),
        (5, "GET", f"/Users/{user_id}", 200, user_id, False),
    ]
    assert [s.number for s in client.sandbox.journal.writes()] == [2]
    assert [s.method for s in client.sandbox.journal[1:3]] == ["POST", "DELETE"]
    assert "a@example.com" not in repr(list(client.sandbox.journal))
