"""What became of somebody's word about a plan, for the terminal and for machines."""

from typing import Any

from rich.console import Group, RenderableType

from data_contracts.approval import Decided
from tasks.report.terminal_layout import Line, safe
from tasks.report.wording import plural


def approved_view(decided: Decided, name: str, *, in_turn: bool = False) -> RenderableType:
    """That a plan was approved, and what is to be done now.

    Args:
        decided: What became of it.
        name: What the user called the plan by.
        in_turn: Whether it is of a day of a backfill, which carries it out when its turn comes.
    """
    lines = [f"approved by {decided.by}: {decided.digest}"]
    run = decided.waiting.run_id if decided.waiting else None
    if decided.missing:
        other = plural(decided.missing, "more person", "more people")
        lines.append(f"{decided.given} of {decided.wanted} approvals; {other} to approve")
    elif run is None and in_turn:
        lines.append("next: the same scimflow backfill again")
    elif run is None:
        lines.append(f"next: scimflow apply {name}")
    elif decided.hindrance:
        lines.append(f"run {run} was not told: {decided.hindrance}")
        lines.append(
            "next: set PREFECT_API_URL and approve again, or wait for the next run of the target, "
            "which tells it"
        )
    else:
        lines.append(f"run {run} goes on and carries it out")
    return Group(*(Line(safe(line)) for line in lines))


def rejected_view(decided: Decided) -> RenderableType:
    """That a plan was rejected, and what became of the run that waited.

    Args:
        decided: What became of it.
    """
    lines = [f"rejected by {decided.by}: {decided.digest}"]
    if decided.waiting is not None:
        lines.append(f"run {decided.waiting.run_id} ends as rejected; nothing is written")
    if decided.hindrance:
        lines.append(f"the Prefect UI does not show it yet: {decided.hindrance}")
    return Group(*(Line(safe(line)) for line in lines))


def decision_document(decided: Decided, role: str) -> dict[str, Any]:
    """The same for machines.

    Args:
        decided: What became of it.
        role: `approved_by` or `rejected_by`.
    """
    return {
        "digest": decided.digest,
        role: decided.by,
        "approvals": decided.given,
        "wanted": decided.wanted,
        "run": decided.waiting.run_id if decided.waiting else None,
        "goes_on": decided.waiting is not None and not decided.missing and not decided.hindrance
        if role == "approved_by"
        else False,
        "hindrance": decided.hindrance,
    }
