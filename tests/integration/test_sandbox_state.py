"""The sandbox's files: state that survives, seeds, and files that cannot be used."""

import json
import stat
from pathlib import Path
from typing import Any

import httpx
import pytest

from deployments.sandbox.in_process import InProcessClient
from deployments.sandbox.server import serve_in_thread
from deployments.sandbox.settings import SandboxSettings
from deployments.sandbox.state import SandboxFileError

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"


def test_the_state_survives_a_restart_with_ids_times_and_order(tmp_path: Path) -> None:
    settings = SandboxSettings(state_file=tmp_path / "deep" / "state.json", teams=True)
    first = InProcessClient(settings)
    names = ("c@example.com", "a@example.com", "b@example.com")
    ids = [first.create(name, externalId=name[0]).json()["id"] for name in names]
    first.patch(ids[-1], {"op": "replace", "path": "active", "value": False})
    first.send("POST", "/Groups", {"schemas": [GROUP], "displayName": "T"})

    second = InProcessClient(settings)

    assert second.sandbox.store.users() == first.sandbox.store.users()
    assert second.sandbox.teams.users() == first.sandbox.teams.users()
    assert second.get("/Users").json() == first.get("/Users").json()
    assert second.create("A@example.com").status_code == 409
    assert second.get("/Users", filter='userName eq "B@example.com"').json()["totalResults"] == 1


def test_the_state_file_is_private_and_written_in_one_step(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    client = InProcessClient(SandboxSettings(state_file=path))
    assert not path.exists()
    client.create("a@example.com")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [user["userName"] for user in json.loads(path.read_text())["users"]] == ["a@example.com"]
    assert list(tmp_path.iterdir()) == [path]


def test_what_changes_nothing_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    client = InProcessClient(SandboxSettings(state_file=path))
    client.create("a@example.com")
    path.unlink()
    client.create("a@example.com")
    client.get("/Users")
    assert not path.exists()


def test_a_served_sandbox_has_written_everything_when_it_stops(tmp_path: Path) -> None:
    settings = SandboxSettings(state_file=tmp_path / "state.json", made_up_users=3)
    with serve_in_thread(settings) as (base_url, app):
        state = app.state.sandbox.state
        state._last_took = 1e9  # as if writing took for ever: the next write waits
        body = {"schemas": [CORE], "userName": "late@example.com"}
        assert httpx.post(f"{base_url}/Users", json=body).status_code == 201
        assert "late@example.com" not in settings.state_file.read_text()  # type: ignore[union-attr]
    assert InProcessClient(settings).sandbox.store.by_user_name("late@example.com") is not None


def test_seeds_are_loaded_at_the_first_start_only(tmp_path: Path) -> None:
    seeds = [
        {"schemas": [CORE], "id": "s1", "userName": "seed@example.com"},
        {"schemas": [CORE], "userName": "other@example.com", "roles": [{"value": "admin"}]},
    ]
    (tmp_path / "seed.json").write_text(json.dumps(seeds))
    settings = SandboxSettings(
        seed_file=tmp_path / "seed.json", state_file=tmp_path / "state.json", made_up_users=2
    )

    first = InProcessClient(settings)
    assert len(first.sandbox.store) == 4
    assert first.get("/Users/s1").json()["roles"] == [{"primary": True, "value": "contributor"}]
    first.patch("s1", {"op": "replace", "path": "title", "value": "Boss"})

    second = InProcessClient(settings)
    assert len(second.sandbox.store) == 4
    assert second.get("/Users/s1").json()["title"] == "Boss"


def test_made_up_users_are_the_same_each_time_and_could_have_been_sent_by_a_client() -> None:
    settings = SandboxSettings(made_up_users=200, rate_limit_per_s=0)
    made_up = InProcessClient(settings).sandbox.store
    assert made_up.ids == InProcessClient(settings).sandbox.store.ids
    assert {user["active"] for user in made_up.users()} == {True, False}

    client = InProcessClient(SandboxSettings(rate_limit_per_s=0))
    for user in made_up.users():
        assert client.send("POST", "/Users", user).status_code == 201
        sent = client.sandbox.store.by_user_name(user["userName"])
        assert sent is not None
        assert {**sent, "id": 0, "meta": 0} == {**user, "id": 0, "meta": 0}


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("{", "not valid JSON at line 1"),
        ("[]", "no state file"),
        ('{"format": 99}', "format 1"),
        ('{"format": 1, "users": {}, "groups": []}', "'users'"),
        ('{"format": 1, "users": [{"userName": "x"}], "groups": []}', "'users'"),
    ],
)
def test_a_state_file_that_cannot_be_used_stops_the_start_and_stays_as_it_is(
    tmp_path: Path, content: str, named: str
) -> None:
    path = tmp_path / "state.json"
    path.write_text(content)
    with pytest.raises(SandboxFileError) as error:
        InProcessClient(SandboxSettings(state_file=path))
    assert str(path) in str(error.value)
    assert named in str(error.value)
    assert path.read_text() == content


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (None, "no such seed file"),
        ("{}", "JSON list"),
        ([1], "JSON list"),
        ([{"schemas": [CORE]}], "user 1 is refused with 400"),
        (
            [{"schemas": [CORE], "userName": "a"}, {"schemas": [CORE], "userName": "A"}],
            "user 2 is refused with 409",
        ),
    ],
)
def test_a_seed_file_that_cannot_be_used_is_named_with_the_user(
    tmp_path: Path, content: Any, named: str
) -> None:
    path = tmp_path / "seed.json"
    if content is not None:
        path.write_text(content if isinstance(content, str) else json.dumps(content))
    with pytest.raises(SandboxFileError) as error:
        InProcessClient(SandboxSettings(seed_file=path))
    assert str(path) in str(error.value)
    assert named in str(error.value)


def test_an_unreadable_state_file_is_an_error_and_not_an_empty_start(tmp_path: Path) -> None:
    with pytest.raises(SandboxFileError, match="cannot be read"):
        InProcessClient(SandboxSettings(state_file=tmp_path))  # a folder
