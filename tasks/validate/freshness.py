"""Whether an export is recent enough: what was true last week must not undo what was done since."""

from datetime import UTC, datetime, time, timedelta

import pandas as pd

from data_contracts.batch import RawBatch, RuleResult
from data_contracts.dates import ISO, read_days
from data_contracts.export_contract import ExportContract, Freshness
from data_contracts.rule_ids import FRESH
from data_contracts.words import Severity

_HOURS_SAID = 72  # longer ages are said in days


def stale(batch: RawBatch, contract: ExportContract, as_of: datetime | None) -> str:
    """Say why an export is too old; "" when it is not, or when the contract does not ask.

    Args:
        batch: The export.
        contract: How old it may be.
        as_of: The moment for which it is judged, aware.

    Raises:
        TypeError: The contract asks, and no moment was handed in.
    """
    freshness = contract.freshness
    if freshness is None:
        return ""
    if as_of is None:
        raise TypeError("a contract with a freshness is judged at a moment: hand one in")
    written = _newest(batch, contract, freshness)
    what = f"the newest `{freshness.column}`" if freshness.column else "the file"
    if written is None:
        return f"{what} has no time: how old the export is cannot be told"
    age = as_of - written
    if age <= freshness.max_age:
        return ""
    return (
        f"{what} is {_in_words(age)} old, and the contract allows {_in_words(freshness.max_age)}; "
        "look at why no newer export has come"
    )


def freshness_result(contract: ExportContract, refusal: str) -> list[RuleResult]:
    """The result as that of a rule; none when the contract does not ask."""
    if contract.freshness is None:
        return []
    column = contract.freshness.column
    return [
        RuleResult(
            rule_id=FRESH,
            severity=Severity.REFUSE,
            columns=(column,) if column else (),
            description=f"the export must not be older than {_in_words(contract.freshness.max_age)}"
            + (f", by its newest `{column}`" if column else ""),
            failing=int(bool(refusal)),
        )
    ]


def _newest(batch: RawBatch, contract: ExportContract, freshness: Freshness) -> datetime | None:
    """When the export was written, as far as it tells."""
    name = freshness.column
    if not name:
        return batch.written_at
    if name not in batch.frame:
        return None
    newest = read_days(batch.frame[name], contract.column(name).dates or ISO).max()
    if pd.isna(newest):
        return None
    end = datetime.combine(newest.date(), time(), tzinfo=UTC) + timedelta(days=1)
    return end  # a day has no hour: the whole of it counts


def _in_words(age: timedelta) -> str:
    hours = age / timedelta(hours=1)
    if hours < 1:
        return f"{age / timedelta(minutes=1):.0f} min"
    return f"{hours:.0f} h" if hours <= _HOURS_SAID else f"{hours / 24:.0f} days"
