"""The monthly access report: joiners, movers, leavers, time to deprovision, exceptions."""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from zoneinfo import ZoneInfo

from data_contracts.access import AccessChange, AccessEvent, AccessInterval
from data_contracts.month import Deprovisioned, DoneOperation, Month, MonthInputs
from data_contracts.words import OperationKind, OutcomeResult, RunState
from tasks.report.access import intervals

WENT_WELL = {str(r) for r in (OutcomeResult.APPLIED, OutcomeResult.ALREADY, OutcomeResult.SETTLED)}

NEEDED_SOMEBODY = (
    RunState.HELD,
    RunState.REFUSED,
    RunState.REFUSED_BY_CONTRACT,
    RunState.PARTLY_APPLIED,
    RunState.FAILED,
)
ADOPTIONS = ("adopted", "linked")
"""Reasons of access that was there before scimflow managed it."""


def monthly(inputs: MonthInputs) -> Month:
    """Work out a month's report.

    Args:
        inputs: What the ledger has of it.
    """
    within = [event for event in inputs.events if event.at >= inputs.since]
    given = [event for event in within if event.change is AccessChange.GIVEN]
    ended = [event for event in within if event.change is AccessChange.ENDED]
    moves = [o for o in inputs.operations if _is_move(o)]
    had = intervals(inputs.events)
    quarantined = Counter((row.source, row.worker_key or row.line) for _, row in inputs.quarantined)
    rows = {(row.source, row.worker_key or row.line): row for _, row in inputs.quarantined}
    failed = tuple(o for o in inputs.operations if o.result not in WENT_WELL)
    unfinished = tuple(run for run in inputs.runs if run.state in NEEDED_SOMEBODY)
    states = Counter(str(run.state) for run in inputs.runs)
    kinds = _kinds(given)
    return Month(
        target=inputs.target,
        first=inputs.first,
        zone=inputs.zone,
        at_start=_count(had, inputs.since),
        at_end=_count(had, inputs.until),
        joiners=kinds["joiners"],
        returned=kinds["returned"],
        adopted=kinds["adopted"],
        movers=_keys(moves),
        let_go=_keys(event for event in within if event.change is AccessChange.LET_GO),
        leavers=tuple(
            Deprovisioned(e.worker_key, e.at, e.due, e.cause.reason, e.cause.run_id) for e in ended
        ),
        by_day=_by_day(inputs, _came(given), moves, ended),
        exceptions={
            "held plans": states[str(RunState.HELD)],
            "rejected plans": inputs.rejected,
            "refused plans": states[str(RunState.REFUSED)],
            "exports refused by their contract": states[str(RunState.REFUSED_BY_CONTRACT)],
            "runs that failed": states[str(RunState.FAILED)],
            "operations that failed": len(failed),
            "rows set aside": len(quarantined),
            "findings": None if inputs.findings is None else len(inputs.findings),
            "accounts that nobody manages": inputs.unmanaged,
        },
        failed=failed,
        runs=dict(sorted(states.items())),
        unfinished=unfinished,
        quarantined=tuple((rows[key], count) for key, count in quarantined.items()),
        findings=inputs.findings,
    )


def quantile(sorted_times: tuple[timedelta, ...], share: float) -> timedelta | None:
    """The smallest of some times that is not below a share of them; None for none.

    Args:
        sorted_times: The shortest first.
        share: 0.5 for the median, 0.9 for the ninetieth percentile.

    >>> quantile((timedelta(1), timedelta(2), timedelta(9)), 0.5)
    datetime.timedelta(days=2)
    """
    if not sorted_times:
        return None
    place = max(0, -(-len(sorted_times) * round(share * 1000) // 1000) - 1)
    return sorted_times[place]


def _is_move(operation: DoneOperation) -> bool:
    return operation.kind == OperationKind.UPDATE and operation.result in WENT_WELL


def _came(given: Iterable[AccessEvent]) -> list[AccessEvent]:
    """Those who got access: not those who had it and came under management."""
    return [event for event in given if event.cause.reason not in ADOPTIONS]


def _kinds(given: Iterable[AccessEvent]) -> dict[str, tuple[str, ...]]:
    kinds: dict[str, list[AccessEvent]] = {"joiners": [], "returned": [], "adopted": []}
    for event in given:
        reason = event.cause.reason
        name = "adopted" if reason in ADOPTIONS else "joiners"
        if reason in ("rehire", "inactive-at-target"):
            name = "returned"
        kinds[name].append(event)
    return {name: _keys(events) for name, events in kinds.items()}


def _keys(events: Iterable[AccessEvent | DoneOperation]) -> tuple[str, ...]:
    return tuple(sorted({event.worker_key for event in events}))


def _count(had: Iterable[AccessInterval], at: object) -> int:
    return len(
        {
            each.worker_key
            for each in had
            if each.begin < at and (each.end is None or each.end >= at)  # type: ignore[operator]
        }
    )


def _by_day(
    inputs: MonthInputs,
    given: Iterable[AccessEvent],
    moves: Iterable[DoneOperation],
    ended: Iterable[AccessEvent],
) -> dict[str, tuple[int, ...]]:
    zone = ZoneInfo(inputs.zone)
    days = (inputs.first.replace(day=28) + timedelta(days=4)).replace(day=1) - inputs.first
    counted = {}
    for name, events in (("joiners", given), ("movers", moves), ("leavers", ended)):
        on = Counter(event.at.astimezone(zone).date() for event in events)
        counted[name] = tuple(on[inputs.first + timedelta(days=n)] for n in range(days.days))
    return counted
