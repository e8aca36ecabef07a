"""Teams at workspaces that nobody here wrote: made, filled, renamed, emptied; then in line."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.real_servers import REAL_SERVERS
from tests.sync_parts import ROOT, TOKEN, TOKEN_VARIABLE, MadeUpCompany, Synced, leave, sync_once
from tests.team_parts import COLUMN, GROUP, TEAMS, people

KEPT = ROOT / ".cache" / "servers"
PEOPLE = 150
"""More than one request's worth of members."""

SERVERS = [
    pytest.param("scim2-server"),
    pytest.param("scimmy", marks=pytest.mark.e2e),  # installed with npm
]


@dataclass
class Workspace:
    """A server that runs, asked over plain HTTP, and the company that is kept in step with it."""

    base_url: str
    company: MadeUpCompany
    http: httpx.Client

    def sync(self) -> Synced:
        synced = asyncio.run(sync_once(self.company.folder))
        assert synced.load is not None, synced.record.message
        assert not synced.load.failed, synced.load.failed[0]
        return synced

    def sync_twice(self) -> Synced:
        """Sync, and see that a second sync has nothing to do and sends no write."""
        first, second = self.sync(), self.sync()
        assert second.plan is not None
        assert second.plan.is_empty, second.plan.team_operations
        assert second.load is not None
        assert not second.load.requests
        return first

    def all(self, endpoint: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while True:
            query = {"startIndex": len(found) + 1, "count": 100}
            page = self.http.get(f"{self.base_url}/{endpoint}", params=query).json()
            found += page.get("Resources", [])
            if len(found) >= page["totalResults"]:
                return found

    def teams(self) -> dict[str, set[str]]:
        names = {u["id"]: u["userName"].partition("@")[0] for u in self.all("Users")}
        return {
            team["displayName"]: {names[m["value"]] for m in team.get("members") or ()}
            for team in self.all("Groups")
        }


@pytest.fixture
def workspace(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Workspace]:
    monkeypatch.setenv(TOKEN_VARIABLE, TOKEN)
    server = REAL_SERVERS[request.param]
    folder = tmp_path / "server"
    folder.mkdir()
    with server.serve(folder, KEPT) as base_url:
        target = {"requests_per_s": 1000, **server.target}
        company = MadeUpCompany(tmp_path / "company", PEOPLE, base_url, target)
        file = company.folder / "scimflow.yaml"
        settings = yaml.safe_load(file.read_text(encoding="utf-8"))
        settings |= {"teams": TEAMS}
        settings["guardrails"] |= {
            "team_removals": {"max": None, "max_fraction": None},
            "role_upgrades": {"max": None},
        }
        file.write_text(yaml.safe_dump(settings), encoding="utf-8")
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/scim+json"}
        with httpx.Client(headers=headers, timeout=30) as http:
            yield Workspace(base_url, company, http)


@pytest.mark.timeout(400)  # npm may have to fetch first
@pytest.mark.parametrize("workspace", SERVERS, indirect=True)
def test_teams_are_made_filled_renamed_and_emptied(workspace: Workspace) -> None:
    company = workspace.company
    by_hand = {"schemas": [GROUP], "displayName": "Book club"}
    workspace.http.post(f"{workspace.base_url}/Groups", json=by_hand).raise_for_status()
    (club,) = workspace.all("Groups")
    company.change({n: {COLUMN: "All"} for n in range(PEOPLE)})
    company.change({0: {COLUMN: "All;Core"}, 1: {COLUMN: "All;Core"}})

    workspace.sync_twice()
    assert workspace.teams() == {
        "Book club": set(),
        "All": people(*range(PEOPLE)),
        "Core": people(0, 1),
    }
    ids = {team["displayName"]: team["id"] for team in workspace.all("Groups")}

    company.change({0: {COLUMN: "All", **leave()}, 1: {COLUMN: "All"}, 2: {COLUMN: "Core"}})
    file = company.folder / "scimflow.yaml"
    settings = yaml.safe_load(file.read_text(encoding="utf-8"))
    settings["teams"]["names"] = {"Core": "Kernel"}
    file.write_text(yaml.safe_dump(settings), encoding="utf-8")
    workspace.sync_twice()
    assert workspace.teams() == {
        "Book club": set(),
        "All": people(1, *range(3, PEOPLE)),
        "Kernel": people(2),
    }
    after = {team["displayName"]: team["id"] for team in workspace.all("Groups")}
    assert (after["Kernel"], after["All"]) == (ids["Core"], ids["All"])
    assert club in workspace.all("Groups")
