"""The three days of the example in hindsight, as its README tells."""

import shutil
from pathlib import Path

import pytest

from data_contracts.words import RunState
from deployments.sandbox.server import serve_in_thread
from deployments.sandbox.settings import SandboxSettings
from tests.backfill_parts import backfill

TERN = Path(__file__).parents[2] / "examples" / "tern"
DAYS = ("2026-03-02", "2026-03-04")


def test_three_days_in_hindsight_go_as_the_readme_tells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(TERN / "scimflow.yaml", tmp_path)
    shutil.copytree(TERN / "exports", tmp_path / "exports")
    monkeypatch.setenv("SCIMFLOW__SOURCES__HR__PATH", "exports/hr-{date}.csv")
    monkeypatch.setenv("SCIMFLOW__SOURCES__IDP__PATH", "exports/idp-{date}.csv")
    monkeypatch.setenv("SCIMFLOW_TOKEN", "anything")
    with serve_in_thread(SandboxSettings(seed_file=TERN / "accounts.json")) as sandbox:
        monkeypatch.setenv("SCIMFLOW__TARGET__BASE_URL", sandbox.base_url)
        record, days = backfill(tmp_path, *DAYS)
        assert (record.state, [day.state for day in days]) == (
            RunState.HELD,
            [RunState.COMPLETED, RunState.COMPLETED_WITH_QUARANTINE, RunState.HELD],
        )
        told = (TERN / "README.md").read_text(encoding="utf-8")
        assert days[0].counts["created"] == 26
        assert "Monday makes 26 accounts and not 52" in told
        shutil.copy(
            tmp_path / "exports" / "hr-2026-03-03.csv", tmp_path / "exports" / "hr-2026-03-04.csv"
        )
        record, days = backfill(tmp_path, *DAYS)
    assert record.state is RunState.COMPLETED_WITH_QUARANTINE
    assert [day.state for day in days] == [None, None, RunState.COMPLETED_WITH_QUARANTINE]
    assert all("done before" in day.message for day in days[:2])
    assert days[2].counts["created"] == 21
    assert "creates the 21 who are missing" in told
