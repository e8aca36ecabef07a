"""A delivery of an export that a run acted on: what a later one is recognised by."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ActedOn:
    """One file, as a run that carried out its plan has read it.

    Attributes:
        digest: Of the file's bytes.
        path: The file, as the run saw it.
        run_id: The last run that acted on it.
        at: When that run began.
    """

    digest: str
    path: str
    run_id: str
    at: datetime

    @property
    def words(self) -> str:
        """What a message calls it by."""
        return f"{self.path}, which run {self.run_id} acted on at {self.at:%Y-%m-%d %H:%M} UTC"
