"""The rows of a query as columns of text: any database that SQLAlchemy knows.

A database gives rows in whatever order it likes. Here they are put in order, the key first, and
numbered from 1 in that order: the same data gives the same numbers and the same digest. The
transaction is read-only where the database knows such a thing, and rolled back everywhere.
"""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy import exc

from data_contracts.canonical import digest_of
from data_contracts.errors import ConfigurationError, SourceError, SourceUnavailable
from data_contracts.export_contract import ExportContract
from tasks.extract.cells import clean_text
from tasks.extract.headers import MatchedHeader, listed, match_header
from tasks.extract.places import too_large
from tasks.extract.records import Records
from tasks.extract.tables import refuse_lossy_ids, table_records
from tasks.extract.values import NotOneValue, identifying_columns, text_of

_READ_ONLY = {
    "mysql": "SET TRANSACTION READ ONLY",
    "mariadb": "SET TRANSACTION READ ONLY",
    "oracle": "SET TRANSACTION READ ONLY",
    "sqlite": "PRAGMA query_only = ON",
}
"""What makes the next transaction read-only; PostgreSQL's driver has a word of its own."""
_COMMENT = re.compile(r"--[^\n]*(?:\n|$)|/\*.*?\*/|\s+", re.DOTALL)
_QUERIES = ("select", "with", "values", "table", "(")
_ROWS = 5_000  # fetched at once
_STATEMENT_S = 600
_CONNECT_S = 30

_Row = tuple[str | None, ...]


def read_sql(
    path: str, query: bytes, contract: ExportContract, url_env: str | None, limit: int
) -> tuple[Records, str]:
    """Run a query.

    Args:
        path: The file with the query, for messages.
        query: The query.
        contract: The columns.
        url_env: Environment variable with the database's URL.
        limit: Bytes of text that the rows may have.

    Returns:
        The rows, and a digest of them.

    Raises:
        ConfigurationError: There is no URL, or its driver is not installed.
        SourceError: The file holds no query, or the database refuses it.
    """
    text = _query(path, query)
    engine = _engine(url_env)
    try:
        with _told(path, engine), engine.connect() as connection:
            result = _execute(connection, text)
            names = result.keys()
            header = tuple(clean_text(str(name)) for name in names)
            matched = match_header(header, contract, path)
            taken = _take(path, result, header, matched, contract, limit)
            connection.rollback()
    finally:
        engine.dispose()
    matched = _without(matched, header, taken.left_out)
    key = matched.names.index(contract.key) if contract.key in matched.names else 0
    order = sorted(
        range(len(taken.rows)),
        key=lambda at: (taken.rows[at][key] or "", _sortable(taken.rows[at])),
    )
    rows = [taken.rows[at] for at in order]
    places = {at: line for line, at in enumerate(order, start=1)}
    columns = [
        pa.array([row[i] for row in rows], type=pa.large_string()) if name is not None else None
        for i, name in enumerate(matched.names)
    ]
    wrong = {places[at]: why for at, why in taken.faults.items()}
    records = table_records(header, matched, columns, range(1, len(rows) + 1), wrong, contract)
    return records, digest_of([list(header), *map(list, rows)])


def _sortable(row: _Row) -> tuple[tuple[bool, str], ...]:
    return tuple((cell is not None, cell or "") for cell in row)


def _query(path: str, query: bytes) -> str:
    text = query.decode("utf-8").strip().removesuffix(";")
    rest = text
    while found := _COMMENT.match(rest):
        rest = rest[found.end() :]
    if not rest.lower().startswith(_QUERIES):
        raise SourceError(
            f"{path} holds no query: it begins with neither SELECT nor WITH",
            hint="write one SELECT into it; its columns are those of the contract",
        )
    return text


def _engine(url_env: str | None) -> sa.Engine:
    if url_env is None:
        raise ConfigurationError(
            "the contract declares `format: sql`, and the source has no `url_env`",
            hint="name the environment variable that holds the database's SQLAlchemy URL",
        )
    text = os.environ.get(url_env)
    if not text:
        raise ConfigurationError(
            f"the environment variable {url_env} is not set",
            hint="put the database's SQLAlchemy URL into it: postgresql://user:password@host/name",
        )
    try:
        url = sa.make_url(text)
        if url.drivername == "postgresql":
            url = url.set(drivername="postgresql+psycopg")
        arguments = {"connect_timeout": _CONNECT_S} if url.drivername.endswith("psycopg") else {}
        engine = sa.create_engine(
            url, poolclass=sa.NullPool, hide_parameters=True, connect_args=arguments
        )
    except ImportError as error:
        raise ConfigurationError(
            f"the database of {url_env} needs the package {error.name}, which is not installed",
            hint=f"pip install {error.name}",
        ) from None
    except (exc.ArgumentError, exc.NoSuchModuleError, ValueError):
        raise ConfigurationError(
            f"the environment variable {url_env} holds no URL of a database that SQLAlchemy knows",
            hint="as in: postgresql://user:password@host/name",
        ) from None
    if engine.dialect.is_async:
        raise ConfigurationError(
            f"the driver in {url_env} is an asynchronous one", hint="take a synchronous driver"
        )
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        raise SourceError(
            f"the SQLite database of {url_env} does not exist", hint="correct the URL in it"
        )
    return engine


