"""A file's header held against the contract's columns: exact names and declared aliases."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from data_contracts.errors import SourceError
from data_contracts.export_contract import ExportContract, HeaderNames
from data_contracts.frames import LINE, STATE
from data_contracts.secret_names import looks_secret

_RESERVED = (LINE, STATE)
_BRACKETS = re.compile(r"\[([^\]]+)\]")


@dataclass(frozen=True, slots=True)
class MatchedHeader:
    """Where each column of a file goes.

    Attributes:
        names: The frame's name of each column of the file, in the file's order; None for a column
            that is left out.
        warnings: Columns left out, and why.
    """

    names: tuple[str | None, ...]
    warnings: tuple[str, ...] = ()


def match_header(header: Sequence[str], contract: ExportContract, path: str) -> MatchedHeader:
    """Match a header with a contract.

    A column has its contract's name, or one of its aliases when no column has the name itself.
    Columns of other names go on under their own; those that look like passwords do not.

    Args:
        header: The file's names, cleaned.
        contract: The contract.
        path: For messages.

    Raises:
        SourceError: A name stands twice, or two columns are the same column of the contract.
    """
    written, header = header, [column_name(text, contract.reader.header_names) for text in header]
    _refuse_doubles(header, path)
    named = {column.name for column in contract.columns} & set(header)
    aliases = {
        alias: column.name
        for column in contract.columns
        for alias in column.aliases
        if column.name not in named
    }
    names: list[str | None] = []
    warnings: list[str] = []
    for name, text in zip(header, written, strict=True):
        if name in named or not name:
            names.append(name or None)
        elif looks_secret(name) or looks_secret(text):
            names.append(None)
            warnings.append(f"column {text!r} looks like a password and was not read")
        elif name in _RESERVED:
            names.append(None)
            warnings.append(f"column {name!r} has a name of scimflow's own and was not read")
        else:
            names.append(aliases.get(name, name))
    _refuse_two_aliases(header, names, path)
    return MatchedHeader(tuple(names), tuple(warnings))


def column_name(header: str, names: HeaderNames) -> str:
    """What of a header is the column's name.

    >>> column_name("Status [READ ONLY]", HeaderNames.WITHOUT_BRACKETS)
    'Status'
    >>> column_name("User name [userPrincipalName] Required", HeaderNames.IN_BRACKETS)
    'userPrincipalName'
    """
    found = _BRACKETS.search(header)
    if found is None or names is HeaderNames.AS_WRITTEN:
        return header
    if names is HeaderNames.IN_BRACKETS:
        return found.group(1).strip()
    return " ".join(_BRACKETS.sub(" ", header).split()) or header


def listed(names: Iterable[str], *, at_most: int = 10) -> str:
    """Names in quotes, the first ones of many."""
    names = list(names)
    more = f" and {len(names) - at_most} more" if len(names) > at_most else ""
    return ", ".join(repr(name) for name in names[:at_most]) + more


def _refuse_doubles(header: Sequence[str], path: str) -> None:
    doubled = [name for name, count in Counter(header).items() if count > 1 and name]
    if doubled:
        raise SourceError(
            f"{path}: the header has {listed(doubled)} more than once",
            hint="give each column of the export its own name",
        )


def _refuse_two_aliases(header: Sequence[str], names: Sequence[str | None], path: str) -> None:
    counts = Counter(name for name in names if name is not None)
    for name, count in counts.items():
        if count > 1:
            both = [h for h, n in zip(header, names, strict=True) if n == name]
            raise SourceError(
                f"{path}: {listed(both)} all are column {name!r} of the contract",
                hint="leave one of them out of the export",
            )
