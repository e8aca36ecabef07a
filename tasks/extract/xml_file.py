"""XML exports (Workday's reports as a service) as columns of text.

A record's elements are columns where they hold text. What is inside them has a path: an attribute
`Manager.@Descriptor`, or `Worker.ID[type=Employee_ID]`: of several elements the one whose attribute
(or element inside) `type` is that. One element or many makes no difference to a path.
"""

from collections.abc import Iterable
from typing import Any

from data_contracts.export_contract import ExportContract
from data_contracts.value_path import Step
from tasks.extract.nested import ABSENT, NestedReading, several
from tasks.extract.records import Records
from tasks.extract.values import NotOneValue
from tasks.extract.xml_scan import Element, scan_elements


def read_xml(path: str, data: bytes, contract: ExportContract) -> Records:
    """Read an XML document.

    Args:
        path: For messages.
        data: The document.
        contract: The columns with their paths, and where the records are.

    Raises:
        SourceError: The document cannot be taken apart; says where and why.
    """
    reading = NestedReading(contract, XmlNesting(), path)
    return reading.take_all(scan_elements(path, data, contract.reader.records_at))


class XmlNesting:
    """Elements with attributes, elements and text; several of a name are a list."""

    def is_record(self, value: Any) -> bool:
        """Every element is one."""
        return True

    def members(self, record: Element) -> Iterable[tuple[str, Any]]:
        """Elements inside, and attributes as `@name`."""
        for name, each in (record.children or {}).items():
            yield name, each[0] if len(each) == 1 else each
        for name, value in record.attributes.items():
            yield f"@{name}", value

    def own_key(self, record: Element, name: str) -> str:
        """Names are exact."""
        return name

    def step(self, value: Any, step: Step) -> Any:
        """An element inside, an attribute, or one of several by position or by a value."""
        if step.position is not None:
            several_ = value if isinstance(value, list) else [value]
            return several_[step.position] if step.position < len(several_) else None
        if isinstance(value, list):
            raise several(step.name, len(value))
        if not isinstance(value, Element):
            return ABSENT
        if step.name.startswith("@"):
            return value.attributes.get(step.name[1:], ABSENT)
        found = value.children.get(step.name) if value.children else None
        if found is None:
            return ABSENT
        if step.key:
            return next((each for each in found if _matches(each, step)), None)
        return _one_or_all(found)

    def text(self, value: Any, where: str) -> str | None:
        """The text of an element that holds nothing else."""
        if value is None or isinstance(value, str):
            return value
        if isinstance(value, list):
            raise several(where, len(value))
        if value.children:
            raise NotOneValue(f"`{where}` holds elements where one value is expected")
        text: str = value.text
        return text

    def is_nested(self, value: Any) -> bool:
        """Whether there are several elements, or elements inside."""
        return isinstance(value, list) or (isinstance(value, Element) and bool(value.children))


def _one_or_all(elements: list[Element]) -> Element | list[Element]:
    return elements[0] if len(elements) == 1 else elements


def _matches(element: Element, step: Step) -> bool:
    if element.attributes.get(step.key) == step.value:
        return True
    inside = (element.children or {}).get(step.key, [])
    return any(each.text.strip() == step.value for each in inside)
