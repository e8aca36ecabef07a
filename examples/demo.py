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
from pathlib import Path
from types import FrameType

from rich.console import Console
from rich.status import Status
from rich.text import Text

from examples import demo_folder, servers
from examples.outcome_table import outcome_table
from examples.story import COMPANIES, TERN, Company, Day
from flows.cli import INTERRUPTED
from flows.cli import run as scimflow

ROOT = Path(__file__).resolve().parent.parent
DEMO = Path(".demo")  # relative: commands are printed as a user would type them
TOKEN_VARIABLE = "SCIMFLOW_TOKEN"
TELL_EVERY_S = 5  # not on a terminal, where a counting line would be a line each second
PIPE_WIDTH = 160


class Unexpected(Exception):
    """Something went otherwise than it should have; the message says what."""


class Demo:
    """The demo while it runs: where it writes, and the servers that it needs."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.begun = time.monotonic()
        self.stack = ExitStack()
        self.prefect: servers.Server | None = None

    def play(self) -> None:
        """Live both companies, then say what happened."""
        with self.stack:
            self.stack.callback(os.close, prepare(DEMO))
            self._start_prefect()
            for company in COMPANIES:
                self._live(company)
            self._tell_outcome()
        self._tell_where()

    def _live(self, company: Company) -> None:
        self._heading(f"{company.name}, {company.about}")
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
            self.console.print(outcome_table(folder, company.name))

    def _tell_where(self) -> None:
        took = time.monotonic() - self.begun
        self._heading(f"All went as expected, in {took:.0f} s")
        for line in where_to_look():
            self.console.print(Text(line))

    def _heading(self, text: str) -> None:
        self.console.print()
        self.console.rule(Text(text, style="bold"), align="left", characters="─")

    def _say(self, text: str) -> None:
        self.console.print(Text(f"  {text}", style="dim"))


def where_to_look() -> list[str]:
    """What was left behind, and how to look at it."""
    command = Path(sys.executable).parent / "scimflow"
    shown = command.relative_to(ROOT) if command.is_relative_to(ROOT) else command
    config = f"--config {DEMO / TERN.folder / 'scimflow.yaml'}"
    return [
        "The story row by row   examples/tern/README.md, examples/hris-demo/README.md",
        f"Plans and reports      {DEMO / TERN.folder / 'runs'}/, a folder for each run",
        f"All runs               {shown} history {config}",
        f"One person             {shown} explain 00026 {config} --as-of 2026-03-04",
        "The runs in Prefect    make ui, then http://127.0.0.1:4200",
    ]


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


def prepare(demo: Path) -> int:
    """Make an empty folder; whatever an earlier demo left there goes.

    Returns:
        The lock that keeps others from doing so, as long as it is open.

    Raises:
        Unexpected: It cannot be emptied.
    """
    try:
        return demo_folder.make_anew(demo)
    except (OSError, demo_folder.FolderInUse) as error:
        raise Unexpected(f"{demo} cannot be made anew: {error}") from None


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
