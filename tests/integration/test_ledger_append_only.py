"""What is written in an audit table stays: the database itself refuses to change it."""

import asyncio

import pytest
import sqlalchemy as sa

from data_contracts.approval import Approval, Rejection
from data_contracts.batch import QuarantinedRow
from data_contracts.correction import CorrectedCell, Correction, Replayed
from data_contracts.errors import LedgerError
from data_contracts.team_plan import TeamMember
from data_contracts.words import RunState, TeamOperationKind
from tasks.ledger import Ledger
from tasks.ledger.audited import AUDITED
from tasks.ledger.schema import APPEND_ONLY, metadata
from tests.ledger_parts import (
    a_plan,
    a_report,
    a_run,
    a_team,
    adoption,
    carry_out,
    create,
    moment,
    outcome,
)

ROWS = {"operation": 2, "operation_event": 4, "exchange": 2, "link_event": 2}
"""Rows of the tables that have more than one; see `full`."""

STATE = {
    "attribute_habit",
    "attribute_rewrite",
    "failing_operation",
    "account_link",
    "team_link",
    "open_operation",
    "lease",
    "plan_body",
    "correction_body",
    "run",
    "trail_permit",
    "waiting_run",
}


@pytest.fixture
def full(ledger: Ledger) -> Ledger:
    """A ledger with a row in every table."""
    ledger.start_run(a_run("r1"))
    row = QuarantinedRow("hr", 19, ("key",), ("no key",), "E7")
    ledger.record_batch("r1", a_report(quarantined=[row]))
    ledger.save_plan("r1", a_plan([create("E1")], [adoption("E2", "a-2")]))
    ledger.approve(Approval(a_plan().digest, "ada", moment(1)))
    ledger.adopt("r1", "acme", [adoption("E2", "a-2")], moment(1))
    member = TeamMember("E1", "a-E1", "joined")
    team = a_team("Core", TeamOperationKind.CREATE, "t-1", add=(member,))
    steps = [(each, outcome(each)) for each in (create("E1"), team)]
    asyncio.run(carry_out(ledger, "r1", *steps))
    ledger.reject(Rejection(a_plan().digest, "grace", moment(2)))
    cell = CorrectedCell("email", "x", "e7@acme.example")
    corrected = Replayed(Correction("hr", "sha256:file-100", 19, "E7", (cell,)))
    ledger.record_corrections("acme", [corrected], by="ada", note="", at=moment(1))
    ledger.end_run("r1", state=RunState.COMPLETED, ended_at=moment(2))
    return ledger


def attempt(ledger: Ledger, statement: str) -> None:
    with ledger.database.write() as connection:
        connection.execute(sa.text(statement))


def test_every_table_is_either_an_audit_trail_or_known_to_change() -> None:
    assert set(metadata.tables) == {*APPEND_ONLY, *STATE, "chain_entry"}
    assert {item.table.name for item in AUDITED.values()} == {*APPEND_ONLY, "run"}


def test_no_row_of_an_audit_table_is_changed_or_deleted(full: Ledger) -> None:
    for table in APPEND_ONLY:
        column = list(metadata.tables[table].columns)[-1].name
        for statement in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"):
            with pytest.raises(LedgerError, match=f"{table} is append-only") as caught:
                attempt(full, statement)
            assert "append" in caught.value.hint
        with full.database.read() as connection:
            count = connection.scalar(sa.text(f"SELECT count(*) FROM {table}"))
            assert count == ROWS.get(table, 1)


def test_runs_are_not_deleted_and_an_ended_run_is_not_changed(full: Ledger) -> None:
    full.start_run(a_run("r2"))
    for statement in (
        "DELETE FROM run WHERE run_id = 'r2'",
        "UPDATE run SET state = 'failed' WHERE run_id = 'r1'",
    ):
        with pytest.raises(LedgerError, match="append-only"):
            attempt(full, statement)
    attempt(full, "UPDATE run SET message = 'goes on' WHERE run_id = 'r2'")


def test_no_entry_of_the_chain_is_changed_or_deleted(full: Ledger) -> None:
    for statement in (
        "DELETE FROM chain_entry",
        "UPDATE chain_entry SET salt = NULL",
        "UPDATE chain_entry SET hash = ''",
        "UPDATE chain_entry SET body = ''",
    ):
        with pytest.raises(LedgerError, match="chain_entry is append-only"):
            attempt(full, statement)


def test_every_row_of_every_audit_table_is_chained(full: Ledger) -> None:
    with full.database.read() as connection:
        rows = [
            connection.scalar(sa.select(sa.func.count()).select_from(item.table))
            for item in AUDITED.values()
        ]
    found = full.verify()
    assert (found.findings, found.rows) == ((), sum(map(int, map(str, rows))))


@pytest.mark.parametrize("ledger_url", ["postgresql"], indirect=True)  # SQLite has no TRUNCATE
def test_no_audit_table_is_emptied_either(full: Ledger) -> None:
    for table in (*APPEND_ONLY, "chain_entry"):
        with pytest.raises(LedgerError, match="append-only"):
            attempt(full, f"TRUNCATE {table} CASCADE")
