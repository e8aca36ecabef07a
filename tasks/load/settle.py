"""What became of the writes that an earlier run left without an outcome: found by looking.

In: the ledger's open intents and the target's accounts as they are now. Out: an outcome for each
intent that can be told. Pure; the caller writes the outcomes. Nothing is sent to the target: what
did not happen is planned again by the run that found it out.
"""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

import pandas as pd

from data_contracts.columns import folded
from data_contracts.frames import ACCOUNT_ID
from data_contracts.outcome import Outcome
from data_contracts.plan import Operation, Value
from data_contracts.scim.paths import parse_path
from data_contracts.scim.resource import normal_form
from data_contracts.snapshot import TargetSnapshot
from data_contracts.words import OperationKind, OutcomeResult
from tasks.ledger import RecordedOperation

UNTOLD = "?"
"""Stands for the id of an account that the ledger does not tell; no account has it."""

Meant = Mapping[str, Operation]
"""The operations that were meant, by operation id, from the plan that the ledger keeps."""


def settle_intents(
    intents: Iterable[tuple[RecordedOperation, Meant]],
    snapshot: TargetSnapshot,
    extensions: tuple[str, ...] = (),
    account_of: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[tuple[RecordedOperation, Outcome]]:
    """Tell from the target's present accounts what became of open intents.

    Args:
        intents: What was left open, each with its plan's operations.
        snapshot: The accounts as they are now.
        extensions: URNs of the target's own schemas.
        account_of: Account ids by worker key, from the ledger's links: what was written where an
            attribute refers to an account that the same run made.

    Yields:
        Each intent that can be told, with its outcome: settled when the target holds what was
        meant, failed when it does not. An intent whose account an incomplete read does not show
        stays open.
    """
    accounts = snapshot.accounts
    ids = pd.Series(accounts.index, index=accounts[ACCOUNT_ID].to_numpy())
    logins = pd.Series(accounts.index, index=folded(accounts["user_name"]).to_numpy())
    for intent, meant in intents:
        position = _find(intent, accounts, ids, logins)
        if position is None and not snapshot.complete:
            continue
        wanted = _wanted(intent, meant.get(intent.operation_id), account_of)
        yield intent, _judge(intent, accounts, position, wanted, extensions)


def _wanted(
    intent: RecordedOperation, operation: Operation | None, account_of: Mapping[str, str]
) -> Mapping[str, Value]:
    """What was about to be written: as planned, with the accounts that were there by then."""
    if operation is None:
        return {}
    referring = {
        path: account_of.get(key, UNTOLD)
        for path, key in operation.awaited.items()
        if path in intent.changed
    }
    return {**operation.attributes, **referring}


def _find(
    intent: RecordedOperation, accounts: pd.DataFrame, ids: pd.Series, logins: pd.Series
) -> int | None:
    """The account that the intent was about: by id, by externalId, by userName."""
    if intent.account_id is not None:
        return int(ids[intent.account_id]) if intent.account_id in ids.index else None
    if intent.external_id:
        found = accounts.index[accounts["external_id"] == intent.external_id]
        if len(found) == 1:
            return int(found[0])
    login = intent.user_name.strip().lower()
    if login not in logins.index or isinstance(logins[login], pd.Series):
        return None
    position = int(logins[login])
    carried = accounts.loc[position, "external_id"]
    other = isinstance(carried, str) and intent.external_id and carried != intent.external_id
    return None if other else position


def _judge(
    intent: RecordedOperation,
    accounts: pd.DataFrame,
    position: int | None,
    wanted: Mapping[str, Value],
    extensions: tuple[str, ...],
) -> Outcome:
    if position is None:
        gone = intent.kind is OperationKind.DEACTIVATE
        result = OutcomeResult.ALREADY if gone else OutcomeResult.FAILED
        detail = "the account is no longer there" if gone else "the target shows no such account"
        return _outcome(intent, result, intent.account_id, detail)
    account = accounts.iloc[position]
    missing = _not_there(account, wanted, extensions)
    account_id = str(account[ACCOUNT_ID])
    if intent.kind is OperationKind.UPDATE and not intent.changed:
        detail = "there was nothing to write: whom it refers to had no account"
        return _outcome(intent, OutcomeResult.FAILED, account_id, detail)
    if intent.kind is OperationKind.CREATE or not missing:
        return _outcome(intent, OutcomeResult.SETTLED, account_id, "")
    return _outcome(
        intent,
        OutcomeResult.FAILED,
        account_id,
        f"the target does not hold {', '.join(missing)}",
    )


def _not_there(
    account: pd.Series, wanted: Mapping[str, Value], extensions: tuple[str, ...]
) -> tuple[str, ...]:
    """The attributes whose value at the target is not the one that was meant."""
    missing = []
    for text, value in wanted.items():
        if text == "active":
            there: Value | None = bool(account["active"])
        elif text in account.index:
            cell = account[text]
            there = cell if isinstance(cell, str) else None
        else:
            continue
        path = parse_path(text, extensions)
        if normal_form(there, path) != normal_form(value, path):
            missing.append(text)
    return tuple(missing)


def _outcome(
    intent: RecordedOperation, result: OutcomeResult, account_id: str | None, detail: str
) -> Outcome:
    told = f"run {intent.run_id} ended without an outcome; found by looking at the target"
    return Outcome(
        operation_id=intent.operation_id,
        worker_key=intent.worker_key,
        kind=intent.kind,
        result=result,
        account_id=account_id,
        user_name=intent.user_name,
        detail=f"{told}: {detail}" if detail else told,
        verified="looked at after the fact",
    )
