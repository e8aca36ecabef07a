"""The examples do what their READMEs tell: each line of their tables is held against the plan.

Everything is real but Prefect, which only watches: exports, contracts, planner, loader, ledger, and
the sandbox on loopback.
"""

import asyncio
import contextlib
import hashlib
import json
import os
import re
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from data_contracts.batch import QuarantinedRow
from data_contracts.configuration import load_configuration
from data_contracts.plan import Plan
from data_contracts.words import Verdict
from deployments.sandbox.server import serve_in_thread
from deployments.sandbox.settings import SandboxSettings
from examples.demo_folder import FolderInUse, make_anew, use
from examples.servers import ServerFailed, running, sandbox_arguments
from examples.story import COMPANIES, Company
from flows.loading import carry_out
from flows.pipeline import Preparation, Prepared, check_sources, prepare_plan
from flows.project import Project, find_token, open_project, utc_now
from flows.running import begin_run
from flows.stages import PLAIN
from tasks.ledger import open_ledger
from tasks.load.session import LoadSession
from tasks.scim.client import open_client

EXAMPLES = Path(__file__).parents[2] / "examples"
FOLDERS = sorted(path.parent for path in EXAMPLES.glob("*/scimflow.yaml"))
EVERYBODY_ELSE = "everybody else"
NOTHING = "nothing"

ORIGINALS = {
    # sha256 of the files in Evolveum/midpoint-samples
    "hris-1-export-initial.csv": "af3bdb4e74ac8503e7813b9f13720fa94a5f22941ab04ffbe1bcc3d1a6998fdf",
    "hris-2-initial-data.csv": "7fa80f0e5950d8a029059d11872365670a1b2c64ac0e19496edcaa96eea91e83",
}


@dataclass(frozen=True, slots=True)
class Lived:
    """One day of an example, as it went."""

    prepared: Prepared
    in_line_after: bool

    @property
    def plan(self) -> Plan:
        return self.prepared.plan

    @property
    def quarantined(self) -> Sequence[QuarantinedRow]:
        return [row for report in self.prepared.sources.reports for row in report.quarantined]

    def said(self) -> dict[str, Counter[str]]:
        """What the plan and the contracts say, by row: as the tables write it."""
        said: dict[str, Counter[str]] = {}

        def note(key: str, text: str) -> None:
            said.setdefault(key, Counter())[text] += 1

        for operation in self.plan.operations:
            note(operation.worker_key, f"{operation.kind}: {operation.reason}")
        for adoption in self.plan.adoptions:
            note(adoption.worker_key, f"adopt: {adoption.correlated_by}")
        for finding in self.plan.findings:
            note(finding.subject, f"finding: {finding.code}")
        for row in self.quarantined:
            note(row.worker_key or f"{row.source}:{row.line}", f"quarantine: {row.source}")
        return said

    def people(self) -> set[str]:
        """Everybody whom the employment source names, quarantined or not."""
        keys = set(self.prepared.people.frame["worker_key"])
        employment = next(iter(self.prepared.sources.raw))
        return keys | {
            str(row.worker_key)
            for row in self.quarantined
            if row.source == employment and row.worker_key
        }


@dataclass(frozen=True, slots=True)
class Story:
    """A company that was lived: its days, and the workspace before and after."""

    days: dict[str, Lived]
    before: list[dict[str, Any]]
    after: list[dict[str, Any]]


def rows_of(text: str, day: str) -> dict[str, tuple[str, Counter[str]]]:
    """A day's table in a README: for each row who it is about, and what the plan says of them."""
    section = next(part for part in re.split(r"^## ", text, flags=re.M) if day in part[:60])
    table = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in section.splitlines()
        if line.startswith("| ") and not line.startswith("| Row")
    ]
    rows = {}
    for where, who, *_, words in table:
        for key in _keys(where):
            rows[key] = (who, Counter(re.findall(r"`([^`]+)`", words)))
    return rows


def _keys(text: str) -> list[str]:
    first, to, last = text.partition(" to ")
    return [str(n) for n in range(int(first), int(last) + 1)] if to else [text]


