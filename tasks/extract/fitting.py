"""How an export at hand is written where a contract's columns fit and its form does not.

People save tables as they like: the same report comes as a CSV with semicolons, as a workbook, as
Parquet. What is seen is written into a contract of one's own, for a person to read; runs guess
nothing.
"""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from data_contracts.batch import RawBatch
from data_contracts.configuration import SourceSettings
from data_contracts.export_contract import ExportContract, FileFormat, ReaderSettings
from tasks.extract.exports import read_batch
from tasks.extract.sample import read_sample

TABLES = frozenset({FileFormat.CSV, FileFormat.EXCEL, FileFormat.PARQUET})
"""Formats whose rows have the same columns: one may stand for another."""

OBJECTS = frozenset({FileFormat.JSON, FileFormat.JSONL})
"""The same for records with parts: one document, or a record a line."""


def is_like(known: FileFormat, seen: FileFormat) -> bool:
    """Whether an export may be the same in another form."""
    return known is seen or any({known, seen} <= alike for alike in (TABLES, OBJECTS))


def read_as(export: Path, contract: ExportContract, now: datetime) -> RawBatch:
    """Read an export at hand by a contract, without settings.

    Raises:
        SourceError: It is not written as the contract says.
    """
    settings = SourceSettings(contract=contract.name, path=export.name)
    return read_batch("export", settings, contract, folder=export.resolve().parent, now=now)


def seen_reader(export: Path, contract: ExportContract) -> ReaderSettings:
    """How an export is written, as far as can be seen; the rest is as the contract says.

    Args:
        export: The file.
        contract: A contract whose columns it has.
    """
    seen, known = read_sample(export).reader, contract.reader
    if seen.format is known.format:
        return replace(
            known,
            delimiter=seen.delimiter if seen.format is FileFormat.CSV else known.delimiter,
            encoding=seen.encoding if _is_text(seen.format) else known.encoding,
            skip_starting=known.skip_starting or seen.skip_starting,
            skip_lines=known.skip_lines or (0 if known.skip_starting else seen.skip_lines),
            sheet=known.sheet or seen.sheet,
            records_at=seen.records_at,
        )
    if {seen.format, known.format} <= OBJECTS:
        return replace(known, format=seen.format, records_at=seen.records_at)
    return replace(
        seen,
        skip_lines=seen.skip_lines if seen.format is not FileFormat.PARQUET else 0,
        skip_after_header=known.skip_after_header,
        header_names=known.header_names,
        numeric_ids=False,
    )


def _is_text(form: FileFormat) -> bool:
    return form in (FileFormat.CSV, FileFormat.JSON, FileFormat.JSONL, FileFormat.LDIF)
