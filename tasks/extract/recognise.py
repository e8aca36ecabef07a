"""Which contract an export at hand seems to belong to, for `scimflow init`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data_contracts.export_contract import ExportContract, FileFormat
from tasks.extract.contracts import list_published, read_contract
from tasks.extract.fitting import is_like
from tasks.extract.headers import column_name
from tasks.extract.json_file import leads_somewhere
from tasks.extract.propose import propose_contract
from tasks.extract.sample import TEXT_FORMATS, Sample, read_sample

__all__ = ["ContractMatch", "Recognition", "propose_contract", "recognise"]

_LEAST = 0.5  # of a contract's required columns; below it the likeness is chance


@dataclass(frozen=True, slots=True)
class ContractMatch:
    """How well an export fits a published contract.

    Attributes:
        contract: The contract's name.
        matched: The contract's columns that the export has.
        missing: Required columns that it lacks.
        unknown: Columns of the export that the contract does not name.
    """

    contract: str
    matched: tuple[str, ...]
    missing: tuple[str, ...]
    unknown: tuple[str, ...]

    @property
    def fits(self) -> bool:
        """Whether the export has every column that it must have."""
        return not self.missing


@dataclass(frozen=True, slots=True)
class Recognition:
    """What was seen of an export.

    Attributes:
        path: The file.
        format: What it is.
        encoding: Python codec; of formats that are no text, or say it themselves, "".
        encoding_certain: Whether that is beyond doubt (it is UTF-8, or has a byte-order mark).
        delimiter: Between the cells of a CSV; "" for the others.
        records_at: Keys down to the records of a JSON or XML document.
        sheet: The sheet of a workbook that was looked at; "" for the others.
        header: The columns' names; of JSON the paths down to single values.
        rows_estimate: How many rows, about.
        best: The published contract that fits best, if one comes near.
        alternatives: Others that come near, the better ones first.
    """

    path: Path
    format: FileFormat
    encoding: str
    encoding_certain: bool
    delimiter: str
    records_at: str
    sheet: str
    header: tuple[str, ...]
    rows_estimate: int
    best: ContractMatch | None
    alternatives: tuple[ContractMatch, ...]


def recognise(path: Path) -> Recognition:
    """Look at an export and find the published contract that it belongs to.

    Args:
        path: The export.

    Raises:
        SourceError: It is missing, empty, or nothing that exports are read from.
    """
    sample = read_sample(path)
    matches = _matches(sample)
    return Recognition(
        path=path,
        format=sample.reader.format,
        encoding=sample.reader.encoding if sample.reader.format in TEXT_FORMATS else "",
        encoding_certain=sample.certain,
        delimiter=sample.reader.delimiter if sample.reader.format is FileFormat.CSV else "",
        records_at=sample.reader.records_at,
        sheet=sample.sheet,
        header=sample.header,
        rows_estimate=sample.rows_estimate,
        best=matches[0] if matches else None,
        alternatives=tuple(matches[1:]),
    )


def _matches(sample: Sample) -> list[ContractMatch]:
    """The contracts that come near, the one with the fewest missing columns first."""
    found: list[tuple[tuple[float, bool, int], ContractMatch]] = []
    for name in list_published():
        contract = read_contract(name, Path())
        if not is_like(contract.reader.format, sample.reader.format):
            continue
        is_xml = sample.reader.format is FileFormat.XML  # whose columns depend on it
        if is_xml and contract.reader.records_at != sample.reader.records_at:
            continue
        match = _match(contract, sample)
        required = sum(column.required for column in contract.columns)
        share = 1 - len(match.missing) / required
        if share >= _LEAST:
            found.append(((share, _same_form(contract, sample), len(match.matched)), match))
    found.sort(key=lambda scored: scored[0], reverse=True)
    return [match for _, match in found]


def _same_form(contract: ExportContract, sample: Sample) -> bool:
    known, seen = contract.reader, sample.reader
    return known.format is seen.format and known.records_at == seen.records_at


def _match(contract: ExportContract, sample: Sample) -> ContractMatch:
    header = [column_name(text, contract.reader.header_names) for text in sample.header]
    matched: list[str] = []
    missing: list[str] = []
    known: set[str] = set()
    for column in contract.columns:
        names = {column.path or column.name, *column.aliases}
        known |= names
        if names & set(header) or any(_is_there(record, names) for record in sample.records):
            matched.append(column.name)
        elif column.required:
            missing.append(column.name)
    unknown = tuple(
        text for name, text in zip(header, sample.header, strict=True) if name not in known
    )
    return ContractMatch(contract.name, tuple(matched), tuple(missing), unknown)


def _is_there(record: Any, paths: set[str]) -> bool:
    """Whether a JSON record has one of some paths, lists included."""
    return any(leads_somewhere(record, path) for path in paths)
