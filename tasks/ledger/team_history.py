"""Teams in the audit trail: who joined and left which, as a person's own lines; and adoptions."""

from collections.abc import Sequence

import sqlalchemy as sa

from data_contracts.outcome import HistoryEntry
from data_contracts.team_plan import TEAM_PREFIX
from tasks.ledger.event_words import EventKind
from tasks.ledger.schema import operation, operation_event
from tasks.ledger.team_links import TeamLinkEventKind
from tasks.ledger.team_operations import JOIN
from tasks.ledger.team_schema import team_link_event, team_member

_ADOPTION_WORDS = {
    str(TeamLinkEventKind.ADOPTED): ("linked", "the team was there already; it is managed now"),
    str(TeamLinkEventKind.CONTESTED): (
        "conflict",
        "the team stands for another value; that link stays, a person has to decide",
    ),
}
"""The events that no operation's line tells, with result and words."""


def subjects(connection: sa.Connection, target: str, wanted: str) -> list[str]:
    """Teams that are meant: by `team:KEY`, id or name, also one that only came under management.

    Args:
        connection: A transaction.
        target: Name of the target.
        wanted: What somebody typed.
    """
    query = sa.select(team_link_event.c.team_key).where(
        team_link_event.c.target == target,
        sa.or_(
            team_link_event.c.team_key == wanted.removeprefix(TEAM_PREFIX),
            team_link_event.c.team_id == wanted,
            team_link_event.c.name == wanted,
        ),
    )
    return [f"{TEAM_PREFIX}{key}" for key in connection.scalars(query.distinct())]


def memberships(
    connection: sa.Connection,
    target: str,
    workers: Sequence[str],
    run_id: str | None,
    limit: int | None,
) -> list[HistoryEntry]:
    """Read which teams people were to join and to leave, with what became of it; oldest first.

    Args:
        connection: A transaction.
        target: Name of the target.
        workers: Worker keys.
        run_id: The run; None for all.
        limit: At most so many lines; None for all.
    """
    later = operation_event.alias("later")
    is_last = ~sa.exists().where(
        later.c.operation_ref == operation_event.c.operation_ref,
        later.c.id > operation_event.c.id,
    )
    where = [
        operation.c.target == target,
        team_member.c.worker_key.in_(workers),
        sa.or_(operation_event.c.event == str(EventKind.OUTCOME), is_last),
    ]
    if run_id is not None:
        where.append(sa.or_(operation_event.c.run_id == run_id, operation.c.run_id == run_id))
    query = (
        sa.select(
            team_member,
            operation.c.worker_key.label("team"),
            operation.c.user_name.label("name"),
            operation_event.c.at,
            operation_event.c.run_id,
            operation_event.c.result,
            operation_event.c.detail,
            operation_event.c.verified,
        )
        .join(operation, operation.c.id == team_member.c.operation_ref)
        .join(operation_event, operation_event.c.operation_ref == operation.c.id)
        .where(*where)
        .order_by(operation_event.c.id.desc(), team_member.c.id.desc())
        .limit(limit)
    )
    return [
        HistoryEntry(
            at=row.at,
            run_id=row.run_id,
            worker_key=row.worker_key,
            account_id=row.account_id,
            kind=row.change,
            reason=row.reason,
            explanation=_explanation(row.change, row.name, row.team),
            result=row.result or "",
            detail=row.detail,
            verified=row.verified,
        )
        for row in connection.execute(query).all()[::-1]
    ]


def _explanation(change: str, name: str, team: str) -> str:
    word = "joins" if change == JOIN else "leaves"
    return f"{word} the team {name} ({team})"


def adoptions(
    connection: sa.Connection,
    target: str,
    subjects: Sequence[str] | None,
    run_id: str | None,
    limit: int | None,
) -> list[HistoryEntry]:
    """Read which teams came under management without a write; oldest first.

    Args:
        connection: A transaction.
        target: Name of the target.
        subjects: Keys of people and teams (`team:KEY`); None for all.
        run_id: The run; None for all.
        limit: At most so many lines; None for all.
    """
    query = sa.select(team_link_event).where(
        team_link_event.c.target == target, team_link_event.c.event.in_(list(_ADOPTION_WORDS))
    )
    if subjects is not None:
        keys = [s.removeprefix(TEAM_PREFIX) for s in subjects if s.startswith(TEAM_PREFIX)]
        query = query.where(team_link_event.c.team_key.in_(keys))
    if run_id is not None:
        query = query.where(team_link_event.c.run_id == run_id)
    rows = connection.execute(query.order_by(team_link_event.c.id.desc()).limit(limit)).all()
    return [
        HistoryEntry(
            at=row.at,
            run_id=row.run_id,
            worker_key=f"{TEAM_PREFIX}{row.team_key}",
            account_id=row.team_id,
            kind="adopt",
            reason=row.event,
            explanation=_ADOPTION_WORDS[row.event][1],
            result=_ADOPTION_WORDS[row.event][0],
        )
        for row in rows[::-1]
    ]
