"""Cells too long to be anything of a person: their rows are malformed, whatever the format.

A file that lost its line ends or its quotes, or that somebody made to fill the memory, has cells of
megabytes. Such a text would go on as a key into the ledger, into reports and onto screens.
"""

import numpy as np
import pyarrow.compute as pc

from data_contracts.export_contract import ExportContract
from tasks.extract.records import Records, set_aside

LONGEST = 32_767
"""Bytes of a cell: what a spreadsheet's cell can hold of characters. Addresses have hundreds."""


def without_long_cells(records: Records, contract: ExportContract) -> Records:
    """Set rows aside in which a column of the contract holds a text that is too long.

    Columns that the contract does not name may hold what they like (a photograph).
    """
    faults: dict[int, str] = {}
    for column in contract.columns:
        cells = records.columns.get(column.name)
        if cells is None or (pc.max(pc.binary_length(cells)).as_py() or 0) <= LONGEST:
            continue
        long = pc.fill_null(pc.greater(pc.binary_length(cells), LONGEST), False)
        for row in np.flatnonzero(long.to_numpy(zero_copy_only=False)):
            faults.setdefault(
                int(row), f"column {column.name!r} holds a text longer than {LONGEST:,} bytes"
            )
    return set_aside(records, faults)
