"""The ledger's PostgreSQL fails over or is away during a load: nothing is lost or doubled."""

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from data_contracts.errors import EXIT_OTHER
from examples import servers
from tasks.ledger import open_ledger
from tests.command_parts import Company, company, person
from tests.e2e.test_sync_against_odds import PATIENCE_S, syncing, wait_until
from tests.postgresql_parts import PASSWORD, postgresql_server
from tests.prefect_parts import DATABASE_PASSWORD, without_prefect

pytestmark = pytest.mark.alone

PEOPLE = 40
OUTAGE_S = 3
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


def test_a_ledger_whose_server_crashes_is_whole_when_it_is_back_and_the_next_run_settles_it(
    slow: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    with postgresql_server() as server:
        stopped_and_settled(slow, server.url, server.crash, server.start)
        monkeypatch.setenv("LEDGER_URL", server.url)
        verified = slow.say("ledger", "verify")
        assert verified.code == 0, verified.text
        assert "writes have no outcome" not in slow.say("doctor").text
        with open_ledger(server.url, folder=slow.folder, read_only=True) as ledger:
            assert ledger.open_intents("workspace") == []
            assert len(ledger.links("workspace")) == PEOPLE


def test_a_ledger_that_is_away_for_a_while_stops_the_load_and_the_next_run_settles_it(
    slow: Company, administrator: sa.Connection, postgresql: str
) -> None:
    allowed = f"ALTER DATABASE {DATABASE} ALLOW_CONNECTIONS"

    def cut() -> None:
        administrator.execute(sa.text(f"{allowed} false"))
        administrator.execute(sa.text(CUT), {"name": DATABASE})
        time.sleep(OUTAGE_S)

    stopped_and_settled(
        slow, ledger_in(postgresql), cut, lambda: administrator.execute(sa.text(f"{allowed} true"))
    )


def test_connections_that_are_cut_stop_the_load_in_mid_commit_alone(
    slow: Company, administrator: sa.Connection, postgresql: str
) -> None:
    """Between two commits a new connection is as good; either way nobody is lost or doubled."""
    url = ledger_in(postgresql)
    environ = reporting_nowhere(url)
    with syncing(slow, environ, "--offline-history") as process:
        wait_until(lambda: len(slow.users()) >= 5, process)
        administrator.execute(sa.text(CUT), {"name": DATABASE})
        out, err = process.communicate(timeout=PATIENCE_S)
    told_without_secrets(out, err)
    stopped = process.returncode == EXIT_OTHER
    assert stopped or process.returncode == 0, err
    assert ("PostgreSQL" in err) is stopped
    assert stopped or len(slow.users()) == PEOPLE
    everybody_once(slow, environ)
    with open_ledger(url, folder=slow.folder, read_only=True) as ledger:
        assert ledger.open_intents("workspace") == []
        assert len(ledger.links("workspace")) == PEOPLE


def ledger_in(postgresql: str) -> str:
    """URL of this file's own database."""
    return sa.make_url(postgresql).set(database=DATABASE).render_as_string(hide_password=False)


def reporting_nowhere(url: str) -> dict[str, str]:
    """The environment of a sync with that ledger, and no Prefect server."""
    return {
        **without_prefect(),
        "LEDGER_URL": url,
        "PREFECT_API_URL": f"http://127.0.0.1:{servers.free_port()}/api",
        "PATH": os.environ["PATH"],
    }


def stopped_and_settled(
    slow: Company, url: str, away: Callable[[], object], back: Callable[[], object]
) -> None:
    """Let the ledger go away in the middle of a load, and come back for the next run."""
    environ = reporting_nowhere(url)
    with syncing(slow, environ, "--offline-history") as process:
        wait_until(lambda: len(slow.users()) >= 5, process)
        away()
        out, err = process.communicate(timeout=PATIENCE_S)
    back()
    assert process.returncode == EXIT_OTHER, err
    assert "PostgreSQL" in err
    told_without_secrets(out, err)
    assert len(slow.users()) < PEOPLE, "what cannot be kept is not written"
    everybody_once(slow, environ)


def told_without_secrets(out: str, err: str) -> None:
    for secret in (DATABASE_PASSWORD, PASSWORD):
        assert secret not in out + err
    assert "Traceback" not in err


def everybody_once(slow: Company, environ: dict[str, str]) -> None:
    """The next sync does what is left, and nothing twice."""
    with syncing(slow, environ, "--offline-history") as process:
        _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, err
    posts = [seen for seen in slow.sandbox.journal if seen.method == "POST"]
    assert Counter(seen.status for seen in posts) == {201: PEOPLE}
    assert len(slow.users()) == PEOPLE
