"""Flow `watch-exports`: looks whether an export has arrived that no run has read, and says so."""

import os.path
from typing import Any

from prefect import State, flow, get_run_logger
from prefect.runtime import flow_run
from prefect.states import Completed

from data_contracts.configuration import SourceSettings
from data_contracts.errors import SourceError
from flows.announcing import EXPORT_ARRIVED, Announcement, announce
from flows.project import SETTINGS_FILE, Project, open_project, utc_now
from flows.tracked import run_name
from tasks.extract.arrivals import delivery_of
from tasks.ledger import LedgerReader, open_ledger


def _name() -> str:
    return f"watch-{run_name('watch-exports', flow_run.get_parameters())}"


@flow(name="watch-exports", flow_run_name=_name, persist_result=False)
async def watch_exports(configuration: str = SETTINGS_FILE) -> State[Any]:
    """Look whether an export has arrived that no run has read yet; if so, send an event.

    Automations start a check and a sync after the event. Touches no target and no ledger.

    Args:
        configuration: Path of scimflow.yaml on the machine that runs the flow.
    """
    project = open_project(configuration)
    with open_ledger(project.ledger_url, folder=project.folder, read_only=True) as ledger:
        told = [
            _look(project, ledger, name, source)
            for name, source in project.settings.sources.items()
            if source.live is None and source.url_env is None  # what is asked does not arrive
        ]
    return Completed(message="; ".join(told) or "nothing to watch: no source is a file")


def _look(project: Project, ledger: LedgerReader, name: str, source: SourceSettings) -> str:
    target = project.settings.target.name
    try:
        delivery = delivery_of(
            name, source, folder=project.folder, now=utc_now(), as_of=project.as_of(None)
        )
    except SourceError as error:
        get_run_logger().info("%s", error.message)
        return f"{name}: nothing to read"
    file = os.path.basename(delivery.path)
    if ledger.knows_delivery(target, name, delivery.digest):
        return f"{name}: {file} has been read"
    message = f"{name}: {file} has arrived"
    announce(target, Announcement(EXPORT_ARRIVED, message, {"source": name, "file": file}))
    return message
