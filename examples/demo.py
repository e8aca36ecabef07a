"""What `make demo` runs: three days of one company, then a second one, from exports to writes.

Everything happens on this machine: the embedded SCIM sandbox stands for the workspace, Prefect's
own server keeps the run history, and all that is made lies in .demo/, fresh at each start. The exit
code is 0 when each command ended as this file expects it to.
"""

import os
import secrets
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from rich.console import Console
from rich.status import Status
from rich.text import Text

from examples import servers
from examples.outcome_table import outcome_table
from flows.cli import INTERRUPTED
from flows.cli import run as scimflow

ROOT = Path(__file__).resolve().parent.parent
DEMO = Path(".demo")  # relative: commands are printed as a user would type them
TOKEN_VARIABLE = "SCIMFLOW_TOKEN"
TELL_EVERY_S = 5  # not on a terminal, where a counting line would be a line each second
PIPE_WIDTH = 160


@dataclass(frozen=True, slots=True)
class Day:
    """One morning: which exports arrive, and how the commands on them must end."""

    as_of: str
    story: str
    files: tuple[str, ...]
    commands: tuple[tuple[tuple[str, ...], int], ...]


@dataclass(frozen=True, slots=True)
class Company:
    """An example folder, and what is lived with it."""

    folder: str
    title: str
    days: tuple[Day, ...]
    seed: str | None = None


SYNC = ("sync",)
TERN = Company(
    "tern",
    "Tern & Vale, a made-up company of 64 people: BambooHR, Okta, and a workspace in use",
    (
        Day(
            "2026-03-02",
            "Monday, the first run. Eight accounts are there already and come under management; "
            "everybody else gets one.",
            ("hr-2026-03-02.csv", "idp-2026-03-02.csv"),
            ((("check",), 0), (SYNC, 0)),
        ),
        Day(
            "2026-03-03",
            "Tuesday: joiners, movers, a new name, leavers, a leave of absence, two rehires, and "
            "five rows that break their contracts.",
            ("hr-2026-03-03.csv", "idp-2026-03-03.csv"),
            ((SYNC, 0), (("explain", "00046"), 0)),
        ),
        Day(
            "2026-03-04",
            "Wednesday: HR's report broke off in the middle, and half of the people are missing.",
            ("hr-2026-03-04.csv", "idp-2026-03-04.csv"),
            ((SYNC, 3),),
        ),
    ),
    seed="accounts.json",
)
HRIS = Company(
    "hris-demo",
    "midPoint's demo company: real files of another product, no e-mail addresses, no IdP",
    (
        Day(
            "2026-03-02",
            "The first export: 40 employees, of whom two have left, and ten contractors.",
            ("hris-1-export-initial.csv",),
            ((SYNC, 0),),
        ),
        Day(
            "2026-03-03",
            "The second export has a column more: the state where people work.",
            ("hris-2-initial-data.csv",),
            ((SYNC, 0), (("drift",), 0)),
        ),
    ),
)

COMPANIES = (TERN, HRIS)


class Unexpected(Exception):
    """A command ended otherwise than it should have."""


