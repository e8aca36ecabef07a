"""Rows that come back from an analyst, compared with those that were set aside.

Only cells that a broken rule of the row looks at may differ: whatever else a spreadsheet made of
the row (ids without their zeros, dates in another form) is refused and named, and nobody's role or
department is changed in the name of a correction.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from data_contracts.batch import ContractReport, QuarantinedRow, RawBatch
from data_contracts.correction import CorrectedCell, Correction
from data_contracts.export_contract import ExportContract
from data_contracts.frames import LINE
from data_contracts.rule_ids import MALFORMED


@dataclass(frozen=True, slots=True)
class ReturnedRow:
    """A row of the file that an analyst gives back.

    Attributes:
        source: Name of the source.
        delivery: Digest of the file that the row was in.
        line: Its line there.
        cells: Cells by column, cleaned; None for an empty one.
    """

    source: str
    delivery: str
    line: int
    cells: dict[str, str | None]


@dataclass(frozen=True, slots=True)
class Compared:
    """What came of the rows.

    Attributes:
        corrections: Those that something was corrected in.
        unchanged: Lines of rows that came back as they were.
        refused: Why a row cannot be taken, by line.
    """

    corrections: tuple[Correction, ...]
    unchanged: tuple[int, ...]
    refused: dict[int, str]


def compare_rows(
    rows: Sequence[ReturnedRow], batch: RawBatch, report: ContractReport, contract: ExportContract
) -> Compared:
    """Find out what was corrected.

    Args:
        rows: Of one source, as they came back.
        batch: The export as it is read now.
        report: What its contract says of it.
        contract: The contract.
    """
    aside = {row.line: row for row in report.quarantined}
    corrections: list[Correction] = []
    unchanged: list[int] = []
    refused: dict[int, str] = {}
    for row in rows:
        problem = _problem(row, batch, aside)
        if problem:
            refused[row.line] = problem
            continue
        cells = tuple(_changes(row, batch, aside[row.line]))
        allowed = _allowed(aside[row.line], contract, batch)
        others = [cell.column for cell in cells if cell.column not in allowed]
        if others:
            refused[row.line] = (
                f"{', '.join(others)} came back changed, and no broken rule of the row is about "
                "it: a spreadsheet may have done that; correct nothing but what is wrong"
            )
        elif cells:
            held = aside[row.line]
            malformed = held.rule_ids == (MALFORMED,)
            corrections.append(
                Correction(
                    row.source, row.delivery, row.line, held.worker_key, cells, malformed=malformed
                )
            )
        else:
            unchanged.append(row.line)
    return Compared(tuple(corrections), tuple(unchanged), refused)


def _problem(row: ReturnedRow, batch: RawBatch, aside: dict[int, QuarantinedRow]) -> str:
    if row.delivery != batch.digest:
        return (
            "the row is of another delivery than the one at hand; export the quarantined rows of "
            "this one"
        )
    if row.line not in aside:
        return "the row is not quarantined"
    strange = [name for name in row.cells if name not in batch.frame.columns]
    return f"the export has no column {', '.join(strange)}" if strange else ""


def _changes(row: ReturnedRow, batch: RawBatch, held: QuarantinedRow) -> Iterator[CorrectedCell]:
    if held.rule_ids == (MALFORMED,):
        yield from (CorrectedCell(c, None, text) for c, text in row.cells.items() if text)
        return
    [position] = batch.frame.index[batch.frame[LINE] == row.line]
    for column, after in row.cells.items():
        cell = batch.frame[column].iloc[position]
        before = None if pd.isna(cell) else str(cell)
        if _same_lines(before) != _same_lines(after):
            yield CorrectedCell(column, before, after)


def _same_lines(cell: str | None) -> str | None:
    """A cell with line feeds alone: a CSV keeps no other line ends within a cell."""
    return cell and cell.replace("\r\n", "\n").replace("\r", "\n")


def _allowed(held: QuarantinedRow, contract: ExportContract, batch: RawBatch) -> set[str]:
    """Columns that the row's broken rules look at; all of them for a row without cells."""
    if held.rule_ids == (MALFORMED,):
        return {str(name) for name in batch.frame.columns}
    broken = [rule for rule in contract.rules if rule.rule_id in held.rule_ids]
    return {name for rule in broken for name in rule.columns}
