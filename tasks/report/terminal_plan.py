"""A plan as a diff that is read from top to bottom."""

from collections.abc import Callable, Iterator, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from data_contracts.finding import Finding
from data_contracts.plan import Operation, Plan
from data_contracts.words import FindingSeverity, OperationKind, Verdict
from tasks.report.next_steps import NextStep, next_step_of_plan
from tasks.report.privacy import Change, changes
from tasks.report.selection import cut, each_kind_first
from tasks.report.terminal_layout import (
    SEVERITY_STYLES,
    SIGNS,
    Columns,
    Line,
    guardrails,
    heading,
    key,
    left_out,
    next_step,
    safe,
    spaced,
    titled,
)
from tasks.report.terminal_teams import terminal_teams
from tasks.report.wording import (
    TITLES,
    VERDICTS,
    adoption_reason,
    by_kind,
    plan_sum,
    plural,
    rows_text,
)

OPERATIONS_MAX = 200
"""Operations of one kind in a terminal: more than anybody reads there."""

FINDINGS_MAX = 30
SUBJECTS_NAMED = 5  # enough to look one up; --json has the others
ALL_OF_THEM = "`--json`, or a plan saved with `scimflow plan -o PLAN`, has all of them"

_DRIFT_TITLES = {
    OperationKind.DEACTIVATE: "Active at the target, and should not be",
    OperationKind.UPDATE: "Different at the target",
    OperationKind.REACTIVATE: "Inactive at the target, and should be active",
    OperationKind.CREATE: "Missing at the target",
}


def plan_view(
    plan: Plan,
    digest: str,
    show_values: bool = False,
    *,
    limit: int = OPERATIONS_MAX,
    reference: str | None = None,
) -> RenderableType:
    """What a plan would do to whom and why, whether it may, and what to do next.

    Args:
        plan: The plan.
        digest: Its digest.
        show_values: Whether values of personal attributes may be shown.
        limit: Most operations shown of each kind.
        reference: The file it is saved in or the run that made it, for the commands.
    """

    def title(kind: OperationKind, count: int) -> str:
        return f"{TITLES[kind]} {plural(count, 'account')}"

    return Group(
        Line(safe(f"Plan for {plan.target} as of {plan.as_of.isoformat()}", "bold")),
        Line(safe(f"{plan_sum(plan)}.")),
        *_operations(plan, title, show_values, limit),
        *_adoptions(plan, limit),
        *terminal_teams(plan, limit, ALL_OF_THEM),
        *findings_list(plan.findings),
        *guardrails(plan),
        heading(VERDICTS[plan.verdict]),
        Line(spaced(safe("digest"), safe(digest, "dim"))),
        *next_step(next_step_of_plan(plan, reference)),
    )


def drift_view(
    plan: Plan, show_values: bool = False, *, limit: int = OPERATIONS_MAX
) -> RenderableType:
    """Where the target differs from what is desired; nothing is said of guardrails that hold.

    Args:
        plan: What would bring the two in step.
        show_values: Whether values of personal attributes may be shown.
        limit: Most accounts shown of each kind of difference.
    """

    def title(kind: OperationKind, count: int) -> str:
        return f"{_DRIFT_TITLES[kind]}: {plural(count, 'account')}"

    where = f"{plan.target} as of {plan.as_of.isoformat()}"
    if plan.is_out_of_step:
        counts = {"account": len(plan.operations), "team": len(_teams_out_of_step(plan))}
        told = " and ".join(plural(count, what) for what, count in counts.items() if count)
        front = safe(f"{where}: {told} out of step", "bold")
        step = NextStep("To see what would be done, or to bring them in step:", _REMEDIES)
    else:
        front = safe(f"{where}: in step, every account is as it should be", "bold green")
        step = NextStep("")
    return Group(
        Line(front),
        *_operations(plan, title, show_values, limit),
        *_adoptions(plan, limit),
        *terminal_teams(plan, limit, ALL_OF_THEM),
        *findings_list(plan.findings),
        *(guardrails(plan) if plan.verdict is not Verdict.SAFE else ()),
        *next_step(step),
    )


def _teams_out_of_step(plan: Plan) -> set[str]:
    return {operation.team_key for operation in plan.team_operations}


