"""The columns of a contract: from the standard's properties to what scimflow knows of each."""

from collections.abc import Mapping
from typing import Any

from data_contracts.export_contract import ContractColumn, WorkerField
from data_contracts.odcs.custom import as_flag, as_text, as_texts, read_custom
from data_contracts.odcs.dates import read_dates
from data_contracts.odcs.problems import Problems, nearest
from data_contracts.secret_names import looks_secret
from data_contracts.yaml_lines import Place

_CELL_TYPES = ("string", "date", "timestamp", "time", "number", "integer", "boolean")
_KNOWN = {
    "means": as_texts,
    "aliases": as_texts,
    "sentinels": as_texts,
    "path": as_text,
    "optional": as_flag,
    "formats": as_texts,
    "day": as_text,
    "managerBy": as_text,
    "unverified": as_text,
}


def read_column(
    element: Mapping[str, Any], place: Place, problems: Problems
) -> tuple[ContractColumn, tuple[WorkerField, ...]]:
    """Read one property of the standard as a column.

    Args:
        element: The property.
        place: Where it stands.
        problems: Takes what is wrong.

    Returns:
        The column and everything that it means.
    """
    name = element["name"]
    custom = read_custom(element, place, _KNOWN, problems)
    meanings = _meanings(custom.get("means", ()), place, problems)
    _check_name(name, place, problems)
    _check_type(element, place, problems)
    column = ContractColumn(
        name=name,
        aliases=custom.get("aliases", ()),
        description=" ".join(element.get("description", "").split()),
        required=not custom.get("optional", False),
        meaning=meanings[0] if meanings else None,
        logical_type=element.get("logicalType", "string"),
        dates=read_dates(element, custom, place, problems),
        sentinels=custom.get("sentinels", ()),
        classification=element.get("classification"),
        path=custom.get("path"),
        unverified=custom.get("unverified", ""),
    )
    return column, meanings


def check_together(columns: list[ContractColumn], place: Place, problems: Problems) -> None:
    """Note names and aliases that stand twice."""
    taken: dict[str, str] = {}
    for index, column in enumerate(columns):
        for name in (column.name, *column.aliases):
            if name in taken:
                problems.add((*place, index), f"`{name}` already names column `{taken[name]}`")
            taken.setdefault(name, column.name)


def _meanings(words: tuple[str, ...], place: Place, problems: Problems) -> tuple[WorkerField, ...]:
    known = [str(field) for field in WorkerField]
    for word in words:
        if word not in known:
            problems.add(place, f"unknown meaning `{word}`{nearest(word, known)}")
    return tuple(WorkerField(word) for word in words if word in known)


def _check_name(name: str, place: Place, problems: Problems) -> None:
    if name.startswith("_"):
        problems.add((*place, "name"), "names that begin with _ are scimflow's; use an alias")
    if name != name.strip() or not name:
        problems.add((*place, "name"), "must be text without white space around it")
    if looks_secret(name):
        problems.add(
            (*place, "name"), "looks like a password: such columns are never read; leave it out"
        )


def _check_type(element: Mapping[str, Any], place: Place, problems: Problems) -> None:
    kind = element.get("logicalType", "string")
    if kind not in _CELL_TYPES:
        problems.add(
            (*place, "logicalType"),
            f"`{kind}` is no type of a cell: give the nested value a column and a `path`",
        )
    for key in ("properties", "items"):
        if key in element:
            problems.add((*place, key), "columns are flat: give each nested value a `path`")
