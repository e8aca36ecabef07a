"""The sandbox on a real socket, on loopback only."""

import asyncio
import contextlib
import ipaddress
import signal
import socket
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any, NamedTuple

import uvicorn
from starlette.applications import Starlette
from typing_extensions import override
from uvicorn.protocols.http.h11_impl import H11Protocol

from deployments.sandbox.app import CUT_CONNECTION, create_app
from deployments.sandbox.constants import BASE_PATH
from deployments.sandbox.settings import SandboxSettings

_GRACE_S = 1  # after a signal: how long a request under way may take
_START_S = 10.0


class NotLoopbackError(ValueError):
    """The host is not a loopback address: made-up people and open doors stay on this machine."""


class RunningSandbox(NamedTuple):
    """A sandbox that listens."""

    base_url: str
    """The SCIM base URL: "http://127.0.0.1:8765/scim/v2"."""
    app: Starlette


class _CuttableProtocol(H11Protocol):
    """Lets the application cut the connection: ASGI itself has no word for it."""

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state: dict[str, Any] = {**self.app_state, CUT_CONNECTION: transport.abort}


class _Server(uvicorn.Server):
    """Stops on a signal with exit code 0; uvicorn would raise the signal once more."""

    @override
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        wanted = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, self._stop) for number in wanted}
        try:
            yield
        finally:
            for number, earlier in before.items():
                signal.signal(number, earlier)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.should_exit = True


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens on loopback.

    Args:
        host: "127.0.0.1", "::1" or "localhost".
        port: 0 takes a free one.

    Raises:
        NotLoopbackError: another host.
        OSError: the port is taken.
    """
    address = "127.0.0.1" if host == "localhost" else host
    try:
        version = ipaddress.ip_address(address)
    except ValueError:
        raise NotLoopbackError(f"{host!r} is no loopback address; use 127.0.0.1 or ::1") from None
    if not version.is_loopback:
        raise NotLoopbackError(f"{host!r} is not on loopback; use 127.0.0.1 or ::1")
    family = socket.AF_INET6 if version.version == 6 else socket.AF_INET
    # The protocol is named because asyncio sends without delay only on sockets that name it; the
    # default of 0 costs 40 ms for each answer.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((address, port))
        listening.listen(128)
    except OSError:
        listening.close()
        raise
    return listening


def base_url_of(listening: socket.socket) -> str:
    """The SCIM base URL of a listening socket."""
    host, port = listening.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}{BASE_PATH}"


def serve(app: Starlette, listening: socket.socket) -> None:
    """Serve until SIGINT or SIGTERM; the state is written before it returns."""
    _server(app).run(sockets=[listening])


@contextlib.contextmanager
def serve_in_thread(
    settings: SandboxSettings | None = None, *, host: str = "127.0.0.1", port: int = 0
) -> Iterator[RunningSandbox]:
    """Serve on a free port from a thread of its own; stops when the block ends.

    Yields:
        The base URL and the application, whose `state.sandbox` can be looked at and turned.
    """
    app = create_app(settings)
    listening = listen(host, port)
    server = _server(app)
    thread = threading.Thread(
        target=server.run, kwargs={"sockets": [listening]}, name="scim-sandbox", daemon=True
    )
    thread.start()
    try:
        _wait_until_started(server, thread)
        yield RunningSandbox(base_url_of(listening), app)
    finally:
        server.should_exit = True
        thread.join(timeout=_START_S)
        listening.close()


def _wait_until_started(server: uvicorn.Server, thread: threading.Thread) -> None:
    pause = threading.Event()
    for _ in range(int(_START_S / 0.01)):
        if server.started:
            return
        if not thread.is_alive():
            break
        pause.wait(0.01)
    raise RuntimeError("the sandbox did not start")


def _server(app: Starlette) -> _Server:
    return _Server(
        uvicorn.Config(
            app,
            http=_CuttableProtocol,
            ws="none",
            lifespan="on",
            log_config=None,  # the process's logging is not ours to configure
            log_level="error",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=_GRACE_S,
        )
    )
