"""Whose operations failed in the last runs, and how often in a row."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from data_contracts.failing import FailingOperation, meaning_of
from data_contracts.outcome import Outcome
from data_contracts.plan import Operation
from data_contracts.words import OperationKind, OutcomeResult
from tasks.ledger.schema import failing_operation

FAILURES = (OutcomeResult.FAILED, OutcomeResult.CONFLICT)
"""Results that count. `unknown` does not: the next run looks what became of it."""

CHUNK = 500
"""Keys asked for in one statement; SQLite allows 32,766, older ones 999."""

Ended = tuple[Operation | None, Outcome, datetime]
"""An outcome, when it was written, and the operation where this run knows it."""

_REMOVE = sa.delete(failing_operation).where(
    failing_operation.c.target == sa.bindparam("of_target"),
    failing_operation.c.worker_key == sa.bindparam("of_worker"),
)


def read(connection: sa.Connection, target: str) -> dict[str, FailingOperation]:
    """Read whose operations keep failing, by worker key."""
    query = sa.select(failing_operation).where(failing_operation.c.target == target)
    rows = connection.execute(query.order_by(failing_operation.c.worker_key))
    return {row.worker_key: _failing(row) for row in rows}


def note(connection: sa.Connection, target: str, run_id: str, ended: Sequence[Ended]) -> None:
    """Bring the failures in a row up to date.

    Args:
        connection: A writing transaction.
        target: Name of the target.
        run_id: The run that writes.
        ended: In the order in which they ended. A failure whose operation this run does not know
            (it settles what another run left) is nobody's own and does not count.
    """
    for start in range(0, len(ended), CHUNK):
        some = ended[start : start + CHUNK]
        workers = {outcome.worker_key for _, outcome, _ in some}
        known = _known(connection, target, workers)
        after = dict(known)
        for operation, outcome, at in some:
            if outcome.succeeded:
                after.pop(outcome.worker_key, None)
            elif outcome.result in FAILURES and operation is not None:
                before = after.get(outcome.worker_key)
                after[outcome.worker_key] = _once_more(before, operation, outcome, run_id, at)
        changed = [key for key in {*known, *after} if known.get(key) != after.get(key)]
        _replace(connection, target, changed, [after[key] for key in changed if key in after])


def forget(connection: sa.Connection, target: str, keep: Collection[str]) -> None:
    """Forget whoever no longer has anything to be done.

    Args:
        connection: A writing transaction.
        target: Name of the target.
        keep: Worker keys of those who have an operation in a plan of everybody.
    """
    gone = sorted(read(connection, target).keys() - set(keep))
    _replace(connection, target, gone, [])


def _once_more(
    before: FailingOperation | None,
    operation: Operation,
    outcome: Outcome,
    run_id: str,
    at: datetime,
) -> FailingOperation:
    meaning = meaning_of(operation)
    same = before is not None and before.meaning == meaning
    return FailingOperation(
        worker_key=outcome.worker_key,
        kind=operation.kind,
        meaning=meaning,
        failures=before.failures + 1 if before and same else 1,
        detail=outcome.detail,
        run_id=run_id,
        first_at=before.first_at if before and same else at,
        last_at=at,
    )


def _known(
    connection: sa.Connection, target: str, workers: Collection[str]
) -> dict[str, FailingOperation]:
    query = sa.select(failing_operation).where(
        failing_operation.c.target == target, failing_operation.c.worker_key.in_(sorted(workers))
    )
    return {row.worker_key: _failing(row) for row in connection.execute(query)}


def _replace(
    connection: sa.Connection,
    target: str,
    workers: Sequence[str],
    rows: Sequence[FailingOperation],
) -> None:
    if workers:
        connection.execute(_REMOVE, [{"of_target": target, "of_worker": key} for key in workers])
    if rows:
        values = [
            {"target": target, **{name: getattr(row, name) for name in row.__slots__}}
            for row in rows
        ]
        connection.execute(
            sa.insert(failing_operation), [{**v, "kind": str(v["kind"])} for v in values]
        )


def _failing(row: Any) -> FailingOperation:
    values = {name: getattr(row, name) for name in FailingOperation.__slots__}
    return FailingOperation(**{**values, "kind": OperationKind(row.kind)})
