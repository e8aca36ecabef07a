"""What a command may import: Prefect, Great Expectations and pandas take seconds, so few may.

The commands run in processes of their own, as a user starts them. Those of one process come one
after the other, from the lightest on, and it is looked after each which heavy packages are there.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from deployments.sandbox.server import serve_in_thread
from flows.cli import COMMANDS
from tests.command_parts import TOKEN, TOKEN_VARIABLE, Company, say

ROOT = Path(__file__).resolve().parents[2]
HEAVY = frozenset({"prefect", "great_expectations", "pandas", "pyarrow", "sqlalchemy", "httpx"})
EXTRAS = frozenset({"opentelemetry", "dask", "distributed", "prefect_dask"})
"""What is imported only where the settings want it."""

ASK = """
import contextlib, json, os, sys
from flows.cli import run
heavy, commands = json.loads(sys.argv[1])
found = []
for words in commands:
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        code = run(words)
    found.append([code, sorted(set(sys.modules) & set(heavy))])
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    with serve_in_thread() as running:
        folder = tmp_path_factory.mktemp("acme")
        yield Company(folder, running.base_url, running.app.state.sandbox)


def imported(*commands: Sequence[str]) -> list[frozenset[str]]:
    """The heavy packages that are there after each of the commands."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("PREFECT_", "SCIMFLOW"))}
    done = subprocess.run(
        [sys.executable, "-c", ASK, json.dumps([sorted(HEAVY | EXTRAS), commands])],
        cwd=ROOT,
        env={**environ, TOKEN_VARIABLE: TOKEN},
        capture_output=True,
        text=True,
        timeout=150,
        check=True,
    )
    found = json.loads(done.stdout)
    assert {code for code, _ in found} <= {0, 2}, done.stderr
    return [frozenset(names) for _, names in found]


def test_help_and_the_settings_import_nothing_heavy(acme: Company) -> None:
    where = ("--config", str(acme.config))
    shown = ("contract", "show", "generic-hr")
    after = imported(
        ("--help",), ("config", "schema"), ("config", "show", *where), ("contract", "list"), shown
    )
    assert set(after) == {frozenset()}


def test_history_and_doctor_import_neither_prefect_nor_great_expectations(acme: Company) -> None:
    where = ("--config", str(acme.config))
    history, doctor = imported(("history", *where), ("doctor", *where))
    assert history.isdisjoint({"prefect", "great_expectations", "httpx"})
    assert doctor.isdisjoint({"prefect", "great_expectations"})


@pytest.mark.thorough
def test_no_command_that_only_reads_imports_prefect(acme: Company) -> None:
    where = ("--config", str(acme.config))
    commands = (("check",), ("explain", "00001"), ("plan",), ("drift",))
    after = imported(*((*words, *where) for words in commands))
    assert not [names for names in after if names & {"prefect", *EXTRAS}]


BELOW = {
    "ledger": [("verify",), ("purge",), ("prune",), ("backup",), ("restore",)],
    "config": [("show",), ("schema",), ("reference",)],
    "quarantine": [("list",), ("show",), ("export",), ("replay",), ("withdraw",)],
    "contract": [("list",), ("show",), ("test",), ("new",), ("diff",)],
}
"""Commands that have others below them."""


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str) -> None:
    pages = [say(command, *below, "--help") for below in BELOW.get(command, [()])]
    for page in pages:
        assert page.code == 0
        assert page.err == ""
        assert "Examples:" in page.out
        assert f"    scimflow {command}" in page.out.partition("Examples:")[2]


def test_help_names_every_command_in_the_order_a_newcomer_meets_them() -> None:
    page = say("--help").out
    places = [page.index(f"│ {name} ") for name in (*COMMANDS, "sandbox")]
    assert places == sorted(places)
