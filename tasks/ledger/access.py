"""Changes of people's access, read from the audit trail with what led to them."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from data_contracts.access import AccessChange, AccessEvent, Cause
from data_contracts.words import OutcomeResult
from tasks.ledger.event_words import EventKind, LinkEventKind, LinkState
from tasks.ledger.schema import (
    account_link,
    approval,
    batch,
    link_event,
    operation,
    operation_event,
    plan,
    run,
    run_plan,
)

CHANGES = {
    str(LinkEventKind.ADOPTED): AccessChange.GIVEN,
    str(LinkEventKind.CREATED): AccessChange.GIVEN,
    str(LinkEventKind.REPLACED): AccessChange.GIVEN,
    str(LinkEventKind.REACTIVATED): AccessChange.GIVEN,
    str(LinkEventKind.LINKED): AccessChange.GIVEN,
    str(LinkEventKind.DEACTIVATED): AccessChange.ENDED,
    str(LinkEventKind.UNLINKED): AccessChange.LET_GO,
    str(LinkEventKind.HANDED_ON): AccessChange.LET_GO,
}
"""What events of links say of access; the others say nothing."""

WENT_WELL = [str(r) for r in (OutcomeResult.APPLIED, OutcomeResult.ALREADY, OutcomeResult.SETTLED)]

_ADOPTED = "the account was there already, found by {key}; from now on it is managed"


def read(
    connection: sa.Connection, target: str, workers: Sequence[str] | None
) -> list[AccessEvent]:
    """Read a target's changes of access, in the order in which they happened.

    Args:
        connection: A transaction.
        target: Name of the target.
        workers: Worker keys; None for everybody.
    """
    done = _done(connection, target, workers)
    plans = _plans(connection, target)
    files = _files(connection, target)
    events: list[tuple[Any, ...]] = []
    told = set()
    links = connection.execute(_links(target, workers)).all()
    inactive = _inactive_when_found(connection, target, links)
    for row in links:
        if row.id in inactive:
            continue
        what = done.get((row.run_id, row.worker_key, row.at))
        told.add((row.run_id, row.worker_key, row.at))
        digest = what.plan_digest if what else plans.of_run.get(row.run_id, "")
        events.append((row.at, CHANGES[row.event], row, what, digest))
    for key, what in done.items():
        if key not in told and what.role and what.result in WENT_WELL:
            events.append((what.at, AccessChange.CHANGED, what, what, what.plan_digest))
    events.sort(key=lambda each: each[0])
    return [
        _event(at, change, row, what, digest, plans, files)
        for at, change, row, what, digest in events
    ]


class _Plans:
    """Which run had which plan, and who approved it.

    Attributes:
        of_run: The last plan of a run.
        approved: Who approved a plan.
        makers: The runs of a plan, the first one first.
    """

    def __init__(self) -> None:
        self.of_run: dict[str, str] = {}
        self.approved: dict[str, tuple[str, ...]] = {}
        self.makers: dict[str, list[str]] = {}


def _links(target: str, workers: Sequence[str] | None) -> sa.Select[Any]:
    query = (
        sa.select(link_event, run.c.message)
        .join(run, run.c.run_id == link_event.c.run_id)
        .where(link_event.c.target == target, link_event.c.event.in_(list(CHANGES)))
        .order_by(link_event.c.id)
    )
    return query if workers is None else query.where(link_event.c.worker_key.in_(workers))


def _inactive_when_found(
    connection: sa.Connection, target: str, links: Sequence[Any]
) -> frozenset[int]:
    """Events of accounts that came under management deactivated: they gave nobody access.

    The event does not say so; what happened to the account next does, and for the last event of a
    person the link's present state.
    """
    query = sa.select(account_link.c.worker_key).where(
        account_link.c.target == target, account_link.c.state == str(LinkState.DEACTIVATED)
    )
    deactivated = frozenset(connection.scalars(query))
    following: dict[str, Any] = {}
    found = set()
    for row in reversed(links):
        after = following.get(row.worker_key)
        following[row.worker_key] = row
        if row.event not in (LinkEventKind.ADOPTED, LinkEventKind.LINKED):
            continue
        now = row.worker_key in deactivated
        if now if after is None else after.event == LinkEventKind.REACTIVATED:
            found.add(row.id)
    return frozenset(found)


def _done(
    connection: sa.Connection, target: str, workers: Sequence[str] | None
) -> dict[tuple[Any, ...], Any]:
    """What operations brought about, by run, worker key and moment."""
    query = (
        sa.select(
            operation_event.c.run_id,
            operation_event.c.at,
            operation_event.c.account_id,
            operation_event.c.result,
            operation.c.worker_key,
            operation.c.user_name,
            operation.c.plan_digest,
            operation.c.reason,
            operation.c.explanation,
            operation.c.rows,
            operation.c.role,
            operation.c.role_rule,
            operation.c.due_at,
        )
        .join(operation, operation.c.id == operation_event.c.operation_ref)
        .where(
            operation.c.target == target,
            operation_event.c.event == str(EventKind.OUTCOME),
            sa.or_(
                operation_event.c.result.in_(WENT_WELL),
                operation_event.c.account_id.is_not(None),
            ),
        )
        .order_by(operation_event.c.id)
    )
    if workers is not None:
        query = query.where(operation.c.worker_key.in_(workers))
    return {(row.run_id, row.worker_key, row.at): row for row in connection.execute(query)}


def _plans(connection: sa.Connection, target: str) -> _Plans:
    plans = _Plans()
    of_target = sa.select(run_plan.c.run_id, run_plan.c.plan_digest).join(
        plan, plan.c.digest == run_plan.c.plan_digest
    )
    for run_id, digest in connection.execute(
        of_target.where(plan.c.target == target).order_by(run_plan.c.id)
    ):
        plans.of_run[run_id] = digest
        plans.makers.setdefault(digest, []).append(run_id)
    query = sa.select(approval).join(plan, plan.c.digest == approval.c.plan_digest)
    for row in connection.execute(query.where(plan.c.target == target).order_by(approval.c.id)):
        who = f"{row.approved_by} at {row.at:%Y-%m-%d %H:%M} UTC"
        plans.approved[row.plan_digest] = (*plans.approved.get(row.plan_digest, ()), who)
    return plans


def _files(connection: sa.Connection, target: str) -> dict[tuple[str, str], tuple[str, str]]:
    """Path and digest of what each run read, by run and source."""
    query = sa.select(batch.c.run_id, batch.c.source, batch.c.path, batch.c.digest)
    query = query.join(run, run.c.run_id == batch.c.run_id).where(run.c.target == target)
    return {(r.run_id, r.source): (r.path, r.digest) for r in connection.execute(query)}


def _event(
    at: Any,
    change: AccessChange,
    row: Any,
    what: Any,
    digest: str | None,
    plans: _Plans,
    files: dict[tuple[str, str], tuple[str, str]],
) -> AccessEvent:
    rows: list[str] = []
    digests: list[str] = []
    for reference in what.rows if what else ():
        source, _, line = reference.rpartition(":")
        known = [(maker, source) for maker in (*plans.makers.get(digest or "", ()), row.run_id)]
        path, of_file = next((files[key] for key in known if key in files), (source, ""))
        rows.append(f"{path}:{line}")
        digests.append(of_file)
    return AccessEvent(
        at=at,
        change=change,
        worker_key=row.worker_key,
        account_id=row.account_id or "",
        user_name=row.user_name,
        role=(what.role or "") if what else "",
        cause=Cause(
            reason=what.reason if what else row.event,
            explanation=what.explanation if what else _words(row),
            rows=tuple(rows),
            digests=tuple(digests),
            rule=(what.role_rule or "") if what else "",
            run_id=row.run_id,
            plan_digest=digest or "",
            approved_by=plans.approved.get(digest or "", ()),
        ),
        due=what.due_at if what else None,
    )


def _words(row: Any) -> str:
    """Why a link changed without an operation."""
    if row.event == LinkEventKind.ADOPTED:
        return _ADOPTED.format(key=row.correlated_by or "its answer")
    if row.event == LinkEventKind.HANDED_ON:
        return "the same person has another worker key now: the account goes with it"
    return str(row.message)
