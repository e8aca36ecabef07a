"""Every error of scimflow, in one tree.

An error ends the run (or the command); what goes wrong for a single person is a value in that
person's outcome. Each error says what happened and where, carries a `hint` (what to do next), knows
whether it is `transient`, and never carries a secret or a personal value::

    ScimflowError
    ├── ConfigurationError          settings, mapping or wrong usage                     64
    ├── SourceError                 an export that is missing or wrong                    4
    │   └── SourceUnavailable       the file system failed, or it is being written (transient)
    ├── ContractError
    │   ├── ContractFileError       a contract file that is itself wrong                 64
    │   └── BatchRefused            an export that breaks its contract as a whole         4
    ├── PlanError
    │   ├── PlanHeld                over a guardrail: needs approval                      3
    │   ├── PlanRefused             over a guardrail that nobody can approve              3
    │   └── StalePlan               source, target or settings moved since planning       3
    ├── TargetError                                                                       1
    │   ├── TargetUnavailable       no connection, time-out, 429, 5xx       (transient)
    │   ├── TokenRefused            401 or 403, or no token is to be had
    │   ├── TargetRefused           a 4xx about one request; has `scim_type`
    │   │   └── UniquenessConflict  409 or its dialects (RFC 7644 s. 3.12)
    │   ├── OutcomeUnknown          sent, no answer: look before repeating  (transient)
    │   └── AnswerUnreadable        no SCIM: HTML, broken JSON, a wrong shape
    ├── LedgerError                                                                       1
    │   └── LeaseHeld               another run works on this target                      1
    ├── PartlyApplied               the run ended, some people's changes failed           5
    └── InternalError               a defect of scimflow, by its kind alone               1
"""

from typing import ClassVar

EXIT_IN_LINE = 0
EXIT_OTHER = 1
EXIT_CHANGES = 2
EXIT_HELD = 3
EXIT_CONTRACT = 4
EXIT_PARTLY = 5
EXIT_USAGE = 64

DEBUG_VARIABLE = "SCIMFLOW_DEBUG"
"""Environment variable: when set, a defect shows its traceback, with whatever values are in it."""


class ScimflowError(Exception):
    """Something that ends a run or a command, said in words for the person who has to act.

    Args:
        message: What happened, and where. No secret, no personal value.
        hint: What to do next; the class's own `default_hint` when not given.
    """

    transient: ClassVar[bool] = False
    exit_code: ClassVar[int] = EXIT_OTHER
    default_hint: ClassVar[str] = "run `scimflow doctor` to see what is not well"

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint or self.default_hint


class ConfigurationError(ScimflowError):
    """The settings, the mapping or the call itself are wrong; nothing was read or written."""

    exit_code = EXIT_USAGE
    default_hint = "correct scimflow.yaml; `scimflow config schema` lists every key"


class SourceError(ScimflowError):
    """An export is missing, unreadable or not what its contract says a file of it looks like."""

    exit_code = EXIT_CONTRACT
    default_hint = "look at the file, and at `path` and `contract` of this source in scimflow.yaml"


class SourceUnavailable(SourceError):
    """An export cannot be read now: its share failed, or somebody writes to it; later it may."""

    transient = True
    default_hint = "run again; when it stays so, look at the disk or the share of `path`"


class ContractError(ScimflowError):
    """A data contract is wrong, or an export breaks it."""

    exit_code = EXIT_CONTRACT
    default_hint = "run `scimflow check` for the verdict, rule by rule"


class ContractFileError(ContractError):
    """A contract file is itself wrong: its syntax, a key, a column or a rule."""

    exit_code = EXIT_USAGE
    default_hint = "correct the contract file named above"


class BatchRefused(ContractError):
    """An export breaks its contract as a whole: nothing of it is used, nothing was written."""

    default_hint = "run `scimflow check` for the rows and reasons, then ask for a corrected export"


class PlanError(ScimflowError):
    """A plan that is not carried out."""

    exit_code = EXIT_HELD
    default_hint = "run `scimflow plan` to see what would happen"


class PlanHeld(PlanError):
    """A guardrail's limit is passed: nothing was written, a person has to approve."""

    default_hint = "read the plan, then `scimflow approve PLAN` and `scimflow apply PLAN`"


class PlanRefused(PlanError):
    """A guardrail that no approval lifts; nothing was written."""

    default_hint = "remove the cause named above; this limit cannot be approved away"


class StalePlan(PlanError):
    """Source, target or settings moved since the plan was made; nothing was written."""

    default_hint = "make and review a new plan: `scimflow plan -o PLAN`"


class TargetError(ScimflowError):
    """The target did not do what was asked.

    Args:
        message: What happened. No body of an answer, no personal value.
        hint: What to do next.
        status: The HTTP status of the answer, if there was one.
        retry_after_s: Seconds that the target asked to wait, if it did.
        scim_type: `scimType` of the error (RFC 7644 section 3.12), if there was one.
    """

    default_hint = "run `scimflow doctor` to try the target's discovery endpoints"

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        status: int | None = None,
        retry_after_s: float | None = None,
        scim_type: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.retry_after_s = retry_after_s
        self.scim_type = scim_type


class TargetUnavailable(TargetError):
    """No connection, a time-out before anything was sent, 429 or a 5xx: later it may work."""

    transient = True
    default_hint = "try again later; check `target.base_url` and the network"


class TokenRefused(TargetError):
    """The target refused the token (401) or what it may do (403), or there is no token."""

    default_hint = "check the token of `target.auth`: expired, revoked, or without SCIM rights"


class TargetRefused(TargetError):
    """The target refused one request as wrong (400, 404, 412, 413 ...)."""

    default_hint = "see `scimflow explain PERSON`; the mapping may send what this target rejects"


class UniquenessConflict(TargetRefused):
    """A userName or another unique value is taken (409, or 400 with `uniqueness`)."""

    default_hint = "see `scimflow explain PERSON`; somebody else's account holds this value"


class OutcomeUnknown(TargetError):
    """A write was sent and its answer was lost: it may have happened. Look, do not repeat."""

    transient = True
    default_hint = "run `scimflow sync` again: it looks at the target first and settles this"


class AnswerUnreadable(TargetError):
    """The answer is not SCIM: HTML from a proxy, broken JSON, a list without its parts."""

    default_hint = "check `target.base_url` (it usually ends in /scim/v2) and proxies on the way"


class LedgerError(ScimflowError):
    """The ledger cannot be read or written; writing to the target stops."""

    default_hint = "check `ledger.url`, the disk and the rights; `scimflow doctor` shows more"


class LeaseHeld(LedgerError):
    """Another run works on this target; this one did nothing."""

    default_hint = "wait for the other run; a dead one's lease ends by itself"


class PartlyApplied(ScimflowError):
    """The run ended; some people's changes were not made, each with its own outcome."""

    exit_code = EXIT_PARTLY
    default_hint = "`scimflow history RUN` names them; the next `scimflow sync` tries them again"


class InternalError(ScimflowError):
    """A defect of scimflow, named by its kind alone: its own words may hold a person's values."""

    default_hint = (
        f"run again with {DEBUG_VARIABLE}=1 and report the traceback, after a look for personal "
        "values in it"
    )

    @classmethod
    def of(cls, error: BaseException) -> "InternalError":
        """Stand in for an error that nobody foresaw."""
        return cls(f"internal error ({type(error).__name__}); this is a defect")
