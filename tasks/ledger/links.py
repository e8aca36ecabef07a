"""Account links: who has which account, now and how it came to be."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from data_contracts.canonical import DIGEST_PREFIX
from data_contracts.errors import LedgerError
from data_contracts.frames import ACCOUNT_ID, LINKS, TEXT, WORKER_KEY
from data_contracts.plan import Adoption
from tasks.ledger.chain import append_rows
from tasks.ledger.event_words import LinkEventKind, LinkState
from tasks.ledger.schema import account_link, folded, link_event

if TYPE_CHECKING:
    import pandas as pd

CHUNK = 500
"""Keys asked for in one statement; SQLite allows 32,766, older ones 999."""


@dataclass(frozen=True, slots=True)
class LinkChange:
    """What an adoption or a successful operation says of a person's account.

    Attributes:
        worker_key: Whose account.
        account_id: Which account.
        user_name: Its userName, as far as known.
        external_id: Its externalId; empty when it has none, None when nothing is said of it.
        state: What scimflow did with it.
        origin: How the link comes to be, if there is none yet.
        correlated_by: How the account was found; None for a new one.
        at: When (UTC).
        taken_from: The worker key under which the same person has had the account until now.
    """

    worker_key: str
    account_id: str
    user_name: str | None
    external_id: str | None
    state: LinkState
    origin: LinkEventKind
    correlated_by: str | None
    at: datetime
    taken_from: str | None = None


@dataclass(frozen=True, slots=True)
class _Link:
    """A row of `account_link` without its target."""

    worker_key: str
    account_id: str
    user_name: str
    external_id: str | None
    state: str
    correlated_by: str | None
    run_id: str
    linked_at: datetime


def frame(connection: sa.Connection, target: str) -> pd.DataFrame:
    """Read a target's links as frame `frames.LINKS`, in worker-key order."""
    import pandas as pd  # the light commands read ledgers too

    columns = tuple(LINKS.columns)
    query = sa.select(*(account_link.c[name] for name in columns))
    rows = sorted(
        connection.execute(query.where(account_link.c.target == target)),
        key=lambda row: str(row[0]),  # databases sort text each in their own way
    )
    cells = zip(*rows, strict=True) if rows else ((),) * len(columns)
    return pd.DataFrame(
        {name: pd.Series(list(c), dtype=TEXT) for name, c in zip(columns, cells, strict=True)}
    )


def digest(connection: sa.Connection, target: str) -> str:
    """Digest who has which account: `basis.links` of a plan made from these links."""
    query = sa.select(account_link.c.worker_key, account_link.c.account_id)
    rows = sorted(map(tuple, connection.execute(query.where(account_link.c.target == target))))
    digest = sha256()
    for name, position in ((WORKER_KEY, 0), (ACCOUNT_ID, 1)):
        cells = [row[position].encode() for row in rows]
        digest.update(f"{name}\n{len(cells)}\n".encode())
        digest.update(struct.pack(f"<{len(cells)}q", *map(len, cells)))
        digest.update(b"".join(cells))
    return DIGEST_PREFIX + digest.hexdigest()


def deactivated(connection: sa.Connection, target: str) -> frozenset[str]:
    """Worker keys of those whose account scimflow deactivated last."""
    query = sa.select(account_link.c.worker_key).where(
        account_link.c.target == target, account_link.c.state == str(LinkState.DEACTIVATED)
    )
    return frozenset(connection.scalars(query))


def adopt(
    connection: sa.Connection,
    run_id: str,
    target: str,
    adoptions: Iterable[Adoption],
    at: datetime,
) -> None:
    """Link accounts that were there already; nothing is written at the target.

    Raises:
        LedgerError: One of the accounts is linked to somebody else; none is adopted.
    """
    changes = [
        LinkChange(
            worker_key=adoption.worker_key,
            account_id=adoption.account_id,
            user_name=adoption.user_name,
            external_id=adoption.external_id or "",
            state=LinkState.DEACTIVATED if adoption.left else LinkState.ACTIVE,
            origin=LinkEventKind.ADOPTED,
            correlated_by=str(adoption.correlated_by),
            at=at,
            taken_from=adoption.taken_from,
        )
        for adoption in adoptions
    ]
    contested = apply_changes(connection, run_id, target, changes)
    if contested:
        first = contested[0]
        raise LedgerError(
            f"account {first.account_id} cannot be adopted for worker {first.worker_key}: the "
            f"ledger links it to somebody else ({len(contested)} such); nothing was adopted",
            hint="make a new plan: `scimflow plan`; `scimflow history` tells whose account it is",
        )


