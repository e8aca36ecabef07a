"""`scimflow history -o`: what was done, as a table for auditors."""

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


def written(acme: Company, *words: str, ending: str = "csv") -> list[dict[str, Any]]:
    file = acme.folder / f"history.{ending}"
    said = acme.say("history", *words, "-o", file)
    assert said.code == 0, said.err
    assert file.stat().st_mode & 0o777 == 0o600
    data = file.read_bytes()
    file.unlink()
    if ending == "csv":
        return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    if ending == "json":
        rows: list[dict[str, Any]] = json.loads(data)["entries"]
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
