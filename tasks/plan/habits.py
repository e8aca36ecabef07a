"""Differences that the target itself makes, in every run anew: left out of plans, and said.

What a target does with attributes was seen by earlier writes (`data_contracts.learned`).
"""

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from data_contracts.columns import texts
from data_contracts.finding import Finding
from data_contracts.frames import ACCOUNT_ID
from data_contracts.learned import Learned
from data_contracts.scim.paths import parse_path
from data_contracts.scim.resource import normal_form
from data_contracts.words import FindingSeverity


def leave_out_rewritten(
    changed: Mapping[str, pd.Series],
    desired: pd.DataFrame,
    present: pd.DataFrame,
    learned: Learned,
    extensions: tuple[str, ...],
) -> dict[str, pd.Series]:
    """Take out differences that are the target's own making of exactly what is desired.

    Args:
        changed: Masks of differing rows by attribute path.
        desired: Text columns by path.
        present: The same columns of the accounts, row by row, with their ids.
        learned: What earlier writes showed.
        extensions: URNs of the target's own schemas.

    Returns:
        The masks without them. A value that differs from the one written then, on either side,
        stays.
    """
    paths = {path for _, path in learned.rewrites}
    result = dict(changed)
    for path in sorted(paths & changed.keys()):
        mask = changed[path]
        index = mask[mask].index
        parsed = parse_path(path, extensions)
        rows = zip(
            texts(present.loc[index, ACCOUNT_ID]),
            texts(desired.loc[index, path]),
            texts(present.loc[index, path]),
            strict=True,
        )
        explained = [
            learned.explains(
                account or "", path, normal_form(meant, parsed), normal_form(held, parsed)
            )
            for account, meant, held in rows
        ]
        result[path] = mask & ~mask.index.isin(index[explained])
    return result


def about_habits(learned: Learned, paths: Sequence[str]) -> Iterator[Finding]:
    """Say which mapped attributes are not kept in step.

    Args:
        learned: What earlier writes showed.
        paths: The attributes that would be kept in step.
    """
    for path in paths:
        if path in learned.never_kept:
            yield Finding(
                code="attribute-not-kept",
                severity=FindingSeverity.INFO,
                subject=path,
                message="is not compared: the target answered success and did not keep it in any "
                f"of {learned.writes[path]} writes",
                hint="take it out of `mapping`, or list it in `target.not_kept`; if the target "
                "keeps it now, list it in `target.always_compared`",
            )
