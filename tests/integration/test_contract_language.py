"""What a contract may say of an export, held against files: headers, rows, paths, states, age."""

import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from data_contracts.configuration import SourceSettings
from data_contracts.errors import ContractFileError, SourceError
from data_contracts.export_contract import ExportContract, WorkerField
from data_contracts.words import BatchVerdict
from tasks.extract.exports import read_batch
from tasks.transform.lifecycle import _dates
from tasks.validate.check import check_batch
from tests.export_parts import NOW, check, columns, contract, custom, document, read

JSON = {"format": "json"}


def people(*more: dict[str, Any], server: dict[str, Any] | None = None, **schema: Any) -> Any:
    """A contract of an id, a status and further columns."""
    kept: dict[str, Any] = document()["schema"][0]
    kept["properties"] = [
        {"name": "id", "logicalType": "string", "primaryKey": True},
        {"name": "status", "logicalType": "string"},
        *more,
    ]
    return contract(server=server or {}, schema=kept | schema)


def status(**value: Any) -> list[dict[str, Any]]:
    return custom(status=value)


def outcome(folder: Path, text: str, kept: ExportContract) -> dict[str, str]:
    """The state of each accepted person, `?` with the broken rules for one that is set aside."""
    checked = check(folder, text, kept)
    assert checked.report.verdict is not BatchVerdict.REFUSED, checked.report.refusals
    states = dict(zip(checked.accepted["id"], checked.accepted["_state"], strict=True))
    aside = {str(q.worker_key): f"? {' '.join(q.rule_ids)}" for q in checked.report.quarantined}
    return states | aside


# ---- headers


@pytest.mark.parametrize(
    ("names", "header"),
    [
        ("without-brackets", "id [Required],status [READ ONLY],Work [Home] Phone"),
        ("in-brackets", "Object [id] Required,Block sign in (Yes/No) [status],Phone"),
        ("as-written", "id,status,Phone [READ ONLY]"),
    ],
)
def test_headers_are_named_as_the_contract_says(tmp_path: Path, names: str, header: str) -> None:
    kept = people(server={"customProperties": custom(headerNames=names)})
    assert outcome(tmp_path, f"{header}\n7,Active,1\n", kept) == {"7": "active"}


def test_two_headers_that_are_one_column_are_refused(tmp_path: Path) -> None:
    kept = people(server={"customProperties": custom(headerNames="without-brackets")})
    with pytest.raises(SourceError, match="the header has 'id' more than once"):
        read(tmp_path, "id [A],id [B],status\n1,2,Active\n", kept)


def test_a_password_is_not_read_whatever_its_header_becomes(tmp_path: Path) -> None:
    kept = people(server={"customProperties": custom(headerNames="in-brackets")})
    batch = read(tmp_path, "[id],[status],Initial password [profile] Required\n1,Active,x\n", kept)
    assert "profile" not in batch.frame
    assert batch.warnings == (
        "column 'Initial password [profile] Required' looks like a password and was not read",
    )


@pytest.mark.parametrize("front", ["", "version:v1.0\n", "version:v1.0,,\n", '"version:v1.0"\n'])
def test_a_line_in_front_is_skipped_where_it_is_there(tmp_path: Path, front: str) -> None:
    kept = people(server={"customProperties": custom(skipLinesStarting=["version:"])})
    batch = read(tmp_path, f"{front}id,status\n7,Active\n", kept)
    assert batch.frame["id"].tolist() == ["7"]
    assert batch.frame["_line"].tolist() == [3 if front else 2]


# ---- rows that are no data

LABELS = custom(ignoredRows=[{"column": "status", "pattern": "^(?i:status)$"}])


def labelled() -> ExportContract:
    kept = document()["schema"][0]["customProperties"]
    made: ExportContract = people(customProperties=kept + LABELS)
    return made


def test_a_second_header_is_left_out_and_told(tmp_path: Path) -> None:
    checked = check(tmp_path, "id,status\nUser ID,Status\n7,Active\n8,Left\n", labelled())
    assert checked.accepted["id"].tolist() == ["7", "8"]
    assert checked.report.rows_read == 2
    assert checked.report.warnings == ("line 2 is no data, as the contract says, and left out",)


def test_a_person_in_the_place_of_a_second_header_stays_a_person(tmp_path: Path) -> None:
    assert outcome(tmp_path, "id,status\n7,Active\n", labelled()) == {"7": "active"}


def test_what_looks_like_a_second_header_further_below_is_data(tmp_path: Path) -> None:
    report = check(tmp_path, "id,status\n7,Active\nUser ID,Status\n", labelled()).report
    assert report.verdict is BatchVerdict.REFUSED
    assert "unknown: 'Status' (1)" in report.refusals[0]


# ---- paths


