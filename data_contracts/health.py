"""What `scimflow doctor` found, check by check."""

from dataclasses import dataclass
from enum import StrEnum


class HealthState(StrEnum):
    """How one check went."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"  # something that it needs failed before


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """One thing that was looked at.

    Attributes:
        name: What was looked at (`settings`, `token`, `target: Users`).
        state: How it is.
        message: What was seen, in words; no secret.
        hint: What to do when it is not well; "" when it is.
    """

    name: str
    state: HealthState
    message: str
    hint: str = ""
