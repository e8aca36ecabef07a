"""`scimflow sync` when things go wrong around it: killed, not alone, without Prefect's server."""

import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from data_contracts.errors import EXIT_OTHER
from examples import servers
from tasks.ledger import open_ledger
from tests.command_parts import TODAY, Company, company, person
from tests.prefect_parts import (
    DATABASE_PASSWORD,
    ROOT,
    PrefectServer,
    quiet_settings,
    without_prefect,
)

pytestmark = pytest.mark.alone

PEOPLE = 40
PATIENCE_S = 120


@contextmanager
def syncing(
    acme: Company, environ: Mapping[str, str], *more: str
) -> Iterator[subprocess.Popen[str]]:
    """A sync in a process of its own."""
    words = ["sync", "--as-of", TODAY, "--config", str(acme.config), *more]
    process = subprocess.Popen(
        [sys.executable, "-m", "flows.cli", *words],
        cwd=ROOT,
        env=dict(environ),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # a group of its own, as the foreground of a terminal is
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_until(holds: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not holds():
        if process.poll() is not None or time.monotonic() > until:
            process.kill()
            pytest.fail("".join(process.communicate()))
        time.sleep(0.02)


@pytest.fixture
def slow(tmp_path: Path, prefect: PrefectServer) -> Iterator[Company]:
    """A company whose workspace takes its time."""
    with company(tmp_path, latency_ms=150) as acme:
        acme.settings({"target": {"max_in_flight": 2, "request_budget_s": 30}})
        acme.export(*(person(n) for n in range(1, PEOPLE + 1)))
        yield acme


def test_after_kill_9_in_the_middle_the_next_sync_settles_and_converges(
    slow: Company, prefect: PrefectServer
) -> None:
    with syncing(slow, prefect.environ) as process:
        wait_until(lambda: len(slow.users()) >= 5, process)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    created = len(slow.users())
    assert created < PEOPLE
    with open_ledger("sqlite:///.scimflow/ledger.db", folder=slow.folder, read_only=True) as ledger:
        assert ledger.open_intents("workspace")
    assert "writes have no outcome" in slow.say("doctor").text
    said = slow.say("sync", "--as-of", TODAY)
    assert said.code == 0
    assert re.search(r"settling \d+ writes that an earlier run left without an outcome", said.err)
    assert Counter(user["externalId"] for user in slow.users().values()) == Counter(
        f"{n:05}" for n in range(1, PEOPLE + 1)
    )
    posts = [seen for seen in slow.sandbox.journal if seen.method == "POST"]
    assert [seen.status for seen in posts] == [201] * PEOPLE
    slow.sandbox.journal.clear()
    assert slow.say("sync", "--as-of", TODAY).code == 0
    assert slow.requests() == ["GET /Users"]
    assert "writes have no outcome" not in slow.say("doctor").text


def test_a_second_sync_at_the_same_time_is_refused_and_told_whom_it_waits_for(
    slow: Company, prefect: PrefectServer
) -> None:
    with syncing(slow, prefect.environ) as first:
        wait_until(lambda: bool(slow.users()), first)
        second = slow.say("sync", "--as-of", TODAY)
        assert first.poll() is None
        assert second.code == EXIT_OTHER
        [theirs] = [r for r in slow.say("history", "--json").document["runs"] if not r["ended_at"]]
        assert "target workspace: another run works on it" in second.text
        assert f":{first.pid}:{theirs['run_id']}" in second.text
        assert "wait for the other run" in second.text
        assert first.wait(PATIENCE_S) == 0
    posts = [seen for seen in slow.sandbox.journal if seen.method == "POST"]
    assert len(posts) == len(slow.users()) == PEOPLE


def test_sigterm_lets_what_is_under_way_end_and_the_run_tell_it(
    slow: Company, prefect: PrefectServer
) -> None:
    with syncing(slow, prefect.environ) as process:
        wait_until(lambda: len(slow.users()) >= 5, process)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 5, err
    assert "SIGTERM" in out + err
    [run] = slow.say("history", "--json").document["runs"]
    assert run["state"] == "partly_applied"
    assert prefect.flow_run(run["prefect_run_id"])["state_name"] == "PartlyApplied"
    with open_ledger("sqlite:///.scimflow/ledger.db", folder=slow.folder, read_only=True) as ledger:
        assert ledger.open_intents("workspace") == []
    assert slow.say("sync", "--as-of", TODAY).code == 0
    assert len(slow.users()) == PEOPLE


def test_the_ledger_may_be_a_postgresql_whose_password_is_shown_nowhere(
    acme: Company, prefect: PrefectServer, monkeypatch: pytest.MonkeyPatch, postgresql: str
) -> None:
    monkeypatch.setenv("LEDGER_URL", postgresql)
    acme.settings({"ledger": {"url_env": "LEDGER_URL"}})
    said = acme.say("sync", "--as-of", TODAY)
    assert said.code == 0
    assert len(acme.users()) == 3
    history = acme.say("history", "00002")
    assert "joiner" in history.text
    assert acme.plan().code == 0
    explained = acme.say("explain", "00002")
    assert "POST /Users: 201" in explained.text
    assert not acme.ledger.exists()
    assert DATABASE_PASSWORD in postgresql
    for text in (said.text, history.text, explained.text, acme.say("doctor").text):
        assert DATABASE_PASSWORD not in text
    assert DATABASE_PASSWORD not in prefect.database_text()
    monkeypatch.setenv("LEDGER_URL", postgresql.replace("host=", "host=/nowhere"))
    unreachable = acme.say("history")
    assert unreachable.code == EXIT_OTHER
    assert "PostgreSQL" in unreachable.text
    assert DATABASE_PASSWORD not in unreachable.text
    monkeypatch.delenv("LEDGER_URL")
    assert "environment variable LEDGER_URL (ledger.url_env) is not set" in acme.plan().text


def test_a_prefect_server_that_is_not_there_is_told_in_one_plain_message(
    acme: Company, prefect: PrefectServer, tmp_path: Path
) -> None:
    url = f"http://127.0.0.1:{servers.free_port()}/api"
    with syncing(acme, {**prefect.environ, "PREFECT_API_URL": url}) as process:
        out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == EXIT_OTHER
    assert out == ""
    assert f"Prefect's API does not answer ({url})" in " ".join(err.split())
    assert "unset it to use Prefect's embedded server" in " ".join(err.split())
    assert "Traceback" not in err
    assert len(err.splitlines()) < 8
    assert acme.requests() == []


def test_without_a_server_the_embedded_one_keeps_the_history(
    acme: Company, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = tmp_path_factory.mktemp("embedded")
    only_home = {"PREFECT_HOME": quiet_settings(home)["PREFECT_HOME"]}
    with syncing(acme, {**without_prefect(), **only_home}) as process:
        out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, err
    assert "waiting for Prefect's embedded server" in err
    assert "3 created" in out
    assert "Traceback" not in err
    embedded = PrefectServer("", home)
    assert f"workspace-{TODAY}" in embedded.database_text()


def test_ctrl_c_reaches_everything_in_a_terminal_and_the_run_still_ends_in_order(
    slow: Company, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = tmp_path_factory.mktemp("embedded")
    only_home = {"PREFECT_HOME": quiet_settings(home)["PREFECT_HOME"]}
    with syncing(slow, {**without_prefect(), **only_home}) as process:
        wait_until(lambda: len(slow.users()) >= 5, process)
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 5, err
    assert "Ctrl-C once more breaks off at once" in err
    assert "not tried" in out
    assert "Traceback" not in err
    [run] = slow.say("history", "--json").document["runs"]
    assert run["state"] == "partly_applied"
    assert "PartlyApplied" in PrefectServer("", home).database_text()
