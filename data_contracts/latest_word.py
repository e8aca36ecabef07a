"""What is known today of everybody: a delivery of the past is held against it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from data_contracts.desired import HeldBack
from data_contracts.plan import SourceBasis

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, repr=False)
class LatestWord:
    """The newest word of the exports on each person; without a repr, since it holds values.

    Attributes:
        frame: Frame `frames.DESIRED`, each person as in the newest accepted delivery that has them,
            judged as of the present day.
        absence_means_left: Whether somebody who is in none of these deliveries has left.
        held_back: Whom quarantined rows of these deliveries may be about.
        sources: The deliveries, by `DAY/SOURCE`.
    """

    frame: pd.DataFrame
    absence_means_left: bool
    held_back: HeldBack = field(default_factory=HeldBack)
    sources: Mapping[str, SourceBasis] = field(default_factory=dict)
