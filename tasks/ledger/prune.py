"""Retention: what goes when its time is over, and what stays however old it is.

Contents of plans (values) go after one time, rows of old runs after another. What explains access
that somebody still has stays, and so do runs, what was read, what was approved, and the chain: an
entry says which rows went, and their digests prove that they were there.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from data_contracts.purge import Pruned
from tasks.ledger import chain
from tasks.ledger.audited import AUDITED
from tasks.ledger.chain_schema import ChainKind
from tasks.ledger.event_words import LinkState
from tasks.ledger.key_sets import ranges
from tasks.ledger.permit import permitted
from tasks.ledger.row_digests import Key
from tasks.ledger.salts import take_away
from tasks.ledger.schema import (
    account_link,
    exchange,
    link_event,
    open_operation,
    operation,
    operation_event,
    plan,
    plan_body,
    quarantined_row,
    run,
    run_plan,
    waiting_run,
)
from tasks.ledger.team_schema import team_member

BODIES = "plan_body"
"""What an entry calls the contents of plans that it removed."""

CHUNK = 500
"""Keys in one statement; SQLite allows 32,766, older ones 999."""


def prune(
    connection: sa.Connection,
    *,
    values_before: datetime | None,
    rows_before: datetime | None,
    at: datetime,
    by: str,
    dry: bool = False,
) -> Pruned:
    """Remove what is over its time.

    Args:
        connection: A writing transaction; for a dry run a reading one does.
        values_before: Contents of plans go whose last run ended before; None keeps all.
        rows_before: Rows go of runs that ended before; None keeps all.
        at: The present moment.
        by: Who does it.
        dry: Whether to count alone.

    Returns:
        What was removed; of files, which runs they may go of.
    """
    plans = [] if values_before is None else _plans(connection, values_before)
    rows = {} if rows_before is None else _rows(connection, rows_before)
    rows = {name: keys for name, keys in rows.items() if keys}
    pruned = Pruned(
        rows={name: len(keys) for name, keys in rows.items()},
        plans=len(plans),
        runs=() if values_before is None else tuple(_ended(connection, values_before)),
    )
    if dry or pruned.is_nothing:
        return pruned
    with permitted(connection, "prune"):
        for name, keys in rows.items():
            _delete(connection, AUDITED[name].key, keys)
        take_away(connection, {name: frozenset(keys) for name, keys in rows.items()})
    _delete(connection, plan_body.c.plan_digest, plans)
    body = {
        "pruned": {
            **{name: ranges(int(key) for key in keys) for name, keys in rows.items()},
            BODIES: plans,
        },
        "prune": {
            "values_before": _iso(values_before),
            "rows_before": _iso(rows_before),
            "at": _iso(at),
            "by": by,
        },
    }
    chain.add_entry(connection, ChainKind.PRUNED, body, None)
    return pruned


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat()


def _ended(connection: sa.Connection, before: datetime) -> list[str]:
    query = sa.select(run.c.run_id).where(run.c.ended_at < before).order_by(run.c.run_id)
    return list(connection.scalars(query))


def _plans(connection: sa.Connection, before: datetime) -> list[str]:
    """Plans whose content goes: no run that had them is younger, and nobody needs them any more.

    The newest plan of each target stays: what a person should know or decide is read from it.
    """
    young = sa.select(run_plan.c.plan_digest).join(run, run.c.run_id == run_plan.c.run_id)
    young = young.where(sa.or_(run.c.ended_at.is_(None), run.c.ended_at >= before))
    newest = (
        sa.select(sa.func.max(run_plan.c.id))
        .join(plan, plan.c.digest == run_plan.c.plan_digest)
        .group_by(plan.c.target)
    )
    needed = (
        young,
        sa.select(run_plan.c.plan_digest).where(run_plan.c.id.in_(newest)),
        sa.select(waiting_run.c.plan_digest),
        sa.select(operation.c.plan_digest)
        .join(open_operation)
        .where(operation.c.plan_digest.is_not(None)),
    )
    query = sa.select(plan_body.c.plan_digest).order_by(plan_body.c.plan_digest)
    for kept in needed:
        query = query.where(plan_body.c.plan_digest.not_in(kept))
    return list(connection.scalars(query))


def _rows(connection: sa.Connection, before: datetime) -> dict[str, list[Key]]:
    """Rows that go, by table, in the order in which they can be deleted."""
    old = sa.select(run.c.run_id).where(run.c.ended_at < before)
    kept = _with_last_numbers(connection)
    active = sa.exists().where(account_link.c.state == str(LinkState.ACTIVE))
    has_access = active.where(
        account_link.c.target == operation.c.target,
        account_link.c.worker_key == operation.c.worker_key,
    ).correlate(operation)
    is_open = sa.exists().where(open_operation.c.operation_ref == operation.c.id)
    later = sa.exists().where(
        operation_event.c.operation_ref == operation.c.id, operation_event.c.run_id.not_in(old)
    )
    operations = sa.select(operation.c.id).where(
        operation.c.run_id.in_(old), operation.c.id.not_in(kept), ~has_access, ~is_open, ~later
    )
    events = sa.select(operation_event.c.id).where(operation_event.c.operation_ref.in_(operations))
    linked = active.where(
        account_link.c.target == link_event.c.target,
        account_link.c.worker_key == link_event.c.worker_key,
    ).correlate(link_event)
    old_events = sa.select(operation_event.c.id).where(operation_event.c.run_id.in_(old))
    members = team_member.c.operation_ref.in_(operations)
    queries: Iterable[tuple[sa.Table, Any]] = (
        (exchange, sa.and_(exchange.c.event_ref.in_(old_events), _not_last(exchange))),
        (team_member, members),
        (operation_event, operation_event.c.id.in_(events)),
        (operation, operation.c.id.in_(operations)),
        (link_event, sa.and_(link_event.c.run_id.in_(old), ~linked, _not_last(link_event))),
        (
            quarantined_row,
            sa.and_(quarantined_row.c.run_id.in_(old), _not_last(quarantined_row)),
        ),
    )
    return {str(table.name): _keys(connection, table, which) for table, which in queries}


def _keys(connection: sa.Connection, table: sa.Table, which: Any) -> list[Key]:
    return list(connection.scalars(sa.select(table.c.id).where(which).order_by(table.c.id)))


def _with_last_numbers(connection: sa.Connection) -> set[int]:
    """Operations with the last row of a table: were it deleted, its number would be given again."""
    of_exchange = sa.select(exchange.c.event_ref).where(exchange.c.id == _last(exchange))
    events = sa.or_(
        operation_event.c.id == _last(operation_event),
        operation_event.c.id.in_(of_exchange),
    )
    queries = (
        sa.select(operation_event.c.operation_ref).where(events),
        sa.select(team_member.c.operation_ref).where(team_member.c.id == _last(team_member)),
        sa.select(_last(operation)),
    )
    return {number for query in queries for number in connection.scalars(query) if number}


def _not_last(table: sa.Table) -> sa.ColumnElement[bool]:
    return table.c.id < _last(table)


def _last(table: sa.Table) -> sa.ScalarSelect[int]:
    """The last number of a table."""
    return sa.select(sa.func.max(table.c.id)).scalar_subquery()


def _delete(connection: sa.Connection, column: sa.Column[Any], keys: Sequence[Key]) -> None:
    for start in range(0, len(keys), CHUNK):
        some = keys[start : start + CHUNK]
        connection.execute(sa.delete(column.table).where(column.in_(some)))
