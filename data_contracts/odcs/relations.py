"""`relationships` of a column: its values must stand in another column of the same export."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from data_contracts.export_contract import ContractRule
from data_contracts.odcs.custom import as_text, read_custom
from data_contracts.odcs.problems import Problems, nearest
from data_contracts.odcs.severity import read_severity
from data_contracts.yaml_lines import Place

DEFAULT_WORD = "warning"
"""A manager who is not in the export is common (another country, just left) and harms nobody."""


@dataclass(frozen=True, slots=True)
class Names:
    """What references may name.

    Attributes:
        schema: The schema's name and its id.
        columns: Column name by name and by id.
    """

    schema: tuple[str, ...]
    columns: Mapping[str, str]


def reference_rules(
    element: Mapping[str, Any], place: Place, names: Names, problems: Problems
) -> Iterator[ContractRule]:
    """The rules that a property's `relationships` ask for.

    Args:
        element: The property.
        place: Where it stands.
        names: What references may name.
        problems: Takes references to nothing.
    """
    column = element["name"]
    for index, relation in enumerate(element.get("relationships") or []):
        here = (*place, "relationships", index)
        custom = read_custom(relation, here, {"severity": as_text}, problems)
        severity = read_severity(
            custom.get("severity", DEFAULT_WORD), here, problems, row_level=True
        )
        other = _resolve(relation["to"], (*here, "to"), names, problems)
        if other is None:
            continue
        yield ContractRule(
            rule_id=f"{column}/reference" if index == 0 else f"{column}/reference-{index + 1}",
            expectation="expect_column_value_to_exist_in",
            arguments={"column_A": column, "column_B": other},
            columns=(column, other),
            severity=severity,
            description=f"`{column}` must be empty or stand as `{other}` in some row",
        )


def _resolve(to: Any, place: Place, names: Names, problems: Problems) -> str | None:
    """The column that `people.number` or `schema/people/properties/number` names."""
    if not isinstance(to, str):
        problems.add(place, "several columns at once are not checked here: name one")
        return None
    if "/" in to:
        parts = to.removeprefix("/").split("/")
        found = parts[1::2] if parts[::2] == ["schema", "properties"] else []
    else:
        found = to.split(".", 1)
    if len(found) != 2:
        problems.add(place, f"`{to}` names no column: write schema/ID/properties/ID")
        return None
    schema, column = found
    if schema not in names.schema:
        problems.add(place, f"unknown schema `{schema}`{nearest(schema, names.schema)}")
        return None
    if column not in names.columns:
        problems.add(place, f"unknown column `{column}`{nearest(column, names.columns)}")
        return None
    return names.columns[column]
