"""`deployments`: schedules, their zones, and what a wrong one is told."""

import pytest

from data_contracts.errors import ConfigurationError
from data_contracts.words import IfBusy
from flows.jobs import jobs_of
from tests.builders import settings

PLACE = "scimflow.yaml"


def test_without_a_word_the_sync_is_nightly_the_sweep_hourly_and_the_drift_report_weekly() -> None:
    schedules = {
        each.job.name: (each.schedule.cron, each.schedule.if_busy)
        for each in jobs_of(settings(), PLACE)
        if each.schedule is not None
    }
    assert schedules == {
        "sync": ("30 2 * * *", IfBusy.WAIT),
        "leaver-sweep": ("5 * * * *", IfBusy.CANCEL),
        "drift-report": ("0 6 * * mon", IfBusy.WAIT),
    }


def test_what_is_over_its_time_goes_every_week_where_the_settings_say_when_that_is() -> None:
    def schedule(*documents: str) -> str | None:
        found = {each.job.name: each.schedule for each in jobs_of(settings(*documents), PLACE)}
        return found["prune"].cron if found["prune"] is not None else None

    assert schedule() is None
    for kept in ("keep_values_days: 30", "keep_runs_days: 400"):
        assert schedule(f"ledger: {{{kept}}}") == "40 4 * * sun"
        off = "deployments: {schedules: {prune: null}}"
        assert schedule(f"ledger: {{{kept}}}", off) is None


def test_a_schedule_keeps_what_is_not_said_of_it() -> None:
    ours = settings('deployments: {schedules: {leaver_sweep: {cron: "*/15 * * * *"}}}')
    sweep = ours.deployments.schedules.leaver_sweep
    assert sweep is not None
    assert (sweep.cron, sweep.if_busy) == ("*/15 * * * *", IfBusy.CANCEL)


def test_schedules_are_in_the_company_s_zone_unless_they_have_their_own() -> None:
    zone = "lifecycle: {time_zone: Europe/Zurich}"
    own = "deployments: {time_zone: America/New_York}"
    assert {each.time_zone for each in jobs_of(settings(zone), PLACE)} == {"Europe/Zurich"}
    assert {each.time_zone for each in jobs_of(settings(zone, own), PLACE)} == {"America/New_York"}


def test_parameters_are_a_path_and_what_to_do_when_the_target_is_busy() -> None:
    for each in jobs_of(settings(), PLACE):
        expected = {"configuration", "if_busy"} if each.job.writes else {"configuration"}
        assert set(each.parameters) == expected


@pytest.mark.parametrize(
    "cron",
    ["0 0 * * *", "*/5 8-18 * * mon-fri", "0,30 * 1,15 jan-mar 0-7", "59 23 31 12 SUN"],
)
def test_a_cron_schedule_that_is_one(cron: str) -> None:
    settings(f'deployments: {{schedules: {{sync: {{cron: "{cron}"}}}}}}')


@pytest.mark.parametrize(
    ("cron", "words"),
    [
        ("30 2 * *", "it has five fields"),
        ("@daily", "it has five fields"),
        ("60 2 * * *", "'60' is no minute of a cron schedule (0 to 59, or *)"),
        ("30 24 * * *", "'24' is no hour"),
        ("30 2 0 * *", "'0' is no day of the month"),
        ("30 2 * 13 *", "'13' is no month"),
        ("30 2 * * someday", "'someday' is no day of the week"),
        ("30 2 * * fri-mon", "'fri-mon' is no day of the week"),
        ("*/0 2 * * *", "'*/0' is no minute"),
    ],
)
def test_one_that_is_none_is_refused_with_its_place(cron: str, words: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        settings(f'deployments: {{schedules: {{sync: {{cron: "{cron}"}}}}}}')
    assert "deployments.schedules.sync.cron" in caught.value.message
    assert words in caught.value.message


@pytest.mark.parametrize(
    ("snippet", "words"),
    [
        ("{time_zone: Zurich}", "no time zone of the IANA database"),
        ("{pool_type: docker}", "`image` goes with `pool_type: docker`"),
        ("{image: scimflow}", "`image` goes with `pool_type: docker`"),
        ("{schedules: {nightly: {}}}", "unknown key"),
        ("{schedules: {sync: {if_busy: queue}}}", "deployments.schedules.sync.if_busy"),
    ],
)
def test_what_does_not_fit_is_refused(snippet: str, words: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        settings(f"deployments: {snippet}")
    assert words in caught.value.message


def test_what_is_deployed_makes_no_plan_stale() -> None:
    assert settings("deployments: {work_pool: other}").digest == settings().digest