def apply_changes(
    connection: sa.Connection, run_id: str, target: str, changes: Sequence[LinkChange]
) -> list[LinkChange]:
    """Bring links up to date and append what changed.

    Args:
        connection: A writing transaction.
        run_id: The run that did it.
        target: Name of the target.
        changes: In the order in which they happened.

    Returns:
        The changes that were not made, since the account is somebody else's. They are in the trail
        as `contested`, so that what happened at the target is not lost, and a person can decide.
    """
    contested: list[LinkChange] = []
    for some in _chunks(changes):
        links, owners = _present(connection, target, some)
        events: list[dict[str, Any]] = []
        touched: set[str] = set()
        handed_on: set[str] = set()
        for change in some:
            owner = owners.get(change.account_id)
            if owner is not None and owner == change.taken_from and change.worker_key not in links:
                del owners[change.account_id]
                handed_on.add(owner)
                event = LinkEventKind.HANDED_ON
                events.append(ended(run_id, target, links.pop(owner), event, change.at))
            if owners.get(change.account_id, change.worker_key) != change.worker_key:
                contested.append(change)
                events.append(_event(run_id, target, change, LinkEventKind.CONTESTED, None))
                continue
            old = links.get(change.worker_key)
            new = _changed(old, change, run_id)
            kind = _kind(old, new, change)
            if kind is None:
                continue
            if old is not None:
                owners.pop(old.account_id, None)
            links[new.worker_key], owners[new.account_id] = new, new.worker_key
            touched.add(new.worker_key)
            events.append(_event(run_id, target, change, kind, new))
        _write(
            connection, target, [links[key] for key in sorted(touched)], sorted(handed_on), events
        )
    return contested


_COLUMNS = [account_link.c[name] for name in _Link.__slots__]
_PRESENT = sa.union(
    *(
        sa.select(*_COLUMNS).where(
            account_link.c.target == sa.bindparam("target"),
            column.in_(sa.bindparam(values, expanding=True)),
        )
        for column, values in (
            (account_link.c.worker_key, "workers"),
            (account_link.c.account_id, "accounts"),
        )
    )
)
"""Made once: a statement with many values is dear to put together. And a union: with OR, databases
look at every link of the target."""

_ADD = sa.insert(account_link)
_REMOVE = sa.delete(account_link).where(
    account_link.c.target == sa.bindparam("of_target"),
    account_link.c.worker_key == sa.bindparam("of_worker"),
)


def _present(
    connection: sa.Connection, target: str, changes: Sequence[LinkChange]
) -> tuple[dict[str, _Link], dict[str, str]]:
    """The links of the changes' people and accounts: by worker key, and owners by account id."""
    asked = {
        "target": target,
        "workers": [change.worker_key for change in changes],
        "accounts": [change.account_id for change in changes],
    }
    links = [_Link(*row) for row in connection.execute(_PRESENT, asked)]
    return {link.worker_key: link for link in links}, {k.account_id: k.worker_key for k in links}


def _changed(old: _Link | None, change: LinkChange, run_id: str) -> _Link:
    """The link after a change; what the change says nothing of stays."""
    if old is None or old.account_id != change.account_id:
        return _Link(
            worker_key=change.worker_key,
            account_id=change.account_id,
            user_name=change.user_name or "",
            external_id=change.external_id or None,
            state=str(change.state),
            correlated_by=change.correlated_by,
            run_id=run_id,
            linked_at=change.at,
        )
    external_id = old.external_id if change.external_id is None else change.external_id or None
    return replace(
        old,
        user_name=change.user_name or old.user_name,
        external_id=external_id,
        state=str(change.state),
    )


def _kind(old: _Link | None, new: _Link, change: LinkChange) -> LinkEventKind | None:
    """What happened to a link; None when nothing did."""
    if old is None:
        return change.origin
    if old.account_id != new.account_id:
        return LinkEventKind.REPLACED
    if old.state != new.state:
        gone = new.state == LinkState.DEACTIVATED
        return LinkEventKind.DEACTIVATED if gone else LinkEventKind.REACTIVATED
    if old.user_name != new.user_name:
        return LinkEventKind.RENAMED
    return LinkEventKind.IDENTIFIED if old.external_id != new.external_id else None


def _event(
    run_id: str, target: str, change: LinkChange, kind: LinkEventKind, link: _Link | None
) -> dict[str, Any]:
    user_name = (link.user_name if link else change.user_name) or ""
    return {
        "run_id": run_id,
        "target": target,
        "event": str(kind),
        "worker_key": change.worker_key,
        "account_id": change.account_id,
        "user_name": user_name,
        "user_name_folded": folded(user_name),
        "external_id": link.external_id if link else change.external_id or None,
        "correlated_by": change.correlated_by,
        "at": change.at,
    }


def ended(
    run_id: str, target: str, link: Any, event: LinkEventKind, at: datetime
) -> dict[str, Any]:
    """The event of a link that is taken away.

    Args:
        run_id: By which run.
        target: Name of the target.
        link: The link, as a row of `account_link` or the like.
        event: Why it ends.
        at: When (UTC).
    """
    return {
        "run_id": run_id,
        "target": target,
        "event": str(event),
        "worker_key": link.worker_key,
        "account_id": link.account_id,
        "user_name": link.user_name,
        "user_name_folded": folded(link.user_name),
        "external_id": link.external_id,
        "correlated_by": None,
        "at": at,
    }


def _write(
    connection: sa.Connection,
    target: str,
    links: list[_Link],
    handed_on: list[str],
    events: list[dict[str, Any]],
) -> None:
    append_rows(connection, link_event, events)
    if not links:
        return
    gone = [*handed_on, *(link.worker_key for link in links)]
    connection.execute(_REMOVE, [{"of_target": target, "of_worker": key} for key in gone])
    rows = [{"target": target, **{n: getattr(k, n) for n in _Link.__slots__}} for k in links]
    connection.execute(_ADD, rows)


def _chunks(changes: Sequence[LinkChange]) -> Iterator[Sequence[LinkChange]]:
    for start in range(0, len(changes), CHUNK):
        yield changes[start : start + CHUNK]
