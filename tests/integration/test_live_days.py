"""Days with a live source: who leaves there loses access here; a reviewed plan stays what it is."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from data_contracts.as_of import AsOf
from data_contracts.errors import SourceError
from data_contracts.plan import Plan
from data_contracts.words import RunState
from deployments.sandbox.sandbox import Sandbox
from deployments.sandbox.server import serve_in_thread
from deployments.sandbox.settings import SandboxSettings
from flows.pipeline import Preparation, check_sources, prepare_plan
from flows.project import find_token, open_project, utc_now
from flows.stages import PLAIN
from tasks.ledger import open_ledger
from tasks.scim.client import open_client
from tests.command_parts import TOKEN as WORKSPACE_TOKEN
from tests.live_parts import Fern
from tests.servers.live.okta import TOKEN, Okta, user
from tests.servers.live.stand_in import serving
from tests.sync_parts import sync_once


@pytest.fixture
def okta(monkeypatch: pytest.MonkeyPatch) -> Iterator[Okta]:
    monkeypatch.setenv("OKTA_TOKEN", TOKEN)
    monkeypatch.setenv("WORKSPACE_TOKEN", WORKSPACE_TOKEN)
    with serving(Okta(users=[user(n) for n in range(1, 13)])) as system:
        yield system


@pytest.fixture
def workspace() -> Iterator[Any]:
    with serve_in_thread(SandboxSettings(token=WORKSPACE_TOKEN, rate_limit_per_s=0)) as running:
        yield running


@pytest.fixture
def fern(tmp_path: Path, okta: Okta, workspace: Any) -> Fern:
    auth = {"token_env": "OKTA_TOKEN"}
    live = {"system": "okta", "base_url": okta.base_url, "auth": auth}
    company = Fern(tmp_path, "okta-users-json", live, workspace.base_url)
    company.settings()
    return company


def sync(fern: Fern) -> RunState:
    return asyncio.run(sync_once(fern.config, None)).record.state  # type: ignore[arg-type]


def active(workspace: Any) -> int:
    sandbox: Sandbox = workspace.app.state.sandbox
    return sum(bool(each["active"]) for each in sandbox.store.users())


def test_a_leaver_of_okta_is_deactivated_and_a_failed_page_deactivates_nobody(
    fern: Fern, okta: Okta, workspace: Any
) -> None:
    fern.settings(complete_roster=True)
    assert sync(fern) is RunState.COMPLETED
    assert active(workspace) == 12
    okta.users[0] = user(1, "DEPROVISIONED")
    assert sync(fern) is RunState.COMPLETED
    assert active(workspace) == 11
    okta.users[1] = user(2, "DEPROVISIONED")
    fern.settings({"page_size": 5}, complete_roster=True)
    okta.instead = dict.fromkeys(range(len(okta.asked) + 3, 400), okta.unauthorized())
    with pytest.raises(SourceError, match="page 2: the token or key was refused"):
        sync(fern)  # one page came, and would have left five people
    assert active(workspace) == 11


def test_a_run_names_the_line_of_what_was_fetched(fern: Fern) -> None:
    sync(fern)
    said = fern.say("explain", "person3@fern.example", "--json")
    (row,) = said.document["rows"]
    lines = (fern.folder / row["path"]).read_text("utf-8").splitlines()
    assert "person3@fern.example" in lines[row["line"] - 1]


async def planned(fern: Fern, as_of: AsOf) -> Plan:
    project = open_project(fern.config)
    with open_ledger(project.ledger_url, folder=project.folder) as ledger:
        preparation = Preparation(project, PLAIN, ledger, as_of, utc_now())
        client = open_client(project.settings.target, find_token(project), folder=project.folder)
        async with client:
            sources = await check_sources(preparation)
            return (await prepare_plan(preparation, client, sources)).plan


def test_a_reviewed_plan_is_made_again_from_the_same_delivery(fern: Fern, okta: Okta) -> None:
    """As `scimflow apply` does: the day of the plan, and the days of its zones."""
    now = datetime.now(UTC)
    saved = asyncio.run(planned(fern, AsOf(now.date(), moment=now)))
    again = AsOf(saved.as_of, days=saved.zone_days)
    asked = len(okta.asked)
    okta.users.pop()
    assert asyncio.run(planned(fern, again)).digest == saved.digest
    assert len(okta.asked) == asked
    fern.created()  # somebody else's run, which sees what changed since
    assert asyncio.run(planned(fern, again)).digest != saved.digest
