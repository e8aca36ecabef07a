"""What a monthly access report is made from, and what it says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from data_contracts.access import AccessEvent
from data_contracts.batch import QuarantinedRow
from data_contracts.finding import Finding
from data_contracts.outcome import RunRecord


@dataclass(frozen=True, slots=True)
class DoneOperation:
    """The last word on an operation: what was done to whom, and how it ended.

    Attributes:
        at: When.
        run_id: By which run.
        worker_key: To whom.
        kind: An operation's kind.
        reason: Short code.
        result: How it ended.
        detail: More, when it did not go well.
    """

    at: datetime
    run_id: str
    worker_key: str
    kind: str
    reason: str
    result: str
    detail: str


@dataclass(frozen=True, slots=True)
class MonthInputs:
    """What the ledger has of a month.

    Attributes:
        target: Name of the target.
        first: First day of the month.
        zone: Zone in which days begin and end.
        since: When the month began.
        until: When it ended.
        events: All changes of access up to the month's end.
        operations: What was done in the month.
        runs: Runs begun in the month, the oldest first.
        quarantined: Rows set aside in the month, with their runs.
        rejected: How many plans were rejected.
        findings: What the last plan of the month noticed; None when its content is gone.
        unmanaged: Accounts that scimflow left alone, by that plan; None when not known.
    """

    target: str
    first: date
    zone: str
    since: datetime
    until: datetime
    events: tuple[AccessEvent, ...]
    operations: tuple[DoneOperation, ...]
    runs: tuple[RunRecord, ...]
    quarantined: tuple[tuple[str, QuarantinedRow], ...]
    rejected: int
    findings: tuple[Finding, ...] | None
    unmanaged: int | None


@dataclass(frozen=True, slots=True)
class Deprovisioned:
    """Somebody whose access ended.

    Attributes:
        worker_key: Who.
        at: When it was verified that the account is inactive.
        due: The end of the last day in the person's zone; None where the export did not say.
        reason: Why.
        run_id: By which run.
    """

    worker_key: str
    at: datetime
    due: datetime | None
    reason: str
    run_id: str

    @property
    def took(self) -> timedelta | None:
        """From the end of the last day to the verified deactivation; nothing for one before it."""
        return None if self.due is None else max(self.at - self.due, timedelta())


@dataclass(frozen=True, slots=True)
class Month:
    """A monthly access report.

    Attributes:
        target: Name of the target.
        first: First day of the month.
        zone: Zone in which days begin and end.
        at_start: People with access when it began.
        at_end: People with access when it ended.
        joiners: Worker keys of those who got an account.
        returned: Of those who got theirs back.
        adopted: Of those whose account came under management.
        movers: Of those whose attributes or role changed.
        let_go: Of those whose account is no longer managed.
        leavers: Those whose access ended, in that order.
        by_day: Joiners, movers and leavers of each day of the month, by its number.
        exceptions: What did not go by itself, by its name.
        failed: Operations that did not go well.
        runs: Runs by state.
        unfinished: Runs that needed somebody.
        quarantined: Rows set aside, each once, with how many runs did.
        findings: What the last plan of the month noticed; None when its content is gone.
    """

    target: str
    first: date
    zone: str
    at_start: int
    at_end: int
    joiners: tuple[str, ...]
    returned: tuple[str, ...]
    adopted: tuple[str, ...]
    movers: tuple[str, ...]
    let_go: tuple[str, ...]
    leavers: tuple[Deprovisioned, ...]
    by_day: Mapping[str, tuple[int, ...]]
    exceptions: Mapping[str, int | None]
    failed: tuple[DoneOperation, ...]
    runs: Mapping[str, int]
    unfinished: tuple[RunRecord, ...]
    quarantined: tuple[tuple[QuarantinedRow, int], ...]
    findings: tuple[Finding, ...] | None = field(default=None)

    @property
    def took(self) -> tuple[timedelta, ...]:
        """How long each deprovisioning took whose last day is known, the shortest first."""
        return tuple(sorted(t for t in (leaver.took for leaver in self.leavers) if t is not None))
