"""Putting a pseudonym in the place of one person, everywhere in the ledger, and proving it.

What was done, when, by which run and with which result stays. Who it was done to goes: identifiers
in every audit row, the contents of plans and corrections that speak of the person, and what is
remembered of the account. The chain goes on: an entry holds, for each row, the digest of its
personal part before (whose salt is destroyed) and of the row as it is now, so that `verify` can
tell that nothing else was changed.
"""

import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from data_contracts.errors import ConfigurationError
from data_contracts.purge import Purged
from tasks.ledger import chain, history
from tasks.ledger.audited import AUDITED, RUN_END, Audited
from tasks.ledger.chain_schema import ChainKind
from tasks.ledger.correction_schema import correction, correction_body
from tasks.ledger.event_words import LinkState
from tasks.ledger.permit import permitted
from tasks.ledger.row_digests import Key, personal_digest, row_digest, row_salt
from tasks.ledger.salts import Salts, entries, take_away
from tasks.ledger.schema import (
    account_link,
    attribute_rewrite,
    failing_operation,
    link_event,
    open_operation,
    operation,
    operation_event,
    plan,
    plan_body,
    run,
    waiting_run,
)

IDENTIFIERS = ("worker_key", "account_id", "user_name", "user_name_folded", "external_id")
"""Columns that hold nothing but an identifier."""

SOUGHT_MIN = 3
"""Shorter identifiers are not looked for in words about others: `7` is in every second sentence."""


@dataclass(frozen=True, slots=True)
class Person:
    """Whom a purge is about.

    Attributes:
        target: Name of the target.
        worker_key: Whose key that is.
        identifiers: By what the person was ever known there, longest first.
    """

    target: str
    worker_key: str
    identifiers: tuple[str, ...]


def find(connection: sa.Connection, target: str, person: str) -> Person:
    """Find whom somebody means, and whether the person may be purged.

    Raises:
        ConfigurationError: Nobody, several, or somebody who still has access or an open write.
    """
    keys = [k for k in history.workers(connection, target, person) if not k.startswith("team:")]
    if len(keys) != 1:
        who = "several people are" if keys else "nobody is"
        raise ConfigurationError(
            f"{who} meant by {person!r}" + (f": {', '.join(keys)}" if keys else ""),
            hint="give a worker key; `scimflow history PERSON` shows it",
        )
    (key,) = keys
    theirs = (account_link.c.target == target, account_link.c.worker_key == key)
    if connection.scalar(sa.select(account_link.c.state).where(*theirs)) == LinkState.ACTIVE:
        raise ConfigurationError(
            f"worker {key} still has an account that scimflow keeps active: without its link the "
            "next run would take the person for a new one",
            hint="let a run deactivate the account, or take the link away: `scimflow unlink`",
        )
    is_open = sa.select(operation.c.id).join(open_operation)
    if connection.scalar(
        is_open.where(operation.c.target == target, operation.c.worker_key == key)
    ):
        raise ConfigurationError(
            f"worker {key} has a write whose end is not known yet",
            hint="the next run looks: `scimflow sync`; then purge",
        )
    return Person(target, key, _identifiers(connection, target, key))


def _identifiers(connection: sa.Connection, target: str, key: str) -> tuple[str, ...]:
    found = {key}
    for table in (operation, link_event, account_link):
        columns = [table.c[name] for name in IDENTIFIERS if name in table.c]
        query = sa.select(*columns).where(table.c.target == target, table.c.worker_key == key)
        found.update(
            str(cell) for row in connection.execute(query.distinct()) for cell in row if cell
        )
    others = sa.select(account_link.c.account_id, account_link.c.user_name).where(
        account_link.c.target == target, account_link.c.worker_key != key
    )
    # an account or an address that is somebody else's by now names that person
    found -= {str(cell) for row in connection.execute(others) for cell in row}
    return tuple(sorted(found, key=lambda text: (-len(text), text)))


