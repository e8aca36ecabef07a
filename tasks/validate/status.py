"""The state of each row, from the contract's vocabulary of statuses."""

from collections.abc import Mapping, Sequence

import pandas as pd

from data_contracts.export_contract import CLEAR, SET, StatusVocabulary

ANY = "*"
JOINT = "|"

_NAMED = 5  # unknown statuses that a message names
LONGEST = 40  # characters; a longer text is no status
TOO_MANY = 20  # so many different ones are no statuses: the columns may be shifted


def states_of(
    columns: pd.DataFrame, states: Mapping[str, str], bits: Sequence[int] = ()
) -> pd.Series:
    """Look each row's status up.

    Args:
        columns: The status columns, in the vocabulary's order.
        states: State by status; several columns' values are joined by `|`, and `*` stands for any
            value. A status without a star wins, then the one with fewer.
        bits: For each column the bit of its number that counts, 0 where the value itself does;
            none when no column has one.

    Returns:
        A text column: the state, missing where the vocabulary has none.
    """
    parts = [columns.iloc[:, position] for position in range(columns.shape[1])]
    for position, bit in enumerate(bits):
        if bit:
            parts[position] = _bit_of(parts[position], bit)
    joined = _joined(parts)
    codes, distinct = pd.factorize(joined)
    found = [_look_up(str(text), states, columns.shape[1]) for text in distinct]
    result = pd.Series(found, dtype="str").reindex(codes)
    result.index = columns.index
    return result


def status_columns(frame: pd.DataFrame, status: StatusVocabulary) -> pd.DataFrame:
    """The columns of a vocabulary; one that the export may leave out is empty then."""
    empty = pd.Series(None, index=frame.index, dtype="str")
    return pd.DataFrame({name: frame.get(name, empty) for name in status.columns})


def unknown_counts(
    columns: pd.DataFrame, states: Mapping[str, str], bits: Sequence[int] = ()
) -> dict[str, int]:
    """Rows by status that the vocabulary does not have, the commonest first."""
    unknown = columns[states_of(columns, states, bits).isna()]
    joined = _joined([unknown.iloc[:, position] for position in range(unknown.shape[1])])
    counts = joined.value_counts().sort_index().sort_values(ascending=False, kind="stable")
    return {str(text): int(count) for text, count in counts.items()}


def are_no_statuses(counts: Mapping[str, int]) -> bool:
    """Whether there are so many different values, or such long ones, that they are something else.

    Columns may be shifted then, and the values be anybody's.
    """
    return len(counts) > TOO_MANY or any(len(text) > LONGEST for text in counts)


def unknown_statuses(
    columns: pd.DataFrame, states: Mapping[str, str], bits: Sequence[int] = ()
) -> str:
    """The statuses that the vocabulary does not have, in words, the commonest first."""
    counts = unknown_counts(columns, states, bits)
    if len(counts) > TOO_MANY:
        return f"{len(counts):,} different values; are the columns shifted?"
    shown = [f"{text[:LONGEST]!r} ({count:,})" for text, count in list(counts.items())[:_NAMED]]
    more = f" and {len(counts) - _NAMED} more" if len(counts) > _NAMED else ""
    return ", ".join(shown) + more


def _joined(parts: Sequence[pd.Series]) -> pd.Series:
    joined = parts[0].fillna("")
    for part in parts[1:]:
        joined = joined + JOINT + part.fillna("")
    return joined


def _bit_of(column: pd.Series, bit: int) -> pd.Series:
    """Whether a bit of a number is `set` or `clear`; what is no number is neither."""

    def read(text: str) -> str:
        if not (text.isascii() and text.removeprefix("-").isdigit()):
            return f"no number: {text}"
        return SET if int(text) & bit else CLEAR

    codes, distinct = pd.factorize(column)
    found = pd.Series([read(str(text)) for text in distinct], dtype="str").reindex(codes)
    found.index = column.index
    return found


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
