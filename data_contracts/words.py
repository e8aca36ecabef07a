"""The closed vocabularies of scimflow, in the field's words (docs/glossary.md explains each)."""

from enum import StrEnum


class WorkerState(StrEnum):
    """What an export's status value says of a person; every value of an export maps to one."""

    ACTIVE = "active"
    FUTURE = "future"
    ON_LEAVE = "on_leave"
    SUSPENDED = "suspended"
    LEAVER = "leaver"


class Presence(StrEnum):
    """What the target should hold for a person as of the run's date."""

    PRESENT = "present"  # an active account
    ABSENT = "absent"  # no active account: deactivated when there is one
    WAITING = "waiting"  # a joiner whose day has not come: nothing to do yet
    KEPT = "kept"  # left exactly as it is: quarantined, out of scope, incomplete knowledge


class Severity(StrEnum):
    """What the breach of a contract's rule leads to."""

    REFUSE = "refuse"  # the whole batch is refused
    QUARANTINE = "quarantine"  # the row is set aside, the rest goes on
    WARN = "warn"  # the row goes on, the report says so


class BatchVerdict(StrEnum):
    """The outcome of holding one batch against its contract."""

    ACCEPTED = "accepted"
    ACCEPTED_WITH_QUARANTINE = "accepted_with_quarantine"
    REFUSED = "refused"


class Authority(StrEnum):
    """What a source is believed about, where sources disagree."""

    EMPLOYMENT = "employment"  # who is employed, since when, until when (HR)
    LOGIN = "login"  # userName and externalId (IdP)
    ATTRIBUTES = "attributes"  # nothing but the columns that the settings name


class CorrelationOutcome(StrEnum):
    """How a worker record and an account belong together."""

    LINKED = "linked"  # by the ledger
    MATCHED = "matched"  # by an identifier, at first sight
    MISSING = "missing"  # a worker without an account
    ORPHANED = "orphaned"  # an account without a worker
    AMBIGUOUS = "ambiguous"  # several candidates: a person decides
    CONFLICTING = "conflicting"  # the candidate belongs to somebody else: a person decides


class CorrelationKey(StrEnum):
    """What two sides were correlated by, strongest first."""

    LINK = "link"
    PERSON_ID = "person id"
    EXTERNAL_ID = "externalId"
    USER_NAME = "userName"
    EMAIL = "email"


class OperationKind(StrEnum):
    """What is done to one account, in the order in which a plan lists and the loader does it."""

    DEACTIVATE = "deactivate"
    UPDATE = "update"
    REACTIVATE = "reactivate"
    CREATE = "create"


OPERATION_ORDER: tuple[OperationKind, ...] = tuple(OperationKind)
"""Leavers first: who must not read on goes before everything else, and frees a seat."""


class TeamOperationKind(StrEnum):
    """What is done to one team, in the order in which a plan lists and the loader does it."""

    RENAME = "rename-team"  # first: it may free the name that a new one needs
    CREATE = "create-team"
    MEMBERS = "change-members"


class Verdict(StrEnum):
    """What the guardrails say of a plan."""

    SAFE = "safe"
    HELD = "held"  # a person has to approve
    REFUSED = "refused"  # no approval lifts this


class OutcomeResult(StrEnum):
    """What became of one operation."""

    APPLIED = "applied"  # written, and seen at the target
    ALREADY = "already"  # the target was so already
    SETTLED = "settled"  # an earlier write without an answer turned out to have happened
    FAILED = "failed"  # refused or not retained; `detail` says why
    CONFLICT = "conflict"  # somebody else's account is in the way: a person decides
    UNKNOWN = "unknown"  # sent, and not to be found out now; the next run looks first
    SKIPPED = "skipped"  # not tried: the run stopped before, or whom it refers to has no account
    PUT_OFF = "put_off"  # not tried: it failed several times in a row, and its time has not come


class RunState(StrEnum):
    """How a run ended (or that it has not)."""

    RUNNING = "running"
    WAITING = "waiting"  # for a person's word about its plan
    COMPLETED = "completed"
    COMPLETED_WITH_QUARANTINE = "completed_with_quarantine"
    HELD = "held"
    REJECTED = "rejected"
    REFUSED = "refused"
    REFUSED_BY_CONTRACT = "refused_by_contract"
    PARTLY_APPLIED = "partly_applied"
    FAILED = "failed"


class IfBusy(StrEnum):
    """What a run does when another one works on its target."""

    REFUSE = "refuse"  # ends as failed, and says who works
    WAIT = "wait"  # works when the other one has ended
    CANCEL = "cancel"  # ends as cancelled: the next one will do


class BackfillMode(StrEnum):
    """What a backfill makes of the days that it goes through."""

    DAY_BY_DAY = "day-by-day"  # each day is planned and carried out, in order
    FINAL_STATE = "final-state"  # all days are folded into one plan, which is carried out
    STATE_ONLY = "state-only"  # the ledger is rebuilt; nothing is written at the target


class Notice(StrEnum):
    """What somebody can be told of without looking."""

    FAILED = "failed"
    HELD = "held"
    PARTLY_APPLIED = "partly_applied"
    REFUSED = "refused"
    QUARANTINE = "quarantine"  # more rows set aside than the limit
    NO_RUN = "no_run"  # no sync ended well for some time
    RECOVERED = "recovered"  # a flow that ended badly ended well again
    LEAVER_OVERDUE = "leaver_overdue"  # active for some time after the last day


class FindingSeverity(StrEnum):
    """How urgently a person should look at a finding."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"
