"""Corrections laid over a batch: which count for it, and the batch as it is to be read then.

A correction never adds anybody and never overrules a row that keeps its contract. It counts for a
quarantined row as long as the export still has what was corrected; when the source writes anything
else into those cells, the source's word counts again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from data_contracts.batch import ContractReport, QuarantinedRow, RawBatch
from data_contracts.correction import Correction, digest_of_corrections
from data_contracts.frames import LINE


@dataclass(frozen=True, slots=True)
class Overlaid:
    """A batch with corrections.

    Attributes:
        batch: The batch, as it is to be read.
        used: The corrections that count for it.
    """

    batch: RawBatch
    used: tuple[Correction, ...]


def overlay(batch: RawBatch, report: ContractReport, corrections: Sequence[Correction]) -> Overlaid:
    """Lay corrections over a batch.

    Args:
        batch: The export as read.
        report: What its contract says of it without corrections.
        corrections: Of this source, the oldest first; a later one builds on those before it.
    """
    laid, used = batch, []
    for correction in corrections:
        changed = _laid(laid, report, correction)
        if changed is not None:
            laid = changed
            used.append(correction)
    return Overlaid(laid, tuple(used))


def with_corrections(report: ContractReport, used: Sequence[Correction]) -> ContractReport:
    """Say in a report which rows were read as corrected, and by whom.

    Args:
        report: Of the batch with its corrections.
        used: Those that count.
    """
    if not used:
        return report
    lines = sorted({correction.line for correction in used})
    who = ", ".join(sorted({correction.by for correction in used if correction.by}))
    rows = "1 row is" if len(used) == 1 else f"{len(used):,} rows are"
    text = f"{rows} read as corrected" + (f" by {who}" if who else "")
    return replace(
        report,
        corrections=digest_of_corrections(used),
        warnings=(*report.warnings, f"{text} (`scimflow quarantine list` names them)"),
        corrected=tuple(lines),
    )


def rows_harmed(without: ContractReport, with_them: ContractReport) -> tuple[QuarantinedRow, ...]:
    """Rows that are set aside only because of corrections: nobody's row may be lost that way.

    Args:
        without: The report without corrections.
        with_them: The report with them.
    """
    before = {row.line for row in without.quarantined}
    return tuple(row for row in with_them.quarantined if row.line not in before)


def _laid(batch: RawBatch, report: ContractReport, correction: Correction) -> RawBatch | None:
    """The batch with one correction; None when it does not count for it."""
    if correction.malformed:
        return _with_row(batch, correction)
    rows = [row for row in report.quarantined if _is_about(row, batch, correction)]
    lines = {row.line for row in rows}
    frame = batch.frame
    if not lines or not set(correction.columns) <= set(frame.columns):
        return None
    chosen = frame[LINE].isin(list(lines))
    for cell in correction.cells:
        column = frame[cell.column]
        chosen &= column.isna() if cell.before is None else column.eq(cell.before).fillna(False)
    if int(chosen.sum()) != 1:
        return None  # of two rows alike nobody can tell which was corrected
    changes = {
        cell.column: frame[cell.column].mask(chosen, cell.after)
        if cell.after is not None
        else frame[cell.column].mask(chosen)
        for cell in correction.cells
    }
    return replace(batch, frame=frame.assign(**changes))


def _is_about(row: QuarantinedRow, batch: RawBatch, correction: Correction) -> bool:
    if batch.digest == correction.delivery:
        return row.line == correction.line
    return correction.worker_key is not None and row.worker_key == correction.worker_key


def _with_row(batch: RawBatch, correction: Correction) -> RawBatch | None:
    """A row that could not be taken apart, as it was written out; for this very file alone."""
    is_there = any(row.line == correction.line for row in batch.malformed)
    if batch.digest != correction.delivery or not is_there:
        return None
    cells = {cell.column: cell.after for cell in correction.cells}
    row = {name: cells.get(str(name)) for name in batch.frame.columns if name != LINE}
    added = pd.DataFrame({name: pd.Series([value], dtype="str") for name, value in row.items()})
    added[LINE] = pd.Series([correction.line], dtype="int64")
    frame = pd.concat([batch.frame, added[list(batch.frame.columns)]], ignore_index=True)
    return replace(
        batch,
        frame=frame.sort_values(LINE, kind="stable", ignore_index=True),
        malformed=tuple(row for row in batch.malformed if row.line != correction.line),
    )
