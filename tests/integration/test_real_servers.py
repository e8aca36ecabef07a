"""The whole sync against workspaces that nobody here wrote: first in line, then nothing to do.

A leaver is switched off, a rename keeps the account, and nobody is ever deleted.
"""

import asyncio
import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from data_contracts.scim.schema import ENTERPRISE_SCHEMA
from data_contracts.words import RunState
from tests.real_servers import REAL_SERVERS, RealServer, Workspace
from tests.sync_parts import ROOT, TOKEN, TOKEN_VARIABLE, MadeUpCompany, Synced, leave, sync_once

TERN = ROOT / "examples" / "tern"
KEPT = ROOT / ".cache" / "servers"
DAYS = ("2026-03-02", "2026-03-03", "2026-03-04")
AT = "@tern-vale.example"

FAST = [
    pytest.param("scim2-server"),
    pytest.param("scim2-server-in-bulk"),
    pytest.param("django-scim2-server"),
    pytest.param("scimmy", marks=pytest.mark.e2e),  # installed with npm
    pytest.param("scimmy-in-bulk", marks=pytest.mark.e2e),
]
KEEP_MANAGERS = [each for each in FAST if "django" not in str(each.values)]  # refuses extensions
ALL_SLOW = [pytest.param(name, marks=pytest.mark.e2e) for name in REAL_SERVERS]


@dataclass(frozen=True)
class Running:
    """A server that runs, empty."""

    server: RealServer
    base_url: str
    workspace: Workspace


@pytest.fixture
def running(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Running]:
    monkeypatch.setenv(TOKEN_VARIABLE, TOKEN)
    server = REAL_SERVERS[request.param]
    folder = tmp_path / "server"
    folder.mkdir()
    with server.serve(folder, KEPT) as base_url:
        workspace = Workspace(base_url)
        yield Running(server, base_url, workspace)
        workspace.close()


Users = Mapping[str, Mapping[str, Any]]


def by_name(users: Users) -> dict[str, Mapping[str, Any]]:
    return {user["userName"].lower(): user for user in users.values()}


def is_in_line(synced: Synced) -> bool:
    """Whether a sync found nothing to do, and sent nothing."""
    assert synced.plan is not None
    assert synced.load is not None
    return not synced.plan.operations and not synced.plan.adoptions and not synced.load.requests


def tern(folder: Path, running: Running) -> None:
    """The example's folder, with what its settings need for this server."""
    settings = yaml.safe_load((TERN / "scimflow.yaml").read_text(encoding="utf-8"))
    settings["target"] |= {
        "base_url": running.base_url,
        "requests_per_s": 1000,
        **running.server.target,
    }
    settings["guardrails"] |= running.server.guardrails
    for path in running.server.unmapped:
        settings["mapping"].pop(path)
    (folder / "exports").mkdir(parents=True)
    (folder / "scimflow.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")


def accounts(server: RealServer) -> list[dict[str, Any]]:
    """What the workspace holds before the first day, as far as this server takes it."""
    found: list[dict[str, Any]] = json.loads((TERN / "accounts.json").read_text(encoding="utf-8"))
    if server.unmapped:
        core = found[0]["schemas"]
        found = [
            {**{name: v for name, v in user.items() if ":" not in name}, "schemas": core}
            for user in found
        ]
    return found


