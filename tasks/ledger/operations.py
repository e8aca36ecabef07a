"""Operations and what became of them: intent before the write, outcome and exchanges after it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from data_contracts.errors import LedgerError
from data_contracts.outcome import Outcome
from data_contracts.plan import Operation, PlannedOperation, RowReference
from data_contracts.team_plan import TeamOperation
from data_contracts.words import OperationKind, OutcomeResult, TeamOperationKind
from tasks.ledger import failing, team_links, team_operations
from tasks.ledger.chain import append_rows, take_numbers
from tasks.ledger.event_words import EventKind, LinkEventKind, LinkState
from tasks.ledger.links import LinkChange, apply_changes
from tasks.ledger.recorded import RecordedOperation
from tasks.ledger.schema import exchange, folded, open_operation, operation, operation_event

EXTERNAL_ID = "externalId"
"""The attribute path whose value a link keeps too."""

# Statements of every commit are made once: SQLAlchemy then finds their SQL without looking at them.
_OPEN = sa.insert(open_operation)
_CLOSE = sa.delete(open_operation).where(open_operation.c.operation_ref == sa.bindparam("ref"))


@dataclass(frozen=True, slots=True)
class Entry:
    """Something to append about an operation: its intent, or an outcome.

    Attributes:
        operation: The operation.
        at: When (UTC).
        outcome: What became of it; None for the intent.
    """

    operation: PlannedOperation | RecordedOperation
    at: datetime
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class RunFacts:
    """The run that writes: its id, its target, its plan."""

    run_id: str
    target: str
    plan_digest: str | None


def append(
    connection: sa.Connection, facts: RunFacts, entries: Sequence[Entry], refs: dict[str, int]
) -> None:
    """Append intents and outcomes, with exchanges and changes of links, in one transaction.

    Args:
        connection: A writing transaction.
        facts: The run that writes.
        entries: In the order in which they happened.
        refs: The ledger's numbers of this run's operations, from `refs_of`; grows.
    """
    new = _write_operations(connection, facts, entries, refs)
    events = take_numbers(connection, operation_event, len(entries))
    rows = [
        {"id": number, **_event(facts, entry, _ref(entry, refs))}
        for number, entry in zip(events, entries, strict=True)
    ]
    append_rows(connection, operation_event, rows)
    exchanges = [
        {"event_ref": number, **{name: getattr(seen, name) for name in seen.__slots__}}
        for number, entry in zip(events, entries, strict=True)
        if entry.outcome is not None
        for seen in entry.outcome.exchanges
    ]
    append_rows(connection, exchange, exchanges)
    _keep_open(connection, facts.target, {_ref(e, refs): e.outcome for e in entries}, new)
    ended = [
        (e.operation if isinstance(e.operation, Operation) else None, e.outcome, e.at)
        for e in entries
        if e.outcome is not None
    ]
    failing.note(connection, facts.target, facts.run_id, ended)
    changes = [change for entry in entries if (change := link_change(entry)) is not None]
    if changes:
        apply_changes(connection, facts.run_id, facts.target, changes)
    for entry in entries:
        name = entry.operation.user_name
        team = team_operations.link_change(entry.outcome, name, entry.at)
        if team is not None:
            team_links.apply_change(connection, facts.run_id, facts.target, team)


def link_change(entry: Entry) -> LinkChange | None:
    """What an entry says of a link; None for intents, failures, and accounts without a known id.

    A new account that did not take everything over is there, and the person's, all the same.
    """
    outcome, meant = entry.outcome, entry.operation
    if outcome is None or isinstance(outcome.kind, TeamOperationKind):
        return None
    create = outcome.kind is OperationKind.CREATE
    made = outcome.succeeded or (create and bool(outcome.not_retained))
    account_id = outcome.account_id or meant.account_id
    if account_id is None or not made:
        return None
    gone = outcome.kind is OperationKind.DEACTIVATE
    written = None if EXTERNAL_ID in outcome.not_retained else _external_id(meant)
    return LinkChange(
        worker_key=outcome.worker_key,
        account_id=account_id,
        user_name=outcome.user_name or meant.user_name,
        external_id=written,
        state=LinkState.DEACTIVATED if gone else LinkState.ACTIVE,
        origin=LinkEventKind.CREATED if create else LinkEventKind.ADOPTED,
        correlated_by=_correlated_by(meant),
        at=entry.at,
    )


def _external_id(meant: PlannedOperation | RecordedOperation) -> str | None:
    if not isinstance(meant, Operation):
        return meant.external_id
    value = meant.attributes.get(EXTERNAL_ID)
    return value if isinstance(value, str) else None


def _correlated_by(meant: PlannedOperation | RecordedOperation) -> str | None:
    if isinstance(meant, TeamOperation) or meant.correlated_by is None:
        return None
    return str(meant.correlated_by)


def _ref(entry: Entry, refs: Mapping[str, int]) -> int:
    meant = entry.operation
    return meant.ref if isinstance(meant, RecordedOperation) else refs[meant.operation_id]


def refs_of(connection: sa.Connection, run_id: str) -> dict[str, int]:
    """The ledger's numbers of a run's operations, by operation id."""
    query = sa.select(operation.c.operation_id, operation.c.id)
    rows = connection.execute(query.where(operation.c.run_id == run_id))
    return {row.operation_id: row.id for row in rows}


def _write_operations(
    connection: sa.Connection, facts: RunFacts, entries: Sequence[Entry], refs: dict[str, int]
) -> frozenset[int]:
    """Write the operations that this run has not written yet; returns their numbers."""
    new = {
        entry.operation.operation_id: entry.operation
        for entry in entries
        if not isinstance(entry.operation, RecordedOperation)
        and entry.operation.operation_id not in refs
    }
    if not new:
        return frozenset()
    numbers = take_numbers(connection, operation, len(new))
    refs.update(zip(new, numbers, strict=True))
    rows = [{"id": refs[name], **_row(facts, meant)} for name, meant in new.items()]
    append_rows(connection, operation, rows)
    on_teams = [(refs[name], each) for name, each in new.items() if isinstance(each, TeamOperation)]
    team_operations.write_members(connection, on_teams)
    return frozenset(numbers)


def _row(facts: RunFacts, meant: PlannedOperation) -> dict[str, Any]:
    written: Iterable[str] = ()
    rows: Iterable[RowReference] = ()
    decided: dict[str, Any] = {"role": None, "role_rule": None, "due_at": None}
    if isinstance(meant, TeamOperation):
        written = meant.written
    else:
        written, rows = meant.attributes, meant.rows
        decided["role"], decided["role_rule"] = meant.role or None, meant.role_rule or None
        decided["due_at"] = meant.due
    return {
        "run_id": facts.run_id,
        "plan_digest": facts.plan_digest,
        "target": facts.target,
        "operation_id": meant.operation_id,
        "worker_key": meant.worker_key,
        "account_id": meant.account_id,
        "kind": str(meant.kind),
        "user_name": meant.user_name,
        "user_name_folded": folded(meant.user_name),
        "external_id": _external_id(meant),
        "correlated_by": _correlated_by(meant),
        "reason": meant.reason,
        "explanation": meant.explanation,
        "changed": list(written),
        "rows": [f"{row.source}:{row.line}" for row in rows],
        **decided,
    }


def _event(facts: RunFacts, entry: Entry, ref: int) -> dict[str, Any]:
    outcome = entry.outcome
    known = entry.operation.account_id
    return {
        "operation_ref": ref,
        "run_id": facts.run_id,
        "event": str(EventKind.INTENT if outcome is None else EventKind.OUTCOME),
        "result": None if outcome is None else str(outcome.result),
        "detail": "" if outcome is None else outcome.detail,
        "verified": "" if outcome is None else outcome.verified,
        "not_retained": [] if outcome is None else list(outcome.not_retained),
        "account_id": known if outcome is None else outcome.account_id or known,
        "at": entry.at,
    }


def _keep_open(
    connection: sa.Connection,
    target: str,
    last: Mapping[int, Outcome | None],
    new: frozenset[int],
) -> None:
    """Note which operations' end is not known: after an intent, and after the outcome `unknown`.

    Args:
        connection: A writing transaction.
        target: Name of the target.
        last: The last word on each operation, by number.
        new: Operations that were written just now, and are not noted yet.
    """
    noted = [{"ref": ref} for ref in last if ref not in new]
    if noted:
        connection.execute(_CLOSE, noted)
    still = [
        {"operation_ref": ref, "target": target}
        for ref, outcome in last.items()
        if outcome is None or outcome.result is OutcomeResult.UNKNOWN
    ]
    if still:
        connection.execute(_OPEN, still)


def settle(
    connection: sa.Connection,
    facts: RunFacts,
    meant: RecordedOperation,
    outcome: Outcome,
    at: datetime,
) -> None:
    """Append the outcome of an operation that another run left open.

    Raises:
        LedgerError: The outcome is not about that operation, or it is settled already.
    """
    if outcome.operation_id != meant.operation_id:
        raise LedgerError(
            f"the outcome of {outcome.operation_id} does not settle {meant.operation_id}"
        )
    still = sa.select(open_operation.c.operation_ref)
    if connection.scalar(still.where(open_operation.c.operation_ref == meant.ref)) is None:
        raise LedgerError(
            f"{meant.operation_id} of run {meant.run_id} is settled already",
            hint="another run was quicker; plan again: `scimflow sync`",
        )
    append(connection, facts, [Entry(meant, at, outcome)], {})
