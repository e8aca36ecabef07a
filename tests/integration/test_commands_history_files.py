"""`scimflow history -o` and `explain -o`: what was done and why, as tables for auditors."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet

from data_contracts.errors import EXIT_USAGE
from flows.project import utc_now
from tasks.report.history_files import COLUMNS
from tests.command_parts import Company, company, person

TODAY = utc_now().date().isoformat()


@pytest.fixture
def acme(tmp_path: Path) -> Iterator[Company]:
    with company(tmp_path) as acme:
        acme.sync()
        acme.export(person(1), person(2, title="Else"), person(3, last_day="2026-02-28"))
        acme.sync()
        yield acme


def written(
    acme: Company, *words: str, command: str = "history", ending: str = "csv"
) -> list[dict[str, Any]]:
    file = acme.folder / f"{command}.{ending}"
    said = acme.say(command, *words, "-o", file)
    assert said.code == 0, said.err
    assert file.stat().st_mode & 0o777 == 0o600
    data = file.read_bytes()
    file.unlink()
    rows: list[dict[str, Any]]
    if ending == "csv":
        return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    if ending == "json":
        (rows,) = json.loads(data).values()
        return rows
    table: list[dict[str, Any]] = parquet.read_table(io.BytesIO(data)).to_pylist()
    return table


def test_everything_that_was_done_is_written_with_the_row_and_the_run(acme: Company) -> None:
    rows = written(acme)
    assert [row["kind"] for row in rows] == ["create"] * 3 + ["deactivate", "update"]
    assert tuple(rows[0]) == COLUMNS
    update = rows[-1]
    assert (update["worker_key"], update["changed"], update["rows"]) == ("00002", "title", "hr:3")
    assert "Else" not in str(rows)


@pytest.mark.parametrize("ending", ["json", "parquet"])
def test_each_form_says_the_same(acme: Company, ending: str) -> None:
    for row, other in zip(written(acme), written(acme, ending=ending), strict=True):
        assert {name: "" if other[name] is None else str(other[name]) for name in COLUMNS[1:]} == {
            name: row[name] for name in COLUMNS[1:]
        }


def test_one_person_one_run_and_some_days_can_be_chosen(acme: Company) -> None:
    assert [row["kind"] for row in written(acme, "00003")] == ["create", "deactivate"]
    run = written(acme)[-1]["run_id"]
    assert {row["run_id"] for row in written(acme, run)} == {run}
    assert len(written(acme, "--from", TODAY)) == 5
    assert written(acme, "--to", "2020-01-01") == []
    assert len(written(acme, "--limit", "2")) == 2
    shown = acme.say("history", "--from", TODAY, "--json").document["entries"]
    assert len(shown) == 5


def test_what_cannot_be_written_is_said_before_anything_is(acme: Company) -> None:
    said = acme.say("history", "-o", acme.folder / "history.xml")
    assert said.code == EXIT_USAGE
    assert "name a file that ends with .csv, .json or .parquet" in said.text
    assert acme.say("history", "--from", "spring").code == EXIT_USAGE


def test_why_somebody_has_what_they_have_is_a_statement_in_each_line(acme: Company) -> None:
    rows = written(acme, "00002", command="explain")
    parts = [row["part"] for row in rows]
    assert list(dict.fromkeys(parts)) == [
        *("person", "row", "lifecycle", "role", "attribute", "done")
    ]
    stands = {(row["part"], row["name"]): row for row in rows}
    assert stands["person", "worker"]["value"] == "00002"
    accounts = {user["id"]: user["externalId"] for user in acme.users().values()}
    assert accounts[stands["person", "account"]["value"]] == "00002"
    assert stands["row", "hr:3"]["value"] == "accepted"
    assert stands["lifecycle", "state"]["value"] == "active"
    assert stands["role", "role"]["value"] == "contributor"
    assert stands["attribute", "title"]["because"] == "title"
    done = [row for row in rows if row["part"] == "done"]
    assert [(row["name"], row["value"], row["rows"]) for row in done] == [
        ("create", "applied", "hr:3"),
        ("update", "applied", "hr:3"),
    ]
    assert all(row["at"] and row["run_id"] for row in done)


def test_personal_values_stand_in_the_file_at_a_wish_alone(acme: Company) -> None:
    hidden = written(acme, "00002", command="explain")
    shown = written(acme, "00002", "--show-values", command="explain")
    assert "Else" not in str(hidden)
    assert "Else" in str(shown)


@pytest.mark.parametrize("ending", ["json", "parquet"])
def test_each_form_explains_the_same(acme: Company, ending: str) -> None:
    table = written(acme, "00003", command="explain")
    for row, other in zip(
        table, written(acme, "00003", command="explain", ending=ending), strict=True
    ):
        for name in ("part", "name", "value", "because", "run_id", "rows"):
            assert row[name] == (other[name] or "")
