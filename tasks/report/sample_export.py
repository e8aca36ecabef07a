"""A sample export: a header and one made-up row, written as the contract declares."""

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

from data_contracts.errors import ConfigurationError
from data_contracts.export_contract import ExportContract, FileFormat, HeaderNames
from data_contracts.value_path import Step, parse_value_path
from tasks.report.sample_cells import made_up_row


def sample_export(contract: ExportContract) -> str:
    """Write a small export that keeps the contract.

    Args:
        contract: The contract.

    Returns:
        Text, to be saved in the contract's encoding; nobody in it is real.

    Raises:
        ConfigurationError: Exports of this format are no text.
    """
    row = made_up_row(contract)
    match contract.reader.format:
        case FileFormat.CSV:
            return _csv(contract, row)
        case FileFormat.JSON:
            document: Any = [_record(contract, row)]
            for key in reversed([k for k in contract.reader.records_at.split(".") if k]):
                document = {key: document}
            return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
        case FileFormat.JSONL:
            return json.dumps(_record(contract, row), ensure_ascii=False) + "\n"
        case other:
            raise ConfigurationError(
                f"a sample is written as CSV or JSON, and this is about exports as {other}",
                hint="`scimflow contract show` lists the columns",
            )


def sample_bytes(contract: ExportContract) -> bytes:
    """The same in the contract's encoding."""
    encoding = contract.reader.encoding
    return sample_export(contract).encode("utf-8" if encoding == "utf-8-sig" else encoding)


def _csv(contract: ExportContract, row: dict[str, str]) -> str:
    reader = contract.reader
    text = io.StringIO()
    text.write("#\n" * reader.skip_lines)
    writer = csv.writer(
        text,
        delimiter=reader.delimiter,
        quotechar=reader.quote or None,
        quoting=csv.QUOTE_MINIMAL if reader.quote else csv.QUOTE_NONE,
        lineterminator="\n",
    )
    bracketed = reader.header_names is HeaderNames.IN_BRACKETS
    writer.writerow([f"{name} [{name}]" if bracketed else name for name in row])
    text.write("#\n" * reader.skip_after_header)
    writer.writerow(row.values())
    return text.getvalue()


def _record(contract: ExportContract, row: dict[str, str]) -> dict[str, Any]:
    """A row as nested values, each where the contract looks for it."""
    record: dict[str, Any] = {}
    for column in contract.columns:
        if row[column.name] or column.required:
            steps = (Step(column.name),) if column.path is None else parse_value_path(column.path)
            record = _put(record, steps, row[column.name] or None)
    return record


def _put(place: Any, steps: Sequence[Step], value: str | None) -> Any:
    """A place with a value put where a path leads."""
    if not steps:
        return value
    step, rest = steps[0], steps[1:]
    if step.position is not None:
        items = [*(place or [])]
        items += [None] * (step.position + 1 - len(items))
        items[step.position] = _put(items[step.position], rest, value)
        return items
    known = place or {}
    if not step.key:
        return {**known, step.name: _put(known.get(step.name), rest, value)}
    mark = {step.key: step.value}
    items = [*(known.get(step.name) or [])]
    at = next((i for i, item in enumerate(items) if mark.items() <= item.items()), len(items))
    items[at:] = items[at:] or [mark]
    items[at] = _put(items[at], rest, value)
    return {**known, step.name: items}
