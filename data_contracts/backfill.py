"""A backfill: what was asked for, and what became of each day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from data_contracts.words import BackfillMode, RunState


@dataclass(frozen=True, slots=True)
class BackfillRequest:
    """What is to be replayed, and how.

    Attributes:
        first: First day.
        last: Last day, included.
        mode: What is made of the days.
        only: Worker keys of those for whom anything is done; None for everybody.
        skip_missing: Go on although days have no delivery.
        take_last: Go on although several files fall on a day: the last by name is replayed.
        keep_going: Go on after a day that is held or refused.
        again: Replay days, too, that an earlier backfill has completed.
    """

    first: date
    last: date
    mode: BackfillMode = BackfillMode.DAY_BY_DAY
    only: frozenset[str] | None = None
    skip_missing: bool = False
    take_last: bool = False
    keep_going: bool = False
    again: bool = False


@dataclass(frozen=True, slots=True)
class ReplayedDay:
    """One day of a backfill, and what became of it.

    Attributes:
        day: The day.
        files: What was read, one file for each dated source.
        state: How its run ended; None where no run was made now.
        message: The same in one sentence; where no run was made, why.
        counts: Numbers of the run, by the keys of `run_counts`.
        run_id: The run.
        stopped: Whether the run broke off in the middle, so that nothing may come after it.
        exit_code: What a command says of a failure; None where the state says it.
    """

    day: date
    files: tuple[str, ...] = ()
    state: RunState | None = None
    message: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    run_id: str | None = None
    stopped: bool = False
    exit_code: int | None = None


WELL = (RunState.COMPLETED, RunState.COMPLETED_WITH_QUARANTINE)
"""Days after which a backfill is not asked whether to go on."""

_WORST_FIRST = (
    RunState.FAILED,
    RunState.REFUSED_BY_CONTRACT,
    RunState.REFUSED,
    RunState.REJECTED,
    RunState.HELD,
    RunState.PARTLY_APPLIED,
    RunState.COMPLETED_WITH_QUARANTINE,
)


def worst_state(days: Sequence[ReplayedDay]) -> RunState:
    """How a backfill ends: as its worst day.

    >>> worst_state([ReplayedDay(date(2026, 1, 5), state=RunState.HELD)])
    <RunState.HELD: 'held'>
    """
    found = {day.state for day in days}
    return next((state for state in _WORST_FIRST if state in found), RunState.COMPLETED)


def total_counts(days: Sequence[ReplayedDay]) -> dict[str, int]:
    """The sum of the days' numbers."""
    total: dict[str, int] = {}
    for day in days:
        for name, count in day.counts.items():
            total[name] = total.get(name, 0) + count
    return total
