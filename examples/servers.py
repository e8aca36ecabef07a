"""The two servers that the demo needs, as child processes on loopback: the sandbox and Prefect's.

Each is ended by its process id however the demo ends: in order, by an error, by Ctrl-C.
"""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

LOOPBACK = "127.0.0.1"
START_LIMIT_S = (
    120  # Prefect's server makes its database at its first start; busy machines take long
)
STOP_LIMIT_S = 10
LOOK_EVERY_S = 0.2
LOG_LINES_SHOWN = 15

Ready = Callable[[], bool]
"""Whether a server can be used."""

Waiting = Callable[[str, float], None]
"""Told what is being waited for, and since how many seconds."""


class ServerFailed(RuntimeError):
    """A server did not start; the message says which, and what it wrote last."""


@dataclass(frozen=True, slots=True)
class Server:
    """A child process that listens."""

    name: str
    process: "subprocess.Popen[bytes]"
    log: Path

    def wait_until(self, ready: Ready, tell: Waiting) -> None:
        """Wait until it is ready.

        Raises:
            ServerFailed: It ended, or was not ready in time.
        """
        begun = time.monotonic()
        while not ready():
            waited = time.monotonic() - begun
            if self.process.poll() is not None:
                raise ServerFailed(
                    f"{self.name} ended with exit code {self.process.returncode} while "
                    f"starting; the end of {self.log}:\n{self._last_words()}"
                )
            if waited > START_LIMIT_S:
                raise ServerFailed(
                    f"{self.name} was not ready after {START_LIMIT_S} s; "
                    f"the end of {self.log}:\n{self._last_words()}"
                )
            tell(self.name, waited)
            time.sleep(LOOK_EVERY_S)

    def stop(self) -> None:
        """End it, and what it started: politely, then firmly."""
        with _undisturbed():
            self._stop()

    def _stop(self) -> None:
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self.process.poll() is not None:
                return
            # it leads a process group of its own (start_new_session), with its id
            os.killpg(self.process.pid, number)
            try:
                self.process.wait(timeout=STOP_LIMIT_S)
            except subprocess.TimeoutExpired:
                continue

    def _last_words(self) -> str:
        text = self.log.read_text(encoding="utf-8", errors="replace")
        return "\n".join(text.splitlines()[-LOG_LINES_SHOWN:])


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Let no second Ctrl-C break off the ending of a server, which would then stay behind."""
    wanted = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, signal.SIG_IGN) for number in wanted}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)


@contextmanager
def running(
    name: str, arguments: list[str], environ: Mapping[str, str], log: Path
) -> Iterator[Server]:
    """Run a server while the context lasts.

    Args:
        name: What it is called in messages.
        arguments: Behind `python -m`.
        environ: Added to this process's environment.
        log: File for whatever it writes.
    """
    with open(log, "wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            env={**os.environ, **environ},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C reaches the demo alone, which then stops its servers
        )
    server = Server(name, process, log)
    try:
        yield server
    finally:
        server.stop()


def sandbox_arguments(ready_file: Path, seed_file: Path | None, token_env: str) -> list[str]:
    """How the embedded SCIM target is started; the ready file gets its base URL."""
    ready_file.unlink(missing_ok=True)
    seed = [] if seed_file is None else ["--seed-file", str(seed_file)]
    return [
        "deployments.sandbox",
        *["--port", "0", "--ready-file", str(ready_file), "--token-env", token_env],
        *seed,
    ]


def prefect_arguments(port: int) -> list[str]:
    """How Prefect's server is started."""
    return ["prefect", "server", "start", "--host", LOOPBACK, "--port", str(port)]


def answers(url: str) -> bool:
    """Whether a server on loopback answers a GET with success."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as candidate:
        candidate.bind((LOOPBACK, 0))
        return int(candidate.getsockname()[1])
