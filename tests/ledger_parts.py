"""What tests of the ledger are made of: runs, plans, operations, outcomes, other processes."""

import asyncio
import contextlib
import functools
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Coroutine, Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from data_contracts.batch import ContractReport, QuarantinedRow
from data_contracts.outcome import HttpExchange, Outcome, RunRecord
from data_contracts.plan import (
    Adoption,
    Operation,
    Plan,
    PlanBasis,
    PlannedOperation,
    RowReference,
    SourceBasis,
)
from data_contracts.team_plan import TeamOperation
from data_contracts.words import (
    BatchVerdict,
    CorrelationKey,
    OperationKind,
    OutcomeResult,
    RunState,
    TeamOperationKind,
)
from tasks.ledger import Journal, Ledger

ROOT = Path(__file__).parent.parent
TARGET = "acme"
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SQLITE = "sqlite:///ledger/ledger.db"


def asynchronous(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run a test that is a coroutine."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        asyncio.run(test(*args, **kwargs))

    return run


def moment(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


class Watch:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> datetime:
        return self.time

    def pass_by(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


def a_run(run_id: str, minutes: float = 0, **more: Any) -> RunRecord:
    values: dict[str, Any] = {"flow": "sync-users", "target": TARGET, "as_of": "2026-03-02", **more}
    return RunRecord(run_id=run_id, started_at=moment(minutes), **values)


def create(key: str, **more: Any) -> Operation:
    login = f"{key.lower()}@acme.example"
    values: dict[str, Any] = {
        "kind": OperationKind.CREATE,
        "worker_key": key,
        "account_id": None,
        "user_name": login,
        "reason": "joiner",
        "explanation": "employed, and has no account yet",
        "attributes": {"active": True, "externalId": f"x-{key}", "userName": login},
        "rows": (RowReference(source="hr", line=17),),
        **more,
    }
    return Operation(**values)


def change(key: str, account_id: str, attributes: dict[str, Any], **more: Any) -> Operation:
    values: dict[str, Any] = {
        "kind": OperationKind.UPDATE,
        "account_id": account_id,
        "reason": "mover",
        "explanation": "differs from the export",
        "attributes": attributes,
        "correlated_by": CorrelationKey.LINK,
        **more,
    }
    return create(key, **values)


def leave(key: str, account_id: str) -> Operation:
    return change(
        key,
        account_id,
        {"active": False},
        kind=OperationKind.DEACTIVATE,
        reason="leaver",
        explanation="the export says that the person has left",
    )


POST = HttpExchange("POST", "/Users", 201, 42, "write", START)


def outcome(
    operation: PlannedOperation,
    result: OutcomeResult = OutcomeResult.APPLIED,
    account_id: str | None = None,
    **more: Any,
) -> Outcome:
    known = account_id or operation.account_id
    if known is None and operation.kind is OperationKind.CREATE and result != OutcomeResult.FAILED:
        known = f"a-{operation.worker_key}"
    values: dict[str, Any] = {"user_name": operation.user_name, "exchanges": (POST,), **more}
    return Outcome(
        operation.operation_id, operation.worker_key, operation.kind, result, known, **values
    )


def adoption(key: str, account_id: str, **more: Any) -> Adoption:
    values: dict[str, Any] = {
        "user_name": f"{key.lower()}@acme.example",
        "external_id": None,
        "correlated_by": CorrelationKey.USER_NAME,
        **more,
    }
    return Adoption(worker_key=key, account_id=account_id, **values)


def a_plan(
    operations: Iterable[Operation] = (),
    adoptions: Iterable[Adoption] = (),
    *,
    rows: int = 100,
    day: date = date(2026, 3, 2),
    **more: Any,
) -> Plan:
    source = SourceBasis(
        path="hr.csv",
        digest=f"sha256:file-{rows}",
        contract="hr",
        contract_version="1.0.0",
        rows=rows,
        accepted=rows,
    )
    basis = PlanBasis(
        sources={"hr": source},
        configuration="sha256:c",
        target="sha256:t",
        target_accounts=0,
        links="sha256:l",
    )
    return Plan(
        target=TARGET,
        as_of=day,
        basis=basis,
        operations=tuple(operations),
        adoptions=tuple(adoptions),
        **more,
    )


def a_report(
    rows: int = 100, quarantined: Iterable[QuarantinedRow] = (), **more: Any
) -> ContractReport:
    held = tuple(quarantined)
    values: dict[str, Any] = {
        "source": "hr",
        "verdict": BatchVerdict.ACCEPTED_WITH_QUARANTINE if held else BatchVerdict.ACCEPTED,
        **more,
    }
    return ContractReport(
        path="hr.csv",
        digest=f"sha256:file-{rows}",
        contract="hr",
        contract_version="1.0.0",
        rows_read=rows,
        rows_accepted=rows - len(held),
        rules=(),
        quarantined=held,
        **values,
    )


def a_team(
    key: str,
    kind: TeamOperationKind = TeamOperationKind.CREATE,
    team_id: str | None = None,
    **more: Any,
) -> TeamOperation:
    return TeamOperation(
        kind=kind, team_key=key, team_id=team_id, name=key, reason="r", explanation="e", **more
    )


async def carry_out(
    ledger: Ledger, run_id: str, *steps: tuple[PlannedOperation, Outcome | None], minutes: float = 1
) -> None:
    """Write intents, and the outcomes of those that have one."""
    async with Journal(ledger, run_id, lambda: moment(minutes)) as journal:
        for operation, ended in steps:
            await journal.intend(operation)
            if ended is not None:
                await journal.record(ended)


def done(
    ledger: Ledger, run_id: str, *operations: Operation, minutes: float = 0, **more: Any
) -> None:
    """A run in which every operation went well."""
    ledger.start_run(a_run(run_id, minutes, **more))
    steps = [(operation, outcome(operation)) for operation in operations]
    asyncio.run(carry_out(ledger, run_id, *steps, minutes=minutes))
    ledger.end_run(run_id, state=RunState.COMPLETED, ended_at=moment(minutes + 5))


def tamper(ledger: Ledger, *statements: str) -> None:
    """Change a ledger behind its back, as who owns the database can: no trigger holds it."""
    with ledger.database.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET session_replication_role = replica")
            for statement in statements:
                connection.exec_driver_sql(statement)
            connection.exec_driver_sql("RESET session_replication_role")
            connection.commit()
            return
    assert ledger.database.location.file is not None
    with contextlib.closing(sqlite3.connect(ledger.database.location.file)) as file:
        names = file.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        for (name,) in names.fetchall():
            file.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            file.execute(statement)
        file.commit()


def python(code: str, *arguments: str) -> subprocess.Popen[str]:
    """Another process that runs some code; whoever starts it waits for it."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def all_well(*processes: subprocess.Popen[str]) -> list[str]:
    """What processes wrote, once all have ended well."""
    said = [process.communicate(timeout=60) for process in processes]
    assert [p.returncode for p in processes] == [0] * len(said), [err for _, err in said]
    return [out for out, _ in said]
