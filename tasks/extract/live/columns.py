"""Which properties are asked for: those that the contract reads, no more."""

from collections.abc import Collection

from data_contracts.export_contract import ExportContract
from data_contracts.value_path import parse_value_path


def properties_read(contract: ExportContract, leave_out: Collection[str] = ()) -> tuple[str, ...]:
    """The properties of a person that a contract's columns are found in, each once.

    Args:
        contract: Its columns with their paths: `manager.id` is in `manager`.
        leave_out: Columns that are not asked for.
    """
    asked: dict[str, None] = {}
    for column in contract.columns:
        if column.name in leave_out:
            continue
        name = column.name if column.path is None else parse_value_path(column.path)[0].name
        if not name.startswith("@"):  # marks of the answer, such as `@removed`
            asked.setdefault(name)
    return tuple(asked)


def members_read(contract: ExportContract, of: str) -> frozenset[str]:
    """What of a nested property a contract's columns are found in: `profile.email` is `email`."""
    paths = (path for column in contract.columns if (path := column.path) is not None)
    ways = (parse_value_path(path) for path in paths)
    return frozenset(way[1].name for way in ways if way[0].name == of and len(way) > 1)
