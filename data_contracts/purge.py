"""What a purge and a prune of the ledger removed."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Purged:
    """What was purged of one person, or would be.

    Attributes:
        pseudonym: What stands for the person from now on.
        identifiers: By what the person was known; not to be shown or kept.
        rows: Rows of the audit trail, by what they are.
        plans: Plans whose content was removed.
        corrections: Corrections whose cells were removed.
    """

    pseudonym: str
    identifiers: tuple[str, ...] = field(repr=False)
    rows: Mapping[str, int]
    plans: int
    corrections: int = 0


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was pruned since its time was over, or would be.

    Attributes:
        rows: Rows of the audit trail, by table.
        plans: Plans whose content was removed.
        runs: Ids of runs whose files may go.
    """

    rows: Mapping[str, int]
    plans: int
    runs: tuple[str, ...]

    @property
    def is_nothing(self) -> bool:
        """Whether nothing is over its time in the ledger itself."""
        return not self.plans and not any(self.rows.values())
