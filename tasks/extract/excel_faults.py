"""Cells of a workbook that read as empty and are not: errors, and formulas never computed.

`#N/A` in a manager's column means that somebody's look-up failed, not that there is no manager.
The library that reads workbooks gives an empty cell for both, so they are looked for in the parts
of the file itself. In most exports there are none, which a search for a few bytes shows.
"""

import io
import re
import struct
import zipfile
from collections.abc import Iterator
from typing import Any

Faults = dict[int, dict[int, str]]
"""By row and column, from 1, what the cell holds."""

_CELL = re.compile(rb"<(?:\w+:)?c\b([^>]*?)(?:/>|>(.*?)</(?:\w+:)?c>)", re.DOTALL)
_PLACE = re.compile(rb'\br="([A-Z]{1,3})([0-9]{1,7})"')
_KIND = re.compile(rb'\bt="(\w+)"')
_VALUE = re.compile(rb"<(?:\w+:)?v\b[^>]*?(/>|>(.*?)</(?:\w+:)?v>)", re.DOTALL)
_FORMULA = re.compile(rb"<(?:\w+:)?f[ />]")
_SIGNS = (b't="e"', b"t='e'", b"<f>", b"<f ", b"<f/", b":f>", b":f ", b":f/")
_CHUNK = 1 << 22
_OVERLAP = 16
_OLE = b"\xd0\xcf\x11\xe0"
_ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!"}
_NOT_AVAILABLE = "#N/A"
_BOOKS = ("Workbook", "Book")
_FILE_PASS = 0x002F
_UNCOMPUTED = "a formula without a result"


class UnknownLayout(ValueError):
    """The workbook's parts are not where they belong, or it has errors that have no place."""


def find_faults(data: bytes, sheet: str) -> Faults:
    """Find the cells of a sheet that only look empty.

    Args:
        data: The workbook.
        sheet: The sheet's name.

    Raises:
        UnknownLayout: It cannot be looked for them; in words.
    """
    if data.startswith(_OLE):
        return _in_old_workbook(data, sheet)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
            if "content.xml" in names:
                return _in_open_document(archive)
            part = _part_of(archive, names, sheet)
            if not any(True for _ in _holding(archive, part, _SIGNS)):
                return {}
            return _in_sheet(archive.read(part))
    except (zipfile.BadZipFile, OSError, EOFError, KeyError, NotImplementedError):
        raise UnknownLayout("its parts are damaged") from None


def is_locked(data: bytes) -> bool:
    """Whether a workbook is encrypted: [MS-OFFCRYPTO], and FilePass of [MS-XLS] 2.4.117."""
    import olefile

    if not data.startswith(_OLE):
        return False
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as container:
            if container.exists("EncryptionInfo"):
                return True
            names = [name for name in _BOOKS if container.exists(name)]
            book = container.openstream(names[0]).read() if names else b""
    except (OSError, ValueError, struct.error, IndexError):
        return False
    return any(kind == _FILE_PASS for kind, _ in _records(book, 0))


def _holding(archive: zipfile.ZipFile, part: str, signs: tuple[bytes, ...]) -> Iterator[bytes]:
    """The chunks of a part that hold one of some texts."""
    with archive.open(part) as file:
        end = b""
        while chunk := file.read(_CHUNK):
            if any(sign in end + chunk for sign in signs):
                yield chunk
            end = chunk[-_OVERLAP:]


def _part_of(archive: zipfile.ZipFile, names: set[str], sheet: str) -> str:
    """Where a sheet's cells are."""
    for book in ("xl/workbook.xml", "xl/workbook2.xml"):
        if book in names:
            break
    else:
        raise UnknownLayout("it is no .xlsx, .xls or .ods: save it as one of these")
    head, _, tail = book.rpartition("/")
    targets = {
        element.get("Id"): element.get("Target", "")
        for element in _elements(archive.read(f"{head}/_rels/{tail}.rels"), "Relationship")
    }
    for element in _elements(archive.read(book), "sheet"):
        if element.get("name") == sheet:
            ids = [v for k, v in element.attrib.items() if k.endswith("}id")]
            target = targets.get(ids[0], "") if ids else ""
            part = target[1:] if target.startswith("/") else f"{head}/{target}"
            if part in names:
                return part
    raise UnknownLayout("the part of the sheet is not where it belongs")


