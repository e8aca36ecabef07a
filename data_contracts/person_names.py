"""The forms in which exports write a person's name, to find whom a cell means by it.

A name is no identifier: two people may have the same. Whoever looks somebody up by one has to know
everybody who has it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_contracts.columns import folded

if TYPE_CHECKING:
    import pandas as pd


def folded_name(column: pd.Series) -> pd.Series:
    """Names in the form in which they are compared: as identifiers are, with single blanks.

    `Moreau,  Ada ` and `moreau, ada` are the same, `Moreau Ada` is not: a comma tells which part is
    the family's.
    """
    plain = folded(column)
    return plain.str.replace(r"\s+", " ", regex=True).str.replace(r" ?, ?", ", ", regex=True)


def name_forms(given: pd.Series, family: pd.Series, display: pd.Series) -> tuple[pd.Series, ...]:
    """Every form in which a person's name may stand in a cell; missing where a part is.

    Args:
        given: Given names.
        family: Family names, in the same order.
        display: Names as they are shown, in the same order.

    Returns:
        Columns in the form of `folded_name`: as shown, `Ada Moreau`, `Moreau, Ada`.
    """
    first, last = folded_name(given), folded_name(family)
    return folded_name(display), first + " " + last, last + ", " + first
