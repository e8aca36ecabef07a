"""Whose account is still active some time after the last day: by zone, and by what the run did."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from data_contracts.active_leaver import ActiveLeaver
from data_contracts.as_of import AsOf
from data_contracts.outcome import LoadReport, Outcome
from data_contracts.words import OperationKind, OutcomeResult
from flows.overdue import note_leavers, overdue
from flows.pipeline import Prepared
from tasks.plan.make import make_plan
from tasks.transform.lifecycle import ended_employments
from tests.builders import HR, World, accepted, links, settings

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
TODAY = AsOf.at(NOW, settings().lifecycle.zone)


def person(key: str, **more: Any) -> dict[str, Any]:
    return {"id": key, "email": f"{key}@acme.example", "ext": key, **more}


def ended(*rows: dict[str, Any], zone: str = "UTC", as_of: AsOf = TODAY) -> dict[str, datetime]:
    lifecycle = settings(f"lifecycle: {{time_zone: {zone}}}").lifecycle
    found = ended_employments(accepted(rows, HR), HR, lifecycle, as_of)
    return {str(key): moment.to_pydatetime() for key, moment in found.items()}


def test_a_last_day_ends_at_midnight_where_the_leaver_is() -> None:
    found = ended(
        person("w1", last="2026-02-27"),
        person("w2", last="2026-02-27", zone="Asia/Tokyo"),
        zone="America/New_York",
    )
    assert found == {
        "w1": datetime(2026, 2, 28, 5, tzinfo=UTC),
        "w2": datetime(2026, 2, 27, 15, tzinfo=UTC),
    }


@pytest.mark.parametrize(
    ("zone", "last", "over_at"),
    [
        ("Europe/Berlin", "2026-03-29", datetime(2026, 3, 29, 22, tzinfo=UTC)),
        ("Europe/Berlin", "2026-10-25", datetime(2026, 10, 25, 23, tzinfo=UTC)),
        ("America/New_York", "2026-03-08", datetime(2026, 3, 9, 4, tzinfo=UTC)),
    ],
)
def test_the_hours_after_a_last_day_count_from_its_end_also_when_it_has_23_or_25(
    zone: str, last: str, over_at: datetime
) -> None:
    later = AsOf.at(datetime(2026, 12, 1, tzinfo=UTC), settings().lifecycle.zone)
    for of_company, of_person in ((zone, None), ("Asia/Tokyo", zone)):
        row = person("w1", last=last, zone=of_person)
        assert ended(row, zone=of_company, as_of=later) == {"w1": over_at}


def test_only_leavers_with_a_last_day_have_an_end() -> None:
    found = ended(
        person("w1", last="2026-12-31"),
        person("w2"),
        person("w3", _state="leaver"),
        person("w4", last="2026-02-27"),
    )
    assert set(found) == {"w4"}


class Noted:
    """What a run has noted of a world, with a ledger that knows its links."""

    def __init__(self, world: World, as_of: AsOf = TODAY) -> None:
        self.project = SimpleNamespace(settings=world.settings)
        self.record = SimpleNamespace(target="acme")
        self.ledger = SimpleNamespace(links=lambda target: links(world.links))
        self.load: LoadReport | None = None
        self.active_leavers: tuple[ActiveLeaver, ...] = ()
        inputs = world.inputs()
        plan = make_plan(inputs, world.settings, as_of)
        sources = SimpleNamespace(checked=world.batches)
        prepared: Any = Prepared(sources, inputs.people, inputs.snapshot, plan)  # type: ignore[arg-type]
        note_leavers(self, prepared, as_of)  # type: ignore[arg-type]

    def late(self, now: datetime = NOW) -> list[str]:
        return [each.worker_key for each in overdue(self, now)]  # type: ignore[arg-type]


def world(conf: str = "") -> World:
    """Four who left on 27 February: active, inactive, protected, not managed; one who stays."""
    rows = [person(f"w{n}", last="2026-02-27") for n in range(1, 5)] + [person("w5")]
    accounts = [
        {"id": f"a{n}", "userName": f"w{n}@acme.example", "externalId": f"w{n}", "active": n != 2}
        for n in range(1, 6)
    ]
    protected = "target: {protected: [W3@acme.example]}"
    linked = [(f"w{n}", f"a{n}") for n in (1, 2, 3, 5)]
    return World(hr=rows, accounts=accounts, links=linked, conf=[protected, conf])


def test_managed_active_accounts_of_leavers_are_noted_and_protected_ones_are_not() -> None:
    assert [each.worker_key for each in Noted(world()).active_leavers] == ["w1"]


def test_a_day_that_was_asked_for_makes_nobody_late_now() -> None:
    assert Noted(world(), AsOf.parse("2026-03-02")).active_leavers == ()


@pytest.mark.parametrize(
    ("now", "late"),
    [
        (datetime(2026, 2, 28, 4, tzinfo=UTC), []),
        (datetime(2026, 2, 28, 4, 1, tzinfo=UTC), ["w1"]),
    ],
)
def test_a_leaver_is_overdue_after_the_hours_that_the_settings_allow(
    now: datetime, late: list[str]
) -> None:
    assert Noted(world("notifications: {leaver_overdue_h: 4}")).late(now) == late


@pytest.mark.parametrize(
    ("result", "late"), [(OutcomeResult.APPLIED, []), (OutcomeResult.FAILED, ["w1"])]
)
def test_whom_the_run_deactivated_is_not_overdue(result: OutcomeResult, late: list[str]) -> None:
    noted = Noted(world())
    kind = OperationKind.DEACTIVATE
    noted.load = LoadReport((Outcome("deactivate/w1", "w1", kind, result, "a1"),))
    assert noted.late() == late
