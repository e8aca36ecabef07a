"""A query's rows as an export: exact, in an order of their own, never a write, never a secret."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from data_contracts.batch import MalformedRow, RawBatch
from data_contracts.configuration import SourceSettings
from data_contracts.errors import ConfigurationError, SourceError, SourceUnavailable
from data_contracts.export_contract import ExportContract
from tasks.extract.exports import read_batch
from tests.export_parts import NOW, cells, columns, contract

DAY = {"logicalType": "date", "logicalTypeOptions": {"format": "dd.MM.yyyy"}}
QUERY = "-- everybody\nSELECT id, name, since FROM people\n;\n"

Read = Callable[..., RawBatch]


def kept(*names: str, **properties: dict[str, Any]) -> ExportContract:
    return contract(server={"format": "sql"}, schema=columns(*names, **properties))


PEOPLE = kept("id", "name", "since", since=DAY)


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> sa.Engine:
    url = f"sqlite:///{tmp_path / 'hr.db'}"
    monkeypatch.setenv("HR_DATABASE", url)
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE people (id TEXT, name TEXT, since TEXT)")
        for row in ("('002', 'Bo', '31.01.2024')", "('001', 'Ann', NULL)", "('010', 'Cy', '')"):
            connection.exec_driver_sql(f"INSERT INTO people VALUES {row}")
    return engine


@pytest.fixture
def read(tmp_path: Path, database: sa.Engine) -> Read:
    def read_(query: str = QUERY, kept_: ExportContract = PEOPLE, **settings: Any) -> RawBatch:
        (tmp_path / "people.sql").write_text(query)
        settings.setdefault("url_env", "HR_DATABASE")
        source = SourceSettings(contract="x", path="people.sql", **settings)
        return read_batch("hr", source, kept_, folder=tmp_path, now=NOW)

    return read_


def test_rows_are_numbered_in_the_order_of_their_key(read: Read, database: sa.Engine) -> None:
    batch = read()
    assert cells(batch, "id") == ["001", "002", "010"]
    assert cells(batch, "since") == [None, "31.01.2024", None]
    assert batch.frame["_line"].tolist() == [1, 2, 3]
    turned = read(QUERY.replace("\n;", " ORDER BY id DESC;"))
    assert turned.digest == batch.digest
    assert turned.frame.equals(batch.frame)
    with database.begin() as connection:
        connection.exec_driver_sql("UPDATE people SET name = 'Anna' WHERE id = '001'")
    assert read().digest != batch.digest


def test_a_query_cannot_write(read: Read, database: sa.Engine) -> None:
    with pytest.raises(SourceError, match="begins with neither SELECT nor WITH"):
        read("/* SELECT */ DELETE FROM people")
    for query in (
        "WITH gone AS (SELECT 1) DELETE FROM people",
        "SELECT 1; DELETE FROM people",
    ):
        with pytest.raises(SourceError, match="the database refuses the query"):
            read(query)
    with database.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM people").scalar() == 3


def test_what_the_database_refuses_is_said_without_its_values(read: Read) -> None:
    with pytest.raises(SourceError) as told:
        read("SELECT 'Ann Lee' FROM nowhere")
    assert "people.sql: the database refuses the query (OperationalError)" in str(told.value)
    assert "Ann" not in str(told.value)
    with pytest.raises(SourceError, match="column 'id': a floating-point number where text"):
        read("SELECT 1.5 AS id, 'x' AS name, '' AS since")
    with pytest.raises(SourceError, match="the header has 'id' more than once"):
        read("SELECT id, id FROM people")


def test_bytes_make_the_row_malformed_and_passwords_are_not_read(read: Read) -> None:
    batch = read(
        "SELECT '1' AS id, x'ff' AS name, 'secret' AS password UNION ALL SELECT '2', 'Bo', ''",
        kept("id", "name"),
    )
    assert batch.malformed == (
        MalformedRow(1, "column 'name' holds bytes where one value is expected"),
    )
    assert cells(batch, "id") == ["2"]
    assert "password" not in batch.frame


def test_an_empty_result_has_a_header(read: Read) -> None:
    batch = read("SELECT * FROM people WHERE 1 = 0")
    assert (batch.header, batch.rows_read) == (("id", "name", "since"), 0)


def test_more_than_the_settings_allow_is_refused(read: Read) -> None:
    query = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40) "
        "SELECT i || '' AS id, hex(zeroblob(40000)) AS name FROM n"
    )
    with pytest.raises(SourceError, match=r"the result of .*people.sql has more than 1 MB"):
        read(query, kept("id", "name"), max_mb=1)


def test_where_the_database_is_comes_from_the_environment(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigurationError, match="the source has no `url_env`"):
        read(url_env=None)
    with pytest.raises(ConfigurationError, match="variable NOT_THERE is not set"):
        read(url_env="NOT_THERE")
    for text in (
        "not a url",
        "nosuch://user:hunter2@host/db",
        "postgresql+asyncpg://u:hunter2@h/d",
    ):
        monkeypatch.setenv("HR_DATABASE", text)
        with pytest.raises(ConfigurationError) as told:
            read()
        assert "hunter2" not in f"{told.value}{told.value.hint}"
    monkeypatch.setenv("HR_DATABASE", "mssql+pymssql://u:hunter2@host/db")
    with pytest.raises(ConfigurationError, match="needs the package pymssql") as told:
        read()
    assert told.value.hint == "pip install pymssql"
    monkeypatch.setenv("HR_DATABASE", "sqlite:///nothing/here.db")
    with pytest.raises(SourceError, match="the SQLite database of HR_DATABASE does not exist"):
        read()
    monkeypatch.setenv("HR_DATABASE", "postgresql://u:hunter2@127.0.0.1:9/db")
    with pytest.raises(SourceUnavailable, match="does not answer") as away:
        read()
    assert "hunter2" not in str(away.value)


def test_a_url_for_what_is_no_database_is_an_error(read: Read) -> None:
    with pytest.raises(ConfigurationError, match="its contract declares `format: csv`"):
        read("id\n1\n", contract(schema=columns("id")))


def test_postgresql_gives_exact_values_and_refuses_to_write(
    read: Read, new_database: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HR_DATABASE", new_database().replace("+psycopg", ""))
    query = (
        "SELECT 7::numeric(10,0) AS id, 0.10::numeric(5,2) AS pay, true AS on_site, "
        "DATE '2024-01-31' AS since, '3f2504e0-4f89-11d3-9a0c-0305e82c3301'::uuid AS guid, "
        "TIMESTAMP '2024-01-31 08:30' AS seen, ARRAY[1] AS tags, 'a%b:c' AS text"
    )
    batch = read(query, kept("id", "pay", "on_site", "since", "guid", "seen", "text", since=DAY))
    assert batch.warnings == ("not read, for it holds nested values: 'tags'",)
    row = batch.frame.drop(columns="_line").iloc[0].to_dict()
    assert row == {
        "id": str(Decimal(7)),
        "pay": "0.10",
        "on_site": "true",
        "since": date(2024, 1, 31).strftime("%d.%m.%Y"),
        "guid": str(UUID("3f2504e0-4f89-11d3-9a0c-0305e82c3301")),
        "seen": "2024-01-31T08:30:00",
        "text": "a%b:c",
    }
    with pytest.raises(SourceError, match="SQLSTATE 25006"):
        read("SELECT lo_create(0)::text AS id")
    with pytest.raises(SourceError, match="SQLSTATE 42P01"):
        read("SELECT * FROM nowhere")
