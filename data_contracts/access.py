"""Who had access from when to when: what the ledger says, and the intervals that follow from it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class AccessChange(StrEnum):
    """What happened to a person's access."""

    GIVEN = "given"  # created, reactivated, or found there and taken under management
    CHANGED = "changed"  # another role
    ENDED = "ended"  # deactivated
    LET_GO = "let_go"  # no longer managed: unlinked, or another account is the person's now


@dataclass(frozen=True, slots=True)
class Cause:
    """Because of what a person's access changed.

    Attributes:
        reason: Short code (`joiner`, `leaver` ...).
        explanation: The same in words.
        rows: The rows that led to it, as `hr.csv:19`; the delivery's digest stands in `digests`.
        digests: Digests of the files of those rows, in the same order.
        rule: The settings' path of the rule that gave the role; "" where none did.
        run_id: The run that did it.
        plan_digest: The plan that it was part of; "" for none.
        approved_by: Who released that plan, when it needed somebody.
    """

    reason: str = ""
    explanation: str = ""
    rows: tuple[str, ...] = ()
    digests: tuple[str, ...] = ()
    rule: str = ""
    run_id: str = ""
    plan_digest: str = ""
    approved_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AccessEvent:
    """A change of one person's access, as the ledger has it.

    Attributes:
        at: When it was verified.
        change: What happened.
        worker_key: Whose.
        account_id: Which account.
        user_name: Its login then.
        role: The role that was written; "" when none was.
        cause: Because of what.
        due: When access should have ended, for an end: the end of the last day in the person's own
            zone; None where the export does not say.
    """

    at: datetime
    change: AccessChange
    worker_key: str
    account_id: str
    user_name: str
    role: str
    cause: Cause
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class AccessInterval:
    """A time in which one person had access with one role.

    Attributes:
        worker_key: Whose.
        account_id: By which account.
        user_name: Its login at the beginning.
        role: The role, as far as scimflow wrote it; "" for one that the target had given.
        begin: Since when.
        end: Until when; None while it lasts.
        begun: Because of what it began.
        ended: Because of what it ended; None while it lasts.
        due: When it should have ended; None where that is not known.
    """

    worker_key: str
    account_id: str
    user_name: str
    role: str
    begin: datetime
    end: datetime | None
    begun: Cause
    ended: Cause | None
    due: datetime | None = None

    def overlaps(self, since: datetime | None, until: datetime | None) -> bool:
        """Whether any of it lies between two moments; None for open ends."""
        before = until is not None and self.begin >= until
        after = since is not None and self.end is not None and self.end <= since
        return not (before or after)
