"""Intervals of access as files."""

from collections.abc import Sequence
from typing import Any

from data_contracts.access import AccessInterval
from tasks.report.access import COLUMNS, MOMENTS, access_rows
from tasks.report.row_files import rows_file


def access_file(found: Sequence[AccessInterval], ending: str) -> bytes:
    """Write intervals of access, in the order given.

    Args:
        found: The intervals.
        ending: `csv`, `json` or `parquet`.
    """
    rows = [_row(row, each) for row, each in zip(access_rows(found), found, strict=True)]
    return rows_file(ending, COLUMNS, rows, name="access", moments=frozenset(MOMENTS))


def _row(row: dict[str, Any], each: AccessInterval) -> dict[str, Any]:
    """The same row, with moments as such."""
    return row | {name: getattr(each, attribute) for name, attribute in MOMENTS.items()}
