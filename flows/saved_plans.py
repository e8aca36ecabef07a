"""Plans that were saved: by file, by digest, by the run that made them."""

from pathlib import Path

from data_contracts.errors import ConfigurationError, StalePlan
from data_contracts.plan import Plan
from flows.project import Project
from tasks.ledger import LedgerReader, open_ledger
from tasks.plan.staleness import what_moved


def find_plan(project: Project, name: str) -> Plan:
    """Find a saved plan.

    Args:
        project: Settings and folder.
        name: Path of a plan's file, a digest (or its beginning), or the id of the run.

    Raises:
        ConfigurationError: There is no such plan, or it is no plan of this format.
    """
    path = Path(name)
    if path.is_file():
        return Plan.from_bytes(path.read_bytes(), origin=str(path))
    with open_ledger(project.ledger_url, folder=project.folder, read_only=True) as ledger:
        return plan_in_ledger(ledger, name)


def plan_in_ledger(ledger: LedgerReader, name: str) -> Plan:
    """Find a plan that the ledger keeps, by the run that made it or by digest."""
    found = ledger.plan_of_run(name) or ledger.plan(name)
    if found is None:
        raise ConfigurationError(
            f"there is no plan {name!r}: no such file, and no run or digest of the ledger",
            hint="`scimflow history` lists the runs; `scimflow plan -o FILE` saves a plan",
        )
    return found


def require_unmoved(saved: Plan, now: Plan) -> None:
    """Let a plan pass that is, made again, still the one that was reviewed.

    Raises:
        StalePlan: It is not; says what moved.
    """
    if now.digest != saved.digest:
        moved = "; ".join(what_moved(saved, now))
        raise StalePlan(f"the plan is stale, nothing was written: {moved}")
