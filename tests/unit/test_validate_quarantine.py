"""Quarantined rows as files: complete as JSON lines, with_guard as CSV."""

import json
from pathlib import Path

import pytest

from data_contracts.quarantine_columns import with_guard, without_guard
from tasks.validate.check import check_batch
from tasks.validate.quarantine import quarantine_jsonl
from tests.export_parts import HEADER, contract, read

ROWS = (
    [f"{i},N{i},p{i}@example.com,Active,2020-01-31" for i in range(40)]
    + ['99,"=cmd|\' /C calc\'!A0",+41 79 1,Active,31.1.2020', "short", "98,Null,,Active,x"]
)  # fmt: skip


def lines_of(folder: Path) -> list[bytes]:
    batch = read(folder, "\n".join([HEADER, *ROWS]) + "\n")
    report = check_batch(batch, contract()).report
    return quarantine_jsonl(batch, report).splitlines()


def test_json_lines_hold_the_row_as_it_was_and_why_it_is_there(tmp_path: Path) -> None:
    lines = [json.loads(line) for line in lines_of(tmp_path)]
    assert [line["line"] for line in lines] == [42, 43, 44]
    first = lines[0]
    assert first["row"] == {
        "id": "99",
        "name": "=cmd|' /C calc'!A0",
        "email": "+41 79 1",
        "status": "Active",
        "since": "31.1.2020",
    }
    assert first["rules"] == ["since/date"]
    assert first["contract"] == "people@1.2.3"
    assert first["worker_key"] == "99"
    assert first["digest"].startswith("sha256:")
    assert lines[2]["row"]["email"] is None
    assert lines[2]["row"]["name"] == "Null"


def test_a_row_that_could_not_be_taken_apart_has_no_cells(tmp_path: Path) -> None:
    line = json.loads(lines_of(tmp_path)[1])
    assert line["row"] is None
    assert line["rules"] == ["malformed"]


@pytest.mark.parametrize(
    "text", ["=1", "+1", "-1", "@x", "\t=1", "\r1", " =1", "\u00a0=1", "\ufeff\u200b@x", "\uff1d1"]
)
def test_what_a_spreadsheet_takes_for_a_formula_gets_an_apostrophe(text: str) -> None:
    assert with_guard(text) == "'" + text
    assert without_guard(with_guard(text)) == text


@pytest.mark.parametrize("text", ["'=1", "''+1"])
def test_what_only_looks_guarded_comes_back_as_it_was(text: str) -> None:
    assert without_guard(with_guard(text)) == text != with_guard(text)


@pytest.mark.parametrize("text", ["", "Anna", "a=b", "1-2", "'x"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert with_guard(text) == without_guard(text) == text


def test_nothing_quarantined_gives_an_empty_file(tmp_path: Path) -> None:
    batch = read(tmp_path, "\n".join([HEADER, *ROWS[:40]]) + "\n")
    report = check_batch(batch, contract()).report
    assert quarantine_jsonl(batch, report) == b""
