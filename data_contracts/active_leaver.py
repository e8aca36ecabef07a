"""A leaver who can still sign in."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ActiveLeaver:
    """A leaver whose managed account was active when a run read the target.

    Attributes:
        worker_key: Whose.
        ended_at: When the last day ended, in the leaver's time zone (UTC).
    """

    worker_key: str
    ended_at: datetime
