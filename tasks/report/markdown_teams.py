"""Teams in a Markdown page: what is done to which, and who joins and leaves."""

from collections.abc import Sequence

from data_contracts.outcome import Outcome
from data_contracts.plan import Plan
from tasks.report import markdown_sections as part
from tasks.report.escaping import escape_cell
from tasks.report.selection import PLAN_FILE, SECTION_ROWS_MAX, cut, more
from tasks.report.team_wording import adopted_text, adoption_reason, changes_text, team_text
from tasks.report.wording import TEAM_TITLES, by_operation, result_text


def markdown_teams(
    plan: Plan, outcomes: Sequence[Outcome] | None = None, limit: int = SECTION_ROWS_MAX
) -> str:
    """What is done, or was done, to teams; nothing for a plan without.

    Args:
        plan: The plan.
        outcomes: What became of it; None while nothing was carried out.
        limit: Most rows; a last one says how many more there are and where.
    """
    known = by_operation(outcomes or ())
    shown, left = cut(plan.team_operations, limit)
    rows = [
        [
            escape_cell(team_text(operation)),
            escape_cell(TEAM_TITLES[operation.kind].lower()),
            escape_cell(f"{operation.reason}: {operation.explanation}"),
            escape_cell(changes_text(operation)),
            "planned"
            if outcomes is None
            else escape_cell(result_text(known.get(operation.operation_id))),
        ]
        for operation in shown
    ]
    if left:
        rows.append([escape_cell(more(left, PLAN_FILE)), "", "", "", ""])
    rows += [
        [
            escape_cell(adopted_text(each)),
            "adopt",
            escape_cell(adoption_reason(each)),
            "",
            "planned" if outcomes is None else "done",
        ]
        for each in plan.team_adoptions[:limit]
    ]
    heads = ("Team", "What", "Why", "Members and name", "Result")
    return part.section("Teams", part.table(heads, rows))
