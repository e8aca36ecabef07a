"""Intervals of access, and the month's numbers: pure, from changes in their order."""

import csv
import io
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow.parquet as parquet
import pytest

from data_contracts.access import AccessChange, AccessEvent, AccessInterval, Cause
from data_contracts.batch import QuarantinedRow
from data_contracts.month import DoneOperation, Month, MonthInputs
from data_contracts.outcome import RunRecord
from data_contracts.words import RunState
from tasks.report.access import COLUMNS, access_rows, chosen, intervals
from tasks.report.access_files import access_file
from tasks.report.blocks import as_html, as_markdown
from tasks.report.month import monthly, quantile
from tasks.report.month_page import month_blocks, month_document, span, title

GIVEN, CHANGED, ENDED, LET_GO = AccessChange


def day(number: int, hour: int = 9) -> datetime:
    return datetime(2026, 3, number, hour, tzinfo=UTC)


def event(number: int, change: AccessChange, role: str = "", **more: Any) -> AccessEvent:
    reason = more.pop("reason", "joiner" if change is GIVEN else "leaver")
    values: dict[str, Any] = {"worker_key": "W1", "account_id": "a-1", **more}
    cause = Cause(reason, "in words", ("hr.csv:17",), ("sha256:f",), "roles.rules.0", f"r{number}")
    return AccessEvent(
        day(number), change, values["worker_key"], values["account_id"], "w1@acme.example",
        role, cause, values.get("due"),
    )  # fmt: skip


def times(*events: AccessEvent) -> list[tuple[str, int, int | None]]:
    return [(i.role, i.begin.day, i.end.day if i.end else None) for i in intervals(events)]


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([event(1, GIVEN, "maker")], [("maker", 1, None)]),
        ([event(1, GIVEN, "maker"), event(5, ENDED)], [("maker", 1, 5)]),
        (
            [event(1, GIVEN, "maker"), event(5, ENDED), event(9, GIVEN)],
            [("maker", 1, 5), ("", 9, None)],
        ),
        (
            [event(1, GIVEN, "viewer"), event(3, CHANGED, "maker"), event(5, ENDED)],
            [("viewer", 1, 3), ("maker", 3, 5)],
        ),
        ([event(1, GIVEN, "maker"), event(3, CHANGED, "maker")], [("maker", 1, None)]),
        ([event(1, GIVEN), event(3, CHANGED, "maker")], [("", 1, 3), ("maker", 3, None)]),
        ([event(1, GIVEN, "maker"), event(4, LET_GO)], [("maker", 1, 4)]),
        (
            [event(1, GIVEN, "maker"), event(4, GIVEN, account_id="a-2")],
            [("maker", 1, 4), ("", 4, None)],
        ),
        ([event(4, ENDED)], []),
    ],
)
def test_access_lasts_from_what_gave_it_to_what_ended_it(
    events: list[AccessEvent], expected: list[tuple[str, int, int | None]]
) -> None:
    assert times(*events) == expected


def test_each_interval_knows_what_began_and_what_ended_it() -> None:
    (found,) = intervals([event(1, GIVEN, "maker"), event(5, ENDED, due=day(4, 0))])
    assert (found.begun.run_id, found.ended and found.ended.run_id) == ("r1", "r5")
    assert found.due == day(4, 0)


def test_people_do_not_mix_and_come_by_key() -> None:
    events = [event(1, GIVEN, worker_key="W2"), event(2, GIVEN), event(3, ENDED, worker_key="W2")]
    found = intervals(events)
    assert [(i.worker_key, i.end is None) for i in found] == [("W1", True), ("W2", False)]


def test_a_time_and_a_role_choose_intervals() -> None:
    found = intervals([event(2, GIVEN, "viewer"), event(4, CHANGED, "maker"), event(6, ENDED)])

    def roles(**more: Any) -> list[str]:
        return [i.role for i in chosen(found, **more)]

    assert roles(since=day(3), until=day(4)) == ["viewer"]
    assert roles(since=day(4), until=day(5)) == ["maker"]
    assert roles(since=day(6)) == []
    assert roles(until=day(2)) == []
    assert roles(role="MAKER") == ["maker"]


def an_interval() -> list[AccessInterval]:
    bad = event(1, GIVEN, '=HYPERLINK("http://x")')
    return intervals([bad, event(5, ENDED, due=day(4, 0))])


def test_csv_is_safe_in_a_spreadsheet_and_has_every_column() -> None:
    text = access_file(an_interval(), "csv").decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text))
    assert tuple(row) == COLUMNS
    assert row["role"].startswith("'=")
    assert (row["begin_rows"], row["begin_rule"]) == ("hr.csv:17", "roles.rules.0")


def test_json_and_parquet_say_the_same() -> None:
    found = an_interval()
    assert json.loads(access_file(found, "json"))["access"] == access_rows(found)
    (row,) = parquet.read_table(io.BytesIO(access_file(found, "parquet"))).to_pylist()
    assert (row["begin"], row["end"], row["due"]) == (day(1), day(5), day(4, 0))
    assert tuple(row) == COLUMNS