def purge(
    connection: sa.Connection,
    person: Person,
    pseudonym: str,
    *,
    by: str,
    note: str,
    at: datetime,
    dry: bool = False,
) -> Purged:
    """Put a pseudonym in the place of a person.

    Args:
        connection: A writing transaction; for a dry run a reading one does.
        person: From `find`.
        pseudonym: What stands for the person from now on; says nothing of them.
        by: Who does it.
        note: Why.
        at: When.
        dry: Whether to count alone.

    Returns:
        What was purged.

    Raises:
        ConfigurationError: A plan that speaks of the person is still to be carried out.
    """
    changes = {
        item.name: _changes(connection, item, person, pseudonym) for item in AUDITED.values()
    }
    changes = {name: rows for name, rows in changes.items() if rows}
    bodies = _bodies(connection, person)
    corrections = [
        key
        for key, (old, _) in changes.get(correction.name, {}).items()
        if old["worker_key"] == person.worker_key
    ]
    purged = Purged(
        pseudonym=pseudonym,
        identifiers=person.identifiers,
        rows={name: len(rows) for name, rows in changes.items()},
        plans=len(bodies),
        corrections=len(corrections),
    )
    if dry:
        return purged
    before = _personal_before(connection, changes)
    trail = chain.Trail()
    body = {
        "rows": {
            name: [
                [key, _digest(AUDITED[name], key, new, trail.salt), before[name, key]]
                for key, (_, new) in rows.items()
            ]
            for name, rows in changes.items()
        },
        "pruned": {"plan_body": bodies},
        "purge": {
            "target": person.target,
            "pseudonym": pseudonym,
            "by": by,
            "note": note,
            "at": at.astimezone(UTC).isoformat(),
        },
    }
    with permitted(connection, "purge"):
        for name, rows in changes.items():
            _write(connection, AUDITED[name], rows)
        take_away(connection, {name: rows.keys() for name, rows in changes.items()})
    _forget(connection, person, bodies, corrections)
    _rename_failures(connection, person, pseudonym)
    chain.add_entry(connection, ChainKind.PURGED, body, trail.salt)
    return purged


def _digest(item: Audited, key: Key, row: Mapping[str, Any], salt: str) -> str:
    return row_digest(item, row, row_salt(salt, item.name, key))


Change = tuple[dict[str, Any], dict[str, Any]]
"""A row before and after."""


def _changes(
    connection: sa.Connection, item: Audited, person: Person, pseudonym: str
) -> dict[Key, Change]:
    """The rows of an item that name the person, as they are and as they will be."""
    if not item.personal:
        return {}
    own = _own(item, person)
    sought = [text for text in person.identifiers if len(text) >= SOUGHT_MIN]
    mentions = [
        sa.cast(item.table.c[name], sa.Text).contains(text, autoescape=True)
        for name in item.personal
        if name not in IDENTIFIERS
        for text in sought
    ]
    ours = (
        item.table.c[item.key.name].in_(sa.select(item.key).where(own)) if own is not None else None
    )
    query = sa.select(item.table, (sa.literal(False) if ours is None else ours).label("is_own"))
    query = query.where(_of_target(item, person.target))
    query = query.where(sa.or_(*mentions, *([] if ours is None else [ours])))
    if item.name == RUN_END:
        query = query.where(item.table.c.ended_at.is_not(None))
    found: dict[Key, Change] = {}
    for row in connection.execute(query).mappings():
        old = {name: value for name, value in row.items() if name != "is_own"}
        new = _renamed(item, old, person, pseudonym, is_own=bool(row["is_own"]))
        if new != old:
            found[old[item.key.name]] = old, new
    return found


def _own(item: Audited, person: Person) -> sa.ColumnElement[bool] | None:
    """Condition on an item's rows: they are about the person."""
    table = item.table
    theirs = sa.select(operation.c.id).where(
        operation.c.target == person.target, operation.c.worker_key == person.worker_key
    )
    if "worker_key" in table.c:
        return table.c.worker_key == person.worker_key
    if table is operation_event:
        return table.c.operation_ref.in_(theirs)
    if "event_ref" in table.c:
        events = sa.select(operation_event.c.id).where(operation_event.c.operation_ref.in_(theirs))
        return table.c.event_ref.in_(events)
    return None


def _of_target(item: Audited, target: str) -> sa.ColumnElement[bool]:
    """Condition on an item's rows: they are about the target, whose keys are its own."""
    table = item.table
    operations = sa.select(operation.c.id).where(operation.c.target == target)
    if "target" in table.c:
        return table.c.target == target
    if "run_id" in table.c and not table.c.run_id.nullable:
        return table.c.run_id.in_(sa.select(run.c.run_id).where(run.c.target == target))
    if "operation_ref" in table.c:
        return table.c.operation_ref.in_(operations)
    if "event_ref" in table.c:
        of_events = operation_event.c.operation_ref.in_(operations)
        return table.c.event_ref.in_(sa.select(operation_event.c.id).where(of_events))
    return table.c.plan_digest.in_(sa.select(plan.c.digest).where(plan.c.target == target))


def _renamed(
    item: Audited, row: dict[str, Any], person: Person, pseudonym: str, *, is_own: bool
) -> dict[str, Any]:
    new = dict(row)
    for name in item.personal:
        value = row[name]
        if value is None:
            continue
        if name in IDENTIFIERS:
            new[name] = pseudonym if is_own else value
        elif name == "operation_id":
            new[name] = f"{row['kind']}/{pseudonym}" if is_own else value
        else:
            new[name] = replaced(value, person, pseudonym, everything=is_own)
    return new


