"""What end-to-end tests ask of a real Prefect server: its runs, its artifacts, its database."""

import base64
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from examples import servers
from tests.command_parts import TOKEN, TOKEN_VARIABLE

ROOT = Path(__file__).parent.parent
DATABASE_PASSWORD = "s3cret-of-the-ledger"
SETTLED_AFTER_S = 20.0
"""The server takes in a run's events and logs in the background."""


def quiet_settings(home: Path) -> dict[str, str]:
    """Prefect's settings for a server or a client of the tests: its own home, no word outside."""
    return {
        "PREFECT_HOME": str(home),
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_V2_ENABLED": "false",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "PREFECT_SERVER_LOGGING_LEVEL": "ERROR",
        "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
    }


def without_prefect() -> dict[str, str]:
    """This process's environment without what a session's Prefect server put into it."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PREFECT_", "SCIMFLOW"))}
    return {**kept, TOKEN_VARIABLE: TOKEN}


@dataclass(frozen=True)
class PrefectServer:
    """A Prefect server.

    Attributes:
        url: Where its UI is.
        home: Where its database is.
    """

    url: str
    home: Path

    @property
    def api(self) -> str:
        return f"{self.url}/api"

    @property
    def environ(self) -> dict[str, str]:
        """The environment of a process that reports to it."""
        return {**without_prefect(), **quiet_settings(self.home), "PREFECT_API_URL": self.api}

    @contextmanager
    def used_here(self, patch: pytest.MonkeyPatch) -> Iterator[None]:
        """Let flows of this process report to it."""
        for name, value in {**quiet_settings(self.home), "PREFECT_API_URL": self.api}.items():
            patch.setenv(name, value)
        from prefect.settings import PREFECT_API_URL, PREFECT_HOME, temporary_settings

        # also when something else imported Prefect before, with other settings
        with temporary_settings({PREFECT_API_URL: self.api, PREFECT_HOME: self.home}):
            yield

    def ask(self, path: str, **filters: Any) -> Any:
        """POST to the API."""
        return self.request("POST", path, filters).json()

    def request(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """Ask the API; again, as its SQLite may be busy for a moment."""
        until = time.monotonic() + SETTLED_AFTER_S
        while True:
            answer = httpx.request(method, f"{self.api}{path}", json=body, timeout=30)
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE or time.monotonic() > until:
                return answer.raise_for_status()
            time.sleep(0.5)

    def flow_run(self, run_id: str) -> dict[str, Any]:
        """A flow run by its id."""
        [run] = self.ask("/flow_runs/filter", flow_runs={"id": {"any_": [run_id]}})
        return dict(run)

    def task_runs(self, run_id: str) -> list[dict[str, Any]]:
        """A flow run's task runs, in the order in which they began."""
        found = self.ask("/task_runs/filter", flow_runs={"id": {"any_": [run_id]}})
        return sorted(found, key=lambda run: str(run["start_time"]))

    def artifacts(self, run_id: str) -> dict[str, Any]:
        """A flow run's artifacts with a key: their data, by key."""
        found = self.ask("/artifacts/filter", artifacts={"flow_run_id": {"any_": [run_id]}})
        return {each["key"]: each["data"] for each in found if each["key"]}

    def task_names(self, run_id: str, expected: int) -> list[str]:
        """The names of a flow run's tasks, once the server has taken so many in."""
        until = time.monotonic() + SETTLED_AFTER_S
        while len(runs := self.task_runs(run_id)) < expected and time.monotonic() < until:
            time.sleep(0.3)
        return [str(run["name"]) for run in runs]

    def stored_text(self) -> str:
        """Every result that Prefect stored in a file, as text: they are pickled in base64."""
        files = [path for path in (self.home / "storage").glob("**/*") if path.is_file()]
        texts = [path.read_bytes() for path in files]
        return "\n".join(_text(base64.b64decode(text)) for text in texts)

    def database_text(self) -> str:
        """Everything that stands in the server's database, as text."""
        uri = f"file:{self.home / 'prefect.db'}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=30)) as database:
            tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            cells = []
            for (table,) in tables.fetchall():
                for row in database.execute(f'SELECT * FROM "{table}"'):
                    cells += [_text(cell) for cell in row if cell is not None]
        return "\n".join(cells)


@contextmanager
def serving_prefect(server: PrefectServer) -> Iterator[servers.Server]:
    """Let a Prefect server run while the context lasts; its database may be there from before."""
    # the UI would look for its API on the usual port
    quiet = {**quiet_settings(server.home), "PREFECT_SERVER_UI_API_URL": server.api}
    quiet["PREFECT_UI_URL"] = server.url  # of links in notifications
    arguments = servers.prefect_arguments(int(server.url.rpartition(":")[2]))
    with servers.running("Prefect's server", arguments, quiet, server.home / "log") as process:
        process.wait_until(lambda: servers.answers(f"{server.api}/health"), lambda name, s: None)
        yield process


def _text(cell: object) -> str:
    if isinstance(cell, bytes):
        return cell.decode("utf-8", errors="replace")
    text = str(cell)
    # JSON columns spell what is not ASCII as \u00f8
    return text.encode().decode("unicode_escape", errors="replace") if "\\u" in text else text
