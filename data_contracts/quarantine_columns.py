"""The file in which quarantined rows go to an analyst and come back.

Its own columns, and how a cell is kept from being taken for a formula.
"""

SOURCE, DELIVERY, LINE_NUMBER = "_source", "_delivery", "_line"
RULES, REASONS = "_rules", "_reasons"
OURS = (SOURCE, DELIVERY, LINE_NUMBER, RULES, REASONS)
"""Columns that tell which row it is and why it is there; contracts never use such names."""

GUARD = "'"
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_UNSEEN = " \u00a0\ufeff\u200b\u200c\u200d\u2060"
"""What a spreadsheet skips before it looks whether a cell begins like a formula."""


def with_guard(text: str) -> str:
    """Text that no spreadsheet takes for a formula.

    >>> with_guard("=1+3"), with_guard("Anna")
    ("'=1+3", 'Anna')
    """
    return GUARD + text if is_like_formula(text.lstrip(GUARD)) else text


def without_guard(text: str) -> str:
    """The text as it was before `with_guard`, whatever it was.

    >>> without_guard("'=1+3"), without_guard("'Anna'")
    ('=1+3', "'Anna'")
    """
    guarded = text.startswith(GUARD) and is_like_formula(text.lstrip(GUARD))
    return text.removeprefix(GUARD) if guarded else text


def is_like_formula(text: str) -> bool:
    """Whether a spreadsheet takes a cell with this text for a formula."""
    return text.lstrip(_UNSEEN).startswith(_FORMULA_STARTS)
