"""Flow `tell-run`: brings a run into Prefect's history that its server was not there for."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from prefect import State, flow, get_client
from prefect.exceptions import ObjectNotFound

from data_contracts.approval import Rejection
from data_contracts.errors import ConfigurationError, LedgerError
from data_contracts.outcome import HistoryEntry, RunRecord
from data_contracts.words import RunState
from flows.artifacts import SUMMARY, publish_page
from flows.final_states import final_state
from flows.project import SETTINGS_FILE, Project, open_project
from flows.running import Run
from flows.untold import untold_runs
from tasks import steps
from tasks.ledger import open_ledger
from tasks.report.tables import history_table


@flow(name="tell-run", flow_run_name="told-later-{run}", persist_result=False)
async def tell_run(run: str, configuration: str = SETTINGS_FILE) -> State[Any]:
    """Show a run that was killed, or went on while Prefect's server was away, and how it ended.

    Nothing is done at the target. The final state is the run's own, so that whoever is notified of
    held, failed or partly applied runs hears of it late instead of never.

    Args:
        run: Id of the run in the ledger.
        configuration: Path of scimflow.yaml on the machine that runs the flow.
    """
    project = open_project(configuration)
    waiting = {each.run_id: each for each in untold_runs(project)}
    told = _remembered(project, run)
    record = told.record
    await steps.publish_markdown(f"{record.target}-summary", told.page, SUMMARY)
    rows = history_table(told.entries)
    await steps.publish_table(f"{record.target}-operations", rows, "What happened to whom, and why")
    message = f"{_when(record)}, told later: {record.message}"
    state = final_state(record.state, message, told.rejection)
    if (mine := waiting.get(run)) is not None:
        if mine.prefect_run_id:
            await _end(mine.prefect_run_id, state, told)
        mine.told()
    return state


@dataclass(frozen=True, slots=True)
class _Told:
    """What the ledger and the run's folder know of a run."""

    record: RunRecord
    entries: list[HistoryEntry]
    page: str
    rejection: Rejection | None


def _remembered(project: Project, run: str) -> _Told:
    report = project.runs_folder / run / "report.md"
    with open_ledger(project.ledger_url, folder=project.folder) as ledger:
        record = ledger.run(run)
        if record is None:
            raise ConfigurationError(
                f"the ledger knows no run {run!r}", hint="`scimflow history` lists the runs"
            )
        if record.ended_at is None:
            raise LedgerError(f"run {run} has not ended yet", hint="tell it when it has")
        entries = ledger.history(record.target, run=record.run_id)
        ended = Run(project, ledger, record)
        # a run that was killed, or ended while it waited, has left no page
        page = report.read_text(encoding="utf-8") if report.exists() else ended.markdown()
        ended.plan = ledger.plan(record.plan_digest) if record.plan_digest else None
        rejected = record.state is RunState.REJECTED
        return _Told(record, entries, page, ended.rejection if rejected else None)


def _when(record: RunRecord) -> str:
    return f"ran at {record.started_at:%Y-%m-%d %H:%M} UTC, and Prefect saw no end of it"


async def _end(prefect_run_id: str, state: State[Any], told: _Told) -> None:
    """Give the flow run an end that the server saw no end of; else it runs there for ever."""
    async with get_client() as client:
        try:
            seen = (await client.read_flow_run(UUID(prefect_run_id))).state
            if seen is None or not seen.is_final():  # a worker may have seen that it crashed
                await client.set_flow_run_state(UUID(prefect_run_id), state, force=True)
                await publish_page(client, told.record, told.page)
        except ObjectNotFound:
            return  # another server, or another database, than the one it began with