def test_a_path_finds_the_item_of_a_list_that_has_a_value(tmp_path: Path) -> None:
    path = {"path": "relations[type=manager].value"}
    first = {"path": "groups.0.id", "aliases": ["group.id"]}
    kept = people(
        {"name": "boss", "logicalType": "string", "customProperties": custom(**path)},
        {"name": "team", "logicalType": "string", "customProperties": custom(**first)},
        {
            "name": "cost",
            "logicalType": "string",
            "customProperties": custom(path="jobs[primary=true].cost"),
        },
        server=JSON,
    )
    relations = [{"type": "spouse", "value": "no"}, {"type": "manager", "value": "m@x.example"}]
    jobs = [{"cost": "old"}, {"primary": True, "cost": "new"}]
    records = [
        {"id": 1, "status": "Active", "relations": relations, "groups": [{"id": "g"}]},
        {"id": 2, "status": "Active", "relations": [], "groups": [], "jobs": jobs},
        {"id": 3, "status": "Active", "relations": None, "group": {"id": "h"}},
        {"id": 4, "status": "Active", "relations": [{"type": "spouse", "value": "no"}]},
    ]
    frame = read(tmp_path, json.dumps(records), kept).frame
    assert frame["boss"].fillna("-").tolist() == ["m@x.example", "-", "-", "-"]
    assert frame["team"].fillna("-").tolist() == ["g", "-", "h", "-"]
    assert frame["cost"].fillna("-").tolist() == ["-", "new", "-", "-"]


# ---- states


def test_one_bit_of_a_number_counts(tmp_path: Path) -> None:
    states = {"clear": "active", "set": "suspended"}
    kept = people(customProperties=status(columns=["status"], bits={"status": 2}, states=states))
    text = "id,status\n1,512\n2,514\n3,66050\n4,66082\n5,66048\n6,4260352\n7,\n"
    assert outcome(tmp_path, text, kept) == {
        "1": "active", "2": "suspended", "3": "suspended", "4": "suspended",
        "5": "active", "6": "active", "7": "? status-given",
    }  # fmt: skip


def test_a_flag_that_is_no_number_is_an_unknown_status(tmp_path: Path) -> None:
    states = {"clear": "active", "set": "suspended"}
    kept = people(customProperties=status(columns=["status"], bits={"status": 2}, states=states))
    report = check(tmp_path, "id,status\n1,512\n2,clear\n3,0x202\n", kept).report
    assert report.verdict is BatchVerdict.REFUSED
    assert "unknown: '0x202' (1)" in report.refusals[0]


def test_upper_and_lower_case_are_different_statuses(tmp_path: Path) -> None:
    kept = people(
        customProperties=status(columns=["status"], states={"t": "active", "T": "suspended"})
    )
    assert outcome(tmp_path, "id,status\n1,t\n2,T\n", kept) == {"1": "active", "2": "suspended"}


REMOVED = {
    "name": "removed",
    "logicalType": "string",
    "customProperties": custom(path="@removed.reason", optional=True),
}
MARKED = status(
    columns=["status", "removed"],
    states={
        "true|": "active",
        "false|": "suspended",
        "*|changed": "leaver",
        "*|deleted": "leaver",
    },
)


def test_a_mark_that_only_the_removed_carry_decides(tmp_path: Path) -> None:
    kept = people(REMOVED, server=JSON, customProperties=MARKED)
    records = [
        {"id": "1", "status": True},
        {"id": "2", "status": False},
        {"id": "3", "@removed": {"reason": "changed"}},
        {"id": "4", "status": True, "@removed": {"reason": "deleted"}},
    ]
    assert outcome(tmp_path, json.dumps(records), kept) == {
        "1": "active", "2": "suspended", "3": "leaver", "4": "leaver",
    }  # fmt: skip
    assert outcome(tmp_path, json.dumps(records[:2]), kept) == {"1": "active", "2": "suspended"}


def test_an_unknown_status_beside_an_empty_one_is_unknown_and_not_missing(tmp_path: Path) -> None:
    kept = people(REMOVED, server=JSON, customProperties=MARKED)
    report = check(tmp_path, json.dumps([{"id": "1", "status": "maybe"}]), kept).report
    assert report.verdict is BatchVerdict.REFUSED
    assert "unknown: 'maybe|' (1)" in report.refusals[0]
    nothing = [{"id": "1", "status": True}, {"id": "2"}]
    assert outcome(tmp_path, json.dumps(nothing), kept) == {"1": "active", "2": "? status-given"}


def test_a_status_column_may_be_left_out_only_where_empty_means_something() -> None:
    with pytest.raises(ContractFileError, match="cannot be optional: no status"):
        people(
            REMOVED,
            server=JSON,
            customProperties=status(
                columns=["status", "removed"], states={"true|no": "active", "*|yes": "leaver"}
            ),
        )


# ---- managers


