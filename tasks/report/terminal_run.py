"""What a run did: the short table of what happened to whom and why."""

from collections.abc import Iterator, Mapping, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from data_contracts.batch import ContractReport
from data_contracts.outcome import LoadReport, Outcome, RunRecord
from data_contracts.plan import Operation, Plan
from data_contracts.words import OutcomeResult
from tasks.report.counters import ending
from tasks.report.next_steps import next_step_of_run
from tasks.report.selection import RUN_FILE, cut, quarantine_file, troubled_first
from tasks.report.terminal_layout import (
    RUN_STYLES,
    SIGNS,
    VERDICT_STYLES,
    Columns,
    Line,
    key,
    left_out,
    next_step,
    safe,
    titled,
)
from tasks.report.terminal_plan import findings_list
from tasks.report.terminal_teams import run_rows
from tasks.report.wording import (
    DONE,
    STATES,
    adoption_reason,
    by_kind,
    by_operation,
    plural,
    result_text,
    rows_text,
    unsafe,
)

EACH_KIND_MAX = 8
"""People shown of each kind: a table to look at, not to search in."""


def run_view(
    run: RunRecord,
    plan: Plan | None,
    load: LoadReport | None,
    reports: Sequence[ContractReport],
    *,
    limit: int = EACH_KIND_MAX,
) -> RenderableType:
    """How a run ended, and what happened to whom and why. Shows no values.

    Args:
        run: The run.
        plan: The plan, if the run came so far.
        load: What became of it, if it was carried out.
        reports: What the contracts say of each source.
        limit: Most people shown of each kind of operation, and rows of each source.
    """
    told = ending(run, plan)
    state = safe(STATES[run.state], RUN_STYLES[run.state])
    return Group(
        Line(safe(f"{run.flow}: {run.target} as of {run.as_of}: ", "bold") + state),
        *([Line(safe(told))] if told else []),
        Line(safe(_effort(run, load), "dim")),
        *titled("What happened to whom, and why", list(_people(plan, load, limit)) if plan else []),
        *titled("Rows set aside", list(_quarantine(reports, limit))),
        *(findings_list(plan.findings, limit) if plan else []),
        *titled("Approved past its guardrails" if load else "Guardrails", _unsafe(plan)),
        *next_step(next_step_of_run(run.state, run.run_id, plan)),
    )


def _effort(run: RunRecord, load: LoadReport | None) -> str:
    parts = [f"run {run.run_id}"]
    if run.ended_at is not None:
        parts.append(f"took {(run.ended_at - run.started_at).total_seconds():,.1f} s")
    if load is not None:
        parts.append(plural(load.requests, "request"))
    if load is not None and load.throttled:
        parts.append(f"{load.throttled:,} throttled")
    return ", ".join(parts)


def _people(plan: Plan, load: LoadReport | None, limit: int) -> Iterator[RenderableType]:
    """Each kind's first people, those first for whom it went wrong, and how many more there are."""
    known = by_operation(load.outcomes) if load else None
    rows: list[tuple[Text, ...]] = []
    rest: list[RenderableType] = []
    for kind, operations in by_kind(plan.operations).items():
        shown, left = cut(troubled_first(operations, known or {}), limit)
        rows += [_person(operation, known) for operation in shown]
        rest += left_out(left, f"{kind}; {RUN_FILE} in the run's folder has all of them")
    adopted, left = cut(plan.adoptions, limit)
    rows += [
        (
            Text("=", "blue"),
            key(adoption.user_name, "bold"),
            key(adoption.worker_key),
            safe("adopted" if load else "to adopt"),
            safe(adoption_reason(adoption)),
        )
        for adoption in adopted
    ]
    rest += left_out(left, f"adopt; {RUN_FILE} in the run's folder has all of them")
    teams, left = cut(run_rows(plan, known), limit)
    rows += teams
    rest += left_out(left, f"on teams; {RUN_FILE} in the run's folder has all of them")
    yield from [Columns(rows)] if rows else []
    yield from rest


def _person(operation: Operation, known: Mapping[str, Outcome] | None) -> tuple[Text, ...]:
    sign, style = SIGNS[operation.kind]
    outcome = known.get(operation.operation_id) if known is not None else None
    rows = rows_text(operation)
    why = f"{operation.reason}: {operation.explanation}" + (f" ({rows})" if rows else "")
    if known is None:
        result, trouble = f"to {operation.kind}", ""
    elif outcome is not None and outcome.succeeded:
        already = outcome.result is OutcomeResult.ALREADY
        result, trouble = "so already" if already else DONE[operation.kind], ""
        why = f"{outcome.detail}; {why}" if outcome.detail else why
    else:
        result, trouble = f"not {DONE[operation.kind]}", f"{result_text(outcome)}; "
    return (
        Text(sign, style),
        key(operation.user_name, "bold"),
        key(operation.worker_key),
        safe(result, "bold red" if trouble else ""),
        Text() + safe(trouble, "red") + safe(why),  # a style in front would colour all of it
    )


def _quarantine(reports: Sequence[ContractReport], limit: int) -> Iterator[RenderableType]:
    rows: list[tuple[Text, ...]] = []
    rest: list[RenderableType] = []
    for report in reports:
        shown, left = cut(report.quarantined, limit)
        rows += [
            (
                Text("!", "yellow"),
                key(f"{row.source}:{row.line}", "bold"),
                key(row.worker_key or "(no key)"),
                safe("; ".join(row.reasons)),
            )
            for row in shown
        ]
        rest += left_out(left, f"{quarantine_file(report.source)} in the run's folder has them")
    yield from [Columns(rows)] if rows else []
    yield from rest


def _unsafe(plan: Plan | None) -> list[RenderableType]:
    found = unsafe(plan) if plan else ()
    rows = [(safe(g.verdict, VERDICT_STYLES[g.verdict]), safe(g.message)) for g in found]
    return [Columns(rows)] if rows else []
