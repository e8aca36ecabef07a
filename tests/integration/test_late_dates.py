"""A first or last day long before the plan that acts on it is a finding; a first sync is none."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.command_parts import Company, company, person


@pytest.fixture
def acme(tmp_path: Path) -> Iterator[Company]:
    with company(tmp_path) as acme:
        yield acme


def findings(acme: Company) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = acme.plan("--json").document["findings"]
    return found


def test_who_comes_and_who_goes_long_after_the_day_is_told(acme: Company) -> None:
    acme.sync()
    acme.export(
        person(1),
        person(2, last_day="2026-01-30"),  # 30 days after its end: not yet long ago
        person(3, last_day="2025-12-31"),
        person(4, hire_date="2026-02-02"),
        person(5, hire_date="2025-03-02"),
    )
    told = {each["subject"]: each["message"] for each in findings(acme)}
    assert told == {
        "00003": "loses access only now, and the last day of work was over 60 days ago",
        "00005": "gets an account only now, and the first day of work was 365 days ago",
    }
    assert {each["severity"] for each in findings(acme)} == {"warning"}
    assert "the last day of work was over 60 days ago" in acme.plan().text


def test_it_is_told_once_and_not_when_it_was_acted_on(acme: Company) -> None:
    acme.sync()
    acme.export(person(1), person(2), person(3, last_day="2025-12-31"))
    acme.sync()
    assert findings(acme) == []


def test_the_first_sync_of_a_company_is_no_surprise(acme: Company) -> None:
    assert findings(acme) == []


def test_many_at_once_are_one_finding(acme: Company) -> None:
    acme.sync()
    acme.export(*(person(n) for n in range(1, 16)))
    [finding] = findings(acme)
    assert finding["subject"] == "create"
    assert finding["message"].startswith("12 people get an account only now")


def test_how_long_is_long_is_a_setting(acme: Company) -> None:
    acme.settings({"lifecycle": {"late_days": 3650}})
    acme.sync()
    acme.export(person(1), person(2), person(3, last_day="2025-12-31"))
    assert findings(acme) == []
