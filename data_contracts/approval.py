"""What people say of held plans: approvals and rejections, and which of them count."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class RejectionCause(StrEnum):
    """Why a held plan was not carried out."""

    PERSON = "person"  # somebody said no
    EXPIRED = "expired"  # nobody said yes in time
    SUPERSEDED = "superseded"  # a newer plan stands in its place
    CANCELLED = "cancelled"  # its run was cancelled in the Prefect UI


@dataclass(frozen=True, slots=True)
class Approval:
    """Somebody's word that a held plan may be carried out; counts for that digest alone.

    Attributes:
        plan_digest: The plan.
        approved_by: Who, as they call themselves.
        at: When (UTC).
        note: Why.
        via: Where it was said: `command line`, `Prefect UI`.
    """

    plan_digest: str
    approved_by: str
    at: datetime
    note: str = ""
    via: str = ""


@dataclass(frozen=True, slots=True)
class Rejection:
    """That a held plan is not to be carried out; takes back what was approved of it before.

    Attributes:
        plan_digest: The plan.
        rejected_by: Who; "" when nobody did, but time or a newer plan.
        at: When (UTC).
        cause: Why it came about.
        note: Why, in words.
        via: Where it was said.
        run_id: The run that waited; None for a plan that no run waited for.
    """

    plan_digest: str
    rejected_by: str
    at: datetime
    cause: RejectionCause = RejectionCause.PERSON
    note: str = ""
    via: str = ""
    run_id: str | None = None

    @property
    def told(self) -> str:
        """The same in a few words, without the note."""
        match self.cause:
            case RejectionCause.PERSON:
                return f"rejected by {self.rejected_by}"
            case RejectionCause.EXPIRED:
                return "rejected: nobody approved in time"
            case RejectionCause.SUPERSEDED:
                return "rejected: a newer plan stands in its place"
            case RejectionCause.CANCELLED:
                return "rejected: its run was cancelled"


@dataclass(frozen=True, slots=True)
class WaitingRun:
    """A run that waits for a person's word about its plan.

    Attributes:
        run_id: The run.
        target: Name of the target.
        flow: Its flow.
        plan_digest: The plan.
        prefect_run_id: Id of the Prefect flow run that is suspended or paused.
        since: When it began to wait (UTC).
        until: When it is too late (UTC).
        asked: How many forms it has shown: two people answer two of them.
        for_everybody: Whether the plan is for everybody, not for some people.
    """

    run_id: str
    target: str
    flow: str
    plan_digest: str
    prefect_run_id: str
    since: datetime
    until: datetime
    asked: int = 1
    for_everybody: bool = True


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of somebody's word.

    Attributes:
        digest: The plan.
        by: Who.
        given: How many approvals of the plan count now.
        wanted: How many people have to approve.
        waiting: The run that waited for it; None when none did.
        hindrance: Why that run does not go on by itself now; "" when it does.
    """

    digest: str
    by: str
    given: int
    wanted: int
    waiting: WaitingRun | None
    hindrance: str = ""

    @property
    def missing(self) -> int:
        """How many people still have to approve."""
        return max(self.wanted - self.given, 0)


def same_person(one: str, other: str) -> bool:
    """Whether two names are the same person's, as far as names can tell.

    >>> same_person("Ada  Moreau ", "ada moreau")
    True
    """
    return folded_name(one) == folded_name(other)


def folded_name(name: str) -> str:
    """A name without regard to case and blanks."""
    return " ".join(name.split()).casefold()


def counting(
    approvals: Sequence[Approval], rejections: Sequence[Rejection]
) -> tuple[Approval, ...]:
    """The approvals of one plan that count: one a person, none from before a rejection.

    Args:
        approvals: Of one plan.
        rejections: Of the same plan.

    Returns:
        The first one of each person, in the order in which they were given.
    """
    last = max((rejection.at for rejection in rejections), default=None)
    found: dict[str, Approval] = {}
    for approval in sorted(approvals, key=lambda each: each.at):
        if last is None or approval.at > last:
            found.setdefault(folded_name(approval.approved_by), approval)
    return tuple(found.values())


def standing_rejection(
    approvals: Sequence[Approval], rejections: Sequence[Rejection]
) -> Rejection | None:
    """A person's rejection of a plan that nobody has overruled by approving it later.

    Args:
        approvals: Of one plan.
        rejections: Of the same plan.
    """
    said = [r for r in rejections if r.cause is RejectionCause.PERSON]
    last = max(said, key=lambda each: each.at, default=None)
    overruled = last is not None and any(approval.at > last.at for approval in approvals)
    return None if overruled else last
