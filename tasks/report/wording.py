"""What is said the same way everywhere: verdicts, results, sums of a plan, people by their keys."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from data_contracts.batch import RuleResult
from data_contracts.outcome import HttpExchange, Outcome
from data_contracts.plan import Adoption, GuardrailResult, Operation, Plan
from data_contracts.team_plan import TEAM_PREFIX
from data_contracts.words import (
    BatchVerdict,
    FindingSeverity,
    OperationKind,
    OutcomeResult,
    RunState,
    Severity,
    TeamOperationKind,
    Verdict,
)

VERDICTS = {
    Verdict.SAFE: "Safe: within every guardrail.",
    Verdict.HELD: "Held: nothing is written until a person approves.",
    Verdict.REFUSED: "Refused: nothing is written, and no approval lifts this.",
}
"""What the guardrails say, as a sentence."""

STATES = {
    RunState.RUNNING: "running",
    RunState.WAITING: "waiting for approval",
    RunState.COMPLETED: "completed",
    RunState.COMPLETED_WITH_QUARANTINE: "completed, with rows set aside",
    RunState.HELD: "held by a guardrail",
    RunState.REJECTED: "rejected, nothing was written",
    RunState.REFUSED: "refused, nothing was written",
    RunState.REFUSED_BY_CONTRACT: "refused by a contract",
    RunState.PARTLY_APPLIED: "partly applied",
    RunState.FAILED: "failed",
}
"""How a run ended, in words."""

BATCH_VERDICTS = {
    BatchVerdict.ACCEPTED: "accepted",
    BatchVerdict.ACCEPTED_WITH_QUARANTINE: "accepted, with rows set aside",
    BatchVerdict.REFUSED: "refused: nothing of it is used",
}
"""What a contract says of an export."""

CONSEQUENCES = {
    Severity.REFUSE: "refuses the export",
    Severity.QUARANTINE: "sets the row aside",
    Severity.WARN: "is only told",
}
"""What the breach of a rule leads to."""

TITLES = {
    OperationKind.DEACTIVATE: "Deactivate",
    OperationKind.UPDATE: "Update",
    OperationKind.REACTIVATE: "Reactivate",
    OperationKind.CREATE: "Create",
}
"""Operations that are to be done."""

DONE = {
    OperationKind.DEACTIVATE: "deactivated",
    OperationKind.UPDATE: "updated",
    OperationKind.REACTIVATE: "reactivated",
    OperationKind.CREATE: "created",
}
"""Operations that were carried out."""

TEAM_TITLES = {
    TeamOperationKind.RENAME: "Rename",
    TeamOperationKind.CREATE: "Create",
    TeamOperationKind.MEMBERS: "Change members of",
}
"""Operations on teams that are to be done."""

TEAM_DONE = {
    TeamOperationKind.RENAME: "renamed",
    TeamOperationKind.CREATE: "created",
    TeamOperationKind.MEMBERS: "members changed",
}
"""Operations on teams that were carried out."""

RESULTS = {
    OutcomeResult.APPLIED: "done",
    OutcomeResult.ALREADY: "was so already",
    OutcomeResult.SETTLED: "done by an earlier attempt",
    OutcomeResult.FAILED: "failed",
    OutcomeResult.CONFLICT: "conflict",
    OutcomeResult.UNKNOWN: "unknown",
    OutcomeResult.SKIPPED: "not tried",
    OutcomeResult.PUT_OFF: "put off",
}
"""What became of an operation, in words."""

MOST_URGENT_FIRST = (FindingSeverity.CRITICAL, FindingSeverity.WARNING, FindingSeverity.INFO)


def plural(count: int, one: str, many: str = "") -> str:
    """A number with its noun.

    >>> plural(1, "row"), plural(2, "row"), plural(1200, "person", "people")
    ('1 row', '2 rows', '1,200 people')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def rows_text(operation: Operation) -> str:
    """The rows that an operation comes from: `hr:12, idp:7`."""
    return ", ".join(f"{row.source}:{row.line}" for row in operation.rows)


