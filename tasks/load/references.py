"""The accounts that a load makes, for those whose attributes refer to them.

Where there is none after all, the operation goes on without that attribute: to be without a
manager for a day is better than to be without an account, and some targets refuse a person whose
manager they do not know (snipe-it issue 19005).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from data_contracts.outcome import Outcome
from data_contracts.plan import Operation
from data_contracts.scim.paths import referring_name
from data_contracts.words import OperationKind, OutcomeResult
from tasks.load.ending import Ending


@dataclass(frozen=True, slots=True)
class Resolved:
    """An operation as it can be written now.

    Attributes:
        operation: With the ids of the accounts that are there.
        missing: Whose accounts are not there: worker keys by path.
    """

    operation: Operation
    missing: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_void(self) -> bool:
        """Whether nothing is left to write."""
        return bool(self.missing) and not self.operation.attributes

    def ending(self, ending: Ending) -> Ending:
        """The end of the operation, with what it lacks in words."""
        if not self.missing:
            return ending
        named = ", ".join(referring_name(path, key) for path, key in self.missing.items())
        lacking = f"without {named}, who has no account yet; the next run sets it"
        return replace(ending, detail="; ".join(filter(None, (ending.detail, lacking))))

    def void(self) -> Ending:
        """The end of an operation that had nothing to write: not tried, and nobody's failure."""
        account_id = self.operation.account_id
        return self.ending(Ending(OutcomeResult.SKIPPED, account_id))


class NewAccounts:
    """Who got which account by this load."""

    def __init__(self) -> None:
        self._ids: dict[str, str] = {}

    def note(self, outcome: Outcome) -> None:
        """Remember an account that was made, or found to be the person's own."""
        if outcome.kind is not OperationKind.CREATE or outcome.account_id is None:
            return
        if outcome.result is not OutcomeResult.CONFLICT:  # that one is somebody else's
            self._ids[outcome.worker_key] = outcome.account_id

    def resolve(self, operation: Operation) -> Resolved:
        """Put ids in the place of the workers whom an operation refers to."""
        awaited = operation.awaited
        if not awaited:
            return Resolved(operation)
        known = {path: self._ids[key] for path, key in awaited.items() if key in self._ids}
        missing = {path: key for path, key in awaited.items() if path not in known}
        return Resolved(operation.with_accounts(known), missing)
