"""The demo's folder, and who uses it: a second demo must not delete it under `make ui`.

Who uses it holds a lock on the folder itself, which ends with the process however that ends.
"""

import fcntl
import os
import shutil
from pathlib import Path


class FolderInUse(RuntimeError):
    """Somebody works in the folder; the message says what to do."""


def make_anew(folder: Path) -> int:
    """Make an empty folder, and use it; whatever an earlier demo left there goes.

    Returns:
        The lock that lasts as long as it is open.

    Raises:
        FolderInUse: `make ui` or another demo uses it.
        OSError: It cannot be emptied.
    """
    if folder.exists():
        lock = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FolderInUse(
                f"{folder} is in use, by `make ui` or another demo; end that first (Ctrl-C)"
            ) from None
        finally:
            os.close(lock)
        shutil.rmtree(folder)
    folder.mkdir(mode=0o700)
    return use(folder)


def use(folder: Path) -> int:
    """Keep others from making the folder anew, as long as the lock that is returned is open."""
    lock = os.open(folder, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_SH)
    return lock
