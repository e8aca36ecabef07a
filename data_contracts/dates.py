"""How an export writes its dates, and the day that a cell means.

A date that decides over access is a day, not an instant: `2026-03-01T00:00:00+01:00` is the first
of March, wherever it is read. Where an export writes instants (seconds since 1970, Windows
FILETIME), the contract says in which zone their day is meant.

pandas is imported when a function is called: the light commands never come here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

EARLIEST = date(1900, 1, 1)  # older hire dates are "no date" in disguise: 0001-01-01, 1753-01-01
LATEST = date(2100, 12, 31)  # later ones are "for ever" in disguise: 9999-12-31

LOCAL = "local"
"""The calendar day as it is written; its zone suffix says nothing about the day."""

UTC = "UTC"

# An instant is a day in every zone where the calendar has the days beside it: years 1 to 9999
_FIRST_INSTANT = "0001-01-02"
_LAST_INSTANT = "9999-12-30"
_MOST_SECONDS = 253_402_128_000  # from 1970 to the last instant; more would leave 64 bits behind

_FILETIME_EPOCH_US = 11_644_473_600 * 1_000_000  # from 1601-01-01, where FILETIME begins, to 1970


class DateKind(StrEnum):
    """What stands in the cell."""

    TEXT = "text"
    SECONDS = "seconds"  # since 1970-01-01T00:00:00Z
    MILLISECONDS = "milliseconds"  # the same
    FILETIME = "filetime"  # 100 ns since 1601-01-01T00:00:00Z


@dataclass(frozen=True, slots=True)
class DateFormat:
    """A way of writing dates.

    Attributes:
        words: As the contract writes it.
        regex: What exactly such a text looks like (strptime alone also takes `2024-1-5`); its
            first group is the date or the number, its second the zone where there is one.
        strptime: The first group for `strptime` and pandas; "" for numbers.
        kind: What stands in the cell.
        zoned: Whether a zone stands behind the date.
    """

    words: str
    regex: str
    strptime: str = ""
    kind: DateKind = DateKind.TEXT
    zoned: bool = False


@dataclass(frozen=True, slots=True)
class DateReading:
    """How a column's dates are read.

    Attributes:
        formats: Tried in this order; no text is a date by two of them.
        day: Which day an instant means: `local` (as written), or a zone.
    """

    formats: tuple[DateFormat, ...]
    day: str = LOCAL

    @property
    def words(self) -> str:
        """The formats as the contract writes them."""
        return " or ".join(form.words for form in self.formats)


ISO = DateReading((DateFormat("yyyy-MM-dd", "^([0-9]{4}-[0-9]{2}-[0-9]{2})$", "%Y-%m-%d"),))


def read_days(column: pd.Series, reading: DateReading) -> pd.Series:
    """Read the days of a text column.

    Each distinct text is read once: a million rows have some thousand days.

    Args:
        column: Text; missing cells stay missing.
        reading: How they are written.

    Returns:
        The days, with the column's index; missing where a cell is no date written as declared.
    """
    import numpy as np
    import pandas as pd

    codes, values = pd.factorize(column)
    distinct = pd.Series(values, dtype="str")
    days = np.full(len(distinct), "NaT", dtype="datetime64[us]")
    for form in reading.formats:
        left = np.isnat(days)
        days[left] = _parse(distinct[left], form, reading.day)
    whole = np.append(days, np.datetime64("NaT"))  # code -1 is a missing cell
    return pd.Series(whole[codes], index=column.index)


def _parse(texts: pd.Series, form: DateFormat, day: str) -> Any:
    import pandas as pd

    parts = texts.str.extract(form.regex)
    found = parts[0].notna()
    moments = pd.Series(pd.NaT, index=texts.index, dtype="datetime64[us]")
    if found.any():
        moments[found] = _moments(parts[found], form, day)
    return moments.dt.normalize().to_numpy()


def _moments(parts: pd.DataFrame, form: DateFormat, day: str) -> pd.Series:
    import pandas as pd

    if form.kind is DateKind.TEXT:
        parsed = pd.to_datetime(parts[0], format=form.strptime, errors="coerce", exact=True)
        written = parsed.astype("datetime64[us]")
        if not form.zoned or day == LOCAL:
            return written
        instants = written - parts[1].map(_offset)
    else:
        instants = _instants(parts[0].astype("int64"), form.kind)
    instants = instants.where((instants >= _FIRST_INSTANT) & (instants <= _LAST_INSTANT))
    if day == UTC:
        return instants
    return instants.dt.tz_localize(UTC).dt.tz_convert(day).dt.tz_localize(None)


def _instants(numbers: pd.Series, kind: DateKind) -> pd.Series:
    if kind is not DateKind.FILETIME:
        most = _MOST_SECONDS * (1 if kind is DateKind.SECONDS else 1_000)
        numbers = numbers.where(numbers.abs() <= most).astype("Int64")
    match kind:
        case DateKind.SECONDS:
            microseconds = numbers * 1_000_000
        case DateKind.FILETIME:
            microseconds = numbers // 10 - _FILETIME_EPOCH_US
        case _:
            microseconds = numbers * 1_000
    return microseconds.astype("datetime64[us]")


def _offset(zone: str) -> pd.Timedelta:
    """How far a zone suffix is ahead of UTC: `Z`, `+01`, `+0100`, `+01:00`."""
    import pandas as pd

    if zone == "Z":
        return pd.Timedelta(0)
    digits = zone[1:].replace(":", "")
    minutes = int(digits[:2]) * 60 + int(digits[2:] or 0)
    return pd.Timedelta(minutes=-minutes if zone[0] == "-" else minutes)
