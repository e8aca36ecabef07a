"""`slaProperties` of a contract: how old an export may be.

The other properties of the standard's table (retention, frequency ...) are for readers.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from data_contracts.export_contract import ContractColumn, Freshness
from data_contracts.odcs.problems import Problems, nearest
from data_contracts.yaml_lines import Place

FRESHNESS = "freshness"
KNOWN = (
    FRESHNESS,
    "availability",
    "endOfLife",
    "endOfSupport",
    "errorRate",
    "frequency",
    "generalAvailability",
    "latency",
    "retention",
    "throughput",
    "timeOfAvailability",
    "timeToDetect",
    "timeToNotify",
    "timeToRepair",
)
_UNITS = {"h": "hours", "hour": "hours", "hours": "hours", "d": "days", "day": "days"}
_UNITS |= {"days": "days", "m": "minutes", "min": "minutes", "minutes": "minutes"}


def read_freshness(
    entries: Any, columns: Mapping[str, ContractColumn], problems: Problems
) -> Freshness | None:
    """Read the property `freshness`: the oldest that an export may be.

    Args:
        entries: `slaProperties`, as the standard's schema allows them.
        columns: The contract's columns by name.
        problems: Takes what is wrong; a property that is neither ours nor the standard's is.
    """
    found: list[Freshness] = []
    for index, entry in enumerate(entries or []):
        place: Place = ("slaProperties", index)
        name = entry["property"]
        if name not in KNOWN:
            problems.add((*place, "property"), f"unknown property `{name}`{nearest(name, KNOWN)}")
        if name != FRESHNESS:
            continue
        age = _age(entry, place, problems)
        column = _column(entry.get("element"), columns, place, problems)
        if found:
            problems.add((*place, "property"), "`freshness` stands twice")
        elif age is not None and column is not None:
            found.append(Freshness(age, column))
    return found[0] if found else None


def _age(entry: Mapping[str, Any], place: Place, problems: Problems) -> timedelta | None:
    value, unit = entry["value"], entry.get("unit")
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0:
        problems.add((*place, "value"), "must be a number above 0")
        return None
    if unit not in _UNITS:
        problems.add(place, f"`unit` must be h, d or min, not `{unit}`")
        return None
    return timedelta(**{_UNITS[str(unit)]: value})


def _column(
    element: Any, columns: Mapping[str, ContractColumn], place: Place, problems: Problems
) -> str | None:
    """The date column that tells the age; "" for the file's own time, None with a problem."""
    if element is None:
        return ""
    names: Iterable[str] = (str(element), str(element).partition(".")[2])
    name = next((name for name in names if name in columns), None)
    if name is None:
        known = nearest(str(element).partition(".")[2], columns)
        problems.add((*place, "element"), f"unknown column `{element}`{known}")
    elif columns[name].dates is None:
        problems.add((*place, "element"), f"`{name}` must be a date: its newest day tells the age")
        return None
    return name
