"""Where a ledger is: its URL read, checked, and named in messages without a password."""

from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from data_contracts.errors import LedgerError

SQLITE_DRIVERS = frozenset({"sqlite", "sqlite+pysqlite"})
POSTGRESQL_DRIVERS = frozenset({"postgresql", "postgres", "postgresql+psycopg"})
POSTGRESQL_PORT = 5432
HIDDEN = "***"
MESSAGE_LENGTH = 300
"""Longest part of a driver's message that is passed on; the rest repeats statements."""


@dataclass(frozen=True, slots=True)
class Location:
    """A ledger's place.

    Attributes:
        url: For SQLAlchemy; holds the password, and is never shown.
        file: The SQLite file, absolute; None for PostgreSQL.
    """

    url: sa.URL
    file: Path | None

    @property
    def place(self) -> str:
        """The place in words, for messages."""
        if self.file is not None:
            return str(self.file)
        host = self.url.host or self.url.query.get("host") or "localhost"
        port = self.url.port or POSTGRESQL_PORT
        return f"{self.url.database or 'postgres'} on {host}:{port} (PostgreSQL)"

    def said(self, error: BaseException) -> str:
        """A driver's own words: the first line, shortened, without the password."""
        lines = str(error).strip().splitlines()
        text = lines[0][:MESSAGE_LENGTH] if lines else type(error).__name__
        password = self.url.password
        return text.replace(str(password), HIDDEN) if password else text


def locate(url: str, folder: Path) -> Location:
    """Read a ledger's URL.

    Args:
        url: `sqlite:///ledger.db`, `postgresql://user:password@host/name` ...
        folder: What a relative SQLite path starts from.

    Raises:
        LedgerError: It is not such a URL. The message repeats no part of it but its kind.
    """
    try:
        parsed = sa.make_url(url.strip())
    except (sa.exc.ArgumentError, ValueError):
        raise LedgerError("the ledger's URL cannot be read", hint=URL_HINT) from None
    if parsed.drivername in SQLITE_DRIVERS:
        return _sqlite(parsed, folder)
    if parsed.drivername not in POSTGRESQL_DRIVERS:
        raise LedgerError(
            f"a ledger is kept in SQLite or PostgreSQL, not in {parsed.drivername!r}",
            hint=URL_HINT,
        )
    if "@" in (parsed.host or "") or "password" in parsed.query:
        raise LedgerError(
            "the password in the ledger's URL cannot be told from the rest",
            hint="write it behind the user's name, with @ as %40, / as %2F, : as %3A, # as %23",
        )
    return Location(parsed.set(drivername="postgresql+psycopg"), None)


def _sqlite(url: sa.URL, folder: Path) -> Location:
    name = url.database or ""
    if name in ("", ":memory:") or name.startswith("file:") or url.query or url.host:
        raise LedgerError("the ledger's URL names no file", hint=URL_HINT)
    file = (folder / name).absolute()
    return Location(sa.URL.create("sqlite", database=str(file)), file)


URL_HINT = (
    "write `ledger.url` as sqlite:///.scimflow/ledger.db, or put "
    "postgresql://USER:PASSWORD@HOST/NAME into the variable of `ledger.url_env`"
)
