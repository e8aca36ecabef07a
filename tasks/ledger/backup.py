"""A ledger's copy in a file, and back: for SQLite; PostgreSQL has `pg_dump` and `pg_restore`."""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from data_contracts.errors import ConfigurationError, LedgerError
from tasks.ledger.database import APPLICATION_ID, PRIVATE_FILE, Database, connect
from tasks.ledger.location import Location
from tasks.ledger.schema import HEAD, VERSION_TABLE, lease

VERSION = str(sa.select(sa.column("version_num")).select_from(sa.table(VERSION_TABLE)))

PAGES_AT_A_TIME = 1000
"""Some megabytes; between two lots others may write."""


def back_up(database: Database, file: Path) -> None:
    """Copy a ledger into a new file while it may be written to; one moment of it.

    Args:
        database: The ledger's.
        file: Where to; must not be there.

    Raises:
        ConfigurationError: The file is there, or cannot be written.
        LedgerError: The ledger is in PostgreSQL, or damaged.
    """
    source = _file_of(database.location, "pg_dump --format=custom --file=FILE NAME")
    with _new_file(file), database.translated():
        _copy(source, file)
        with _opened(file) as copy:
            if copy.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                raise LedgerError(f"ledger {database.location.place}: damaged, and so is its copy")
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it


def restore(location: Location, file: Path, at: datetime) -> Path | None:
    """Put a copy in the place of a ledger.

    Args:
        location: The ledger's; need not be there.
        file: What `back_up` wrote.
        at: The present moment, for the name of what is put aside.

    Returns:
        Where the ledger that was there is now; None when there was none.

    Raises:
        ConfigurationError: The file is no ledger's copy.
        LedgerError: The ledger is in PostgreSQL, or a run works with it.
    """
    place = _file_of(location, "pg_restore --clean --dbname=NAME FILE")
    _require_ledger(file)
    aside = None
    if place.exists():
        database = connect(location, read_only=False)
        try:
            _require_idle(database, at)
            aside = place.with_name(f"{place.name}.before-{at:%Y%m%d-%H%M%S}")
            back_up(database, aside)
        finally:
            database.close()
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with contextlib.suppress(FileExistsError):
        os.close(os.open(place, os.O_CREAT | os.O_EXCL | os.O_RDWR, PRIVATE_FILE))
    _copy(file, place)
    return aside


def _file_of(location: Location, command: str) -> Path:
    if location.file is None:
        raise LedgerError(
            f"ledger {location.place}: a ledger in PostgreSQL is backed up with its own tools",
            hint=f"`{command}`; docs/history.md has the whole of it",
        )
    return location.file


@contextlib.contextmanager
def _new_file(file: Path) -> Iterator[None]:
    """Make a private file, and leave none behind when it comes to nothing."""
    try:
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, PRIVATE_FILE))
    except OSError as error:
        raise ConfigurationError(
            f"{file}: the backup cannot be written: {error.strerror}",
            hint="name a file that is not there yet, in a folder that is and that you may write to",
        ) from None
    try:
        yield
    except BaseException:
        file.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def _opened(file: Path, mode: str = "rw") -> Iterator[sqlite3.Connection]:
    address = f"{file.absolute().as_uri()}?mode={mode}"
    with contextlib.closing(sqlite3.connect(address, uri=True, timeout=10)) as opened:
        yield opened


def _copy(source: Path, target: Path) -> None:
    """Copy with SQLite's own means: with its log, and as of one moment."""
    try:
        with _opened(source) as old, _opened(target) as new:
            old.backup(new, pages=PAGES_AT_A_TIME)
    except sqlite3.Error as error:
        raise LedgerError(f"{source}: cannot be copied to {target}: {error}") from None


def _require_ledger(file: Path) -> None:
    """Refuse what is no whole ledger of a version that this code knows."""
    hint = "name a file that `scimflow ledger backup` wrote"
    if not file.is_file():
        raise ConfigurationError(f"{file}: there is no such file", hint=hint)
    try:
        with _opened(file, "ro") as copy:
            mark = copy.execute("PRAGMA application_id").fetchone()
            sound = copy.execute("PRAGMA integrity_check").fetchone()
            version = copy.execute(VERSION).fetchone()
    except sqlite3.Error:
        mark = sound = version = None
    if mark != (APPLICATION_ID,) or sound != ("ok",) or version is None:
        raise ConfigurationError(f"{file}: is no ledger, or damaged", hint=hint)
    if version[0] > HEAD:
        raise ConfigurationError(
            f"{file}: is of version {version[0]}; this scimflow knows versions up to {HEAD}",
            hint="install the scimflow that wrote it, or a newer one",
        )


def _require_idle(database: Database, at: datetime) -> None:
    with database.read() as connection:
        if not sa.inspect(connection).has_table(lease.name):
            return
        held = connection.execute(sa.select(lease).where(lease.c.ends_at > at)).first()
    if held is not None:
        raise LedgerError(
            f"ledger {database.location.place}: a run works with it ({held.owner})",
            hint="wait for its end, or stop it; then restore",
        )