def replaced(value: Any, person: Person, pseudonym: str, *, everything: bool) -> Any:
    """Put the pseudonym into words, where an identifier stands for itself.

    Args:
        value: Text, or a list of texts.
        person: Whose identifiers.
        pseudonym: What stands for them.
        everything: Whether short identifiers are looked for too.
    """
    if isinstance(value, list):
        return [replaced(each, person, pseudonym, everything=everything) for each in value]
    if not isinstance(value, str):
        return value
    sought = [t for t in person.identifiers if everything or len(t) >= SOUGHT_MIN]
    if not sought:
        return value
    return re.sub(_alone(sought), pseudonym, value, flags=re.IGNORECASE)


def _alone(identifiers: Iterable[str]) -> str:
    """A pattern for identifiers that are no part of a longer word, number or address."""
    words = "|".join(re.escape(text) for text in identifiers)
    return rf"(?<![\w@+-])(?<!\w\.)(?:{words})(?![\w@+-])(?!\.\w)"


def _personal_before(
    connection: sa.Connection, changes: Mapping[str, Mapping[Key, Change]]
) -> dict[tuple[str, Key], str]:
    """Digests of the rows' personal parts as they are, by the salts that are about to go."""
    salts: dict[tuple[str, Key], str] = {}
    for _, body, kept in entries(connection):
        of_entry = Salts(kept)
        for name, rows in body.get("rows", {}).items():
            wanted = changes.get(name, {})
            for row in rows:
                if row[0] in wanted:  # of several entries about a row the last one counts
                    salts[name, row[0]] = of_entry.of(name, row[0])
    return {
        (name, key): personal_digest(AUDITED[name], old, salts.get((name, key), "")).hex()
        for name, rows in changes.items()
        for key, (old, _) in rows.items()
    }


def _write(connection: sa.Connection, item: Audited, rows: Mapping[Key, Change]) -> None:
    change = (
        sa.update(item.table)
        .where(item.key == sa.bindparam("of_key"))
        .values({name: sa.bindparam(f"new_{name}") for name in item.personal})
    )
    connection.execute(
        change,
        [
            {"of_key": key, **{f"new_{name}": new[name] for name in item.personal}}
            for key, (_, new) in rows.items()
        ],
    )


def _bodies(connection: sa.Connection, person: Person) -> list[str]:
    """Digests of plans whose content speaks of the person.

    Raises:
        ConfigurationError: One of them is still to be carried out.
    """
    pattern = re.compile(_alone(t for t in person.identifiers if len(t) >= SOUGHT_MIN).encode())
    quoted = [f'"{text}"'.encode() for text in person.identifiers]
    found = []
    query = sa.select(plan.c.digest).join(plan_body).where(plan.c.target == person.target)
    for digest in connection.scalars(query.order_by(plan.c.digest)).all():
        body = sa.select(plan_body.c.body).where(plan_body.c.plan_digest == digest)
        content = zlib.decompress(connection.scalars(body).one())
        if any(each in content for each in quoted) or pattern.search(content):
            found.append(digest)
    if awaited := sorted(_awaited(connection) & set(found)):
        raise ConfigurationError(
            f"the plan {awaited[0]} speaks of the person and waits to be decided or settled",
            hint="approve or reject it, and let a run end: `scimflow sync`; then purge",
        )
    return found


def _awaited(connection: sa.Connection) -> set[str]:
    """Plans whose content is still needed."""
    unsettled = sa.select(operation.c.plan_digest).join(open_operation).distinct()
    waiting = sa.select(waiting_run.c.plan_digest)
    return {str(d) for query in (unsettled, waiting) for d in connection.scalars(query) if d}


def _forget(
    connection: sa.Connection, person: Person, bodies: Sequence[str], cells: Sequence[Key]
) -> None:
    """Remove what is no audit row: links, habits, contents of plans and corrections."""
    for start in range(0, len(bodies), 500):
        some = bodies[start : start + 500]
        connection.execute(sa.delete(plan_body).where(plan_body.c.plan_digest.in_(some)))
    connection.execute(sa.delete(correction_body).where(correction_body.c.correction_id.in_(cells)))
    theirs = (
        attribute_rewrite.c.target == person.target,
        attribute_rewrite.c.account_id.in_(person.identifiers),
    )
    connection.execute(sa.delete(attribute_rewrite).where(*theirs))
    for table in (failing_operation, account_link):
        of_person = (table.c.target == person.target, table.c.worker_key == person.worker_key)
        connection.execute(sa.delete(table).where(*of_person))


def _rename_failures(connection: sa.Connection, person: Person, pseudonym: str) -> None:
    """Put the pseudonym into what is remembered of other people's failures."""
    of_target = failing_operation.c.target == person.target
    query = sa.select(failing_operation.c.worker_key, failing_operation.c.detail).where(of_target)
    for key, detail in connection.execute(query).all():
        new = replaced(detail, person, pseudonym, everything=False)
        if new != detail:
            change = sa.update(failing_operation).where(of_target)
            change = change.where(failing_operation.c.worker_key == key)
            connection.execute(change.values(detail=new))
