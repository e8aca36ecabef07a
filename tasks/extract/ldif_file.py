"""LDIF exports as columns of text: one row an entry, one column an attribute.

Attributes are found ignoring case, as directories do. Several values are joined as the contract
declares, or chosen by position (`mail.0`); else they make the entry malformed.
"""

import base64
from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from data_contracts.batch import MalformedRow
from data_contracts.export_contract import ExportContract, ReaderSettings
from data_contracts.value_path import Step
from tasks.extract.ldif_scan import scan_entries
from tasks.extract.nested import ABSENT, NestedReading, several
from tasks.extract.records import Records
from tasks.extract.values import NotOneValue

_GUID_BYTES = 16

Entry = dict[str, tuple[str, list[bytes]]]
"""By attribute in lower case: the attribute as it is written, and its values."""


def read_ldif(path: str, text: bytes, contract: ExportContract) -> Records:
    """Read an LDIF file of entries.

    Args:
        path: For messages.
        text: The file as UTF-8 with line feeds.
        contract: The columns, and what becomes of several values.

    Raises:
        SourceError: It holds changes, or the search that wrote it did not come to its end.
    """
    reading = NestedReading(contract, LdifNesting(contract.reader), path)
    return reading.take_all(_entries(path, text, reading))


def _entries(path: str, text: bytes, reading: NestedReading) -> Iterator[tuple[int, Entry]]:
    spelling: dict[str, str] = {}  # of an attribute that is written in several ways, the first
    for found in scan_entries(path, text):
        if found.wrong:
            reading.malformed.append(MalformedRow(found.line, found.wrong))
            continue
        entry: Entry = {}
        for name, values in found.values.items():
            key = name.lower()
            entry.setdefault(key, (spelling.setdefault(key, name), []))[1].extend(values)
        yield found.line, entry


class LdifNesting:
    """Attributes with one or several values.

    Args:
        reader: `join_values` and `guids` of the contract.
    """

    def __init__(self, reader: ReaderSettings) -> None:
        self._joint = reader.join_values
        self._guids = {name.lower() for name in reader.guids}

    def is_record(self, value: Any) -> bool:
        """Every entry is one."""
        return True

    def members(self, record: Entry) -> Iterable[tuple[str, Any]]:
        """Attributes and their values."""
        return ((name, self._read(key, values)) for key, (name, values) in record.items())

    def own_key(self, record: Entry, name: str) -> str:
        """The attribute as it is written."""
        return record[name.lower()][0] if name.lower() in record else name

    def step(self, value: Any, step: Step) -> Any:
        """An attribute, or the value at a position."""
        if isinstance(value, dict):
            key = step.name.lower()
            return self._read(key, value[key][1]) if key in value else ABSENT
        if isinstance(value, list) and step.position is not None:
            return value[step.position] if step.position < len(value) else None
        return ABSENT

    def text(self, value: Any, where: str) -> str | None:
        """One value, or several joined."""
        values = [value] if isinstance(value, (str, NotOneValue)) else value or []
        if len(values) > 1 and self._joint is None:
            raise several(where, len(values))
        texts: list[str] = []
        for each in values:
            if isinstance(each, NotOneValue):
                raise NotOneValue(f"`{where}` {each}")
            texts.append(each)
        return (self._joint or "").join(texts) if texts else None

    def is_nested(self, value: Any) -> bool:
        """Whether there are several values, and nothing says what becomes of them."""
        return isinstance(value, list) and len(value) > 1 and self._joint is None

    def _read(self, key: str, values: list[bytes]) -> list[Any]:
        read = _guid if key in self._guids else _text
        return [read(value) for value in values]


def _text(value: bytes) -> str:
    """A value's text; of bytes that are none, the base64 in which LDIF has them."""
    if b"\0" not in value:
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            pass
    return base64.b64encode(value).decode("ascii")


def _guid(value: bytes) -> str | NotOneValue:
    """A GUID as Active Directory shows it: the first three parts are kept in reverse."""
    if len(value) == _GUID_BYTES:
        return str(UUID(bytes_le=value))
    try:
        return str(UUID(value.decode("ascii")))
    except (UnicodeDecodeError, ValueError):
        return NotOneValue("holds no GUID")