def _elements(text: bytes, name: str) -> list[Any]:
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    try:
        return [e for e in fromstring(text).iter() if e.tag.rpartition("}")[2] == name]
    except (ParseError, DefusedXmlException, ValueError):
        raise UnknownLayout("its list of sheets cannot be read") from None


def _in_sheet(text: bytes) -> Faults:
    faults: Faults = {}
    for attributes, body in _CELL.findall(text):
        what = _fault(attributes, body)
        if what:
            place = _PLACE.search(attributes)
            if place is None:
                raise UnknownLayout(f"a cell holds {what}, and does not say where it is")
            row, column = int(place.group(2)), _column_number(place.group(1))
            faults.setdefault(row, {})[column] = what
    return faults


def _fault(attributes: bytes, body: bytes) -> str:
    kind = _KIND.search(attributes)
    value = _VALUE.search(body)
    text = (value.group(2) or b"") if value else b""
    if kind is not None and kind.group(1) == b"e":
        return f"the error {text.decode('ascii', 'replace') or 'unknown'}"
    is_text = kind is not None and kind.group(1) == b"str" and value is not None
    if _FORMULA.search(body) and not text and not is_text:
        return _UNCOMPUTED
    return ""


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number


def _in_open_document(archive: zipfile.ZipFile) -> Faults:
    if any(True for _ in _holding(archive, "content.xml", (b'value-type="error"',))):
        raise UnknownLayout("it has cells that hold an error (#N/A and the like): clear them")
    return {}


def _in_old_workbook(data: bytes, sheet: str) -> Faults:
    """Errors in the records of the old format ([MS-XLS] 2.4.24 BoolErr, 2.4.127 Formula)."""
    import olefile

    try:
        with olefile.OleFileIO(io.BytesIO(data)) as container:
            names = [name for name in _BOOKS if container.exists(name)]
            if not names:
                raise UnknownLayout("it is no workbook")
            book = container.openstream(names[0]).read()
        return _in_records(book, _begin_of(book, sheet))
    except (OSError, ValueError, struct.error, IndexError) as error:
        if isinstance(error, UnknownLayout):
            raise
        raise UnknownLayout("its parts are damaged") from None


def _records(book: bytes, position: int) -> Iterator[tuple[int, bytes]]:
    while position + 4 <= len(book):
        kind, length = struct.unpack_from("<HH", book, position)
        yield kind, book[position + 4 : position + 4 + length]
        position += 4 + length


def _begin_of(book: bytes, sheet: str) -> int:
    """Where the sheet's records begin: BoundSheet8, [MS-XLS] 2.4.28."""
    for kind, body in _records(book, 0):
        if kind == 0x0085 and len(body) > 8:
            begin, length, wide = struct.unpack_from("<I", body)[0], body[6], body[7] & 1
            text = body[8 : 8 + length * (1 + wide)]
            if text.decode("utf-16-le" if wide else "latin-1") == sheet:
                return int(begin)
    raise UnknownLayout("the part of the sheet is not where it belongs")


def _in_records(book: bytes, begin: int) -> Faults:
    faults: Faults = {}
    for kind, body in _records(book, begin):
        if kind == 0x000A:  # end of the sheet
            break
        what = None
        if kind == 0x0205 and len(body) >= 8 and body[7]:
            what = _ERRORS.get(body[6], _NOT_AVAILABLE)
        elif kind == 0x0006 and len(body) >= 14 and body[12:14] == b"\xff\xff" and body[6] == 2:
            what = _ERRORS.get(body[8], _NOT_AVAILABLE)
        if what is not None:
            row, column = struct.unpack_from("<HH", body)
            faults.setdefault(row + 1, {})[column + 1] = f"the error {what}"
    return faults
