"""Teams in a terminal: what is done to which, and who joins and leaves."""

from collections.abc import Iterator, Mapping

from rich.console import RenderableType
from rich.text import Text

from data_contracts.outcome import Outcome
from data_contracts.plan import Plan
from data_contracts.team_plan import TeamOperation
from data_contracts.words import OutcomeResult, TeamOperationKind
from tasks.report.selection import cut
from tasks.report.team_wording import adopted_text, adoption_reason, changes_text, team_text
from tasks.report.terminal_layout import (
    TEAM_SIGNS,
    Columns,
    Line,
    heading,
    key,
    left_out,
    safe,
)
from tasks.report.wording import TEAM_DONE, TEAM_TITLES, plural, result_text


def terminal_teams(plan: Plan, limit: int, where: str) -> Iterator[RenderableType]:
    """What a plan does to teams, kind by kind.

    Args:
        plan: The plan.
        limit: Most teams shown of each kind.
        where: Where the others can be read.
    """
    for kind in TeamOperationKind:
        operations = [o for o in plan.team_operations if o.kind is kind]
        if not operations:
            continue
        shown, left = cut(operations, limit)
        yield heading(f"{TEAM_TITLES[kind]} {plural(len(operations), 'team')}")
        for operation in shown:
            yield from _lines(operation)
        yield from left_out(left, where)
    if plan.team_adoptions:
        shown_adoptions, left = cut(plan.team_adoptions, limit)
        count = plural(len(plan.team_adoptions), "team")
        yield heading(f"Adopt {count} (managed from now on, nothing written)")
        rows = [
            (
                Text("=", "blue"),
                key(adopted_text(each), "bold"),
                safe(adoption_reason(each)),
            )
            for each in shown_adoptions
        ]
        yield Columns(rows)
        yield from left_out(left, where)


def _lines(operation: TeamOperation) -> Iterator[RenderableType]:
    sign, style = TEAM_SIGNS[operation.kind]
    yield Line(Text(f"{sign} ", style) + key(team_text(operation), "bold"), 2, 4)
    yield Line(safe(f"{operation.reason}: {operation.explanation}"), 6)
    if text := changes_text(operation):
        yield Line(safe(text, "dim"), 6, 2)


def run_rows(plan: Plan, known: Mapping[str, Outcome] | None) -> Iterator[tuple[Text, ...]]:
    """Teams in the short table of what happened.

    Args:
        plan: The plan.
        known: Outcomes by operation; None while nothing was carried out.
    """
    for operation in plan.team_operations:
        sign, style = TEAM_SIGNS[operation.kind]
        outcome = known.get(operation.operation_id) if known is not None else None
        done = TEAM_DONE[operation.kind]
        if known is None:
            result, trouble = f"to {operation.kind}", ""
        elif outcome is not None and outcome.succeeded:
            already = outcome.result is OutcomeResult.ALREADY
            result, trouble = "so already" if already else done, ""
        else:
            result, trouble = f"not {done}", f"{result_text(outcome)}; "
        why = changes_text(operation) or operation.explanation
        yield (
            Text(sign, style),
            key(team_text(operation), "bold"),
            Text(),
            safe(result, "bold red" if trouble else ""),
            Text() + safe(trouble, "red") + safe(why),
        )
