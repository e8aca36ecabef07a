"""The same export again, and an old one after a newer: recognised by digest and name, and told."""

import asyncio
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from data_contracts.errors import BatchRefused
from tests.command_parts import Company, company, person
from tests.sync_parts import Synced, sync_once

HERE = (person(1), person(2), person(3))
GONE = (person(1), person(2), person(3, last_day="2020-06-30"))


@pytest.fixture
def acme(tmp_path: Path) -> Iterator[Company]:
    with company(tmp_path) as acme:
        yield acme


def sync_today(acme: Company) -> Synced:
    """A nightly run: no day is asked for."""
    return asyncio.run(sync_once(acme.config, None))


def source(acme: Company, **changes: Any) -> None:
    acme.settings({"sources": {"hr": changes}})


def active(acme: Company) -> list[bool]:
    users = acme.users()
    return [users[f"person{n}@acme.example"]["active"] for n in range(1, 4)]


def test_the_same_delivery_again_is_said_by_check_and_in_the_run_and_changes_nothing(
    acme: Company,
) -> None:
    assert "the same delivery" not in acme.say("check").text
    first = sync_today(acme)
    told = f"the same delivery as hr.csv, which run {first.record.run_id} acted on at"
    assert told in acme.say("check").text
    second = sync_today(acme)
    assert second.record.state == "completed"
    assert told in (acme.folder / "runs" / second.record.run_id / "report.md").read_text()
    assert acme.say("plan").code == 0


def test_an_old_delivery_brings_nobody_back(acme: Company) -> None:
    acme.export(*HERE)
    sync_today(acme)
    acme.export(*GONE)
    sync_today(acme)
    assert active(acme) == [True, True, False]
    acme.export(*HERE)
    with pytest.raises(
        BatchRefused, match=r"hr: late delivery: it is hr\.csv, which run"
    ) as caught:
        sync_today(acme)
    assert "late_delivery: warn" in str(caught.value.hint)
    assert active(acme) == [True, True, False]
    for words in (("check",), ("plan",), ("findings", "--now")):
        assert "late delivery: it is hr.csv, which run" in acme.say(*words).text
    [found] = [
        f for f in acme.say("findings", "--now", "--json").document["findings"]
        if f["code"] == "delivery-late"
    ]  # fmt: skip
    assert (found["severity"], found["subject"]) == ("critical", "hr")
    markdown = acme.say("plan", "--json").document["findings"]
    assert "delivery-late" in {each["code"] for each in markdown}


def test_a_late_delivery_is_acted_on_when_a_person_means_it(acme: Company) -> None:
    acme.export(*HERE)
    sync_today(acme)
    acme.export(*GONE)
    sync_today(acme)
    acme.export(*HERE)
    acme.sync(datetime.now(UTC).date().isoformat())  # with a day of its own
    assert active(acme) == [True, True, True]
    acme.export(*GONE)
    source(acme, late_delivery="warn")
    synced = sync_today(acme)
    assert active(acme) == [True, True, False]
    assert synced.plan is not None
    assert "delivery-late" in {finding.code for finding in synced.plan.findings}


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("in/hr_{date}.csv", ["hr_2026-03-01.csv", "hr_2026-03-02.csv"]),
        ("in/hr_{date:dd.MM.yyyy}.csv", ["hr_28.02.2026.csv", "hr_01.03.2026.csv"]),
        ("in/hr-*.csv", ["hr-20260301.csv", "hr-20260302.csv"]),
    ],
)
def test_a_name_of_an_earlier_day_is_late_though_nobody_has_seen_its_bytes(
    acme: Company, path: str, names: list[str]
) -> None:
    (acme.folder / "in").mkdir()
    source(acme, path=path)
    acme.export(*GONE, name=f"in/{names[1]}")
    sync_today(acme)
    (acme.folder / "in" / names[1]).unlink()
    acme.export(*HERE, name=f"in/{names[0]}")
    with pytest.raises(BatchRefused, match="late delivery: its name comes before"):
        sync_today(acme)


def test_a_name_of_a_later_day_is_not_late_though_its_bytes_were_seen_before(
    acme: Company,
) -> None:
    """Somebody was taken on by mistake, and let go again: the same bytes, a new delivery."""
    (acme.folder / "in").mkdir()
    source(acme, path="in/hr_{date}.csv")
    for day, rows in (("01", HERE), ("02", GONE)):
        acme.export(*rows, name=f"in/hr_2026-03-{day}.csv")
        sync_today(acme)
    shutil.copy(acme.folder / "in/hr_2026-03-01.csv", acme.folder / "in/hr_2026-03-03.csv")
    assert sync_today(acme).record.state == "completed"
    assert active(acme) == [True, True, True]


def test_a_delivery_that_no_plan_was_carried_out_from_is_not_known(acme: Company) -> None:
    sync_today(acme)
    settings = yaml.safe_load(acme.config.read_text())
    acme.settings({"guardrails": {"deactivations": {"max": 0}}})
    acme.export(*GONE)
    assert sync_today(acme).record.state == "held"
    acme.export(*HERE)
    acme.config.write_text(yaml.safe_dump(settings))
    assert sync_today(acme).record.state == "completed"
