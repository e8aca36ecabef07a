"""Joiners and leavers whose day was long ago: acted on only now, and so worth a look.

A first day last winter for an account that is made today is a row that came late, or a typing error
in a year; a last day last winter is somebody who had access all the while.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

import pandas as pd

from data_contracts.as_of import AsOf
from data_contracts.finding import Finding
from data_contracts.frames import BEGAN, DUE, WORKER_KEY
from data_contracts.words import FindingSeverity, OperationKind
from tasks.plan.decide import Decision

LATE = "effective-date-past"

NAMED = 10
"""More people at once are one finding: a change of scope makes accounts for a whole department."""

_TEXTS = {
    OperationKind.CREATE: (
        BEGAN,
        "gets an account only now, and the first day of work was {days} days ago",
        "{count} people get an account only now, and their first day of work was more than {limit} "
        "days ago",
        "right for somebody new in scope; else look why the row came so late, and at the year",
    ),
    OperationKind.DEACTIVATE: (
        DUE,
        "loses access only now, and the last day of work was over {days} days ago",
        "{count} people lose access only now, and their last day of work was over more than "
        "{limit} days ago",
        "look why the source told it so late, or whether the date is right",
    ),
}


def about_late_dates(
    people: pd.DataFrame, decision: Decision, as_of: AsOf, late_days: int | None, *, first: bool
) -> Iterator[Finding]:
    """Say whose first or last day was long before the plan that acts on it.

    Args:
        people: Frame `frames.DESIRED`.
        decision: Who gets which operation, over the same rows.
        as_of: The day.
        late_days: What counts as long ago; None for nothing.
        first: Whether nobody is managed yet: then everybody's account is made only now.
    """
    if late_days is None:
        return
    midnight = datetime.combine(as_of.day, time(), tzinfo=UTC)
    since = int((midnight - timedelta(days=late_days)).timestamp())
    for kind, (column, one, many, hint) in _TEXTS.items():
        if column not in people.columns or (first and kind is OperationKind.CREATE):
            continue
        moments = people.loc[decision.chosen[kind], column]
        late = moments[(moments != 0) & (moments < since)]
        days = (int(midnight.timestamp()) - late) // 86_400
        keys = people.loc[late.index, WORKER_KEY]
        if len(late) > NAMED:
            text = many.format(count=f"{len(late):,}", limit=late_days)
            yield _finding(str(kind), text, hint)
            continue
        for worker, ago in zip(keys, days, strict=True):
            yield _finding(str(worker), one.format(days=f"{ago:,}"), hint)


def _finding(subject: str, message: str, hint: str) -> Finding:
    return Finding(
        code=LATE,
        severity=FindingSeverity.WARNING,
        subject=subject,
        message=message,
        hint=hint,
    )
