"""Where the target differs from what is desired, attribute by attribute, as column operations."""

from collections.abc import Sequence

import pandas as pd

from data_contracts.columns import texts
from data_contracts.scim.paths import parse_path
from data_contracts.scim.resource import normal_form


def changed_attributes(
    desired: pd.DataFrame,
    present: pd.DataFrame,
    has_account: pd.Series,
    paths: Sequence[str],
    extensions: tuple[str, ...],
) -> dict[str, pd.Series]:
    """Compare attribute by attribute, in normal form.

    Args:
        desired: Text columns by path; a missing value is left alone, empty text clears.
        present: The same columns of the accounts, row by row.
        has_account: Mask of the rows that have an account; the others differ in nothing.
        paths: Which attributes.
        extensions: URNs of the target's own schemas.

    Returns:
        For each path the mask of rows that differ, in the order of `paths`.
    """
    return {
        path: _differs(desired[path].where(has_account), present[path], path, extensions)
        for path in paths
    }


def _differs(
    ours: pd.Series, theirs: pd.Series, path: str, extensions: tuple[str, ...]
) -> pd.Series:
    parsed = parse_path(path, extensions)
    mask = ours.notna() & ~(ours == theirs)
    # equal text is settled at column speed; only the rest is worth bringing into normal form
    rest = mask[mask].index
    pairs = zip(texts(ours.loc[rest]), texts(theirs.loc[rest]), strict=True)
    differing = [normal_form(a, parsed) != normal_form(b, parsed) for a, b in pairs]
    return mask & ~mask.index.isin(rest[[not d for d in differing]])
