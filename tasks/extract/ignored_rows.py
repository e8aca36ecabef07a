"""Rows in front of the first person that are no data: a second header, an example of a template.

They are left out only when they look like what the contract declares, and the report says how many.
"""

import re
from typing import Any

import pandas as pd

from data_contracts.export_contract import IgnoredRows
from data_contracts.frames import LINE


def without_ignored(
    frame: pd.DataFrame, ignored: tuple[IgnoredRows, ...]
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Leave out what is declared to be no data.

    Args:
        frame: The rows in the file's order, with `_line`.
        ignored: What such rows look like.

    Returns:
        The other rows with a fresh index, and what was left out in words.
    """
    out = [
        position for position, row in _first(frame, ignored) if _is_ignored(position, row, ignored)
    ]
    if not out:
        return frame, ()
    lines = ", ".join(str(frame[LINE].iloc[position]) for position in out)
    kept = frame.drop(index=out).reset_index(drop=True)
    which = f"line {lines} is" if len(out) == 1 else f"lines {lines} are"
    return kept, (f"{which} no data, as the contract says, and left out",)


def _first(
    frame: pd.DataFrame, ignored: tuple[IgnoredRows, ...]
) -> list[tuple[int, dict[Any, Any]]]:
    """The rows that may be no data, by position."""
    most = max((entry.within for entry in ignored), default=0)
    return list(enumerate(frame.head(most).to_dict("records")))


def _is_ignored(position: int, row: dict[Any, Any], ignored: tuple[IgnoredRows, ...]) -> bool:
    return any(
        position < entry.within
        and isinstance(row.get(entry.column), str)
        and re.search(entry.pattern, row[entry.column])
        for entry in ignored
    )
