"""Laws of reading and checking: nothing is lost, nothing crashes, two ways give one answer."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_contracts.batch import RawBatch
from data_contracts.errors import ScimflowError
from data_contracts.words import BatchVerdict, WorkerState
from tasks.validate.check import check_batch
from tasks.validate.public_path import public_evaluate
from tasks.validate.quarantine import quarantine_csv, quarantine_jsonl
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
    assert quarantine_csv(batch, report)


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
