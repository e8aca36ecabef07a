"""The ledger's PostgreSQL fails over or is away during a load: nothing is lost or doubled."""

import os
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from data_contracts.errors import EXIT_OTHER
from examples import servers
from tests.command_parts import Company, company, person
from tests.e2e.test_sync_against_odds import PATIENCE_S, syncing, wait_until
from tests.prefect_parts import DATABASE_PASSWORD, without_prefect

PEOPLE = 40
DATABASE = "ledger_that_fails"
CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[Company]:
    """A company whose workspace takes its time, with the ledger in PostgreSQL."""
    with company(tmp_path, latency_ms=150) as acme:
        acme.settings(
            {
                "ledger": {"url_env": "LEDGER_URL"},
                "target": {"max_in_flight": 2, "request_budget_s": 30},
            }
        )
        acme.export(*(person(n) for n in range(1, PEOPLE + 1)))
        yield acme


@pytest.fixture
def administrator(postgresql: str) -> Iterator[sa.Connection]:
    """Of the PostgreSQL server, with an empty database of this test's own on it."""
    url = sa.make_url(postgresql).set(drivername="postgresql+psycopg")
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {DATABASE}"))
        yield connection
        connection.execute(sa.text(CUT), {"name": DATABASE})
        connection.execute(sa.text(f"DROP DATABASE {DATABASE}"))
    engine.dispose()


@pytest.mark.parametrize("outage_s", [0, 3])
def test_a_ledger_that_is_cut_off_stops_the_load_and_the_next_run_settles_it(
    slow: Company, administrator: sa.Connection, postgresql: str, outage_s: int
) -> None:
    url = sa.make_url(postgresql).set(database=DATABASE)
    environ = {
        **without_prefect(),
        "LEDGER_URL": url.render_as_string(hide_password=False),
        "PREFECT_API_URL": f"http://127.0.0.1:{servers.free_port()}/api",
        "PATH": os.environ["PATH"],
    }
    with syncing(slow, environ, "--offline-history") as process:
        wait_until(lambda: len(slow.users()) >= 5, process)
        allowed = f"ALTER DATABASE {DATABASE} ALLOW_CONNECTIONS"
        administrator.execute(sa.text(f"{allowed} {outage_s == 0}"))
        administrator.execute(sa.text(CUT), {"name": DATABASE})
        time.sleep(outage_s)
        out, err = process.communicate(timeout=PATIENCE_S)
        administrator.execute(sa.text(f"{allowed} true"))
    assert process.returncode == EXIT_OTHER, err
    assert "PostgreSQL" in err
    assert DATABASE_PASSWORD not in out + err
    assert "Traceback" not in err
    written = len(slow.users())
    assert written < PEOPLE, "what cannot be kept is not written"
    with syncing(slow, environ, "--offline-history") as process:
        out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, err
    posts = [seen for seen in slow.sandbox.journal if seen.method == "POST"]
    assert Counter(seen.status for seen in posts) == {201: PEOPLE}
    assert len(slow.users()) == PEOPLE
