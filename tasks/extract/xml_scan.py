"""The records of an XML document one by one, each with its line; no reference is ever followed.

Names are taken without their prefixes: the namespace of a Workday report changes with the report's
name. A document that declares a document type is refused: that is where entities are declared
that read other files or grow without end.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl

from data_contracts.errors import SourceError

_CHUNK = 1 << 16
_DEEPEST = 100


@dataclass(slots=True)
class Element:
    """An element inside a record.

    Attributes:
        attributes: By name without prefix.
        children: By name without prefix, in order.
        texts: The text in it, in pieces.
    """

    attributes: dict[str, str] = field(default_factory=dict)
    children: dict[str, list["Element"]] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)


def local(name: str) -> str:
    """A name without its prefix."""
    return name.rpartition(":")[2]


def scan_elements(path: str, data: bytes, records_at: str) -> Iterator[tuple[int, Element]]:
    """Walk through the elements to which a path leads.

    Args:
        path: For messages.
        data: The document; it says itself how it is encoded.
        records_at: Names from the root on, joined by dots.

    Yields:
        Line of the element, from 1, and the element.

    Raises:
        SourceError: It is no XML, declares a document type, or its root is another one.
    """
    handler = _Handler(path, records_at.split("."))
    for _ in walk(path, data, handler):
        yield from handler.found()


def walk(path: str, data: bytes, handler: ContentHandler) -> Iterator[None]:
    """Lead a handler through a document, chunk by chunk.

    Args:
        path: For messages.
        data: The document.
        handler: Told of elements and text.

    Raises:
        SourceError: It is no XML, or declares a document type.
    """
    from xml.sax import SAXException

    from defusedxml import DefusedXmlException
    from defusedxml.sax import make_parser

    parser = make_parser()
    parser.forbid_dtd = True
    parser.setContentHandler(handler)
    handler.setDocumentLocator(parser)
    try:
        for start in range(0, len(data), _CHUNK):
            parser.feed(data[start : start + _CHUNK])
            yield
        parser.close()
        yield
    except DefusedXmlException:
        raise SourceError(
            f"{path}, line {parser.getLineNumber()}: the document declares a document type or "
            "entities; such documents are not read",
            hint="export it without <!DOCTYPE ...>",
        ) from None
    except (SAXException, LookupError, ValueError):
        raise SourceError(
            f"{path}, line {parser.getLineNumber()}, column {parser.getColumnNumber() + 1}: "
            "malformed XML; the file is damaged, cut off, or something else",
            hint="ask for a new export; check `format` in the contract",
        ) from None


class _Handler(ContentHandler):
    """Builds the elements of records, and drops everything else."""

    def __init__(self, path: str, wanted: list[str]) -> None:
        super().__init__()
        self._path = path
        self._wanted = wanted
        self._names: list[str] = []
        self._open: list[Element] = []
        self._found: list[tuple[int, Element]] = []
        self._line = 0

    def found(self) -> Iterator[tuple[int, Element]]:
        """Give what has come to its end."""
        while self._found:
            yield self._found.pop(0)

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802  # SAX's name
        self._names.append(local(name))
        if len(self._names) > _DEEPEST:
            raise SourceError(
                f"{self._path} is nested too deeply", hint="ask for a corrected export"
            )
        self._check_root()
        if self._open or self._names == self._wanted:
            attributes: Any = attrs
            element = Element({local(key): attributes[key] for key in attributes.getNames()})
            if self._open:
                self._open[-1].children.setdefault(self._names[-1], []).append(element)
            else:
                self._line = self._locator.getLineNumber()  # type: ignore[attr-defined]  # SAX's
            self._open.append(element)

    def endElement(self, name: str) -> None:  # noqa: N802  # SAX's name
        self._names.pop()
        if self._open:
            element = self._open.pop()
            if not self._open:
                self._found.append((self._line, element))

    def characters(self, content: str) -> None:
        if self._open:
            self._open[-1].texts.append(content)

    def _check_root(self) -> None:
        if len(self._names) == 1 and self._names != self._wanted[:1]:
            raise SourceError(
                f"{self._path}: the document is a `{self._names[0]}`, the contract expects a "
                f"`{self._wanted[0]}`",
                hint="correct `recordsAt` in the contract: names from the root on",
            )
