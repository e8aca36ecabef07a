"""Purge and retention: what goes, what stays, and that the chain still proves all of it."""

import asyncio
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa

from data_contracts.approval import Approval
from data_contracts.batch import QuarantinedRow
from data_contracts.chain import Breach
from data_contracts.correction import CorrectedCell, Correction, Replayed
from data_contracts.errors import ConfigurationError, LedgerError
from data_contracts.words import OutcomeResult, RunState
from tasks.ledger import Ledger
from tasks.ledger.schema import metadata
from tests.ledger_parts import (
    TARGET,
    a_plan,
    a_report,
    a_run,
    carry_out,
    create,
    done,
    leave,
    moment,
    outcome,
    tamper,
)

DAY = 1440


def live(ledger: Ledger) -> None:
    """W11 comes and leaves; W22 comes and stays; a row of W11 was quarantined and corrected."""
    people = create("W11"), create("W22")
    plan = a_plan(people)
    row = QuarantinedRow("hr", 19, ("key",), ("W11 stands there twice",), "W11")
    ledger.start_run(a_run("r1"))
    ledger.record_batch("r1", a_report(quarantined=[row]))
    cell = CorrectedCell("email", "x", "w11@acme.example")
    corrected = Replayed(Correction("hr", "sha256:file-100", 19, "W11", (cell,)))
    ledger.record_corrections(TARGET, [corrected], by="ada", note="for W11", at=moment(1))
    ledger.save_plan("r1", plan)
    ledger.approve(Approval(plan.digest, "ada", moment(1), "W11 is known to me"))
    steps = [(each, outcome(each)) for each in people]
    asyncio.run(carry_out(ledger, "r1", *steps))
    ledger.end_run("r1", state=RunState.COMPLETED, ended_at=moment(5), message="W11 came")
    done(ledger, "r2", leave("W11", "a-W11"), minutes=DAY)
    ledger.start_run(a_run("r3", 2 * DAY))
    ledger.save_plan("r3", a_plan([create("W22")]))
    failed = create("W33", explanation="waits for the account of W11")
    told = outcome(failed, OutcomeResult.FAILED, detail="w11@acme.example is taken")
    asyncio.run(carry_out(ledger, "r3", (failed, told), minutes=2 * DAY))
    ledger.end_run("r3", state=RunState.COMPLETED, ended_at=moment(2 * DAY + 5))


@pytest.fixture
def lived(ledger: Ledger) -> Ledger:
    live(ledger)
    assert ledger.verify().is_whole
    return ledger


def purge(ledger: Ledger, person: str = "W11", **more: Any) -> Any:
    return ledger.purge(TARGET, person, by="ada", note="asked", at=moment(3 * DAY), **more)


def everything(ledger: Ledger) -> str:
    """Every cell of every table, as text."""
    with ledger.database.read() as connection:
        return "\n".join(
            str(tuple(row))
            for table in metadata.tables.values()
            for row in connection.execute(sa.select(table))
        )


def test_nothing_names_the_person_any_more_and_the_chain_is_whole(lived: Ledger) -> None:
    assert "w11" in everything(lived).lower()
    head = lived.head()
    purged = purge(lived)
    assert "w11" not in everything(lived).lower()
    found = lived.verify([head])
    assert (found.findings, found.heads) == ((), 1)
    assert found.purged == sum(purged.rows.values()) > 10
    assert purged.plans == 1
    assert purged.corrections == 1


def test_what_was_done_stays_under_the_pseudonym(lived: Ledger) -> None:
    before = lived.history(TARGET, person="W11")
    purged = purge(lived)
    after = lived.history(TARGET, person=purged.pseudonym)
    facts = [(line.at, line.run_id, line.kind, line.reason, line.result) for line in before]
    assert [(e.at, e.run_id, e.kind, e.reason, e.result) for e in after] == facts
    assert lived.history(TARGET, person="W11") == []
    assert [e.worker_key for e in lived.history(TARGET, person="W22")] == ["W22"]
    (line,) = lived.history(TARGET, person="W33")
    assert (line.detail, line.explanation) == (
        f"{purged.pseudonym} is taken",
        f"waits for the account of {purged.pseudonym}",
    )


def test_two_people_are_purged_one_after_the_other(lived: Ledger) -> None:
    done(lived, "r4", leave("W22", "a-W22"), minutes=4 * DAY)
    first, second = purge(lived), purge(lived, "W22")
    assert first.pseudonym != second.pseudonym
    assert not {"w11", "w22"} & set(everything(lived).lower().replace("@", " ").split())
    assert lived.verify().findings == ()
    done(lived, "r5", create("W44"), minutes=5 * DAY)
    assert lived.verify().is_whole


def test_a_dry_run_changes_nothing(lived: Ledger) -> None:
    before = everything(lived)
    counted = purge(lived, dry=True)
    assert everything(lived) == before
    assert counted.rows == purge(lived).rows


def test_a_purge_hides_no_other_change(lived: Ledger) -> None:
    name = purge(lived).pseudonym
    tamper(lived, f"UPDATE operation SET reason = 'mover' WHERE worker_key = '{name}'")
    found = lived.verify().findings
    assert {(each.breach, each.table) for each in found} == {(Breach.CHANGED, "operation")}


def test_another_name_in_the_place_of_the_pseudonym_shows(lived: Ledger) -> None:
    name = purge(lived).pseudonym
    tamper(lived, f"UPDATE link_event SET user_name = 'eve' WHERE worker_key = '{name}'")
    found = lived.verify().findings
    assert {(each.breach, each.table) for each in found} == {(Breach.CHANGED, "link_event")}


