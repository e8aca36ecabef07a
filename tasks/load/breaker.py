"""When to stop a load: the target itself is ill, which is said once and not per person.

Pure: fed with how each operation ended.
"""

from collections import deque

ROW = 10
"""So many failures of the target in a row, each after all its retries, are no accident."""

WINDOW = 20
SHARE = 0.5
"""More than half of the last 20: most of what is left would fail too."""

REFUSALS = 3
"""So many 403 in a row mean the token, not the person, also after some writes were accepted."""


class CircuitBreaker:
    """Counts failures that are the target's and not a person's."""

    def __init__(self) -> None:
        self._recent: deque[bool] = deque(maxlen=WINDOW)
        self._row = 0
        self._refused = 0
        self._accepted = False

    def accepted(self) -> None:
        """A write was carried out."""
        self._accepted = True
        self._refused = 0

    def answered(self, *, ill: bool) -> str:
        """An operation ended.

        Args:
            ill: Whether it failed because the target is ill.

        Returns:
            Why the load should stop; "" while it should go on.
        """
        self._recent.append(ill)
        self._row = self._row + 1 if ill else 0
        if self._row >= ROW:
            return f"{ROW} operations in a row failed because the target is not well"
        failed = sum(self._recent)
        if len(self._recent) == WINDOW and failed > SHARE * WINDOW:
            return f"{failed} of the last {WINDOW} operations failed because the target is not well"
        return ""

    def forbidden(self) -> str:
        """A write was refused with 403: the token's rights, or this one person's account?

        Returns:
            Why the load should stop; "" where it is rather about the person.
        """
        self._refused += 1
        if self._accepted and self._refused < REFUSALS:
            return ""
        return "the token may not change users"
