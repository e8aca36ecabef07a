"""Files that commands write at a user's wish and that hold personal values: for their owner."""

import os
from collections.abc import Iterable
from pathlib import Path

from data_contracts.errors import ConfigurationError

PRIVATE_FILE = 0o600


def write_private(path: Path, pieces: Iterable[bytes], what: str) -> None:
    """Write a file that its owner alone may read.

    Args:
        path: The file; one that is there is written over, and closed to others.
        pieces: Its content, piece by piece: a large plan is never whole in memory.
        what: What it is, for the message: "the plan".

    Raises:
        ConfigurationError: It cannot be written.
    """
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE)
    except OSError as error:
        raise ConfigurationError(
            f"{path}: {what} cannot be written: {error.strerror}",
            hint="name a file in a folder that exists and that you may write to",
        ) from None
    with os.fdopen(handle, "wb") as file:
        os.fchmod(handle, PRIVATE_FILE)  # a file that was there keeps its own mode otherwise
        file.writelines(pieces)
