"""Bringing a ledger to the version of this code. Alembic is imported only when that is due."""

from pathlib import Path

import sqlalchemy as sa

from data_contracts.errors import LedgerError
from tasks.ledger import chain
from tasks.ledger.chain_schema import chain_entry
from tasks.ledger.database import APPLICATION_ID, Database
from tasks.ledger.schema import HEAD, VERSION_TABLE

MIGRATIONS = Path(__file__).parent / "migrations"

ADVISORY_LOCK = 0x5C1F103A
"""PostgreSQL's advisory lock that is held while migrating; any number that others do not use."""


def version_of(connection: sa.Connection, place: str) -> str | None:
    """Read a ledger's version; None for a database that is still empty.

    Raises:
        LedgerError: It is another program's database, or newer than this code.
    """
    if connection.dialect.name == "sqlite":
        _refuse_foreign_file(connection, place)
    if not sa.inspect(connection).has_table(VERSION_TABLE):
        return None
    table = sa.table(VERSION_TABLE, sa.column("version_num", sa.Text))
    version = connection.scalar(sa.select(table.c.version_num))
    if version is not None and version > HEAD:
        raise LedgerError(
            f"ledger {place} is of version {version}; this scimflow knows versions up to {HEAD}",
            hint="install the scimflow that upgraded it, or a newer one",
        )
    return version


def _refuse_foreign_file(connection: sa.Connection, place: str) -> None:
    tables = connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar()
    mark = connection.exec_driver_sql("PRAGMA application_id").scalar()
    if tables and mark != APPLICATION_ID:
        raise LedgerError(
            f"{place} is an SQLite database of another program, not a ledger",
            hint="name another file in `ledger.url`",
        )


def upgrade(database: Database) -> None:
    """Bring a ledger to the newest version; several processes may try at the same time.

    Raises:
        LedgerError: It is newer than this code, another program's, or cannot be written.
    """
    place = database.location.place
    with database.read() as connection:
        if version_of(connection, place) == HEAD:
            return
    with database.write() as connection:  # SQLite: one writer at a time, the others wait here
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(ADVISORY_LOCK)))
        if version_of(connection, place) == HEAD:
            return  # another process was quicker
        _migrate(connection)
        if sa.inspect(connection).has_table(chain_entry.name):  # not in a ledger of old, in tests
            chain.begin(connection)
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql(f"PRAGMA application_id={APPLICATION_ID}")


def _migrate(connection: sa.Connection) -> None:
    from alembic import command  # half a second, and seldom needed
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, HEAD)
