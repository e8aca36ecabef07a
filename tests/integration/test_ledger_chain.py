"""The chain: whatever is done to the audit trail behind the ledger's back shows, and where."""

import asyncio
import itertools
from pathlib import Path

import pytest
import sqlalchemy as sa

from data_contracts.approval import Approval
from data_contracts.batch import QuarantinedRow
from data_contracts.chain import START, Breach, Head
from data_contracts.errors import ConfigurationError
from data_contracts.words import OutcomeResult, RunState
from tasks.ledger import Ledger, chain, open_ledger
from tasks.ledger.audited import AUDITED
from tests.ledger_parts import (
    a_plan,
    a_report,
    a_run,
    all_well,
    carry_out,
    create,
    done,
    leave,
    moment,
    outcome,
    python,
    tamper,
)


def live(ledger: Ledger) -> None:
    """Two days of a company: three people come, one does not, one leaves."""
    row = QuarantinedRow("hr", 19, ("key",), ("no key",), "E7")
    ledger.start_run(a_run("r1"))
    ledger.record_batch("r1", a_report(quarantined=[row]))
    ledger.save_plan("r1", a_plan([create("E1"), create("E2")]))
    ledger.approve(Approval(a_plan([create("E1"), create("E2")]).digest, "ada", moment(1)))
    steps = [(each, outcome(each)) for each in (create("E1"), create("E2"), create("E3"))]
    steps.append((create("E4"), outcome(create("E4"), OutcomeResult.FAILED)))
    asyncio.run(carry_out(ledger, "r1", *steps))
    ledger.end_run("r1", state=RunState.COMPLETED, ended_at=moment(2), counts={"created": 3})
    done(ledger, "r2", leave("E1", "a-E1"), minutes=1440)


@pytest.fixture
def lived(ledger: Ledger) -> Ledger:
    live(ledger)
    assert ledger.verify().is_whole
    return ledger


def breaches(ledger: Ledger, *heads: Head) -> set[tuple[Breach, str, str]]:
    found = ledger.verify(heads)
    assert found.found == len(found.findings)
    return {(each.breach, each.table, each.key) for each in found.findings}


def test_an_untouched_trail_is_whole_and_says_where_it_leads(lived: Ledger) -> None:
    found = lived.verify([lived.head()])
    assert (found.is_whole, found.head, found.heads) == (True, lived.head(), 1)
    assert found.entries == lived.head().seq
    assert found.bodies == 1


def test_every_entry_leads_to_another_head(ledger: Ledger) -> None:
    heads = [ledger.head()]
    ledger.start_run(a_run("r1"))
    heads.append(ledger.head())
    ledger.end_run("r1", state=RunState.FAILED, ended_at=moment(1))
    heads.append(ledger.head())
    assert len({head.hash for head in heads}) == len(heads)
    assert [b.seq - a.seq for a, b in itertools.pairwise(heads)] == [1, 1]
    assert ledger.verify(heads[1:]).is_whole


def test_what_came_to_nothing_is_not_chained(lived: Ledger) -> None:
    before = lived.head()
    with pytest.raises(Exception, match="not one that goes on"):
        lived.end_run("r1", state=RunState.FAILED, ended_at=moment(9))
    assert (lived.head(), lived.verify().is_whole) == (before, True)


CHANGES = {
    "batch": "rows_read = 7",
    "quarantined_row": "line = 20",
    "plan": "verdict = 'held'",
    "run_plan": "path = 'elsewhere'",
    "operation": "reason = 'approved by the board'",
    "operation_event": "result = 'failed'",
    "exchange": "status = 500",
    "link_event": "account_id = 'a-E9'",
    "approval": "approved_by = 'grace'",
}


@pytest.mark.sampled(4)
@pytest.mark.parametrize("table", CHANGES)
def test_a_row_that_was_changed_is_named(lived: Ledger, table: str) -> None:
    key = AUDITED[table].key
    with lived.database.read() as connection:
        last = connection.scalar(sa.select(sa.func.max(key)))
    tamper(lived, f"UPDATE {table} SET {CHANGES[table]} WHERE {key.name} = '{last}'")
    assert breaches(lived) == {(Breach.CHANGED, table, str(last))}


