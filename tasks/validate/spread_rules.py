"""A contract's rules over blocks of rows: those that judge a row by itself; others on the whole.

The same breaches as from the whole batch at once: a rule that could be true of a block and not of
the batch, such as uniqueness, is never run over blocks.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from data_contracts.export_contract import ContractRule
from data_contracts.frames import LINE
from data_contracts.partitions import Spread, blocks_of
from tasks.validate.run_rules import Breaches, run_rules

BY_ITSELF = frozenset(
    {
        "expect_column_values_to_not_be_null",
        "expect_column_values_to_be_null",
        "expect_column_values_to_be_in_set",
        "expect_column_values_to_not_be_in_set",
        "expect_column_values_to_match_regex",
        "expect_column_values_to_not_match_regex",
        "expect_column_value_lengths_to_be_between",
        "expect_column_pair_values_to_be_equal",
        "expect_column_pair_values_a_to_be_greater_than_b",
        "expect_column_values_to_be_dates",
        "expect_column_value_required_when",
        "expect_column_values_to_have_domain",
        "expect_column_values_to_be_of_one_script",
        "expect_status_to_be_given",
        "expect_status_to_be_known",
    }
)
"""Expectations whose word on a row depends on that row alone. One that is not listed is run on the
whole: slower, and never wrong."""


def spread_rules(
    frame: pd.DataFrame, rules: Sequence[ContractRule], *, origin: str, spread: Spread
) -> list[Breaches]:
    """Run rules over a batch, over blocks where that says the same.

    Args:
        frame: As for `run_rules`.
        rules: The rules.
        origin: The contract's file, for messages.
        spread: Does work over blocks.

    Returns:
        What `run_rules` returns.

    Raises:
        ContractFileError: A rule cannot be run.
    """
    alone = [rule for rule in rules if rule.expectation in BY_ITSELF and rule.row_level]
    together = [rule for rule in rules if rule not in alone]
    found = dict(zip(map(id, together), run_rules(frame, together, origin=origin), strict=True))
    if alone:
        work = partial(broken_in_block, rules=alone, origin=origin)
        parts = spread.over(work, _narrow_blocks(frame, alone, spread.rows))
        for position, rule in enumerate(alone):
            rows = [part[position] + start for start, part in _starts(parts, spread.rows)]
            all_rows = np.concatenate(rows) if rows else np.array([], dtype="int64")
            found[id(rule)] = Breaches(rule, all_rows, len(all_rows))
    return [found[id(rule)] for rule in rules]


def broken_in_block(
    block: pd.DataFrame, *, rules: Sequence[ContractRule], origin: str
) -> list[Any]:
    """For each rule the positions, in the block, of the rows that break it."""
    return [b.rows for b in run_rules(block.reset_index(drop=True), rules, origin=origin)]


def _narrow_blocks(
    frame: pd.DataFrame, rules: Sequence[ContractRule], rows: int
) -> Iterator[pd.DataFrame]:
    """Blocks of the columns that the rules look at; a value that no rule reads goes nowhere."""
    named = {name for rule in rules for name in rule.columns}
    return blocks_of(frame[[name for name in frame.columns if name in named | {LINE}]], rows)


def _starts(parts: Sequence[list[Any]], rows: int) -> Iterator[tuple[int, list[Any]]]:
    for number, part in enumerate(parts):
        yield number * rows, part
