"""The entries of an LDIF file one by one, each with its line (RFC 2849).

The libraries that read LDIF stop at the first line that is wrong, and drop values by reference in
silence; here such an entry is malformed, and the others go on. Their answers are compared with ours
in the tests.
"""

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass, field

from data_contracts.errors import SourceError

_TAIL = frozenset({"search", "result", "control", "pagedresults", "ref", "extended"})
"""What ldapsearch writes around entries (without -LLL)."""


@dataclass(slots=True)
class Entry:
    """One entry.

    Attributes:
        line: Where it begins, from 1.
        values: By attribute as the entry writes it, its values in order; `dn` among them.
        wrong: Why it is malformed; "" when it is not.
    """

    line: int
    values: dict[str, list[bytes]] = field(default_factory=dict)
    wrong: str = ""


def scan_entries(path: str, text: bytes) -> Iterator[Entry]:
    """Walk through the entries; what ldapsearch writes around them is looked at and left out.

    Args:
        path: For messages.
        text: The file as UTF-8 with line feeds.

    Raises:
        SourceError: The file holds changes, or the search that wrote it did not come to its end.
    """
    for block in _blocks(text):
        entry = _entry(block)
        names = {name.lower() for name in entry.values}
        if "changetype" in names:
            raise SourceError(
                f"{path}, line {entry.line}: the file holds changes (`changetype`), not people",
                hint="export the entries themselves (ldapsearch -LLL, ldifde -f)",
            )
        if names and names <= _TAIL and not entry.wrong:
            _refuse_unfinished(path, entry)
            continue
        if "dn" not in names and not entry.wrong:
            entry.wrong = "an entry without `dn`"
        yield entry


Line = tuple[int, bytes]


def _blocks(text: bytes) -> Iterator[list[Line]]:
    """Lines between blank ones, without comments, folded lines joined."""
    block: list[Line] = []
    comment = False
    cut_off = bool(text) and not text.endswith(b"\n")
    lines = text.split(b"\n")
    for number, line in enumerate(lines, start=1):
        if line.startswith(b" ") and (block or comment):
            if not comment:
                block[-1] = (block[-1][0], block[-1][1] + line[1:])
            continue
        comment = line.startswith(b"#")
        if not line and block:
            yield block
            block = []
        elif line and not comment and not (line.startswith(b"version:") and not block):
            block.append((number, line))
    if block:
        if cut_off:  # RFC 2849: a line ends in a line end
            block.append((len(lines), b""))
        yield block


def _entry(block: list[Line]) -> Entry:
    entry = Entry(block[0][0])
    for number, line in block:
        if not line:
            entry.wrong = entry.wrong or "the file ends in the middle of a line"
            continue
        name, colon, rest = line.partition(b":")
        value = _value(rest) if colon and name else None
        if value is None:
            entry.wrong = entry.wrong or f"line {number}: {_complaint(name, colon, rest)}"
            continue
        spelled = name.decode("utf-8").removesuffix(";binary")
        entry.values.setdefault(spelled, []).append(value)
    return entry


def _value(rest: bytes) -> bytes | None:
    if rest.startswith(b"<"):
        return None
    if not rest.startswith(b":"):
        return rest.lstrip(b" ")
    try:
        return base64.b64decode(rest[1:].strip(b" "), validate=True)
    except binascii.Error:
        return None


def _complaint(name: bytes, colon: bytes, rest: bytes) -> str:
    if not colon or not name:
        return "expected `name: value`"
    return "a value by reference (`:<`)" if rest.startswith(b"<") else "a value that is no base64"


def _refuse_unfinished(path: str, entry: Entry) -> None:
    for name, values in entry.values.items():
        for value in values if name.lower() == "result" else ():
            code = value.split()[:1]
            if code != [b"0"]:
                raise SourceError(
                    f"{path}, line {entry.line}: the search that wrote the file ended with result "
                    f"{b''.join(code).decode('ascii', 'replace')}: entries are missing",
                    hint="search again with a higher size limit, or with pages (-E pr=1000)",
                )
