"""The beginning of an unknown LDIF or XML file: its columns, and where the records of XML are."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from data_contracts.errors import SourceError
from data_contracts.export_contract import FileFormat, ReaderSettings
from tasks.extract.cells import clean_text
from tasks.extract.ldif_file import LdifNesting
from tasks.extract.ldif_scan import scan_entries
from tasks.extract.sample import MOST_ROWS, Sample
from tasks.extract.values import NotOneValue
from tasks.extract.xml_scan import Element, local, scan_elements, walk

_GUIDS = ("objectGUID", "mS-DS-ConsistencyGuid")
"""Attributes of Active Directory whose bytes are GUIDs."""

_DEEPEST = 4  # elements down to a value
_Row = dict[str, str | None]


def ldif_sample(path: Path, text: bytes, encoding: str, certain: bool) -> Sample:
    """Look at an LDIF file; attributes with several values are left out.

    Args:
        path: The file.
        text: As UTF-8 with line feeds.
        encoding: What it seems to be written in.
        certain: Whether that is beyond doubt.

    Raises:
        SourceError: It holds changes, or is not complete.
    """
    entries = [each for each in scan_entries(str(path), text) if not each.wrong]
    seen = {name.lower(): name for entry in entries for name in entry.values}
    guids = tuple(seen[name.lower()] for name in _GUIDS if name.lower() in seen)
    reader = ReaderSettings(format=FileFormat.LDIF, encoding=encoding, guids=guids)
    nesting = LdifNesting(reader)
    rows: list[_Row] = []
    several: set[str] = set()
    for entry in entries[:MOST_ROWS]:
        record = {
            name.lower(): (seen[name.lower()], values) for name, values in entry.values.items()
        }
        row: _Row = {}
        for name, values in nesting.members(record):
            if nesting.is_nested(values):
                several.add(name)
                continue
            try:
                row[name] = clean_text(nesting.text(values, name) or "") or None
            except NotOneValue:
                row[name] = None
        rows.append(row)
    return _sample(path, reader, certain, rows, len(entries), several)


def xml_sample(path: Path, data: bytes) -> Sample:
    """Look at an XML document: the elements that repeat first are its records.

    Args:
        path: The file.
        data: Its bytes.

    Raises:
        SourceError: It is no XML, or holds no records.
    """
    records_at = _records_at(path, data)
    rows: list[_Row] = []
    several: set[str] = set()
    total = 0
    for _, element in scan_elements(str(path), data, records_at):
        total += 1
        if total <= MOST_ROWS:
            row: _Row = {}
            for name, text in _flat(element, ()):
                if name in row:
                    several.add(name)
                row[name] = text
            rows.append(row)
    reader = ReaderSettings(format=FileFormat.XML, records_at=records_at)
    return _sample(path, reader, True, rows, total, several)


def _sample(
    path: Path,
    reader: ReaderSettings,
    certain: bool,
    rows: list[_Row],
    total: int,
    several: set[str],
) -> Sample:
    names = dict.fromkeys(name for row in rows for name in row if name not in several)
    cells = tuple(tuple(row.get(name) for name in names) for row in rows)
    return Sample(path, reader, certain, tuple(names), cells, total)


def _flat(element: Element, names: tuple[str, ...]) -> Iterator[tuple[str, str | None]]:
    """The single values of a record by their paths; an attribute `type` tells elements apart."""
    for name, value in element.attributes.items():
        if not names or name != "type":
            yield ".".join((*names, f"@{name}")), clean_text(value) or None
    if names and not element.children:
        yield ".".join(names), clean_text(element.text) or None
    for name, children in (element.children or {}).items():
        for child in children if len(names) < _DEEPEST else ():
            kind = child.attributes.get("type")
            yield from _flat(child, (*names, f"{name}[type={kind}]" if kind else name))


def _records_at(path: Path, data: bytes) -> str:
    """Names down to what repeats, as near to the root as can be; else what is inside the root."""
    paths = _Paths()
    for _ in walk(str(path), data, paths):
        pass
    inside = [(names, count) for names, count in paths.counts.items() if len(names) > 1]
    if not inside:
        raise SourceError(f"{path} has no records", hint="give an export with one for people")
    names, _ = min(inside, key=lambda each: (each[1] < 2, len(each[0])))
    return ".".join(names)


class _Paths:
    """Counts elements by their names from the root on."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, ...]] = Counter()
        self._names: list[str] = []

    def start(self, name: str, attributes: dict[str, str], line: int) -> None:
        """Count an element."""
        self._names.append(local(name))
        if len(self._names) <= _DEEPEST:
            self.counts[tuple(self._names)] += 1

    def end(self, name: str) -> None:
        """Step out of it."""
        self._names.pop()

    def characters(self, text: str) -> None:
        """Text does not matter."""
