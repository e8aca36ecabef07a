"""From columns of text to records: what all formats share whose rows have the same columns."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data_contracts.batch import MalformedRow
from data_contracts.errors import SourceError
from data_contracts.export_contract import ExportContract
from tasks.extract.cells import clean_cells
from tasks.extract.headers import MatchedHeader
from tasks.extract.records import Records


def table_records(
    header: tuple[str, ...],
    matched: MatchedHeader,
    texts: Sequence[Any],
    lines: Any,
    faults: dict[int, str],
    contract: ExportContract,
) -> Records:
    """Put columns together, and set rows aside that are malformed.

    Args:
        header: The columns' names as the file has them.
        matched: Where each column goes.
        texts: Arrow arrays of large strings, None for a column that is left out.
        lines: Number of each row.
        faults: Why rows are malformed, by their numbers.
        contract: The columns with their sentinels.
    """
    lines = np.array(lines, dtype="int64")
    faults = dict(faults)
    for name, cells in zip(matched.names, texts, strict=False):
        if name is not None:
            for row in np.flatnonzero(_damaged(cells)):
                faults.setdefault(int(lines[row]), f"column {name!r} holds a NUL character")
    sentinels = {column.name: column.sentinels for column in contract.columns}
    good = ~np.isin(lines, list(faults))
    keep = pa.array(good)
    columns = {
        name: clean_cells(cells if good.all() else cells.filter(keep), sentinels.get(name, ()))
        for name, cells in zip(matched.names, texts, strict=False)
        if name is not None
    }
    malformed = tuple(MalformedRow(line, faults[line]) for line in sorted(faults))
    return Records(header, columns, lines[good], malformed, matched.warnings)


def refuse_lossy_ids(path: str, name: str, row: int, kind: str) -> None:
    """Refuse a column that identifies people and is kept as something that loses digits.

    Raises:
        SourceError: Names column and row.
    """
    raise SourceError(
        f"{path}, row {row}, column {name!r}: {kind} where text or a whole number is expected; the "
        "column identifies people",
        hint="make the column text in the export",
    )


def _damaged(cells: Any) -> Any:
    found = pc.match_substring(cells, "\0")
    return pc.fill_null(found, False).to_numpy(zero_copy_only=False)
