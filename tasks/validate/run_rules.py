"""A contract's rules run over a batch by Great Expectations: which rows break which rule.

Each expectation runs alone, on a frame of only its own columns, straight through the library's
engine. Its public way (tasks/validate/public_path.py) gives the same answers in four to ten times
the CPU, most of it spent on a fingerprint of the whole frame that nobody reads.

The library never sees a header: columns go in under neutral names.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from data_contracts.errors import ContractFileError
from data_contracts.export_contract import ContractRule
from data_contracts.frames import LINE
from data_contracts.odcs.expectations import EXPECTATIONS
from tasks.validate.expectations import expectation_classes
from tasks.validate.quiet import quiet_library

LOCATE = {
    "result_format": "COMPLETE",  # the numbers of all rows,
    "exclude_unexpected_values": True,  # and none of their values
    "return_unexpected_index_query": False,
    "partial_unexpected_count": 0,
}

Evaluate = Callable[[Any, pd.DataFrame], Any]
"""Holds a frame against one expectation; gives the library's result."""


@dataclass(frozen=True, slots=True)
class Breaches:
    """What one rule found.

    Attributes:
        rule: The rule.
        rows: Positions of the rows that break it, in order; none for a rule about the whole.
        failing: How many rows; 1 for a rule about the whole that does not hold.
    """

    rule: ContractRule
    rows: Any
    failing: int


def run_rules(
    frame: pd.DataFrame,
    rules: Sequence[ContractRule],
    *,
    origin: str,
    evaluate: Evaluate | None = None,
) -> list[Breaches]:
    """Run rules over a batch.

    Args:
        frame: Columns of text and `_line`, with a fresh RangeIndex. A column that an explicit rule
            names and the export may leave out counts as empty.
        rules: The rules.
        origin: The contract's file, for messages.
        evaluate: How one expectation is held against a frame; the fast way when None.

    Returns:
        One entry for each rule, in order.

    Raises:
        ContractFileError: A rule cannot be run: never taken for one that holds.
    """
    if not isinstance(frame.index, pd.RangeIndex) or frame.index.start or frame.index.step != 1:
        raise TypeError("rules need a frame with a fresh RangeIndex: rows are told by position")
    with quiet_library():
        evaluate = evaluate or fast_evaluate()
        return [_run(frame, rule, origin, evaluate) for rule in rules]


def fast_evaluate() -> Evaluate:
    """The engine way when this version of the library has it, else the public way."""
    try:
        from great_expectations.execution_engine import PandasExecutionEngine
        from great_expectations.validator.validator import Validator
    except ImportError:
        from tasks.validate.public_path import public_evaluate

        slow: Evaluate = public_evaluate()
        return slow

    def evaluate(expectation: Any, frame: pd.DataFrame) -> Any:
        engine = PandasExecutionEngine(batch_data_dict={"batch": frame})
        validator = Validator(execution_engine=engine)
        validator.metrics_calculator.show_progress_bars = False
        return validator.graph_validate(
            configurations=[expectation.configuration],
            runtime_configuration={"result_format": dict(LOCATE)},
        )[0]

    return evaluate


def _run(frame: pd.DataFrame, rule: ContractRule, origin: str, evaluate: Evaluate) -> Breaches:
    if rule.columns and not set(rule.columns) & set(frame.columns):
        return Breaches(rule, _NO_ROWS, 0)  # all optional, and not in this export
    labels = {name: f"c{position}" for position, name in enumerate(rule.columns)}
    try:
        expectation = _build(rule, labels)
    except Exception as error:
        raise _cannot_run(rule, origin, f"{type(error).__name__} on building it") from error
    result = evaluate(expectation, _narrow(frame, labels))
    return _read(result, rule, origin, len(frame))


def _build(rule: ContractRule, labels: dict[str, str]) -> Any:
    """The library's object; an unknown expectation is an error and never dropped."""
    from great_expectations.expectations.registry import get_expectation_impl

    expectation_classes()
    arguments = dict(rule.arguments)
    for argument in EXPECTATIONS[rule.expectation].columns:
        value = arguments[argument]
        arguments[argument] = (
            [labels[name] for name in value] if isinstance(value, list) else labels[value]
        )
    return get_expectation_impl(rule.expectation)(**arguments)


def _narrow(frame: pd.DataFrame, labels: dict[str, str]) -> pd.DataFrame:
    """Only the rule's columns; one that is left out of the export is empty."""
    if not labels:
        return frame[[LINE]].set_axis(["c0"], axis=1)
    empty = pd.Series(None, index=frame.index, dtype="str")
    return pd.DataFrame({label: frame.get(name, empty) for name, label in labels.items()})


def _read(result: Any, rule: ContractRule, origin: str, length: int) -> Breaches:
    """Take the library's result apart, believing nothing that does not add up."""
    if _crashed(result.exception_info):
        raise _cannot_run(rule, origin, "the library could not evaluate it")
    if not rule.row_level:
        return Breaches(rule, _NO_ROWS, 0 if result.success else 1)
    found = result.result.get("unexpected_index_list")
    if found is None or len(found) != result.result.get("unexpected_count"):
        raise _cannot_run(rule, origin, "the library gave no rows")
    rows = np.asarray(found, dtype="int64")
    if len(rows) and (rows.min() < 0 or rows.max() >= length):
        raise _cannot_run(rule, origin, "the library gave rows that there are not")
    if bool(result.success) != (len(rows) == 0):
        raise _cannot_run(rule, origin, "the library's verdict and rows do not agree")
    return Breaches(rule, np.sort(rows), len(rows))


def _crashed(info: Any) -> bool:
    """Whether a metric raised; one that did is told under its own id, one level down."""
    if not info:
        return False
    if "raised_exception" in info:
        return bool(info["raised_exception"])
    return any(entry.get("raised_exception") for entry in info.values() if isinstance(entry, dict))


def _cannot_run(rule: ContractRule, origin: str, why: str) -> ContractFileError:
    return ContractFileError(
        f"{origin}: rule `{rule.rule_id}` ({rule.expectation}) cannot be run: {why}",
        hint="correct the rule; a rule that cannot be run is never taken for one that holds",
    )


_NO_ROWS = np.array([], dtype="int64")