def test_no_access_is_a_table_without_rows() -> None:
    table = parquet.read_table(io.BytesIO(access_file([], "parquet")))
    assert (table.num_rows, tuple(table.column_names)) == (0, COLUMNS)


@pytest.mark.parametrize(
    ("share", "expected"), [(0.5, 5), (0.9, 9), (0.0, 1), (1.0, 10), (0.91, 10)]
)
def test_a_quantile_is_one_of_the_times(share: float, expected: int) -> None:
    times = tuple(timedelta(hours=n) for n in range(1, 11))
    assert quantile(times, share) == timedelta(hours=expected)
    assert quantile((), share) is None


def a_month(**more: Any) -> Month:
    events = (
        AccessEvent(
            datetime(2026, 2, 3, tzinfo=UTC), GIVEN, "W0", "a-0", "w0@acme.example", "", Cause()
        ),
        event(2, GIVEN, "maker"),
        event(3, GIVEN, worker_key="W2", reason="adopted"),
        event(4, GIVEN, worker_key="W3", reason="rehire"),
        event(5, ENDED, due=day(4, 23)),
        event(6, ENDED, worker_key="W2"),
        event(7, LET_GO, worker_key="W3"),
    )
    row = QuarantinedRow("hr", 19, ("key",), ("no key",), "W9")
    values: dict[str, Any] = {
        "target": "acme",
        "first": date(2026, 3, 1),
        "zone": "UTC",
        "since": day(1, 0),
        "until": datetime(2026, 4, 1, tzinfo=UTC),
        "events": events,
        "operations": (
            DoneOperation(day(8), "r8", "W0", "update", "mover", "applied", ""),
            DoneOperation(day(9), "r9", "W5", "create", "joiner", "failed", "refused"),
        ),
        "runs": (
            RunRecord("r1", "sync-users", "acme", "2026-03-01", day(1), state=RunState.HELD),
            RunRecord("r2", "sync-users", "acme", "2026-03-02", day(2), state=RunState.COMPLETED),
        ),
        "quarantined": (("r1", row), ("r2", row)),
        "rejected": 1,
        "findings": None,
        "unmanaged": 4,
        **more,
    }
    return monthly(MonthInputs(**values))


def test_a_month_counts_who_came_moved_and_left() -> None:
    month = a_month()
    assert (month.joiners, month.adopted, month.returned) == (("W1",), ("W2",), ("W3",))
    assert (month.movers, month.let_go) == (("W0",), ("W3",))
    assert [leaver.worker_key for leaver in month.leavers] == ["W1", "W2"]
    assert (month.at_start, month.at_end) == (1, 1)
    assert month.by_day["joiners"][1:4] == (1, 0, 1)  # who was adopted had access before
    assert month.by_day["leavers"][4] == 1
    assert {len(counts) for counts in month.by_day.values()} == {31}


def test_time_to_deprovision_is_of_those_whose_last_day_is_known() -> None:
    month = a_month()
    assert month.took == (timedelta(hours=10),)
    said = month_document(month)["time_to_deprovision_s"]
    assert said == {"median": 36_000, "p90": 36_000, "max": 36_000}


def test_who_was_deactivated_before_the_last_day_ended_took_no_time() -> None:
    month = a_month(events=(event(2, GIVEN), event(5, ENDED, due=day(9, 0))))
    assert month.took == (timedelta(),)


def test_exceptions_are_counted_each_once() -> None:
    exceptions = a_month().exceptions
    assert exceptions["held plans"] == 1
    assert exceptions["rejected plans"] == 1
    assert exceptions["operations that failed"] == 1
    assert exceptions["rows set aside"] == 1  # the same one in two runs
    assert exceptions["findings"] is None
    assert exceptions["accounts that nobody manages"] == 4


def test_days_are_those_of_the_company() -> None:
    late = event(2, GIVEN)
    month = a_month(
        zone="Asia/Tokyo", events=(AccessEvent(day(2, 20), *(getattr(late, n) for n in FIELDS)),)
    )
    assert month.by_day["joiners"][2] == 1


FIELDS = ("change", "worker_key", "account_id", "user_name", "role", "cause")


def test_the_page_has_charts_and_loads_nothing() -> None:
    month = a_month()
    page = as_html(month_blocks(month), title(month))
    assert page.count('<img src="data:image/svg+xml;base64,') == 2
    assert "<script" not in page
    assert "http://" not in page
    assert "https://" not in page
    text = as_markdown(month_blocks(month))
    assert "█" in text
    assert "10 h 0 min" in text
    assert "1 leaver has no last day" in text


def test_a_month_in_which_nothing_happened_is_a_page_too() -> None:
    month = a_month(events=(), operations=(), runs=(), quarantined=(), rejected=0)
    assert (month.at_start, month.took) == (0, ())
    assert "Access to acme in March 2026" in as_markdown(month_blocks(month))


def test_a_span_is_said_as_people_say_it() -> None:
    assert span(timedelta(hours=3, minutes=20)) == "3 h 20 min"
    assert span(None) == ""
