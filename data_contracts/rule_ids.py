"""Ids of the rules that every contract has, and of what is reported like a rule."""

COLUMNS_PRESENT = "columns-present"
ROWS_PRESENT = "rows-present"
STATUS_GIVEN = "status-given"
STATUS_KNOWN = "status-known"

MALFORMED = "malformed"
"""A row that could not be taken apart."""

FRESH = "fresh"
"""The export as a whole is recent enough."""

OURS = frozenset({MALFORMED, FRESH})
"""Ids that no contract gives to a rule of its own."""
