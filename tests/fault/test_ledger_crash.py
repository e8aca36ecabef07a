"""Processes that are killed, and processes that want the same: nothing is lost, one is first."""

import signal
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from data_contracts.errors import LeaseHeld
from data_contracts.words import OutcomeResult
from tasks.ledger import Ledger, open_ledger
from tasks.ledger.lease import Lease
from tests.ledger_parts import SQLITE, TARGET, a_run, create, moment, outcome, python

BEGIN = """
import asyncio, sys, time
from datetime import UTC, datetime
from pathlib import Path
from data_contracts.errors import LeaseHeld
from tasks.ledger import Journal, open_ledger
from tasks.ledger.lease import Lease, lease
from tests.ledger_parts import SQLITE, TARGET, a_run, create, outcome

ledger = open_ledger(SQLITE, folder=Path(sys.argv[1]))
now = lambda: datetime.now(UTC)

def tell(what):
    print(what, flush=True)
"""

LOAD = """
async def load():
    ledger.start_run(a_run("r1"))
    async with Journal(ledger, "r1", now) as journal:
        await journal.intend(create("E1"))
        await journal.record(outcome(create("E1")))
        await journal.intend(create("E2"))
        tell("sent")
        time.sleep(60)

asyncio.run(load())
"""

LOAD_WITHOUT_END = """
async def load():
    ledger.start_run(a_run("r1"))
    async with Journal(ledger, "r1", now) as journal:
        async def one(key):
            await journal.intend(create(key))
            tell(f"intent {key}")
            await journal.record(outcome(create(key)))
            tell(f"outcome {key}")
        number = 0
        while True:
            await asyncio.gather(*(one(f"E{number + n}") for n in range(8)))
            number += 8

asyncio.run(load())
"""

HOLD = """
async def hold():
    async with lease(ledger, TARGET, "alpha:17:r1", now):
        tell("held")
        await asyncio.sleep(60)

asyncio.run(hold())
"""

CONTEND = """
tell("ready")
input()
try:
    Lease(ledger, TARGET, sys.argv[2], now).acquire()
except LeaseHeld as held:
    tell(held.message)
else:
    tell("mine")
    input()
"""


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(SQLITE, folder=tmp_path) as opened:
        yield opened


@pytest.fixture
def processes() -> Iterator[list[subprocess.Popen[str]]]:
    """Processes that are ended and collected when the test is over."""
    started: list[subprocess.Popen[str]] = []
    yield started
    for process in started:
        process.kill()
        process.communicate()


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    if not line:
        assert process.stderr is not None
        pytest.fail(process.stderr.read())
    return line


def answer(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def kill(process: subprocess.Popen[str]) -> list[str]:
    """Kill a process as a power cut would, and read what it had still said."""
    process.send_signal(signal.SIGKILL)
    out, _ = process.communicate()
    assert process.returncode == -signal.SIGKILL
    return out.splitlines()


def test_a_run_killed_between_intent_and_outcome_leaves_exactly_that_intent_to_the_next_one(
    ledger: Ledger, tmp_path: Path, processes: list[subprocess.Popen[str]]
) -> None:
    processes.append(python(BEGIN + LOAD, str(tmp_path)))
    assert said(processes[0]) == "sent"
    kill(processes[0])
    (intent,) = ledger.open_intents(TARGET)
    assert (intent.operation_id, intent.run_id, intent.result) == ("create/E2", "r1", None)
    assert [(line.worker_key, line.result) for line in ledger.history(TARGET)] == [
        ("E1", "applied"),
        ("E2", ""),
    ]
    assert list(ledger.links(TARGET)["worker_key"]) == ["E1"]

    ledger.start_run(a_run("r2", 10))
    found = outcome(create("E2"), OutcomeResult.SETTLED)
    ledger.settle("r2", intent, found, moment(11))
    assert ledger.open_intents(TARGET) == []
    assert list(ledger.links(TARGET)["account_id"]) == ["a-E1", "a-E2"]


def test_every_word_that_a_killed_run_was_promised_is_in_the_ledger(
    ledger: Ledger, tmp_path: Path, processes: list[subprocess.Popen[str]]
) -> None:
    processes.append(python(BEGIN + LOAD_WITHOUT_END, str(tmp_path)))
    heard = [said(processes[0]) for _ in range(50)]
    heard += kill(processes[0])
    if not heard[-1].startswith(("intent E", "outcome E")):
        heard.pop()  # cut short
    intended = {line.split()[1] for line in heard if line.startswith("intent ")}
    ended = {line.split()[1] for line in heard if line.startswith("outcome ")}
    still_open = {intent.worker_key for intent in ledger.open_intents(TARGET)}
    recorded = {line.worker_key for line in ledger.history(TARGET) if line.result == "applied"}
    assert intended
    assert ended <= recorded
    assert intended <= recorded | still_open
    assert not recorded & still_open
    assert recorded == set(ledger.links(TARGET)["worker_key"])


def test_of_two_processes_that_want_the_lease_at_the_same_moment_one_gets_it(
    ledger: Ledger, tmp_path: Path, processes: list[subprocess.Popen[str]]
) -> None:
    owners = ["alpha:17:r1", "beta:18:r2"]
    processes += [python(BEGIN + CONTEND, str(tmp_path), owner) for owner in owners]
    assert [said(process) for process in processes] == ["ready", "ready"]
    for process in processes:
        answer(process)
    words = [said(process) for process in processes]
    winner = words.index("mine")
    assert words[1 - winner].startswith(
        f"target acme: another run works on it: {owners[winner]}, since "
    )


def test_the_lease_of_a_killed_process_is_taken_over_at_once(
    ledger: Ledger, tmp_path: Path, processes: list[subprocess.Popen[str]]
) -> None:
    processes.append(python(BEGIN + HOLD, str(tmp_path)))
    assert said(processes[0]) == "held"
    mine = Lease(ledger, TARGET, "beta:18:r2", lambda: datetime.now(UTC))
    with pytest.raises(LeaseHeld, match="alpha:17:r1"):
        mine.acquire()
    kill(processes[0])
    mine.acquire()
    assert mine.renew()
