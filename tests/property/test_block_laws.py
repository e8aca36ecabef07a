"""Work over blocks of rows says what work on the whole says: same report, same plan, same bytes."""

import pickle
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.errors import ConfigurationError
from data_contracts.odcs.expectations import EXPECTATIONS
from tasks.extract.contracts import read_contract
from tasks.plan.make import make_plan
from tasks.transform.people import build_desired
from tasks.validate.check import check_batch
from tasks.validate.quarantine import quarantine_jsonl
from tasks.validate.spread_rules import BY_ITSELF
from tests.builders import World
from tests.contract.test_samples import EXPECTED, contract_of, raw
from tests.export_parts import DATA
from tests.property.test_exports_property import LENIENT, ROWS, batch_of, quick
from tests.property.worlds import worlds

R = TypeVar("R")


@dataclass(frozen=True)
class InBlocks:
    """As on a cluster: work, blocks and results go through a pickle, and back in order."""

    rows: int

    def over(self, work: Callable[[pd.DataFrame], R], blocks: Iterable[pd.DataFrame]) -> list[R]:
        return [self._there(work, block) for block in blocks]

    def _there(self, work: Callable[[pd.DataFrame], R], block: pd.DataFrame) -> R:
        there: Any = pickle.loads(pickle.dumps((work, block)))
        back: R = pickle.loads(pickle.dumps(there[0](there[1])))
        return back


@quick
@given(ROWS, st.sampled_from([1, 4, 7]))
def test_a_batch_over_blocks_is_judged_as_on_the_whole(rows: list[str], size: int) -> None:
    batch = batch_of(rows)
    whole = check_batch(batch, LENIENT)
    blocks = check_batch(batch, LENIENT, spread=InBlocks(size))
    assert blocks.report == whole.report
    assert quarantine_jsonl(batch, blocks.report) == quarantine_jsonl(batch, whole.report)
    pd.testing.assert_frame_equal(blocks.accepted, whole.accepted)


@pytest.mark.sampled(4)
@pytest.mark.parametrize("sample", EXPECTED)
def test_every_published_contract_judges_its_sample_so_too(sample: str) -> None:
    batch, contract = raw(sample), read_contract(contract_of(sample), DATA)
    whole = check_batch(batch, contract)
    blocks = check_batch(batch, contract, spread=InBlocks(3))
    assert blocks.report == whole.report
    pd.testing.assert_frame_equal(blocks.accepted, whole.accepted)


@given(worlds(), st.integers(1, 5))
def test_a_plan_from_blocks_is_the_same_byte_for_byte(world: World, size: int) -> None:
    spread = InBlocks(size)
    people = build_desired(world.batches, world.settings, world.day, spread=spread)
    whole = world.people()
    pd.testing.assert_frame_equal(people.frame, whole.frame)
    assert people.findings == whole.findings
    inputs = world.inputs()
    inputs = type(inputs)(
        **{**{name: getattr(inputs, name) for name in inputs.__slots__}, "people": people}
    )
    assert make_plan(inputs, world.settings, world.day).to_bytes() == world.plan().to_bytes()


def test_what_is_wrong_with_the_settings_is_said_of_everybody_and_not_of_a_block() -> None:
    values = "{mapping: {title: {column: title, values: {PM: Product}, unlisted: error}}}"
    people = [
        {"id": f"w{n}", "ext": f"x{n}", "email": f"w{n}@x", "title": title}
        for n, title in enumerate(["PM", "Lead", "Boss"])
    ]
    world = World(hr=people, conf=values)
    with pytest.raises(ConfigurationError) as whole:
        world.people()
    with pytest.raises(ConfigurationError) as blocks:
        build_desired(world.batches, world.settings, world.day, spread=InBlocks(1))
    assert blocks.value.message == whole.value.message


def test_what_looks_at_other_rows_never_goes_over_blocks() -> None:
    across = {
        "expect_column_values_to_be_unique",
        "expect_compound_columns_to_be_unique",
        "expect_column_values_to_be_unique_ignoring_case",
        "expect_column_value_to_exist_in",
        "expect_manager_graph_to_have_no_cycle",
        "expect_one_open_employment",
        "expect_column_values_to_look_like_no_other",
    }
    of_the_whole = {name for name, shape in EXPECTATIONS.items() if not shape.row_level}
    assert BY_ITSELF | across | of_the_whole == set(EXPECTATIONS)
    assert not BY_ITSELF & (across | of_the_whole)
