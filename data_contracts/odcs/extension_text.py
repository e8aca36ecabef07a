"""Contract files written for people to complete: an extension of a published contract, or lines."""

import json
import re
from collections.abc import Sequence

from data_contracts.contract_change import ExportChange, ExportChangeKind
from data_contracts.export_contract import (
    ContractColumn,
    ExportContract,
    FileFormat,
    ReaderSettings,
)

FILL_IN = "FILL IN"
_TEXT = (FileFormat.CSV, FileFormat.JSON, FileFormat.JSONL, FileFormat.LDIF)
_STATES = "active, future, on_leave, suspended or leaver"
_ENDINGS = (".yaml", ".yml")


def remedy_text(contract: ExportContract, changes: Sequence[ExportChange]) -> str:
    """What allows an export's changes: a contract that extends the published one, or lines for it.

    Args:
        contract: The contract that the export breaks with.
        changes: How.

    Returns:
        YAML with comments; what only a person knows is marked FILL IN, and refused until then. ""
        when nothing changed.
    """
    if not changes:
        return ""
    body = _schema(contract, changes)
    if is_own(contract):
        return "\n".join([f"# Change in {contract.origin}:", *body, ""])
    return extension_text(contract, changes)


def extension_text(
    contract: ExportContract,
    changes: Sequence[ExportChange] = (),
    reader: ReaderSettings | None = None,
    numeric_ids: bool = False,
) -> str:
    """A contract of one's own that extends a published one.

    Args:
        contract: The published contract.
        changes: How an export at hand breaks with it.
        reader: How the export at hand is written, where that is known.
        numeric_ids: Whether numbers stand in columns that identify people.

    Returns:
        YAML with comments, valid by the standard once every FILL IN is answered.
    """
    name = f"my-{contract.name}"
    major = contract.version.split(".")[0]
    return "\n".join(
        [
            f"# Save as contracts/{name}.odcs.yaml, answer each {FILL_IN}, and name the file as",
            "# `contract` of the source in scimflow.yaml. What is not said here is said in",
            f"# {contract.name}; `scimflow contract show` with this file shows both in one.",
            "apiVersion: v3.2.0",
            "kind: DataContract",
            f"id: urn:scimflow:contract:{name}",
            f"name: {name}",
            "version: 1.0.0",
            "status: active",
            "customProperties:",
            f"  - {{property: extends, value: {contract.name}@{major}}}",
            *_servers(contract, reader, numeric_ids),
            *_schema(contract, changes),
            "",
        ]
    )


def is_own(contract: ExportContract) -> bool:
    """Whether a contract is a file of one's own, and no published one."""
    return "/" in contract.origin or not contract.origin.endswith(f"{contract.name}.odcs.yaml")


def _servers(
    contract: ExportContract, reader: ReaderSettings | None, numeric_ids: bool
) -> list[str]:
    known = contract.reader
    if reader is None or reader == known:
        return []
    lines = ["servers:", "  - server: export", "    type: local", "    path: export"]
    if reader.format in _TEXT and reader.encoding != known.encoding:
        lines.append(f"    encoding: {reader.encoding}")
    custom = _differing(reader, known)
    properties = [f"      - {{property: {name}, value: {value}}}" for name, value in custom]
    if numeric_ids:
        properties += [
            f"      # {FILL_IN}: numbers that name people are kept as numbers in this workbook;",
            "      # true only if none of them ever begins with a zero. Until then it is refused.",
            "      - {property: numericIds, value: false}",
        ]
    lines.append(f"    format: {reader.format}")
    return [*lines, "    customProperties:", *properties] if properties else lines


def _differing(seen: ReaderSettings, known: ReaderSettings) -> list[tuple[str, str]]:
    """What the standard has no key for, and is otherwise than in the published contract."""
    custom = []
    if seen.format is FileFormat.CSV:
        custom.append(("delimiter", json.dumps(seen.delimiter)))
    if seen.skip_starting and seen.skip_starting != known.skip_starting:
        custom.append(("skipLinesStarting", json.dumps(list(seen.skip_starting))))
    if seen.skip_lines != known.skip_lines:
        custom.append(("skipLines", str(seen.skip_lines)))
    if seen.records_at != known.records_at and seen.format is not FileFormat.JSONL:
        custom.append(("recordsAt", json.dumps(seen.records_at)))
    if seen.sheet is not None:
        custom.append(("sheet", json.dumps(seen.sheet)))
    return custom


def _schema(contract: ExportContract, changes: Sequence[ExportChange]) -> list[str]:
    unknown = [c for c in changes if c.kind is ExportChangeKind.STATUS_UNKNOWN]
    columns = [c for c in changes if c.kind is not ExportChangeKind.STATUS_UNKNOWN]
    lines = ["schema:", f"  - name: {_quoted(contract.schema_name)}"]
    if not changes:
        return [*lines, *_commented(contract)]
    if unknown:
        lines += [
            "    customProperties:",
            "      - property: status",
            "        value:",
            "          states:",
            *(
                f"            {_quoted(c.found)}: {FILL_IN}   # rows: {c.rows:,}; {_STATES}"
                for c in unknown
            ),
        ]
    if columns:
        lines.append("    properties:")
        lines += [line for change in columns for line in _property(contract, change)]
    return lines


def _property(contract: ExportContract, change: ExportChange) -> list[str]:
    column = contract.column(change.column)
    lines = [
        f"      - name: {_quoted(column.name)}",
        f"        logicalType: {column.logical_type}",
        "        customProperties:",
    ]
    if change.kind is ExportChangeKind.COLUMN_RENAMED:
        alias = f"          - {{property: aliases, value: [{_quoted(change.found)}]}}"
        return [*lines, f"{alias}   # is it the same column?"]
    if _decides(contract, column):
        return [
            f"      # {FILL_IN}: {_quoted(column.name)} cannot be left out, it decides: name the "
            "header that it has now",
            *lines,
            f"          - {{property: aliases, value: [{FILL_IN}]}}",
        ]
    optional = "          - {property: optional, value: true}"
    return [*lines, f"{optional}   # the export may leave it out; or name its new header"]


def _decides(contract: ExportContract, column: ContractColumn) -> bool:
    return column.name == contract.key or (
        contract.status is not None and column.name in contract.status.columns
    )


def _commented(contract: ExportContract) -> list[str]:
    """Examples of what can be said, for whoever starts without an export at hand."""
    lines = []
    if contract.status is not None:
        lines += [
            "    # customProperties:",
            "    #   - property: status",
            "    #     value:",
            "    #       states:        # further ones; those known are:",
            *(f"    #         # {_quoted(s)}: {m}" for s, m in contract.status.states.items()),
        ]
    lines += [
        "    # properties:          # change one, or add one; those known are:",
        *(f"    #   # {_comment(column.name)}" for column in contract.columns),
        f"    #   - name: {_quoted(contract.key)}",
        "    #     logicalType: string",
        "    #     customProperties:",
        "    #       - {property: aliases, value: [another header]}",
    ]
    return lines


def _quoted(text: str) -> str:
    """Text as YAML takes it; bare where it is a plain word."""
    if re.fullmatch(r"[A-Za-z][A-Za-z_-]*(?: [A-Za-z_-]+)*", text) and text.lower() not in _WORDS:
        return text
    return json.dumps(text, ensure_ascii=not text.isprintable())


_WORDS = frozenset({"yes", "no", "on", "off", "true", "false", "null", "y", "n"})
"""What YAML takes for something else than text."""


def _comment(text: str) -> str:
    return " ".join(text.split())