class Demo:
    """The demo while it runs: where it writes, and the servers that it needs."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.begun = time.monotonic()
        self.stack = ExitStack()
        self.prefect: servers.Server | None = None

    def play(self) -> None:
        """Live both companies, then say what happened."""
        prepare(DEMO)
        with self.stack:
            self._start_prefect()
            for company in COMPANIES:
                self._live(company)
            self._tell_outcome()
        self._tell_where()

    def _live(self, company: Company) -> None:
        self._heading(company.title)
        folder = DEMO / company.folder
        example = ROOT / "examples" / company.folder
        (folder / "exports").mkdir(parents=True)
        shutil.copy(example / "scimflow.yaml", folder)
        seed = example / company.seed if company.seed else None
        with self._sandbox(company.folder, seed) as base_url:
            os.environ["SCIMFLOW__TARGET__BASE_URL"] = base_url
            for day in company.days:
                self._live_day(company, day)

    def _live_day(self, company: Company, day: Day) -> None:
        self.console.print(Text(f"\n{day.as_of}  {day.story}", style="bold"))
        folder = DEMO / company.folder
        for name in day.files:
            shutil.copy(ROOT / "examples" / company.folder / "exports" / name, folder / "exports")
            self._say(f"delivered: {folder / 'exports' / name}")
        for command, expected in day.commands:
            words = [*command, "--config", str(folder / "scimflow.yaml")]
            if command[0] != "check":
                words += ["--as-of", day.as_of]
            if command[0] == "sync":
                self._wait_for_prefect()
            self._command(words, expected)

    def _command(self, words: list[str], expected: int) -> None:
        self.console.print(Text(f"\n$ scimflow {' '.join(words)}", style="bold cyan"))
        begun = time.monotonic()
        sys.stdout.flush()
        code = scimflow(words)
        took = time.monotonic() - begun
        self._say(f"exit code {code}, after {took:.1f} s")
        if code == INTERRUPTED:
            raise KeyboardInterrupt
        if code != expected:
            raise Unexpected(f"scimflow {' '.join(words)}: exit code {code}, expected {expected}")

    def _start_prefect(self) -> None:
        """Start Prefect's server; what needs it waits for it later."""
        port = servers.free_port()
        environ = prefect_environment(port)
        os.environ.update(environ)
        self.prefect = self.stack.enter_context(
            servers.running(
                "Prefect's server",
                servers.prefect_arguments(port),
                {},
                DEMO / "prefect-server.log",
            )
        )

    def _wait_for_prefect(self) -> None:
        if self.prefect is None:
            return
        server, self.prefect = self.prefect, None
        health = f"{os.environ['PREFECT_API_URL']}/health"
        self._wait(server, lambda: servers.answers(health))

    @contextmanager
    def _sandbox(self, name: str, seed: Path | None) -> Iterator[str]:
        ready = DEMO / f"{name}-sandbox.url"
        arguments = servers.sandbox_arguments(ready, seed, TOKEN_VARIABLE)
        log = DEMO / f"{name}-sandbox.log"
        with servers.running("the sandbox", arguments, {}, log) as server:
            self._wait(server, ready.exists)
            base_url = ready.read_text(encoding="utf-8").strip()
            self._say(f"the workspace: the sandbox on {base_url}")
            yield base_url

    def _wait(self, server: servers.Server, ready: servers.Ready) -> None:
        limit = servers.START_LIMIT_S
        if self.console.is_terminal:
            with Status("", console=self.console) as status:
                server.wait_until(
                    ready,
                    lambda name, waited: status.update(
                        Text(f"waiting for {name}: {waited:.0f} s (at most {limit} s)")
                    ),
                )
            return
        told = 0.0

        def tell(name: str, waited: float) -> None:
            nonlocal told
            if waited - told >= TELL_EVERY_S:
                told = waited
                self._say(f"waiting for {name}: {waited:.0f} s (at most {limit} s)")

        server.wait_until(ready, tell)

    def _tell_outcome(self) -> None:
        self._heading("What happened to whom, and why")
        for company in COMPANIES:
            folder = DEMO / company.folder
            self.console.print(outcome_table(folder, company.title.split(":")[0].split(",")[0]))

    def _tell_where(self) -> None:
        took = time.monotonic() - self.begun
        self._heading(f"All went as expected, in {took:.0f} s")
        for line in WHERE:
            self.console.print(Text(line))

    def _heading(self, text: str) -> None:
        self.console.print()
        self.console.rule(Text(text, style="bold"), align="left", characters="─")

    def _say(self, text: str) -> None:
        self.console.print(Text(f"  {text}", style="dim"))


WHERE = (
    "The story row by row   examples/tern/README.md, examples/hris-demo/README.md",
    "Plans and reports      .demo/tern/runs/, a folder a run",
    "The ledger             scimflow history --config .demo/tern/scimflow.yaml",
    "One person             scimflow explain 00026 --config .demo/tern/scimflow.yaml "
    "--as-of 2026-03-03",
    "The runs in Prefect    make ui, then http://127.0.0.1:4200",
)


def prefect_environment(port: int) -> dict[str, str]:
    """Prefect's settings for the demo: its own history, and no word to the outside."""
    return {
        "PREFECT_HOME": str((DEMO / "prefect").resolve()),
        "PREFECT_API_URL": f"http://{servers.LOOPBACK}:{port}/api",
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_V2_ENABLED": "false",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
    }


def prepare(folder: Path) -> None:
    """Make an empty folder; whatever an earlier demo left there goes."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)


def forget_own_settings() -> None:
    """Keep this shell's settings of Prefect and scimflow out: they are about something else."""
    for name in [n for n in os.environ if n.startswith(("PREFECT_", "SCIMFLOW_"))]:
        del os.environ[name]


def _stop(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt  # as Ctrl-C: the servers are ended on the way out


def main() -> int:
    """Run the demo; 0 when all went as expected."""
    signal.signal(signal.SIGTERM, _stop)
    os.chdir(ROOT)
    forget_own_settings()
    os.environ[TOKEN_VARIABLE] = secrets.token_urlsafe()
    width = None if sys.stdout.isatty() else PIPE_WIDTH
    console = Console(width=width, highlight=False)
    try:
        Demo(console).play()
    except (Unexpected, servers.ServerFailed) as problem:
        console.print(Text(f"\nThe demo did not go as expected: {problem}", style="bold red"))
        console.print(Text("What was made so far lies in .demo/"))
        return 1
    except KeyboardInterrupt:
        console.print(Text("\ninterrupted; both servers are stopped"))
        return INTERRUPTED
    return 0


if __name__ == "__main__":
    sys.exit(main())