def test_a_purge_that_was_taken_back_shows(lived: Ledger) -> None:
    with lived.database.read() as connection:
        query = sa.text("SELECT id, worker_key FROM operation WHERE worker_key = 'W11' ORDER BY id")
        number, key = connection.execute(query).first() or (0, "")
    purge(lived)
    tamper(lived, f"UPDATE operation SET worker_key = '{key}' WHERE id = {number}")
    assert not lived.verify().is_whole


def test_the_salts_of_purged_rows_are_gone_and_those_of_others_stay(lived: Ledger) -> None:
    purge(lived)
    with lived.database.read() as connection:
        salts = connection.scalars(sa.text("SELECT salt FROM chain_entry WHERE salt LIKE '{%'"))
        kept = "".join(salts)
        mine = connection.scalars(
            sa.text("SELECT id FROM operation WHERE worker_key LIKE 'purged-%'")
        ).all()
    assert mine
    assert all(f'"operation:{number}"' not in kept for number in mine)


@pytest.mark.parametrize("person", ["W22", "a-W22", "w22@acme.example"])
def test_who_still_has_access_is_not_purged(lived: Ledger, person: str) -> None:
    with pytest.raises(ConfigurationError, match="still has an account") as caught:
        purge(lived, person)
    assert "unlink" in caught.value.hint


def test_nobody_is_purged_by_a_name_that_nobody_had(lived: Ledger) -> None:
    with pytest.raises(ConfigurationError, match="nobody is meant"):
        purge(lived, "W99")


def test_who_has_an_open_write_is_not_purged(lived: Ledger) -> None:
    lived.start_run(a_run("r4", 4 * DAY))
    asyncio.run(carry_out(lived, "r4", (create("W55"), None), minutes=4 * DAY))
    with pytest.raises(ConfigurationError, match="end is not known"):
        purge(lived, "W55")


def test_after_a_purge_the_trail_is_append_only_again(lived: Ledger) -> None:
    purge(lived)
    with (
        pytest.raises(LedgerError, match="append-only"),
        lived.database.write() as connection,
    ):
        connection.execute(sa.text("UPDATE operation SET reason = 'x'"))


@pytest.mark.parametrize("ledger_url", ["sqlite"], indirect=True)  # PostgreSQL: at its VACUUM
def test_what_was_purged_is_in_no_page_of_the_file_any_more(lived: Ledger) -> None:
    file = lived.database.location.file
    assert file is not None
    purge(lived)
    left = b"".join(each.read_bytes() for each in file.parent.iterdir())
    assert b"w11@acme.example" not in left


def prune(ledger: Ledger, **before: datetime) -> Any:
    values: dict[str, Any] = {"values_before": None, "rows_before": None, **before}
    return ledger.prune(**values, at=moment(10 * DAY), by="ada")


def test_contents_of_plans_go_when_their_time_is_over(lived: Ledger) -> None:
    pruned = prune(lived, values_before=moment(3 * DAY))
    assert (pruned.plans, pruned.rows, pruned.runs) == (1, {}, ("r1", "r2", "r3"))
    with pytest.raises(LedgerError, match="no longer kept"):
        lived.plan(a_plan([create("W11"), create("W22")]).digest)
    assert lived.plan_of_run("r3") is not None  # the newest one of a target stays
    assert lived.verify().findings == ()


def test_rows_of_old_runs_go_but_not_what_explains_access(lived: Ledger) -> None:
    done(lived, "r9", create("W44"), minutes=9 * DAY)
    head = lived.head()
    pruned = prune(lived, rows_before=moment(3 * DAY))
    assert pruned.rows["operation"] == 3
    # the last row of a table stays, so that its number is not given again
    assert [e.kind for e in lived.history(TARGET, person="W11")] == ["quarantine"]
    assert [e.kind for e in lived.history(TARGET, person="W22")] == ["create"]
    assert [e.kind for e in lived.history(TARGET, person="W44")] == ["create"]
    assert [run.run_id for run in lived.runs()] == ["r9", "r3", "r2", "r1"]
    found = lived.verify([head])
    assert (found.findings, found.pruned) == ((), sum(pruned.rows.values()))
    assert lived.deactivated_by_us(TARGET) == {"W11"}  # a rehire gets the same account back
    assert prune(lived, rows_before=moment(3 * DAY)).is_nothing


def test_a_number_is_never_given_again(lived: Ledger) -> None:
    assert prune(lived, rows_before=moment(9 * DAY)).rows["operation"] == 2  # not the last one
    done(lived, "r9", create("W44"), minutes=9 * DAY)
    assert lived.verify().findings == ()


def test_what_was_pruned_and_comes_back_shows(lived: Ledger) -> None:
    done(lived, "r9", create("W44"), minutes=9 * DAY)
    with lived.database.read() as connection:
        number = connection.scalar(sa.text("SELECT min(id) FROM exchange"))
    prune(lived, rows_before=moment(3 * DAY))
    done(lived, "r10", create("W66"), minutes=10 * DAY)
    tamper(
        lived,
        "INSERT INTO exchange (id, event_ref, method, path, status, elapsed_ms, purpose, at) "
        f"VALUES ({number}, 1, 'POST', '/Users', 201, 1, 'write', '2026-03-02 09:00:00')",
    )
    (found,) = lived.verify().findings
    assert (found.breach, found.table) == (Breach.INSERTED, "exchange")


def test_a_purge_after_a_prune_and_a_prune_after_a_purge(lived: Ledger) -> None:
    done(lived, "r9", create("W44"), minutes=9 * DAY)
    purge(lived)
    prune(lived, rows_before=moment(3 * DAY), values_before=moment(3 * DAY))
    assert lived.verify().findings == ()
    done(lived, "r10", leave("W44", "a-W44"), minutes=10 * DAY)
    purge(lived, "W44")
    assert lived.verify().findings == ()
