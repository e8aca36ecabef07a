"""The client and the loader at python-scim's scim2-server, which nobody here wrote."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from scim2_models import ScimProvider
from scim2_server.applications.asgi import ASGIApplication
from scim2_server.memory import AsyncInMemoryStorage
from scim2_server.utils import load_default_provider

from data_contracts.configuration.target import TargetSettings
from data_contracts.words import OperationKind, OutcomeResult
from tasks.extract.target import read_target
from tasks.load.session import LoadSession
from tasks.scim.client import ScimClient, open_client
from tests.target_parts import (
    ROLE,
    WORK_EMAIL,
    MemoryJournal,
    asynchronous,
    change,
    create,
    leave,
    target_settings,
)

APPLIED, ALREADY, CONFLICT = OutcomeResult.APPLIED, OutcomeResult.ALREADY, OutcomeResult.CONFLICT
FAILED = OutcomeResult.FAILED


def provider(*, patch: bool = True) -> ScimProvider:
    described = load_default_provider()
    assert described.config is not None
    assert described.config.patch is not None
    described.config.patch.supported = patch
    return described


@asynccontextmanager
async def scim2_server(
    described: ScimProvider | None = None, **more: Any
) -> AsyncIterator[tuple[ScimClient, TargetSettings]]:
    app = ASGIApplication(AsyncInMemoryStorage(), described or provider())
    values = {"base_url": "http://127.0.0.1/v2", "update_with": "auto", "page_size": 20}
    settings = target_settings(**values, **more)
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]  # dict for mapping
    async with open_client(
        settings, SecretStr("unused"), folder=Path(), transport=transport
    ) as client:
        yield client, settings


def session(client: ScimClient, settings: TargetSettings) -> LoadSession:
    return LoadSession(client, MemoryJournal(), settings)


@asynchronous
async def test_discovery_finds_everything_in_order() -> None:
    async with scim2_server() as (client, _):
        found = await client.discover()
        assert [check.ok for check in found.endpoints] == [True] * 4, found
        assert found.config.patch
        assert found.config.filter
        assert "User" in found.resource_types
        assert found.users == 0


@pytest.mark.parametrize("patch", [True, False])
@asynchronous
async def test_people_come_change_leave_and_return(patch: bool) -> None:
    async with scim2_server(provider(patch=patch)) as (client, settings):
        async with session(client, settings) as load:
            created = await load.apply([create(f"E{n}") for n in range(50)])
            assert {o.result for o in created} == {APPLIED}, created[0]
            assert all(len(o.exchanges) == 1 for o in created)
            ids = [o.account_id or "" for o in created]

            changes = {
                "userName": "ada@acme.example",
                WORK_EMAIL: "ada@acme.example",
                ROLE: "admin",
                "title": "",
                "name.familyName": "Lovelace",
                "enterprise.department": "Board",
                "enterprise.manager.value": ids[1],
                'phoneNumbers[type eq "mobile"].value': "+49 30 1",
            }
            before = {'phoneNumbers[type eq "mobile"].value': None, "title": "Engineer"}
            (changed,) = await load.apply([change(ids[0], changes, key="E0", before=before)])
            assert changed.result is APPLIED, changed

            (left,) = await load.apply([leave(ids[2], key="E2")])
            assert left.result is APPLIED, left
            back = change(ids[2], {"active": True}, key="E2", kind=OperationKind.REACTIVATE)
            (returned,) = await load.apply([back])
            assert returned.result is APPLIED, returned

        snapshot = await read_target(client, settings, [*changes])
        assert snapshot.complete
        assert len(snapshot.accounts) == 50
        row = snapshot.accounts.set_index("account_id").loc[ids[0]]
        assert row["user_name"] == "ada@acme.example"
        assert row[ROLE] == "admin"
        assert row["enterprise.manager.value"] == ids[1]
        assert row["title"] != row["title"], "cleared"
        assert bool(snapshot.accounts["active"].all())


@asynchronous
async def test_a_patch_answered_204_takes_two_requests_for_every_kind_of_attribute() -> None:
    async with scim2_server() as (client, settings), session(client, settings) as load:
        (created,) = await load.apply([create()])
        account_id = created.account_id or ""
        await load.apply([change(account_id, {"title": "x"})])  # asks for the features too
        changes = {WORK_EMAIL: "a@acme.example", ROLE: "viewer", "enterprise.department": "R"}
        (outcome,) = await load.apply([change(account_id, changes)])
        assert outcome.result is APPLIED, outcome
        assert [e.method for e in outcome.exchanges] == ["PATCH", "GET"]


@asynchronous
async def test_whoever_is_there_is_adopted_and_somebody_else_is_a_conflict() -> None:
    async with scim2_server() as (client, settings), session(client, settings) as load:
        (first,) = await load.apply([create("E1")])
        (again,) = await load.apply([create("E1", title="Lead")])
        assert (again.result, again.account_id) == (APPLIED, first.account_id)
        (other,) = await load.apply([create("E2", userName="e1@acme.example")])
        assert (other.result, other.account_id) == (CONFLICT, first.account_id)
        (renamed,) = await load.apply([create("E1", userName="new@acme.example")])
        assert renamed.result is APPLIED, "this server lets an externalId repeat"


@asynchronous
async def test_a_leaver_who_is_gone_is_done_and_an_update_of_one_fails() -> None:
    async with scim2_server() as (client, settings), session(client, settings) as load:
        (left,) = await load.apply([leave("absent")])
        assert (left.result, left.detail) == (ALREADY, "the account is gone")
        (changed,) = await load.apply([change("absent", {"title": "x"})])
        assert changed.result is FAILED


@asynchronous
async def test_writes_in_bulk_end_as_those_one_by_one_and_each_says_so() -> None:
    bulk = {"enabled": True, "max_operations": 20}
    async with scim2_server(bulk=bulk) as (client, settings), session(client, settings) as load:
        created = await load.apply([create(f"E{n}") for n in range(50)])
        assert {o.result for o in created} == {APPLIED}, created[0]
        # it answers without the users: each is read where its result says that it is
        assert client.requests <= 1 + 5 + 50
        ids = {o.worker_key: o.account_id or "" for o in created}
        work = [
            *(change(ids[f"E{n}"], {"title": "Lead"}, key=f"E{n}") for n in range(20)),
            change("absent", {"title": "Lead"}, key="E77"),
            create("E88", userName="e30@acme.example"),
            create("E40"),
            leave(ids["E41"], key="E41"),
        ]
        outcomes = {o.worker_key: o for o in await load.apply(work)}
        assert {o.result for key, o in outcomes.items() if key[1:] < "2"} == {APPLIED}
        assert outcomes["E77"].result is FAILED
        assert "the account is gone" in outcomes["E77"].detail
        assert outcomes["E88"].result is CONFLICT
        assert outcomes["E40"].result is ALREADY
        assert outcomes["E41"].result is APPLIED
        assert {"bulk"} < {e.purpose for e in outcomes["E77"].exchanges}
        snapshot = await read_target(client, settings, ["title"])
        assert len(snapshot.accounts) == 50
        assert (snapshot.accounts["title"] == "Lead").sum() == 20