def person(user_name: str | None, worker_key: str) -> str:
    """A person by their keys, or a team by its name and key."""
    if worker_key.startswith(TEAM_PREFIX):
        key = worker_key.removeprefix(TEAM_PREFIX)
        return f"team {user_name}" if user_name in (key, None) else f"team {user_name} ({key})"
    return f"{user_name}, worker {worker_key}" if user_name else f"worker {worker_key}"


def adoption_reason(adoption: Adoption) -> str:
    """Why an account comes under management."""
    if adoption.taken_from is not None:
        return f"the same person by their person id: was worker {adoption.taken_from} until now"
    return f"the account was there already, and is this person's by {adoption.correlated_by}"


def plan_sum(plan: Plan) -> str:
    """What a plan would do, in numbers, and of how many rows it knows nothing."""
    kinds = Counter(operation.kind for operation in plan.operations)
    parts = [f"{kinds[kind]:,} to {kind}" for kind in OperationKind if kinds[kind]]
    if plan.adoptions:
        parts.append(f"{len(plan.adoptions):,} to adopt")
    parts += team_sums(plan)
    text = ", ".join(parts) if parts else "nothing to do"
    aside = sum(basis.rows - basis.accepted for basis in plan.basis.sources.values())
    return f"{text}; {plural(aside, 'row')} set aside, see `scimflow check`" if aside else text


def team_sums(plan: Plan) -> list[str]:
    """What a plan would do to teams, in numbers; nothing for one without."""
    kinds = Counter(operation.kind for operation in plan.team_operations)
    joining = sum(len(operation.add) for operation in plan.team_operations)
    leaving = sum(len(operation.remove) for operation in plan.team_operations)
    counts = {
        "to create": kinds[TeamOperationKind.CREATE],
        "to rename": kinds[TeamOperationKind.RENAME],
        "to adopt": len(plan.team_adoptions),
    }
    sums = [f"{plural(count, 'team')} {what}" for what, count in counts.items() if count]
    if joining:
        sums.append(f"{plural(joining, 'team member')} to add")
    if leaving:
        sums.append(f"{plural(leaving, 'team member')} to remove")
    return sums


def unsafe(plan: Plan) -> tuple[GuardrailResult, ...]:
    """The guardrails that let the plan not pass, the worst first."""
    order = (Verdict.REFUSED, Verdict.HELD)
    return tuple(g for verdict in order for g in plan.guardrails if g.verdict is verdict)


def by_kind(operations: Iterable[Operation]) -> dict[OperationKind, list[Operation]]:
    """Operations of each kind that there is, in the order in which they are done."""
    groups: dict[OperationKind, list[Operation]] = {kind: [] for kind in OperationKind}
    for operation in operations:
        groups[operation.kind].append(operation)
    return {kind: group for kind, group in groups.items() if group}


def by_operation(outcomes: Sequence[Outcome]) -> Mapping[str, Outcome]:
    """Outcomes by the id of their operation."""
    return {outcome.operation_id: outcome for outcome in outcomes}


def rule_result(rule: RuleResult) -> str:
    """How a rule came out."""
    return f"broken by {plural(rule.failing, 'row')}" if rule.failing else "holds"


def result_text(outcome: Outcome | None) -> str:
    """How an operation ended, and why when it did not go well."""
    if outcome is None:
        return "no outcome"
    return RESULTS[outcome.result] + (f": {outcome.detail}" if outcome.detail else "")


def exchange_text(exchange: HttpExchange) -> str:
    """A request and its answer: `POST /Users: 201 in 120 ms`."""
    answer = "no answer" if exchange.status is None else str(exchange.status)
    return f"{exchange.method} {exchange.path}: {answer} in {exchange.elapsed_ms} ms"


def moment(at: datetime) -> str:
    """A moment, with its zone, to the second."""
    return f"{at:%Y-%m-%d %H:%M:%S} {at.tzname() or ''}".rstrip()
