"""A whole PostgreSQL server on loopback: Prefect's server needs its extension pg_trgm.

The one that comes as a Python package, and that the ledger's tests use, has no extensions.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from examples import servers

OWNER = "postgres"
"""PostgreSQL refuses to run as root; Debian's package makes this user."""

PASSWORD = "s3cret-of-the-server"
STARTED_AFTER_S = 60


def binaries() -> Path:
    """Folder of the newest PostgreSQL server that is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    initdb = shutil.which("initdb")
    assert initdb, "these tests need a PostgreSQL server (Debian: apt-get install postgresql)"
    return Path(initdb).resolve().parent


@dataclass
class PostgresqlServer:
    """A server that tests may also crash and start again.

    Attributes:
        folder: Of its data and its log.
        port: On loopback, the same after a start.
        owner: User that it runs as; None for this process's.
    """

    folder: Path
    port: int
    owner: str | None
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"postgresql://postgres:{PASSWORD}@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Run it, and come back when it answers."""
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                [
                    *(binaries() / "postgres", "-D", self.folder / "data", "-p", str(self.port)),
                    *("-k", self.folder, "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"),
                    *("-c", "max_connections=200"),
                ],
                user=self.owner,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                start_new_session=True,
            )
        _wait(self.url, self.process, self.folder / "log")

    def crash(self) -> None:
        """End it without a checkpoint and without a word to whoever is connected."""
        assert self.process is not None
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(20)

    def stop(self) -> None:
        """End it, however it is."""
        if self.process is None:
            return
        self.process.terminate()  # a smart shutdown would wait for whoever is connected
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGINT)  # a fast one does not
            self.process.wait(20)


@contextmanager
def postgresql_server() -> Iterator[PostgresqlServer]:
    """Run a server with an empty database."""
    folder = Path(tempfile.mkdtemp(prefix="scimflow-postgresql-"))
    owner = OWNER if os.geteuid() == 0 else None
    if owner is not None:
        shutil.chown(folder, owner)
    word = folder / "password"
    word.write_text(PASSWORD)
    word.chmod(0o644)
    subprocess.run(
        [
            *(binaries() / "initdb", "--pgdata", folder / "data", "--username", "postgres"),
            *("--auth", "scram-sha-256", "--pwfile", word, "--encoding", "UTF8", "--no-sync"),
        ],
        user=owner,
        check=True,
        capture_output=True,
        cwd=folder,
    )
    server = PostgresqlServer(folder, servers.free_port(), owner)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def whole_postgresql() -> Iterator[str]:
    """Run a server with an empty database; its URL, with a password."""
    with postgresql_server() as server:
        yield server.url


def _wait(url: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    engine = sa.create_engine(sa.make_url(url).set(drivername="postgresql+psycopg"))
    until = time.monotonic() + STARTED_AFTER_S
    while True:
        try:
            with engine.connect():
                break
        except sa.exc.OperationalError:
            assert server.poll() is None, log.read_text(errors="replace")
            assert time.monotonic() < until, log.read_text(errors="replace")
            time.sleep(0.2)
    engine.dispose()
