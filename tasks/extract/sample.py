"""The beginning of an unknown export: how it seems to be written, its columns, some rows.

Here, and only here, things are guessed: to propose settings that a person then reads. Runs read by
contract.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from data_contracts.errors import SourceError
from data_contracts.export_contract import FileFormat, ReaderSettings
from tasks.extract.cells import clean_text
from tasks.extract.csv_header import DELIMITERS, read_header
from tasks.extract.file_bytes import refuse_empty, to_utf8
from tasks.extract.guesses import guess_meaning
from tasks.extract.json_scan import broken, decode, decode_first, scan_records, too_deep
from tasks.extract.local_place import read_local
from tasks.extract.places import MEGABYTE
from tasks.extract.unpack import unpack

MOST_ROWS = 20_000
"""Rows looked at: enough to see every status of a company, quick enough to wait for."""

TEXT_FORMATS = (FileFormat.CSV, FileFormat.JSON, FileFormat.JSONL, FileFormat.LDIF)
"""Formats whose encoding somebody has to declare."""

_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_HEAD = 4096  # bytes in which an LDIF file shows what it is
_LDIF = re.compile(rb"\A(?:#[^\n]*\n| [^\n]*\n|\n|version:[^\n]*\n)*dn::? ")
_XML = re.compile(r"\s*<[?!A-Za-z_]")
_BLANK = re.compile(r'[\s"]*')
_TITLE_LINES = 21  # in which a header is looked for: titles, dates, a filter in words
_EXCELS_WORD = ("sep=",)
"""How a CSV begins that tells Excel its delimiter."""
_LARGEST = 4096  # megabytes, also unpacked
_DEEPEST = 4  # keys down to a nested value
_RECORDS = 200  # whole records kept: enough to meet every list that people have


@dataclass(frozen=True, slots=True)
class Sample:
    """An export as it seems to be.

    Attributes:
        path: The file.
        reader: How it seems to be written.
        certain: Whether its encoding is beyond doubt.
        header: Column names; of JSON the paths down to single values (`profile.email`).
        rows: The first rows, one text or None for each column.
        rows_estimate: How many rows the whole file has, about.
        sheet: The sheet of a workbook that was looked at.
        records: The first records of a JSON file, whole.
    """

    path: Path
    reader: ReaderSettings
    certain: bool
    header: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]
    rows_estimate: int
    sheet: str = ""
    records: tuple[Any, ...] = ()


def read_sample(path: Path) -> Sample:
    """Look at an export.

    Raises:
        SourceError: It is missing, empty, or nothing that exports are read from.
    """
    if not path.is_file():
        raise SourceError(f"{path} is no file", hint="give the path of an export")
    limit = _LARGEST * MEGABYTE
    shown, data = unpack(str(path), read_local(path, limit), None, limit)
    refuse_empty(shown, data)
    read = _binary_reader(data)
    if read is not None:
        return read(path, data)
    encoding, certain = _encoding(data)
    text = to_utf8(str(path), data, encoding)
    start = text.lstrip()[:1]
    if path.suffix.lower() == ".sql":
        raise SourceError(
            f"{path} is a query, and says nothing of what it gives",
            hint="export some of its rows as CSV and begin with those; then declare `format: sql`",
        )
    if _LDIF.search(text[:_HEAD]):
        from tasks.extract.sample_nested import ldif_sample

        return ldif_sample(path, text, encoding, certain)
    if start in (b"{", b"["):
        return _json_sample(path, text, encoding, certain)
    return _csv_sample(path, text, encoding, certain)


def _binary_reader(data: bytes) -> Callable[[Path, bytes], Sample] | None:
    """What looks at a file that is known by how it begins."""
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        from tasks.extract.sample_tables import excel_sample

        return excel_sample
    if data.startswith(b"PAR"):
        from tasks.extract.sample_tables import parquet_sample

        return parquet_sample
    if looks_like_xml(data):
        from tasks.extract.sample_nested import xml_sample

        return xml_sample
    return None


def looks_like_xml(data: bytes) -> bool:
    """Whether bytes begin as an XML document does, in UTF-8 or UTF-16."""
    encoding = "utf-16" if data.startswith(_UTF16_MARKS) else "utf-8-sig"
    return bool(_XML.match(data[:64].decode(encoding, "replace")))


def _encoding(data: bytes) -> tuple[str, bool]:
    if data.startswith(_UTF16_MARKS):
        return "utf-16", True
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252", False  # the commonest that is not UTF-8; a person has to look
    return "utf-8-sig", True


def _csv_sample(path: Path, text: bytes, encoding: str, certain: bool) -> Sample:
    starting = _EXCELS_WORD if text[:4].lower() == b"sep=" else ()
    start = text.find(b"\n") + 1 if starting else 0
    skip, delimiter = _delimiter(text[start:])
    reader = ReaderSettings(
        encoding=encoding, delimiter=delimiter, skip_lines=skip, skip_starting=starting
    )
    header = read_header(str(path), text, reader)
    body = text[header.body_at :].decode("utf-8")
    width = len(header.names)
    rows = [
        tuple(clean_text(cell) or None for cell in row)
        for row in islice(_csv_rows(path, body, delimiter), MOST_ROWS)
        if len(row) == width
    ]
    lines = body.count("\n") + (not body.endswith("\n") and bool(body))
    return Sample(path, reader, certain, header.names, tuple(rows), lines)


def _csv_rows(path: Path, body: str, delimiter: str) -> Iterator[list[str]]:
    """Rows as far as they can be taken apart; of a long cell the library says no more than that."""
    parsed = csv.reader(io.StringIO(body, newline=""), delimiter=delimiter)
    while True:
        try:
            row = next(parsed, None)
        except csv.Error:
            continue  # a cell beyond the library's limit: reading by contract sets its row aside
        if row is None:
            return
        yield row


def _delimiter(text: bytes) -> tuple[int, str]:
    """Lines before the header, and what separates its names.

    A header is the first line that is more than half as wide as the widest below it: titles, and
    lines such as `#TYPE ...` or `version:v1.0`, are narrower, also where a spreadsheet filled them
    up with empty cells. Of several delimiters the one counts that gives the most cells in lines
    that agree with the header, and soonest.
    """
    lines = [
        line.decode("utf-8", "replace")
        for line in text[:MEGABYTE].split(b"\n", _TITLE_LINES)[:_TITLE_LINES]
    ]
    best, skip, delimiter = 0.0, 0, ","
    for sign in DELIMITERS:
        widths = [sum(not _BLANK.fullmatch(cell) for cell in line.split(sign)) for line in lines]
        at = next(i for i, width in enumerate(widths) if width * 2 > max(widths) or not any(widths))
        cells = lines[at].count(sign)
        agreeing = sum(line.count(sign) == cells for line in lines[at:]) / len(lines[at:])
        likely = cells * agreeing**2 / (1 + at)
        if likely > best:
            best, skip, delimiter = likely, at, sign
    return skip, delimiter


def _json_sample(path: Path, text: bytes, encoding: str, certain: bool) -> Sample:
    document = text.decode("utf-8")
    if _is_json_lines(document):
        reader = ReaderSettings(format=FileFormat.JSONL, encoding=encoding)
        lines = [line for line in document.split("\n") if line.strip()]
        records: list[Any] = []
        for line in lines[:MOST_ROWS]:
            try:
                records.append(decode(line))
            except ValueError:
                continue
        total = len(lines)
    else:
        records_at = _records_at(path, document)
        reader = ReaderSettings(format=FileFormat.JSON, encoding=encoding, records_at=records_at)
        found = [value for _, value in scan_records(str(path), document, records_at)]
        records, total = found[:MOST_ROWS], len(found)
    flat = [dict(_flat(record, ())) for record in records if isinstance(record, dict)]
    names = dict.fromkeys(name for record in flat for name in record)
    above = {name.rpartition(".")[0] for name in names}
    header = tuple(name for name in names if name not in above)
    rows = tuple(tuple(record.get(name) for name in header) for record in flat)
    return Sample(path, reader, certain, header, rows, total, records=tuple(records[:_RECORDS]))


def _is_json_lines(document: str) -> bool:
    first, _, rest = document.strip().partition("\n")
    if not (first.strip().startswith("{") and rest.strip().startswith("{")):
        return False
    try:
        return not _is_page(decode(first))
    except (ValueError, RecursionError):
        return False


def _is_page(value: Any) -> bool:
    """Whether an object is an API's answer with people in it: what its list holds says more."""
    inner = [item for _, items in _lists(value, ()) for item in items[:1]]
    return any(isinstance(item, dict) and len(item) > len(value) for item in inner)


