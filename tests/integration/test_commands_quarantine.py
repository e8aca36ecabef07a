"""`scimflow quarantine`: rows set aside are listed, given away, and taken back corrected."""

import csv
import io
import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from data_contracts.errors import EXIT_CONTRACT, EXIT_USAGE
from tasks.ledger import open_ledger
from tests.command_parts import TODAY, Company, Said, company, person

PERSONAL = ("Family21", "Given21", "no address", "person21@")
SMALL = [person(n) for n in range(1, 21)]
BAD_MAIL = person(21, email="no address")
BAD_DATE = person(22, hire_date="31.02.2020")


@pytest.fixture
def acme(tmp_path: Path) -> Iterator[Company]:
    with company(tmp_path) as acme:
        acme.export(*SMALL, BAD_MAIL, BAD_DATE)
        yield acme


def quarantine(acme: Company, *words: str | Path) -> Said:
    return acme.say("quarantine", *words)


def export(acme: Company, *words: str | Path, name: str = "to-correct.csv") -> Path:
    file = acme.folder / name
    said = quarantine(acme, "export", *words, "-o", file)
    assert said.code == 0, said.text
    return file


def rows_of(file: Path) -> list[dict[str, str]]:
    text = file.read_bytes().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def write_back(file: Path, rows: list[dict[str, str]], delimiter: str = ",") -> None:
    """As a spreadsheet saves it: not everything quoted, perhaps another delimiter."""
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0].keys(), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    file.write_text(text.getvalue(), encoding="utf-8")


def correct(file: Path, line: int, **cells: str) -> Path:
    rows = rows_of(file)
    for row in rows:
        if row["_line"] == str(line):
            row.update(cells)
    write_back(file, rows)
    return file


def accepted(acme: Company) -> int:
    [source] = acme.say("check", "--json").document["sources"]
    return int(source["rows_accepted"])


def test_rows_of_the_last_run_are_listed_with_reasons_and_without_cells(acme: Company) -> None:
    acme.sync()
    said = quarantine(acme, "list")
    assert said.code == 0
    assert "2 rows set aside: run " in said.text
    assert "hr:22 00021 `email` must be written like a valid email" in said.text
    document = quarantine(acme, "list", "--json").document
    assert [(r["line"], r["worker_key"]) for r in document["rows"]] == [
        (22, "00021"),
        (23, "00022"),
    ]
    assert document["rows"][0]["row"] is None
    for text in (said.out, json.dumps(document)):
        assert not [value for value in PERSONAL if value in text]


def test_before_any_run_one_looks_at_the_exports_at_hand(acme: Company) -> None:
    said = quarantine(acme, "list")
    assert said.code == EXIT_USAGE
    assert "use --now" in said.text
    assert "hr:22 00021" in quarantine(acme, "list", "--now").text
    assert quarantine(acme, "list", "nothing").code == EXIT_USAGE


def test_a_row_is_shown_with_its_rules_and_its_cells_when_asked_for(acme: Company) -> None:
    acme.sync()
    hidden = quarantine(acme, "show", "hr:22")
    assert "email/format" in hidden.text
    assert not [value for value in PERSONAL if value in hidden.out]
    shown = quarantine(acme, "show", "00021", "--show-values")
    assert '"no address"' in shown.text
    [row] = quarantine(acme, "show", "00021", "--show-values", "--json").document["rows"]
    assert row["row"]["email"] == "no address"
    assert quarantine(acme, "show", "hr:2").code == EXIT_USAGE


def test_without_the_runs_file_keys_and_reasons_are_left(acme: Company) -> None:
    run = acme.sync()
    (acme.folder / "runs" / run.run_id / "quarantine-hr.jsonl").unlink()
    assert "hr:22 00021" in quarantine(acme, "list").text
    assert "run's file is not here" in quarantine(acme, "show", "hr:22", "--show-values").text
    said = quarantine(acme, "export", "-o", acme.folder / "x.csv")
    assert said.code == EXIT_USAGE
    assert "use --now" in said.text


