"""Great Expectations kept quiet: its warnings, its log, its progress bars. Only while it works."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock

_LOCK = RLock()
"""Filters of warnings and levels of loggers belong to the whole process: one thread at a time."""


@contextmanager
def quiet_library() -> Iterator[None]:
    """Silence the library, and put everything back as it was.

    Importing it warns of a module that Python has deprecated; its ephemeral contexts log folders.
    """
    logger = logging.getLogger("great_expectations")
    with _LOCK, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        level = logger.level
        logger.setLevel(logging.ERROR)
        try:
            yield
        finally:
            logger.setLevel(level)
