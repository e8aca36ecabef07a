"""Our own expectations, made known to Great Expectations when rules are first run.

Importing the library takes seconds, so nothing of it is imported before. The conditions themselves
are plain functions (tasks/validate/conditions.py); here each gets the classes that the library
wants: a metric that evaluates the condition, and an expectation that names its arguments.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

from tasks.validate import conditions, field_conditions


@dataclass(frozen=True, slots=True)
class Own:
    """One expectation of ours.

    Attributes:
        name: In snake case.
        takes: What the condition takes: one column, a pair, or a list of columns.
        condition: From columns and arguments to "holds in this row".
        arguments: The condition's arguments besides columns.
    """

    name: str
    takes: str
    condition: Callable[..., Any]
    arguments: tuple[str, ...] = ()


OWN = (
    Own(
        "expect_column_values_to_be_dates",
        "column",
        conditions.are_dates,
        ("formats", "day", "earliest", "latest"),
    ),
    Own(
        "expect_column_values_to_be_unique_ignoring_case",
        "column",
        conditions.are_unique_ignoring_case,
    ),
    Own(
        "expect_column_value_required_when",
        "pair",
        conditions.are_given_when,
        ("when_in",),
    ),
    Own("expect_column_value_to_exist_in", "pair", conditions.exist_in, ("ignoring_case",)),
    Own("expect_manager_graph_to_have_no_cycle", "pair", field_conditions.are_in_no_cycle),
    Own("expect_one_open_employment", "pair", field_conditions.are_open_once, ("when_in",)),
    Own(
        "expect_column_values_to_have_domain",
        "column",
        field_conditions.have_allowed_domain,
        ("domains",),
    ),
    Own(
        "expect_column_values_to_look_like_no_other",
        "column",
        field_conditions.look_like_no_other,
    ),
    Own(
        "expect_column_values_to_be_of_one_script",
        "column",
        field_conditions.are_of_one_script,
    ),
    Own("expect_status_to_be_given", "list", conditions.have_status, ("known", "bits")),
    Own("expect_status_to_be_known", "list", conditions.have_known_status, ("known", "bits")),
)


@dataclass(frozen=True, slots=True)
class _Kind:
    """What the library has for expectations on one column, a pair, or a list of columns.

    Attributes:
        metric: Base class of metrics.
        partial: Makes the library's function of a condition.
        expectation: Base class of expectations.
        domain: How metrics of this kind are called.
        keys: Arguments that every expectation of this kind has.
        every_row: The word by which rows with missing cells count, too; "" where there is none.
    """

    metric: Any
    partial: Callable[..., Any]
    expectation: Any
    domain: str
    keys: tuple[str, ...]
    every_row: str = ""


@cache
def expectation_classes() -> dict[str, Any]:
    """Our expectations' classes by name; made, and registered with the library, once."""
    kinds = _kinds()
    return {own.name: _make(own, kinds[own.takes]) for own in OWN}


def _kinds() -> dict[str, _Kind]:
    from great_expectations.expectations import expectation
    from great_expectations.expectations.metrics import map_metric_provider as metrics

    return {
        "column": _Kind(
            metrics.ColumnMapMetricProvider,
            metrics.column_condition_partial,
            expectation.ColumnMapExpectation,
            "column_values",
            ("column",),
        ),
        "pair": _Kind(
            metrics.ColumnPairMapMetricProvider,
            metrics.column_pair_condition_partial,
            expectation.ColumnPairMapExpectation,
            "column_pair_values",
            ("column_A", "column_B"),
            every_row="neither",
        ),
        "list": _Kind(
            metrics.MulticolumnMapMetricProvider,
            metrics.multicolumn_condition_partial,
            expectation.MulticolumnMapExpectation,
            "multicolumn_values",
            ("column_list",),
            every_row="never",
        ),
    }


def _make(own: Own, kind: _Kind) -> Any:
    """The expectation's class, and the metric that evaluates it (the library knows both then)."""
    from great_expectations.execution_engine import PandasExecutionEngine

    def evaluate(cls: Any, *columns: Any, **given: Any) -> Any:
        return own.condition(*columns, **{name: given[name] for name in own.arguments})

    metric = f"{kind.domain}.{own.name.removeprefix('expect_')}"
    camel = "".join(part.capitalize() for part in own.name.split("_"))
    type(kind.metric)(
        f"{camel}Metric",
        (kind.metric,),
        {
            "__module__": __name__,
            "condition_metric_name": metric,
            "condition_value_keys": own.arguments,
            "_pandas": kind.partial(engine=PandasExecutionEngine)(evaluate),
        },
    )
    rows = {"ignore_row_if": kind.every_row} if kind.every_row else {}
    return type(kind.expectation)(
        camel,
        (kind.expectation,),
        {
            "__module__": __name__,
            "__doc__": (own.condition.__doc__ or "").splitlines()[0],
            "__annotations__": {
                **dict.fromkeys(own.arguments, Any),
                **dict.fromkeys(rows, str),
                "map_metric": ClassVar[str],
                "success_keys": ClassVar[tuple[str, ...]],
            },
            **rows,
            "map_metric": metric,
            "success_keys": (*kind.keys, *rows, *own.arguments, "mostly"),
        },
    )
