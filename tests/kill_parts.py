"""What tests of killed syncs are made of: a workspace that kills, and what must hold afterwards."""

import contextlib
import os
import random
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

from data_contracts.scim.schema import USER_SCHEMA
from data_contracts.words import OutcomeResult
from deployments.sandbox.journal import Journal
from deployments.sandbox.sandbox import Sandbox
from deployments.sandbox.server import serve_in_thread
from deployments.sandbox.settings import SandboxSettings
from tasks.ledger import Ledger, open_ledger
from tests.sync_parts import TOKEN, MadeUpCompany, SyncProcesses, leave

LEDGER = "sqlite:///.scimflow/ledger.db"
TARGET = "productboard"
DONE = {str(r) for r in (OutcomeResult.APPLIED, OutcomeResult.SETTLED, OutcomeResult.ALREADY)}

CHANGED, LEFT, RETURNED = range(0, 10), range(10, 14), range(14, 16)
"""Of twenty people, by the last digits of their number: those who have an account to be changed,
who has left, who returns. The others get an account."""


class Witness(Journal):
    """The sandbox's journal, which does something at the moment of a write."""

    def __init__(self) -> None:
        super().__init__(1_000_000)
        self.changes = 0
        self.at = -1
        self.act: Callable[[], None] = lambda: None

    def note(self, *args: Any, changed: bool = False, **more: Any) -> None:
        super().note(*args, changed=changed, **more)
        self.changes += changed
        if changed and self.changes == self.at:
            self.act()  # stored already, and not answered yet


@dataclass
class Endangered:
    """A company with as many operations to do as people, and its workspace on loopback."""

    company: MadeUpCompany
    sandbox: Sandbox
    witness: Witness
    processes: SyncProcesses

    sent_at: float = 0.0
    """When the last signal was sent (monotonic seconds)."""

    def run(
        self,
        number: int | None = None,
        at: int = 0,
        delay_s: float | None = None,
        *,
        again_after_s: float | None = None,
    ) -> int:
        """Sync in a process of its own, and send it a signal.

        Args:
            number: The signal; None for none.
            at: Sent as soon as so many changes have been made in all.
            delay_s: Sent after so many seconds, if these pass before.
            again_after_s: Sent once more, so many seconds after the first time.

        Returns:
            The exit code, or the signal that ended it as a negative number.
        """
        (pid,) = self._start(number, at, again_after_s)
        if number is not None and delay_s is not None:
            threading.Event().wait(delay_s)
            self._send(pid, number)
        (code,) = self.processes.wait()
        self.witness.at = -1
        return code

    def _start(self, number: int | None, at: int, again_after_s: float | None) -> list[int]:
        started, pids = threading.Event(), list[int]()

        def act() -> None:
            started.wait(10)
            self._send(pids[0], number or 0)
            if again_after_s is not None:
                threading.Timer(again_after_s, self._send, (pids[0], number or 0)).start()

        self.witness.act, self.witness.at = act, at if number is not None else -1
        pids += self.processes.start(self.company.folder)
        started.set()
        return pids

    def _send(self, pid: int, number: int) -> None:
        self.sent_at = monotonic()
        with contextlib.suppress(ProcessLookupError):  # it was quicker
            os.kill(pid, number)

    @property
    def ledger(self) -> Ledger:
        return open_ledger(LEDGER, folder=self.company.folder)

    def said(self) -> str:
        """What the processes said, for when a test fails."""
        return "".join(f.read_text(encoding="utf-8") for f in self.company.folder.glob("*.said"))


@contextmanager
def endangered(
    folder: Path,
    people: int,
    processes: SyncProcesses,
    *faults: str,
    latency_ms: int = 10,
    mapped: Mapping[str, Any] | None = None,
    bulk: int = 0,
) -> Iterator[Endangered]:
    """A company and its workspace: accounts to change, to switch off, to switch on, to make.

    Args:
        folder: Of the company.
        people: How many.
        processes: Start the syncs.
        faults: Of the workspace.
        latency_ms: Of the workspace.
        mapped: What is mapped beside the usual attributes.
        bulk: How many writes go together at most; 0 for none.
    """
    settings = SandboxSettings(
        token=TOKEN, rate_limit_per_s=0, latency_ms=latency_ms, faults=faults, bulk=bulk > 0
    )
    with serve_in_thread(settings) as running:
        sandbox: Sandbox = running.app.state.sandbox
        sandbox.journal = witness = Witness()
        target: dict[str, Any] = {"requests_per_s": 1000}
        if bulk:
            target["bulk"] = {"enabled": True, "max_operations": bulk}
        company = MadeUpCompany(folder, people, running.base_url, target, mapped=mapped or {})
        company.change({n: leave() for n in range(people) if n % 20 in LEFT})
        for number, row in enumerate(company.rows()):
            if (kind := number % 20) not in (*CHANGED, *LEFT, *RETURNED):
                continue
            sandbox.service.users.seed(
                {
                    "schemas": [USER_SCHEMA],
                    "externalId": row["Employee #"],
                    "userName": f"old-{row['Work Email']}" if kind == 0 else row["Work Email"],
                    "active": kind not in RETURNED,
                    "title": "Trainee",
                }
            )
        open_ledger(LEDGER, folder=folder).close()
        yield Endangered(company, sandbox, witness, processes)


def moments(chance: random.Random, kills: int, operations: int) -> list[int]:
    """When to kill, in changes made so far, ascending."""
    return sorted(chance.sample(range(1, operations), kills))


def nothing_is_lost_or_doubled(e: Endangered) -> None:
    """After the last run: the target is as desired, and the ledger tells the same."""
    users = {u["externalId"]: u for u in e.sandbox.store.users()}
    assert len(users) == len(e.sandbox.store), "an account twice"
    for number, row in enumerate(e.company.rows()):
        user = users.pop(row["Employee #"])
        assert user["active"] is (number % 20 not in LEFT), row["Employee #"]
        if user["active"]:
            assert (user["userName"], user["title"]) == (row["Work Email"], row["Job Title"])
    assert not users, "accounts of nobody"
    made = Counter(s.user_id for s in e.witness if s.method == "POST" and s.applied)
    assert set(made.values()) <= {1}
    with e.ledger as ledger:
        assert ledger.open_intents(TARGET) == []
        links = ledger.links(TARGET)
        linked = dict(zip(links["worker_key"], links["account_id"], strict=True))
        assert linked == {u["externalId"]: u["id"] for u in e.sandbox.store.users()}
        lines = [line for line in ledger.history(TARGET) if line.kind != "adopt"]
        assert all(line.result for line in lines), "an intent without an outcome"
        done = {line.account_id for line in lines if line.result in DONE}
        changed = {seen.user_id for seen in e.witness if seen.changed}
        assert changed <= done, "a write that the ledger does not tell"


def is_in_line(e: Endangered) -> bool:
    """Whether one more run finds nothing to do and writes nothing."""
    before = len([seen for seen in e.witness if seen.method != "GET"])
    assert e.run() == 0, e.said()
    return len([seen for seen in e.witness if seen.method != "GET"]) == before


KILL, TERM, INT = signal.SIGKILL, signal.SIGTERM, signal.SIGINT
