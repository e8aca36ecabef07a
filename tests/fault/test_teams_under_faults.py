"""Teams at a target that fails, and syncs killed in the middle: no second team, nothing lost.

Real processes, real signals, a real socket, a real ledger file.
"""

import os
import random
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from data_contracts.errors import TargetError
from data_contracts.words import OutcomeResult, RunState
from deployments.sandbox.faults_of_teams import fault as faults_of_teams
from deployments.sandbox.faults_of_transport import fault as faults_of_transport
from deployments.sandbox.faults_of_writes import fault as faults_of_writes
from tests.kill_parts import DONE, KILL, Witness
from tests.sync_parts import TOKEN, TOKEN_VARIABLE, SyncProcesses, sync_processes
from tests.team_parts import TARGET, TeamCompany, people, team_company

MOST_RUNS = 12
SLOW = {"slow", "503", "429-storm", "429-http-date"}  # these wait by the real clock
NOT_ABOUT_TEAMS = {"deleted-user", "token-expired-midway", "create-upserts"}
FAULTS = sorted(
    {*faults_of_transport, *faults_of_writes, *faults_of_teams} - SLOW - NOT_ABOUT_TEAMS
)

STRANGERS = ("Book club", "Everybody")
"""Teams made by hand, of people managed and not."""


@pytest.fixture(autouse=True)
def _token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TOKEN_VARIABLE, TOKEN)


@pytest.fixture(scope="module")
def processes() -> Iterator[SyncProcesses]:
    with sync_processes() as started:
        yield started


def strangers(company: TeamCompany) -> list[dict[str, Any]]:
    return [t for t in company.sandbox.teams.users() if t["displayName"] in STRANGERS]


def the_ledger_agrees(company: TeamCompany) -> None:
    """Each managed team is linked, no write is open, each write of the target is told as done."""
    with company.ledger as ledger:
        assert ledger.open_team_intents(TARGET) == []
        lines = [line for line in ledger.history(TARGET) if line.worker_key.startswith("team:")]
    assert all(line.result for line in lines), "an intent without an outcome"
    told = {line.account_id for line in lines if line.result in DONE}
    names = {t["id"] for t in company.sandbox.teams.users() if t["displayName"] not in STRANGERS}
    assert {link.team_id for link in company.links.values()} == names <= told


@pytest.mark.sampled(2)
@pytest.mark.parametrize("seed", range(6))
def test_whatever_fails_teams_end_as_desired_and_strangers_are_not_touched(
    seed: int, tmp_path: Path
) -> None:
    dice = random.Random(seed)
    target = {"timeout_s": 2, "request_budget_s": 3}
    switches = {"etags": dice.random() < 0.5, "team_names_unique": dice.random() < 0.5}
    with team_company(tmp_path / "company", 8, target=target, **switches) as company:
        company.sync()
        company.make_team(STRANGERS[0], company.make_user("guest@elsewhere.example"))
        company.make_team(STRANGERS[1], *(company.account(n) for n in range(8)))
        before = strangers(company)
        company.sandbox.faults._seed = seed
        for name in dice.sample(FAULTS, 5):
            company.sandbox.faults.add(f"{name}={dice.randint(1, 4)}x@{dice.randint(0, 12)}")

        company.say({0: "A;B", 1: "A", 2: "B;C", 3: "C", 4: "A;C"})
        converge(company)
        assert company.teams() == {
            "A": people(0, 1, 4), "B": people(0, 2), "C": people(2, 3, 4), **by_hand(company),
        }  # fmt: skip

        company.say({0: "A", 1: "C", 4: "B", 5: "D"})
        company.configure("teams", {"names": {"B": "Bees"}})
        converge(company)
        assert company.teams() == {
            "A": people(0), "Bees": people(2, 4), "C": people(1, 2, 3), "D": people(5),
            **by_hand(company),
        }  # fmt: skip
        assert strangers(company) == before
        the_ledger_agrees(company)
        assert "DELETE" not in {seen.method for seen in company.sandbox.journal}


def by_hand(company: TeamCompany) -> dict[str, set[str]]:
    return {name: who for name, who in company.teams().items() if name in STRANGERS}


def converge(company: TeamCompany) -> None:
    """Sync until nothing is left to do; each outcome is true."""
    for _ in range(MOST_RUNS):
        try:
            synced = company.sync()
        except TargetError:
            continue  # the accounts could not be read
        assert synced.plan is not None
        unread = {f.code for f in synced.plan.findings} & {"teams-unreadable", "team-put-off"}
        if synced.plan.is_empty and not unread:
            return
    raise AssertionError(f"not in line after {MOST_RUNS} runs: {company.sandbox.faults.struck}")


def test_a_sync_killed_after_each_of_its_writes_makes_no_second_team(
    tmp_path: Path, processes: SyncProcesses
) -> None:
    one = {"max_in_flight": 1}  # what else is under way would be stored after the kill
    with team_company(tmp_path / "company", 6, latency_ms=20, target=one) as company:
        company.sync()
        company.say({0: "A", 1: "A;B", 2: "B"})
        witness = Witness()
        company.sandbox.journal = witness
        for write in range(1, 5):  # two teams made, two given members
            assert kill_at(company, witness, processes, write) == -KILL
            with company.ledger as ledger:
                assert ledger.open_team_intents(TARGET), "what was under way was meant"
        synced = company.sync()
        assert synced.record.state is RunState.COMPLETED
        assert company.teams() == {"A": people(0, 1), "B": people(1, 2)}
        assert [s.method for s in witness if s.path == "/Groups" and s.method == "POST"] == [
            "POST", "POST",
        ]  # fmt: skip
        the_ledger_agrees(company)
        with company.ledger as ledger:
            settled = [e for e in ledger.history(TARGET) if e.result == OutcomeResult.SETTLED]
        assert {e.kind for e in settled} == {"create-team", "change-members"}
        company.is_in_line()


def kill_at(company: TeamCompany, witness: Witness, processes: SyncProcesses, write: int) -> int:
    """Sync in a process of its own that is killed as a write is stored and not yet answered."""
    started, pids = threading.Event(), list[int]()

    def act() -> None:
        started.wait(10)
        os.kill(pids[0], KILL)

    witness.act, witness.at = act, write
    pids += processes.start(company.company.folder)
    started.set()
    (code,) = processes.wait()
    witness.at = -1
    return code
