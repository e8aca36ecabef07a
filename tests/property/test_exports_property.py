"""Laws of reading and checking: nothing is lost, nothing crashes, two ways give one answer."""

import asyncio
import csv
import io
import re
import tempfile
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_contracts.as_of import AsOf
from data_contracts.batch import RawBatch
from data_contracts.correction import CorrectedCell, Correction
from data_contracts.errors import ContractFileError, ScimflowError
from data_contracts.odcs import parse_contract
from data_contracts.quarantine import KeptRow
from data_contracts.quarantine_columns import is_like_formula
from data_contracts.words import BatchVerdict, WorkerState
from flows.correcting import check_corrected
from flows.stages import PLAIN
from tasks.extract.cells import clean_text
from tasks.extract.contracts import published_text
from tasks.extract.returned_rows import read_returned
from tasks.report.quarantine_pages import returnable_csv, returnable_jsonl
from tasks.validate.check import check_batch
from tasks.validate.public_path import public_evaluate
from tasks.validate.quarantine import quarantine_jsonl
from tasks.validate.quiet import quiet_library
from tests.export_parts import HEADER, contract, custom, document, read

FORMATS = ("csv", "json", "jsonl")
CONTRACTS = {form: contract(server={"format": form}) for form in FORMATS}
LENIENT = contract(
    schema={
        "customProperties": [
            *document()["schema"][0]["customProperties"],
            *custom(maxQuarantinedFraction=1),
        ]
    }
)

quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])

SIGNS = st.sampled_from([*"aé0-\"',;\t\n\r |{}[]:\ufeff\u00a0\u200b\0", "\r\n", '""', "null"])
TEXTS = st.lists(SIGNS, max_size=60).map("".join)
BYTES = st.one_of(
    st.binary(max_size=200),
    TEXTS.map(str.encode),
    TEXTS.map(lambda text: f"{HEADER}\n{text}".encode()),
    TEXTS.map(lambda text: f'[{{"id": {text}'.encode()),
    TEXTS.map(lambda text: text.encode("utf-16")),
)


