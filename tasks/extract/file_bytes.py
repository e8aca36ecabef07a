"""The bytes of a text export, turned into UTF-8 as declared.

An encoding is never guessed: a wrong one gives wrong names and nobody notices. But a wrong one is
recognised wherever it can be, and the error says what the file seems to be.
"""

import re

from data_contracts.errors import SourceError
from data_contracts.export_contract import LineEnd

_UTF8 = ("utf-8", "utf-8-sig", "ascii")
_BOM = b"\xef\xbb\xbf"
_OTHER_KINDS = (
    (
        b"PK\x03\x04",
        "an Excel workbook or another zip archive",
        "declare `format: excel` in the contract, or let the name of an archive end in .zip",
    ),
    (
        b"\xd0\xcf\x11\xe0",
        "an old Excel workbook, or one with a password",
        "declare `format: excel` in the contract",
    ),
    (b"\x1f\x8b", "compressed (gzip)", "let its name end in .gz, or unpack it first"),
    (b"%PDF", "a PDF", "export it as CSV or JSON"),
    (b"PAR1", "a Parquet file", "declare `format: parquet` in the contract"),
    (b"BZh", "compressed (bzip2)", "send it as .gz or .zip"),
    (b"\xfd7zXZ", "compressed (xz)", "send it as .gz or .zip"),
    (b"7z\xbc\xaf", "a 7-Zip archive", "send it as .gz or .zip"),
    (b"Rar!", "a RAR archive", "send it as .gz or .zip"),
    (b"\x28\xb5\x2f\xfd", "compressed (zstd)", "send it as .gz or .zip"),
    (b"-----BEGIN PGP", "encrypted (PGP)", "decrypt it before it is read"),
    (b"\x89PNG", "a picture", "export it as CSV or JSON"),
    (b"\xff\xd8\xff", "a picture", "export it as CSV or JSON"),
)
_WEB_PAGE = re.compile(
    rb"\s*(?:<!--.*?-->\s*)*<(?:!doctype html|html|head|body|table)\b", re.I | re.S
)
_HEAD = 4096  # bytes; enough to see that a file is not empty without copying all of it
_LINE_END = re.compile(rb"\r\n|\r|\n")
_LINE_ENDS = {b"\n": LineEnd.LF, b"\r\n": LineEnd.CRLF, b"\r": LineEnd.CR}
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_UTF32 = (b"\xff\xfe\0\0", b"\0\0\xfe\xff")


def refuse_empty(path: str, data: bytes) -> None:
    """Refuse a file with nothing but white space in it.

    Raises:
        SourceError: It is empty.
    """
    if not data[:_HEAD].strip() and not data.strip():
        raise SourceError(
            f"{path} is empty ({len(data)} bytes)", hint="look at why the export wrote nothing"
        )


def to_utf8(path: str, data: bytes, encoding: str, line_end: LineEnd = LineEnd.ANY) -> bytes:
    """Turn a file's bytes into UTF-8, with line feeds alone between lines.

    Args:
        path: For messages.
        data: The file's bytes.
        encoding: As the contract declares it.
        line_end: The same; ANY takes each.

    Raises:
        SourceError: The bytes are something else; says what they seem to be, and where.
    """
    for start, kind, remedy in _OTHER_KINDS:
        if data.startswith(start):
            raise SourceError(f"{path} is {kind}, not text", hint=remedy)
    if _WEB_PAGE.match(data[:_HEAD].removeprefix(_BOM)):
        raise SourceError(
            f"{path} is a web page and no export",
            hint="look into it: a download that nobody signed in for gives the page to sign in at; "
            "some systems name a page .xls, and have a CSV as well",
        )
    if encoding in _UTF8:
        text = _checked_utf8(path, data, encoding)
    else:
        text = _decoded(path, data, encoding)
    at = text.find(b"\0")
    if at >= 0 and text[:_HEAD].count(b"\0") * 3 >= len(text[:_HEAD]):
        raise SourceError(
            f"{path} seems to be UTF-16 or UTF-32 without a byte-order mark, the contract declares "
            f"{encoding}",
            hint="export it as UTF-8, or declare its `encoding` in the contract (`utf-16-le` ...)",
        )
    if at >= 0:
        raise SourceError(
            f"{path}, line {_line_at(text, at)}: a NUL character; the file is damaged or no text",
            hint="ask for a new export",
        )
    if line_end is not LineEnd.ANY:
        _check_line_end(path, text, line_end)
    return _line_feeds(text)


def first_line_end(text: bytes) -> LineEnd | None:
    """What ends the first line; None when there is but one."""
    found = _LINE_END.search(text)
    return None if found is None else _LINE_ENDS[found.group()]


def _check_line_end(path: str, text: bytes, declared: LineEnd) -> None:
    seen = first_line_end(text)
    if seen not in (None, declared):
        raise SourceError(
            f"{path}: the first line ends in {str(seen).upper()}, the contract declares "
            f"{declared.upper()}",
            hint="correct `lineEnd` in the contract, or leave it out to take each",
        )


def _checked_utf8(path: str, data: bytes, encoding: str) -> bytes:
    if data.startswith(_UTF32):
        raise SourceError(
            f"{path} is UTF-32, the contract declares {encoding}",
            hint="export it as UTF-8, or declare `encoding: utf-32` in the contract",
        )
    if data.startswith(_UTF16):
        raise SourceError(
            f"{path} is UTF-16, the contract declares {encoding}",
            hint="export it as UTF-8, or declare `encoding: utf-16` in the contract",
        )
    text = data.removeprefix(_BOM)
    if _is_utf8(text) and (encoding != "ascii" or text.isascii()):
        return text
    try:
        text.decode("ascii" if encoding == "ascii" else "utf-8")
    except UnicodeDecodeError as error:
        raise SourceError(
            f"{path}, line {_line_at(text, error.start)}: byte 0x{text[error.start]:02X} is not "
            f"{encoding.removesuffix('-sig').upper()}, which the contract declares",
            hint="export it as UTF-8, or declare its `encoding` in the contract "
            "(Windows in Western Europe writes cp1252)",
        ) from None
    return text


def _is_utf8(text: bytes) -> bool:
    """Whether bytes are UTF-8, without building the text (a tenth of the time, no memory)."""
    import numpy as np
    import pyarrow as pa

    offsets = pa.py_buffer(np.array([0, len(text)], dtype="int64"))
    array = pa.Array.from_buffers(pa.large_string(), 1, [None, offsets, pa.py_buffer(text)])
    try:
        array.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _decoded(path: str, data: bytes, encoding: str) -> bytes:
    if not data.isascii() and not encoding.startswith("utf") and _is_utf8(data):
        raise SourceError(
            f"{path} is UTF-8, the contract declares {encoding}: names would be garbled",
            hint="declare `encoding: utf-8` in the contract",
        )
    try:
        return data.decode(encoding).removeprefix("\ufeff").encode()
    except UnicodeDecodeError as error:
        raise SourceError(
            f"{path}, line {_line_at(data, error.start)}: not {encoding}, which the contract "
            "declares",
            hint="declare the `encoding` that the export is really written in",
        ) from None
    except UnicodeError:
        raise SourceError(
            f"{path} has halves of characters in {encoding}: the file is damaged",
            hint="ask for a new export",
        ) from None


def _line_feeds(text: bytes) -> bytes:
    """Windows' and old Macs' line ends become line feeds, so that lines count as editors do."""
    if b"\r" not in text:
        return text
    return text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _line_at(data: bytes, position: int) -> int:
    before = data[:position]
    return 1 + before.count(b"\n") + (before.replace(b"\r\n", b"\n").count(b"\r"))
