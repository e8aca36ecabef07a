"""What differs between two contracts, or between a contract and the export that comes."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class ContractChange:
    """One difference between two contracts.

    Attributes:
        subject: What it is about: a column, a rule's id, `status`, `file`.
        message: The difference in words.
        breaking: Whether an export that kept the old contract may break the new one, or means
            something else under it.
    """

    subject: str
    message: str
    breaking: bool


class ExportChangeKind(StrEnum):
    """How an export came to differ from what its contract promises."""

    COLUMN_GONE = "column_gone"
    COLUMN_RENAMED = "column_renamed"  # gone, and another header is nearly the same
    STATUS_UNKNOWN = "status_unknown"  # the vocabulary has grown


@dataclass(frozen=True, slots=True)
class ExportChange:
    """One way in which an export breaks with its contract as a whole.

    Attributes:
        kind: What happened.
        column: The contract's column; of statuses the status columns, joined by |.
        found: The header that is there instead, or the status; "" for a column that is gone.
        rows: Rows with that status; 0 for columns.
    """

    kind: ExportChangeKind
    column: str
    found: str = ""
    rows: int = 0

    @property
    def message(self) -> str:
        """The change in words."""
        match self.kind:
            case ExportChangeKind.COLUMN_GONE:
                return f"column {self.column!r} is gone"
            case ExportChangeKind.COLUMN_RENAMED:
                return f"column {self.column!r} is gone, and {self.found!r} is new: renamed?"
            case ExportChangeKind.STATUS_UNKNOWN:
                rows = "1 row" if self.rows == 1 else f"{self.rows:,} rows"
                return f"status {self.found!r} of {self.column!r} is new ({rows})"
