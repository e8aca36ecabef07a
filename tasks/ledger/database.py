"""The database below a ledger: engines, transactions, and errors in words.

Nothing else of the ledger opens a connection. Reading and writing are transactions of their own; a
writing one is begun as such, so that SQLite never has to refuse it half way.
"""

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

from data_contracts.errors import LedgerError
from tasks.ledger.chain import OPTION, Trail, seal
from tasks.ledger.location import Location
from tasks.ledger.schema import metadata

APPLICATION_ID = 0x5C1F103A
"""SQLite's mark of what a file is (`file` and `sqlite3` show it): no other program's file is taken
for a ledger, and none is migrated by mistake."""

BUSY_S = 10.0
"""How long a transaction waits for another process's; ours take milliseconds."""

CONNECT_S = 10
"""How long PostgreSQL may take to answer at all."""

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700

POSTGRESQL_OPTIONS = {
    "connect_timeout": CONNECT_S,
    "tcp_user_timeout": CONNECT_S * 1000,  # a server that fell silent, in ms
    "application_name": "scimflow",
}


@dataclass(frozen=True, slots=True)
class Database:
    """A ledger's database.

    Attributes:
        engine: SQLAlchemy's; disposed of by `close`.
        location: Where it is, for messages.
    """

    engine: sa.Engine
    location: Location

    @contextlib.contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A transaction that only reads.

        Raises:
            LedgerError: The database does not answer, or is damaged.
        """
        with self.translated(), self.engine.connect() as connection:
            yield connection

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[sa.Connection]:
        """A transaction that only reads and sees one moment, however long it takes.

        Raises:
            LedgerError: The database does not answer, or is damaged.
        """
        with self.translated(), self.engine.connect() as connection:
            if connection.dialect.name == "postgresql":  # on SQLite every transaction is one
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection

    @contextlib.contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """A transaction that writes: committed, and durable, when the block ends.

        Raises:
            LedgerError: Nothing of it was written.
        """
        with self.translated(), self.begin() as connection:
            yield connection

    @contextlib.contextmanager
    def erasing(self) -> Iterator[sa.Connection]:
        """A transaction after which nothing of what it removed is left in SQLite's files.

        Raises:
            LedgerError: Nothing of it was written.
        """
        with self.write() as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("PRAGMA secure_delete=ON")  # pages are overwritten
            yield connection
        if self.location.file is not None:
            with self.translated(), self.engine.connect() as connection:
                # the log has pages as they were; within a transaction SQLite would refuse
                connection.connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")

    @contextlib.contextmanager
    def begin(self) -> Iterator[sa.Connection]:
        """A writing transaction with the driver's own errors, for who can mend one."""
        trail = Trail()
        options = {"ledger_writes": True, OPTION: trail}
        with (
            self.engine.connect().execution_options(**options) as connection,
            connection.begin(),
        ):
            yield connection
            seal(connection, trail)

    @contextlib.contextmanager
    def translated(self) -> Iterator[None]:
        """Turn the driver's errors into the ledger's, without statements, values, password."""
        try:
            yield
        except sa.exc.SQLAlchemyError as error:
            raise in_words(error, self.location) from None

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def in_words(error: sa.exc.SQLAlchemyError, location: Location) -> LedgerError:
    """Say what a driver's error means, and what to do.

    Args:
        error: From SQLAlchemy; its own text is not used, since it repeats statement and values.
        location: The ledger it is about.
    """
    cause = getattr(error, "orig", None) or error
    said = location.said(cause)
    for sign, (what, hint) in _SIGNS.items():
        if sign in said:
            return LedgerError(f"ledger {location.place}: {what} ({said})", hint=hint)
    return LedgerError(f"ledger {location.place}: {said}")


