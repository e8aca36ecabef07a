"""The audit trail as lines: what was done to whom, when, by which run, why, with which result."""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from data_contracts.outcome import HistoryEntry, HttpExchange
from tasks.ledger import approval_history, team_history
from tasks.ledger.event_words import EventKind, LinkEventKind
from tasks.ledger.schema import (
    exchange,
    folded,
    link_event,
    operation,
    operation_event,
    quarantined_row,
    run,
)

ADOPT = "adopt"
QUARANTINE = "quarantine"

CHUNK = 500
"""Keys asked for in one statement; SQLite allows 32,766, older ones 999."""


def read(
    connection: sa.Connection,
    target: str,
    person: str | None,
    run_id: str | None,
    limit: int | None,
) -> list[HistoryEntry]:
    """Read the newest lines, oldest first.

    Args:
        connection: A transaction.
        target: Name of the target.
        person: Worker key, account id or userName, also a former one; None for everybody. A team
            by `team:KEY`, id or name. Keys and ids count letter by letter, userNames (RFC 7643
            section 4.1.1) and names of teams without regard to case.
        run_id: The run; None for all.
        limit: At most so many lines; None for all.

    Returns:
        One line for each outcome, each intent that has no outcome yet, each adoption, each
        quarantined row, each approval and each rejection; of a person also each team to join or to
        leave. A person nobody knows has none.
    """
    found = None if person is None else workers(connection, target, person)
    if found is not None and not found:
        return []
    if found is not None:
        found = with_former(connection, target, found)
    lines = [
        *_operations(connection, target, found, run_id, limit),
        *_adoptions(connection, target, found, run_id, limit),
        *_quarantined(connection, target, found, run_id, limit),
        *team_history.adoptions(connection, target, found, run_id, limit),
        *(team_history.memberships(connection, target, found, run_id, limit) if found else ()),
        *(approval_history.lines(connection, target, run_id, limit) if found is None else ()),
    ]
    lines.sort(key=lambda line: line.at)
    return lines if limit is None else lines[max(len(lines) - limit, 0) :]


def workers(connection: sa.Connection, target: str, person: str) -> list[str]:
    """Read whose keys are meant: those who have, or once had, this key, account or userName."""
    wanted, login = person.strip(), folded(person)
    found: set[str] = set()
    for table in (operation, link_event):
        query = sa.select(table.c.worker_key).where(
            table.c.target == target,
            sa.or_(
                table.c.worker_key == wanted,
                table.c.account_id == wanted,
                table.c.user_name_folded == login,
            ),
        )
        found.update(connection.scalars(query.distinct()))
    quarantined = (
        sa.select(quarantined_row.c.id)
        .join(run, run.c.run_id == quarantined_row.c.run_id)
        .where(run.c.target == target, quarantined_row.c.worker_key == wanted)
    )
    if connection.scalar(quarantined.limit(1)) is not None:
        found.add(wanted)
    found.update(team_history.subjects(connection, target, wanted))
    return sorted(found)


def with_former(connection: sa.Connection, target: str, keys: list[str]) -> list[str]:
    """Add the keys under which the same people were known before, by accounts that went on.

    Args:
        connection: A transaction.
        target: Name of the target.
        keys: Worker keys.
    """
    before, after = link_event.alias("before"), link_event.alias("after")
    same = sa.and_(
        before.c.target == after.c.target,
        before.c.run_id == after.c.run_id,
        before.c.account_id == after.c.account_id,
        before.c.at == after.c.at,
    )
    handed_on = sa.and_(
        before.c.target == target,
        before.c.event == str(LinkEventKind.HANDED_ON),
        after.c.event == str(LinkEventKind.ADOPTED),
    )
    query = sa.select(before.c.worker_key).join(after, same).where(handed_on)
    known, new = set(keys), set(keys)
    while new:
        new = set(connection.scalars(query.where(after.c.worker_key.in_(new)))) - known
        known |= new
    return sorted(known)


def _operations(
    connection: sa.Connection,
    target: str,
    workers: list[str] | None,
    run_id: str | None,
    limit: int | None,
) -> list[HistoryEntry]:
    later = operation_event.alias("later")
    is_last = ~sa.exists().where(
        later.c.operation_ref == operation_event.c.operation_ref,
        later.c.id > operation_event.c.id,
    )
    where = [
        operation.c.target == target,
        sa.or_(operation_event.c.event == str(EventKind.OUTCOME), is_last),
    ]
    if workers is not None:
        where.append(operation.c.worker_key.in_(workers))
    if run_id is not None:
        where.append(sa.or_(operation_event.c.run_id == run_id, operation.c.run_id == run_id))
    query = (
        sa.select(
            operation_event.c.id.label("event_ref"),
            operation_event.c.at,
            operation_event.c.run_id,
            operation_event.c.account_id,
            operation_event.c.result,
            operation_event.c.detail,
            operation_event.c.verified,
            operation.c.worker_key,
            operation.c.kind,
            operation.c.reason,
            operation.c.explanation,
            operation.c.changed,
            operation.c.rows,
            operation.c.role,
            operation.c.role_rule,
        )
        .join(operation, operation.c.id == operation_event.c.operation_ref)
        .where(*where)
        .order_by(operation_event.c.id.desc())
        .limit(limit)
    )
    rows = connection.execute(query).all()[::-1]
    exchanges = _exchanges(connection, [row.event_ref for row in rows])
    return [_operation_line(row, exchanges.get(row.event_ref, ())) for row in rows]


