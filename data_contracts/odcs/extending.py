"""A contract that extends a published one: both files laid over each other, key by key.

In: the two files as parsed. Out: one document, in which each value still knows the file and the
place that it comes from, so that whatever is wrong with it is told there.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from data_contracts.odcs.problems import Problems, nearest
from data_contracts.odcs.reader import server_for
from data_contracts.yaml_lines import Place, line_of

EXTENDS = "extends"

_IDENTITY = {"customProperties": "property", "properties": "name", "quality": "id"}
"""Lists whose items are known by one of their keys; any other list is replaced as a whole."""

_ONE_ITEM = ("servers", "schema")
"""Lists of exactly one item."""

_WHOLE = ("metric", "type", "implementation")
"""A rule with one of these is a rule of its own; without, it changes words and severity alone."""


@dataclass(frozen=True, slots=True)
class ContractFile:
    """A contract file as parsed.

    Attributes:
        origin: The file, for messages.
        document: Its content.
        lines: Line by place, of `parse_yaml`.
    """

    origin: str
    document: dict[str, Any]
    lines: Mapping[Place, int]


@dataclass(frozen=True, slots=True)
class _Node:
    """A value with the file and the place that it comes from."""

    value: Any
    file: ContractFile
    place: Place

    def at(self, key: str | int) -> "_Node":
        return _Node(self.value[key], self.file, (*self.place, key))

    def items(self) -> Iterator["_Node"]:
        return (self.at(index) for index in range(len(self.value)))


class LayeredProblems(Problems):
    """Problems of a document that was made from two files.

    Args:
        own: The file that extends the other.
        places: File and place there, by place in the document.
    """

    def __init__(
        self, own: ContractFile, places: Mapping[Place, tuple[ContractFile, Place]]
    ) -> None:
        super().__init__(own.origin, own.lines)
        self._places = places

    def locate(self, place: Place) -> tuple[str, int, Place]:
        """Find the file and the place that a value of the document comes from."""
        known = place
        while known not in self._places and known:
            known = known[:-1]
        file, there = self._places[known]
        there = (*there, *place[len(known) :])
        return file.origin, line_of(there, dict(file.lines)), there


def extended_name(
    reference: str, place: Place, known: Mapping[str, str], problems: Problems
) -> str:
    """The published contract that `bamboohr-report@1` names; "" with a problem noted.

    Args:
        reference: Name and the beginning of a version, joined by @.
        place: Where it stands.
        known: Texts of the published contracts by name.
        problems: Takes what is wrong.
    """
    name, _, version = reference.partition("@")
    if name not in known:
        problems.add(place, f"no published contract is called `{name}`{nearest(name, known)}")
        return ""
    if not version:
        problems.add(
            place,
            f"say which version of `{name}` is meant (`{name}@1`): a later one may break this file",
        )
        return ""
    return name


def check_version(reference: str, place: Place, actual: str, problems: Problems) -> None:
    """Note when the published contract is no longer of the version that is named."""
    name, _, wanted = reference.partition("@")
    parts = wanted.split(".")
    if actual.split(".")[: len(parts)] != parts:
        problems.add(
            place,
            f"`{name}` is of version {actual}, and {wanted} is named: compare them "
            "(`scimflow contract diff`), then name the new version",
        )


def lay_over(base: ContractFile, own: ContractFile) -> tuple[dict[str, Any], LayeredProblems]:
    """Lay one contract over another.

    Keys of `own` win. Columns are told by name, rules by id, custom properties by name; aliases add
    up, and so do the statuses as long as the status columns are the same. Any other list is
    replaced.

    Args:
        base: The contract that is extended.
        own: The contract that extends it.

    Returns:
        The document as a whole, and what takes its problems.
    """
    layers = _Layers()
    base = _in_its_format(base, own)
    document = layers.merge(
        _Node(base.document, base, ()), _Node(own.document, own, ()), place=(), name=""
    )
    return document, LayeredProblems(own, layers.places)


def _in_its_format(base: ContractFile, own: ContractFile) -> ContractFile:
    """A delimiter of the lower file says nothing when the upper one reads a workbook."""
    theirs, ours = (file.document.get("servers") or [{}] for file in (base, own))
    if len(theirs) != 1 or len(ours) != 1 or not ours[0].get("format"):
        return base
    server = server_for(theirs[0], ours[0]["format"])
    return replace(base, document=base.document | {"servers": [server]})


class _Layers:
    """Two documents becoming one."""

    def __init__(self) -> None:
        self.places: dict[Place, tuple[ContractFile, Place]] = {}

    def merge(self, below: _Node, above: _Node, *, place: Place, name: str) -> Any:
        """The value at a place: of the upper file where it has one."""
        if isinstance(below.value, dict) and isinstance(above.value, dict):
            self.places[place] = above.file, above.place
            return self._merge_keys(below, above, place)
        if isinstance(below.value, list) and isinstance(above.value, list):
            if name in _ONE_ITEM and len(below.value) == len(above.value) == 1:
                self.places[place] = above.file, above.place
                return [self.merge(below.at(0), above.at(0), place=(*place, 0), name="")]
            if name in _IDENTITY:
                self.places[place] = above.file, above.place
                return self._merge_items(below, above, place, name)
        return self._copy(above, place)

    def _merge_keys(self, below: _Node, above: _Node, place: Place) -> dict[str, Any]:
        merged: dict[str, Any] = {}
        for key in dict.fromkeys((*below.value, *above.value)):
            here = (*place, key)
            if key not in above.value:
                merged[key] = self._copy(below.at(key), here)
            elif key not in below.value:
                merged[key] = self._copy(above.at(key), here)
            else:
                merged[key] = self.merge(below.at(key), above.at(key), place=here, name=key)
        return merged

    def _merge_items(self, below: _Node, above: _Node, place: Place, name: str) -> list[Any]:
        """The lower list in its order, changed where the upper one has the same item, then more."""
        identity = _IDENTITY[name]
        changes: dict[object, _Node] = {}
        added: list[_Node] = []
        known = {_identity(item, identity) for item in below.items()}
        for item in above.items():
            name_of = _identity(item, identity)
            if name_of in known and name_of not in changes:
                changes[name_of] = item
            else:
                added.append(item)  # one that stands twice stays so, and is complained about
        merged: list[Any] = []
        for item in below.items():
            change = changes.get(_identity(item, identity))
            here = (*place, len(merged))
            merged.append(
                self._copy(item, here) if change is None else self._change(item, change, here, name)
            )
        for item in added:
            merged.append(self._copy(item, (*place, len(merged))))
        return merged

    def _change(self, below: _Node, above: _Node, place: Place, name: str) -> Any:
        """One item of a list, as the upper file changes it."""
        if name == "quality" and any(key in above.value for key in _WHOLE):
            return self._copy(above, place)
        if name != "customProperties":
            return self.merge(below, above, place=place, name="")
        self.places[place] = above.file, above.place
        entry = {key: self._copy(above.at(key), (*place, key)) for key in above.value}
        here = (*place, "value")
        match above.value["property"]:
            case "aliases":
                entry["value"] = self._joined(below.at("value"), above.at("value"), here)
            case "status" if _other_columns(below.value["value"], above.value["value"]):
                pass
            case _:
                entry["value"] = self.merge(
                    below.at("value"), above.at("value"), place=here, name=""
                )
        return entry

    def _joined(self, below: _Node, above: _Node, place: Place) -> list[Any]:
        """Both lists, or single values, one after the other; nothing twice."""
        joined: list[Any] = []
        for node in (below, above):
            many = isinstance(node.value, list)
            for item in node.items() if many else [node]:
                if item.value not in joined:
                    joined.append(self._copy(item, (*place, len(joined))))
        self.places[place] = above.file, above.place
        return joined

    def _copy(self, node: _Node, place: Place) -> Any:
        """A value as its file has it, its places noted."""
        self.places[place] = node.file, node.place
        if isinstance(node.value, dict):
            return {key: self._copy(node.at(key), (*place, key)) for key in node.value}
        if isinstance(node.value, list):
            return [self._copy(item, (*place, i)) for i, item in enumerate(node.items())]
        return node.value


def _identity(item: _Node, key: str) -> object:
    """What an item is known by; one that has nothing is like no other."""
    if not isinstance(item.value, dict):
        return item.place
    found = item.value.get(key, item.value.get("name") if key == "id" else None)
    return item.place if found is None else found


def _other_columns(below: Any, above: Any) -> bool:
    """Whether a vocabulary is about other columns, so that the statuses below mean nothing."""
    if not isinstance(below, dict) or not isinstance(above, dict):
        return True
    return "columns" in above and above["columns"] != below.get("columns")
