"""What a contract's rules found in a small batch, remembered: most tests hold the same files again.

Great Expectations takes ten milliseconds for a rule whatever the batch's size, and that was half
the time of the integration tests. The first answer is always the library's own. Contract and
property tests, which are about its answers, go without.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd
import pytest

from data_contracts.export_contract import ContractRule
from tasks.validate import check
from tasks.validate.run_rules import Breaches

SMALL = 200
"""Rows of a batch whose content is cheap to compare as a whole."""


@pytest.fixture(autouse=True, scope="session")
def remembered_rules() -> Iterator[None]:
    """Run the same rules over the same cells once; what raises is never remembered."""
    found: dict[tuple[Any, ...], list[Breaches]] = {}
    run = check.run_rules

    def remembering(
        frame: pd.DataFrame, rules: Sequence[ContractRule], *, origin: str, evaluate: Any = None
    ) -> list[Breaches]:
        if len(frame) > SMALL or evaluate is not None:
            return run(frame, rules, origin=origin, evaluate=evaluate)
        cells = tuple(tuple(frame[name].fillna("\0missing")) for name in frame)
        asked = (tuple(frame.columns), tuple(map(str, frame.dtypes)), cells, repr(rules))
        if asked not in found:
            found[asked] = run(frame, rules, origin=origin)
        return list(found[asked])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(check, "run_rules", remembering)
        yield
