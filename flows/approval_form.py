"""The form by which a person answers in the Prefect UI."""

from typing import Any, Literal

import pydantic
from prefect.input import RunInput
from pydantic import Field

NAME_MAX, REASON_MAX = 100, 1000
"""Enough for a name and for a reason; the ledger keeps them for ever."""


class ApprovalForm(RunInput):
    """What is answered. No field has a default but the digest: who answers has to choose."""

    decision: Literal["approve", "reject"] = Field(
        description="approve: this plan is carried out, and no other. reject: nothing is written."
    )
    reviewer: str = Field(
        min_length=1, max_length=NAME_MAX, description="Your name; goes to the ledger."
    )
    reason: str = Field(
        min_length=1,
        max_length=REASON_MAX,
        description="Why; goes to the ledger and to the run's page: name nobody here.",
    )
    digest: str = Field(description="Names the plan that the answer is about; leave it as it is.")


def approval_form(digest: str, reviewers: tuple[str, ...], text: str) -> type[ApprovalForm]:
    """Make the form for one plan.

    Args:
        digest: The plan's, filled in.
        reviewers: Names to choose from; empty: any name.
        text: Markdown, shown above the fields.

    Returns:
        A form whose bounds hold at Prefect's server too: `with_initial_data` would drop them.
    """
    shown = ApprovalForm.model_fields["digest"].description
    fields: dict[str, Any] = {"digest": (str, Field(digest, description=shown))}
    if reviewers:
        names = Literal[reviewers]  # type: ignore[valid-type]
        shown = ApprovalForm.model_fields["reviewer"].description
        fields["reviewer"] = (names, Field(description=shown))
    form = pydantic.create_model("ApprovalForm", __base__=ApprovalForm, **fields)
    form._description = text
    return form


def answer(decision: str, reviewer: str, reason: str, digest: str) -> dict[str, str]:
    """The same answer as a program gives it to Prefect's API."""
    return {"decision": decision, "reviewer": reviewer, "reason": reason, "digest": digest}