async def live_day(project: Project, day: str) -> Lived:
    """What `sync` does, without Prefect: plan, and carry out what is safe; then look again."""
    as_of = project.as_of(day)
    with open_ledger(project.ledger_url, folder=project.folder) as ledger:
        client = open_client(project.settings.target, find_token(project), folder=project.folder)
        async with client:
            run = begin_run(project, ledger, "sync-users", as_of, None)
            preparation = Preparation(project, PLAIN, ledger, as_of, utc_now())
            sources = await check_sources(preparation)
            run.record_sources(sources)
            prepared = await prepare_plan(preparation, client, sources)
            run.record_plan(prepared.plan)
            if prepared.plan.verdict is not Verdict.SAFE:
                return Lived(prepared, in_line_after=False)
            load = await carry_out(run, prepared.plan, client, _apply, _no_progress)
            assert not load.failed, [o.detail for o in load.failed]
            again = await prepare_plan(preparation, client, sources)
            return Lived(prepared, in_line_after=not again.plan.operations)


async def _apply(
    kind: str, number: int, total: int, session: LoadSession, operations: Any, on_outcome: Any
) -> Any:
    return await session.apply(operations, on_outcome)


async def _no_progress(done: int, total: int) -> None: ...


def live(company: Company, folder: Path) -> Story:
    """Live all days of a company, each day's exports arriving in the morning."""
    example = EXAMPLES / company.folder
    (folder / "exports").mkdir()
    shutil.copy(example / "scimflow.yaml", folder)
    seed = example / company.seed if company.seed else None
    with (
        serve_in_thread(SandboxSettings(seed_file=seed)) as sandbox,
        pytest.MonkeyPatch.context() as m,
    ):
        m.setenv("SCIMFLOW__TARGET__BASE_URL", sandbox.base_url)
        m.setenv("SCIMFLOW_TOKEN", "anything")
        before = sandbox.app.state.sandbox.store.users()
        days = {}
        for day in company.days:
            for name in day.files:
                shutil.copy(example / "exports" / name, folder / "exports")
            days[day.as_of] = asyncio.run(live_day(open_project(folder), day.as_of))
        return Story(days, before, sandbox.app.state.sandbox.store.users())


@pytest.fixture(scope="module")
def stories(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Story]:
    return {c.folder: live(c, tmp_path_factory.mktemp(c.folder)) for c in COMPANIES}


DAYS = [(company.folder, day.as_of) for company in COMPANIES for day in company.days]
TOLD_DAYS = [(folder, day) for folder, day in DAYS if (folder, day) != ("tern", "2026-03-04")]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_the_settings_of_each_example_load(folder: Path) -> None:
    file = folder / "scimflow.yaml"
    load_configuration(file.read_text(encoding="utf-8"), origin=str(file))


def test_every_example_with_settings_is_lived_by_the_demo() -> None:
    assert {company.folder for company in COMPANIES} == {folder.name for folder in FOLDERS}


@pytest.mark.parametrize(("folder", "day"), TOLD_DAYS)
def test_each_line_of_a_readme_is_what_the_plan_says(
    stories: dict[str, Story], folder: str, day: str
) -> None:
    lived = stories[folder].days[day]
    told = rows_of((EXAMPLES / folder / "README.md").read_text(encoding="utf-8"), day)
    _, default = told.pop(EVERYBODY_ELSE)
    said, differences = lived.said(), {}
    for key in {*said, *told, *lived.people()}:
        expected = told.get(key, ("", default))[1]
        if expected == Counter([NOTHING]):
            expected = Counter()
        if said.get(key, Counter()) != expected:
            differences[key] = (said.get(key), expected)
    assert not differences


@pytest.mark.parametrize(("folder", "day"), TOLD_DAYS)
def test_everybody_else_are_as_many_as_a_readme_says(
    stories: dict[str, Story], folder: str, day: str
) -> None:
    told = rows_of((EXAMPLES / folder / "README.md").read_text(encoding="utf-8"), day)
    count, _, _ = told.pop(EVERYBODY_ELSE)[0].partition(" ")
    known = stories[folder].days[day].prepared.people.frame["worker_key"]
    assert int(count) == len(set(known) - set(told))


@pytest.mark.parametrize(("folder", "day"), TOLD_DAYS)
def test_planning_again_after_a_day_finds_nothing_to_do(
    stories: dict[str, Story], folder: str, day: str
) -> None:
    assert stories[folder].days[day].in_line_after


def test_half_of_the_people_missing_is_held_with_the_numbers_that_the_readme_names(
    stories: dict[str, Story],
) -> None:
    plan = stories["tern"].days["2026-03-04"].plan
    text = (EXAMPLES / "tern" / "README.md").read_text(encoding="utf-8")
    told = {
        name: (int(actual), int(limit))
        for name, actual, limit in re.findall(r"^- `(\w+[^`]*)`: (\d+)\D+?(\d+)\D", text, re.M)
    }
    held = {g.name: (g.actual, g.limit) for g in plan.guardrails if g.verdict is Verdict.HELD}
    assert plan.verdict is Verdict.HELD
    assert held == told


