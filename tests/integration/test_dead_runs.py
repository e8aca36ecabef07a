"""A run that was killed does not stay `running` for ever."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from data_contracts.as_of import AsOf
from data_contracts.outcome import RunRecord
from data_contracts.words import RunState
from flows.leasing import hold_target
from flows.project import Project, open_project, utc_now
from flows.running import begin_run
from flows.untold import untold_runs
from tasks.ledger import Ledger, open_ledger

SETTINGS = """
sources: {hr: {contract: generic-hr, path: hr.csv}}
mapping: {userName: email}
target: {name: there, base_url: "https://there.example/scim/v2", auth: {token_env: NOT_SET}}
"""


def _project(folder: Path) -> Project:
    (folder / "scimflow.yaml").write_text(SETTINGS)
    return open_project(folder)


def _begun(ledger: Ledger, run_id: str, *, minutes_ago: int, flow: str = "sync-users") -> None:
    started = utc_now() - timedelta(minutes=minutes_ago)
    record = RunRecord(run_id, flow, "there", "2026-03-02", started)
    ledger.start_run(replace(record, prefect_run_id=f"prefect-{run_id}"))


def test_the_next_run_ends_the_runs_that_were_killed_and_leaves_others_alone(
    tmp_path: Path,
) -> None:
    project = _project(tmp_path)
    with open_ledger(project.ledger_url, folder=project.folder) as ledger:
        _begun(ledger, "killed", minutes_ago=10)
        _begun(ledger, "just-begun", minutes_ago=0)
        _begun(ledger, "looking", minutes_ago=10, flow="report-drift")
        run = begin_run(project, ledger, "sync-users", AsOf.parse("2026-03-02"), None)

        async def work() -> None:
            async with hold_target(run):
                pass

        asyncio.run(work())
        states = {r.run_id: r.state for r in ledger.runs()}
        killed = ledger.run("killed")
    assert states["killed"] is RunState.FAILED
    assert killed is not None
    assert run.record.run_id in killed.message
    assert states["just-begun"] is RunState.RUNNING
    assert states["looking"] is RunState.RUNNING
    # Prefect is told of its end, too: there it would run for ever
    [untold] = untold_runs(project)
    assert (untold.run_id, untold.prefect_run_id) == ("killed", "prefect-killed")
