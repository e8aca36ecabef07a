"""What the loader needs of the ledger: intent before a write, outcome after it."""

from typing import Protocol

from data_contracts.outcome import Outcome
from data_contracts.plan import PlannedOperation


class Journal(Protocol):
    """Keeps what was meant and what became of it. Both methods return when it is durable."""

    async def intend(self, operation: PlannedOperation) -> None:
        """Keep that this operation is about to be written."""

    async def record(self, outcome: Outcome) -> None:
        """Keep what became of it."""
