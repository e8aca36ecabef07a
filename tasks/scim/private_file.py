"""A file that holds one secret: replaced as a whole or not at all, readable for its owner alone.

The new text is written beside the file, brought to the disk, and put in the file's place. What a
crash leaves beside the file is put in place before the file is used again, if it is complete (it
ends with a line feed): the file itself may hold what is of no use any more.
"""

import contextlib
import fcntl
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from data_contracts.errors import TargetUnavailable
from tasks.scim.clock import Clock

PRIVATE = 0o600
SUFFIX = ".scimflow-new"
LOCK_WAIT_S = 60.0
"""Longest wait for another process that renews: longer than a token endpoint is waited for."""
LOCK_PAUSE_S = 0.1


def replace_private(path: Path, text: str) -> None:
    """Put a secret into a file in place of the one that is there.

    Args:
        path: The file. Where it is a link, what it leads to is replaced.
        text: The secret, one line.

    Raises:
        OSError: It cannot be written; the file is as it was.
    """
    path = path.resolve()
    beside = path.with_name(path.name + SUFFIX)
    beside.unlink(missing_ok=True)
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, PRIVATE)
    with open(handle, "w", encoding="utf-8") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    _put_in_place(beside, path)


def finish_replacing(path: Path) -> None:
    """Put in place what a crash left beside a file; not over what somebody has put there since.

    Args:
        path: The file.

    Raises:
        OSError: It cannot be put in place.
    """
    path = path.resolve()
    beside = path.with_name(path.name + SUFFIX)
    try:
        complete = beside.read_bytes().endswith(b"\n")
        newer = not path.exists() or beside.stat().st_mtime_ns >= path.stat().st_mtime_ns
    except FileNotFoundError:
        return
    if complete and newer:
        _put_in_place(beside, path)


def _put_in_place(beside: Path, path: Path) -> None:
    beside.replace(path)
    with contextlib.suppress(OSError), _opened(path.parent) as folder:
        os.fsync(folder)  # the name too should outlast a loss of power; not every disk can


@contextlib.contextmanager
def _opened(folder: Path) -> Iterator[int]:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield handle
    finally:
        os.close(handle)


@contextlib.asynccontextmanager
async def only_reader(path: Path, clock: Clock) -> AsyncIterator[None]:
    """Be the only process of this machine that uses and replaces a file's secret.

    The folder is locked, which needs no right to write and leaves nothing behind. Where there are
    no locks, or no such folder, nobody is kept out.

    Args:
        path: The file.
        clock: Time.

    Raises:
        TargetUnavailable: Another process has had it for `LOCK_WAIT_S`.
    """
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):
            folder = stack.enter_context(_opened(path.resolve().parent))
            await _lock(folder, path.name, clock)
        yield


async def _lock(folder: int, name: str, clock: Clock) -> None:
    until = clock.monotonic() + LOCK_WAIT_S
    while True:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if clock.monotonic() >= until:
                raise TargetUnavailable(
                    f"another process has been renewing the token in {name} for "
                    f"{LOCK_WAIT_S:.0f} s",
                    hint="look for a scimflow process that hangs, and end it",
                ) from None
        await clock.sleep(LOCK_PAUSE_S)
