"""Flow `prune-ledger`: removes what is over its time, by the settings' retention."""

from typing import Any

from prefect import State, flow
from prefect.states import Completed

from flows.keeping import prune
from flows.project import SETTINGS_FILE, open_project
from tasks.report.terminal_keeping import pruned_in_words

BY = "prune-ledger"
"""Who removed it, in the audit trail: a schedule."""


@flow(name="prune-ledger", flow_run_name="prune-ledger", persist_result=False)
async def prune_ledger(configuration: str = SETTINGS_FILE, dry_run: bool = False) -> State[Any]:
    """Remove what is over its time: `ledger.keep_values_days`, `ledger.keep_runs_days`.

    What explains access that somebody still has stays, and so do runs, approvals and the chain,
    which says what was removed. Touches no target.

    Args:
        configuration: Path of scimflow.yaml on the machine that runs the flow.
        dry_run: Only count what would be removed.
    """
    project = open_project(configuration)
    if not project.settings.ledger.has_retention:
        return Completed(message="nothing was removed: the settings keep everything for ever")
    kept = prune(project, by=BY, dry=dry_run)
    return Completed(message=pruned_in_words(kept.ledger, kept.files, done=not dry_run))