@quick
@given(data=BYTES, form=st.sampled_from(FORMATS))
def test_whatever_the_bytes_the_reader_reads_or_says_why_not(data: bytes, form: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        try:
            batch = read(Path(folder), data, CONTRACTS[form])
        except ScimflowError:
            return
    assert batch.rows_read == len(batch.frame) + len(batch.malformed)
    lines = [*batch.frame["_line"].tolist(), *(row.line for row in batch.malformed)]
    assert len(set(lines)) == len(lines)
    assert all(1 <= line <= data.count(b"\n") + data.count(b"\r") + 1 for line in lines)
    assert set(map(str, batch.frame.drop(columns="_line").dtypes)) <= {"str"}


ROWS = st.lists(
    st.one_of(
        st.tuples(
            st.sampled_from(["1", "2", "3", "4", "", "007", "7"]),
            st.sampled_from(["Ann", "", "Null", "x\ny"]),
            st.sampled_from(["a@x.ch", "A@x.ch", "b@x.ch", "", "c@x.ch"]),
            st.sampled_from(["Active", "Left", "", " Active "]),
            st.sampled_from(["2020-01-31", "", "2020-02-30", "x", "9999-12-31"]),
        ).map(lambda cells: ",".join(f'"{cell}"' for cell in cells)),
        st.sampled_from(["short", "a,b,c,d,e,f", "", ",,,,"]),
    ),
    max_size=25,
)


def batch_of(rows: list[str]) -> RawBatch:
    with tempfile.TemporaryDirectory() as folder:
        return read(Path(folder), "\n".join([HEADER, *rows]) + "\n", LENIENT)


@quick
@given(rows=ROWS)
def test_rows_in_are_rows_accepted_and_rows_set_aside(rows: list[str]) -> None:
    batch = batch_of(rows)
    checked = check_batch(batch, LENIENT)
    report = checked.report
    if report.verdict is BatchVerdict.REFUSED:
        assert report.rows_accepted == len(checked.accepted) == 0
        assert report.refusals
        return
    assert report.rows_read == len(checked.accepted) + len(report.quarantined)
    accepted = set(checked.accepted["_line"])
    aside = {row.line for row in report.quarantined}
    assert not accepted & aside
    assert set(checked.accepted["_state"]) <= {str(state) for state in WorkerState}
    assert checked.accepted["id"].is_unique
    assert all(row.rule_ids and len(row.rule_ids) == len(row.reasons) for row in report.quarantined)
    assert quarantine_jsonl(batch, report).count(b"\n") == len(report.quarantined)


@quick
@given(
    rows=ROWS,
    cells=st.lists(
        st.tuples(
            st.integers(2, 20),
            st.sampled_from(["id", "name", "email", "status", "since"]),
            st.sampled_from([None, "1", "9", "a@x.ch", "z@x.ch", "Active", "2020-01-31", "x"]),
        ),
        max_size=8,
    ),
)
def test_whatever_is_corrected_no_row_is_lost_and_nobody_who_goes_on_is_set_aside(
    rows: list[str], cells: list[tuple[int, str, str | None]]
) -> None:
    batch = batch_of(rows)
    frame = batch.frame.set_index("_line")
    corrections = [
        Correction(
            "hr",
            batch.digest,
            line,
            None,
            (CorrectedCell(column, _cell(frame.loc[line, column]), after),),
        )
        for line, column, after in cells
        if line in frame.index
    ]
    found = asyncio.run(
        check_corrected(PLAIN.check, batch, LENIENT, AsOf.parse("2026-03-02"), corrections)
    )
    plain, report = found.plain.report, found.checked.report
    assert report.rows_read == plain.rows_read
    if plain.verdict is BatchVerdict.REFUSED:
        return
    assert report.verdict is not BatchVerdict.REFUSED
    assert report.rows_read == len(found.checked.accepted) + len(report.quarantined)
    accepted = set(found.plain.accepted["_line"])
    assert accepted <= set(found.checked.accepted["_line"])
    untouched = found.checked.accepted[found.checked.accepted["_line"].isin(accepted)]
    assert untouched.reset_index(drop=True).equals(found.plain.accepted)


def _cell(value: object) -> str | None:
    return value if isinstance(value, str) else None


CELLS = st.text(st.sampled_from([*"=+-@'\"\t\r;,|aé0\u00a0\u200b\uff1d", "\U0001f600"]), max_size=8)


@quick
@given(values=st.lists(st.one_of(st.none(), CELLS), min_size=3, max_size=3))
def test_what_goes_to_an_analyst_comes_back_as_it_was(values: list[str | None]) -> None:
    cells = {f"c{i}": clean_text(v) or None if v else None for i, v in enumerate(values)}
    row = KeptRow("hr", "hr.csv", "sha256:x", "people@1", 7, ("r",), ("why",), "7", cells)
    with tempfile.TemporaryDirectory() as folder:
        for name, data in (("a.csv", returnable_csv([row])), ("a.jsonl", returnable_jsonl([row]))):
            (Path(folder) / name).write_bytes(data)
            [(source, delivery, line, back)] = read_returned(Path(folder) / name)
            assert (source, delivery, line) == ("hr", "sha256:x", 7)
            assert {k: v and v.replace("\r", "\n") for k, v in cells.items()} == {
                k: v and v.replace("\r", "\n") for k, v in back.items()
            }
    text = returnable_csv([row]).decode("utf-8-sig")
    for line in csv.reader(io.StringIO(text, newline="")):
        assert not [cell for cell in line if is_like_formula(cell)]


@pytest.fixture(scope="module")
def slow_way() -> object:
    with quiet_library():
        return public_evaluate()


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=ROWS)
def test_the_fast_way_and_the_public_way_give_the_same_rows_and_reasons(
    rows: list[str], slow_way: object
) -> None:
    batch = batch_of(rows)
    fast = check_batch(batch, LENIENT)
    slow = check_batch(batch, LENIENT, evaluate=slow_way)  # type: ignore[arg-type]
    assert fast.report == slow.report
    assert fast.accepted.equals(slow.accepted)


WORDS = st.sampled_from(
    ["status", "aliases", "means", "Employee #", "EEID", "people", "x", "", "active", "critical"]
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-1, 3), WORDS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(WORDS, inner, max_size=3)),
    max_leaves=6,
)
PROPERTIES = st.lists(
    st.fixed_dictionaries(
        {"property": st.sampled_from(["status", "severities", "aliases", "key"]), "value": VALUES}
    ),
    max_size=3,
)
COLUMNS = st.lists(
    st.fixed_dictionaries(
        {"name": WORDS, "logicalType": st.sampled_from(["string", "date", "integer"])},
        optional={"customProperties": PROPERTIES, "required": st.booleans(), "unique": VALUES},
    ),
    max_size=3,
)


@quick
@given(custom_properties=PROPERTIES, columns=COLUMNS, reference=st.sampled_from(["1", "2", ""]))
def test_whatever_an_extension_says_it_is_taken_or_refused_with_its_place(
    custom_properties: list[dict[str, object]], columns: list[dict[str, object]], reference: str
) -> None:
    said = {
        "apiVersion": "v3.2.0",
        "kind": "DataContract",
        "id": "urn:x",
        "name": "own",
        "version": "1.0.0",
        "customProperties": custom(extends=f"bamboohr-report@{reference}"),
        "schema": [
            {"name": "people", "customProperties": custom_properties, "properties": columns}
        ],
    }
    published = {"bamboohr-report": published_text("bamboohr-report")}
    try:
        kept = parse_contract(yaml.safe_dump(said), origin="own.yaml", published=published)
    except ContractFileError as error:
        for line in error.message.splitlines():
            assert re.match(r"(own\.yaml|bamboohr-report\.odcs\.yaml):\d+: ", line)
        return
    assert reference == "1"
    assert {column["name"] for column in columns} <= {column.name for column in kept.columns}
