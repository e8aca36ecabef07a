"""`managerBy` of a column: by what it names somebody else, and the check that follows from it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from data_contracts.export_contract import MANAGER_KEYS, ContractRule, WorkerField
from data_contracts.odcs.custom import place_of
from data_contracts.odcs.problems import Problems, nearest
from data_contracts.odcs.rules import FOLDED
from data_contracts.words import Severity
from data_contracts.yaml_lines import Place

PROPERTY = "managerBy"
EXISTS = "expect_column_value_to_exist_in"


def read_manager_by(
    element: Mapping[str, Any],
    place: Place,
    meanings: Mapping[WorkerField, str],
    problems: Problems,
) -> WorkerField | None:
    """By what a column names a manager.

    Args:
        element: The property of the standard.
        place: Where it stands.
        meanings: The contract's columns by meaning.
        problems: Takes what is wrong.

    Returns:
        The worker field; None when the column does not say.
    """
    given = [
        entry["value"]
        for entry in element.get("customProperties") or []
        if entry["property"] == PROPERTY
    ]
    if not given:
        return None
    word, here = given[0], place_of(PROPERTY, element, place)
    if word not in [str(field) for field in MANAGER_KEYS]:
        problems.add(here, f"`{word}` names nobody{nearest(str(word), map(str, MANAGER_KEYS))}")
        return None
    if meanings.get(WorkerField.MANAGER) != element["name"]:
        problems.add(here, "is for the column that means manager: `means: manager`")
    if WorkerField(word) not in meanings:
        problems.add(here, f"no column of the contract means {word}")
        return None
    return WorkerField(word)


def manager_by_relation(
    rules: Iterable[ContractRule], meanings: Mapping[WorkerField, str]
) -> WorkerField | None:
    """By what the manager's `relationships` say that the column names somebody.

    Args:
        rules: The contract's rules.
        meanings: The contract's columns by meaning.

    Returns:
        The worker field that the other column means; None when it means none that names somebody.
    """
    column = meanings.get(WorkerField.MANAGER)
    for rule in rules:
        if rule.expectation == EXISTS and rule.columns[0] == column:
            return next((f for f in MANAGER_KEYS if meanings.get(f) == rule.columns[1]), None)
    return None


def manager_rules(
    element: Mapping[str, Any], by: WorkerField | None, meanings: Mapping[WorkerField, str]
) -> Iterator[ContractRule]:
    """The rule that a manager is somebody in the export; `relationships` say it more strictly.

    A breach is a warning: a manager who is not in the export is common (another country, just
    left) and harms nobody. A name has several forms, and is looked for when people are mapped.
    """
    if by in (None, WorkerField.DISPLAY_NAME) or element.get("relationships"):
        return
    name, other = element["name"], meanings[by]
    folded = {"ignoring_case": True} if by in FOLDED else {}
    yield ContractRule(
        rule_id=f"{name}/reference",
        expectation=EXISTS,
        arguments={"column_A": name, "column_B": other, **folded},
        columns=(name, other),
        severity=Severity.WARN,
        description=f"`{name}` must be empty or stand as `{other}` in some row",
    )