def test_what_goes_to_an_analyst_is_private_and_safe_to_open(acme: Company) -> None:
    formula = '"=HYPERLINK(""http://evil.example"")"'
    acme.export(*SMALL, person(21, email="no address", title=formula, department="+41 79"))
    acme.sync()
    file = export(acme)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    [row] = rows_of(file)
    assert row["title"] == '\'=HYPERLINK("http://evil.example")'
    assert row["department"] == "'+41 79"
    assert (row["_source"], row["_line"], row["_rules"]) == ("hr", "22", "email/format")
    lines = export(acme, name="to-correct.jsonl").read_text().splitlines()
    assert stat.S_IMODE((acme.folder / "to-correct.jsonl").stat().st_mode) == 0o600
    assert json.loads(lines[0])["row"]["title"] == '=HYPERLINK("http://evil.example")'


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_a_corrected_row_goes_on_in_the_next_plan_and_sync(acme: Company, ending: str) -> None:
    acme.sync()
    file = export(acme, name=f"to-correct.{ending}")
    if ending == "csv":
        correct(file, 22, email="person21@acme.example")
    else:
        file.write_text(file.read_text().replace("no address", "person21@acme.example"))
    said = quarantine(acme, "replay", file, "--by", "ada", "--note", "asked")
    assert said.code == EXIT_CONTRACT  # the other row came back as it was
    assert "1 row goes on in the next plan and sync" in said.text
    assert "hr:23 came back as it was" in said.text
    assert accepted(acme) == 21
    assert "1 row is read as corrected by ada" in acme.say("check").text
    operations = acme.plan("--json").document["operations"]
    assert [o["worker_key"] for o in operations] == ["00021"]
    acme.sync()
    assert acme.users()["person21@acme.example"]["name"]["familyName"] == "Family21"
    assert quarantine(acme, "list", "--json").document["rows"][0]["line"] == 23


def test_who_replayed_what_is_in_the_ledger_without_cells(acme: Company) -> None:
    acme.sync()
    file = correct(export(acme), 22, email="person21@acme.example")
    quarantine(acme, "replay", file, "--by", "ada", "--note", "asked")
    [correction] = quarantine(acme, "list", "--json").document["corrections"]
    assert (correction["by"], correction["note"]) == ("ada", "asked")
    assert (correction["line"], correction["columns"]) == (22, ["email"])
    assert "1 hr:22 00021 email; ada," in quarantine(acme, "list").text
    with open_ledger("sqlite:///.scimflow/ledger.db", folder=acme.folder) as ledger:
        [trail] = ledger.correction_trail("workspace")
        assert "person21" not in repr(trail)
        [kept] = ledger.corrections("workspace", "hr")
    assert [(c.before, c.after) for c in kept.cells] == [("no address", "person21@acme.example")]


def replayed(acme: Company, line: int = 22, **cells: str) -> Said:
    acme.sync()
    return quarantine(acme, "replay", correct(export(acme), line, **cells), "--json")


def test_a_row_that_still_breaks_stays_and_is_not_kept(acme: Company) -> None:
    said = replayed(acme, email="still no address")
    assert said.code == EXIT_CONTRACT
    [row] = said.document["rows"]
    assert row["goes_on"] is False
    assert "must be written like a valid email" in row["reasons"][0]
    assert accepted(acme) == 20
    assert quarantine(acme, "list", "--json").document["corrections"] == []
    with open_ledger("sqlite:///.scimflow/ledger.db", folder=acme.folder) as ledger:
        [trail] = ledger.correction_trail("workspace")
    assert trail.reasons
    assert not trail.counts


def test_an_address_that_is_somebody_elses_takes_nothing_over(acme: Company) -> None:
    said = replayed(acme, email="person3@acme.example")
    assert said.code == EXIT_CONTRACT
    assert "nothing was taken over" in said.err
    assert "line 4" in said.err
    assert accepted(acme) == 20


