"""JSON and JSONL exports as columns of text; nested values only where the contract names a path."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from data_contracts.batch import MalformedRow
from data_contracts.export_contract import ExportContract, FileFormat
from data_contracts.value_path import Step, parse_value_path
from tasks.extract.json_scan import decode, scan_records
from tasks.extract.nested import ABSENT, NestedReading, several
from tasks.extract.records import Records
from tasks.extract.values import NotOneValue


def read_json(path: str, text: bytes, contract: ExportContract) -> Records:
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
    reading = NestedReading(contract, JsonNesting(), path)
    if contract.reader.format is FileFormat.JSONL:
        return reading.take_all(_json_lines(document, reading))
    return reading.take_all(scan_records(path, document, contract.reader.records_at))


def _json_lines(document: str, reading: NestedReading) -> Iterator[tuple[int, Any]]:
    """One object a line; a line that is none is malformed, the others go on."""
    for number, line in enumerate(document.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            yield number, decode(line)
        except (ValueError, RecursionError) as error:
            what = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
            reading.malformed.append(MalformedRow(number, f"malformed JSON: {what}"))


class JsonNesting:
    """Objects and lists."""

    def is_record(self, value: Any) -> bool:
        """Whether it is an object."""
        return isinstance(value, dict)

    def members(self, record: Any) -> Iterable[tuple[str, Any]]:
        """Keys and values."""
        items: Iterable[tuple[str, Any]] = record.items()
        return items

    def own_key(self, record: Any, name: str) -> str:
        """Keys are exact."""
        return name

    def step(self, value: Any, step: Step) -> Any:
        """A key of an object, or a position of a list, and of a list what is chosen by a value."""
        if isinstance(value, dict):
            found = value.get(step.name, ABSENT)
        elif isinstance(value, list) and step.position is not None:
            found = value[step.position] if step.position < len(value) else None
        elif isinstance(value, list) and value:
            raise several(step.name, len(value))
        else:
            return ABSENT
        return _chosen(found, step) if step.key and isinstance(found, list) else found

    def text(self, value: Any, where: str) -> str | None:
        """The text of a scalar."""
        if value is None or isinstance(value, str):
            return value
        if isinstance(value, bool):
            return "true" if value else "false"
        kind = "a list" if isinstance(value, list) else "an object"
        raise NotOneValue(f"`{where}` holds {kind} where one value is expected")

    def is_nested(self, value: Any) -> bool:
        """Whether it is an object or a list."""
        return isinstance(value, (dict, list))


def _chosen(found: list[Any], step: Step) -> Any:
    """The first object of a list whose key has the value; null when there is none."""
    for each in found:
        if isinstance(each, dict) and _written(each.get(step.key)) == step.value:
            return each
    return None


def _written(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def leads_somewhere(record: Any, path: str) -> bool:
    """Whether a record has something at a path, be it null or several values.

    Args:
        record: A decoded JSON object.
        path: As contracts write it; a text that is no path is a key.
    """
    nesting, value = JsonNesting(), record
    try:
        steps = parse_value_path(path)
    except ValueError:
        return isinstance(record, dict) and path in record
    for step in steps:
        try:
            value = nesting.step(value, step)
        except NotOneValue:
            return True
        if value is None or value is ABSENT:
            break
    return value is not ABSENT
