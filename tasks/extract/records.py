"""What a reader of one format hands on: columns, lines, malformed rows."""

from dataclasses import dataclass
from typing import Any

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
