"""JSON and JSONL exports as columns of text; nested values only where the contract names a path."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from data_contracts.batch import MalformedRow
from data_contracts.export_contract import ContractColumn, ExportContract, FileFormat
from data_contracts.frames import LINE, STATE
from data_contracts.secret_names import looks_secret
from tasks.extract.cells import clean_cells, clean_text
from tasks.extract.headers import listed
from tasks.extract.json_path import ABSENT, follow, path_parts
from tasks.extract.json_scan import decode, scan_records
from tasks.extract.records import Records


class _NotOneValue(ValueError):
    """A list or an object stands where one value is expected."""


@dataclass(slots=True)
class _Reading:
    """What has been read so far."""

    contract: ExportContract
    columns: dict[str, list[str | None]] = field(default_factory=dict)
    lines: list[int] = field(default_factory=list)
    malformed: list[MalformedRow] = field(default_factory=list)
    keys: dict[str, None] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)


def read_json(path: Path, text: bytes, contract: ExportContract) -> Records:
    """Read a JSON document or a JSONL file.

    Args:
        path: For messages.
        text: The file as UTF-8.
        contract: The columns with their paths, and where the records are.

    Returns:
        The columns by the contract's names, the line of each record, the malformed ones.

    Raises:
        SourceError: The document cannot be taken apart; says where and why.
    """
    document = text.decode("utf-8")
    reading = _Reading(contract)
    if contract.reader.format is FileFormat.JSONL:
        records = _json_lines(document, reading)
    else:
        records = scan_records(path, document, contract.reader.records_at)
    for line, value in records:
        _take(line, value, reading)
    sentinels = {column.name: column.sentinels for column in contract.columns}
    columns = {
        name: clean_cells(pa.array(cells, type=pa.large_string()), sentinels.get(name, ()))
        for name, cells in reading.columns.items()
    }
    return Records(
        header=tuple(reading.keys),
        columns=columns,
        lines=np.array(reading.lines, dtype="int64"),
        malformed=tuple(reading.malformed),
        warnings=_warnings(reading),
    )


def _json_lines(document: str, reading: _Reading) -> Iterator[tuple[int, Any]]:
    """One object a line; a line that is none is malformed, the others go on."""
    for number, line in enumerate(document.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            yield number, decode(line)
        except (ValueError, RecursionError) as error:
            what = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
            reading.malformed.append(MalformedRow(number, f"malformed JSON: {what}"))


def _take(line: int, value: Any, reading: _Reading) -> None:
    """Put one record's values into the columns."""
    if not isinstance(value, dict):
        reading.malformed.append(MalformedRow(line, "expected an object, got something else"))
        return
    try:
        row = _row(value, reading)
    except _NotOneValue as error:
        reading.malformed.append(MalformedRow(line, str(error)))
        return
    for name in row.keys() - reading.columns.keys():
        reading.columns[name] = [None] * len(reading.lines)
    reading.lines.append(line)
    for name, cells in reading.columns.items():
        cells.append(row.get(name))


def _row(record: dict[str, Any], reading: _Reading) -> dict[str, str | None]:
    row: dict[str, str | None] = {}
    used: set[str] = set()
    for column in reading.contract.columns:
        keys, found = _find(record, column)
        if found is ABSENT:
            continue
        used |= keys
        row[column.name] = _text(found, column.path or column.name)
    for key, value in record.items():
        name = clean_text(key)
        reading.keys.setdefault(name)
        if key in used or name in row:
            continue
        reason = _unwanted(name, value)
        if reason:
            reading.left_out.setdefault(name, reason)
        else:
            row[name] = _text(value, name)
    return row


def _find(record: dict[str, Any], column: ContractColumn) -> tuple[set[str], Any]:
    """A column's value, and the record's own keys that are the column's."""
    if column.path is None:
        for name in (column.name, *column.aliases):
            if name in record:
                return {name}, record[name]
        return set(), ABSENT
    paths = (column.path, *column.aliases)
    values = [value for value in (follow(record, p) for p in paths) if value is not ABSENT]
    keys = {path_parts(path)[0].key for path in paths}
    return keys, next((v for v in values if v is not None), None if values else ABSENT)


def _text(value: Any, where: str) -> str | None:
    if value is None or isinstance(value, str):
        return _whole(value, where)
    if isinstance(value, bool):
        return "true" if value else "false"
    kind = "a list" if isinstance(value, list) else "an object"
    raise _NotOneValue(f"`{where}` holds {kind} where one value is expected")


def _whole(value: str | None, where: str) -> str | None:
    """A text without what no text has: NUL, and halves of characters."""
    if value is not None and not _is_text(value):
        raise _NotOneValue(f"`{where}` holds a character that is none")
    return value


def _is_text(value: str) -> bool:
    if "\0" in value:
        return False
    return value.isascii() or not any("\ud800" <= sign <= "\udfff" for sign in value)


def _unwanted(name: str, value: Any) -> str:
    """Why a key that no column names is left out; "" when it is not."""
    if looks_secret(name):
        return "looks like a password"
    if name in (LINE, STATE) or not name or not _is_text(name):
        return "has a name of scimflow's own, or none"
    return "holds nested values" if isinstance(value, (dict, list)) else ""


def _warnings(reading: _Reading) -> tuple[str, ...]:
    reasons = dict.fromkeys(reading.left_out.values())
    return tuple(
        f"not read, for it {reason}: {listed(_of(reading.left_out, reason))}" for reason in reasons
    )


def _of(left_out: dict[str, str], reason: str) -> Iterable[str]:
    return (name for name, why in left_out.items() if why == reason)