def _is_list_of_answers(whole: list[Any]) -> bool:
    """Whether a list holds an API's answers, a page each, and not people with lists of theirs."""
    first = whole[:MOST_ROWS]
    if not all(isinstance(each, dict) for each in first):
        return False
    keys = {key for each in first for key, value in each.items() if isinstance(value, str)}
    return any(_is_page(each) for each in first) and not any(guess_meaning(key) for key in keys)


def _records_at(path: Path, document: str) -> str:
    """The keys down to the longest list of objects: beside the people there may be other lists."""
    try:
        whole = decode_first(document)
    except json.JSONDecodeError as error:
        raise broken(str(path), document, error) from None
    except RecursionError:
        raise too_deep(str(path)) from None
    except ValueError as error:
        raise SourceError(f"{path}: {error}", hint="ask for a corrected export") from None
    answers = [whole]
    if isinstance(whole, list):
        if not _is_list_of_answers(whole):
            return ""
        answers = whole
    found = [
        (len(value), keys)
        for answer in answers
        for keys, value in _lists(answer, ())
        if value and all(isinstance(item, dict) for item in value)
    ]
    if found:
        return ".".join(max(found, key=lambda each: each[0])[1])
    raise SourceError(f"{path} has no list of objects", hint="give an export with one for people")


def _lists(value: Any, keys: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], list[Any]]]:
    if isinstance(value, list):
        yield keys, value
    elif isinstance(value, dict) and len(keys) < _DEEPEST:
        for key, inner in value.items():
            yield from _lists(inner, (*keys, key))


def _flat(record: dict[str, Any], keys: tuple[str, ...]) -> Iterator[tuple[str, str | None]]:
    """The single values of an object, by their paths; lists are left out."""
    for key, value in record.items():
        if isinstance(value, dict) and len(keys) < _DEEPEST:
            yield from _flat(value, (*keys, key))
        elif value is None or isinstance(value, str):
            yield ".".join((*keys, key)), clean_text(value) or None if value else None
        elif isinstance(value, bool):
            yield ".".join((*keys, key)), "true" if value else "false"
