"""Quarantined rows as files: JSON lines with everything, and CSV for spreadsheets.

Pure: the caller writes them, readable by the owner alone (they hold the rows' original cells).
"""

import csv
import io
from collections.abc import Iterator
from typing import Any

import orjson

from data_contracts.batch import ContractReport, QuarantinedRow, RawBatch
from data_contracts.columns import texts
from data_contracts.frames import LINE

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001  # full width
_UNSEEN = " \u00a0\ufeff\u200b\u200c\u200d\u2060"
"""What a spreadsheet skips before it looks whether a cell begins like a formula."""

_WHY = ("line", "rules", "reasons")


def quarantine_jsonl(batch: RawBatch, report: ContractReport) -> bytes:
    """Write the quarantined rows as JSON, one object a line.

    Args:
        batch: The batch, for the original cells.
        report: What its contract said of it.

    Returns:
        UTF-8. Each line has source, file, digest, contract, line, rules, reasons, worker key, and
        under `row` the cells by column, null where they are missing; a row that could not be
        taken apart has no cells.
    """
    contract = f"{report.contract}@{report.contract_version}"
    lines = [
        orjson.dumps(
            {
                "source": row.source,
                "file": report.path,
                "digest": report.digest,
                "contract": contract,
                "line": row.line,
                "rules": row.rule_ids,
                "reasons": row.reasons,
                "worker_key": row.worker_key,
                "row": cells,
            }
        )
        for row, cells in _with_cells(batch, report)
    ]
    return b"".join(line + b"\n" for line in lines)


def quarantine_csv(batch: RawBatch, report: ContractReport) -> bytes:
    """Write the quarantined rows as a CSV that a spreadsheet can open without harm.

    A cell that would be taken for a formula gets an apostrophe in front.

    Args:
        batch: The batch, for the original cells.
        report: What its contract said of it.

    Returns:
        UTF-8 with a byte-order mark (Excel wants one), everything quoted: line, rules and
        reasons, then the columns of the export.
    """
    columns = [str(name) for name in batch.frame.columns if name != LINE]
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([*_WHY, *map(harmless, columns)])
    for row, cells in _with_cells(batch, report):
        why = [str(row.line), ", ".join(row.rule_ids), "; ".join(row.reasons)]
        values = [(cells or {}).get(name) or "" for name in columns]
        writer.writerow([harmless(value) for value in (*why, *values)])
    return text.getvalue().encode("utf-8-sig")


def harmless(text: str) -> str:
    """Text that no spreadsheet takes for a formula.

    >>> harmless("=1+3"), harmless("Anna")
    ("'=1+3", 'Anna')
    """
    return "'" + text if text.lstrip(_UNSEEN).startswith(_FORMULA_STARTS) else text


def _with_cells(
    batch: RawBatch, report: ContractReport
) -> Iterator[tuple[QuarantinedRow, dict[str, Any] | None]]:
    """The quarantined rows with their original cells by column."""
    wanted = [row.line for row in report.quarantined]
    rows = batch.frame[batch.frame[LINE].isin(wanted)]
    names = [str(name) for name in rows.columns if name != LINE]
    columns = [texts(rows[name]) for name in names]
    cells = {
        line: dict(zip(names, values, strict=True))
        for line, values in zip(rows[LINE].tolist(), zip(*columns, strict=True), strict=True)
    }
    for row in report.quarantined:
        yield row, cells.get(row.line)
