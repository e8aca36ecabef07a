"""Opening a ledger: for reading, which creates nothing, or for writing, which upgrades it."""

from pathlib import Path
from typing import Literal, overload

from data_contracts.errors import LedgerError
from tasks.ledger.database import Database, connect, empty
from tasks.ledger.ledger import Ledger
from tasks.ledger.location import locate
from tasks.ledger.reader import LedgerReader
from tasks.ledger.schema import HEAD
from tasks.ledger.upgrade import upgrade, version_of


@overload
def open_ledger(url: str, *, folder: Path, read_only: Literal[False] = False) -> Ledger: ...


@overload
def open_ledger(url: str, *, folder: Path, read_only: bool) -> LedgerReader: ...


def open_ledger(url: str, *, folder: Path, read_only: bool = False) -> LedgerReader:
    """Open a ledger; a context manager that closes it.

    Args:
        url: `sqlite:///` and a path, or `postgresql://` (`postgres://`) and server and database.
        folder: What a relative SQLite path starts from: the folder of scimflow.yaml.
        read_only: Create nothing, upgrade nothing, write nothing: for the commands that only look.

    Returns:
        A `Ledger`, of the newest version, created when missing (file 0600, folder 0700); or, read
        only, a `LedgerReader`, in which a missing ledger reads as an empty one.

    Raises:
        LedgerError: The URL is none, or the ledger is newer than this code, damaged, another
            program's, or cannot be reached. No message holds the password.
    """
    location = locate(url, folder)
    if read_only and location.file is not None and not location.file.exists():
        return LedgerReader(empty(location))
    database = connect(location, read_only=read_only)
    try:
        if read_only:
            return LedgerReader(_readable(database))
        upgrade(database)
    except BaseException:
        database.close()
        raise
    return Ledger(database)


def _readable(database: Database) -> Database:
    place = database.location.place
    with database.read() as connection:
        version = version_of(connection, place)
    if version is None:
        database.close()
        return empty(database.location)
    if version != HEAD:
        raise LedgerError(
            f"ledger {place} is of version {version}, and reading alone does not upgrade it",
            hint="a run upgrades it: `scimflow sync`",
        )
    return database
