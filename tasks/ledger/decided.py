"""Account links that a person decides: made and taken away by hand, with a line in the trail."""

from datetime import datetime

import sqlalchemy as sa

from data_contracts.errors import ConfigurationError
from data_contracts.link_decision import LinkedAccount
from tasks.ledger.chain import append_rows
from tasks.ledger.event_words import LinkEventKind, LinkState
from tasks.ledger.links import LinkChange, apply_changes, ended
from tasks.ledger.schema import account_link, link_event

STATES_TOLD = (
    LinkEventKind.ADOPTED,
    LinkEventKind.CREATED,
    LinkEventKind.REPLACED,
    LinkEventKind.DEACTIVATED,
    LinkEventKind.REACTIVATED,
)
"""Events that tell whether scimflow left an account active; the others do not speak of it."""


def link(
    connection: sa.Connection,
    run_id: str,
    target: str,
    worker_key: str,
    account: LinkedAccount,
    at: datetime,
    taken_from: str | None,
) -> None:
    """Link a person to an account because somebody says so.

    Args:
        connection: A writing transaction.
        run_id: The run that records it.
        target: Name of the target.
        worker_key: Whose account it is from now on.
        account: The account as it is at the target.
        at: When.
        taken_from: Who has had it until now, named on purpose; None for nobody.

    Raises:
        ConfigurationError: The person has a link, or the account is not `taken_from`'s; then
            nothing is changed.
    """
    of_target = sa.select(account_link).where(account_link.c.target == target)
    present = connection.execute(of_target.where(account_link.c.worker_key == worker_key)).first()
    if present is not None:
        raise ConfigurationError(
            f"worker {worker_key} is linked to account {present.account_id} already",
            hint=f"`scimflow unlink {worker_key}` first, if that is wrong",
        )
    of_account = of_target.where(account_link.c.account_id == account.account_id)
    other = connection.execute(of_account).first()
    owner = None if other is None else str(other.worker_key)
    if owner != taken_from:
        whose = "nobody's" if owner is None else f"worker {owner}'s"
        raise ConfigurationError(
            f"account {account.account_id} is {whose}",
            hint="leave --take-from out" if owner is None else f"--take-from {owner} takes it",
        )
    if owner is not None:
        unlink(connection, run_id, target, owner, at)
    ours = _was_deactivated_by_us(connection, target, account.account_id)
    change = LinkChange(
        worker_key=worker_key,
        account_id=account.account_id,
        user_name=account.user_name,
        external_id=account.external_id,
        state=LinkState.DEACTIVATED if ours and not account.active else LinkState.ACTIVE,
        origin=LinkEventKind.LINKED,
        correlated_by=None,
        at=at,
    )
    apply_changes(connection, run_id, target, [change])


def unlink(
    connection: sa.Connection, run_id: str, target: str, worker_key: str, at: datetime
) -> str:
    """Take a person's link away because somebody says so.

    Returns:
        The account that is nobody's from now on.

    Raises:
        ConfigurationError: The person has no link.
    """
    theirs = (account_link.c.target == target, account_link.c.worker_key == worker_key)
    old = connection.execute(sa.select(account_link).where(*theirs)).first()
    if old is None:
        raise ConfigurationError(
            f"worker {worker_key} is linked to no account",
            hint="`scimflow explain PERSON` shows a person's worker key and account",
        )
    connection.execute(sa.delete(account_link).where(*theirs))
    gone = ended(run_id, target, old, LinkEventKind.UNLINKED, at)
    append_rows(connection, link_event, [gone])
    return str(old.account_id)


def _was_deactivated_by_us(connection: sa.Connection, target: str, account_id: str) -> bool:
    """Whether the last that scimflow did with an account, whosever it was, was to deactivate it."""
    query = sa.select(link_event.c.event).where(
        link_event.c.target == target,
        link_event.c.account_id == account_id,
        link_event.c.event.in_([str(kind) for kind in STATES_TOLD]),
    )
    last = connection.scalar(query.order_by(link_event.c.id.desc()).limit(1))
    return last == str(LinkEventKind.DEACTIVATED)
