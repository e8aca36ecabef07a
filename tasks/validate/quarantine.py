"""Quarantined rows as JSON lines, with everything that is known of each.

Pure: the caller writes them, readable by the owner alone (they hold the rows' original cells).
"""

from collections.abc import Iterator
from typing import Any

import orjson

from data_contracts.batch import ContractReport, QuarantinedRow, RawBatch
from data_contracts.columns import texts
from data_contracts.frames import LINE


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
