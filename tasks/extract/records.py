"""What a reader of one format hands on: columns, lines, malformed rows."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from data_contracts.batch import MalformedRow


@dataclass(frozen=True, slots=True)
class Records:
    """The rows of a file.

    Attributes:
        header: The columns' names as the file has them.
        columns: Arrow arrays of large strings, by the contract's names (or the file's own).
        lines: Line of each row, from 1.
        malformed: Rows that could not be taken apart.
        warnings: What was noticed and did no harm, in words.
    """

    header: tuple[str, ...]
    columns: dict[str, Any]
    lines: Any
    malformed: tuple[MalformedRow, ...]
    warnings: tuple[str, ...]


def set_aside(records: Records, faults: Mapping[int, str]) -> Records:
    """Make rows malformed.

    Args:
        records: The rows.
        faults: What is wrong with rows, by their positions; with none nothing changes.
    """
    if not faults:
        return records
    kept = np.ones(len(records.lines), dtype=bool)
    kept[list(faults)] = False
    malformed = [MalformedRow(int(records.lines[row]), why) for row, why in faults.items()]
    return replace(
        records,
        columns={name: cells.filter(pa.array(kept)) for name, cells in records.columns.items()},
        lines=records.lines[kept],
        malformed=tuple(sorted((*records.malformed, *malformed), key=lambda row: row.line)),
    )
