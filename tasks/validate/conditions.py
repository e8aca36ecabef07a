"""What our own expectations ask of cells: plain functions from columns to "holds in this row".

Great Expectations has no fast word for these, or none at all. Each is a column operation; a missing
cell holds unless the condition is about missing cells.
"""

from collections.abc import Sequence

import pandas as pd

from data_contracts.columns import folded, is_in, repeated
from data_contracts.dates import DateReading, read_days
from data_contracts.odcs.dates import read_date_format
from tasks.validate.status import JOINT, states_of


def are_dates(
    column: pd.Series, formats: Sequence[str], day: str, earliest: str, latest: str
) -> pd.Series:
    """Cells that are real days, written exactly as declared, within bounds.

    Args:
        column: Text without missing cells.
        formats: The ways of writing, as the contract has them.
        day: Which day an instant means.
        earliest: First day allowed, ISO.
        latest: Last day allowed, ISO.
    """
    days = read_days(column, DateReading(tuple(map(read_date_format, formats)), day))
    inside = (days >= pd.Timestamp(earliest)) & (days <= pd.Timestamp(latest))
    return inside | column.isna()


def are_unique_ignoring_case(column: pd.Series) -> pd.Series:
    """Cells whose text stands once, upper and lower case being the same."""
    return ~repeated(folded(column))


def are_given_when(column: pd.Series, decider: pd.Series, when_in: Sequence[str]) -> pd.Series:
    """Cells that are there, or need not be because of the other column's value."""
    return column.notna() | ~is_in(decider, when_in)


def exist_in(column: pd.Series, other: pd.Series, ignoring_case: bool | None = None) -> pd.Series:
    """Cells that are missing, or stand somewhere in the other column."""
    if ignoring_case:
        return column.isna() | is_in(folded(column), folded(other))
    return column.isna() | is_in(column, other)


def have_status(
    columns: pd.DataFrame, known: Sequence[str], bits: Sequence[int] | None = None
) -> pd.Series:
    """Rows whose status is not missing (or where the vocabulary knows what that means)."""
    return _is_given(columns, known) | _is_known(columns, known, bits)


def have_known_status(
    columns: pd.DataFrame, known: Sequence[str], bits: Sequence[int] | None = None
) -> pd.Series:
    """Rows whose status, when there is one, is in the vocabulary."""
    return _is_known(columns, known, bits) | ~_is_given(columns, known)


def _is_given(columns: pd.DataFrame, known: Sequence[str]) -> pd.Series:
    """Whether nothing is missing where the vocabulary has no empty part."""
    given = pd.Series(True, index=columns.index)
    width = columns.shape[1]
    statuses = [status.split(JOINT) if width > 1 else [status] for status in known]
    for position in range(width):
        if all(parts[position] for parts in statuses):
            given &= columns.iloc[:, position].notna()
    return given


def _is_known(columns: pd.DataFrame, known: Sequence[str], bits: Sequence[int] | None) -> pd.Series:
    return states_of(columns, dict.fromkeys(known, "known"), bits or ()).notna()
