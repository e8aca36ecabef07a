"""Whatever is done to a file, its reader reads it or says in words why not; no row disappears."""

import base64
import tempfile
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from data_contracts.errors import ScimflowError
from data_contracts.export_contract import ExportContract
from tasks.extract.recognise import recognise
from tests.export_parts import contract, custom, read
from tests.workbook_parts import ods, xls, xlsx

quick = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
slow = settings(quick, max_examples=25)
"""Workbooks are read in a process of their own."""

ROWS = [["id", "name"], ["001", "Ann"], ["002", date(2024, 1, 31)], ["003", 3.5]]
TABLE = pa.table({"id": ["001", "002"], "name": ["Ann", None], "day": [date(2024, 1, 31)] * 2})
LDIF = (
    "version: 1\ndn: a\nid: 001\nname: Ann\n  Lee\n\n# next\ndn: b\nid:: MDAy\nname: Bo\nname: B\n"
)
XML = (
    '<?xml version="1.0"?><r:All xmlns:r="urn:x"><r:One><r:id>001</r:id><r:name a="b">A</r:name>'
    "</r:One><r:One><r:id>002</r:id></r:One></r:All>"
)
CSV = 'id,name\n001,"Ann ""Nan"" Lee"\n002,"Bo\\" Ek"\r\n003\n'


def written(table: pa.Table) -> bytes:
    file = BytesIO()
    parquet.write_table(table, file, compression="gzip")
    return file.getvalue()


def kept(form: str, **server: object) -> ExportContract:
    return contract(server={"format": form, "customProperties": custom(**server)})


READERS: dict[str, tuple[ExportContract, bytes]] = {
    "csv": (kept("csv", escape="\\"), CSV.encode()),
    "tsv": (kept("tsv", skipAfterHeader=1), CSV.replace(",", "\t").encode()),
    "ldif": (kept("ldif", guids=["id"]), LDIF.encode()),
    "xml": (kept("xml", recordsAt="All.One"), XML.encode()),
    "parquet": (kept("parquet"), written(TABLE)),
}
WORKBOOKS: dict[str, tuple[ExportContract, bytes]] = {
    "xlsx": (kept("excel", numericIds=True), xlsx(ROWS)),
    "xls": (kept("excel", numericIds=True), xls(ROWS)),
    "ods": (kept("excel", numericIds=True), ods(ROWS)),
}


def spoil(data: bytes, changes: list[tuple[int, int, bytes]]) -> bytes:
    """Cut something out of bytes and put something in, again and again."""
    spoiled = bytearray(data)
    for at, length, put in changes:
        at = at % (len(spoiled) + 1)
        spoiled[at : at + length] = put
    return bytes(spoiled)


CHANGES = st.lists(
    st.tuples(
        st.integers(0, 1 << 20),
        st.integers(0, 40),
        st.one_of(st.binary(max_size=12), st.sampled_from([b"\n", b'"', b"<", b"\0", b":", b" "])),
    ),
    min_size=1,
    max_size=5,
)


def survives(data: bytes, kept_: ExportContract) -> None:
    with tempfile.TemporaryDirectory() as folder:
        try:
            batch = read(Path(folder), data, kept_, "export")
        except ScimflowError:
            return
    assert batch.rows_read == len(batch.frame) + len(batch.malformed)
    lines = [*batch.frame["_line"].tolist(), *(row.line for row in batch.malformed)]
    assert len(set(lines)) == len(lines)
    assert set(map(str, batch.frame.drop(columns="_line").dtypes)) <= {"str"}


@pytest.mark.parametrize("form", READERS)
@quick
@given(changes=CHANGES)
def test_a_spoiled_file_is_read_or_refused(
    form: str, changes: list[tuple[int, int, bytes]]
) -> None:
    kept_, data = READERS[form]
    survives(spoil(data, changes), kept_)


@pytest.mark.parametrize("form", READERS)
@quick
@given(data=st.binary(max_size=300))
def test_random_bytes_are_read_or_refused(form: str, data: bytes) -> None:
    kept_, start = READERS[form]
    survives(data, kept_)
    survives(start[:8] + data, kept_)


@pytest.mark.parametrize("form", WORKBOOKS)
@slow
@given(changes=CHANGES)
def test_a_spoiled_workbook_is_read_or_refused(
    form: str, changes: list[tuple[int, int, bytes]]
) -> None:
    kept_, data = WORKBOOKS[form]
    survives(spoil(data, changes), kept_)


@pytest.mark.parametrize("form", [*READERS, *WORKBOOKS])
@settings(quick, max_examples=15)
@given(changes=CHANGES)
def test_a_spoiled_file_is_recognised_or_not(
    form: str, changes: list[tuple[int, int, bytes]]
) -> None:
    _, data = {**READERS, **WORKBOOKS}[form]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export"
        path.write_bytes(spoil(data, changes))
        with suppress(ScimflowError):
            recognise(path)


ENTRIES = st.lists(
    st.tuples(st.text(max_size=20), st.text(max_size=20).filter(lambda text: "\0" not in text)),
    max_size=6,
)


@quick
@given(rows=ENTRIES)
def test_what_was_written_comes_back(rows: list[tuple[str, str]]) -> None:
    """Parquet and LDIF hold any text; every row is a row again."""
    table = pa.table({"id": [f"k{i}" for i in range(len(rows))], "name": [b for _, b in rows]})
    entries = "".join(
        f"dn: x\nid: k{i}\nname:: {base64.b64encode(b.encode()).decode()}\n\n"
        for i, (_, b) in enumerate(rows)
    )
    checks: list[tuple[str, Callable[[], bytes]]] = [
        ("parquet", lambda: written(table)),
        ("ldif", entries.encode),
    ]
    for form, make in checks:
        if not rows:
            continue
        with tempfile.TemporaryDirectory() as folder:
            batch = read(Path(folder), make(), kept(form), "export")
        assert batch.rows_read == len(rows)
        assert batch.malformed == ()
        assert batch.frame["id"].tolist() == [f"k{i}" for i in range(len(rows))]
