"""Column operations that pandas has no fast word for, and the look-up of columns by name."""

from collections.abc import Callable, Iterable
from difflib import get_close_matches

import pandas as pd

from data_contracts.errors import ConfigurationError


def empty_text(length: int) -> pd.Series:
    """A text column of missing values, with a fresh index."""
    return pd.Series([None] * length, dtype="str")


def find_column(frame: pd.DataFrame, name: str, used_by: str) -> pd.Series:
    """Look a column up.

    Args:
        frame: Workers.
        name: A worker field, or `SOURCE.COLUMN`.
        used_by: The settings' path that names it, for the message.

    Raises:
        ConfigurationError: There is no such column; names the nearest.
    """
    if name in frame.columns:
        return frame[name]
    known = [str(c) for c in frame.columns if not str(c).startswith("_")]
    close = get_close_matches(name, known, n=1, cutoff=0.5)
    near = f"; did you mean {close[0]!r}?" if close else ""
    shown = ", ".join(known[:40])
    raise ConfigurationError(
        f"{used_by}: no source has a column {name!r}{near}",
        hint=f"use a worker field or SOURCE.COLUMN; known are: {shown}",
    )


def map_distinct(column: pd.Series, function: Callable[[str], str | None]) -> pd.Series:
    """Apply a function of one text to each distinct value once.

    Args:
        column: Text; missing values stay missing.
        function: From a text to a text or None.

    Returns:
        A text column with the same index.
    """
    codes, distinct = pd.factorize(column)
    mapped = pd.Series([function(str(value)) for value in distinct], dtype="str")
    result = mapped.reindex(codes)  # code -1, a missing value, is in no index
    result.index = column.index
    return result


def any_of(masks: Iterable[pd.Series], like: pd.DataFrame) -> pd.Series:
    """Rows in which at least one mask holds; none when there are no masks."""
    result = pd.Series(False, index=like.index)
    for mask in masks:
        result = result | mask
    return result
