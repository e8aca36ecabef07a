"""Lines of the audit trail as files, for auditors and for whoever asks with a query."""

from collections.abc import Sequence
from typing import Any

from data_contracts.outcome import HistoryEntry
from tasks.report.row_files import rows_file

COLUMNS = (
    "at",
    "run_id",
    "worker_key",
    "account_id",
    "kind",
    "result",
    "reason",
    "explanation",
    "changed",
    "rows",
    "detail",
    "verified",
    "requests",
)
"""Columns of a line. `changed` has names of attributes and no values, `rows` is `source:line`."""


def history_file(entries: Sequence[HistoryEntry], ending: str) -> bytes:
    """Write lines of the audit trail, in the order given.

    Args:
        entries: The lines.
        ending: `csv`, `json` or `parquet`.
    """
    rows = [_row(entry) for entry in entries]
    return rows_file(ending, COLUMNS, rows, name="entries", moments=frozenset({"at"}))


def _row(entry: HistoryEntry) -> dict[str, Any]:
    taken = {name: getattr(entry, name) for name in COLUMNS if name != "requests"}
    return taken | {
        "changed": ", ".join(entry.changed),
        "rows": ", ".join(entry.rows),
        "requests": len(entry.exchanges),
    }
