"""What the ledger keeps of operations on teams, beside what it keeps of every operation."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from data_contracts.outcome import Outcome
from data_contracts.team_plan import TEAM_PREFIX, TeamOperation
from data_contracts.words import TeamOperationKind
from tasks.ledger.chain import append_rows
from tasks.ledger.team_links import TeamLinkChange, TeamLinkEventKind
from tasks.ledger.team_schema import team_member

JOIN = "join-team"
LEAVE = "leave-team"
"""What a person's own history calls a change of members."""


def write_members(
    connection: sa.Connection, operations: Iterable[tuple[int, TeamOperation]]
) -> None:
    """Keep who is to join and to leave by operations, given with their numbers."""
    rows: list[dict[str, Any]] = [
        {
            "operation_ref": ref,
            "worker_key": member.worker_key,
            "account_id": member.account_id,
            "change": change,
            "reason": member.reason,
        }
        for ref, operation in operations
        for change, members in ((JOIN, operation.add), (LEAVE, operation.remove))
        for member in members
    ]
    append_rows(connection, team_member, rows)


def link_change(outcome: Outcome | None, name: str, at: datetime) -> TeamLinkChange | None:
    """What an outcome says of a team's link; None for one about an account, or members."""
    if outcome is None or not isinstance(outcome.kind, TeamOperationKind):
        return None
    created = outcome.kind is TeamOperationKind.CREATE
    # a new team that did not take everything over is there, and ours, all the same
    made = outcome.succeeded or (created and bool(outcome.not_retained))
    if not made or outcome.account_id is None or outcome.kind is TeamOperationKind.MEMBERS:
        return None
    return TeamLinkChange(
        team_key=outcome.worker_key.removeprefix(TEAM_PREFIX),
        team_id=outcome.account_id,
        name=name,
        origin=TeamLinkEventKind.CREATED if created else TeamLinkEventKind.ADOPTED,
        at=at,
    )
