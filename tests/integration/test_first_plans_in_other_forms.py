"""An export saved in another form than its contract's: `init` says so, and goes on."""

import csv
import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest
import yaml
from pyarrow import parquet

from data_contracts.errors import EXIT_CONTRACT
from deployments.sandbox.server import serve_in_thread
from deployments.sandbox.settings import SandboxSettings
from tasks.extract.contracts import read_contract
from tests.command_parts import TOKEN, TOKEN_VARIABLE, Said, say
from tests.contract.test_samples import SAMPLES, contract_of
from tests.integration.test_first_plans import CREATED
from tests.workbook_parts import xlsx

TABLES = [name for name in CREATED if name.endswith(".csv")]
FORMULAS = {"entra-users-csv.csv"}
"""Their cell `=1+3` is text in a CSV; in a workbook it is a formula that nobody computed."""


@pytest.fixture(scope="module")
def target() -> Iterator[str]:
    os.environ[TOKEN_VARIABLE] = TOKEN
    try:
        with serve_in_thread(SandboxSettings(token=TOKEN, rate_limit_per_s=0)) as running:
            yield running.base_url
    finally:
        os.environ.pop(TOKEN_VARIABLE, None)


def rows_of(sample: str) -> list[list[str]]:
    known = read_contract(contract_of(sample), SAMPLES).reader
    text = (SAMPLES / sample).read_text(encoding=known.encoding)
    return list(csv.reader(io.StringIO(text), delimiter=known.delimiter))


def first_plan(folder: Path, name: str, data: bytes, target: str) -> Said:
    (folder / name).write_bytes(data)
    settings = folder / "scimflow.yaml"
    words = ("--target", target, "--token-env", TOKEN_VARIABLE, "-o", settings)
    said = say("init", "--from", folder / name, *words)
    assert said.code == 0, said.text
    assert "in the form that was seen" in said.text
    assert say("check", "--config", settings).code == 0
    return say("plan", "--config", settings, "--as-of", "2026-03-02", "--json")


def created(said: Said) -> list[str]:
    return sorted(operation["worker_key"] for operation in said.document["operations"])


def saved(rows: list[list[str]], *, delimiter: str, encoding: str) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue().encode(encoding)


def test_titles_above_the_header_of_a_report_are_stepped_over(tmp_path: Path, target: str) -> None:
    titles = b'Worker Positions\r\nGenerated 11/27/2026 for "Fern, Inc."\r\n\r\n'
    report = (SAMPLES / "adp-workers-csv.csv").read_bytes()
    said = first_plan(tmp_path, "hr.csv", titles + report, target)
    assert created(said) == sorted(CREATED["adp-workers-csv.csv"])


@pytest.mark.sampled(3)
@pytest.mark.parametrize("sample", TABLES)
def test_a_table_that_was_saved_as_a_workbook_has_the_same_first_plan(
    tmp_path: Path, target: str, sample: str
) -> None:
    said = first_plan(tmp_path, "hr.xlsx", xlsx(rows_of(sample)), target)
    expected = sorted(CREATED[sample])
    if sample in FORMULAS:
        assert set(created(said)) < set(expected)
        return
    assert created(said) == expected


OTHER_FORMS: dict[str, Callable[[list[list[str]]], bytes]] = {
    "UTF-8 with commas": lambda rows: saved(rows, delimiter=",", encoding="utf-8"),
    "UTF-16 with tabs": lambda rows: saved(rows, delimiter="\t", encoding="utf-16"),
    "with Excel's word": lambda rows: b"sep=;\r\n" + saved(rows, delimiter=";", encoding="cp1252"),
    "Parquet": lambda rows: as_parquet(rows),
}


def as_parquet(rows: list[list[str]]) -> bytes:
    columns = {name: [row[at] or None for row in rows[1:]] for at, name in enumerate(rows[0])}
    file = io.BytesIO()
    parquet.write_table(pa.table(columns), file)
    return file.getvalue()


@pytest.mark.parametrize(
    ("sample", "form"),
    [
        *(("personio-employees-csv.csv", form) for form in OTHER_FORMS),
        ("generic-hr.csv", "UTF-16 with tabs"),
        ("generic-hr.csv", "Parquet"),
    ],
)
def test_what_is_written_otherwise_is_declared_and_read(
    tmp_path: Path, target: str, sample: str, form: str
) -> None:
    said = first_plan(tmp_path, "hr.export", OTHER_FORMS[form](rows_of(sample)), target)
    assert created(said) == sorted(CREATED[sample])


def test_numbers_that_name_people_wait_for_a_persons_word(tmp_path: Path, target: str) -> None:
    rows: list[list[object]] = [list(row) for row in rows_of("personio-employees-csv.csv")]
    for row in rows[1:]:
        row[0] = int(str(row[0])) if str(row[0]).isdigit() else row[0]
    (tmp_path / "hr.xlsx").write_bytes(xlsx(rows))
    settings = tmp_path / "scimflow.yaml"
    words = ("--target", target, "--token-env", TOKEN_VARIABLE, "-o", settings)
    said = say("init", "--from", tmp_path / "hr.xlsx", *words)
    assert "answer each FILL IN" in said.text
    assert say("check", "--config", settings).code == EXIT_CONTRACT
    own = tmp_path / "contracts" / "hr.odcs.yaml"
    own.write_text(own.read_text().replace("numericIds, value: false", "numericIds, value: true"))
    assert say("check", "--config", settings).code == 0
    plan = say("plan", "--config", settings, "--as-of", "2026-03-02", "--json")
    assert created(plan) == sorted(CREATED["personio-employees-csv.csv"])


def test_an_extension_of_another_format_leaves_out_what_says_nothing_of_it(tmp_path: Path) -> None:
    own = {
        "apiVersion": "v3.2.0",
        "kind": "DataContract",
        "id": "urn:x",
        "name": "own",
        "version": "1.0.0",
        "customProperties": [{"property": "extends", "value": "google-users-csv@1"}],
        "servers": [{"server": "export", "type": "local", "path": "x", "format": "xlsx"}],
    }
    (tmp_path / "own.odcs.yaml").write_text(yaml.safe_dump(own))
    known, reader = (
        read_contract(name, tmp_path).reader for name in ("google-users-csv", "own.odcs.yaml")
    )
    assert (known.format, reader.format) == ("csv", "excel")
    assert reader.header_names is known.header_names
