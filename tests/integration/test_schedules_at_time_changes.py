"""When the default schedules run around a time change, as Prefect's server computes them."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from flows.jobs import jobs_of
from tests.builders import settings


def due(job: str, zone: str, since: str, hours: int) -> list[str]:
    """The moments in UTC at which a deployment's schedule starts runs.

    The server asks anew every minute, from that moment on: each hour's answer is taken together.
    """
    from prefect.server.schemas.schedules import CronSchedule

    from flows.deploying import _schedules

    jobs = jobs_of(settings(f"lifecycle: {{time_zone: {zone}}}"), "scimflow.yaml")
    [deployed] = [each for each in jobs if each.job.name == job]
    [told] = _schedules(deployed)
    known = CronSchedule.model_validate(told.schedule.model_dump())
    begin = datetime.fromisoformat(since).replace(tzinfo=UTC)
    end = begin + timedelta(hours=hours)
    found = set()
    for hour in range(hours):
        asked = known.get_dates(5, start=begin + timedelta(hours=hour), end=end)
        found |= {moment.astimezone(UTC) for moment in asyncio.run(asked)}
    return [f"{moment:%m-%d %H:%M}" for moment in sorted(found) if moment < end]


@pytest.mark.parametrize(
    ("zone", "since", "expected"),
    [
        # 02:30 does not exist: 01:30 by the wall clock
        ("Europe/Berlin", "2026-03-28T00:00", ["03-28 01:30", "03-29 00:30", "03-30 00:30"]),
        ("America/New_York", "2026-03-07T00:00", ["03-07 07:30", "03-08 06:30", "03-09 06:30"]),
        # 02:30 comes twice: the first one
        ("Europe/Berlin", "2026-10-24T00:00", ["10-24 00:30", "10-25 00:30", "10-26 01:30"]),
    ],
)
def test_the_nightly_sync_runs_once_in_the_night_of_a_time_change(
    zone: str, since: str, expected: list[str]
) -> None:
    assert due("sync", zone, since, hours=72) == expected


@pytest.mark.parametrize(
    ("zone", "since", "expected"),
    [
        # no hour is left out where the wall skips one
        ("Europe/Berlin", "2026-03-29T00:00", ["00:05", "01:05", "02:05", "03:05"]),
        ("America/New_York", "2026-03-08T06:00", ["06:05", "07:05", "08:05", "09:05"]),
        # of the hour that the wall shows twice the second one is left out: two hours in between
        ("Europe/Berlin", "2026-10-25T00:00", ["00:05", "02:05", "03:05"]),
        ("America/New_York", "2026-11-01T05:00", ["05:05", "07:05", "08:05"]),
    ],
)
def test_the_hourly_sweep_leaves_out_at_most_the_hour_that_comes_twice(
    zone: str, since: str, expected: list[str]
) -> None:
    assert due("leaver-sweep", zone, since, hours=4) == [f"{since[5:10]} {at}" for at in expected]
