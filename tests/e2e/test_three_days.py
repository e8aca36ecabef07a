"""The example company's three days through `scimflow sync`, with a real Prefect server.

What the plan says of each row of the example's tables is held elsewhere; here is what became of it:
in the outcomes, at the target, in the ledger, in Prefect and in Prefect's database.
"""

import csv
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from data_contracts.errors import EXIT_HELD
from deployments.sandbox.sandbox import Sandbox
from deployments.sandbox.server import serve_in_thread
from deployments.sandbox.settings import SandboxSettings
from tests.command_parts import Said, say
from tests.docs.test_examples import EVERYBODY_ELSE, NOTHING, rows_of
from tests.prefect_parts import PrefectServer

TERN = Path(__file__).resolve().parents[2] / "examples" / "tern"
TOKEN = "t0ken-of-tern-and-vale"
MONDAY, TUESDAY, WEDNESDAY = DAYS = ("2026-03-02", "2026-03-03", "2026-03-04")

Users = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Lived:
    """One day: what the sync said, the workspace before and after, a second sync of the day."""

    said: Said
    before: Users
    after: Users
    requests: list[str]
    again: Said
    requests_again: list[str]

    @property
    def people(self) -> dict[str, dict[str, Any]]:
        return {p["worker_key"]: p for p in self.said.document["people"]}

    @property
    def written(self) -> set[str]:
        """Ids of the accounts that are not as they were."""
        return {i for i in self.after if self.after[i] != self.before.get(i)}


@dataclass(frozen=True)
class Tern:
    """The company's folder, its workspace, and its days so far."""

    config: Path
    sandbox: Sandbox
    days: dict[str, Lived]

    def say(self, *words: str) -> Said:
        return say(*words, "--config", self.config)

    def users(self) -> Users:
        return {user["id"]: user for user in self.sandbox.store.users()}

    def requests(self) -> list[str]:
        seen = [f"{seen.method} {seen.path}" for seen in self.sandbox.journal]
        self.sandbox.journal.clear()
        return seen

    def live(self, day: str) -> Lived:
        for source in ("hr", "idp"):
            name = f"exports/{source}-{day}.csv"
            shutil.copy(TERN / name, self.config.parent / name)
        before = self.users()
        words = ("sync", "--as-of", day, "--json")
        said, after, requests = self.say(*words), self.users(), self.requests()
        return Lived(said, before, after, requests, self.say(*words), self.requests())


@pytest.fixture(scope="module")
def tern(prefect: PrefectServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tern]:
    folder = tmp_path_factory.mktemp("tern")
    (folder / "exports").mkdir()
    shutil.copy(TERN / "scimflow.yaml", folder)
    settings = SandboxSettings(
        token=TOKEN, seed_file=TERN / "accounts.json", default_page_size=20, max_page_size=20
    )
    with serve_in_thread(settings) as running, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SCIMFLOW__TARGET__BASE_URL", running.base_url)
        patch.setenv("SCIMFLOW_TOKEN", TOKEN)
        tern = Tern(folder / "scimflow.yaml", running.app.state.sandbox, {})
        for day in DAYS:
            tern.days[day] = tern.live(day)
        yield tern


@pytest.mark.parametrize(("day", "code"), [(MONDAY, 0), (TUESDAY, 0), (WEDNESDAY, EXIT_HELD)])
def test_each_day_ends_as_the_story_has_it(tern: Tern, day: str, code: int) -> None:
    lived = tern.days[day]
    assert (lived.said.code, lived.again.code) == (code, code)
    assert lived.said.err == ""


@pytest.mark.parametrize("day", [MONDAY, TUESDAY])
def test_everything_that_was_planned_was_done_and_verified(tern: Tern, day: str) -> None:
    people = tern.days[day].people.values()
    assert {person["result"] for person in people} == {"applied"}
    assert all(person["verified"].startswith("as meant") for person in people)


@pytest.mark.parametrize("day", [MONDAY, TUESDAY])
def test_every_line_of_the_story_became_true_at_the_target(tern: Tern, day: str) -> None:
    lived = tern.days[day]
    done = {key: f"{p['kind']}: {p['reason']}" for key, p in lived.people.items()}
    told = rows_of((TERN / "README.md").read_text(encoding="utf-8"), day)
    verbs = ("create", "update", "reactivate", "deactivate")
    for row, (_, words) in told.items():
        if row != EVERYBODY_ELSE:
            meant = [text for text in words if text.startswith(verbs)]
            assert ([done.pop(row)] if meant else []) == meant, row
    _, words = told[EVERYBODY_ELSE]
    [(usual, _)] = words.items()
    assert set(done.values()) == ({usual} - {NOTHING})
    for person in lived.people.values():
        user = lived.after[person["account_id"]]
        assert user["active"] is (person["kind"] != "deactivate")
        assert user["userName"] == person["user_name"]


@pytest.mark.parametrize("day", [MONDAY, TUESDAY])
def test_nobody_but_those_of_the_story_was_touched(tern: Tern, day: str) -> None:
    lived = tern.days[day]
    assert lived.written == {person["account_id"] for person in lived.people.values()}
    assert lived.before.keys() <= lived.after.keys()
    writes = [r for r in lived.requests if not r.startswith("GET")]
    assert len(writes) == len(lived.people)
    assert not [r for r in writes if r.startswith("DELETE")]