def test_a_held_day_writes_nothing(stories: dict[str, Story]) -> None:
    active = [user for user in stories["tern"].after if user["active"]]
    held = stories["tern"].days["2026-03-04"].plan
    assert len(active) == held.counts["accounts_active"]


@pytest.mark.parametrize(
    "user_name",
    [
        "break-glass@tern-vale.example",
        "ebba.tern@tern-vale.example",
        "lena@paperboat-agency.example",
        "gordon.pike@tern-vale.example",
        "maria.garcia@tern-vale.example",
    ],
)
def test_unmanaged_and_protected_accounts_stay_as_they_were(
    stories: dict[str, Story], user_name: str
) -> None:
    before = [u for u in stories["tern"].before if u["userName"] == user_name]
    assert before
    assert [u for u in stories["tern"].after if u["userName"] == user_name] == before


def test_a_rename_and_a_rehire_keep_the_account(stories: dict[str, Story]) -> None:
    before = {u["externalId"]: u["id"] for u in stories["tern"].before if "externalId" in u}
    after = {u["externalId"]: u for u in stories["tern"].after if "externalId" in u}
    for external_id, account in before.items():
        assert after[external_id]["id"] == account
    names = {u["userName"] for u in after.values()}
    assert "sofia.lind-okonkwo@tern-vale.example" in names
    assert "sofia.lind@tern-vale.example" not in names


def test_made_logins_are_ascii_and_one_for_each_person(stories: dict[str, Story]) -> None:
    logins = [u["userName"] for u in stories["hris-demo"].after]
    assert "amanda.dewries@hris.example" in logins
    assert len(set(logins)) == len(logins) == 38
    assert all(re.fullmatch(r"[a-z.-]+@hris\.example", login) for login in logins)


def test_a_new_part_of_an_address_makes_no_second_address(stories: dict[str, Story]) -> None:
    for user in stories["hris-demo"].after:
        assert [set(address) for address in user["addresses"]] == [{"type", "locality", "region"}]


def test_all_made_up_addresses_lead_nowhere() -> None:
    for path in (EXAMPLES / "tern").rglob("*.*"):
        for address in re.findall(r"[\w.+-]+@[\w.-]+\w", path.read_text(encoding="utf-8")):
            assert address.endswith(".example"), f"{path.name}: {address}"


@pytest.mark.parametrize("name", ORIGINALS)
def test_files_of_others_are_as_they_were_published(name: str) -> None:
    file = EXAMPLES / "hris-demo" / "exports" / name
    assert hashlib.sha256(file.read_bytes()).hexdigest() == ORIGINALS[name]
    assert (EXAMPLES / "hris-demo" / "LICENSE").is_file()


def test_the_accounts_before_the_first_run_are_as_many_as_the_readme_says() -> None:
    accounts = json.loads((EXAMPLES / "tern" / "accounts.json").read_text(encoding="utf-8"))
    assert len(accounts) == 14


def test_a_demo_deletes_no_folder_that_somebody_looks_at(tmp_path: Path) -> None:
    folder = tmp_path / ".demo"
    for _ in range(2):  # anew, and over an earlier one
        os.close(make_anew(folder))
        assert list(folder.iterdir()) == []
        (folder / "prefect.db").touch()
    looking = use(folder)
    with pytest.raises(FolderInUse, match="end that first"):
        make_anew(folder)
    assert (folder / "prefect.db").exists()
    os.close(looking)
    playing = make_anew(folder)
    with pytest.raises(FolderInUse):
        make_anew(folder)
    os.close(playing)


def test_a_server_that_dies_at_its_start_is_told_with_its_last_words(tmp_path: Path) -> None:
    with (
        running("a server", ["no_such_module"], {}, tmp_path / "log") as server,
        pytest.raises(ServerFailed, match=r"a server ended with exit code 1(?s:.*)no_such_module"),
    ):
        server.wait_until(lambda: False, lambda name, waited: None)


def test_a_server_ends_with_the_demo_however_that_ends(tmp_path: Path) -> None:
    arguments = sandbox_arguments(tmp_path / "ready", None, "SCIMFLOW_TOKEN")
    environ = {"SCIMFLOW_TOKEN": "anything"}
    with (
        contextlib.suppress(KeyboardInterrupt),
        running("it", arguments, environ, tmp_path / "log") as it,
    ):
        it.wait_until((tmp_path / "ready").exists, lambda name, waited: None)
        raise KeyboardInterrupt
    assert it.process.poll() == 0
