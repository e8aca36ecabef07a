"""When somebody is a joiner, employed, on leave, a leaver: declared status x days x settings."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from zoneinfo import ZoneInfo

import pytest

from data_contracts.as_of import AsOf
from data_contracts.configuration import Lifecycle
from data_contracts.errors import ConfigurationError
from tests.builders import HR_COLUMNS, World, codes, contract, presence

PAST, YESTERDAY, TODAY, TOMORROW = "2020-01-01", "2026-03-01", "2026-03-02", "2026-03-03"
EMPLOYED = ("present", "employed")
LEAVER = ("absent", "status-leaver")
ENDED = ("absent", "last-day-passed")
WAITING = ("waiting", "before-first-day")
PREHIRE = ("present", "prehire")


def judged(
    state: str,
    hire: str | None = None,
    last: str | None = None,
    conf: str = "",
    as_of: str | AsOf = TODAY,
    zone: str | None = None,
) -> tuple[str, str]:
    row: dict[str, str | None] = {"id": "w1", "email": "w1@acme.example", "_state": state}
    row |= {"hire": hire, "last": last, "zone": zone}
    return presence(World(hr=[row], conf=conf, as_of=as_of))["w1"]


@pytest.mark.parametrize(
    ("state", "hire", "last", "expected"),
    [
        # the status alone
        ("active", None, None, EMPLOYED),
        ("leaver", None, None, LEAVER),
        ("future", None, None, ("waiting", "no-first-day")),
        ("on_leave", None, None, ("present", "on-leave")),
        ("suspended", None, None, ("absent", "suspended")),
        # an explicit leaver is one, whatever the days say
        ("leaver", TOMORROW, None, LEAVER),
        ("leaver", PAST, TOMORROW, LEAVER),
        ("leaver", TODAY, PAST, LEAVER),
        # the last day is still a day of work
        ("active", PAST, TODAY, EMPLOYED),
        ("active", PAST, YESTERDAY, ENDED),
        ("active", PAST, TOMORROW, EMPLOYED),
        ("active", None, YESTERDAY, ENDED),
        ("active", PAST, "9999-12-31", EMPLOYED),
        ("on_leave", PAST, YESTERDAY, ENDED),
        ("suspended", PAST, YESTERDAY, ENDED),
        ("future", PAST, YESTERDAY, ENDED),
        # an employment of a single day
        ("active", TODAY, TODAY, EMPLOYED),
        ("active", YESTERDAY, YESTERDAY, ENDED),
        # the first day is a day of work
        ("active", TODAY, None, EMPLOYED),
        ("future", TODAY, None, EMPLOYED),
        ("future", YESTERDAY, None, EMPLOYED),
        ("active", TOMORROW, None, WAITING),
        ("future", TOMORROW, None, WAITING),
        ("on_leave", TOMORROW, None, WAITING),
        # a last day before the first day belongs to the employment before a rehire
        ("active", TODAY, PAST, EMPLOYED),
        ("active", YESTERDAY, PAST, EMPLOYED),
        # ... and until the rehire nobody works
        ("active", TOMORROW, YESTERDAY, ENDED),
        ("future", TOMORROW, PAST, ENDED),
        # ... but a last day that is still to come has not ended anything
        ("active", "2026-05-01", TOMORROW, WAITING),
    ],
)
def test_the_status_and_the_days_say_who_is_employed(
    state: str, hire: str | None, last: str | None, expected: tuple[str, str]
) -> None:
    assert judged(state, hire, last) == expected


@pytest.mark.parametrize(
    ("state", "conf", "expected"),
    [
        ("on_leave", "lifecycle: {on_leave: keep}", ("present", "on-leave")),
        ("on_leave", "lifecycle: {on_leave: deactivate}", ("absent", "on-leave")),
        ("suspended", "lifecycle: {suspended: keep}", ("kept", "suspended")),
        ("suspended", "lifecycle: {suspended: deactivate}", ("absent", "suspended")),
    ],
)
def test_leave_and_suspension_follow_the_settings(
    state: str, conf: str, expected: tuple[str, str]
) -> None:
    assert judged(state, PAST, None, conf) == expected


@pytest.mark.parametrize(
    ("prehire_days", "hire", "expected"),
    [
        (0, TOMORROW, WAITING),
        (1, TOMORROW, PREHIRE),
        (7, "2026-03-09", PREHIRE),
        (7, "2026-03-10", WAITING),
        (7, TODAY, EMPLOYED),
        (90, "2026-05-31", PREHIRE),
        (90, "2026-06-01", WAITING),
    ],
)
@pytest.mark.parametrize("state", ["active", "future"])
def test_a_joiner_is_provisioned_so_many_days_before_the_first_day(
    prehire_days: int, hire: str, expected: tuple[str, str], state: str
) -> None:
    assert judged(state, hire, None, f"lifecycle: {{prehire_days: {prehire_days}}}") == expected


def test_a_rehire_gets_the_account_back_as_early_as_a_joiner_gets_one() -> None:
    assert judged("future", TOMORROW, YESTERDAY, "lifecycle: {prehire_days: 1}") == PREHIRE


@pytest.mark.parametrize(
    ("state", "conf", "expected"),
    [
        ("suspended", "{prehire_days: 30}", ("absent", "suspended")),
        ("suspended", "{prehire_days: 30, suspended: keep}", ("kept", "suspended")),
        ("suspended", "{}", ("absent", "suspended")),
        ("on_leave", "{prehire_days: 30, on_leave: deactivate}", ("absent", "on-leave")),
        ("on_leave", "{prehire_days: 30}", ("present", "on-leave")),
    ],
)
def test_prehire_brings_no_account_to_somebody_suspended_or_away(
    state: str, conf: str, expected: tuple[str, str]
) -> None:
    assert judged(state, TOMORROW, None, f"lifecycle: {conf}") == expected


MOMENT = AsOf.at(datetime(2026, 3, 2, 11, 30, tzinfo=UTC), ZoneInfo("Europe/Zurich"))
"""Half past noon in Zurich, half past midnight of the next day in Auckland."""


@pytest.mark.parametrize(
    ("zone", "last", "expected"),
    [
        ("Pacific/Auckland", TODAY, ENDED),
        ("Pacific/Auckland", TOMORROW, EMPLOYED),
        ("America/Los_Angeles", TODAY, EMPLOYED),
        ("America/Los_Angeles", YESTERDAY, ENDED),
        (None, TODAY, EMPLOYED),
        ("no such zone", TODAY, EMPLOYED),
    ],
)
def test_a_day_ends_in_the_persons_own_zone(
    zone: str | None, last: str, expected: tuple[str, str]
) -> None:
    conf = "lifecycle: {time_zone: Europe/Zurich}"
    assert judged("active", PAST, last, conf, MOMENT, zone) == expected


def test_a_day_begins_in_the_persons_own_zone() -> None:
    conf = "lifecycle: {time_zone: Europe/Zurich}"
    assert judged("active", TOMORROW, None, conf, MOMENT, "Pacific/Auckland") == EMPLOYED
    assert judged("active", TOMORROW, None, conf, MOMENT, "Europe/Zurich") == WAITING
    late = AsOf.at(datetime(2026, 3, 2, 3, 0, tzinfo=UTC), ZoneInfo("Europe/Zurich"))
    assert judged("active", TODAY, None, conf, late, "America/Los_Angeles") == WAITING


@pytest.mark.sampled(5)
@pytest.mark.parametrize(
    ("zone", "last", "over_at"),
    [
        # 2026-03-29 has 23 hours in Zurich, 2026-10-25 has 25
        ("Europe/Zurich", "2026-03-28", datetime(2026, 3, 28, 23, tzinfo=UTC)),
        ("Europe/Zurich", "2026-03-29", datetime(2026, 3, 29, 22, tzinfo=UTC)),
        ("Europe/Zurich", "2026-10-24", datetime(2026, 10, 24, 22, tzinfo=UTC)),
        ("Europe/Zurich", "2026-10-25", datetime(2026, 10, 25, 23, tzinfo=UTC)),
        # Berlin's clocks go with Zurich's; New York's three weeks earlier, and a week later
        ("Europe/Berlin", "2026-03-29", datetime(2026, 3, 29, 22, tzinfo=UTC)),
        ("Europe/Berlin", "2026-10-25", datetime(2026, 10, 25, 23, tzinfo=UTC)),
        ("America/New_York", "2026-03-07", datetime(2026, 3, 8, 5, tzinfo=UTC)),
        ("America/New_York", "2026-03-08", datetime(2026, 3, 9, 4, tzinfo=UTC)),
        ("America/New_York", "2026-11-01", datetime(2026, 11, 2, 5, tzinfo=UTC)),
        # in Beirut 2026-03-29 begins at one o'clock: its midnight does not exist
        ("Asia/Beirut", "2026-03-28", datetime(2026, 3, 28, 22, tzinfo=UTC)),
        # in Santiago 2026-04-04 has its last hour twice
        ("America/Santiago", "2026-04-04", datetime(2026, 4, 5, 4, tzinfo=UTC)),
    ],
)
def test_in_the_night_of_a_time_change_a_leaver_leaves_once_and_stays_one(
    zone: str, last: str, over_at: datetime
) -> None:
    said = []
    for minutes in range(-180, 181, 30):
        moment = AsOf.at(over_at + timedelta(minutes=minutes), ZoneInfo(zone))
        said.append(judged("active", PAST, last, as_of=moment, zone=zone))
    assert said == [EMPLOYED] * 6 + [ENDED] * 7


def test_a_given_day_holds_for_everybody() -> None:
    for zone in ("Pacific/Auckland", "America/Los_Angeles", None):
        assert judged("active", PAST, TODAY, as_of=AsOf.parse(TODAY), zone=zone) == EMPLOYED


def test_the_days_of_other_zones_are_kept_and_give_the_same_judgement_again() -> None:
    rows = [
        {"id": zone, "email": f"{i}@acme.example", "hire": PAST, "last": TODAY, "zone": zone}
        for i, zone in enumerate(["Pacific/Auckland", "America/Los_Angeles", "Europe/Zurich"])
    ]
    world = World(hr=rows, conf="lifecycle: {time_zone: Europe/Zurich}", as_of=MOMENT)
    plan = world.plan()
    assert plan.as_of == date(2026, 3, 2)
    assert plan.zone_days == {"Pacific/Auckland": date(2026, 3, 3)}

    again = World(hr=rows, conf=world.conf, as_of=AsOf(plan.as_of, days=plan.zone_days))
    assert again.plan().digest == plan.digest


def test_the_companys_own_day_follows_its_zone() -> None:
    moment = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
    assert AsOf.at(moment, ZoneInfo("Europe/Zurich")).day == date(2026, 3, 3)
    assert AsOf.at(moment, ZoneInfo("America/New_York")).day == date(2026, 3, 2)


@pytest.mark.parametrize("text", ["2026-02-30", "2.3.2026", "today", "", "2026-03-02T00:00"])
def test_a_day_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="is not a date"):
        AsOf.parse(text)


ENDED_JOB = {"_state": "active", "hire": "2019-01-01", "last": "2024-12-31"}
LEFT_JOB = {"_state": "leaver", "hire": "2018-01-01", "last": None}
OPEN_JOB = {"_state": "active", "hire": "2025-01-01", "last": None}
OLD_OPEN_JOB = {"_state": "active", "hire": "2015-01-01", "last": None}
NEXT_JOB = {"_state": "future", "hire": "2026-06-01", "last": None}
LEAVE_JOB = {"_state": "on_leave", "hire": "2016-01-01", "last": None}
SUSPENDED_JOB = {"_state": "suspended", "hire": "2026-01-01", "last": None}
DATELESS_JOB = {"_state": "active", "hire": None, "last": None}


@pytest.mark.parametrize(
    ("jobs", "expected", "title"),
    [
        ([ENDED_JOB, OPEN_JOB], EMPLOYED, "job 1"),
        ([LEFT_JOB, OPEN_JOB], EMPLOYED, "job 1"),
        ([ENDED_JOB, LEFT_JOB, OPEN_JOB], EMPLOYED, "job 2"),
        ([ENDED_JOB, NEXT_JOB], ENDED, "job 0"),
        ([LEFT_JOB, NEXT_JOB], LEAVER, "job 0"),
        ([OPEN_JOB, NEXT_JOB], EMPLOYED, "job 0"),
        ([OLD_OPEN_JOB, OPEN_JOB], EMPLOYED, "job 1"),
        ([DATELESS_JOB, OPEN_JOB], EMPLOYED, "job 1"),
        ([DATELESS_JOB, ENDED_JOB], EMPLOYED, "job 0"),
        ([ENDED_JOB, LEAVE_JOB], ("present", "on-leave"), "job 1"),
        ([SUSPENDED_JOB, OPEN_JOB], EMPLOYED, "job 1"),
        ([SUSPENDED_JOB, ENDED_JOB], ("absent", "suspended"), "job 0"),
        ([NEXT_JOB, {**NEXT_JOB, "hire": "2026-09-01"}], WAITING, "job 1"),
    ],
)
def test_of_several_employments_the_open_one_counts_whatever_the_order_of_rows(
    jobs: list[dict[str, str | None]], expected: tuple[str, str], title: str
) -> None:
    rows = [
        {"id": "w1", "email": "w1@acme.example", "title": f"job {i}", "_line": 10 + i, **job}
        for i, job in enumerate(jobs)
    ]
    for ordered in permutations(rows):
        people = World(hr=ordered).people().frame
        assert people["worker_key"].tolist() == ["w1"]
        assert (people["presence"][0], people["reason"][0]) == expected
        assert people["title"][0] == title


def test_an_employment_that_keeps_the_account_outweighs_one_that_takes_it() -> None:
    jobs: list[dict[str, str | None]] = [SUSPENDED_JOB, LEAVE_JOB]
    rows = [{"id": "w1", "email": "a@x", **job} for job in jobs]
    conf = "lifecycle: {suspended: keep, on_leave: deactivate}"
    for ordered in permutations(rows):
        assert presence(World(hr=ordered, conf=conf)) == {"w1": ("kept", "suspended")}


def test_equal_employments_are_told_apart_by_their_line_alone() -> None:
    rows = [{"id": "w1", "email": "a@x", **OPEN_JOB, "_line": n} for n in (7, 3, 5)]
    for ordered in permutations(rows):
        assert World(hr=ordered).people().frame["line.hr"].tolist() == [3]


def test_one_ended_employment_is_not_a_leaver_at_the_target() -> None:
    rows = [
        {"id": "w1", "email": "w1@acme.example", **LEFT_JOB},
        {"id": "w1", "email": "w1@acme.example", **OPEN_JOB},
    ]
    account = {"id": "a1", "userName": "w1@acme.example"}
    account['emails[type eq "work"].value'] = "w1@acme.example"
    assert World(hr=rows, accounts=[account], links=[("w1", "a1")]).plan().is_empty


@pytest.mark.parametrize(
    ("date_format", "first", "last"),
    [
        ("%d.%m.%Y", "02.03.2026", "03.03.2026"),
        ("%m/%d/%Y", "03/02/2026", "03/03/2026"),
        ("%Y-%m-%dT%H:%M:%S", "2026-03-02T09:00:00", "2026-03-02T17:00:00"),
        ("%Y-%m-%d %I:%M:%S %p", "2026-03-02 09:00:00 PM", "2026-03-02 12:00:00 AM"),
    ],
)
def test_a_day_is_a_day_whatever_the_format_and_the_hour_behind_it(
    date_format: str, first: str, last: str
) -> None:
    own = contract(HR_COLUMNS, date_format=date_format)
    row = {"id": "w1", "email": "w1@acme.example", "hire": first, "last": last}
    other = {"id": "w2", "email": "w2@acme.example", "hire": None, "last": None}
    assert presence(World(hr=[row, other], hr_contract=own))["w1"] == EMPLOYED


@pytest.mark.parametrize(
    ("hire", "again", "last", "expected"),
    [
        ("2015-01-15", "2024-03-01", "2020-06-30", EMPLOYED),  # back, the old last day still there
        ("2015-01-15", None, "2020-06-30", ENDED),
        ("2015-01-15", "2024-03-01", YESTERDAY, ENDED),  # and left again
        ("2015-01-15", "2024-03-01", None, EMPLOYED),
        (None, "2024-03-01", "2020-06-30", EMPLOYED),
        ("2024-03-01", "2015-01-15", "2020-06-30", EMPLOYED),  # whichever column is which
        ("2015-01-15", "2015-01-15", "2020-06-30", ENDED),
        ("2015-01-15", TOMORROW, "2020-06-30", ENDED),  # comes back tomorrow, has no account yet
        ("2015-01-15", TODAY, YESTERDAY, EMPLOYED),
        # a day ahead without a last day: an account that is there is left as it is
        ("2015-01-15", TOMORROW, None, ("waiting", "before-first-day")),
        ("2015-01-15", "spring", "2020-06-30", ("kept", "date-unreadable")),
    ],
)
def test_who_came_back_is_employed_from_the_later_first_day(
    hire: str | None, again: str | None, last: str | None, expected: tuple[str, str]
) -> None:
    row: dict[str, str | None] = {"id": "w1", "email": "w1@acme.example", "_state": "active"}
    row |= {"hire": hire, "again": again, "last": last}
    assert presence(World(hr=[row], as_of=TODAY))["w1"] == expected


@pytest.mark.parametrize("column", ["hire", "again", "last"])
def test_somebody_whose_date_cannot_be_read_keeps_what_they_have(column: str) -> None:
    row = {"id": "w1", "email": "w1@acme.example", column: "1 March"}
    world = World(hr=[row])
    assert presence(world) == {"w1": ("kept", "date-unreadable")}
    assert codes(world.people()) == {"w1": {"date-unreadable"}}


def test_an_explicit_leaver_is_one_whatever_the_day_of_a_rehire() -> None:
    for again in (PAST, TODAY, TOMORROW, "spring"):
        row = {"id": "w1", "email": "w1@acme.example", "_state": "leaver"}
        row |= {"hire": "2015-01-15", "again": again, "last": "2020-06-30"}
        assert presence(World(hr=[row], as_of=TODAY)) == {"w1": LEAVER}


def test_an_explicit_leaver_is_one_with_an_unreadable_date_too() -> None:
    row = {"id": "w1", "email": "w1@acme.example", "last": "1 March", "_state": "leaver"}
    assert presence(World(hr=[row])) == {"w1": LEAVER}


def test_a_sentinel_is_no_date() -> None:
    own = contract(HR_COLUMNS)
    columns = tuple(replace(c, sentinels=("0000-00-00",)) for c in own.columns)
    row = {"id": "w1", "email": "a@x", "hire": "0000-00-00", "last": "0000-00-00"}
    world = World(hr=[row], hr_contract=replace(own, columns=columns))
    assert presence(world) == {"w1": EMPLOYED}


def test_columns_of_the_export_keep_their_names_and_values_whatever_they_are_called() -> None:
    names = {"id": HR_COLUMNS["id"], "email": HR_COLUMNS["email"], "first_day": HR_COLUMNS["hire"]}
    own = contract({**names, "presence": None, "reason": None})
    row = {"id": "w1", "email": "a@x", "first_day": PAST, "presence": "remote", "reason": "none"}
    conf = """
    mapping:
      externalId: null
      name.givenName: null
      title: {template: "{hr.presence}/{hr.reason}/{hr.first_day}/{hire_date}"}
    """
    world = World(hr=[row], hr_contract=own, conf=conf)
    frame = world.people().frame
    assert frame["title"].tolist() == ["remote/none/2020-01-01/2020-01-01"]
    assert frame["presence"].tolist() == ["present"]


def test_the_lifecycle_of_nobody_is_empty() -> None:
    assert World(hr=[]).people().frame.empty


def test_the_settings_bound_how_early_a_joiner_may_come() -> None:
    for days in (-1, 91):
        with pytest.raises(ValueError, match="prehire_days"):
            Lifecycle(prehire_days=days)


@pytest.mark.parametrize(
    ("state", "leave_end", "on_leave", "expected"),
    [
        ("on_leave", YESTERDAY, "deactivate", EMPLOYED),
        ("on_leave", TODAY, "deactivate", ("absent", "on-leave")),
        ("on_leave", TOMORROW, "keep", ("present", "on-leave")),
        ("on_leave", None, "deactivate", ("absent", "on-leave")),
        ("on_leave", "soon", "deactivate", ("kept", "date-unreadable")),
        # of others it says nothing
        ("active", "soon", "deactivate", EMPLOYED),
        ("leaver", YESTERDAY, "deactivate", LEAVER),
        ("suspended", YESTERDAY, "deactivate", ("absent", "suspended")),
    ],
)
def test_a_leave_is_over_after_its_last_day_whatever_the_status_says(
    state: str, leave_end: str | None, on_leave: str, expected: tuple[str, str]
) -> None:
    row: dict[str, str | None] = {"id": "w1", "email": "w1@acme.example", "_state": state}
    row |= {"hire": PAST, "back": leave_end}
    world = World(hr=[row], conf=f"lifecycle: {{on_leave: {on_leave}}}\n", as_of=TODAY)
    assert presence(world)["w1"] == expected


def test_who_is_back_from_leave_still_leaves_after_the_last_day() -> None:
    row = {"id": "w1", "email": "w1@acme.example", "_state": "on_leave"}
    row |= {"hire": PAST, "back": "2026-02-01", "last": YESTERDAY}
    assert presence(World(hr=[row], as_of=TODAY))["w1"] == ENDED
