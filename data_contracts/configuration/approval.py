"""`approval`: who has to say yes to a plan, and how long a run waits for it."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from data_contracts.approval import folded_name
from data_contracts.configuration.strict import Section

Text = Annotated[str, Field(min_length=1)]

LONGEST_H = 24 * 30
"""A plan that is a month old describes another company."""


class AlwaysApprove(Section):
    """What needs a person's word also when every limit of `guardrails` holds."""

    role_upgrades: bool = False
    """Whether every plan that gives somebody a more powerful role needs approval."""
    adoptions: Annotated[int, Field(ge=0)] | None = None
    """More accounts, there already, that would come under management than this need approval; none:
    only `guardrails.adoptions` limits them."""


class ApprovalRules(Section):
    """How a held plan gets a person's word."""

    wait: Literal["suspend", "pause", "end"] = "suspend"
    """What a run does whose plan is held: `suspend` frees its worker and goes on when somebody
    answers the form in the Prefect UI (a run without a deployment ends instead); `pause` waits with
    the process; `end` ends, for `scimflow approve` and `scimflow apply`."""
    timeout_h: Annotated[float, Field(gt=0, le=LONGEST_H)] = 72
    """Hours until a plan that nobody approved is rejected by itself."""
    people: Literal[1, 2] = 1
    """How many different people have to approve."""
    reviewers: tuple[Text, ...] = ()
    """Names of those whose word counts, offered by the form; empty: whoever gives a name."""
    always: AlwaysApprove = AlwaysApprove()
    """What needs approval whatever its number."""

    @model_validator(mode="after")
    def _enough_reviewers(self) -> "ApprovalRules":
        named = {folded_name(name) for name in self.reviewers}
        if self.reviewers and len(named) < self.people:
            raise ValueError(f"`people: {self.people}` needs as many different `reviewers`")
        return self

    def counts(self, name: str) -> bool:
        """Whether the word of somebody who goes by this name counts."""
        known = {folded_name(each) for each in self.reviewers}
        return bool(folded_name(name)) and (not known or folded_name(name) in known)
