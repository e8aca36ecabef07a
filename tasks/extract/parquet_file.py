"""A Parquet file as columns of text: whole numbers, decimals, days and moments exactly as kept.

Rows are numbered from 1. The file is read batch by batch, so that what it unpacks to is bounded.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from data_contracts.errors import SourceError
from data_contracts.export_contract import ExportContract
from tasks.extract.cells import clean_text
from tasks.extract.headers import MatchedHeader, listed, match_header
from tasks.extract.records import Records
from tasks.extract.tables import refuse_lossy_ids, table_records
from tasks.extract.values import NotOneValue, identifying_columns, text_of

MOST_TEXT = 2 << 30
"""Bytes of text that a file may unpack to; a million people of twenty columns are a tenth of it."""
BATCH = 1 << 16  # rows
_MAGIC = b"PAR1"
_ENCRYPTED = b"PARE"
_TEXT = pa.large_string()


def open_parquet(path: str, data: bytes) -> Any:
    """Open a Parquet file.

    Args:
        path: For messages.
        data: Its bytes.

    Raises:
        SourceError: It is none, encrypted, damaged or cut off.
    """
    if data.startswith(_ENCRYPTED):
        raise SourceError(f"{path} is encrypted", hint="export it without encryption")
    if not data.startswith(_MAGIC):
        raise SourceError(
            f"{path} is no Parquet file; the contract declares `format: parquet`",
            hint="declare what the file is in the contract, or export it as Parquet",
        )
    try:
        file = parquet.ParquetFile(pa.BufferReader(data))
        file.schema_arrow.names  # noqa: B018  # names that are no text are found out here
    except (pa.ArrowException, OSError, UnicodeDecodeError):
        raise _damaged(path) from None
    return file


def read_parquet(path: str, data: bytes, contract: ExportContract) -> Records:
    """Read a Parquet file.

    Args:
        path: For messages.
        data: The file's bytes.
        contract: The columns.

    Raises:
        SourceError: It cannot be read, unpacks to too much, or keeps identifiers as fractions.
    """
    file = open_parquet(path, data)
    schema = file.schema_arrow
    header = tuple(map(clean_text, schema.names))
    matched, left_out = _without_nested(match_header(header, contract, path), schema, contract)
    _refuse_lossy(path, matched, schema, contract)
    formats = {column.name: column.date_format for column in contract.columns}
    wanted = [i for i, name in enumerate(matched.names) if name is not None]
    parts: dict[int, list[Any]] = {i: [] for i in wanted}
    faults: dict[int, str] = {}
    rows = size = 0
    for batch in _batches(path, file, [schema.names[i] for i in wanted]):
        for at, i in enumerate(wanted):
            name = matched.names[i]
            texts, wrong = text_column(batch.column(at), formats.get(name or ""))
            for row, reason in wrong.items():
                faults.setdefault(rows + row + 1, f"column {name!r} {reason}")
            parts[i].append(texts)
            size += texts.nbytes
        rows += batch.num_rows
        _refuse_endless(path, size)
    columns = [
        pa.chunked_array(parts[i], type=_TEXT).combine_chunks() if i in parts else None
        for i in range(len(header))
    ]
    warnings = (*matched.warnings, *left_out)
    matched = MatchedHeader(matched.names, warnings)
    return table_records(header, matched, columns, np.arange(1, rows + 1), faults, contract)


def first_batches(path: str, file: Any, names: list[str], most_rows: int) -> Iterator[Any]:
    """The beginning of a file.

    Args:
        path: For messages.
        file: As `open_parquet` gives it.
        names: The columns.
        most_rows: About how many rows.
    """
    seen = 0
    for batch in _batches(path, file, names):
        yield batch
        seen += batch.num_rows
        if seen >= most_rows:
            return


def text_column(cells: Any, date_format: str | None) -> tuple[Any, dict[int, str]]:
    """Write a column as text.

    Args:
        cells: Arrow array of single values.
        date_format: strptime format, where the contract has one for the column.

    Returns:
        Arrow array of large strings, and why rows of it cannot be written, by position.
    """
    kind = cells.type
    if pa.types.is_dictionary(kind):
        cells, kind = cells.dictionary_decode(), kind.value_type
    if _is_text(kind):
        return _valid_text(cells)
    if pa.types.is_integer(kind) or pa.types.is_boolean(kind):
        return cells.cast(_TEXT), {}
    if pa.types.is_null(kind):
        return pa.nulls(len(cells), _TEXT), {}
    coded = cells.dictionary_encode()
    texts, reasons = [], {}
    for code, value in enumerate(coded.dictionary):
        text, reason = _written(value, date_format)
        texts.append(text)
        if reason:
            reasons[code] = reason
    column = pa.array(texts, type=_TEXT).take(coded.indices)
    codes = pc.fill_null(coded.indices, -1).to_numpy(zero_copy_only=False)
    wrong = {
        int(row): reason
        for code, reason in reasons.items()
        for row in np.flatnonzero(codes == code)
    }
    return column, wrong


def _valid_text(cells: Any) -> tuple[Any, dict[int, str]]:
    """Text that really is: a file may call any bytes so, and nothing checks it on reading."""
    texts = cells.cast(_TEXT)
    try:
        texts.validate(full=True)
    except pa.ArrowInvalid:
        values: list[str | None] = []
        wrong: dict[int, str] = {}
        for row, value in enumerate(texts.cast(pa.large_binary()).to_pylist()):
            try:
                values.append(None if value is None else value.decode("utf-8"))
            except UnicodeDecodeError:
                values.append(None)
                wrong[row] = "holds bytes that are no text"
        return pa.array(values, type=_TEXT), wrong
    return texts, {}


def _written(value: Any, date_format: str | None) -> tuple[str | None, str]:
    try:
        return text_of(value.as_py(), date_format), ""
    except NotOneValue as error:
        return None, str(error)
    except (ValueError, OverflowError, KeyError):  # beyond the years, an unknown zone
        return None, "holds a moment that no calendar has"


def _is_text(kind: Any) -> bool:
    tests = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    return any(test(kind) for test in tests)


def is_nested(kind: Any) -> bool:
    """Whether cells of a type are no single values that have a text."""
    tests = (pa.types.is_nested, pa.types.is_binary, pa.types.is_large_binary)
    return any(t(kind) for t in (*tests, pa.types.is_fixed_size_binary, pa.types.is_binary_view))


def _without_nested(
    matched: MatchedHeader, schema: Any, contract: ExportContract
) -> tuple[MatchedHeader, list[str]]:
    """Leave out columns of lists, objects and bytes; not those that the contract names."""
    declared = {column.name for column in contract.columns}
    names = list(matched.names)
    left = [
        i
        for i, name in enumerate(names)
        if name is not None and name not in declared and is_nested(schema.field(i).type)
    ]
    for i in left:
        names[i] = None
    words = [f"not read, for it holds nested values: {listed(schema.names[i] for i in left)}"]
    return MatchedHeader(tuple(names), matched.warnings), words if left else []


def _refuse_lossy(path: str, matched: MatchedHeader, schema: Any, contract: ExportContract) -> None:
    identifying = identifying_columns(contract)
    for i, name in enumerate(matched.names):
        kind = schema.field(i).type
        if name in identifying and (pa.types.is_floating(kind) or pa.types.is_temporal(kind)):
            refuse_lossy_ids(path, schema.names[i], 1, f"values of type {kind}")


def _batches(path: str, file: Any, names: list[str]) -> Iterator[Any]:
    try:
        yield from file.iter_batches(BATCH, columns=names, use_threads=False)
    except (pa.ArrowException, OSError):
        raise _damaged(path) from None


def _refuse_endless(path: str, size: int) -> None:
    if size > MOST_TEXT:
        raise SourceError(
            f"{path} unpacks to more than {MOST_TEXT >> 30} GB of text",
            hint="leave columns out of the export, or export it in parts of the company",
        )


def _damaged(path: str) -> SourceError:
    return SourceError(
        f"{path} cannot be taken apart as Parquet: it is damaged or cut off",
        hint="ask for a new export",
    )
