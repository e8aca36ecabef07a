"""Dates as exports write them: the day that is meant, and no other."""

from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.dates import LOCAL, UTC, DateReading, read_days
from data_contracts.odcs.ambiguous_dates import read_two_ways
from data_contracts.odcs.dates import read_date_format

OFFSETS = ("Z", "+01:00", "-08:00", "+05:45", "+14:00", "-11:00")


def days(*texts: str | None, formats: tuple[str, ...], day: str = LOCAL) -> list[str | None]:
    reading = DateReading(tuple(map(read_date_format, formats)), day)
    found = read_days(pd.Series(list(texts), dtype="str"), reading)
    return [None if value is pd.NaT else value.date().isoformat() for value in found]


@pytest.mark.parametrize(
    ("form", "day", "text", "expected"),
    [
        ("yyyy-MM-ddXXX", LOCAL, "2019-01-01-08:00", "2019-01-01"),
        ("yyyy-MM-dd'T'HH:mm:ssXXX", LOCAL, "2014-11-09T00:00:00+01:00", "2014-11-09"),
        ("yyyy-MM-dd'T'HH:mm:ssXXX", UTC, "2014-11-09T00:00:00+01:00", "2014-11-08"),
        ("yyyy-MM-dd'T'HH:mm:ssXXX", "Europe/Zurich", "2014-11-08T23:00:00Z", "2014-11-09"),
        ("yyyy-MM-dd'T'HH:mm:ss.SSSXXX", LOCAL, "2026-03-01T23:59:59.999Z", "2026-03-01"),
        ("yyyy-MM-dd'T'HH:mmXX", LOCAL, "2026-03-01T23:59+0530", "2026-03-01"),
        ("M/d/yyyy h:mm:ss a", LOCAL, "8/19/2021 1:25:31 PM", "2021-08-19"),
        ("M/d/yyyy h:mm:ss a", LOCAL, "12/9/2021 12:05:31 AM", "2021-12-09"),
        ("yyyyMMddHHmmss'.0Z'", LOCAL, "20201022190427.0Z", "2020-10-22"),
        ("odata-millis", UTC, "/Date(1666254202000+0000)/", "2022-10-20"),
        ("odata-millis", UTC, "/Date(-86400000)/", "1969-12-31"),
        ("epoch-millis", UTC, "1666254202000", "2022-10-20"),
        ("epoch-seconds", UTC, "1666254202", "2022-10-20"),
        ("epoch-seconds", "Pacific/Auckland", "1666267200", "2022-10-21"),
        ("filetime", UTC, "133170048000000000", "2023-01-01"),
        # what is no such date
        ("yyyy-MM-ddXXX", LOCAL, "2019-01-01", None),
        ("yyyy-MM-ddXXX", LOCAL, "2019-02-30Z", None),
        ("yyyy-MM-dd", LOCAL, "2019-01-01T00:00:00Z", None),
        ("M/d/yyyy h:mm:ss a", LOCAL, "19/8/2021 1:25:31 PM", None),
        ("odata-millis", UTC, "/Date(1666254202000+0530)/", None),
        ("odata-millis", UTC, "1666254202000", None),
        ("filetime", UTC, "9223372036854775807", None),
        ("epoch-millis", UTC, "2022-10-20", None),
    ],
)
def test_a_cell_is_the_day_that_its_format_means(
    form: str, day: str, text: str, expected: str | None
) -> None:
    assert days(text, None, formats=(form,), day=day) == [expected, None]


def test_several_formats_are_tried_in_order() -> None:
    formats = ("yyyy-MM-dd", "yyyy-MM-ddXXX", "dd.MM.yyyy")
    texts = ("2019-01-31", "2019-02-28-08:00", "31.03.2019", "03/31/2019", None)
    assert days(*texts, formats=formats) == [
        "2019-01-31", "2019-02-28", "2019-03-31", None, None,
    ]  # fmt: skip


@given(
    st.dates(date(1950, 1, 1), date(2090, 12, 31)),
    st.times(),
    st.sampled_from(OFFSETS),
)
def test_the_local_day_is_the_one_that_is_written_whatever_the_zone(
    day: date, time: Any, offset: str
) -> None:
    text = f"{day.isoformat()}T{time:%H:%M:%S}{offset}"
    assert days(text, formats=("yyyy-MM-dd'T'HH:mm:ssXXX",)) == [day.isoformat()]


@given(st.dates(date(1950, 1, 1), date(2090, 12, 31)), st.integers(0, 86_399))
def test_numbers_of_all_kinds_mean_the_same_day(day: date, second: int) -> None:
    seconds = (day - date(1970, 1, 1)) // timedelta(seconds=1) + second
    texts = {
        "epoch-seconds": str(seconds),
        "epoch-millis": str(seconds * 1_000 + 999),
        "odata-millis": f"/Date({seconds * 1_000}+0000)/",
        "filetime": str((seconds + 11_644_473_600) * 10_000_000),
    }
    for form, text in texts.items():
        assert days(text, formats=(form,), day=UTC) == [day.isoformat()], form


@pytest.mark.parametrize(
    ("one", "other", "ambiguous"),
    [
        ("dd/MM/yyyy", "MM/dd/yyyy", True),
        ("d/M/yyyy", "M/d/yyyy", True),
        ("yyyyMMdd", "epoch-seconds", True),
        ("epoch-seconds", "epoch-millis", True),
        ("epoch-millis", "filetime", True),
        ("yyyyMMdd", "ddMMyyyy", True),
        ("dd.MM.yy", "yy.MM.dd", True),
        ("yyyy-MM-dd", "yyyy-MM-ddXXX", False),
        ("yyyy-MM-dd", "dd.MM.yyyy", False),
        ("dd/MM/yyyy", "d/M/yyyy", False),
        ("yyyy-MM-dd'T'HH:mm:ssXXX", "yyyy-MM-dd'T'HH:mm:ss.SSSXXX", False),
        ("odata-millis", "epoch-millis", False),
    ],
)
def test_formats_that_read_one_text_as_two_days_are_found(
    one: str, other: str, ambiguous: bool
) -> None:
    for first, second in ((one, other), (other, one)):
        text = read_two_ways(read_date_format(first), read_date_format(second))
        assert (text is not None) is ambiguous, text
