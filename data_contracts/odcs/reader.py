"""How files of an export are read: the contract's one server."""

import codecs
from typing import Any

from data_contracts.export_contract import FileFormat, HeaderNames, ReaderSettings
from data_contracts.odcs.custom import as_count, as_text, as_texts, one_of, read_custom
from data_contracts.odcs.problems import Problems, nearest
from data_contracts.yaml_lines import Place

_FORMATS = tuple(str(format_) for format_ in FileFormat)


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
    values = read_custom(server, here, _KNOWN, problems)
    written = server["format"]
    if written not in _FORMATS:
        problems.add((*here, "format"), f"unknown format `{written}`{nearest(written, _FORMATS)}")
    if "encoding" in server:
        encoding = _encoding(server["encoding"], (*here, "encoding"), problems)
        if encoding is not None and values.setdefault("encoding", encoding) != encoding:
            problems.add((*here, "encoding"), "is given twice, differently")
    defaults = ReaderSettings()
    return ReaderSettings(
        format=FileFormat(written) if written in _FORMATS else defaults.format,
        delimiter=values.get("delimiter", defaults.delimiter),
        encoding=values.get("encoding", defaults.encoding),
        quote=values.get("quote", defaults.quote),
        records_at=values.get("recordsAt", defaults.records_at),
        skip_lines=values.get("skipLines", defaults.skip_lines),
        skip_starting=values.get("skipLinesStarting", defaults.skip_starting),
        header_names=HeaderNames(values.get("headerNames", defaults.header_names)),
    )


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


_KNOWN = {
    "delimiter": _delimiter,
    "encoding": _encoding,
    "headerNames": one_of(*map(str, HeaderNames)),
    "quote": _quote,
    "recordsAt": as_text,
    "skipLines": as_count,
    "skipLinesStarting": as_texts,
}
