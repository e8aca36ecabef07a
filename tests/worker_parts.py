"""A worker of a Prefect work pool, as a process that tests start and end."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.prefect_parts import PrefectServer

PATIENCE_S = 180.0
END_S = 20.0


@contextmanager
def running(arguments: list[str], environ: Mapping[str, str], log: Path) -> Iterator[Path]:
    """Run a Python module as a process, and end it with what it started.

    Args:
        arguments: Behind `python -m`.
        environ: Its environment.
        log: File for whatever it says.

    Yields:
        The log.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            env=dict(environ),
            cwd=log.parent,  # not the project's folder: nothing may depend on it
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            # a background shell hands SIGINT down as ignored, and a worker would never end
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
    try:
        yield log
    finally:
        stop(process)


def stop(process: "subprocess.Popen[bytes]") -> None:
    """End a process that leads a group of its own, with the group: politely, then firmly."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(timeout=END_S)
        except (subprocess.TimeoutExpired, ProcessLookupError):
            continue


@contextmanager
def worker(prefect: PrefectServer, pool: str, folder: Path) -> Iterator[Path]:
    """A worker of a pool; what it needs of the environment is what the server's clients have."""
    arguments = ["prefect", "worker", "start", "--pool", pool, "--type", "process"]
    environ = {**prefect.environ, "PREFECT_WORKER_QUERY_SECONDS": "1"}
    environ["PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL"] = "INFO"
    with running(arguments, environ, folder / "worker.log") as log:
        yield log


def until(found: Callable[[], Any], log: Path | None = None) -> Any:
    """Look again and again until something is found; fail with the log otherwise."""
    end = time.monotonic() + PATIENCE_S
    while not (result := found()):
        if time.monotonic() > end:
            pytest.fail(log.read_text(encoding="utf-8")[-4000:] if log else "nothing was found")
        time.sleep(0.5)
    return result


def ended(prefect: PrefectServer, run_id: str, log: Path | None = None) -> dict[str, Any]:
    """A flow run, once it has ended."""
    final = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}

    def look() -> dict[str, Any] | None:
        run = prefect.flow_run(run_id)
        return run if run["state_type"] in final else None

    return dict(until(look, log))
