"""Flow `check-export`: exports held against their contracts; touches no target."""

from typing import Any

from prefect import State, flow
from prefect.runtime import flow_run

from data_contracts.as_of import AsOf
from data_contracts.errors import ConfigurationError
from data_contracts.words import RunState
from flows.announcing import EXPORT_ACCEPTED, Announcement, announce
from flows.pipeline import Preparation, check_sources
from flows.project import SETTINGS_FILE, open_project, utc_now
from flows.running import Run, completed_state
from flows.tracked import MANNER, conduct, run_name


def _name() -> str:
    return f"check-{run_name('check-export', flow_run.get_parameters())}"


@flow(name="check-export", flow_run_name=_name, persist_result=False)
async def check_export(
    configuration: str = SETTINGS_FILE, source: str | None = None, then_sync: bool = False
) -> State[Any]:
    """Hold a freshly arrived export against its data contract. Touches no target.

    Args:
        configuration: Path of scimflow.yaml on the machine that runs the flow.
        source: Name of the one source to check, as in the settings; all of them if empty.
        then_sync: Whether a sync is to follow when everything is accepted.
    """
    known = open_project(configuration).settings.sources
    if source is not None and source not in known:
        raise ConfigurationError(
            f"there is no source {source!r}", hint=f"the settings name {', '.join(known)}"
        )

    async def work(run: Run, as_of: AsOf) -> RunState:
        preparation = Preparation(
            run.project, MANNER.stages, run.ledger, as_of, utc_now(), tell=MANNER.tell
        )
        sources = await check_sources(preparation, source)
        await MANNER.on_sources(run, sources)
        sources.require_accepted()
        if then_sync:
            announce(run.record.target, Announcement(EXPORT_ACCEPTED, "every export is accepted"))
        return completed_state(run.reports)

    return await conduct("check-export", configuration, None, work)