@pytest.mark.parametrize(
    "change",
    ["started_at = '2026-01-01 00:00:00'", "message = 'all well'", "counts = '{\"created\": 4}'"],
)
def test_a_run_that_was_changed_is_named(lived: Ledger, change: str) -> None:
    tamper(lived, f"UPDATE run SET {change} WHERE run_id = 'r1'")
    assert breaches(lived) == {(Breach.CHANGED, "run", "r1")}
    (finding,) = lived.verify().findings
    assert finding.run_id == "r1"


def test_a_run_that_was_made_to_go_on_again_is_named(lived: Ledger) -> None:
    tamper(lived, "UPDATE run SET ended_at = NULL WHERE run_id = 'r1'")
    assert breaches(lived) == {(Breach.DELETED, "run", "r1")}


@pytest.mark.sampled(4)
@pytest.mark.parametrize("table", CHANGES)
def test_a_row_that_was_deleted_is_named(lived: Ledger, table: str) -> None:
    key = AUDITED[table].key
    with lived.database.read() as connection:
        first = connection.scalar(sa.select(sa.func.min(key)))
    tamper(lived, f"DELETE FROM {table} WHERE {key.name} = '{first}'")
    assert (Breach.DELETED, table, str(first)) in breaches(lived)


def test_a_row_that_was_inserted_is_named(lived: Ledger) -> None:
    tamper(
        lived,
        "INSERT INTO approval (id, plan_digest, approved_by, note, at) "
        "VALUES (77, 'sha256:ab', 'the board', '', '2026-03-02 09:00:00')",
        "INSERT INTO run (run_id, flow, target, as_of, started_at, state, counts, message) VALUES "
        "('r0', 'sync-users', 'acme', '2026-03-01', '2026-03-01 09:00:00', 'running', '{}', '')",
    )
    assert breaches(lived) == {(Breach.INSERTED, "approval", "77"), (Breach.INSERTED, "run", "r0")}


def test_two_rows_that_changed_places_are_named(lived: Ledger) -> None:
    with lived.database.read() as connection:
        ids = list(connection.scalars(sa.text("SELECT id FROM operation_event ORDER BY id")))
    first, third = ids[0], ids[2]
    tamper(
        lived,
        f"UPDATE operation_event SET id = -1 WHERE id = {first}",
        f"UPDATE operation_event SET id = {first} WHERE id = {third}",
        f"UPDATE operation_event SET id = {third} WHERE id = -1",
    )
    found = breaches(lived)
    assert {(Breach.CHANGED, "operation_event", str(key)) for key in (first, third)} <= found


def test_a_number_that_was_given_again_is_named(lived: Ledger) -> None:
    with lived.database.read() as connection:
        last = connection.scalar(sa.text("SELECT max(id) FROM approval"))
    tamper(lived, f"DELETE FROM approval WHERE id = {last}")
    if lived.database.location.file is None:
        tamper(lived, f"SELECT setval('approval_id_seq', {last}, false)")
    lived.approve(Approval("sha256:ab", "grace", moment(9)))
    assert (Breach.REPEATED, "approval", str(last)) in breaches(lived)


@pytest.mark.parametrize("column", ["kind = 'pruned'", "body = '{}'", "hash = 'sha256:00'"])
def test_an_entry_that_was_changed_is_named(lived: Ledger, column: str) -> None:
    tamper(lived, f"UPDATE chain_entry SET {column} WHERE seq = 3")
    found = {(each.breach, each.seq) for each in lived.verify().findings}
    broken = 4 if column.startswith("hash") else 3
    assert (Breach.ENTRY, broken) in found


def test_an_entry_that_was_deleted_is_named(lived: Ledger) -> None:
    tamper(lived, "DELETE FROM chain_entry WHERE seq = 3")
    assert Breach.MISSING in {each.breach for each in lived.verify().findings}


def test_entries_in_another_order_are_named(lived: Ledger) -> None:
    tamper(
        lived,
        "UPDATE chain_entry SET seq = 1000 WHERE seq = 3",
        "UPDATE chain_entry SET seq = 3 WHERE seq = 4",
        "UPDATE chain_entry SET seq = 4 WHERE seq = 1000",
    )
    assert {3, 4} <= {e.seq for e in lived.verify().findings if e.breach is Breach.ENTRY}


