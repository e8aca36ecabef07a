"""What becomes of the text in a cell: trimmed, composed, and missing when nothing is left.

Column operations on Arrow arrays: a million rows of twenty columns take about a second.
"""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

_INVISIBLE = (
    "".join(map(chr, [*range(0x09, 0x0E), *range(0x1C, 0x21), 0x85, 0xA0, 0x1680]))
    + "".join(map(chr, range(0x2000, 0x2010)))  # spaces of all widths, joiners, directions
    + "".join(map(chr, [0x2028, 0x2029, *range(0x202A, 0x2030), 0x205F, *range(0x2060, 0x206A)]))
    + "\u3000\ufeff"
)
"""White space and what nobody sees: no-break spaces, byte-order marks, zero-width characters."""


def clean_text(text: str) -> str:
    r"""Clean one text as `clean_cells` does a column.

    >>> clean_text("\ufeff Work\u00a0Email\u200b ")
    'Work\xa0Email'
    """
    import unicodedata

    return unicodedata.normalize("NFC", text.strip(_INVISIBLE))


def clean_cells(column: Any, sentinels: Sequence[str] = ()) -> Any:
    """Clean a column of text.

    Args:
        column: Arrow array or chunked array of large strings.
        sentinels: Values that stand for nothing.

    Returns:
        One Arrow array of large strings: no white space around the text, Unicode composed (NFC),
        null where nothing is left or a sentinel stands.
    """
    cells = pc.utf8_trim(column, characters=_INVISIBLE)
    if isinstance(cells, pa.ChunkedArray):
        cells = cells.combine_chunks()
    if isinstance(cells, pa.ChunkedArray):  # what pyarrow makes of no chunks at all
        cells = pa.array([], type=pa.large_string())
    if not pc.all(pc.string_is_ascii(cells)).as_py():
        cells = pc.utf8_normalize(cells, form="NFC")
    if sentinels:
        empty = pc.is_in(cells, value_set=pa.array([*sentinels, ""], type=pa.large_string()))
    elif pc.min(pc.binary_length(cells)).as_py() == 0:
        empty = pc.equal(cells, "")
    else:
        return cells
    return pc.if_else(empty, pa.scalar(None, type=pa.large_string()), cells)
