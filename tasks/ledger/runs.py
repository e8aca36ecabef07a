"""Runs: begun, ended once, found again by the beginning of their id."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from data_contracts.errors import ConfigurationError, LedgerError
from data_contracts.outcome import RunRecord
from data_contracts.words import RunState
from tasks.ledger.chain import append_rows, note_run_end
from tasks.ledger.schema import operation, run

READING_FLOWS = ("plan-users", "report-drift", "check-export", "link", "unlink", "backfill")
"""Runs that are recorded and never write to a target: nothing that they saw becomes a baseline."""

CARRIED_OUT = (
    RunState.COMPLETED,
    RunState.COMPLETED_WITH_QUARANTINE,
    RunState.PARTLY_APPLIED,
)

CANDIDATES_SHOWN = 5
"""So many ids are named when a beginning fits several."""


def start(connection: sa.Connection, record: RunRecord) -> None:
    """Write a run's beginning."""
    append_rows(
        connection,
        run,
        [
            {
                "run_id": record.run_id,
                "flow": record.flow,
                "target": record.target,
                "as_of": record.as_of,
                "started_at": record.started_at,
                "ended_at": record.ended_at,
                "state": str(record.state),
                "plan_digest": record.plan_digest,
                "counts": record.counts,
                "message": record.message,
                "prefect_run_id": record.prefect_run_id,
                "parent_run_id": record.parent_run_id,
            }
        ],
    )


def end(
    connection: sa.Connection,
    run_id: str,
    state: RunState,
    message: str,
    counts: Mapping[str, int],
    plan_digest: str | None,
    ended_at: datetime,
) -> None:
    """Write a run's end.

    Raises:
        LedgerError: There is no such run, or it has ended already.
    """
    ending = {
        "state": str(state),
        "message": message,
        "counts": dict(counts),
        "plan_digest": plan_digest,
        "ended_at": ended_at,
    }
    goes_on = (run.c.run_id == run_id, run.c.ended_at.is_(None))
    changed = connection.execute(sa.update(run).where(*goes_on).values(ending))
    if changed.rowcount != 1:
        raise LedgerError(f"run {run_id} is not one that goes on: unknown to the ledger, or ended")
    note_run_end(connection, {"run_id": run_id, **ending})


def latest(connection: sa.Connection, limit: int, target: str | None) -> list[RunRecord]:
    """Read the last runs, newest first."""
    query = sa.select(run).order_by(run.c.started_at.desc(), run.c.run_id.desc()).limit(limit)
    if target is not None:
        query = query.where(run.c.target == target)
    return [_record(row) for row in connection.execute(query)]


def of_day(connection: sa.Connection, target: str, flow: str, as_of: str) -> list[RunRecord]:
    """Read the runs of a flow for one day, newest first."""
    query = sa.select(run).where(run.c.target == target, run.c.flow == flow, run.c.as_of == as_of)
    found = connection.execute(query.order_by(run.c.started_at.desc(), run.c.run_id.desc()))
    return [_record(row) for row in found]


def parts_of(connection: sa.Connection, run_id: str) -> list[RunRecord]:
    """Read the runs that name another one as the one that they are a part of, oldest first."""
    query = sa.select(run).where(run.c.parent_run_id == run_id)
    return [_record(row) for row in connection.execute(query.order_by(run.c.started_at))]


def between(
    connection: sa.Connection, target: str, since: datetime, until: datetime
) -> list[RunRecord]:
    """Read the runs begun in a time, oldest first."""
    query = sa.select(run).where(run.c.target == target)
    query = query.where(run.c.started_at >= since, run.c.started_at < until)
    ordered = query.order_by(run.c.started_at, run.c.run_id)
    return [_record(row) for row in connection.execute(ordered)]


def find(connection: sa.Connection, run_id: str) -> RunRecord | None:
    """Find a run by its id or an unambiguous beginning of it.

    Raises:
        ConfigurationError: Several runs begin so.
    """
    found = find_id(connection, run.c.run_id, run_id, "run")
    if found is None:
        return None
    return _record(connection.execute(sa.select(run).where(run.c.run_id == found)).one())


def find_id(
    connection: sa.Connection, column: sa.Column[str], beginning: str, what: str
) -> str | None:
    """Find the one value of a column that is, or begins with, what somebody typed.

    Raises:
        ConfigurationError: Several do.
    """
    wanted = beginning.strip()
    if not wanted:
        return None
    query = sa.select(column).where(column.startswith(wanted, autoescape=True)).order_by(column)
    # SQLite's LIKE ignores case: told apart here
    found = [v for v in connection.scalars(query.limit(1000)) if v.startswith(wanted)]
    if wanted in found or not found:
        return wanted if found else None
    if len(found) > 1:
        raise ConfigurationError(
            f"several {what}s begin with {wanted!r}: {', '.join(found[:CANDIDATES_SHOWN])}"
            + (" ..." if len(found) > CANDIDATES_SHOWN else ""),
            hint="write more of it",
        )
    return str(found[0])


def target_of(connection: sa.Connection, run_id: str) -> str:
    """The target that a run works on.

    Raises:
        LedgerError: There is no such run.
    """
    target = connection.scalar(sa.select(run.c.target).where(run.c.run_id == run_id))
    if target is None:
        raise LedgerError(f"run {run_id} is unknown to the ledger: it has to be started first")
    return str(target)


def was_carried_out() -> sa.ColumnElement[bool]:
    """Condition on `run`: its plan was carried out, or was begun to be when the run broke off."""
    begun = sa.exists().where(operation.c.run_id == run.c.run_id).correlate(run)
    ended = run.c.state.in_([str(state) for state in CARRIED_OUT])
    return sa.and_(run.c.flow.not_in(READING_FLOWS), sa.or_(ended, begun))


def _record(row: Any) -> RunRecord:
    values = dict(row._mapping)
    return RunRecord(**{**values, "state": RunState(values["state"])})
