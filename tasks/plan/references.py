"""From the worker whom an attribute refers to, to the id of that worker's account.

The account counts by correlation, active or not: the export says who manages whom, and whether the
manager may sign in is another matter. Who gets an account by this plan has no id yet: the operation
names the worker, and the loader puts the id in.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

import pandas as pd

from data_contracts.columns import is_in
from data_contracts.finding import Finding
from data_contracts.frames import ACCOUNT_ID, WORKER_KEY
from data_contracts.scim.paths import short_name
from data_contracts.words import FindingSeverity, Presence
from tasks.plan.correlate import Correlation
from tasks.plan.course import Course
from tasks.plan.decide import who_is_created
from tasks.plan.diff import changed_attributes
from tasks.plan.operations import Comparison


@dataclass(frozen=True, slots=True)
class Referring:
    """The comparison with the references in it, and findings about those that are left out."""

    comparison: Comparison
    findings: tuple[Finding, ...]


def refer(
    comparison: Comparison,
    correlation: Correlation,
    course: Course,
    paths: Collection[str],
    kept_in_step: Collection[str],
    only: frozenset[str] | None = None,
) -> Referring:
    """Put account ids in the place of worker keys.

    Args:
        comparison: Everybody's columns; those of `paths` hold worker keys.
        correlation: Whose account is whose.
        course: What the target should hold for each.
        paths: The attributes that refer to other workers' accounts.
        kept_in_step: The attributes that are compared.
        only: Worker keys of those for whom anything is to be done; None for everybody.

    Returns:
        The comparison with account ids, and with the differences of those attributes. Whose
        account is in doubt, or will not be there, is left out: the person keeps the manager they
        have.
    """
    creates = who_is_created(course, correlation)
    if only is not None:
        creates &= is_in(course.keys, sorted(only))
    findings: list[Finding] = []
    for path in sorted(paths):
        keys = comparison.desired[path]
        asked = keys.notna() & (keys != "")
        position = pd.Series(comparison.desired.index, index=comparison.desired[WORKER_KEY])
        about = keys.where(asked).map(position)
        certain = asked & _of(course.reason != "quarantined", about)
        ids = _of(correlation.frame[ACCOUNT_ID], about).where(certain)
        to_come = certain & ids.isna() & _of(creates, about)
        columns = comparison.desired.assign(**{path: ids.where(asked, keys)})
        comparison = replace(
            comparison,
            desired=columns,
            changed=_changed(comparison, columns, correlation, to_come, path, kept_in_step),
            references={**comparison.references, path: keys.where(ids.notna() | to_come)},
        )
        left_out = asked & ids.isna() & ~to_come & (course.presence == Presence.PRESENT)
        findings += _findings(path, left_out, keys, comparison.desired[WORKER_KEY])
    return Referring(comparison, tuple(findings))


def _of(column: pd.Series, about: pd.Series) -> pd.Series:
    """The cells of those who are referred to; False or missing where nobody is."""
    cells = column.reindex(about.to_numpy()).set_axis(about.index)
    return cells.fillna(False).astype(bool) if column.dtype == bool else cells


def _changed(
    comparison: Comparison,
    desired: pd.DataFrame,
    correlation: Correlation,
    to_come: pd.Series,
    path: str,
    kept_in_step: Collection[str],
) -> dict[str, pd.Series]:
    """The differences; an account that is not there yet differs from every other one."""
    if path not in kept_in_step:
        return comparison.changed
    has_account = correlation.position >= 0
    found = changed_attributes(desired, comparison.present, has_account, [path], ())
    return {**comparison.changed, path: found[path] | (to_come & has_account)}


def _findings(path: str, mask: pd.Series, keys: pd.Series, people: pd.Series) -> Iterator[Finding]:
    for worker, manager in zip(people[mask], keys[mask], strict=True):
        yield Finding(
            code="manager-without-account",
            severity=FindingSeverity.INFO,
            subject=str(worker),
            message=f"{short_name(path)} refers to worker {manager}, who has no account that is "
            "certain and gets none by this plan: it is left as it is",
            hint="the findings about that worker say why",
        )
