"""A plan as a page for whoever has to say yes to it."""

from collections.abc import Iterator

from data_contracts.plan import Operation, Plan
from tasks.report import markdown_sections as part
from tasks.report.escaping import escape_cell
from tasks.report.markdown_teams import markdown_teams
from tasks.report.next_steps import next_step_of_plan
from tasks.report.privacy import changes
from tasks.report.selection import PLAN_FILE, SECTION_ROWS_MAX, cut, more
from tasks.report.wording import (
    TITLES,
    VERDICTS,
    adoption_reason,
    by_kind,
    person,
    plan_sum,
    plural,
    rows_text,
    unsafe,
)


def plan_markdown(
    plan: Plan,
    *,
    show_values: bool = False,
    limit: int = SECTION_ROWS_MAX,
    run_id: str | None = None,
) -> str:
    """What a plan would do, to how many, which limit is passed, and how to approve.

    Args:
        plan: The plan.
        show_values: Whether values of personal attributes may be shown.
        limit: Most rows of each table; a last one says how many more there are and where.
        run_id: The run that made the plan, for the commands.

    Returns:
        Markdown: the verdict first.
    """
    return part.page(
        (
            f"# Plan for {escape_cell(plan.target)} as of {plan.as_of.isoformat()}",
            f"**{VERDICTS[plan.verdict]}** It would be: {plan_sum(plan)}.",
            "\n".join(f"- {escape_cell(result.message)}" for result in unsafe(plan)),
            part.commands(next_step_of_plan(plan, run_id)),
            part.guardrails(plan),
            *_operations(plan, show_values, limit),
            _adoptions(plan, limit),
            markdown_teams(plan, limit=limit),
            part.findings(plan, limit),
            _counts(plan),
            _basis(plan),
        )
    )


def _operations(plan: Plan, show_values: bool, limit: int) -> Iterator[str]:
    for kind, operations in by_kind(plan.operations).items():
        shown, left = cut(operations, limit)
        rows = [_operation(operation, show_values) for operation in shown]
        if left:
            rows.append([escape_cell(more(left, PLAN_FILE)), "", "", "", ""])
        title = f"{TITLES[kind]} {plural(len(operations), 'account')}"
        yield part.section(title, part.table(("Who", "Why", "Changed", "Rows", "Account"), rows))


def _operation(operation: Operation, show_values: bool) -> list[str]:
    cells = (
        person(operation.user_name, operation.worker_key),
        f"{operation.reason}: {operation.explanation}",
        ", ".join(change.text("→") for change in changes(operation, show_values)),
        rows_text(operation),
        operation.account_id or "",
    )
    return [escape_cell(cell) for cell in cells]


def _adoptions(plan: Plan, limit: int) -> str:
    shown, left = cut(plan.adoptions, limit)
    rows = [
        [
            escape_cell(person(adoption.user_name, adoption.worker_key)),
            escape_cell(adoption_reason(adoption)),
            escape_cell(adoption.account_id),
        ]
        for adoption in shown
    ]
    if left:
        rows.append([escape_cell(more(left, PLAN_FILE)), "", ""])
    title = f"Adopt {plural(len(plan.adoptions), 'account')}"
    note = "From now on managed; nothing is written to them for that."
    return part.section(title, note, part.table(("Who", "Why", "Account"), rows)) if rows else ""


def _counts(plan: Plan) -> str:
    rows = ([escape_cell(key.replace("_", " ")), f"{n:,}"] for key, n in plan.counts.items())
    return part.section("Counts", part.table(("What", "How many"), rows))


def _basis(plan: Plan) -> str:
    rows = (
        [
            escape_cell(name),
            escape_cell(basis.path),
            escape_cell(f"{basis.contract} {basis.contract_version}"),
            f"{basis.rows:,}",
            f"{basis.accepted:,}",
        ]
        for name, basis in plan.basis.sources.items()
    )
    return part.section(
        "Made from",
        part.table(("Source", "File", "Contract", "Rows", "Accepted"), rows),
        f"{plural(plan.basis.target_accounts, 'account')} at the target. "
        f"Digest of this plan: `{plan.digest}`",
    )
