"""Runs that wait for a person's word about their plan: begun to wait, taken up again, ended.

A run is `waiting` in the ledger as long as it has a row in `waiting_run`. Several may want to end
the waiting at the same moment (an answer, the deadline, another run): the row goes once, and who
takes it away decides.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from data_contracts.approval import WaitingRun
from data_contracts.errors import LedgerError
from data_contracts.words import RunState
from tasks.ledger import runs
from tasks.ledger.schema import run, waiting_run


def begin(
    connection: sa.Connection, waiting: WaitingRun, message: str, counts: Mapping[str, int]
) -> None:
    """Let a run wait, that goes on until now.

    Raises:
        LedgerError: There is no such run, or it does not go on.
    """
    changed = connection.execute(
        sa.update(run)
        .where(run.c.run_id == waiting.run_id, run.c.state == str(RunState.RUNNING))
        .values(
            state=str(RunState.WAITING),
            plan_digest=waiting.plan_digest,
            message=message,
            counts=dict(counts),
        )
    )
    if changed.rowcount != 1:
        raise LedgerError(f"run {waiting.run_id} is not one that goes on")
    connection.execute(
        sa.insert(waiting_run),
        {
            "run_id": waiting.run_id,
            "target": waiting.target,
            "flow": waiting.flow,
            "plan_digest": waiting.plan_digest,
            "prefect_run_id": waiting.prefect_run_id,
            "since": waiting.since,
            "until": waiting.until,
            "asked": waiting.asked,
            "for_everybody": waiting.for_everybody,
        },
    )


def ask_again(connection: sa.Connection, run_id: str, asked: int) -> None:
    """Note that another form is shown."""
    connection.execute(
        sa.update(waiting_run).where(waiting_run.c.run_id == run_id).values(asked=asked)
    )


def take_up(connection: sa.Connection, run_id: str) -> bool:
    """Let a waiting run go on.

    Returns:
        False when it no longer waits: somebody else was quicker.
    """
    if not forget(connection, run_id):
        return False
    connection.execute(
        sa.update(run).where(run.c.run_id == run_id).values(state=str(RunState.RUNNING))
    )
    return True


def end(
    connection: sa.Connection, run_id: str, state: RunState, message: str, ended_at: datetime
) -> bool:
    """End a waiting run.

    Returns:
        False when it no longer waits: somebody else was quicker.
    """
    if not forget(connection, run_id):
        return False
    known = sa.select(run.c.counts, run.c.plan_digest).where(run.c.run_id == run_id)
    counts, plan_digest = connection.execute(known).one()
    runs.end(connection, run_id, state, message, counts, plan_digest, ended_at)
    return True


def of_target(connection: sa.Connection, target: str) -> list[WaitingRun]:
    """Read a target's waiting runs, the longest waiting first."""
    query = sa.select(waiting_run).where(waiting_run.c.target == target)
    return [_read(row) for row in connection.execute(query.order_by(waiting_run.c.since))]


def of_prefect_run(connection: sa.Connection, prefect_run_id: str) -> WaitingRun | None:
    """Find the waiting run of a Prefect flow run."""
    query = sa.select(waiting_run).where(waiting_run.c.prefect_run_id == prefect_run_id)
    row = connection.execute(query).first()
    return None if row is None else _read(row)


def of_run(connection: sa.Connection, run_id: str) -> WaitingRun | None:
    """Find a waiting run by its whole id."""
    query = sa.select(waiting_run).where(waiting_run.c.run_id == run_id)
    row = connection.execute(query).first()
    return None if row is None else _read(row)


def forget(connection: sa.Connection, run_id: str) -> bool:
    """Take a run from those that wait.

    Returns:
        Whether it was one of them.
    """
    gone = connection.execute(sa.delete(waiting_run).where(waiting_run.c.run_id == run_id))
    return gone.rowcount == 1


def _read(row: Any) -> WaitingRun:
    return WaitingRun(**row._mapping)