def test_managers_are_looked_for_by_what_names_them(tmp_path: Path) -> None:
    kept = people(
        {"name": "mail", "logicalType": "string", "customProperties": custom(means="email")},
        {
            "name": "boss",
            "logicalType": "string",
            "customProperties": custom(means="manager", managerBy="email"),
        },
    )
    assert kept.manager_by is WorkerField.EMAIL
    text = (
        "id,status,mail,boss\n1,Active,Ann@x.example,\n2,Active,bo@x.example,ann@X.example\n"
        "3,Active,cy@x.example,gone@x.example\n"
    )
    report = check(tmp_path, text, kept).report
    rule = next(rule for rule in report.rules if rule.rule_id == "boss/reference")
    assert (rule.failing, rule.lines) == (1, (4,))
    assert report.verdict is BatchVerdict.ACCEPTED


def test_a_relationship_says_by_what_managers_are_named_as_well() -> None:
    boss = {
        "name": "boss",
        "logicalType": "string",
        "relationships": [{"to": "people.id"}],
        "customProperties": custom(means="manager"),
    }
    assert people(boss).manager_by is WorkerField.WORKER_ID
    assert people(boss | {"relationships": [{"to": "people.status"}]}).manager_by is None
    assert people(boss | {"relationships": []}).manager_by is None


# ---- age


def aged(**more: Any) -> ExportContract:
    return contract(slaProperties=[{"property": "freshness", "value": 36, "unit": "h"} | more])


@pytest.mark.parametrize(("hours", "fresh"), [(1, True), (36, True), (37, False), (-5, True)])
def test_an_export_is_judged_by_the_time_of_its_file(
    tmp_path: Path, hours: int, fresh: bool
) -> None:
    kept = aged()
    read(tmp_path, "id,name,email,status,since\n1,A,,Active,2020-01-31\n", kept)
    written = NOW.timestamp() - hours * 3600
    os.utime(tmp_path / "people.csv", (written, written))
    settings = SourceSettings(contract="unused", path="people.csv")
    batch = read_batch("hr", settings, kept, folder=tmp_path, now=NOW)
    report = check_batch(batch, kept, as_of=NOW).report
    result = next(rule for rule in report.rules if rule.rule_id == "fresh")
    assert result.failing == (not fresh)
    assert (report.verdict is BatchVerdict.REFUSED) is not fresh
    if not fresh:
        assert report.refusals[0].startswith(
            "the file is 37 h old, and the contract allows 36 h; look at why"
        )


@pytest.mark.parametrize(
    ("newest", "refusal"),
    [
        ("2026-03-01", ""),
        ("2026-02-28", ""),
        ("2026-02-27", "the newest `since` is 54 h old, and the contract allows 36 h"),
        ("", "the newest `since` has no time"),
    ],
)
def test_an_export_is_judged_by_the_newest_date_of_a_column(
    tmp_path: Path, newest: str, refusal: str
) -> None:
    kept = aged(element="people.since")
    text = f"id,name,email,status,since\n1,A,,Active,\n2,B,,Active,{newest}\n"
    batch = read(tmp_path, text, kept)
    report = check_batch(batch, kept, as_of=NOW).report
    assert "".join(report.refusals).startswith(refusal)
    assert bool(report.refusals) is bool(refusal)


def test_the_age_needs_a_moment(tmp_path: Path) -> None:
    kept = aged()
    batch = read(tmp_path, "id,name,email,status,since\n1,A,,Active,\n", kept)
    with pytest.raises(TypeError, match="hand one in"):
        check_batch(batch, kept)


def test_other_service_levels_are_for_readers() -> None:
    kept = contract(slaProperties=[{"property": "retention", "value": 30, "unit": "d"}])
    assert kept.freshness is None


# ---- days


def test_the_day_that_is_checked_is_the_day_that_is_judged(tmp_path: Path) -> None:
    options = {"format": "yyyy-MM-dd'T'HH:mm:ssXXX"}
    properties = custom(means="last_day", day="local", sentinels=["9999-12-31T00:00:00Z"])
    kept = people(
        {
            "name": "end",
            "logicalType": "date",
            "logicalTypeOptions": options,
            "customProperties": properties,
        }
    )
    text = (
        "id,status,end\n1,Active,2026-03-31T00:00:00+02:00\n2,Active,9999-12-31T00:00:00Z\n"
        "3,Active,2026-02-30T00:00:00Z\n4,Active,2026-03-31\n5,Active,\n6,Active,\n"
    )
    checked = check(tmp_path, text, kept)
    assert [q.worker_key for q in checked.report.quarantined] == ["3", "4"]
    days, unread = _dates(checked.accepted, kept, WorkerField.LAST_DAY)
    assert [None if day != day else day for day in days] == [
        datetime(2026, 3, 31), None, None, None,  # noqa: DTZ001  # a day has no zone
    ]  # fmt: skip
    assert not unread.any()


# ---- what nobody has verified


def test_what_is_not_verified_is_repeated_by_the_report(tmp_path: Path) -> None:
    kept = contract(
        customProperties=custom(unverified=["the whole header"]),
        schema=columns("id", "x", x={"customProperties": custom(unverified="codes of a tenant")}),
    )
    report = check(tmp_path, "id,x\n1,2\n", kept).report
    assert report.unverified == ("the whole header", "`x`: codes of a tenant")
    assert report.warnings == ()
