"""What the field asks of people: managers without a circle, one open employment, safe addresses.

Plain functions from columns to "holds in this row", as those of tasks/validate/conditions.py.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from data_contracts.columns import folded, is_in, repeated
from tasks.validate.lookalikes import IN_ASCII, TWO_FOR_ONE, is_of_one_script, plain_letters


def are_in_no_cycle(manager: pd.Series, key: pd.Series) -> pd.Series:
    """Rows whose manager is not, over any number of others, managed by themselves.

    Rows on the circle break it; rows that only lead to one do not. A key may stand in several rows.
    Who is their own manager is a circle of one.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    codes, distinct = pd.factorize(key)
    people = pa.array(distinct, from_pandas=True, type=pa.large_string())
    cells = pa.array(manager, from_pandas=True, type=pa.large_string())
    found = pc.fill_null(pc.index_in(cells, value_set=people), -1)
    managers = found.to_numpy(zero_copy_only=False).astype("int64")
    linked = (codes >= 0) & (managers >= 0)
    below, above = codes[linked], managers[linked]
    edges = coo_array((np.ones(len(below), dtype="int8"), (below, above)), shape=(len(people),) * 2)
    _, group = connected_components(edges, directed=True, connection="strong")
    circular = (group[below] == group[above]) & (
        (below == above) | (np.bincount(group)[group[below]] > 1)
    )
    holds = np.ones(len(key), dtype=bool)
    holds[np.flatnonzero(linked)[circular]] = False
    return pd.Series(holds, index=key.index)


def are_open_once(key: pd.Series, decider: pd.Series, when_in: Sequence[str]) -> pd.Series:
    """Rows that are not open, or the only open one of their person.

    A row is open when the deciding column has one of the values; `""` stands for an empty cell.
    """
    opened = is_in(decider.fillna(""), when_in)
    return ~repeated(key.where(opened))


def have_allowed_domain(column: pd.Series, domains: Sequence[str]) -> pd.Series:
    """Addresses of these domains, in any case; `.acme.com` allows every domain below acme.com."""
    cells = pc.utf8_lower(pa.array(column, from_pandas=True, type=pa.large_string()))
    found = pc.extract_regex(cells, pattern="@(?P<domain>[^@]+)$")
    domain = pd.Series(pc.struct_field(found, "domain").to_pandas(), index=column.index)
    exact = [name.lower() for name in domains if not name.startswith(".")]
    holds = is_in(domain, exact)
    for below in (name.lower() for name in domains if name.startswith(".")):
        holds = holds | domain.str.endswith(below).fillna(False).astype(bool)
    return holds


def look_like_no_other(column: pd.Series) -> pd.Series:
    """Texts that no other text of the column looks like; the same text twice is no such case."""
    looks = _skeletons(column)
    several = repeated(looks)
    holds = pd.Series(True, index=column.index)
    if not several.any():
        return holds
    looks, texts = looks[several], folded(column[several]).fillna("")
    codes, _ = pd.factorize(looks)
    names, _ = pd.factorize(texts)
    first = np.empty(codes.max() + 1, dtype="int64")
    first[codes[::-1]] = names[::-1]  # the first text of each skeleton is written last
    differs = np.zeros(len(first), dtype=bool)
    differs[codes[names != first[codes]]] = True
    holds[several] = ~differs[codes]
    return holds


def are_of_one_script(column: pd.Series) -> pd.Series:
    """Texts whose words do not mix scripts: a Cyrillic letter in a Latin name hides."""
    return _where_not_ascii(column, is_of_one_script, otherwise=True)


def _skeletons(column: pd.Series) -> pd.Series:
    """What is left of each text when every letter is the plain one that it looks like."""
    accented = ~column.str.isascii().fillna(True).astype(bool)
    if accented.any():
        column = column.mask(accented, _where_not_ascii(column[accented], plain_letters))
    cells = pa.array(column, from_pandas=True, type=pa.large_string())
    for letter, plain in IN_ASCII:
        cells = pc.replace_substring(cells, pattern=letter, replacement=plain)
    cells = pc.utf8_lower(pc.utf8_trim_whitespace(cells))
    cells = pc.replace_substring(cells, pattern=TWO_FOR_ONE[0], replacement=TWO_FOR_ONE[1])
    return pd.Series(cells.to_pandas(), dtype="str").set_axis(column.index)


def _where_not_ascii(column: pd.Series, function: Any, otherwise: Any = None) -> pd.Series:
    """A function of each distinct text beyond ASCII; they are few in any export of logins."""
    beyond = ~column.str.isascii().fillna(True).astype(bool)
    results = {text: function(text) for text in column[beyond].unique()}
    if otherwise is None:
        return column[beyond].map(results)
    holds = pd.Series(otherwise, index=column.index)
    if results:
        holds[beyond] = column[beyond].map(results).astype(type(otherwise))
    return holds
