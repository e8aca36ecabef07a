"""How a run's end is shown in the Prefect UI: a name, and the type that alerts go by."""

from typing import Any

from prefect import State
from prefect.states import Cancelled, Completed, Failed

from data_contracts.approval import Rejection, RejectionCause
from data_contracts.words import RunState

STATE_NAMES = {
    RunState.COMPLETED: "Completed",
    RunState.COMPLETED_WITH_QUARANTINE: "CompletedWithQuarantine",
    RunState.HELD: "Held",
    RunState.REJECTED: "Rejected",
    RunState.REFUSED: "Refused",
    RunState.REFUSED_BY_CONTRACT: "RefusedByContract",
    RunState.PARTLY_APPLIED: "PartlyApplied",
    RunState.FAILED: "Failed",
}
"""Names of final states in the Prefect UI; what needs a person is of Prefect's type Failed."""

GOOD = (RunState.COMPLETED, RunState.COMPLETED_WITH_QUARANTINE)

DECIDED = (RejectionCause.PERSON, RejectionCause.SUPERSEDED, RejectionCause.CANCELLED)
"""Somebody has looked, or has something newer to look at; of type Cancelled, which alerts nobody.
A plan that nobody looked at in time is of type Failed: it still needs a person."""


def final_state(
    state: RunState, message: str, rejection: Rejection | None = None, data: Any = None
) -> State[Any]:
    """Make the final state of a flow run.

    Args:
        state: How the run ended.
        message: The same in one sentence.
        rejection: What ended it, for a rejected one.
        data: For a caller in the same process.
    """
    if state in GOOD:
        make = Completed
    elif rejection is not None and rejection.cause in DECIDED:
        make = Cancelled
    else:
        make = Failed
    return make(name=STATE_NAMES[state], message=message, data=data)
