"""Cells that a spreadsheet spoilt before it wrote the export: their rows are malformed.

`#N/A` in the department's column means that a look-up failed, not that there is such a department:
taken at its word it takes somebody out of scope, or gives them the default role. And `1.23E+05` is
what a spreadsheet makes of a long number; the person's number is gone, and by it they would be
missing and somebody new would be there.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data_contracts.export_contract import ExportContract
from tasks.extract.records import Records, set_aside
from tasks.extract.values import identifying_columns

ERRORS = (
    "#BLOCKED!",
    "#BUSY!",
    "#CALC!",
    "#CONNECT!",
    "#DIV/0!",
    "#ERROR!",
    "#FIELD!",
    "#GETTING_DATA",
    "#N/A",
    "#NAME?",
    "#NULL!",
    "#NUM!",
    "#REF!",
    "#SPILL!",
    "#UNKNOWN!",
    "#VALUE!",
)
"""What cells hold whose formula failed, in Excel (ECMA-376 part 1, 18.17.3, and later ones) and
Google Sheets."""

_SCIENTIFIC = r"^[+-]?[0-9]([.,][0-9]+)?E\+[0-9]{1,3}$"


def without_spoiled_cells(records: Records, contract: ExportContract) -> Records:
    """Set rows aside in which a column of the contract holds what a spreadsheet made of it.

    Where a column may hold such a word, the contract lists it among the column's `sentinels`: then
    the cell is empty.
    """
    faults: dict[int, str] = {}
    identifying = identifying_columns(contract)
    for column in contract.columns:
        cells = records.columns.get(column.name)
        if cells is None:
            continue
        if pc.any(pc.starts_with(cells, "#")).as_py():
            for row in _where(pc.is_in(cells, value_set=pa.array(ERRORS, cells.type))):
                faults.setdefault(
                    row, f"column {column.name!r} holds the error {cells[row].as_py()} of a sheet"
                )
        if column.name in identifying and pc.any(pc.match_substring(cells, "E+")).as_py():
            for row in _where(pc.match_substring_regex(cells, _SCIENTIFIC)):
                faults.setdefault(
                    row, f"column {column.name!r} holds a number that a sheet has shortened (E+)"
                )
    return set_aside(records, faults)


def _where(mask: pa.Array) -> list[int]:
    found = pc.fill_null(mask, False).to_numpy(zero_copy_only=False)
    return [int(row) for row in np.flatnonzero(found)]
