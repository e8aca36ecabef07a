"""Corrections in the ledger: kept with their cells, withdrawn, not believed when changed."""

import pytest
import sqlalchemy as sa

from data_contracts.correction import CorrectedCell, Correction, Replayed
from data_contracts.errors import ConfigurationError, LedgerError
from tasks.ledger import Ledger
from tests.ledger_parts import moment

CELLS = (
    CorrectedCell("email", "no address", "e7@acme.example"),
    CorrectedCell("name", None, "Ann"),
)
ONE = Correction("hr", "sha256:file", 19, "E7", CELLS)
TORN = Correction("hr", "sha256:file", 30, None, CELLS, malformed=True)


def record(ledger: Ledger, *rows: Replayed, target: str = "acme") -> None:
    ledger.record_corrections(target, rows, by="ada", note="asked", at=moment(1))


def test_corrections_come_back_with_their_cells_in_order(ledger: Ledger) -> None:
    record(ledger, Replayed(ONE), Replayed(TORN))
    record(ledger, Replayed(ONE), target="other")
    first, second = ledger.corrections("acme", "hr")
    assert (first.cells, first.malformed, first.by, first.note) == (CELLS, False, "ada", "asked")
    assert (second.worker_key, second.malformed, second.line) == (None, True, 30)
    assert first.at == moment(1)
    assert first.number < second.number
    assert ledger.corrections("acme", "idp") == []


def test_what_still_broke_is_on_record_and_does_not_count(ledger: Ledger) -> None:
    record(ledger, Replayed(ONE, ("still wrong",)))
    assert ledger.corrections("acme", "hr") == []
    [trail] = ledger.correction_trail("acme")
    assert (trail.reasons, trail.counts, trail.columns) == (
        ("still wrong",),
        False,
        ("email", "name"),
    )


def test_a_withdrawn_correction_is_on_record_and_its_cells_are_erased(ledger: Ledger) -> None:
    record(ledger, Replayed(ONE))
    [kept] = ledger.corrections("acme", "hr")
    ledger.withdraw_correction("acme", kept.number, by="bo", note="", at=moment(2))
    assert ledger.corrections("acme", "hr") == []
    replayed, withdrawn = ledger.correction_trail("acme")
    assert (withdrawn.event, withdrawn.of, withdrawn.by) == ("withdrawn", replayed.number, "bo")
    with pytest.raises(ConfigurationError, match="no correction of number"):
        ledger.withdraw_correction("acme", kept.number, by="bo", note="", at=moment(3))
    with pytest.raises(ConfigurationError):
        ledger.withdraw_correction("other", kept.number, by="bo", note="", at=moment(3))


def test_cells_that_were_changed_are_not_believed(ledger: Ledger) -> None:
    record(ledger, Replayed(ONE))
    with ledger.database.write() as connection:
        connection.execute(sa.text("UPDATE correction_body SET body = :b"), {"b": b"other"})
    with pytest.raises(LedgerError, match="is not what was replayed") as told:
        ledger.corrections("acme", "hr")
    assert "withdraw" in told.value.hint
