"""Exports that are wrong: what a user reads, where it points, and how the commands exit.

Each is met by `check` and by `plan`; nothing is written, and nothing of a refused export is used.
"""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from data_contracts.errors import EXIT_CHANGES, EXIT_CONTRACT
from tests.command_parts import HEADER, Company, company, person

DATA = Path(__file__).resolve().parents[1] / "data"
MANY = tuple(person(n) for n in range(1, 31))

Break = Callable[[Path], object]


@pytest.fixture
def acme(tmp_path: Path) -> Iterator[Company]:
    with company(tmp_path) as acme:
        yield acme


def rewritten(change: Callable[[str], str]) -> Break:
    def write(path: Path) -> None:
        path.write_text(change(path.read_text("utf-8")), encoding="utf-8")

    return write


def without_email(text: str) -> str:
    at = HEADER.split(",").index("email")
    rows = [line.split(",") for line in text.splitlines()]
    return "\n".join(",".join([*row[:at], *row[at + 1 :]]) for row in rows) + "\n"


REFUSED: dict[str, tuple[Break, tuple[str, ...]]] = {
    "missing": (Path.unlink, ("no file matches hr.csv", "check `path` of the source")),
    "empty": (lambda path: path.write_bytes(b""), ("hr.csv is empty", "wrote nothing")),
    "header only": (
        lambda path: path.write_text(HEADER + "\n"),
        ("hr.csv", "a header and no rows"),
    ),
    "wrong delimiter": (
        rewritten(lambda text: text.replace(",", ";")),
        ("hr.csv: the header is one column", "a semicolon", 'declare `delimiter: ";"`'),
    ),
    "wrong encoding": (
        lambda path: path.write_bytes(path.read_text().replace("Given2", "Zoë").encode("cp1252")),
        ("hr.csv, line 3: byte 0xEB is not UTF-8", "export it as UTF-8"),
    ),
    "saved as UTF-16": (
        lambda path: path.write_bytes(path.read_text().encode("utf-16")),
        ("hr.csv is UTF-16", "export it as UTF-8"),
    ),
    "missing column": (
        rewritten(without_email),
        ("hr.csv", "missing column: 'email'", "the export has: 'employee_id'"),
    ),
    "renamed column": (
        rewritten(lambda text: text.replace("hire_date", "hiredate")),
        ("missing column: 'hire_date'", "'hiredate'", "was it renamed", "alias"),
    ),
    "unknown status": (
        lambda path: path.write_text("\n".join([HEADER, *MANY, person(31, status="retired")])),
        ("hr.csv", "line 32", "`status` must be a status that the contract knows", "'retired'"),
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_export_that_cannot_be_trusted_is_refused_as_a_whole(acme: Company, case: str) -> None:
    spoil, words = REFUSED[case]
    spoil(acme.folder / "hr.csv")
    for said in (acme.say("check"), acme.plan()):
        assert said.code == EXIT_CONTRACT
        assert [word for word in words if word not in said.text] == []
        assert "Traceback" not in said.text
    assert "error: " in said.err
    assert "hint: " in said.err
    assert acme.requests() == []


SET_ASIDE: dict[str, tuple[tuple[str, ...], dict[int, str]]] = {
    "the same person twice": (
        (*MANY, MANY[3]),
        {5: "`employee_id` must not stand in several rows", 32: "`employee_id`"},
    ),
    "two people with one id": (
        (*MANY, person(4, first_name="Otto", email="otto@acme.example")),
        {5: "`employee_id` must not stand in several rows", 32: "`employee_id`"},
    ),
    "two people with one e-mail address": (
        (*MANY, person(31, email="PERSON4@acme.example")),
        {5: "`email` must not stand in several rows", 32: "`email`"},
    ),
    "no e-mail address": (
        (*MANY, person(31, email="")),
        {32: "whoever is employed needs an `email`"},
    ),
    "a day that does not exist": (
        (*MANY, person(31, hire_date="2026-02-30")),
        {32: "`hire_date` must be a day that exists"},
    ),
    "a day in another form": (
        (*MANY, person(31, last_day="31/12/2026")),
        {32: "`last_day` must be a day that exists"},
    ),
    "a row of too few cells": (
        (*MANY, "00031,Given31"),
        {32: "expected 9 fields, got 2"},
    ),
}


@pytest.mark.parametrize("case", SET_ASIDE)
def test_a_bad_row_is_set_aside_with_its_reason_and_the_others_go_on(
    acme: Company, case: str
) -> None:
    rows, reasons = SET_ASIDE[case]
    acme.export(*rows)
    [source] = acme.say("check", "--json").document["sources"]
    aside = {row["line"]: " ".join(row["reasons"]) for row in source["quarantined"]}
    assert aside.keys() == reasons.keys()
    assert all(reason in aside[line] for line, reason in reasons.items())
    said = acme.say("check")
    assert said.code == 0
    assert all(f"hr:{line} " in said.text for line in reasons)
    aside_in_words = f"{len(reasons)} row{'s' if len(reasons) > 1 else ''} set aside, see"
    assert aside_in_words in acme.plan().text
    planned = acme.plan("--json")
    assert planned.code == EXIT_CHANGES
    assert planned.document["totals"]["create"] == len(rows) - len(reasons)


@pytest.mark.parametrize(
    "rows",
    [
        (*MANY[:-1], person(30, hire_date="2026-02-30", title="New")),
        (*MANY[:-1], person(30, email="", title="New")),
        (*MANY, person(30, first_name="Otto", email="otto@acme.example")),
    ],
    ids=["impossible day", "no e-mail address", "somebody else with the same id"],
)
def test_whose_row_is_set_aside_keeps_what_they_have(acme: Company, rows: tuple[str, ...]) -> None:
    acme.export(*MANY)
    acme.sync()
    acme.export(*rows)
    document = acme.plan("--json").document
    assert document["operations"] == []
    assert ("quarantined", "00030") in {(f["code"], f["subject"]) for f in document["findings"]}


def test_microsofts_sample_with_265_ids_of_several_people_is_refused(acme: Company) -> None:
    """The real file: nobody can tell which row is right, so that too much would be set aside."""
    shutil.copy(DATA / "ms-csv2scim" / "csv-with-1000-records.csv", acme.folder / "hr.csv")
    mapping = {"userName": {"column": "user_name"}, 'emails[type eq "work"].value': None}
    acme.settings({"sources": {"hr": {"contract": "ms-csv2scim"}}, "mapping": mapping})
    words = (
        "641 of 1,000 rows (64.1%) would be set aside, and the contract allows 100",
        "`WorkerID` must not stand in several rows",
        "265 values of `WorkerID` stand in several rows",
    )
    for said in (acme.say("check"), acme.plan()):
        assert said.code == EXIT_CONTRACT
        assert [word for word in words if word not in said.text] == []
        assert "hr.csv" in said.text
    [source] = acme.say("check", "--json").document["sources"]
    assert (source["rows_read"], source["rows_accepted"]) == (1000, 0)
    assert len(source["quarantined"]) == 641
    assert acme.requests() == []
