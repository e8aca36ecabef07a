"""Whether the employment export can tell that somebody has left. Pure."""

from collections.abc import Iterator

from data_contracts.export_contract import ExportContract, WorkerField
from data_contracts.finding import Finding
from data_contracts.words import FindingSeverity, WorkerState

CODE = "leavers-unseen"


def leavers_unseen(
    source: str, contract: ExportContract, *, complete_roster: bool, suspended_ends: bool
) -> Iterator[Finding]:
    """A finding where nothing in an export ever says that a person has left.

    Nobody would lose access, however long ago they left, and no run would look wrong.

    Args:
        source: Name of the employment source.
        contract: Its contract.
        complete_roster: Whether absence from it means that somebody has left.
        suspended_ends: Whether a suspension takes access away: an IdP that only knows accounts that
            are off says so of leavers as well.
    """
    states = contract.status.states.values() if contract.status is not None else ()
    ending = {WorkerState.LEAVER} | ({WorkerState.SUSPENDED} if suspended_ends else set())
    told = ending & {*states} or WorkerField.LAST_DAY in contract.meanings
    if told or complete_roster:
        return
    yield Finding(
        code=CODE,
        severity=FindingSeverity.WARNING,
        subject=source,
        message="nothing in this export says that somebody has left: it has no status of a leaver "
        "and no last day, and absence from it means nothing; nobody is ever deactivated",
        hint="name the column of the last day or the status in the contract, or, if everybody "
        f"employed is in each export, set `complete_roster: true` at `sources.{source}`",
    )