_RESTORE = "put a backup in its place; an ill disk or a copy of a running database makes this"
_RIGHTS = "look at owner and rights of the file and its folder, and at `ledger.url`"
_SERVER = "check that PostgreSQL runs there, and user, password and database in the ledger's URL"
_SIGNS = {
    "database is locked": (
        f"busy: another process has been writing to it for {BUSY_S:.0f} s",
        "look for another scimflow that hangs; a network drive is no place for SQLite",
    ),
    "not a database": ("not a ledger, or damaged", _RESTORE),
    "malformed": ("damaged", _RESTORE),
    "unable to open": ("cannot be opened", _RIGHTS),
    "readonly database": ("must not be written", _RIGHTS),
    "permission denied": ("must not be used by this user", _RIGHTS),
    "disk is full": ("no space left", "free some space; what was committed is safe"),
    "append-only": ("an audit trail is not changed", "append a new entry instead"),
    "password authentication failed": ("user or password are refused", _SERVER),
    "connection failed": ("not reachable", _SERVER),
    "connection is bad": ("not reachable", _SERVER),
    "failed to resolve host": ("not reachable", _SERVER),
    "server closed the connection": ("the connection broke", _SERVER),
    "terminating connection": ("the connection was ended by the server", _SERVER),
}


def connect(location: Location, *, read_only: bool) -> Database:
    """Make a database's engine; SQLite's file is created, private, when it is to be written.

    Raises:
        LedgerError: The folder or the file cannot be made.
    """
    if location.file is None:
        return Database(_postgresql(location, read_only), location)
    if not read_only:
        try:
            _make_private(location.file)
        except OSError as error:
            raise LedgerError(
                f"ledger {location.place}: cannot be created: {error.strerror}", hint=_RIGHTS
            ) from None
    return Database(_sqlite(location.file, read_only), location)


def empty(location: Location) -> Database:
    """A ledger in which nothing stands, in memory: what a missing one reads as."""
    engine = sa.create_engine(
        "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}
    )
    metadata.create_all(engine)
    return Database(engine, location)


def _make_private(file: Path) -> None:
    """Create folder and file for their owner alone; SQLite gives its side files the same rights."""
    if not file.parent.exists():
        file.parent.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
    try:
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, PRIVATE_FILE))
    except FileExistsError:
        if file.stat().st_mode & 0o077:
            with contextlib.suppress(PermissionError):  # another owner's file: theirs to decide
                file.chmod(PRIVATE_FILE)


def _sqlite(file: Path, read_only: bool) -> sa.Engine:
    name = quote(str(file))

    def open_file() -> sqlite3.Connection:
        # mode=rw: a file that vanished is an error, not a new file with anybody's rights
        connection = sqlite3.connect(
            f"file:{name}?{_mode(file, read_only)}",
            uri=True,
            timeout=BUSY_S,
            isolation_level=None,  # transactions are begun below; the driver's own guess is off
            check_same_thread=False,  # a connection is used by one thread at a time, not by one
        )
        try:
            _prepare(connection, read_only)
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    engine = sa.create_engine("sqlite://", creator=open_file, poolclass=sa.QueuePool,
                              hide_parameters=True)  # fmt: skip

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        writes = connection.get_execution_options().get("ledger_writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _mode(file: Path, read_only: bool) -> str:
    """How a file is opened.

    Reading too needs SQLite's side files. Where there is no right to make them and there are none,
    nobody writes at the moment, and SQLite may do without.
    """
    if not read_only or (os.access(file, os.W_OK) and os.access(file.parent, os.W_OK)):
        return "mode=rw"
    return "mode=ro" if Path(f"{file}-wal").exists() else "mode=ro&immutable=1"


def _prepare(connection: sqlite3.Connection, read_only: bool) -> None:
    connection.execute("PRAGMA foreign_keys=ON")
    if read_only:
        connection.execute("PRAGMA query_only=ON")
        return
    _write_ahead(connection)
    # FULL: with NORMAL, SQLite flushes the log at checkpoints only, and the last commits before a
    # power cut are gone. An intent that is gone after its write was sent makes a second account.
    # It costs 0.3 to 6 ms a commit (an idle and a busy disk) instead of 0.05: hence the journal.
    connection.execute("PRAGMA synchronous=FULL")


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch to write-ahead logging. For this one change SQLite does not wait by itself."""
    deadline = time.monotonic() + BUSY_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _postgresql(location: Location, read_only: bool) -> sa.Engine:
    return sa.create_engine(
        location.url,
        pool_pre_ping=True,  # a connection that the server dropped overnight is replaced
        hide_parameters=True,
        connect_args=POSTGRESQL_OPTIONS,
        execution_options={"postgresql_readonly": True} if read_only else {},
    )
