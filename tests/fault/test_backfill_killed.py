"""A backfill that is killed in the middle of a day, and run again: it goes on, nothing doubles."""

import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from data_contracts.words import RunState
from deployments.sandbox.sandbox import Sandbox
from deployments.sandbox.server import serve_in_thread
from deployments.sandbox.settings import SandboxSettings
from tasks.ledger import open_ledger
from tests.backfill_parts import backfill, dated, deliver
from tests.command_parts import TOKEN, TOKEN_VARIABLE, Company, person
from tests.kill_parts import LEDGER, Witness

ROOT = Path(__file__).resolve().parents[2]
MONDAY, TUESDAY, WEDNESDAY = "2026-03-02", "2026-03-03", "2026-03-04"
PEOPLE = range(1, 31)


def deliver_three_days(acme: Company) -> None:
    dated(acme)
    deliver(acme, MONDAY, *(person(n) for n in PEOPLE))
    deliver(acme, TUESDAY, *(person(n, title="Lead") for n in PEOPLE if n != 7), person(40))
    deliver(acme, WEDNESDAY, *(person(n, title="Head") for n in PEOPLE if n != 7), person(40))


def without_ids(sandbox: Sandbox) -> list[dict[str, Any]]:
    users = sorted(sandbox.store.users(), key=lambda user: str(user["userName"]))
    return [{k: v for k, v in user.items() if k not in ("id", "meta")} for user in users]


def undisturbed(folder: Path) -> list[dict[str, Any]]:
    with serve_in_thread(SandboxSettings(token=TOKEN, rate_limit_per_s=0)) as running:
        acme = Company(folder, running.base_url, running.app.state.sandbox)
        deliver_three_days(acme)
        record, _ = backfill(folder, MONDAY, WEDNESDAY)
        assert record.state is RunState.COMPLETED
        return without_ids(acme.sandbox)


@pytest.mark.sampled(1)
@pytest.mark.parametrize("at", [12, 40], ids=["on the first day", "on the second day"])
def test_a_backfill_that_was_killed_goes_on_and_comes_to_the_same_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    monkeypatch.setenv(TOKEN_VARIABLE, TOKEN)
    for name in ("killed", "undisturbed"):
        (tmp_path / name).mkdir()
    folder = tmp_path / "killed"
    with serve_in_thread(SandboxSettings(token=TOKEN, rate_limit_per_s=0)) as running:
        acme = Company(folder, running.base_url, running.app.state.sandbox)
        acme.sandbox.journal = witness = Witness()
        deliver_three_days(acme)
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.backfill_parts", folder, MONDAY, WEDNESDAY], cwd=ROOT
        )
        witness.act, witness.at = lambda: os.kill(process.pid, signal.SIGKILL), at
        assert process.wait(120) == -signal.SIGKILL
        witness.at = -1
        with open_ledger(LEDGER, folder=folder) as ledger:
            assert ledger.open_intents("workspace"), "what was under way when it was killed"
        record, days = backfill(folder, MONDAY, WEDNESDAY)
        assert record.state is RunState.COMPLETED
        first_is_done = at > len(PEOPLE)
        assert (days[0].state is None) is first_is_done
        assert without_ids(acme.sandbox) == undisturbed(tmp_path / "undisturbed")
        made = Counter(seen.user_id for seen in witness if seen.method == "POST" and seen.applied)
        assert set(made.values()) == {1}
        with open_ledger(LEDGER, folder=folder) as ledger:
            assert ledger.open_intents("workspace") == []
            dead = [run for run in ledger.runs() if run.message.startswith("ended without a word")]
            assert {run.flow for run in dead} >= {"backfill"}
        writes = len([seen for seen in witness if seen.method != "GET"])
        backfill(folder, MONDAY, WEDNESDAY)
        assert len([seen for seen in witness if seen.method != "GET"]) == writes