@pytest.mark.sampled(1)
@pytest.mark.timeout(400)  # npm may have to fetch first
@pytest.mark.parametrize("running", FAST, indirect=True)
def test_three_days_of_a_company_end_as_told(running: Running, tmp_path: Path) -> None:
    folder, workspace = tmp_path / "tern", running.workspace
    tern(folder, running)
    for account in accounts(running.server):
        workspace.add(account)
    seen = [workspace.users()]
    for day in DAYS:
        for source in ("hr", "idp"):
            shutil.copy(TERN / "exports" / f"{source}-{day}.csv", folder / "exports")
        synced = asyncio.run(sync_once(folder, day))
        seen.append(workspace.users())
        assert set(seen[-2]) <= set(seen[-1]), "an account was deleted"
        if day == DAYS[-1]:
            assert synced.record.state is RunState.HELD
            assert seen[-1] == seen[-2], "a held plan was carried out"
            continue
        assert synced.load is not None
        assert not synced.load.failed, synced.load.failed[0]
        assert is_in_line(asyncio.run(sync_once(folder, day)))
        assert workspace.users() == seen[-1]
    start, monday, tuesday, _ = seen
    assert len(start) == 14
    assert len(monday) == 14 + 52
    assert len(tuesday) == 14 + 52 + 2
    first, second = by_name(monday), by_name(tuesday)
    assert by_name(start)[f"break-glass{AT}"] == second[f"break-glass{AT}"]
    assert by_name(start)[f"ebba.tern{AT}"] == second[f"ebba.tern{AT}"]
    renamed = second[f"sofia.lind-okonkwo{AT}"]
    assert renamed["id"] == first[f"sofia.lind{AT}"]["id"]
    assert renamed["name"]["familyName"] == "Lind-Okonkwo"
    assert f"sofia.lind{AT}" not in second
    for leaver in ("irisa.berzina", "bruno.falcao"):
        assert first[f"{leaver}{AT}"]["active"] is True
        assert second[f"{leaver}{AT}"] == {
            **first[f"{leaver}{AT}"],
            "active": False,
            "meta": second[f"{leaver}{AT}"]["meta"],
        }
    for returned in ("noor.hakimi", "oskar.haldorsen"):
        assert first[f"{returned}{AT}"]["active"] is False
        assert second[f"{returned}{AT}"]["active"] is True
        assert second[f"{returned}{AT}"]["id"] == first[f"{returned}{AT}"]["id"]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("running", ALL_SLOW, indirect=True)
def test_a_thousand_people_come_change_leave_and_return(running: Running, tmp_path: Path) -> None:
    server, workspace = running.server, running.workspace
    target = {"requests_per_s": 1000, **server.target}
    company = MadeUpCompany(
        tmp_path / "company", 1000, running.base_url, target, tuple(server.unmapped)
    )

    first = company.sync()
    assert first.load is not None
    assert not first.load.failed, first.load.failed[0]
    before = workspace.users()
    assert {u["userName"] for u in before.values()} == {r["Work Email"] for r in company.rows()}
    assert is_in_line(company.sync())

    leavers = range(100, 140)
    movers = {
        number: {"Work Email": f"new{number}@company.example", "Last Name": f"Newname{number}"}
        for number in range(200, 260)
    }
    company.change({**{number: leave() for number in leavers}, **movers})
    second = company.sync()
    assert second.load is not None
    assert not second.load.failed, second.load.failed[0]
    after = workspace.users()
    assert set(after) == set(before), "somebody was deleted, or made twice"
    keys = {user["externalId"]: user for user in after.values()}
    inactive = {key for key, user in keys.items() if not user["active"]}
    assert inactive == {f"{number:07d}" for number in leavers}
    for number, cells in movers.items():
        assert keys[f"{number:07d}"]["userName"] == cells["Work Email"]
        assert keys[f"{number:07d}"]["name"]["familyName"] == cells["Last Name"]
    assert is_in_line(company.sync())

    company.change(
        {number: {"Employment Status": "Full-Time", "Termination Date": ""} for number in leavers}
    )
    third = company.sync()
    assert third.load is not None
    assert {(o.kind, o.result) for o in third.load.outcomes} == {("reactivate", "applied")}
    assert all(user["active"] for user in workspace.users().values())
    assert set(workspace.users()) == set(before)


@pytest.mark.sampled(1)
@pytest.mark.timeout(400)  # npm may have to fetch first
@pytest.mark.parametrize("running", KEEP_MANAGERS, indirect=True)
def test_managers_are_accounts_of_the_server_after_one_run(
    running: Running, tmp_path: Path
) -> None:
    target = {"requests_per_s": 1000, **running.server.target}
    by_number = {"enterprise.manager.value": {"account_of": "manager"}}
    company = MadeUpCompany(tmp_path / "company", 120, running.base_url, target, mapped=by_number)

    def managers() -> dict[str, str]:
        users = running.workspace.users()
        references = {
            user["externalId"]: user[ENTERPRISE_SCHEMA].get("manager") for user in users.values()
        }
        return {
            key: users[reference["value"]]["externalId"]
            for key, reference in references.items()
            if reference
        }

    def told() -> dict[str, str]:
        rows = company.rows()
        return {r["Employee #"]: r["Supervisor ID"] for r in rows if r["Supervisor ID"]}

    first = company.sync()
    assert first.load is not None
    assert not first.load.failed, first.load.failed[0]
    assert managers() == told()
    assert is_in_line(company.sync())

    company.change({number: {"Supervisor ID": "0000003"} for number in range(100, 110)})
    second = company.sync()
    assert second.load is not None
    assert {(o.kind, o.result) for o in second.load.outcomes} == {("update", "applied")}
    assert managers() == told()
    assert is_in_line(company.sync())
