"""Prefect for runs from the command line: its settings, its embedded server, its last words.

The settings are put in place before Prefect is imported.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING

import httpx

from data_contracts.errors import ConfigurationError, ScimflowError

if TYPE_CHECKING:
    from prefect.client.orchestration import PrefectClient

DEFAULTS = {
    # nothing leaves the machine
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    # the newer UI asks an outside host even with analytics off; the older one asks nobody
    "PREFECT_SERVER_UI_V2_ENABLED": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    # 20 s by default, which a busy machine passes at the first start
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "180",
    "PREFECT_SERVER_LOGGING_LEVEL": "ERROR",
    # the terminal shows the run in its own words; the log stays whole in the Prefect UI
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
}

NO_TLS = Path(__file__).with_name("no_tls.pem")
"""A certificate by which nobody can be trusted: it is no authority's, and has no key any more.

Each of Prefect's clients reads the roots of all authorities, 25 to 50 ms, four to six times in a
run, and never looks at them where the server is reached by plain http.
"""


class ServerAway(ScimflowError):
    """Prefect's server does not answer."""

    @classmethod
    def at(cls, url: str | None) -> "ServerAway":
        """Say where it was looked for, and what to do."""
        return cls(
            f"Prefect's API does not answer ({url or 'embedded'})",
            hint="start the server or check PREFECT_API_URL; unset it to use Prefect's embedded "
            "server; `scimflow sync --offline-history` goes on without, and tells it later",
        )


def require_server() -> None:
    """Find Prefect's server, or start the embedded one where no other is configured.

    Raises:
        ServerAway: It does not answer, or did not start. Nothing was done yet.
    """
    start_embedded_server()
    error = asyncio.run(_error_of_server())
    if error is not None:
        raise ServerAway.at(os.environ.get("PREFECT_API_URL"))


async def _error_of_server() -> Exception | None:
    from prefect import get_client
    from prefect.client.base import ServerType, determine_server_type

    if determine_server_type() is ServerType.EPHEMERAL:
        return None
    async with get_client() as client:
        return await client.api_healthcheck()


def start_embedded_server() -> None:
    """Start Prefect's embedded server, where no other is configured, out of Ctrl-C's reach.

    A terminal sends Ctrl-C to everything in its foreground. The server would end at once, and a run
    that ends in order could no longer tell its end. A process inherits the signals that the thread
    which starts it has blocked, so a thread of its own starts the server.

    Raises:
        ScimflowError: It did not start.
    """
    from prefect.client.base import ServerType, determine_server_type

    if determine_server_type() is not ServerType.EPHEMERAL:
        return
    from prefect.server.api.server import SubprocessASGIServer

    failed: list[Exception] = []

    def start() -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            SubprocessASGIServer().start()  # the one that Prefect's clients look for
        except Exception as error:
            failed.append(error)

    # as a daemon: who presses Ctrl-C meanwhile waits neither here nor at the process's end
    starting = Thread(target=start, name="start Prefect's server", daemon=True)
    starting.start()
    starting.join()
    if failed:
        raise ScimflowError(
            f"Prefect's embedded server did not start: {failed[0]}",
            hint="try again, or run `prefect server start` and set PREFECT_API_URL",
        )


@asynccontextmanager
async def prefect_client() -> "AsyncIterator[PrefectClient]":
    """A client of the Prefect server that is configured; the embedded one does not count.

    Raises:
        ConfigurationError: None is configured.
        ScimflowError: It does not answer, or refuses something.
    """
    prepare_environment()
    from prefect.client.base import ServerType, determine_server_type
    from prefect.client.orchestration import get_client

    if determine_server_type() in (ServerType.EPHEMERAL, ServerType.UNCONFIGURED):
        raise ConfigurationError(
            "no Prefect server is named: what is deployed has to be kept by one",
            hint="start one with `prefect server start`, and set PREFECT_API_URL, such as "
            "http://127.0.0.1:4200/api",
        )
    try:
        async with get_client() as client:
            yield client
    except httpx.HTTPStatusError as error:
        raise ScimflowError(
            f"Prefect's API answered {error.response.status_code}: {_detail(error.response)}",
            hint="look at the server's log; its version should be the one that is installed here",
        ) from None
    except (httpx.TransportError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "API" not in str(error):
            raise
        raise ScimflowError(
            f"Prefect's API does not answer ({os.environ.get('PREFECT_API_URL')})",
            hint="check PREFECT_API_URL (it ends in /api), and whether the server runs",
        ) from None


def _detail(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return answer.reason_phrase


_left = Event()


def leave_server() -> None:
    """Wait for Prefect's server no longer: it went away, and its client would wait for ever."""
    _left.set()


def server_was_left() -> bool:
    """Whether this process has to end without Prefect's client, which waits at the exit."""
    return _left.is_set()


FLUSH_TIMEOUT_S = 10.0
"""Longest wait for the run's last log lines and events to reach the server."""


def flush_history() -> None:
    """Send what Prefect still holds back of a run's log and events.

    Its workers send in the background; without this a process that ends right after a run loses the
    last lines, or waits for a server that has gone meanwhile.
    """
    from prefect.events.worker import EventsWorker
    from prefect.logging.handlers import APILogWorker

    for worker in (APILogWorker, EventsWorker):
        worker.drain_all(timeout=FLUSH_TIMEOUT_S)


def prepare_environment() -> None:
    """Set what the user has not set; what is set stays."""
    for name, value in DEFAULTS.items():
        os.environ.setdefault(name, value)
    if os.environ.get("PREFECT_API_URL", "").startswith("http://"):
        os.environ.setdefault("PREFECT_API_SSL_CERT_FILE", str(NO_TLS))
