"""The bytes of an export: read once, named by a digest, and turned into UTF-8 as declared.

An encoding is never guessed: a wrong one gives wrong names and nobody notices. But a wrong one is
recognised wherever it can be, and the error says what the file seems to be.
"""

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from data_contracts.canonical import digest_of_bytes
from data_contracts.errors import SourceError, SourceUnavailable

_UTF8 = ("utf-8", "utf-8-sig", "ascii")
_BOM = b"\xef\xbb\xbf"
_OTHER_KINDS = (
    (b"PK\x03\x04", "an Excel workbook or another zip archive", "export it as CSV"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", "export it as CSV"),
    (b"\x1f\x8b", "compressed (gzip)", "unpack it first"),
    (b"%PDF", "a PDF", "export it as CSV or JSON"),
    (b"PAR1", "a Parquet file", "export it as CSV or JSON"),
)
_HEAD = 4096  # bytes; enough to see that a file is not empty without copying all of it
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class FileBytes:
    """A file as it was read.

    Attributes:
        path: The file.
        data: Its bytes: the same that are parsed.
        digest: Names those bytes.
        written_at: When it was last written, aware.
    """

    path: Path
    data: bytes
    digest: str
    written_at: datetime


def read_bytes(path: Path) -> FileBytes:
    """Read a file, whole and at rest.

    Raises:
        SourceUnavailable: The file system failed, or the file changed while it was read.
        SourceError: It may not be read, or is empty.
    """
    try:
        with path.open("rb") as file:
            before = os.fstat(file.fileno())
            data = file.read()
            after = os.fstat(file.fileno())
    except OSError as error:
        raise unreadable(path, error) from None
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise SourceUnavailable(
            f"{path} was written to while it was read",
            hint="run again when it is complete; `settle_s` of the source waits for that",
        )
    if not data[:_HEAD].strip() and not data.strip():
        raise SourceError(
            f"{path} is empty ({len(data)} bytes)", hint="look at why the export wrote nothing"
        )
    written_at = datetime.fromtimestamp(after.st_mtime, UTC)
    return FileBytes(path, data, digest_of_bytes(data), written_at)


def unreadable(path: Path, error: OSError) -> SourceError:
    """Say that a path cannot be read: for good, or because its share is away for a moment."""
    message = f"{path} cannot be read: {error.strerror or error}"
    if isinstance(error, FileNotFoundError | PermissionError | IsADirectoryError):
        hint = "check the file and the rights of the account that runs this"
        return SourceError(message, hint=hint)
    return SourceUnavailable(message)


def to_utf8(path: Path, data: bytes, encoding: str) -> bytes:
    """Turn a file's bytes into UTF-8, with line feeds alone between lines.

    Args:
        path: For messages.
        data: The file's bytes.
        encoding: As the contract declares it.

    Raises:
        SourceError: The bytes are something else; says what they seem to be, and where.
    """
    for start, kind, remedy in _OTHER_KINDS:
        if data.startswith(start):
            raise SourceError(f"{path} is {kind}, not text", hint=remedy)
    if encoding in _UTF8:
        text = _checked_utf8(path, data, encoding)
    else:
        text = _decoded(path, data, encoding)
    at = text.find(b"\0")
    if at >= 0:
        raise SourceError(
            f"{path}, line {_line_at(text, at)}: a NUL character; the file is damaged or no text",
            hint="ask for a new export",
        )
    return _line_feeds(text)


def _checked_utf8(path: Path, data: bytes, encoding: str) -> bytes:
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


def _decoded(path: Path, data: bytes, encoding: str) -> bytes:
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
