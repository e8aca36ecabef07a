"""How target and links would be after a plan: the next day can be planned before it is carried out.

Everything is taken to succeed.
"""

from dataclasses import dataclass, replace

import pandas as pd

from data_contracts.frames import ACCOUNT_ID, ACCOUNTS, LINKS, WORKER_KEY
from data_contracts.plan import Operation, Plan, Value
from data_contracts.snapshot import TargetSnapshot
from data_contracts.words import OperationKind

FORESEEN = "foreseen:"
"""Beginning of the ids of accounts that are not there yet; the worker's key follows."""

_BASIC = {"userName": "user_name", "externalId": "external_id"}


@dataclass(frozen=True, slots=True, repr=False)
class Foreseen:
    """The target and the ledger's links, as they are or as they would be.

    Attributes:
        snapshot: The target's accounts.
        links: Frame `frames.LINKS`.
        deactivated_by_us: Worker keys whose account scimflow deactivated last.
    """

    snapshot: TargetSnapshot
    links: pd.DataFrame
    deactivated_by_us: frozenset[str]

    def after(self, plan: Plan) -> "Foreseen":
        """The same after a plan that was carried out."""
        accounts = self.snapshot.accounts.set_index(ACCOUNT_ID, drop=False)
        rows: dict[str, dict[str, object]] = {}
        links = dict(zip(self.links[WORKER_KEY], self.links[ACCOUNT_ID], strict=True))
        ours = set(self.deactivated_by_us)
        for adoption in plan.adoptions:
            if adoption.taken_from is not None:
                links.pop(adoption.taken_from, None)
                ours.discard(adoption.taken_from)
            links[adoption.worker_key] = adoption.account_id
            if adoption.left:
                ours.add(adoption.worker_key)
        for operation in plan.operations:
            account = operation.account_id or f"{FORESEEN}{operation.worker_key}"
            row = _row(accounts, account)
            _write(row, operation)
            rows[account] = row
            links[operation.worker_key] = account
            if operation.kind is OperationKind.DEACTIVATE:
                ours.add(operation.worker_key)
            else:
                ours.discard(operation.worker_key)
        frame = _with_rows(self.snapshot.accounts, rows)
        return Foreseen(
            replace(self.snapshot, accounts=ACCOUNTS.check(frame)),
            _links(links, frame),
            frozenset(ours),
        )


def _row(accounts: pd.DataFrame, account: str) -> dict[str, object]:
    if account in accounts.index:
        return {str(name): cell for name, cell in accounts.loc[account].items()}
    empty: dict[str, object] = dict.fromkeys(map(str, accounts.columns))
    return {**empty, ACCOUNT_ID: account, "active": False}


def _write(row: dict[str, object], operation: Operation) -> None:
    ids = {
        path: f"{FORESEEN}{worker}"
        for path, worker in operation.references.items()
        if path not in operation.attributes
    }
    written: dict[str, Value] = {**operation.attributes, **ids}
    for path, value in written.items():
        cell = value if isinstance(value, bool) else value or None
        for column in (path, _BASIC.get(path, path)):
            if column in row:
                row[column] = cell
        if path.startswith("emails[") and path.endswith(".value"):
            row["email"] = cell


def _with_rows(accounts: pd.DataFrame, rows: dict[str, dict[str, object]]) -> pd.DataFrame:
    if not rows:
        return accounts
    others = accounts[~accounts[ACCOUNT_ID].isin(list(rows))]
    columns = {
        name: pd.Series([row[str(name)] for row in rows.values()], dtype=kind)
        for name, kind in accounts.dtypes.items()
    }
    both = pd.concat([others, pd.DataFrame(columns)], ignore_index=True)
    return both.astype(accounts.dtypes.to_dict())


def _links(links: dict[str, str], accounts: pd.DataFrame) -> pd.DataFrame:
    named = accounts.set_index(ACCOUNT_ID)
    workers, ids = sorted(links), [links[worker] for worker in sorted(links)]
    columns: dict[str, list[object]] = {
        WORKER_KEY: list(workers),
        ACCOUNT_ID: list(ids),
        "user_name": named["user_name"].reindex(ids).tolist(),
        "external_id": named["external_id"].reindex(ids).tolist(),
    }
    return LINKS.check(
        pd.DataFrame({name: pd.Series(cells, dtype="str") for name, cells in columns.items()})
    )
