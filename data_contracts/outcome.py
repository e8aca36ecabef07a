"""What became of the operations of a plan: per person, as values."""

from dataclasses import dataclass, field
from datetime import datetime

from data_contracts.learned import Rewrite
from data_contracts.words import OperationKind, OutcomeResult, RunState, TeamOperationKind


@dataclass(frozen=True, slots=True)
class HttpExchange:
    """One request to the target and its answer, without bodies and without query values.

    Attributes:
        method: GET, POST, PATCH or PUT.
        path: Path below the base URL; a filter's value is masked.
        status: HTTP status; None when no answer came. A write within a Bulk has its own status, and
            the Bulk that carried it stands before it.
        elapsed_ms: Time from sending to the answer.
        purpose: Why it was sent: list, look-up, write, bulk, verify, discover.
        at: When it was sent (UTC).
    """

    method: str
    path: str
    status: int | None
    elapsed_ms: int
    purpose: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one operation.

    Attributes:
        operation_id: The operation.
        worker_key: Whose; `team:KEY` for a team.
        kind: What was to be done.
        result: How it ended.
        account_id: SCIM id of the account or the team, once known.
        user_name: Login, or name of the team, at the target after it, as far as known.
        detail: Why, in words, when it was not applied; without personal values.
        verified: The verification's word: attributes compared and found as meant, or those that
            were not retained.
        not_retained: Paths of attributes that the target did not take over.
        kept: Paths that were written and seen as meant.
        rewritten: What the target made of values that it stored otherwise.
        exchanges: The requests it took, in order.
    """

    operation_id: str
    worker_key: str
    kind: OperationKind | TeamOperationKind
    result: OutcomeResult
    account_id: str | None
    user_name: str | None = None
    detail: str = ""
    verified: str = ""
    not_retained: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    rewritten: tuple[Rewrite, ...] = ()
    exchanges: tuple[HttpExchange, ...] = ()

    @property
    def succeeded(self) -> bool:
        """Whether the target now holds what was meant."""
        return self.result in (
            OutcomeResult.APPLIED,
            OutcomeResult.ALREADY,
            OutcomeResult.SETTLED,
        )


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What became of a whole plan.

    Attributes:
        outcomes: One for each operation, in the plan's order.
        stopped: Why the run stopped before the end, in words; "" when it did not.
        requests: Requests sent, retries included.
        throttled: Answers 429 met on the way.
        elapsed_s: Wall time of the load.
    """

    outcomes: tuple[Outcome, ...]
    stopped: str = ""
    requests: int = 0
    throttled: int = 0
    elapsed_s: float = 0.0

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """The operations that did not reach what was meant."""
        return tuple(o for o in self.outcomes if not o.succeeded)


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run, as the ledger keeps it.

    Attributes:
        run_id: Sortable id of the run, also the name of its folder.
        flow: `sync-users`, `apply-plan`, ...
        target: Name of the target.
        as_of: ISO date that lifecycle states were worked out for.
        started_at: UTC.
        ended_at: UTC; None while it runs.
        state: How it ended.
        plan_digest: The plan that it made or carried out.
        counts: Numbers of the summary.
        message: The final state in one sentence.
        prefect_run_id: Id of the Prefect flow run, if there was one.
        parent_run_id: The run that it is a part of: a day's, of its backfill.
        trace_id: The run's trace, where telemetry is on (32 hexadecimal digits); the ledger does
            not keep it.
        ledger_head: Where the audit trail's chain led to when it ended; known in its report alone.
    """

    run_id: str
    flow: str
    target: str
    as_of: str
    started_at: datetime
    ended_at: datetime | None = None
    state: RunState = RunState.RUNNING
    plan_digest: str | None = None
    counts: dict[str, int] = field(default_factory=dict)
    message: str = ""
    prefect_run_id: str | None = None
    parent_run_id: str | None = None
    trace_id: str | None = None
    ledger_head: str = ""


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One line of the audit trail: what was done to whom, when, why and with what result.

    Attributes:
        at: When (UTC).
        run_id: By which run.
        worker_key: To whom.
        account_id: On which account, once known.
        kind: What: an operation's kind, `adopt`, `link`, `unlink`, `quarantine`,
            `approve`, `reject`.
        reason: Short code of the reason.
        explanation: The reason in words.
        changed: Names of the attributes written.
        result: How it ended; "" for an intent without an outcome.
        detail: More, when it did not go well.
        verified: The verification's word.
        rows: `source:line` of the rows that led to it.
        exchanges: The requests it took.
    """

    at: datetime
    run_id: str
    worker_key: str
    account_id: str | None
    kind: str
    reason: str = ""
    explanation: str = ""
    changed: tuple[str, ...] = ()
    result: str = ""
    detail: str = ""
    verified: str = ""
    rows: tuple[str, ...] = ()
    exchanges: tuple[HttpExchange, ...] = ()
