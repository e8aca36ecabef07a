"""Work over blocks of rows, wherever it is done: here, or on other machines.

What a pure step does block by block must not depend on where a block begins; the step says which
of its work is so. Nothing but blocks, settings and results goes there and back.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol, TypeVar

import pandas as pd

R = TypeVar("R")


class Spread(Protocol):
    """Does work over blocks."""

    @property
    def rows(self) -> int:
        """Rows of a block."""
        ...

    def over(self, work: Callable[[pd.DataFrame], R], blocks: Iterable[pd.DataFrame]) -> list[R]:
        """Do the work for each block; results in the blocks' order.

        Args:
            work: A function of a module, with its arguments bound by `functools.partial`.
            blocks: Made one by one, so that not all of them are there at once.
        """
        ...


def blocks_of(frame: pd.DataFrame, rows: int) -> Iterator[pd.DataFrame]:
    """A frame's rows in blocks, with the index that they have in the frame.

    Args:
        frame: Any.
        rows: Of a block.

    >>> [len(block) for block in blocks_of(pd.DataFrame({"a": range(5)}), 2)]
    [2, 2, 1]
    """
    for start in range(0, len(frame), rows):
        yield frame.iloc[start : start + rows]


_spread: ContextVar[Spread | None] = ContextVar("spread", default=None)


def spread_here() -> Spread | None:
    """How the run that goes on here does work over blocks; None: on the whole, in place."""
    return _spread.get()


@contextmanager
def spreading(spread: Spread | None) -> Iterator[None]:
    """Do work over blocks in this way while the context lasts."""
    token = _spread.set(spread)
    try:
        yield
    finally:
        _spread.reset(token)