def test_a_tail_that_was_cut_shows_by_a_head_that_was_noted(lived: Ledger) -> None:
    noted = lived.head()
    tamper(
        lived,
        "DELETE FROM exchange WHERE event_ref IN "
        "(SELECT id FROM operation_event WHERE run_id = 'r2')",
        *(f"DELETE FROM {t} WHERE run_id = 'r2'" for t in ("operation_event", "operation")),
        *(f"DELETE FROM {t} WHERE run_id = 'r2'" for t in ("link_event", "run")),
        f"DELETE FROM chain_entry WHERE seq > {noted.seq - 4}",
    )
    assert lived.verify().is_whole  # nothing inside of the ledger tells
    assert breaches(lived, noted) == {(Breach.HEAD, "chain_entry", str(noted.seq))}


def test_a_chain_that_was_made_anew_shows_by_a_head_that_was_noted(lived: Ledger) -> None:
    noted = lived.head()
    tamper(
        lived,
        "UPDATE operation_event SET result = 'failed' WHERE result = 'applied'",
        "DELETE FROM chain_entry",
    )
    with lived.database.write() as connection:
        chain.begin(connection)
    for number in range(noted.seq):
        lived.start_run(a_run(f"r-{number}"))
    assert lived.verify().is_whole
    assert {found[0] for found in breaches(lived, noted)} == {Breach.HEAD}


@pytest.mark.parametrize("ledger_url", ["sqlite"], indirect=True)  # PostgreSQL keeps the types
@pytest.mark.parametrize(
    "change",
    [
        "operation_event SET at = 'yesterday' WHERE id = 2",
        "operation_event SET not_retained = 'no JSON' WHERE id = 2",
        "operation_event SET detail = x'00ff' WHERE id = 2",
    ],
)
def test_what_no_row_can_hold_is_named_like_any_other_change(lived: Ledger, change: str) -> None:
    tamper(lived, f"UPDATE {change}")
    assert breaches(lived) == {(Breach.CHANGED, "operation_event", "2")}


def test_a_plan_whose_content_was_changed_or_removed_is_named(lived: Ledger) -> None:
    digest = a_plan([create("E1"), create("E2")]).digest
    tamper(lived, "DELETE FROM plan_body")
    assert breaches(lived) == {(Breach.DELETED, "plan_body", digest)}
    lived.start_run(a_run("r3"))
    lived.save_plan("r3", a_plan([create("E5")]))
    body = "'\\x00'" if lived.database.location.file is None else "x'00'"
    tamper(lived, f"UPDATE plan_body SET body = {body}")
    assert (Breach.BODY, "plan_body", a_plan([create("E5")]).digest) in breaches(lived)


WRITE = """
import sys
from pathlib import Path
from tasks.ledger import open_ledger
from tests.ledger_parts import create, done
with open_ledger(sys.argv[1], folder=Path(sys.argv[2])) as ledger:
    for number in range(5):
        name = f"{sys.argv[3]}-{number}"
        done(ledger, name, *(create(f"{name}-{n}") for n in range(5)), target=sys.argv[3])
"""


def test_several_processes_write_one_chain(ledger: Ledger, ledger_url: str, tmp_path: Path) -> None:
    names = ("acme", "globex", "initech")
    all_well(*(python(WRITE, ledger_url, str(tmp_path), name) for name in names))
    found = ledger.verify()
    assert (found.is_whole, found.head.seq) == (True, ledger.head().seq)
    assert found.rows == 3 * 5 * (2 + 5 * 5)


def test_who_only_looks_can_verify(lived: Ledger, ledger_url: str, tmp_path: Path) -> None:
    with open_ledger(ledger_url, folder=tmp_path, read_only=True) as reader:
        assert reader.verify().is_whole


def test_a_ledger_in_which_nothing_stands_is_whole(tmp_path: Path) -> None:
    with open_ledger("sqlite:///none.db", folder=tmp_path, read_only=True) as reader:
        assert (reader.head(), reader.verify().is_whole) == (START, True)


def test_a_head_is_written_and_read_back() -> None:
    head = Head(17, "sha256:ab")
    assert Head.parse(f" {head}\n") == head
    for text in ("17", "x@sha256:ab", "17@ab", ""):
        with pytest.raises(ConfigurationError, match="is not a head"):
            Head.parse(text)