_REMEDIES = ("scimflow plan -o PLAN", "scimflow sync")


def _operations(
    plan: Plan, title: Callable[[OperationKind, int], str], show_values: bool, limit: int
) -> Iterator[RenderableType]:
    for kind, operations in by_kind(plan.operations).items():
        shown, left = cut(operations, limit)
        yield heading(title(kind, len(operations)))
        for operation in shown:
            yield from operation_lines(operation, show_values)
        yield from left_out(left, ALL_OF_THEM)


def operation_lines(operation: Operation, show_values: bool) -> Iterator[RenderableType]:
    """One operation: sign, person and rows; the reason in words; what is written.

    Args:
        operation: The operation.
        show_values: Whether values of personal attributes may be shown.
    """
    sign, style = SIGNS[operation.kind]
    keys = spaced(
        key(operation.user_name, "bold"),
        key(f"worker {operation.worker_key}"),
        safe(rows_text(operation), "dim"),
    )
    yield Line(Text(f"{sign} ", style) + keys, 2, 4)
    yield Line(safe(f"{operation.reason}: {operation.explanation}"), 6)
    for text in _written(list(changes(operation, show_values)), operation):
        yield Line(safe(text, "dim"), 6, 2)


def _written(written: Sequence[Change], operation: Operation) -> Iterator[str]:
    """Differences one a line; what is simply set, and names without values, in one sentence."""
    compared = [change for change in written if change.compared and not change.hidden]
    yield from (change.text() for change in compared)
    hidden = ", ".join(change.text() for change in written if change.hidden)
    if hidden and hidden in operation.explanation:
        hidden = ""  # the reason names them already
    plain = [change.text() for change in written if not change.compared and not change.hidden]
    names = ", ".join([*plain, *([hidden] if hidden else [])])
    if names:
        yield f"writes {names}"


def _adoptions(plan: Plan, limit: int) -> list[RenderableType]:
    shown, left = cut(plan.adoptions, limit)
    rows = [
        (
            Text("=", "blue"),
            key(adoption.user_name, "bold"),
            key(f"worker {adoption.worker_key}"),
            safe(adoption_reason(adoption)),
        )
        for adoption in shown
    ]
    title = f"Adopt {plural(len(plan.adoptions), 'account')} (managed from now on, nothing written)"
    return titled(title, [Columns(rows), *left_out(left, ALL_OF_THEM)] if rows else [])


def findings_list(findings: Sequence[Finding], limit: int = FINDINGS_MAX) -> list[RenderableType]:
    """What a person should know or decide, the most urgent first.

    Args:
        findings: The findings.
        limit: Most shown.
    """
    single = [f for f in findings if f.severity is not FindingSeverity.INFO]
    shown, kinds = each_kind_first(single, limit)
    rows = [
        (
            safe(finding.severity, SEVERITY_STYLES[finding.severity]),
            key(finding.subject, "bold"),
            safe(f"{finding.message}; {finding.hint}" if finding.hint else finding.message),
        )
        for finding in shown
    ]
    body: list[RenderableType] = [Columns(rows)] if rows else []
    body += left_out(len(single) - len(shown), f"{kinds}; {ALL_OF_THEM}")
    return titled("Findings", [*body, *_grouped(findings)])


def _grouped(findings: Sequence[Finding]) -> Iterator[RenderableType]:
    """What is merely worth knowing, a line for each kind: often there are dozens of one."""
    kinds: dict[str, list[str]] = {}
    for finding in findings:
        if finding.severity is FindingSeverity.INFO:
            kinds.setdefault(finding.code, []).append(finding.subject)
    rows = []
    for code, subjects in sorted(kinds.items()):
        more = f" and {len(subjects) - SUBJECTS_NAMED:,} more"
        named = ", ".join(subjects[:SUBJECTS_NAMED])
        text = named + (more if len(subjects) > SUBJECTS_NAMED else "")
        style = SEVERITY_STYLES[FindingSeverity.INFO]
        rows.append(
            (safe(FindingSeverity.INFO, style), key(f"{len(subjects):,} x {code}"), safe(text))
        )
    if rows:
        yield Columns(rows)
