"""What `scimflow doctor` finds: one check a line, each with what to do when it is not well."""

from dataclasses import dataclass
from enum import StrEnum


class HealthState(StrEnum):
    """How one check went."""

    OK = "ok"
    WARNING = "warning"  # works, and somebody should look at it
    FAILED = "failed"  # does not work
    SKIPPED = "skipped"  # not tried, since something before it failed or it is not set up


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """One thing that was looked at.

    Attributes:
        name: What was looked at: `configuration`, `token`, `ledger` ...
        state: How it went.
        message: What was seen, without secrets.
        hint: What to do; "" when it is well.
    """

    name: str
    state: HealthState
    message: str
    hint: str = ""
