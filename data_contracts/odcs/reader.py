"""How files of an export are read: the contract's one server."""

import codecs
from collections.abc import Callable
from typing import Any

from data_contracts.export_contract import FileFormat, HeaderNames, LineEnd, ReaderSettings
from data_contracts.odcs.custom import as_count, as_flag, as_text, as_texts, one_of, read_custom
from data_contracts.odcs.problems import Problems, nearest
from data_contracts.yaml_lines import Place

_OTHER_WORDS = {
    "tsv": FileFormat.CSV,
    "xlsx": FileFormat.EXCEL,
    "xls": FileFormat.EXCEL,
    "ods": FileFormat.EXCEL,
}
"""What people call formats: `excel` reads each kind of workbook, a TSV is a CSV with tabs."""

_FORMATS = {**{str(format_): format_ for format_ in FileFormat}, **_OTHER_WORDS}
_TEXT = frozenset({FileFormat.CSV, FileFormat.JSON, FileFormat.JSONL, FileFormat.LDIF})
_CSV = frozenset({FileFormat.CSV})
_TABLES = frozenset({FileFormat.CSV, FileFormat.EXCEL})


def read_server(servers: Any, problems: Problems) -> ReaderSettings:
    """Read the contract's one server, a file on disk.

    Args:
        servers: `servers` of the contract, as the standard's schema allows it.
        problems: Takes what is wrong.
    """
    place: Place = ("servers",)
    if not servers or len(servers) != 1 or servers[0]["type"] != "local":
        problems.add(place, "give exactly one server, of `type: local`: how the file is read")
        return ReaderSettings()
    server, here = servers[0], ("servers", 0)
    known = {name: read for name, (_, read, _) in _KNOWN.items()}
    values = read_custom(server, here, known, problems)
    written = server["format"]
    if written not in _FORMATS:
        problems.add((*here, "format"), f"unknown format `{written}`{nearest(written, _FORMATS)}")
    if "encoding" in server:
        encoding = _encoding(server["encoding"], (*here, "encoding"), problems)
        if encoding is not None and values.setdefault("encoding", encoding) != encoding:
            problems.add((*here, "encoding"), "is given twice, differently")
    format_ = _FORMATS.get(written, FileFormat.CSV)
    if written in _FORMATS:
        _refuse_idle(format_, written, values, here, problems)
    if written == "tsv":
        values.setdefault("delimiter", "\t")
    if format_ is FileFormat.XML and not values.get("recordsAt"):
        problems.add(here, "of XML, `recordsAt` says which elements are the records")
    fields = {_KNOWN[name][0]: value for name, value in values.items()}
    return ReaderSettings(format=format_, **fields)


def server_for(server: Any, format_: str) -> Any:
    """A server's words, without those that say nothing about a file of another format.

    Args:
        server: One server of a contract, as the standard's schema allows it.
        format_: What the file's format is called.
    """
    if _FORMATS.get(server.get("format")) is _FORMATS.get(format_):
        return server
    kept = {key: value for key, value in server.items() if key != "customProperties"}
    if not _says(format_, "encoding"):
        kept.pop("encoding", None)
    custom = [
        entry
        for entry in server.get("customProperties") or []
        if _says(format_, str(entry.get("property")))
    ]
    return kept | ({"customProperties": custom} if custom else {})


def _says(format_: str, name: str) -> bool:
    return name in _KNOWN and _FORMATS.get(format_) in _KNOWN[name][2]


def _refuse_idle(
    format_: FileFormat, written: str, values: dict[str, Any], here: Place, problems: Problems
) -> None:
    """A word that is written down and changes nothing would be taken for one that does."""
    for name in values:
        if format_ not in _KNOWN[name][2]:
            problems.add(here, f"`{name}` says nothing about a file of format `{written}`")


def _encoding(value: Any, place: Place, problems: Problems) -> str | None:
    text = problems.text(value, place)
    if text is None:
        return None
    try:
        name = codecs.lookup(text).name
        "text".encode(name)  # `hex` and the like are codecs, but not of text
    except (LookupError, UnicodeError):
        problems.add(place, f"unknown encoding `{text}` (utf-8-sig, cp1252, utf-16 ...)")
        return None
    # UTF-8 with and without a byte-order mark: nobody means the mark to be part of a header.
    return "utf-8-sig" if name == "utf-8" else name


def _delimiter(value: Any, place: Place, problems: Problems) -> str | None:
    if isinstance(value, str) and len(value) == 1 and value not in '"\n\r\0' and value.isascii():
        return value
    problems.add(place, 'must be one character, such as "," or ";" or "\\t"')
    return None


def _quote(value: Any, place: Place, problems: Problems) -> str | None:
    if isinstance(value, str) and len(value) <= 1 and value not in ("\n", "\r") and value.isascii():
        return value
    problems.add(place, "must be one character, or empty where nothing is quoted")
    return None


def _escape(value: Any, place: Place, problems: Problems) -> str | None:
    if isinstance(value, str) and len(value) == 1 and value not in '"\n\r\0' and value.isascii():
        return value
    problems.add(place, 'must be one character, such as "\\\\"')
    return None


def _sheet(value: Any, place: Place, problems: Problems) -> str | int | None:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
        return value
    if isinstance(value, int):
        problems.add(place, "must be a sheet's name, or its number from 1")
        return None
    return as_text(value, place, problems)


def _line_end(value: Any, place: Place, problems: Problems) -> LineEnd | None:
    word = one_of(*map(str, LineEnd))(value, place, problems)
    return None if word is None else LineEnd(word)


def _any_text(value: Any, place: Place, problems: Problems) -> str | None:
    """A text, which may be empty: of one that is extended it takes back what is said there."""
    return problems.text(value, place)


_Reader = Callable[[Any, Place, Problems], Any]


def _header_names(value: Any, place: Place, problems: Problems) -> HeaderNames | None:
    word = one_of(*map(str, HeaderNames))(value, place, problems)
    return None if word is None else HeaderNames(word)


_KNOWN: dict[str, tuple[str, _Reader, frozenset[FileFormat]]] = {
    "delimiter": ("delimiter", _delimiter, _CSV),
    "encoding": ("encoding", _encoding, _TEXT),
    "quote": ("quote", _quote, _CSV),
    "escape": ("escape", _escape, _CSV),
    "lineEnd": ("line_end", _line_end, _CSV),
    "recordsAt": ("records_at", _any_text, frozenset({FileFormat.JSON, FileFormat.XML})),
    "skipLines": ("skip_lines", as_count, _TABLES),
    "skipAfterHeader": ("skip_after_header", as_count, _TABLES),
    "sheet": ("sheet", _sheet, frozenset({FileFormat.EXCEL})),
    "numericIds": ("numeric_ids", as_flag, frozenset({FileFormat.EXCEL})),
    "joinValues": ("join_values", _any_text, frozenset({FileFormat.LDIF})),
    "guids": ("guids", as_texts, frozenset({FileFormat.LDIF})),
    "headerNames": ("header_names", _header_names, _TABLES),
    "skipLinesStarting": ("skip_starting", as_texts, _CSV),
}
"""By the property's name: the setting, what reads it, the formats of which it says something."""
