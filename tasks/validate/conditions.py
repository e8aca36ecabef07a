"""What our own expectations ask of cells: plain functions from columns to "holds in this row".

Great Expectations has no fast word for these, or none at all. Each is a column operation; a missing
cell holds unless the condition is about missing cells.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from data_contracts.columns import folded, is_in, repeated
from tasks.validate.status import states_of


def are_dates(
    column: pd.Series, date_format: str, regex: str, earliest: str, latest: str
) -> pd.Series:
    """Cells that are real days, written exactly as declared, within bounds.

    Each distinct text is parsed once: a million rows have some thousand days.

    Args:
        column: Text without missing cells.
        date_format: For strptime.
        regex: What such a text looks like; strptime alone also takes `2024-1-5`.
        earliest: First day allowed, ISO.
        latest: Last day allowed, ISO.
    """
    codes, values = pd.factorize(column)
    distinct = pd.Series(values, dtype="str")
    written = distinct.str.match(regex).to_numpy(dtype=bool)
    parsed = pd.to_datetime(
        distinct.where(written), format=date_format, errors="coerce", exact=True
    )
    end = pd.Timestamp(latest) + pd.Timedelta(days=1)
    inside = (parsed >= pd.Timestamp(earliest)) & (parsed < end)
    return _per_row(codes, inside.to_numpy(dtype=bool), column)


def are_unique_ignoring_case(column: pd.Series) -> pd.Series:
    """Cells whose text stands once, upper and lower case being the same."""
    return ~repeated(folded(column))


def are_given_when(column: pd.Series, decider: pd.Series, when_in: Sequence[str]) -> pd.Series:
    """Cells that are there, or need not be because of the other column's value."""
    return column.notna() | ~is_in(decider, when_in)


def exist_in(column: pd.Series, other: pd.Series) -> pd.Series:
    """Cells that are missing, or stand somewhere in the other column."""
    return column.isna() | is_in(column, other)


def have_status(columns: pd.DataFrame, known: Sequence[str]) -> pd.Series:
    """Rows whose status is not missing (or where the vocabulary knows what that means)."""
    return columns.notna().all(axis=1) | states_of(columns, dict.fromkeys(known, "")).notna()


def have_known_status(columns: pd.DataFrame, known: Sequence[str]) -> pd.Series:
    """Rows whose status, when there is one, is in the vocabulary."""
    states = states_of(columns, dict.fromkeys(known, "known"))
    return states.notna() | columns.isna().any(axis=1)


def _per_row(codes: Any, holds: Any, like: pd.Series) -> pd.Series:
    """From distinct values back to rows; code -1 is a missing cell, which holds."""
    return pd.Series(np.append(holds, True)[codes], index=like.index)
