"""The last admin is protected also where the settings give no roles: their path is read always."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from data_contracts.configuration import Configuration
from data_contracts.learned import Learned
from data_contracts.snapshot import TargetSnapshot
from data_contracts.words import Verdict
from flows.pipeline import CheckedSources, Preparation, prepare_plan
from flows.stages import PLAIN
from tests.builders import ROLE, WORK_EMAIL, World, accounts, links


def test_the_last_admin_is_seen_without_roles_in_the_settings() -> None:
    world = World(hr=[{"id": "w1", "email": "ann@x", "_state": "leaver"}])
    admin = {"id": "a1", "userName": "ann@x", WORK_EMAIL: "ann@x", ROLE: "admin"}

    async def read(client: Any, settings: Configuration, paths: Sequence[str]) -> TargetSnapshot:
        return TargetSnapshot("acme", accounts([admin], paths))

    ledger: Any = SimpleNamespace(
        links=lambda target: links([("w1", "a1")]),
        deactivated_by_us=lambda target: (),
        learned=lambda target, always_compared: Learned(),
        last_accepted_batch=lambda target, source, before=None: None,
    )
    project: Any = SimpleNamespace(settings=world.settings, folder=Path())
    client: Any = None
    preparation = Preparation(
        project=project,
        stages=replace(PLAIN, read_target=read),
        ledger=ledger,
        as_of=world.day,
        now=datetime(2026, 3, 2, tzinfo=UTC),
    )
    sources = CheckedSources({}, dict(world.batches))
    prepared = asyncio.run(prepare_plan(preparation, client, sources))
    assert prepared.plan.verdict is Verdict.REFUSED
