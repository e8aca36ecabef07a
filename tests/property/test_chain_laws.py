"""Laws of the chain over random pasts: an untouched one is whole, and no change goes unseen."""

import asyncio
import contextlib
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_contracts.approval import Approval
from data_contracts.batch import QuarantinedRow
from data_contracts.chain import Head
from data_contracts.words import OutcomeResult, RunState
from tasks.ledger import Ledger, open_ledger
from tasks.ledger.audited import AUDITED
from tests.ledger_parts import (
    SQLITE,
    a_plan,
    a_report,
    a_run,
    adoption,
    carry_out,
    create,
    leave,
    moment,
    outcome,
)

FEWER = settings(max_examples=settings().max_examples // 2)
"""Each example commits some dozen times, durably."""

RESULTS = (OutcomeResult.APPLIED, OutcomeResult.FAILED, OutcomeResult.UNKNOWN, None)
WORDS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=8)

people = st.sampled_from(["E1", "E2", "E3"])
days = st.lists(
    st.fixed_dictionaries(
        {
            "quarantined": st.booleans(),
            "saved": st.booleans(),
            "note": WORDS,
            "counts": st.dictionaries(WORDS, st.integers(0, 9), max_size=2),
            "who": st.dictionaries(people, st.sampled_from(RESULTS), max_size=3),
        }
    ),
    min_size=1,
    max_size=2,
)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("empty")
    open_ledger(SQLITE, folder=folder).close()
    return folder / "ledger"


@contextlib.contextmanager
def lived(empty: Path, past: list[dict[str, Any]]) -> Iterator[tuple[Ledger, list[Head]]]:
    """A ledger with a past, and the heads that were noted on the way."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(empty, Path(folder, "ledger"))
        with open_ledger(SQLITE, folder=Path(folder)) as ledger:
            heads = [head for number, day in enumerate(past) for head in live(ledger, number, day)]
            yield ledger, heads


def live(ledger: Ledger, number: int, day: dict[str, Any]) -> Iterator[Head]:
    run_id, minutes = f"r{number}", 1440 * number
    ledger.start_run(a_run(run_id, minutes))
    yield ledger.head()
    rows = [QuarantinedRow("hr", 19, ("key",), (day["note"],), "E7")] if day["quarantined"] else []
    ledger.record_batch(run_id, a_report(quarantined=rows))
    operations = [create(key) if number == 0 else leave(key, f"a-{key}") for key in day["who"]]
    if day["saved"]:
        plan = a_plan(operations, day=moment(minutes).date())
        ledger.save_plan(run_id, plan)
        ledger.approve(Approval(plan.digest, "ada", moment(minutes), day["note"]))
        ledger.adopt(run_id, "acme", [adoption("E9", "a-E9")], moment(minutes))
    steps = [
        (each, None if result is None else outcome(each, result))
        for each, result in zip(operations, day["who"].values(), strict=True)
    ]
    asyncio.run(carry_out(ledger, run_id, *steps, minutes=minutes + 1))
    yield ledger.head()
    ledger.end_run(
        run_id,
        state=RunState.COMPLETED,
        ended_at=moment(minutes + 2),
        message=day["note"],
        counts=day["counts"],
    )
    yield ledger.head()


@FEWER
@given(past=days)
def test_an_untouched_trail_is_whole_and_leads_to_every_head(
    empty: Path, past: list[dict[str, Any]]
) -> None:
    with lived(empty, past) as (ledger, heads):
        found = ledger.verify(heads)
        assert (found.findings, found.heads) == ((), len(set(heads)))


TABLES = [*dict.fromkeys(item.table.name for item in AUDITED.values()), "chain_entry"]
OTHER = "CASE typeof({0}) WHEN 'integer' THEN {0} + 1000000 ELSE 'x' || coalesce({0}, '') END"


@FEWER
@given(past=days, data=st.data())
def test_no_cell_is_changed_and_no_row_deleted_unseen(
    empty: Path, past: list[dict[str, Any]], data: st.DataObject
) -> None:
    with lived(empty, past) as (ledger, _):
        assert ledger.database.location.file is not None
        with contextlib.closing(sqlite3.connect(ledger.database.location.file)) as file:
            for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
                file.execute(f"DROP TRIGGER {name}")
            filled = [t for t in TABLES if file.execute(f"SELECT count(*) FROM {t}").fetchone()[0]]
            table = data.draw(st.sampled_from(filled), label="table")
            rows = file.execute(f"SELECT rowid FROM {table} ORDER BY rowid").fetchall()
            if table == "chain_entry":
                rows = rows[1:]  # the first one speaks of no row, and has no salt
            (row,) = data.draw(st.sampled_from(rows), label="row")
            columns = [each[1] for each in file.execute(f"PRAGMA table_info({table})")]
            column = data.draw(st.sampled_from([None, *columns]), label="column")
            delete = f"DELETE FROM {table}"
            change = f"UPDATE {table} SET {column} = {OTHER.format(column)}"
            file.execute(f"{change if column else delete} WHERE rowid = {row}")
            file.commit()
        assert not ledger.verify().is_whole
