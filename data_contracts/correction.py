"""Corrections of quarantined rows: what an analyst wrote into a cell, and what stood there."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from data_contracts.canonical import digest_of


@dataclass(frozen=True, slots=True)
class CorrectedCell:
    """One cell.

    Attributes:
        column: The contract's column.
        before: What the export has there; the correction counts as long as it does.
        after: What it is to be read as; None for an empty cell.
    """

    column: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Correction:
    """What one quarantined row is to be read as.

    Attributes:
        source: Name of the source.
        delivery: Digest of the file that the row was in.
        line: The row's line in that file, from 1.
        worker_key: The row's key as the file has it, when it has one.
        cells: The cells that were corrected; of a row that could not be taken apart all of them.
        malformed: Whether it stands for a row that could not be taken apart.
        number: The ledger's number; 0 before it is kept.
        by: Who replayed it.
        at: When; None before it is kept.
        note: Why, in words.
    """

    source: str
    delivery: str
    line: int
    worker_key: str | None
    cells: tuple[CorrectedCell, ...]
    malformed: bool = False
    number: int = 0
    by: str = ""
    at: datetime | None = None
    note: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns that were corrected."""
        return tuple(cell.column for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Replayed:
    """A row that was replayed, and what its contract said.

    Attributes:
        correction: What was corrected.
        reasons: Why the row still is quarantined; empty when it goes on.
    """

    correction: Correction
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordedCorrection:
    """One line of the audit trail of corrections, without cells.

    Attributes:
        number: Its number.
        event: Replayed, or withdrawn.
        of: Number of the correction that was withdrawn.
        source: Name of the source.
        delivery: Digest of the file that the row was in.
        line: The row's line.
        worker_key: The row's key.
        columns: Names of the columns that were corrected.
        reasons: Why the row still was quarantined; empty when it went on.
        by: Who did it.
        note: Why.
        at: When.
        counts: Whether it is kept for the next runs.
    """

    number: int
    event: str
    of: int | None
    source: str
    delivery: str
    line: int
    worker_key: str | None
    columns: tuple[str, ...]
    reasons: tuple[str, ...]
    by: str
    note: str
    at: datetime
    counts: bool


@dataclass(slots=True)
class Replay:
    """What came of a replayed file.

    Attributes:
        rows: Each corrected row, with the reasons why it stays quarantined, if it does.
        unchanged: `source:line` of rows that came back as they were.
        refused: Why a row cannot be taken, by `source:line`.
    """

    rows: list[Replayed] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)

    @property
    def all_go_on(self) -> bool:
        """Whether every row of the file goes on now."""
        still = any(row.reasons for row in self.rows)
        return not (still or self.unchanged or self.refused)


def digest_of_corrections(corrections: Sequence[Correction]) -> str:
    """Names the corrections that a batch was read with; "" for none."""
    if not corrections:
        return ""
    return digest_of(
        [
            [c.delivery, c.line, [[cell.column, cell.before, cell.after] for cell in c.cells]]
            for c in corrections
        ]
    )
