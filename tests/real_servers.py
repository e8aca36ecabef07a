"""Workspaces that nobody here wrote: independent SCIM servers from the registries, on loopback."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import httpx
from scim2_server.applications.wsgi import WSGIApplication
from scim2_server.memory import InMemoryStorage
from scim2_server.utils import load_default_provider

from tests.sync_parts import ROOT, TOKEN, TOKEN_VARIABLE

SERVERS = Path(__file__).parent / "servers"
INSTALL_LIMIT_S = 170
SLOWEST_ANSWER_S = 30


@dataclass(frozen=True)
class RealServer:
    """One of them, and what a user would have to say about it in the settings.

    Attributes:
        serve: Starts it; given a folder of its own and one that is kept between test runs.
        target: Settings of the target.
        unmapped: Attributes that the mapping leaves out.
        guardrails: Settings of the guardrails.
    """

    serve: Callable[[Path, Path], AbstractContextManager[str]]
    target: Mapping[str, Any] = field(default_factory=dict)
    unmapped: Collection[str] = ()
    guardrails: Mapping[str, Any] = field(default_factory=dict)


@contextmanager
def _scim2_server(folder: Path, kept: Path) -> Iterator[str]:
    """python-scim's scim2-server, as a WSGI application in a thread."""
    with ThreadedServer(("127.0.0.1", 0), SilentHandler) as server:
        server.set_app(WSGIApplication(InMemoryStorage(), load_default_provider()))
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/v2"
        finally:
            server.shutdown()
            thread.join()


class ThreadedServer(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 64


class SilentHandler(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None: ...


@contextmanager
def _scimmy(folder: Path, kept: Path) -> Iterator[str]:
    """SCIMMY with scimmy-routers on Express, by Node."""
    installed = _install(SERVERS / "scimmy", kept)
    with _process(["node", "server.mjs"], installed) as base_url:
        yield base_url


@contextmanager
def _django(folder: Path, kept: Path) -> Iterator[str]:
    """django-scim2-server on SQLite."""
    module = "tests.servers.django_scim.server"
    with _process([sys.executable, "-m", module, str(folder)], ROOT) as base_url:
        yield base_url


def _install(source: Path, kept: Path) -> Path:
    """Install an npm project, once for each version of its files."""
    files = ("package.json", "server.mjs")
    known_by = hashlib.sha256(b"".join((source / name).read_bytes() for name in files))
    folder = kept / f"{source.name}-{known_by.hexdigest()[:12]}"
    if folder.exists():
        return folder
    kept.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(dir=kept))
    for name in files:
        shutil.copy(source / name, fresh)
    command = ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--silent"]
    subprocess.run(command, cwd=fresh, check=True, timeout=INSTALL_LIMIT_S)
    try:
        fresh.rename(folder)
    except OSError:  # another test process was quicker
        shutil.rmtree(fresh)
    return folder


@contextmanager
def _process(command: list[str], folder: Path) -> Iterator[str]:
    """A server that prints its port when it listens, and ends with its standard input."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, TOKEN_VARIABLE: TOKEN},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        assert port.isdigit(), f"{command} did not start"
        yield f"http://127.0.0.1:{port}/scim/v2"
    finally:
        try:
            process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


IN_BULK = {"bulk": {"enabled": True, "max_operations": 20}}

OPTIONAL = ("displayName", "userType", "timezone")

REAL_SERVERS = {
    "scim2-server": RealServer(_scim2_server),
    "scim2-server-in-bulk": RealServer(_scim2_server, target=IN_BULK),
    "scimmy": RealServer(_scimmy),
    "scimmy-in-bulk": RealServer(_scimmy, target=IN_BULK),
    "django-scim2-server": RealServer(
        _django,
        # it keeps names, address, externalId and `active`, and refuses any extension
        target={"not_kept": ["roles[primary eq true].value", "title", *OPTIONAL]},
        unmapped=("enterprise.department", "enterprise.division", "enterprise.employeeNumber"),
        guardrails={"min_admins": 0},
    ),
}


class Workspace:
    """What a server holds, asked over plain HTTP."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self._client = httpx.Client(
            headers={"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/scim+json"},
            timeout=SLOWEST_ANSWER_S,
        )

    def users(self) -> dict[str, dict[str, Any]]:
        """Everybody by id."""
        found: dict[str, dict[str, Any]] = {}
        while True:
            query = {"startIndex": len(found) + 1, "count": 100}
            page = self._client.get(f"{self.base_url}/Users", params=query).raise_for_status()
            users = page.json().get("Resources", [])
            found |= {user["id"]: user for user in users}
            if not users or len(found) >= page.json()["totalResults"]:
                return found

    def add(self, user: Mapping[str, Any]) -> None:
        self._client.post(f"{self.base_url}/Users", json=dict(user)).raise_for_status()

    def close(self) -> None:
        self._client.close()