def test_cells_that_no_broken_rule_is_about_cannot_be_changed(acme: Company) -> None:
    said = replayed(acme, email="person21@acme.example", department="IT", employee_id="21")
    assert said.code == EXIT_CONTRACT
    assert said.document["rows"] == []
    assert said.document["refused"]["hr:22"].startswith("employee_id, department came back changed")
    assert accepted(acme) == 20


def test_a_file_that_a_spreadsheet_wrote_with_semicolons_is_taken(acme: Company) -> None:
    acme.export(*SMALL, person(21, email="no address", title="=1+1"))
    acme.sync()
    file = export(acme)
    rows = rows_of(file)
    rows[0]["email"] = "person21@acme.example"
    write_back(file, rows, delimiter=";")
    said = quarantine(acme, "replay", file)
    assert said.code == 0, said.text
    assert accepted(acme) == 21


def test_a_dry_run_tells_and_keeps_nothing(acme: Company) -> None:
    acme.sync()
    before = acme.ledger.read_bytes()
    file = correct(export(acme), 22, email="person21@acme.example")
    said = quarantine(acme, "replay", file, "--dry-run", "--json")
    assert said.document["kept"] is False
    assert said.document["rows"][0]["goes_on"] is True
    assert accepted(acme) == 20
    assert acme.ledger.read_bytes() == before


def test_a_correction_counts_for_later_exports_until_the_source_writes_something_else(
    acme: Company,
) -> None:
    replayed(acme, email="person21@acme.example")
    acme.export(person(40), *SMALL, person(21, email="no address", title="New title"))
    assert accepted(acme) == 22  # one line further down, another title: the cell is the same
    acme.sync()
    assert acme.users()["person21@acme.example"]["title"] == "New title"
    acme.export(*SMALL, person(21, email="another wrong one"))
    assert accepted(acme) == 20
    acme.export(*SMALL, person(21, email="own@acme.example"))
    assert accepted(acme) == 21
    acme.export(*SMALL)
    assert accepted(acme) == 20  # nobody comes back who is no longer in the export


def test_a_leaver_whose_row_was_corrected_leaves(acme: Company) -> None:
    replayed(acme, email="person21@acme.example")
    acme.sync()
    assert acme.users()["person21@acme.example"]["active"] is True
    gone = person(21, email="no address", status="leaver", last_day="2026-02-01")
    acme.export(*SMALL, gone)
    acme.sync()
    assert acme.users()["person21@acme.example"]["active"] is False


def test_of_two_rows_alike_nobody_guesses_which_was_corrected(acme: Company) -> None:
    replayed(acme, email="person21@acme.example")
    acme.export(*SMALL, BAD_MAIL, BAD_MAIL)
    assert accepted(acme) == 20


def test_a_correction_that_would_harm_others_later_is_left_out_with_a_word(acme: Company) -> None:
    replayed(acme, email="person21@acme.example")
    taken = person(30, email="person21@acme.example")
    acme.export(*SMALL, BAD_MAIL, taken)
    assert accepted(acme) == 21
    assert "the corrections of rows were left out" in acme.say("check").text


def test_a_correction_can_be_withdrawn_and_then_its_cells_are_gone(acme: Company) -> None:
    replayed(acme, email="person21@acme.example")
    assert accepted(acme) == 21
    said = quarantine(acme, "withdraw", "1", "--by", "ada")
    assert said.code == 0
    assert accepted(acme) == 20
    assert b"no address" not in acme.ledger.read_bytes()
    again = quarantine(acme, "withdraw", "1")
    assert again.code == EXIT_USAGE
    with open_ledger("sqlite:///.scimflow/ledger.db", folder=acme.folder) as ledger:
        events = [(each.event, each.of) for each in ledger.correction_trail("workspace")]
    assert events == [("replayed", None), ("withdrawn", 1)]