def _execute(connection: sa.Connection, query: str) -> Any:
    """Run the query in a transaction that writes nothing."""
    dialect = connection.dialect.name
    if dialect == "postgresql":
        connection = connection.execution_options(postgresql_readonly=True)
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = '{_STATEMENT_S}s'")
    elif dialect in _READ_ONLY:
        connection.exec_driver_sql(_READ_ONLY[dialect])
    # Without parameters as the driver's word, or it takes the `%` of a LIKE for a place of one.
    plain = connection.execution_options(stream_results=True, no_parameters=True)
    return plain.exec_driver_sql(query)


@dataclass(slots=True)
class _Result:
    """Rows of a query as they come.

    Attributes:
        rows: The rows, as text.
        faults: Why rows are malformed, by position.
        left_out: Columns of lists, objects or bytes that the contract does not name.
    """

    rows: list[_Row] = field(default_factory=list)
    faults: dict[int, str] = field(default_factory=dict)
    left_out: set[int] = field(default_factory=set)

    def written(
        self, matched: MatchedHeader, header: tuple[str, ...], contract: ExportContract
    ) -> Callable[[int, Any], str | None]:
        """What writes one cell of the next row, by the number of its column."""
        formats = {column.name: column.date_format for column in contract.columns}

        def write(i: int, value: Any) -> str | None:
            name = matched.names[i]
            if name is None:
                return None
            try:
                return text_of(value, formats.get(name))
            except NotOneValue as error:
                if name in formats:
                    self.faults.setdefault(len(self.rows), f"column {header[i]!r} {error}")
                else:
                    self.left_out.add(i)
                return None

        return write


def _take(
    path: str,
    result: Any,
    header: tuple[str, ...],
    matched: MatchedHeader,
    contract: ExportContract,
    limit: int,
) -> _Result:
    identifying = identifying_columns(contract)
    lossy = [i for i, name in enumerate(matched.names) if name in identifying]
    taken, size = _Result(), 0
    write = taken.written(matched, header, contract)
    for values in result.yield_per(_ROWS):
        for i in lossy:
            if isinstance(values[i], float):
                at = len(taken.rows) + 1
                refuse_lossy_ids(path, header[i], at, "a floating-point number")
        row = tuple(write(i, value) for i, value in enumerate(values))
        size += sum(len(text) for text in row if text is not None)
        if size > limit:
            raise too_large(f"the result of {path}", limit)
        taken.rows.append(row)
    return taken


def _without(matched: MatchedHeader, header: tuple[str, ...], left_out: set[int]) -> MatchedHeader:
    if not left_out:
        return matched
    names = tuple(None if i in left_out else name for i, name in enumerate(matched.names))
    told = f"not read, for it holds nested values: {listed(header[i] for i in sorted(left_out))}"
    return MatchedHeader(names, (*matched.warnings, told))


@contextmanager
def _told(path: str, engine: sa.Engine) -> Iterator[None]:
    """Say what the database said without what it repeats of the data or the URL."""
    try:
        yield
    except (exc.SQLAlchemyError, UnicodeError) as error:
        away = isinstance(error, exc.OperationalError) and engine.dialect.name != "sqlite"
        if away:  # SQLite says it of wrong queries too
            raise SourceUnavailable(
                f"the database for {path} does not answer, or takes too long{_code(error)}",
                hint="check the URL, the database and the rights of its user, and try again",
            ) from None
        kind = type(getattr(error, "orig", None) or error).__name__
        raise SourceError(
            f"{path}: the database refuses the query ({kind}{_code(error)})",
            hint="try the query with the database's own program; it may only read",
        ) from None


def _code(error: BaseException) -> str:
    code = getattr(getattr(error, "orig", None), "sqlstate", None)
    return f", SQLSTATE {code}" if code else ""
