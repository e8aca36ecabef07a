"""The state of each row, from the contract's vocabulary of statuses."""

from collections.abc import Mapping

import pandas as pd

ANY = "*"
JOINT = "|"

_NAMED = 5  # unknown statuses that a message names
LONGEST = 40  # characters; a longer text is no status
TOO_MANY = 20  # so many different ones are no statuses: the columns may be shifted


def states_of(columns: pd.DataFrame, states: Mapping[str, str]) -> pd.Series:
    """Look each row's status up.

    Args:
        columns: The status columns, in the vocabulary's order.
        states: State by status; several columns' values are joined by `|`, and `*` stands for any
            value. A status without a star wins, then the one with fewer.

    Returns:
        A text column: the state, missing where the vocabulary has none.
    """
    joined = columns.iloc[:, 0].fillna("")
    for position in range(1, columns.shape[1]):
        joined = joined + JOINT + columns.iloc[:, position].fillna("")
    codes, distinct = pd.factorize(joined)
    found = [_look_up(str(text), states, columns.shape[1]) for text in distinct]
    result = pd.Series(found, dtype="str").reindex(codes)
    result.index = columns.index
    return result


def unknown_counts(columns: pd.DataFrame, states: Mapping[str, str]) -> dict[str, int]:
    """Rows by status that the vocabulary does not have, the commonest first."""
    given = columns[columns.notna().all(axis=1)]
    unknown = given[states_of(given, states).isna()]
    joined = unknown.iloc[:, 0].astype("str")
    for position in range(1, columns.shape[1]):
        joined = joined + JOINT + unknown.iloc[:, position]
    counts = joined.value_counts().sort_index().sort_values(ascending=False, kind="stable")
    return {str(text): int(count) for text, count in counts.items()}


def are_no_statuses(counts: Mapping[str, int]) -> bool:
    """Whether there are so many different values, or such long ones, that they are something else.

    Columns may be shifted then, and the values be anybody's.
    """
    return len(counts) > TOO_MANY or any(len(text) > LONGEST for text in counts)


def unknown_statuses(columns: pd.DataFrame, states: Mapping[str, str]) -> str:
    """The statuses that the vocabulary does not have, in words, the commonest first."""
    counts = unknown_counts(columns, states)
    if len(counts) > TOO_MANY:
        return f"{len(counts):,} different values; are the columns shifted?"
    shown = [f"{text[:LONGEST]!r} ({count:,})" for text, count in list(counts.items())[:_NAMED]]
    more = f" and {len(counts) - _NAMED} more" if len(counts) > _NAMED else ""
    return ", ".join(shown) + more


def _look_up(text: str, states: Mapping[str, str], width: int) -> str | None:
    if text in states:
        return str(states[text])
    parts = text.split(JOINT) if width > 1 else [text]
    matching = [
        (status.split(JOINT).count(ANY), str(state))
        for status, state in states.items()
        if width > 1 and _matches(parts, status.split(JOINT))
    ]
    return min(matching, key=lambda match: match[0])[1] if matching else None


def _matches(parts: list[str], pattern: list[str]) -> bool:
    return len(parts) == len(pattern) and all(
        wanted in (ANY, part) for part, wanted in zip(parts, pattern, strict=True)
    )
