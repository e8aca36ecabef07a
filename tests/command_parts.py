"""What tests of the command line are made of: a company's folder, its workspace, and the commands.

The commands run in this process through their public door, with real files, a sandbox on loopback
and a real ledger. `Company.sync` is the main job without Prefect, for a ledger with a past.
"""

import asyncio
import contextlib
import io
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from data_contracts.outcome import RunRecord
from deployments.sandbox.sandbox import Sandbox
from deployments.sandbox.server import serve_in_thread
from deployments.sandbox.settings import SandboxSettings
from flows.cli import run as scimflow
from tests.sync_parts import sync_once

TOKEN_VARIABLE = "WORKSPACE_TOKEN"
TOKEN = "t0ken-of-the-workspace"
TODAY = "2026-03-02"
HEADER = "employee_id,first_name,last_name,email,status,hire_date,last_day,title,department"

SETTINGS = """\
sources:
  hr: {contract: generic-hr, path: hr.csv}
mapping:
  userName: {column: email, apply: [trim, lower]}
  externalId: employee_number
  name.givenName: given_name
  name.familyName: family_name
  title: title
  'emails[type eq "work"].value': {column: email, apply: [trim, lower]}
  enterprise.department: department
roles:
  default: contributor
  rules:
    - role: admin
      any_of: [{all_of: [{column: department, value: IT}]}]
target:
  name: workspace
  base_url: BASE_URL
  auth: {token_env: WORKSPACE_TOKEN}
  request_budget_s: 2
"""
"""Working settings with one source; `Company.settings` lays changes over them."""


def person(number: int, **cells: str) -> str:
    """A row of the export: somebody employed; `cells` say what differs."""
    values = {
        "employee_id": f"{number:05}",
        "first_name": f"Given{number}",
        "last_name": f"Family{number}",
        "email": f"person{number}@acme.example",
        "status": "active",
        "hire_date": "2020-01-15",
        "last_day": "",
        "title": f"Title {number}",
        "department": "IT" if number == 1 else "Research",
        **cells,
    }
    return ",".join(values[name] for name in HEADER.split(","))


@dataclass(frozen=True)
class Said:
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)

    @property
    def text(self) -> str:
        """Both streams in one line, as a reader meets the words."""
        return " ".join(f"{self.out}\n{self.err}".split())


def say(*words: str | Path) -> Said:
    """Run one command."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = scimflow([str(word) for word in words])
    return Said(code, out.getvalue(), err.getvalue())


@dataclass
class Company:
    """A folder with settings and an export, and the sandbox that is its workspace."""

    folder: Path
    base_url: str
    sandbox: Sandbox
    config: Path = field(init=False)

    def __post_init__(self) -> None:
        self.config = self.folder / "scimflow.yaml"
        self.settings()
        self.export(*(person(n) for n in range(1, 4)))

    def settings(self, changes: Mapping[str, Any] | None = None) -> None:
        """Write the settings; `changes` are laid over them."""
        data = yaml.safe_load(SETTINGS.replace("BASE_URL", self.base_url))
        text = yaml.safe_dump(_laid_over(data, changes or {}), sort_keys=False, allow_unicode=True)
        self.config.write_text(text, encoding="utf-8")

    def export(self, *rows: str, header: str = HEADER, name: str = "hr.csv") -> Path:
        """Write the HR export."""
        path = self.folder / name
        path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
        return path

    def say(self, *words: str | Path) -> Said:
        """Run one command about this company."""
        return say(*words, "--config", self.config)

    def plan(self, *words: str | Path) -> Said:
        """Plan for the tests' day."""
        return self.say("plan", "--as-of", TODAY, *words)

    @property
    def ledger(self) -> Path:
        return self.folder / ".scimflow" / "ledger.db"

    def requests(self) -> list[str]:
        """What the workspace was asked, as `GET /Users`."""
        return [f"{seen.method} {seen.path}" for seen in self.sandbox.journal]

    def users(self) -> dict[str, dict[str, Any]]:
        """The workspace's users by userName."""
        return {user["userName"]: user for user in self.sandbox.store.users()}

    def sync(self, as_of: str = TODAY) -> RunRecord:
        """Live a day as `scimflow sync` does, without Prefect."""
        return asyncio.run(sync_once(self.config, as_of)).record


@contextmanager
def company(folder: Path, **sandbox: Any) -> Iterator[Company]:
    """A company of three people with an empty workspace; `sandbox` are its settings."""
    values = {"token": TOKEN, "rate_limit_per_s": 0, **sandbox}
    os.environ[TOKEN_VARIABLE] = TOKEN
    try:
        with serve_in_thread(SandboxSettings(**values)) as running:
            yield Company(folder, running.base_url, running.app.state.sandbox)
    finally:
        os.environ.pop(TOKEN_VARIABLE, None)


def _laid_over(below: Any, above: Any) -> Any:
    if not isinstance(below, Mapping) or not isinstance(above, Mapping):
        return above
    merged = {k: _laid_over(below[k], v) if k in below else v for k, v in above.items()}
    return {k: v for k, v in {**below, **merged}.items() if v is not None}
