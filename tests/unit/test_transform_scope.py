"""Conditions on workers, as scope and role rules write them."""

from typing import Any

import pytest

from data_contracts.errors import ConfigurationError
from tests.builders import World

CELLS: dict[str, str | None] = {
    "plain": "Product",
    "lower": "product",
    "longer": "Product Design",
    "other": "Sales",
    "dots": "P.oduct",
    "empty": None,
}
EVERYBODY = set(CELLS)


def admitted(clause: str, cells: dict[str, str | None] = CELLS) -> set[str]:
    rows = [{"id": key, "email": f"{key}@x", "dept": cell} for key, cell in cells.items()]
    conf = f"scope: {{any_of: [{{all_of: [{{column: department, {clause}}}]}}]}}"
    frame = World(hr=rows, conf=conf).people().frame
    return set(frame.loc[frame["in_scope"], "worker_key"])


@pytest.mark.parametrize(
    ("clause", "expected"),
    [
        ("value: Product", {"plain"}),
        ("operator: equals, value: Product", {"plain"}),
        ("operator: equals, value: Product, ignore_case: true", {"plain", "lower"}),
        ("operator: not_equals, value: Product", EVERYBODY - {"plain"}),
        (
            "operator: not_equals, value: PRODUCT, ignore_case: true",
            EVERYBODY - {"plain", "lower"},
        ),
        ("operator: in, values: [Product, Sales]", {"plain", "other"}),
        ("operator: in, values: [PRODUCT, SALES], ignore_case: true", {"plain", "lower", "other"}),
        ("operator: not_in, values: [Product, Sales]", {"lower", "longer", "dots", "empty"}),
        ("operator: starts_with, value: Product", {"plain", "longer"}),
        ("operator: starts_with, value: P.od", {"dots"}),
        ("operator: ends_with, value: duct", {"plain", "lower", "dots"}),
        ("operator: ends_with, value: DESIGN, ignore_case: true", {"longer"}),
        ("operator: contains, value: duct D", {"longer"}),
        ("operator: contains, value: .", {"dots"}),
        ("operator: contains, value: '('", set()),
        ("operator: matches, value: 'Pro.*'", {"plain", "longer"}),
        ("operator: matches, value: 'P.oduct'", {"plain", "dots"}),
        ("operator: matches, value: 'Pro'", set()),
        ("operator: matches, value: 'Sales|Product'", {"other", "plain"}),
        ("operator: matches, value: '(?i)PRODUCT'", {"plain", "lower"}),
        ("operator: matches, value: 'PRODUCT', ignore_case: true", {"plain", "lower"}),
        ("operator: matches, value: '\\S+', ignore_case: true", EVERYBODY - {"longer", "empty"}),
        ("operator: matches, value: '(?=P).*(?<!n)'", {"plain", "dots"}),
        ("operator: present", EVERYBODY - {"empty"}),
        ("operator: absent", {"empty"}),
    ],
)
def test_an_operator_admits_those_whose_cell_meets_it(clause: str, expected: set[str]) -> None:
    assert admitted(clause) == expected


@pytest.mark.parametrize(
    ("clause", "cell"),
    [
        ("operator: equals, value: İSTANBUL, ignore_case: true", "İstanbul"),
        ("operator: in, values: [ΟΔΟΣ], ignore_case: true", "ΟΔΟΣ"),
        ("operator: starts_with, value: ΟΔΟΣ, ignore_case: true", "ΟΔΟΣ"),
    ],
)
def test_a_cell_and_the_same_text_in_the_settings_are_equal_without_case(
    clause: str, cell: str
) -> None:
    assert admitted(clause, {"w1": cell}) == {"w1"}


@pytest.mark.parametrize("operator", ["equals", "in", "starts_with", "ends_with", "contains"])
def test_nobody_has_anything_in_a_column_without_values(operator: str) -> None:
    operand = "values: [a]" if operator == "in" else "value: a"
    assert admitted(f"operator: {operator}, {operand}", {"w1": None, "w2": None}) == set()


def test_clauses_of_a_group_must_all_hold_and_one_group_is_enough() -> None:
    conf = """
    scope:
      any_of:
      - all_of: [{column: department, value: Product}, {column: employee_type, value: FTE}]
      - all_of: [{column: hr.extra, value: guest}]
    """
    rows: list[dict[str, Any]] = [
        {"id": "both", "email": "a@x", "dept": "Product", "type": "FTE"},
        {"id": "one", "email": "b@x", "dept": "Product", "type": "TEMP"},
        {"id": "guest", "email": "c@x", "extra": "guest"},
        {"id": "none", "email": "d@x"},
    ]
    frame = World(hr=rows, conf=conf).people().frame
    assert dict(zip(frame["worker_key"], frame["in_scope"], strict=True)) == {
        "both": True,
        "guest": True,
        "none": False,
        "one": False,
    }


def test_without_groups_everybody_is_in_scope() -> None:
    assert World(hr=[{"id": "w1", "email": "a@x"}]).people().frame["in_scope"].all()


def test_a_column_that_no_source_has_is_named_with_the_nearest() -> None:
    conf = "scope: {any_of: [{all_of: [{column: departmnt, value: x}]}]}"
    with pytest.raises(ConfigurationError) as caught:
        World(hr=[{"id": "w1", "email": "a@x"}], conf=conf).people()
    expected = "scope: no source has a column 'departmnt'; did you mean 'department'?"
    assert caught.value.message == expected
    assert "hr.dept" in caught.value.hint
