"""A data contract as a page for the people who run the export: derived, never written by hand."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from data_contracts.contract_change import ContractChange
from data_contracts.dates import LOCAL, DateKind
from data_contracts.export_contract import ContractColumn, ExportContract, FileFormat
from data_contracts.words import Severity, WorkerState
from tasks.report.blocks import Block, Heading, Paragraph, Table
from tasks.report.wording import CONSEQUENCES, plural

STATES = {
    WorkerState.ACTIVE: "is employed, and gets an account",
    WorkerState.FUTURE: "has yet to begin; gets an account shortly before",
    WorkerState.ON_LEAVE: "is on leave; keeps the account, unless the settings say otherwise",
    WorkerState.SUSPENDED: "is suspended; the account is switched off for the time",
    WorkerState.LEAVER: "has left; the account is switched off",
}
"""What a state means for a person, before anything that the settings change."""

_TEXT = (FileFormat.CSV, FileFormat.JSON, FileFormat.JSONL, FileFormat.LDIF)
_ENCODINGS = {"utf-8-sig": "UTF-8, with or without a byte-order mark"}
_DELIMITERS = {"\t": "a tab", " ": "a blank"}
_ORDER = (Severity.REFUSE, Severity.QUARANTINE, Severity.WARN)


def contract_blocks(contract: ExportContract) -> list[Block]:
    """The page of a contract.

    Args:
        contract: The contract.

    Returns:
        What the export is, how the file is read, its columns, its statuses, its rules with what a
        breach leads to.
    """
    return [
        Heading(f"{contract.name} {contract.version}", 1),
        *_introduction(contract),
        Heading("How the file is read"),
        Table(("What", "How"), reading_rows(contract)),
        Heading("Columns"),
        Paragraph(
            "Columns may stand in any order. Further columns do no harm; what looks like a "
            "password is never read."
        ),
        Table(
            ("Column", "In the file", "Means", "What it is"),
            [_column_row(contract, column) for column in contract.columns],
        ),
        *_statuses(contract),
        Heading("Rules"),
        Table(
            ("A breach", "Rule", "In words"),
            [
                (CONSEQUENCES[rule.severity], rule.rule_id, rule.description)
                for severity in _ORDER
                for rule in contract.rules
                if rule.severity is severity
            ],
        ),
    ]


def contract_document(contract: ExportContract) -> dict[str, Any]:
    """The same for machines, with stable keys."""
    reader = contract.reader
    return {
        **contract_line(contract),
        "extends": contract.extends or None,
        "owner": contract.owner,
        "origin": contract.origin,
        "key": contract.key,
        "one_row_per": contract.one_row_per,
        "max_quarantined_fraction": contract.max_quarantined_fraction,
        "reader": {
            name: str(getattr(reader, name)) if name == "format" else getattr(reader, name)
            for name in reader.__dataclass_fields__
        },
        "columns": [
            {
                "name": column.name,
                "required": column.required,
                "aliases": list(column.aliases),
                "means": _meanings(contract, column),
                "type": column.logical_type,
                "date_formats": [form.words for form in column.dates.formats]
                if column.dates
                else [],
                "unverified": column.unverified or None,
                "sentinels": list(column.sentinels),
                "classification": column.classification,
                "path": column.path,
                "description": column.description,
            }
            for column in contract.columns
        ],
        "status": None
        if contract.status is None
        else {
            "columns": list(contract.status.columns),
            "states": {status: str(state) for status, state in contract.status.states.items()},
        },
        "rules": [
            {
                "rule": rule.rule_id,
                "severity": str(rule.severity),
                "columns": list(rule.columns),
                "description": rule.description,
                "expectation": rule.expectation,
                "row_level": rule.row_level,
            }
            for rule in contract.rules
        ],
    }


def contract_line(contract: ExportContract) -> dict[str, Any]:
    """A contract as one entry of a list."""
    return {
        "name": contract.name,
        "version": contract.version,
        "description": contract.description,
        "format": str(contract.reader.format),
        "complete_roster": contract.complete_roster,
    }


def list_blocks(contracts: Sequence[ExportContract]) -> list[Block]:
    """Contracts, one a line."""
    return [
        Table(
            ("Contract", "Version", "Format", "In each export", "What it is"),
            [
                (
                    contract.name,
                    contract.version,
                    str(contract.reader.format),
                    "everybody" if contract.complete_roster else "not everybody",
                    contract.description,
                )
                for contract in contracts
            ],
        )
    ]


def diff_blocks(
    old: ExportContract, new: ExportContract, changes: Sequence[ContractChange]
) -> list[Block]:
    """What differs between two contracts, the breaking differences first."""
    breaking = [change for change in changes if change.breaking]
    others = [change for change in changes if not change.breaking]
    named = f"{old.name} {old.version} -> {new.name} {new.version}"
    if not changes:
        return [Heading(named, 1), Paragraph("No difference but wording.")]
    blocks: list[Block] = [Heading(named, 1)]
    for title, found in (
        (f"{plural(len(breaking), 'breaking difference')}", breaking),
        (f"{plural(len(others), 'difference')} that no export breaks", others),
    ):
        if found:
            rows = [(change.subject, change.message) for change in found]
            blocks += [Heading(title), Table(("About", "Difference"), rows)]
    return blocks


def diff_document(
    old: ExportContract, new: ExportContract, changes: Sequence[ContractChange]
) -> dict[str, Any]:
    """The same for machines."""
    return {
        "from": {"name": old.name, "version": old.version},
        "to": {"name": new.name, "version": new.version},
        "breaking": any(change.breaking for change in changes),
        "changes": [
            {"subject": c.subject, "message": c.message, "breaking": c.breaking} for c in changes
        ],
    }


def reading_rows(contract: ExportContract) -> list[tuple[str, str]]:
    """How a file of this export is written, in words."""
    reader = contract.reader
    is_csv, is_text = reader.format is FileFormat.CSV, reader.format in _TEXT
    delimiter = _DELIMITERS.get(reader.delimiter, reader.delimiter)
    after = plural(reader.skip_after_header, "line") if reader.skip_after_header else ""
    rows = [
        ("Format", str(reader.format).upper()),
        ("Encoding", _ENCODINGS.get(reader.encoding, reader.encoding) if is_text else ""),
        ("Between cells", delimiter if is_csv else ""),
        ("Quotes", (reader.quote or "none") if is_csv else ""),
        ("Before the header", plural(reader.skip_lines, "line") if reader.skip_lines else ""),
        ("Below the header", f"{after} left out" if after else ""),
        ("Sheet", str(reader.sheet or "")),
        ("People stand at", reader.records_at),
        ("A row is", f"one {contract.one_row_per}"),
        ("People are known by", contract.key),
        ("Managers are named by", str(contract.manager_by or "").replace("_", " ")),
        ("May be at most", _age(contract)),
    ]
    for ignored in contract.ignored_rows:
        told = f"the first {plural(ignored.within, 'row')} where {ignored.column} shows it"
        rows.append(("Left out", told))
    return [(what, how) for what, how in rows if how]


def _age(contract: ExportContract) -> str:
    """How old an export may be, in words."""
    if contract.freshness is None:
        return ""
    where = f", by {contract.freshness.column}" if contract.freshness.column else ""
    return f"{_days(contract.freshness.max_age)} old{where}"


def _days(age: timedelta) -> str:
    hours = age.total_seconds() / 3600
    return plural(int(hours / 24), "day") if hours % 24 == 0 else f"{hours:g} hours"


def _introduction(contract: ExportContract) -> list[Block]:
    absent = (
        "Everybody is in each export: whoever is absent from it has left."
        if contract.complete_roster
        else "Not everybody is in each export: absence says nothing."
    )
    aside = (
        f"More than {contract.max_quarantined_fraction:.0%} of the rows set aside refuse the "
        "export as a whole."
    )
    blocks: list[Block] = [Paragraph(contract.description)] if contract.description else []
    if contract.extends:
        blocks.append(
            Paragraph(f"Extends {contract.extends}: what is not said here is said there.")
        )
    if contract.owner:
        blocks.append(Paragraph(f"Who answers for it: {contract.owner}."))
    if contract.unverified:
        blocks.append(Paragraph(f"Not verified: {'; '.join(contract.unverified)}."))
    return [*blocks, Paragraph(f"{absent} {aside}")]


def _column_row(contract: ExportContract, column: ContractColumn) -> tuple[str, str, str, str]:
    words = [column.description] if column.description else []
    if column.logical_type != "string":
        words.append(f"A {column.logical_type}.")
    if column.dates is not None:
        words.append(f"Written {column.dates.words}.")
        if any(form.zoned or form.kind is not DateKind.TEXT for form in column.dates.formats):
            day = "as it is written" if column.dates.day == LOCAL else f"in {column.dates.day}"
            words.append(f"The day counts {day}.")
    if column.aliases:
        words.append(f"Also called {', '.join(column.aliases)}.")
    if column.sentinels:
        words.append(f"{', '.join(column.sentinels)} stands for nothing.")
    if column.path and column.path != column.name:
        words.append(f"Stands at {column.path}.")
    if column.unverified:
        words.append(f"Not verified: {column.unverified}.")
    means = ", ".join(_meanings(contract, column)).replace("_", " ")
    return column.name, "always" if column.required else "may be absent", means, " ".join(words)


def _meanings(contract: ExportContract, column: ContractColumn) -> list[str]:
    return [str(field) for field, name in contract.meanings.items() if name == column.name]


def _statuses(contract: ExportContract) -> list[Block]:
    if contract.status is None:
        text = "There is no status: everybody in the export counts as employed."
        return [Heading("Statuses"), Paragraph(text)]
    where = " with ".join(contract.status.columns)
    several = (
        " Values are joined by |, and * stands for any."
        if (len(contract.status.columns) > 1)
        else ""
    )
    bits = ", ".join(f"bit {bit} of {name}" for name, bit in contract.status.bits.items())
    counts = f" What counts is {bits}: set or clear." if bits else ""
    text = f"The status stands in {where}.{several}{counts} One that is not listed breaks a rule."
    rows = [
        (status or "(an empty cell)", str(state), STATES[state])
        for status, state in contract.status.states.items()
    ]
    return [
        Heading("Statuses"),
        Paragraph(text),
        Table(("Status", "State", "Who has it"), rows),
    ]
