"""The target's accounts at one moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class TargetSnapshot:
    """What the target holds, projected on the attributes that the mapping owns.

    Attributes:
        target: Name of the target.
        accounts: Frame `frames.ACCOUNTS`.
        complete: Whether everybody was read. An incomplete read deactivates nobody.
        notes: What was odd about the listing, in words.
        requests: How many requests the reading took.
    """

    target: str
    accounts: pd.DataFrame
    complete: bool = True
    notes: tuple[str, ...] = ()
    requests: int = 0
