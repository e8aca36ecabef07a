"""A contract drafted for an unknown export: commented, sound, and refusing until filled in."""

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from data_contracts.errors import SourceError
from data_contracts.export_contract import FileFormat, ReaderSettings, WorkerField
from data_contracts.odcs import parse_contract
from data_contracts.secret_names import looks_secret
from tasks.extract.guesses import (
    find_status,
    guess_date_formats,
    guess_meaning,
    looks_like_key,
)
from tasks.extract.sample import TEXT_FORMATS, Sample, read_sample

_NESTED = (FileFormat.JSON, FileFormat.JSONL, FileFormat.XML, FileFormat.LDIF)
_PERSONAL = {
    WorkerField.USER_NAME,
    WorkerField.EMAIL,
    WorkerField.GIVEN_NAME,
    WorkerField.FAMILY_NAME,
    WorkerField.DISPLAY_NAME,
    WorkerField.PHONE,
}


@dataclass(slots=True)
class _Draft:
    """One column of the draft."""

    header: str
    name: str
    values: tuple[str | None, ...]
    meaning: WorkerField | None = None


def propose_contract(path: Path) -> str:
    """Draft a contract from an export at hand.

    The draft passes the checks of contracts, and no plan is made by it: every export is refused,
    and its statuses named, until a person has said what each means, and that it is no draft now.

    Args:
        path: The export.

    Returns:
        YAML with comments; what a person has to decide is marked FILL IN.

    Raises:
        SourceError: The export is missing, empty, has no named columns, or is nothing that is read.
    """
    sample = read_sample(path)
    columns = _columns(sample)
    if not columns:
        raise SourceError(f"{path} has no columns with names", hint="give an export with a header")
    key = _key(columns)
    found = find_status([(column.header, column.values) for column in columns])
    status = None if found is None else columns[found]
    if key.meaning is not WorkerField.WORKER_ID:
        for column in columns:
            if column.meaning is WorkerField.WORKER_ID:
                column.meaning = WorkerField.EMPLOYEE_NUMBER
    text = "\n".join(
        [
            *_head(sample),
            *_servers(sample),
            *_schema(key, status),
            *(line for c in columns for line in _property(c, c is key, sample)),
            "",
        ]
    )
    parse_contract(text, origin="the proposed contract")
    return text


def _columns(sample: Sample) -> list[_Draft]:
    """The columns, passwords left out, each name once, each meaning once."""
    drafts: list[_Draft] = []
    taken: set[str] = set()
    meant: set[WorkerField] = set()
    for index, header in enumerate(sample.header):
        values = tuple(row[index] for row in sample.rows)
        is_nested = sample.reader.format in _NESTED
        if not header or looks_secret(header) or (is_nested and not any(values)):
            continue  # a key without a single value may hold an object tomorrow
        name = header.lstrip("_").strip() or f"column {index + 1}"
        if name in taken:
            continue
        taken.add(name)
        meaning = guess_meaning(header, of_directory=sample.reader.format is FileFormat.LDIF)
        if meaning in meant:
            meaning = None
        if meaning is not None:
            meant.add(meaning)
        drafts.append(_Draft(header, name, values, meaning))
    return drafts


def _key(columns: Sequence[_Draft]) -> _Draft:
    """The column that most likely identifies people: a number, else a login, else what differs."""
    order = {WorkerField.WORKER_ID: 0, WorkerField.USER_NAME: 1, WorkerField.EMAIL: 2, None: 3}

    def rank(column: _Draft) -> tuple[bool, int]:
        is_number = column.meaning is WorkerField.WORKER_ID
        return not (looks_like_key(column.values) or is_number), order.get(column.meaning, 4)

    return min(columns, key=rank)


def _head(sample: Sample) -> list[str]:
    slug = re.sub(r"[^a-z0-9]+", "-", sample.path.stem.lower()).strip("-") or "export"
    return [
        f"# A data contract drafted from {_comment(sample.path.name)}. Read all of it: it decides",
        "# whose accounts are made and switched off. What only you know is marked FILL IN.",
        "# data_contracts/published/README.md explains every key.",
        "apiVersion: v3.2.0",
        "kind: DataContract",
        f"id: urn:scimflow:contract:{slug}",
        f"name: {_quoted(slug)}",
        "version: 0.1.0",
        "# active, once each FILL IN is answered; every export is refused until then",
        "status: draft",
        "description:",
        '  purpose: "FILL IN: what this export is, and who runs it"',
        "team:",
        '  name: "FILL IN: who answers for this export"',
    ]


