"""What tests of teams are made of: a small company whose export names teams, and its workspace."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from data_contracts.plan import Plan
from data_contracts.teams import TeamLink
from deployments.sandbox.collection import Collection
from deployments.sandbox.sandbox import Sandbox
from deployments.sandbox.server import serve_in_thread
from deployments.sandbox.settings import SandboxSettings
from tasks.ledger import Ledger, open_ledger
from tests.sync_parts import TOKEN, MadeUpCompany, Synced, sync_once

GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
TARGET = "productboard"
COLUMN = "Extra 1"
"""The export's column that names teams, separated by semicolons."""

TEAMS: dict[str, Any] = {"column": f"hr.{COLUMN}", "separator": ";"}


@dataclass
class TeamCompany:
    """A company in a folder and its workspace."""

    company: MadeUpCompany
    sandbox: Sandbox

    def say(self, teams: Mapping[int, str], **cells: str) -> None:
        """Write the next delivery: some people's teams, by number, and further cells of theirs."""
        self.company.change({n: {COLUMN: text, **cells} for n, text in teams.items()})

    def configure(self, section: str, values: Any) -> None:
        """Change a section of the settings; None takes it out."""
        file = self.company.folder / "scimflow.yaml"
        settings = yaml.safe_load(file.read_text(encoding="utf-8"))
        if values is None:
            settings.pop(section, None)
        elif isinstance(values, dict) and isinstance(settings.get(section), dict):
            settings[section] |= values
        else:
            settings[section] = values
        file.write_text(yaml.safe_dump(settings), encoding="utf-8")

    def sync(self, **more: Any) -> Synced:
        return asyncio.run(sync_once(self.company.folder, **more))

    def sync_well(self) -> Synced:
        """A sync in which all went well, after which a second one finds nothing to do."""
        synced = self.sync()
        assert synced.load is not None, synced.record.message
        assert not synced.load.failed, synced.load.failed[0]
        self.is_in_line()
        return synced

    def is_in_line(self) -> None:
        before = len(self.sandbox.journal)
        plan = planned(self.sync())
        assert plan.is_empty, plan
        assert {seen.method for seen in self.sandbox.journal[before:]} == {"GET"}

    @property
    def ledger(self) -> Ledger:
        return open_ledger("sqlite:///.scimflow/ledger.db", folder=self.company.folder)

    @property
    def links(self) -> dict[str, TeamLink]:
        with self.ledger as ledger:
            return {link.team_key: link for link in ledger.team_links(TARGET)}

    @property
    def groups(self) -> Collection:
        return self.sandbox.service.groups

    def make_team(self, name: str, *members: str, **more: Any) -> str:
        """Make a team by hand; its id."""
        values = [{"value": member} for member in members]
        return self.groups.seed(
            {"schemas": [GROUP], "displayName": name, "members": values, **more}
        )

    def make_user(self, user_name: str) -> str:
        """Make an account of nobody in the export; its id."""
        return self.sandbox.service.users.seed({"schemas": [USER], "userName": user_name})

    def account(self, number: int) -> str:
        """The account of a person, by number."""
        user = self.sandbox.store.by_user_name(f"p{number}@company.example")
        assert user is not None
        return str(user["id"])

    def put(self, team_id: str, **changes: Any) -> None:
        """Change a team by hand."""
        self.sandbox.teams.put({**self.sandbox.teams[team_id], **changes})

    def teams(self) -> dict[str, set[str]]:
        """Who is in which team: user names by the team's name. Each name is there once."""
        found: dict[str, set[str]] = {}
        for team in self.sandbox.teams.users():
            assert team["displayName"] not in found, "two teams of one name"
            ids = [member["value"] for member in team.get("members", ())]
            assert len(ids) == len(set(ids)), "a member twice"
            found[team["displayName"]] = {
                self.sandbox.store[i]["userName"].partition("@")[0] for i in ids
            }
        return found


def planned(synced: Synced) -> Plan:
    assert synced.plan is not None
    return synced.plan


def people(*numbers: int) -> set[str]:
    """User names of people by number, without the domain."""
    return {f"p{number}" for number in numbers}


@contextmanager
def team_company(
    folder: Path,
    size: int = 12,
    *,
    faults: Sequence[str] = (),
    teams: Mapping[str, Any] | None = None,
    target: Mapping[str, Any] | None = None,
    **sandbox: Any,
) -> Iterator[TeamCompany]:
    """A company whose people are in no team yet, and a workspace on loopback that knows teams."""
    values = {"teams": True, "token": TOKEN, "rate_limit_per_s": 0, "faults": faults, **sandbox}
    with serve_in_thread(SandboxSettings(**values)) as running:
        settings = {"requests_per_s": 1000, **(target or {})}
        company = MadeUpCompany(folder, size, running.base_url, settings)
        company.change({number: {COLUMN: ""} for number in range(size)})
        made = TeamCompany(company, running.app.state.sandbox)
        made.configure("teams", {**TEAMS, **(teams or {})})
        made.configure("guardrails", {"team_removals": {"max": 1000, "max_fraction": None}})
        yield made