def test_a_plan_made_with_other_corrections_is_stale(acme: Company) -> None:
    acme.sync()
    plan = acme.folder / "p.json"
    acme.plan("-o", plan)
    before = json.loads(plan.read_bytes())
    assert "corrections" not in before["basis"]["sources"]["hr"]
    replayed(acme, email="person21@acme.example")
    acme.plan("-o", plan)
    after = json.loads(plan.read_bytes())
    assert after["basis"]["sources"]["hr"]["corrections"].startswith("sha256:")
    assert before["basis"]["sources"]["hr"]["digest"] == after["basis"]["sources"]["hr"]["digest"]


def test_a_row_that_could_not_be_taken_apart_can_be_written_out(acme: Company) -> None:
    acme.export(*SMALL, "00021,torn")
    acme.sync()
    [row] = rows_of(export(acme))
    assert row["_rules"] == "malformed"
    file = acme.folder / "to-correct.csv"
    cells = dict(zip(acme_header(), person(21).split(","), strict=True))
    write_back(file, [{k: row[k] for k in row if k.startswith("_")} | cells])
    said = quarantine(acme, "replay", file)
    assert said.code == 0, said.text
    assert accepted(acme) == 21


def acme_header() -> list[str]:
    from tests.command_parts import HEADER

    return HEADER.split(",")


BROKEN: dict[str, tuple[str, str]] = {
    "another file": ("a,b\n1,2\n", "column _source is missing"),
    "no rows": ("_source,_delivery,_line,_rules,_reasons\n", "has no rows"),
    "no number": ("_source,_delivery,_line,_rules,_reasons\nhr,x,y,,\n", "is no number"),
    "too few cells": ("_source,_delivery,_line,_rules,_reasons\nhr,x\n", "expected 5 cells, got 2"),
    "another source": ("_source,_delivery,_line,_rules,_reasons\nidp,x,2,,\n", "no source 'idp'"),
    "a row twice": (
        "_source,_delivery,_line,_rules,_reasons\nhr,x,2,,\nhr,x,2,,\n",
        "stands twice",
    ),
    "another delivery": ("_source,_delivery,_line,_rules,_reasons\nhr,x,2,,\n", "another delivery"),
    "broken JSON": ('{"source": "hr"\n', "no object with source, digest, line and row"),
    "a number as cell": (
        '{"source": "hr", "digest": "x", "line": 2, "row": {"a": 1}}\n',
        "a cell is not text",
    ),
    "a NUL": ("_source\0\n", "NUL"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_file_that_is_no_such_file_is_told_where(acme: Company, case: str) -> None:
    text, told = BROKEN[case]
    file = acme.folder / "broken.csv"
    file.write_text(text)
    said = quarantine(acme, "replay", file)
    assert said.code in (EXIT_CONTRACT, EXIT_USAGE)
    assert told in said.text
    assert "Traceback" not in said.err


def test_nothing_personal_is_said_while_rows_come_back(acme: Company) -> None:
    acme.sync()
    file = correct(export(acme), 22, email="person21@acme.example")
    for words in (("replay", file, "--dry-run"), ("replay", file), ("list",), ("list", "--json")):
        said = quarantine(acme, *words)
        assert not [value for value in PERSONAL if value in said.out + said.err]
    acme.sync()
    reports = [*acme.folder.glob("runs/*/report.md"), *acme.folder.glob("runs/*/run.json")]
    values = ("no address", "Family21")
    assert not [path for path in reports for value in values if value in path.read_text()]


def test_explain_still_finds_the_row(acme: Company) -> None:
    replayed(acme, email="person21@acme.example")
    document: dict[str, Any] = acme.say("explain", "00021", "--as-of", TODAY, "--json").document
    assert [(row["line"], row["verdict"]) for row in document["rows"]] == [(22, "accepted")]
