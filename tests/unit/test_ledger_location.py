"""Where a ledger is, read from its URL; and what no message ever says."""

from pathlib import Path

import pytest

from data_contracts.errors import LedgerError
from tasks.ledger.location import locate

FOLDER = Path("/srv/project")


def test_a_relative_sqlite_path_starts_from_the_folder_of_the_settings() -> None:
    assert locate("sqlite:///.scimflow/l.db", FOLDER).file == FOLDER / ".scimflow/l.db"


def test_an_absolute_sqlite_path_stays_where_it_is() -> None:
    assert locate("sqlite:////var/l.db", FOLDER).file == Path("/var/l.db")


@pytest.mark.parametrize("kind", ["postgresql", "postgres", "postgresql+psycopg"])
def test_every_way_of_writing_postgresql_means_the_same_driver(kind: str) -> None:
    location = locate(f"{kind}://ada:pw@db.example:5433/hr", FOLDER)
    assert location.url.drivername == "postgresql+psycopg"
    assert location.place == "hr on db.example:5433 (PostgreSQL)"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ledger.db",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///l.db?mode=memory",
        "mysql://ada:hunter2@db.example/hr",
        "hunter2://ada:hunter2@db.example/hr",
        "postgresql://ada:hunter2@db.example:port/hr",
        "postgresql://ada:hunt@er2@db.example/hr",
        "postgresql://db.example/hr?user=ada&password=hunter2",
    ],
)
def test_a_url_that_names_no_ledger_is_refused_with_a_hint_and_without_its_password(
    url: str,
) -> None:
    with pytest.raises(LedgerError) as caught:
        locate(url, FOLDER)
    said = caught.value.message.removeprefix("a ledger is kept in SQLite or PostgreSQL, not in ")
    assert "ada" not in said
    assert "er2" not in said.removeprefix("'hunter2'")  # a scheme is not a password
    assert caught.value.hint != LedgerError.default_hint


def test_a_drivers_message_is_passed_on_short_and_without_the_password() -> None:
    location = locate("postgresql://ada:hunter2@db.example/hr", FOLDER)
    error = ValueError("refused for ada with hunter2\nDETAIL: Key (x)=(Ada Moreau) exists")
    assert location.said(error) == "refused for ada with ***"
    assert "hunter2" not in location.place
    assert "hunter2" not in repr(location)
