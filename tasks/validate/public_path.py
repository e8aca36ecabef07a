"""Rules run through Great Expectations' public way: a context, a batch, `batch.validate`.

Slower and the same: the fallback for a version without the engine, and the oracle that tests hold
the fast way against.
"""

from typing import Any

import pandas as pd


def public_evaluate() -> Any:
    """A function that holds a frame against one expectation, by public calls alone."""
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    from tasks.validate.run_rules import LOCATE

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    source = context.data_sources.add_pandas("memory")
    whole = source.add_dataframe_asset("batch").add_batch_definition_whole_dataframe("whole")

    def evaluate(expectation: Any, frame: pd.DataFrame) -> Any:
        batch = whole.get_batch(batch_parameters={"dataframe": frame})
        return batch.validate(expectation, result_format=dict(LOCATE))

    return evaluate
