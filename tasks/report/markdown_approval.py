"""What a person is asked to approve: the text above the form, and the page beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from data_contracts.approval import Approval
from data_contracts.plan import Plan
from tasks.report import markdown_sections as part
from tasks.report.escaping import escape_cell
from tasks.report.next_steps import NextStep
from tasks.report.wording import moment, plan_sum, plural, unsafe


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and what was answered so far.

    Attributes:
        plan: The plan.
        run_id: The run that waits.
        until: When it is too late.
        people: How many different people have to approve.
        given: The approvals that count already.
        note: Why the last answer did not count; "" when there was none, or it did.
        links: Where to see more: addresses by their words.
    """

    plan: Plan
    run_id: str
    until: datetime
    people: int
    given: Sequence[Approval] = ()
    note: str = ""
    links: Mapping[str, str] = field(default_factory=dict)


def form_markdown(question: Question) -> str:
    """The text above the form: what would happen, which limits it passes, who said yes already.

    Args:
        question: What is asked.
    """
    return part.page(
        (
            f"**The last answer did not count:** {escape_cell(question.note)}"
            if question.note
            else "",
            f"**Carry this plan out?** It would be: {plan_sum(question.plan)}.",
            _limits(question.plan),
            _given(question),
            _links(question),
            f"Without an answer it is rejected on {moment(question.until)}.",
        )
    )


def approval_markdown(question: Question) -> str:
    """The page beside the form: the same, with the commands and each guardrail.

    Args:
        question: What is asked.
    """
    plan, run = question.plan, question.run_id
    return part.page(
        (
            f"# Waiting for approval: {escape_cell(plan.target)} as of {plan.as_of.isoformat()}",
            f"**Nothing is written until a person approves.** It would be: {plan_sum(plan)}.",
            f"The last answer did not count: {escape_cell(question.note)}" if question.note else "",
            _limits(plan),
            _given(question),
            _links(question),
            part.section(
                "How to answer",
                "Here: **Resume** on the run's page opens a form: approve or reject, by whom, why. "
                "From a command line:",
                part.commands(
                    NextStep(
                        "After a look at each operation, one of:",
                        (
                            f'scimflow approve {run} --note "why"',
                            f'scimflow reject {run} --reason "why not"',
                        ),
                    )
                ),
                f"Without an answer it is rejected on {moment(question.until)}. An approval counts "
                "for this plan alone: when an export, the target or the settings move before it is "
                "carried out, nothing is written.",
                f"Digest of this plan: `{plan.digest}`",
            ),
            part.guardrails(plan),
        )
    )


def _limits(plan: Plan) -> str:
    return "\n".join(f"- {escape_cell(result.message)}" for result in unsafe(plan))


def _given(question: Question) -> str:
    """Who said yes, and how many are wanted; nothing where one person is enough."""
    lines = [
        f"- approved by {escape_cell(approval.approved_by)} on {moment(approval.at)}"
        for approval in question.given
    ]
    missing = question.people - len(question.given)
    if question.people > 1 and missing > 0:
        other = "other " if question.given else "different "
        lines.append(f"- {plural(missing, f'{other}person', f'{other}people')} still to approve")
    return "\n".join(lines)


def _links(question: Question) -> str:
    links = (f"[{escape_cell(words)}]({url})" for words, url in question.links.items())
    return " · ".join(links)