@pytest.mark.parametrize("day", [MONDAY, TUESDAY])
def test_a_second_sync_of_the_day_sends_the_list_requests_alone(tern: Tern, day: str) -> None:
    lived = tern.days[day]
    assert lived.again.document["people"] == []
    pages = -(-len(lived.after) // 20)
    assert lived.requests_again == ["GET /Users"] * pages


def test_the_broken_export_writes_nothing_and_says_how_to_go_on(tern: Tern) -> None:
    lived = tern.days[WEDNESDAY]
    assert {r.split()[0] for r in lived.requests} == {"GET"}
    assert lived.before == lived.after
    run = lived.said.document["run"]
    for words in (
        "held before the first write",
        "deactivations: 27 accounts would be deactivated, of 59 managed and active",
        "the limit is 5",
        "source_shrinkage (hr): 34 rows are missing, of 68 in the last accepted delivery",
        "the limit is 6",
        f"scimflow approve {run['run_id']}",
        f"scimflow apply {run['run_id']}",
    ):
        assert words in run["message"]


def test_the_days_have_names_and_states_in_prefect(tern: Tern, prefect: PrefectServer) -> None:
    states = {MONDAY: "Completed", TUESDAY: "CompletedWithQuarantine", WEDNESDAY: "Held"}
    kinds = {
        MONDAY: ["deactivate", "update", "create"],
        TUESDAY: ["deactivate", "update", "reactivate", "create"],
        WEDNESDAY: [],
    }
    steps = {"extract-hr", "extract-idp", "validate-hr", "validate-idp", "transform", "plan"}
    for day in DAYS:
        run = prefect.flow_run(tern.days[day].said.document["run"]["prefect_run_id"])
        assert (run["name"], run["state_name"]) == (f"tern-workspace-{day}", states[day])
        loads = [f"{kind}-001-of-001" for kind in kinds[day]]
        names = prefect.task_names(run["id"], len(steps) + 1 + len(loads))
        assert Counter(names) == Counter([*steps, "read-target", *loads])
        keys = set(prefect.artifacts(run["id"]))
        assert {"tern-workspace-summary", "tern-workspace-plan"} <= keys
        assert ("tern-workspace-quarantine" in keys) == (day == TUESDAY)


def people_of_the_exports() -> list[dict[str, str]]:
    rows = []
    for path in sorted((TERN / "exports").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            rows += list(csv.DictReader(file))
    return rows


def personal_values() -> set[str]:
    """Names, titles and e-mail addresses of the exports that are no user key."""
    rows = people_of_the_exports()
    logins = {str(row.get("Username")).lower() for row in rows if row.get("Username")}
    values = set()
    for row in rows:
        given, family = (row.get(f"First {n}") or "" for n in ("Name", "name"))
        given = given or family
        family = row.get("Last Name") or row.get("Last name") or ""
        values |= {f"{given} {family}", row.get("Job Title") or row.get("Title") or ""}
        mail = str(row.get("Work Email") or row.get("Primary email") or "")
        values |= {mail} if mail.lower() not in logins else set()
    return {value for value in values if len(value.strip()) > 3}


def test_prefect_keeps_no_personal_value_and_no_token(tern: Tern, prefect: PrefectServer) -> None:
    database = prefect.database_text()
    assert "tern-workspace-2026-03-03" in database  # what is looked through is the right one
    assert "ingrid.sorensen@tern-vale.example" in database  # a login is a user's key
    kept = database + prefect.stored_text()
    assert TOKEN not in kept
    assert [value for value in sorted(personal_values()) if value in kept] == []


def test_the_ledger_and_the_runs_are_their_owners_alone(tern: Tern) -> None:
    folder = tern.config.parent
    files = [*(folder / ".scimflow").iterdir(), *(folder / "runs").rglob("*")]
    assert len(files) > 10
    assert [str(path) for path in files if path.stat().st_mode & 0o077] == []


def test_one_person_can_be_explained_over_all_days(tern: Tern) -> None:
    said = tern.say("explain", "00026", "--as-of", TUESDAY)
    assert said.code == 0
    for words in ("joiner", "renamed", "POST /Users: 201", "PATCH /Users/", "verified"):
        assert words in said.text
    assert "Sofia" not in said.text
    assert "Sofia" in tern.say("explain", "00026", "--as-of", TUESDAY, "--show-values").text


def test_a_held_plan_that_is_approved_is_carried_out_exactly(tern: Tern) -> None:
    """The last test of the story: half of the company has left after all."""
    run = tern.days[WEDNESDAY].said.document["run"]["run_id"]
    planned = {p["account_id"]: p["kind"] for p in tern.days[WEDNESDAY].people.values()}
    assert tern.say("apply", run).code == EXIT_HELD
    assert tern.say("approve", run, "--by", "ada", "--note", "checked with HR").code == 0
    before = tern.users()
    applied = tern.say("apply", run, "--json")
    after = tern.users()
    assert applied.code == 0
    assert {i for i in after if after[i] != before[i]} == planned.keys()
    left = {i for i, kind in planned.items() if kind == "deactivate"}
    assert len(left) == 27
    assert {i for i in after if before[i]["active"] and not after[i]["active"]} == left
    again = tern.say("sync", "--as-of", WEDNESDAY, "--json")
    assert again.code == 0
    assert again.document["people"] == []
    history = tern.say("history", run).text
    assert "ada released the plan" in history
    assert "because: checked with HR" in history
