"""The records of an XML document one by one, each with its line; no reference is ever followed.

Names are taken without their prefixes: the namespace of a Workday report changes with the report's
name. A document that declares a document type is refused before anything in it is looked at: that
is where entities are declared that read other files or grow without end. The parser is used as
defusedxml uses it, without the layers between that take three times as long.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol
from xml.parsers import expat

from data_contracts.errors import SourceError

_CHUNK = 1 << 12  # bytes; small, so that records are let go before the garbage collector walks them
_DEEPEST = 100


@dataclass(slots=True)
class Element:
    """An element inside a record.

    Attributes:
        attributes: By name without prefix.
        children: By name without prefix, in order; None where there are none.
        text: The text in it.
    """

    attributes: dict[str, str]
    children: dict[str, list["Element"]] | None = None
    text: str = ""


class Walker(Protocol):
    """What is told of a document's elements and text; names come with their prefixes."""

    def start(self, name: str, attributes: dict[str, str], line: int) -> None:
        """An element begins."""

    def end(self, name: str) -> None:
        """An element ends."""

    def characters(self, text: str) -> None:
        """Text, in pieces."""


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
    records = _Records(path, records_at.split("."))
    for _ in walk(path, data, records):
        yield from records.found()


def walk(path: str, data: bytes, walker: Walker) -> Iterator[None]:
    """Lead somebody through a document, chunk by chunk.

    Args:
        path: For messages.
        data: The document.
        walker: Told of elements and text.

    Raises:
        SourceError: It is no XML, is nested too deeply, or declares a document type.
    """
    parser = _parser(path, walker)
    try:
        for start in range(0, len(data), _CHUNK):
            parser.Parse(data[start : start + _CHUNK], False)
            yield
        parser.Parse(b"", True)
        yield
    except (expat.ExpatError, LookupError, ValueError):  # also an encoding that nobody knows
        raise SourceError(
            f"{path}, line {parser.CurrentLineNumber}, column {parser.CurrentColumnNumber + 1}: "
            "malformed XML; the file is damaged, cut off, or something else",
            hint="ask for a new export; check `format` in the contract",
        ) from None


def _parser(path: str, walker: Walker) -> "expat.XMLParserType":
    parser = expat.ParserCreate()
    parser.buffer_text = True
    depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEEPEST:
            raise SourceError(f"{path} is nested too deeply", hint="ask for a corrected export")
        walker.start(name, attributes, parser.CurrentLineNumber)

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        walker.end(name)

    def refuse(*_: Any) -> Any:
        raise SourceError(
            f"{path}, line {parser.CurrentLineNumber}: the document declares a document type or "
            "entities; such documents are not read",
            hint="export it without <!DOCTYPE ...>",
        )

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = walker.characters
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse
    return parser


class _Records:
    """Builds the elements of records, and drops everything else."""

    def __init__(self, path: str, wanted: list[str]) -> None:
        self._path = path
        self._wanted = wanted
        self._above: list[str] = []
        self._open: list[Element] = []
        self._found: list[tuple[int, Element]] = []
        self._line = 0
        self._plain: dict[str, str] = {}

    def found(self) -> Iterator[tuple[int, Element]]:
        """Give what has come to its end."""
        found, self._found = self._found, []
        return iter(found)

    def start(self, name: str, attributes: dict[str, str], line: int) -> None:
        """Begin a record, or something inside one."""
        plain = self._plain.get(name) or self._plain.setdefault(name, local(name))
        if attributes:
            attributes = {local(key): value for key, value in attributes.items()}
        if self._open:
            element, above = Element(attributes), self._open[-1]
            if above.children is None:
                above.children = {plain: [element]}
            else:
                above.children.setdefault(plain, []).append(element)
            self._open.append(element)
            return
        self._above.append(plain)
        if len(self._above) == 1 and plain != self._wanted[0]:
            raise SourceError(
                f"{self._path}: the document is a `{plain}`, the contract expects a "
                f"`{self._wanted[0]}`",
                hint="correct `recordsAt` in the contract: names from the root on",
            )
        if self._above == self._wanted:
            self._line = line
            self._open.append(Element(attributes))

    def end(self, name: str) -> None:
        """End what was begun last."""
        if not self._open:
            self._above.pop()
            return
        element = self._open.pop()
        if not self._open:
            self._above.pop()
            self._found.append((self._line, element))

    def characters(self, text: str) -> None:
        """Text of the element that is open."""
        if self._open:
            self._open[-1].text += text