def _operation_line(row: Any, exchanges: Iterable[HttpExchange]) -> HistoryEntry:
    return HistoryEntry(
        at=row.at,
        run_id=row.run_id,
        worker_key=row.worker_key,
        account_id=row.account_id,
        kind=row.kind,
        reason=row.reason,
        explanation=_with_role(row),
        changed=tuple(row.changed),
        result=row.result or "",
        detail=row.detail,
        verified=row.verified,
        rows=tuple(row.rows),
        exchanges=tuple(exchanges),
    )


def _with_role(row: Any) -> str:
    """Why something was done, and which rule gave the role that was written."""
    if not row.role:
        return str(row.explanation)
    by = f" by {row.role_rule}" if row.role_rule else ""
    return f"{row.explanation}; role {row.role}{by}"


def _exchanges(connection: sa.Connection, events: list[int]) -> dict[int, list[HttpExchange]]:
    found: dict[int, list[HttpExchange]] = {}
    for start in range(0, len(events), CHUNK):
        query = sa.select(exchange).where(exchange.c.event_ref.in_(events[start : start + CHUNK]))
        for row in connection.execute(query.order_by(exchange.c.id)):
            seen = HttpExchange(
                row.method, row.path, row.status, row.elapsed_ms, row.purpose, row.at
            )
            found.setdefault(row.event_ref, []).append(seen)
    return found


_ADOPTION_WORDS = {
    str(LinkEventKind.ADOPTED): (
        "linked",
        "the account was there already, found by {key}; from now on it is managed",
    ),
    str(LinkEventKind.CONTESTED): (
        "conflict",
        "the account is linked to somebody else; that link stays, a person has to decide",
    ),
    str(LinkEventKind.HANDED_ON): (
        "handed on",
        "the same person has another worker key now, by their person id: the account goes with it",
    ),
}
"""The link events that no operation's line tells, with result and words."""

_BY_HAND = {str(LinkEventKind.LINKED): "link", str(LinkEventKind.UNLINKED): "unlink"}
"""The link events that a person made, with their kind; the run's message tells who and why."""


def _adoptions(
    connection: sa.Connection,
    target: str,
    workers: list[str] | None,
    run_id: str | None,
    limit: int | None,
) -> list[HistoryEntry]:
    query = (
        sa.select(link_event, run.c.message)
        .join(run, run.c.run_id == link_event.c.run_id)
        .where(
            link_event.c.target == target,
            link_event.c.event.in_([*_ADOPTION_WORDS, *_BY_HAND]),
        )
    )
    if workers is not None:
        query = query.where(link_event.c.worker_key.in_(workers))
    if run_id is not None:
        query = query.where(link_event.c.run_id == run_id)
    rows = connection.execute(query.order_by(link_event.c.id.desc()).limit(limit)).all()
    return [_link_line(row) for row in rows[::-1]]


def _link_line(row: Any) -> HistoryEntry:
    if row.event in _BY_HAND:
        kind, result, words = _BY_HAND[row.event], row.event, row.message
    else:
        kind, (result, words) = ADOPT, _ADOPTION_WORDS[row.event]
        words = words.format(key=row.correlated_by or "its answer")
    return HistoryEntry(
        at=row.at,
        run_id=row.run_id,
        worker_key=row.worker_key,
        account_id=row.account_id,
        kind=kind,
        reason=row.event,
        explanation=words,
        result=result,
    )


def _quarantined(
    connection: sa.Connection,
    target: str,
    workers: list[str] | None,
    run_id: str | None,
    limit: int | None,
) -> list[HistoryEntry]:
    query = (
        sa.select(quarantined_row, run.c.started_at)
        .join(run, run.c.run_id == quarantined_row.c.run_id)
        .where(run.c.target == target)
    )
    if workers is not None:
        query = query.where(quarantined_row.c.worker_key.in_(workers))
    if run_id is not None:
        query = query.where(quarantined_row.c.run_id == run_id)
    rows = connection.execute(query.order_by(quarantined_row.c.id.desc()).limit(limit)).all()
    return [
        HistoryEntry(
            at=row.started_at,
            run_id=row.run_id,
            worker_key=row.worker_key or "",
            account_id=None,
            kind=QUARANTINE,
            reason=", ".join(row.rule_ids),
            explanation="; ".join(row.reasons),
            result="quarantined",
            rows=(f"{row.source}:{row.line}",),
        )
        for row in rows[::-1]
    ]
