"""Quarantined rows found again: of a run, or of the exports at hand, with their cells."""

from dataclasses import dataclass

from data_contracts.outcome import RunRecord


@dataclass(frozen=True, slots=True)
class KeptRow:
    """A row that is set aside.

    Attributes:
        source: Name of the source.
        path: The file.
        digest: The file's digest.
        contract: Name and version of the contract, joined by @.
        line: The row's line in the file.
        rules: The rules that it breaks.
        reasons: The same in words.
        worker_key: The row's key, when it has one.
        cells: Cells by column; None for a row that could not be taken apart, or where the run's
            file is not at hand.
    """

    source: str
    path: str
    digest: str
    contract: str
    line: int
    rules: tuple[str, ...]
    reasons: tuple[str, ...]
    worker_key: str | None
    cells: dict[str, str | None] | None


@dataclass(frozen=True, slots=True)
class Quarantine:
    """Rows that are set aside, and where they are from.

    Attributes:
        run: The run; None for the exports at hand.
        rows: By source and line.
        without_cells: Sources whose restricted file is not at hand, so that cells are missing.
    """

    run: RunRecord | None
    rows: tuple[KeptRow, ...]
    without_cells: tuple[str, ...] = ()
