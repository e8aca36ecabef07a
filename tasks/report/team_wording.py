"""What is said of operations on teams the same way everywhere. Shows keys of people alone."""

from collections.abc import Sequence

from data_contracts.team_plan import TEAM_PREFIX, TeamAdoption, TeamMember, TeamOperation
from data_contracts.words import TeamOperationKind
from tasks.report.selection import cut
from tasks.report.wording import person

MEMBERS_NAMED = 10
"""People of one team that are named; the plan's file and `--json` have all of them."""


def team_text(operation: TeamOperation) -> str:
    """A team by its name, with its key where that is another."""
    return person(operation.name, f"{TEAM_PREFIX}{operation.team_key}")


def adopted_text(adoption: TeamAdoption) -> str:
    """An adopted team by its name, with its key where that is another."""
    return person(adoption.name, f"{TEAM_PREFIX}{adoption.team_key}")


def members_text(members: Sequence[TeamMember]) -> str:
    """Who, by worker key, with the reason where it is a particular one: `E7, E9 (leaver)`."""
    shown, left = cut(members, MEMBERS_NAMED)
    named = [m.worker_key + (" (leaver)" if m.reason == "leaver" else "") for m in shown]
    return ", ".join(named) + (f" and {left:,} more" if left else "")


def changes_text(operation: TeamOperation) -> str:
    """What an operation changes, in words."""
    if operation.kind is TeamOperationKind.RENAME:
        return f'"{operation.former_name}" -> "{operation.name}"'
    parts = []
    if operation.add:
        parts.append(f"adds {members_text(operation.add)}")
    if operation.remove:
        parts.append(f"removes {members_text(operation.remove)}")
    return "; ".join(parts)


def adoption_reason(adoption: TeamAdoption) -> str:
    """Why a team comes under management."""
    return f"the team was there already, found by {adoption.correlated_by}"
