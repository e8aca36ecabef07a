"""Whether a text could be one day by one format and another day by a second one."""

import re
from datetime import UTC, datetime, timedelta

from data_contracts.dates import DateFormat, DateKind

_MOMENTS = (
    datetime(1970, 2, 3, 1, 2, 3, tzinfo=UTC),  # few digits as a number
    datetime(2001, 2, 3, 1, 2, 3, tzinfo=UTC),  # day, month and year could be any of each other
    datetime(2012, 11, 10, 9, 8, 7, tzinfo=UTC),  # the same, each of two digits
    datetime(2026, 12, 31, 23, 59, 58, tzinfo=UTC),
)
_FILETIME_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WITHOUT_ZERO = re.compile(r"(?<![0-9])0(?=[0-9])")


def read_two_ways(one: DateFormat, other: DateFormat) -> str | None:
    """Find a text that two formats read as different days.

    Days that show every confusion of day, month and year are written by each format and read by
    the other.

    Returns:
        Such a text, or None.
    """
    for writer, reader in ((one, other), (other, one)):
        for moment in _MOMENTS:
            for text in _written(moment, writer):
                mine, theirs = _read(text, writer), _read(text, reader)
                if mine is not None and theirs is not None and mine != theirs:
                    return text
    return None


def _written(moment: datetime, form: DateFormat) -> tuple[str, ...]:
    match form.kind:
        case DateKind.SECONDS:
            number = int(moment.timestamp())
        case DateKind.MILLISECONDS:
            number = int(moment.timestamp()) * 1_000
        case DateKind.FILETIME:
            number = (moment - _FILETIME_EPOCH) // timedelta(microseconds=1) * 10
        case _:
            text = moment.strftime(form.strptime) + ("+0000" if form.zoned else "")
            texts = (text, text.replace("+0000", "+00:00"), _WITHOUT_ZERO.sub("", text))
            return tuple(dict.fromkeys(texts))
    return (str(number), f"/Date({number})/")


def _read(text: str, form: DateFormat) -> datetime | None:
    """The day at midnight; the zone says nothing here."""
    found = re.match(form.regex, text)
    if found is None:
        return None
    try:
        moment = _moment(found.group(1), form)
    except (ValueError, OverflowError):
        return None
    return moment.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)


def _moment(text: str, form: DateFormat) -> datetime:
    match form.kind:
        case DateKind.SECONDS:
            return _EPOCH + timedelta(seconds=int(text))
        case DateKind.MILLISECONDS:
            return _EPOCH + timedelta(milliseconds=int(text))
        case DateKind.FILETIME:
            return _FILETIME_EPOCH + timedelta(microseconds=int(text) // 10)
        case DateKind.TEXT:
            return datetime.strptime(text, form.strptime).replace(tzinfo=UTC)
