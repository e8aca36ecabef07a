"""What Great Expectations said of a small frame, remembered: most tests hold the same files again.

The library takes ten milliseconds for a rule whatever the frame's size, and that was half the time
of the integration tests. The first answer is always the library's own. Contract and property tests,
which are about its answers, go without.
"""

from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest

from tasks.validate import run_rules

SMALL = 200
"""Rows of a frame whose content is cheap to compare as a whole."""


@pytest.fixture(autouse=True, scope="session")
def remembered_rules() -> Iterator[None]:
    """Ask the library once for each rule on each content."""
    answers: dict[tuple[Any, ...], Any] = {}
    ask = run_rules.fast_evaluate

    def remembering() -> run_rules.Evaluate:
        evaluate = ask()

        def answer(expectation: Any, frame: pd.DataFrame) -> Any:
            if len(frame) > SMALL:
                return evaluate(expectation, frame)
            cells = tuple(tuple(frame[name].fillna("\0missing")) for name in frame)
            types = tuple(map(str, frame.dtypes))
            asked = (type(expectation), expectation.json(), tuple(frame.columns), types, cells)
            if asked not in answers:
                answers[asked] = evaluate(expectation, frame)
            return answers[asked]

        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run_rules, "fast_evaluate", remembering)
        yield
