"""Parquet comes in as text, exactly: digits, days, moments; nothing nested, nothing endless."""

from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from data_contracts.batch import MalformedRow
from data_contracts.errors import SourceError
from data_contracts.export_contract import ExportContract, FileFormat
from data_contracts.odcs import parse_contract
from tasks.extract import parquet_file
from tasks.extract.recognise import propose_contract, recognise
from tests.export_parts import cells, columns, contract, read

DAY = {"logicalType": "date", "logicalTypeOptions": {"format": "dd.MM.yyyy"}}


def kept(*names: str, **properties: dict[str, Any]) -> ExportContract:
    return contract(server={"format": "parquet"}, schema=columns(*names, **properties))


def written(**arrays: Any) -> bytes:
    file = BytesIO()
    parquet.write_table(pa.table(arrays), file)
    return file.getvalue()


def test_values_come_exactly_as_they_are_kept(tmp_path: Path) -> None:
    data = written(
        id=pa.array([1234567890123456789, 7], pa.int64()),
        pay=pa.array([Decimal("0.10"), Decimal("1234567890123456.78")], pa.decimal128(18, 2)),
        rate=pa.array([0.1, None], pa.float64()),
        on=pa.array([True, None]),
        code=pa.array(["007", "NA"]).dictionary_encode(),
    )
    batch = read(tmp_path, data, kept("id", "pay", "rate", "on", "code"), "x.parquet")
    assert cells(batch, "id") == ["1234567890123456789", "7"]
    assert cells(batch, "pay") == ["0.10", "1234567890123456.78"]
    assert cells(batch, "rate") == ["0.1", None]
    assert cells(batch, "on") == ["true", None]
    assert cells(batch, "code") == ["007", "NA"]
    assert batch.frame["_line"].tolist() == [1, 2]


def test_days_are_written_as_the_contract_writes_days(tmp_path: Path) -> None:
    moments = [datetime.fromisoformat("2024-01-31"), datetime.fromisoformat("2024-01-31T08:30:01")]
    data = written(
        id=["1", "2"],
        since=pa.array([date(2024, 1, 31), None]),
        last=pa.array(moments, pa.timestamp("us")),
        seen=pa.array(moments, pa.timestamp("ns", tz="Europe/Zurich")),
        far=pa.array([253402300800, 0], pa.timestamp("s")),
    )
    batch = read(tmp_path, data, kept("id", "since", "last", since=DAY, last=DAY), "x.parquet")
    assert batch.malformed == (MalformedRow(1, "column 'far' holds a moment that no calendar has"),)
    assert cells(batch, "last") == ["2024-01-31T08:30:01"]
    data = data_without(data, "far")
    batch = read(tmp_path, data, kept("id", "since", "last", since=DAY, last=DAY), "x.parquet")
    assert cells(batch, "since") == ["31.01.2024", None]
    assert cells(batch, "last") == ["31.01.2024", "2024-01-31T08:30:01"]
    assert cells(batch, "seen") == ["2024-01-31T01:00:00+01:00", "2024-01-31T09:30:01+01:00"]


def data_without(data: bytes, name: str) -> bytes:
    table = parquet.read_table(BytesIO(data)).drop_columns([name])
    return written(**{n: table.column(n) for n in table.column_names})


def test_lists_and_bytes_are_left_out_and_told(tmp_path: Path) -> None:
    data = written(id=["1"], tags=[["a"]], raw=[b"\xff"], password=["x"])
    batch = read(tmp_path, data, kept("id"), "x.parquet")
    assert set(batch.frame.columns) == {"id", "_line"}
    assert batch.warnings == (
        "column 'password' looks like a password and was not read",
        "not read, for it holds nested values: 'tags', 'raw'",
    )


def test_a_list_where_one_value_belongs_makes_the_row_malformed(tmp_path: Path) -> None:
    data = written(id=["1", "2"], raw=[b"\xff", None])
    batch = read(tmp_path, data, kept("id", "raw"), "x.parquet")
    assert batch.malformed == (
        MalformedRow(1, "column 'raw' holds bytes where one value is expected"),
    )
    assert cells(batch, "id") == ["2"]


def test_fractions_as_identifiers_refuse_the_file(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="column 'id': values of type double where text") as told:
        read(tmp_path, written(id=[1.0, None]), kept("id"), "x.parquet")
    assert "make the column text" in told.value.hint


def test_what_is_no_parquet_file_is_refused(tmp_path: Path) -> None:
    data = written(id=["1"] * 1000)
    for broken, words in (
        (b"id,name\n1,Ann\n", "is no Parquet file"),
        (data[:-20], "damaged or cut off"),
        (data[:40] + bytes(200) + data[240:], "damaged or cut off"),
        (b"PARE" + data[4:], "is encrypted"),
    ):
        with pytest.raises(SourceError, match=words):
            read(tmp_path, broken, kept("id"), "x.parquet")


def test_a_file_that_unpacks_without_end_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_file, "MOST_TEXT", 1 << 30)
    file = BytesIO()
    long = pa.array(["x" * 20_000]).dictionary_encode()
    many = pa.DictionaryArray.from_arrays(pa.array([0] * 100_000), long.dictionary)
    parquet.write_table(pa.table({"id": many}), file)
    assert len(file.getvalue()) < 100_000
    with pytest.raises(SourceError, match="unpacks to more than 1 GB of text"):
        read(tmp_path, file.getvalue(), kept("id"), "x.parquet")


def test_an_export_of_nobody_has_no_rows(tmp_path: Path) -> None:
    batch = read(tmp_path, written(id=pa.array([], pa.string())), kept("id"), "x.parquet")
    assert (batch.rows_read, list(batch.frame.columns)) == (0, ["id", "_line"])


def test_a_parquet_file_is_recognised_and_gets_a_draft(tmp_path: Path) -> None:
    path = tmp_path / "people.parquet"
    path.write_bytes(written(id=["1", "2"], since=[date(2024, 1, 31)] * 2, status=["In", "Out"]))
    seen = recognise(path)
    assert (seen.format, seen.header, seen.rows_estimate) == (
        FileFormat.PARQUET,
        ("id", "since", "status"),
        2,
    )
    drafted = parse_contract(propose_contract(path), origin="draft")
    assert drafted.reader.format is FileFormat.PARQUET
    assert drafted.column("since").date_format == "%Y-%m-%d"


def test_bytes_that_are_no_text_make_the_row_malformed_and_as_a_name_refuse_the_file(
    tmp_path: Path,
) -> None:
    """A file may call any bytes text; found by fuzzing."""
    damaged = pa.array([b"\xff\xfe", b"Bo", None], pa.binary()).view(pa.string())
    data = written(id=["1", "2", "3"], name=damaged)
    batch = read(tmp_path, data, kept("id", "name"))
    assert cells(batch, "id") == ["2", "3"]
    assert batch.malformed == (MalformedRow(1, "column 'name' holds bytes that are no text"),)
    assert recognise(tmp_path / "people.csv").header == ("id", "name")
    spoiled = written(id=["1"], name=["Ann"]).replace(b"name", b"n\xbfme")
    with pytest.raises(SourceError, match="damaged or cut off"):
        read(tmp_path, spoiled, kept("id"))
