"""The ledger: what was done to whom, when and why; and what is remembered from run to run.

`open_ledger` opens it. A `LedgerReader` can only read; a `Ledger` also writes; the loader writes
through a `Journal`. What accounts hold stands in the plans that are kept and nowhere else: other
tables have keys, names of attributes and reasons. The file is readable by its owner alone.
"""

from tasks.ledger.batches import AcceptedBatch, RecordedBatch
from tasks.ledger.journal import Journal
from tasks.ledger.ledger import Ledger
from tasks.ledger.opening import open_ledger
from tasks.ledger.reader import LedgerReader
from tasks.ledger.recorded import RecordedOperation

__all__ = [
    "AcceptedBatch",
    "Journal",
    "Ledger",
    "LedgerReader",
    "RecordedBatch",
    "RecordedOperation",
    "open_ledger",
]
