"""Digests of frames: which accounts and links a plan was made from."""

import hashlib
from collections.abc import Sequence

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from data_contracts.canonical import DIGEST_PREFIX, digest_of


def digest_of_frame(frame: pd.DataFrame, columns: Sequence[str]) -> str:
    """Digest the cells of some columns, in the frame's order of rows.

    The lengths of all cells and then their text go into the digest, column by column: no text can
    pass for another cell's, and a missing cell is told from an empty one.

    Args:
        frame: Any frame of text and flags.
        columns: Which columns, in order.
    """
    digest = hashlib.sha256()
    for column in columns:
        cells = pa.array(frame[column], from_pandas=True)
        if not pa.types.is_large_string(cells.type):
            cells = cells.cast(pa.large_string())
        if isinstance(cells, pa.ChunkedArray):
            cells = cells.combine_chunks()
        lengths = pc.binary_length(cells).fill_null(-1)
        digest.update(f"{column}\n{len(cells)}\n".encode())
        digest.update(lengths.to_numpy(zero_copy_only=False).astype("<i8").tobytes())
        digest.update(_text_of(cells.fill_null("")))
    return DIGEST_PREFIX + digest.hexdigest()


def _text_of(cells: pa.LargeStringArray) -> memoryview:
    """All cells' text in one, straight from Arrow's buffers (offsets, then text)."""
    _, offsets, text = cells.buffers()
    if text is None:
        return memoryview(b"")
    ends = memoryview(offsets).cast("q")
    first, last = ends[cells.offset], ends[cells.offset + len(cells)]
    return memoryview(text)[first:last]


def fingerprint(account: dict[str, object]) -> str:
    """Digest one account as it was planned against; short, since it only has to tell a change."""
    return digest_of({k: str(v) for k, v in account.items() if v is not None and v == v})[7:23]
