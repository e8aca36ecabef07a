"""Whose account is in the way of a new one: the same person's, or somebody else's.

Pure. The design's rules: the same externalId is the same person; the same userName is, unless the
account carries another externalId. Everything doubtful is for a person to decide.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from data_contracts.scim.resource import Resource, Value
from tasks.scim.answers import resource_id
from tasks.scim.directory import identity_of


@dataclass(frozen=True, slots=True)
class Found:
    """What a look-up found out.

    Attributes:
        account: The person's own account, if there is one.
        conflict: Why a person has to decide, in words; "" when nobody has to.
        account_id: The account that the conflict is about.
    """

    account: Resource | None = None
    conflict: str = ""
    account_id: str | None = None


def judge(
    by_user_name: Sequence[Resource],
    by_external_id: Sequence[Resource],
    external_id: Value | None,
    owners: Mapping[str, str],
    worker_key: str,
    protected: frozenset[str],
) -> Found:
    """Say whose the accounts are that were found for a person who should get a new one.

    Args:
        by_user_name: Accounts with the person's userName.
        by_external_id: Accounts with the person's externalId.
        external_id: The person's externalId in normal form; None when none is sent.
        owners: Worker key by account id, of the accounts that are managed.
        worker_key: The person.
        protected: userNames and ids that are never touched, in lower case.
    """
    ids = {resource_id(user): user for user in (*by_external_id, *by_user_name)}
    if not ids:
        return Found()
    if len(ids) > 1:
        shown = " and ".join(ids)
        return _conflict(next(iter(ids)), f"userName and externalId belong to {shown}")
    account_id, account = next(iter(ids.items()))
    carried = identity_of(account, "externalId")
    if carried is not None and external_id is not None and carried != external_id:
        return _conflict(account_id, "the userName is taken by an account with another externalId")
    if owners.get(account_id, worker_key) != worker_key:
        return _conflict(account_id, f"the account is {owners[account_id]}'s")
    if protected & {account_id.lower(), str(identity_of(account, "userName"))}:
        return _conflict(account_id, "the account is protected by `target.protected`")
    return Found(account)


def _conflict(account_id: str, reason: str) -> Found:
    return Found(conflict=f"{reason}: a person has to decide", account_id=account_id)
