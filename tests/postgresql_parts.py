"""A whole PostgreSQL server on loopback: Prefect's server needs its extension pg_trgm.

The one that comes as a Python package, and that the ledger's tests use, has no extensions.
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
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


@contextmanager
def whole_postgresql() -> Iterator[str]:
    """Run a server with an empty database; its URL, with a password."""
    folder = Path(tempfile.mkdtemp(prefix="scimflow-postgresql-"))
    owner = OWNER if os.geteuid() == 0 else None
    if owner is not None:
        shutil.chown(folder, owner)
    word = folder / "password"
    word.write_text(PASSWORD)
    word.chmod(0o644)
    data, port = folder / "data", servers.free_port()
    subprocess.run(
        [
            *(binaries() / "initdb", "--pgdata", data, "--username", "postgres"),
            *("--auth", "scram-sha-256", "--pwfile", word, "--encoding", "UTF8", "--no-sync"),
        ],
        user=owner,
        check=True,
        capture_output=True,
        cwd=folder,
    )
    with open(folder / "log", "wb") as log:
        server = subprocess.Popen(
            [
                *(binaries() / "postgres", "-D", data, "-p", str(port), "-k", folder),
                *("-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"),
                *("-c", "max_connections=200"),
            ],
            user=owner,
            stdout=log,
            stderr=log,
            cwd=folder,
            start_new_session=True,
        )
    url = f"postgresql://postgres:{PASSWORD}@127.0.0.1:{port}/postgres"
    try:
        _wait(url, server, folder / "log")
        yield url
    finally:
        server.terminate()  # a smart shutdown would wait for whoever is connected
        try:
            server.wait(5)
        except subprocess.TimeoutExpired:
            server.send_signal(2)  # a fast one does not
            server.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


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
