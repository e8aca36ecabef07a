"""From a file in any form to a verdict, with `init` and `check` alone."""

import gzip
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import yaml

from data_contracts.errors import EXIT_CONTRACT
from tests.command_parts import HEADER, Company, company, person, say
from tests.workbook_parts import xlsx

ROWS = [["Employee No", "Mail", "Status", "Hire Date"]] + [
    [f"{i:04}", f"p{i}@acme.example", "Active", date(2020, 1, i)] for i in range(1, 6)
]
LDIF = "dn: uid=1\nuid: 001\nmail: a@acme.example\nstatus: in\n\n"
XML = "<R><P><id>001</id><mail>a@acme.example</mail><status>in</status></P></R>"


@pytest.mark.parametrize(
    ("name", "data", "seen"),
    [
        ("p.xlsx", xlsx(ROWS), "seen: excel, sheet 'People', 4 columns, about 5 rows"),
        ("p.ldif", LDIF.encode(), "seen: ldif, utf-8-sig, 4 columns, about 1 rows"),
        ("p.xml", XML.encode(), "seen: xml, records at `R.P`, 3 columns, about 1 rows"),
        (
            "p.tsv.gz",
            gzip.compress(b"id\tstatus\n001\tin\n"),
            "cells separated by '\\t', 2 columns",
        ),
    ],
    ids=["excel", "ldif", "xml", "packed-tsv"],
)
def test_init_says_what_it_saw_and_check_names_what_is_left_to_say(
    tmp_path: Path, name: str, data: bytes, seen: str
) -> None:
    (tmp_path / name).write_bytes(data)
    config = tmp_path / "scimflow.yaml"
    said = say("init", "--from", tmp_path / name, "-o", config)
    assert said.code == 0
    assert seen in said.text
    checked = say("check", "--config", config)
    assert checked.code == EXIT_CONTRACT
    assert "unknown: " in checked.text  # the statuses, which only a person can explain


def test_a_workbook_with_numbers_for_people_is_refused_with_the_word_to_write(
    tmp_path: Path,
) -> None:
    (tmp_path / "p.xlsx").write_bytes(xlsx([ROWS[0], *([int(r[0]), *r[1:]] for r in ROWS[1:])]))
    config = tmp_path / "scimflow.yaml"
    assert say("init", "--from", tmp_path / "p.xlsx", "-o", config).code == 0
    said = say("check", "--config", config)
    assert said.code == EXIT_CONTRACT
    assert "column 'Employee No': a number or a date where text is expected" in said.text
    assert "numericIds: true" in said.text


def test_init_names_an_export_elsewhere_by_its_whole_path(tmp_path: Path) -> None:
    export = tmp_path / "elsewhere" / "hr.csv"
    export.parent.mkdir()
    export.write_text(f"{HEADER}\n{person(1)}\n")
    config = tmp_path / "project" / "scimflow.yaml"
    assert say("init", "--from", export, "-o", config).code == 0
    assert yaml.safe_load(config.read_text())["sources"]["hr"]["path"] == str(export)
    assert say("check", "--config", config).code == 0


@pytest.fixture
def acme(tmp_path: Path) -> Iterator[Company]:
    with company(tmp_path) as acme:
        yield acme


def test_the_day_of_the_run_chooses_the_export(acme: Company) -> None:
    for day, people in (("2026-03-01", 2), ("2026-03-02", 4)):
        acme.export(*(person(n) for n in range(1, people + 1)), name=f"hr_{day}.csv")
    acme.settings({"sources": {"hr": {"path": "hr_{date}.csv"}}})
    first = acme.say("check", "--as-of", "2026-03-01", "--json").document
    assert first["sources"][0]["rows_read"] == 2
    planned = acme.say("plan", "--as-of", "2026-03-05", "--json").document
    assert len(planned["operations"]) == 4
    none = acme.say("check", "--as-of", "2026-02-01")
    assert none.code == EXIT_CONTRACT
    assert "no file matches hr_{date}.csv" in none.text