def _servers(sample: Sample) -> list[str]:
    reader = sample.reader
    lines = [
        "servers:",
        "  - server: export",
        "    type: local",
        f"    path: {_quoted(sample.path.name)}",
        f"    format: {reader.format}",
    ]
    custom = _custom(reader)
    if reader.format not in TEXT_FORMATS:
        return [*lines, *custom]
    if not sample.certain:
        lines.append(
            "    # FILL IN: the file is not UTF-8; check that umlauts and accents are right"
        )
    lines.append(f"    encoding: {reader.encoding}")
    return [*lines, *custom]


def _custom(reader: ReaderSettings) -> list[str]:
    """What the standard has no key for."""
    custom: list[tuple[str, str]] = []
    if reader.format is FileFormat.CSV:
        custom.append(("delimiter", json.dumps(reader.delimiter)))
    if reader.sheet is not None:
        custom.append(("sheet", _quoted(str(reader.sheet))))
    if reader.skip_lines:
        custom.append(("skipLines", str(reader.skip_lines)))
    if reader.skip_starting:
        custom.append(("skipLinesStarting", f"[{', '.join(map(_quoted, reader.skip_starting))}]"))
    if reader.records_at:
        custom.append(("recordsAt", _quoted(reader.records_at)))
    if reader.guids:
        custom.append(("guids", f"[{', '.join(map(_quoted, reader.guids))}]"))
    lines = [f"      - {{property: {name}, value: {value}}}" for name, value in custom]
    if reader.numeric_ids:
        lines += [
            "      # FILL IN: numbers that name people are kept as numbers in this workbook; say",
            "      # true only if none of them ever begins with a zero. Until then it is refused.",
            "      - {property: numericIds, value: false}",
        ]
    return ["    customProperties:", *lines] if lines else []


def _schema(key: _Draft, status: _Draft | None) -> list[str]:
    lines = [
        "schema:",
        "  - name: people",
        "    physicalType: file",
        "    customProperties:",
        "      # FILL IN: the column that identifies a person and is never used again for another",
        f"      - {{property: key, value: {_quoted(key.name)}}}",
        "      - {property: oneRowPer, value: person}",
        "      # FILL IN: true only if everybody employed is in each export; whoever is absent",
        "      # from it is then taken for a leaver",
        "      - {property: completeRoster, value: false}",
        "      - {property: maxQuarantinedFraction, value: 0.1}",
    ]
    if status is None:
        lines += [
            "      # FILL IN: no column looks like a status. If there is one, name it as the other",
            "      # contracts do. Without one, everybody in the export counts as employed whose",
            "      # last day is not over: which column `means` last_day?",
        ]
    else:
        lines += [
            "      - property: status",
            "        value:",
            f"          columns: [{_quoted(status.name)}]",
            "          # FILL IN: what each status means: active, future, on_leave, suspended or",
            "          # leaver. Until then every export is refused; an unknown status always is.",
            "          states: {}",
        ]
        counts = Counter(value for value in status.values if value is not None)
        lines += [
            f"          #   {_quoted(value)}: FILL IN   # rows: {count:,}"
            for value, count in sorted(counts.items())
        ]
    return [*lines, "    properties:"]


def _property(column: _Draft, is_key: bool, sample: Sample) -> list[str]:
    lines = [f"      - name: {_quoted(column.name)}", *_type(column)]
    if is_key:
        lines += ["        primaryKey: true", "        required: true", "        unique: true"]
    if column.meaning in _PERSONAL:
        lines.append("        classification: pii")
    custom: list[str] = []
    if column.meaning is not None:
        custom.append(f"{{property: means, value: {column.meaning}}}   # FILL IN: is that so?")
    if sample.reader.format in _NESTED and _needs_path(column):
        custom.append(f"{{property: path, value: {_quoted(column.header)}}}")
    elif column.name != column.header:
        custom.append(f"{{property: aliases, value: [{_quoted(column.header)}]}}")
    if custom:
        lines.append("        customProperties:")
        lines += [f"          - {entry}" for entry in custom]
    return lines


def _type(column: _Draft) -> list[str]:
    formats = guess_date_formats(column.values)
    if len(formats) == 1:
        return [
            "        logicalType: date",
            f"        logicalTypeOptions: {{format: {formats[0]}}}",
        ]
    lines = ["        logicalType: string"]
    if formats:
        lines.append(f"        # FILL IN: a date; which of {', '.join(formats)} cannot be told")
    return lines


def _needs_path(column: _Draft) -> bool:
    return "." in column.header or column.name != column.header


def _quoted(text: str) -> str:
    """Text as YAML takes it, whatever it holds."""
    return json.dumps(text, ensure_ascii=not text.isprintable())


def _comment(text: str) -> str:
    return " ".join(text.split())
