"""What people said of a run's plan: on the run's page, beside what became of it."""

from collections.abc import Sequence

from data_contracts.approval import Approval, Rejection
from tasks.report import markdown_sections as part
from tasks.report.escaping import escape_cell
from tasks.report.wording import moment

FORM = "Prefect UI"
"""Where the form warns that a reason stands on the run's page; others are in `history` alone."""


def markdown_decisions(decisions: Sequence[Approval | Rejection]) -> str:
    """Who released or rejected the plan, when, and why; "" when nobody did.

    Args:
        decisions: In any order.
    """
    rows = [
        [
            escape_cell(moment(each.at)),
            escape_cell(_told(each)),
            escape_cell(each.note if each.via == FORM else ""),
        ]
        for each in sorted(decisions, key=lambda each: each.at)
    ]
    return part.section("Decisions", part.table(("When", "What", "Why"), rows)) if rows else ""


def _told(decision: Approval | Rejection) -> str:
    by = decision.told if isinstance(decision, Rejection) else f"released by {decision.approved_by}"
    return f"{by} ({decision.via})" if decision.via else by
