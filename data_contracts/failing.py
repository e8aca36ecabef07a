"""People whose operations keep failing: tried again at growing distance, or at once when asked."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from data_contracts.canonical import digest_of
from data_contracts.plan import Operation
from data_contracts.words import OperationKind

FIRST_PAUSE = timedelta(hours=1)
"""After a second failure in a row; a first one is tried again by the very next run."""

LONGEST_PAUSE = timedelta(hours=20)
"""Less than a day, so that a nightly sync tries everybody every night, however the night's length
varies; hourly ones ask the target once a day for what it will refuse again."""


@dataclass(frozen=True, slots=True)
class FailingOperation:
    """An operation that failed in the last runs that tried it, one after the other.

    Attributes:
        worker_key: Whose.
        kind: What was to be done.
        meaning: Names what was to be written, see `meaning_of`.
        failures: How often in a row.
        detail: Why, the last time; without personal values.
        run_id: The run of the last time.
        first_at: When it failed first (UTC).
        last_at: When it failed last (UTC).
    """

    worker_key: str
    kind: OperationKind
    meaning: str
    failures: int
    detail: str
    run_id: str
    first_at: datetime
    last_at: datetime

    @property
    def due_at(self) -> datetime:
        """When a run tries it again by itself.

        The pause doubles with each failure: none, 1 h, 2 h, 4 h ... `LONGEST_PAUSE`.
        """
        if self.failures < 2:
            return self.last_at
        doublings = min(self.failures - 2, 10)  # far beyond the longest pause, short of overflow
        pause: timedelta = min(FIRST_PAUSE * 2**doublings, LONGEST_PAUSE)
        return self.last_at + pause

    def puts_off(self, operation: Operation, now: datetime) -> bool:
        """Whether an operation is left for later.

        Somebody's access is taken away in every run, and what differs from what failed (a row was
        corrected meanwhile) is tried at once.

        Args:
            operation: Of the same person.
            now: The present moment.
        """
        if operation.kind is OperationKind.DEACTIVATE or meaning_of(operation) != self.meaning:
            return False
        return now < self.due_at


def meaning_of(operation: Operation) -> str:
    """Names what an operation writes to which account: the same attempt has the same name."""
    attributes = {**operation.attributes, **operation.awaited}
    return digest_of([str(operation.kind), operation.account_id, attributes])
