"""A sync that is killed between managers and reports: the next one completes everybody."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from data_contracts.scim.schema import ENTERPRISE_SCHEMA
from tests.kill_parts import KILL, Endangered, endangered, is_in_line
from tests.kill_parts import nothing_is_lost_or_doubled as nothing_is_lost
from tests.sync_parts import SyncProcesses, sync_processes

PEOPLE = 200
MOMENTS = (60, 150, 190)
"""In changes made so far: among the changes, among the creates, among the changes of those whose
managers were created."""
BY_NUMBER = {"enterprise.manager.value": {"account_of": "manager"}}


@pytest.fixture(scope="module")
def processes() -> Iterator[SyncProcesses]:
    with sync_processes() as started:
        yield started


@pytest.fixture
def company(tmp_path: Path, processes: SyncProcesses) -> Iterator[Endangered]:
    with endangered(tmp_path / "company", PEOPLE, processes, mapped=BY_NUMBER) as made:
        yield made


def reference(user: dict[str, Any]) -> str | None:
    value: str | None = user.get(ENTERPRISE_SCHEMA, {}).get("manager", {}).get("value")
    return value


def wrong_managers(e: Endangered, *, or_none: bool) -> list[str]:
    """Whose manager is another person's account than the export names, or nobody's."""
    bosses = {row["Employee #"]: row["Supervisor ID"] or None for row in e.company.rows()}
    users = {user["id"]: user for user in e.sandbox.store.users()}
    wrong = []
    for user in users.values():
        shown, boss = reference(user), bosses[user["externalId"]]
        named = users[shown]["externalId"] if shown else None
        # of those who left nothing is kept in step
        if user["active"] and named != boss and not (or_none and named is None):
            wrong.append(user["externalId"])
    return wrong


@pytest.mark.thorough
def test_kills_at_any_moment_leave_nobody_with_a_wrong_manager(company: Endangered) -> None:
    for moment in MOMENTS:
        assert company.run(KILL, at=moment) == -KILL, company.said()
        assert not wrong_managers(company, or_none=True)
    assert company.run() == 0, company.said()
    nothing_is_lost(company)
    assert not wrong_managers(company, or_none=False)
    assert is_in_line(company)
