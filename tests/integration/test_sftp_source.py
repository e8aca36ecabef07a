"""Exports from a real SFTP server: only one whose key is known, only for who may come in."""

import asyncio
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import asyncssh
import pytest

from data_contracts.batch import RawBatch
from data_contracts.configuration import SourceSettings
from data_contracts.errors import SourceError, SourceUnavailable
from tasks.extract.exports import read_batch
from tests.export_parts import NOW, cells, columns, contract

KEPT = contract(schema=columns("id", "name"))
USER, PASSWORD = "scimflow", "correct horse"


class _Server(asyncssh.SSHServer):
    connections: ClassVar[list[asyncssh.SSHServerConnection]] = []

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self.connections.append(conn)

    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == (USER, PASSWORD)


@dataclass(frozen=True, slots=True)
class Running:
    port: int
    root: Path
    known_hosts: Path


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    root = tmp_path / "files"
    (root / "exports").mkdir(parents=True)
    key = asyncssh.generate_private_key("ssh-ed25519")
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def chrooted(channel: Any) -> asyncssh.SFTPServer:
        return asyncssh.SFTPServer(channel, chroot=str(root))

    async def listen() -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            "127.0.0.1", 0, server_factory=_Server, server_host_keys=[key], sftp_factory=chrooted
        )

    async def close(acceptor: asyncssh.SSHAcceptor) -> None:
        acceptor.close()
        await acceptor.wait_closed()
        while _Server.connections:
            connection = _Server.connections.pop()
            connection.abort()
            await connection.wait_closed()

    acceptor = asyncio.run_coroutine_threadsafe(listen(), loop).result(30)
    port = acceptor.get_port()
    known = tmp_path / "known_hosts"
    public = key.export_public_key().decode().strip()
    known.write_text(f"[127.0.0.1]:{port} {public}\n")
    yield Running(port, root, known)
    asyncio.run_coroutine_threadsafe(close(acceptor), loop).result(30)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(30)
    loop.close()


def read(server: Running, path: str, monkeypatch: pytest.MonkeyPatch, **options: Any) -> RawBatch:
    words = {"password": PASSWORD, "known_hosts": str(server.known_hosts)} | options
    words |= {"allow_agent": False, "look_for_keys": False}
    monkeypatch.setenv("HR_SFTP", json.dumps({k: v for k, v in words.items() if v is not None}))
    url = f"sftp://{USER}@127.0.0.1:{server.port}{path}"
    source = SourceSettings(
        contract="x", path=url, options_env="HR_SFTP", digest_file=None, settle_s=0
    )
    return read_batch("hr", source, KEPT, folder=Path("/nowhere"), now=NOW)


def test_the_newest_export_of_a_known_server_is_read(
    server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day, name in (("2026-03-01", "Ann"), ("2026-03-02", "Bo")):
        path = server.root / "exports" / f"hr_{day}.csv"
        path.write_text(f"id,name\n001,{name}\n" + "002,x\n" * 50_000)
    (server.root / "exports/hr_2026-03-03.csv.part").write_text("id")
    batch = read(server, "/exports/hr_{date}.csv", monkeypatch)
    assert cells(batch, "name")[0] == "Bo"
    assert batch.rows_read == 50_001
    assert batch.path.endswith(f"@127.0.0.1:{server.port}/exports/hr_2026-03-02.csv")
    single = read(server, "/exports/hr_2026-03-01.csv", monkeypatch)
    assert cells(single, "name")[0] == "Ann"
    with pytest.raises(SourceError, match=r"near names there: hr_2026-03-0"):
        read(server, "/exports/hr_2026-03-04.csv", monkeypatch)


def test_a_server_that_nobody_vouched_for_is_not_spoken_to(
    server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.known_hosts.write_text("")
    with pytest.raises(SourceError, match="is not in known_hosts") as told:
        read(server, "/exports/hr.csv", monkeypatch)
    assert "ssh-keyscan" in told.value.hint
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()
    server.known_hosts.write_text(f"[127.0.0.1]:{server.port} {other}\n")
    with pytest.raises(SourceError, match="shows another key than known_hosts has"):
        read(server, "/exports/hr.csv", monkeypatch)


def test_who_may_not_come_in_is_told_without_the_password(
    server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SourceError, match="does not let this account in") as told:
        read(server, "/exports/hr.csv", monkeypatch, password="hunter2")
    assert "hunter2" not in f"{told.value}{told.value.hint}"


def test_a_server_that_is_away_may_come_back(
    server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = Running(9, server.root, server.known_hosts)
    with pytest.raises(SourceUnavailable, match="cannot be reached"):
        read(away, "/exports/hr.csv", monkeypatch)
