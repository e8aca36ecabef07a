"""Managers at a target: a whole company at once, changes, failures, circles, and two runs at most.

Whole syncs over a socket, and the loader alone where the moment matters.
"""

import asyncio
import csv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from data_contracts.as_of import AsOf
from data_contracts.outcome import HistoryEntry
from data_contracts.scim.schema import ENTERPRISE_SCHEMA
from data_contracts.words import OperationKind, OutcomeResult, RunState
from deployments.sandbox.sandbox import Sandbox
from deployments.sandbox.server import serve_in_thread
from deployments.sandbox.settings import SandboxSettings
from flows.explaining import explain
from flows.pipeline import Preparation
from flows.project import open_project
from flows.stages import PLAIN
from tasks.ledger import open_ledger
from tasks.load.order import plan_order
from tasks.report.documents import explain_document
from tasks.report.terminal_explain import explain_view
from tests.sync_parts import DAY, TOKEN, TOKEN_VARIABLE, MadeUpCompany, Synced
from tests.target_parts import MANAGER, Target, asynchronous, change, create, leave, refers, target
from tests.unit.test_report_terminal import flat, on_screen

APPLIED, FAILED, SKIPPED = OutcomeResult.APPLIED, OutcomeResult.FAILED, OutcomeResult.SKIPPED
BY_NUMBER = {"enterprise.manager.value": {"account_of": {"column": "manager"}}}
LEDGER = "sqlite:///.scimflow/ledger.db"


@dataclass
class Workplace:
    """A company whose managers are mapped, and its workspace."""

    company: MadeUpCompany
    sandbox: Sandbox

    def managers(self) -> dict[str, str | None]:
        """The manager of everybody at the target, both by employee number."""
        users = {user["id"]: user for user in self.sandbox.store.users()}
        found: dict[str, str | None] = {}
        for user in users.values():
            reference = user.get(ENTERPRISE_SCHEMA, {}).get("manager", {}).get("value")
            found[user["externalId"]] = users[reference]["externalId"] if reference else None
        return found

    def told(self) -> dict[str, str | None]:
        """The same as the export has it."""
        rows = self.company.rows()
        return {row["Employee #"]: row["Supervisor ID"] or None for row in rows}

    def is_in_line(self) -> bool:
        """Whether one more run finds nothing to do."""
        plan = self.company.sync().plan
        return plan is not None and plan.is_empty

    def history(self, person: str) -> list[HistoryEntry]:
        with open_ledger(LEDGER, folder=self.company.folder) as ledger:
            return [e for e in ledger.history("productboard", person=person) if e.kind != "adopt"]


@contextmanager
def workplace(folder: Path, people: int, *faults: str, **sandbox: Any) -> Iterator[Workplace]:
    settings = SandboxSettings(token=TOKEN, rate_limit_per_s=0, faults=faults, **sandbox)
    with serve_in_thread(settings) as running:
        target = {"requests_per_s": 1000}
        company = MadeUpCompany(folder, people, running.base_url, target, mapped=BY_NUMBER)
        yield Workplace(company, running.app.state.sandbox)


@pytest.fixture(autouse=True)
def _token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TOKEN_VARIABLE, TOKEN)


def results(synced: Synced) -> dict[str, tuple[str, str]]:
    assert synced.load is not None
    return {o.worker_key: (str(o.result), o.detail) for o in synced.load.outcomes}


def number(n: int) -> str:
    return f"{n:07d}"


def test_a_new_company_of_three_levels_is_complete_after_one_run(tmp_path: Path) -> None:
    with workplace(tmp_path / "company", 300) as w:
        synced = w.company.sync()
        assert synced.record.state is RunState.COMPLETED
        assert w.managers() == w.told()
        assert synced.load is not None
        assert synced.plan is not None
        order = [operation.operation_id for operation in synced.plan.operations]
        assert [o.operation_id for o in synced.load.outcomes] == order, "in the plan's order"
        assert synced.load.requests == 300, "one request a person, managers included"
        assert w.is_in_line()


def test_somebody_gets_another_manager_and_nobody_else_is_touched(tmp_path: Path) -> None:
    with workplace(tmp_path / "company", 30) as w:
        w.company.sync()
        w.company.change({25: {"Supervisor ID": number(1)}, 3: {"Supervisor ID": ""}})
        synced = w.company.sync()
        assert results(synced) == {number(25): ("applied", "")}
        assert w.managers() == {**w.told(), number(3): number(0)}, "an empty cell clears nothing"
        (_, entry) = w.history(number(25))
        assert entry.changed == (MANAGER,)
        assert entry.explanation == f"differs from the export: manager.value (worker {number(1)})"
        assert entry.verified == "as meant: manager.value"
        assert w.is_in_line()


def test_a_new_manager_of_people_who_are_there_comes_before_their_change(tmp_path: Path) -> None:
    with workplace(tmp_path / "company", 12) as w:
        rows = w.company.rows()
        w.company.deliver(rows[:11])
        w.company.sync()
        w.company.deliver([*rows[:5], *({**r, "Supervisor ID": number(11)} for r in rows[5:11])])
        with w.company.export.open("a", encoding="utf-8", newline="") as file:
            csv.DictWriter(file, list(rows[0])).writerow(rows[11])
        synced = w.company.sync()
        assert synced.record.state is RunState.COMPLETED, results(synced)
        assert w.managers() == w.told()
        writes = [seen.method for seen in w.sandbox.journal if seen.changed][-7:]
        assert writes == ["POST", *["PATCH"] * 6]
        assert w.is_in_line()


def test_who_reports_to_a_quarantined_manager_keeps_the_manager_they_have(tmp_path: Path) -> None:
    with workplace(tmp_path / "company", 30) as w:
        w.company.sync()
        w.company.change({2: {"Hire Date": "soon"}, 9: {"Supervisor ID": number(2)}})
        synced = w.company.sync()
        assert synced.record.state is RunState.COMPLETED_WITH_QUARANTINE
        assert not results(synced)
        assert w.managers()[number(9)] == number(0)
        assert synced.plan is not None
        told = {f.subject for f in synced.plan.findings if f.code == "manager-quarantined"}
        assert told == {number(9), *(number(n) for n in range(20, 30))}
        w.company.change({2: {"Hire Date": "2020-01-01"}})
        w.company.sync()
        assert w.managers() == w.told()


def test_a_manager_who_cannot_be_created_delays_their_reports_manager_alone(tmp_path: Path) -> None:
    with workplace(tmp_path / "company", 30, "create-202-without-id=1x") as w:
        synced = w.company.sync()
        assert synced.record.state is RunState.PARTLY_APPLIED
        found = results(synced)
        assert found.pop(number(0))[0] == "failed"
        lacking = f"without manager.value (worker {number(0)}), who has no account yet; "
        lacking += "the next run sets it"
        reports = {key for key, boss in w.told().items() if boss == number(0)}
        assert {key for key, result in found.items() if result == ("applied", lacking)} == reports
        assert {found[key] for key in found.keys() - reports} == {("applied", "")}
        (entry,) = w.history(number(4))
        assert MANAGER not in entry.changed
        assert entry.detail == lacking

        again = w.company.sync()
        assert again.record.state is RunState.COMPLETED
        assert w.managers() == w.told()
        assert w.is_in_line()


def test_a_circle_in_the_export_is_told_and_everybody_gets_an_account(tmp_path: Path) -> None:
    with workplace(tmp_path / "company", 12) as w:
        w.company.change({0: {"Supervisor ID": number(5)}})
        synced = w.company.sync()
        assert synced.record.state is RunState.COMPLETED
        assert synced.plan is not None
        told = {f.subject for f in synced.plan.findings if f.code == "manager-cycle"}
        assert told == {number(0), number(5)}
        assert w.managers() == {**w.told(), number(0): None, number(5): None}
        assert w.is_in_line()


def test_a_target_without_the_enterprise_extension_is_set_to_not_kept(tmp_path: Path) -> None:
    with workplace(tmp_path / "company", 12, keeps_enterprise_extension=False) as w:
        unkept = ["department", "division", "employeeNumber", "manager.value"]
        w.company.configure({"not_kept": [f"enterprise.{name}" for name in unkept]})
        assert w.company.sync().record.state is RunState.COMPLETED
        assert set(w.managers().values()) == {None}
        assert w.is_in_line()


def test_explain_names_the_manager_and_where_the_export_says_so(tmp_path: Path) -> None:
    with workplace(tmp_path / "company", 12) as w:
        w.company.sync()
        project = open_project(w.company.folder)
        with open_ledger(LEDGER, folder=w.company.folder) as ledger:
            as_of: AsOf = project.as_of(DAY)
            now = ledger.runs()[0].started_at
            preparation = Preparation(project, PLAIN, ledger, as_of, now)
            found = asyncio.run(explain(preparation, number(11)))
        (manager,) = [each for each in found.attributes if each.path == MANAGER]
        assert (manager.refers_to, manager.value) == (number(1), None)
        assert manager.origin == "account_of manager by worker_key"
        text = flat(on_screen(explain_view(found)))
        assert f"the account of worker {number(1)}, from account_of manager by worker_key" in text
        told = {a["path"]: a["refers_to"] for a in explain_document(found)["attributes"]}
        assert told.pop(MANAGER) == number(1)
        assert set(told.values()) == {None}


def manager_of(t: Target, key: str) -> str | None:
    (user,) = [user for user in t.users() if user["externalId"] == key]
    reference: str | None = user[ENTERPRISE_SCHEMA].get("manager", {}).get("value")
    return reference


@asynchronous
async def test_no_create_begins_before_the_outcome_of_the_manager_s() -> None:
    """Also in one batch with more workers than there are people on a level."""
    chain = [create("E1"), *(refers(create(f"E{n}"), f"E{n - 1}") for n in range(2, 12))]
    async with target(max_in_flight=16) as t:
        outcomes = await t.apply(*reversed(chain))
        assert {o.result for o in outcomes} == {APPLIED}
        steps = [(kind, f"create/E{n}") for n in range(1, 12) for kind in ("intend", "record")]
        assert t.journal.entries == steps
        ids = {o.worker_key: o.account_id for o in outcomes}
        assert all(manager_of(t, f"E{n}") == ids[f"E{n - 1}"] for n in range(2, 12))


@asynchronous
async def test_managers_are_remembered_from_batch_to_batch() -> None:
    async with target() as t, t.session() as load:
        (boss,) = await load.apply([create("E1")])
        (report,) = await load.apply([refers(create("E2"), "E1")])
        assert (report.result, manager_of(t, "E2")) == (APPLIED, boss.account_id)


@asynchronous
async def test_an_account_that_was_there_is_a_manager_s_too() -> None:
    async with target() as t:
        await t.apply(create("E1", title="Old"))
        boss, _ = await t.apply(create("E1"), refers(create("E2"), "E1"))
        assert (boss.account_id, manager_of(t, "E2")) == ("id-1", "id-1")


@asynchronous
async def test_somebody_else_s_account_is_nobody_s_manager() -> None:
    async with target() as t:
        await t.apply(create("E9", userName="e1@acme.example"))
        conflict, report = await t.apply(create("E1"), refers(create("E2"), "E1"))
        assert conflict.result is OutcomeResult.CONFLICT
        assert report.result is APPLIED
        assert manager_of(t, "E2") is None


@asynchronous
async def test_a_change_without_its_new_manager_writes_the_rest_or_is_not_tried() -> None:
    def no_e1(request: httpx.Request) -> httpx.Response | None:
        refused = request.method == "POST" and b"e1@" in request.content
        return httpx.Response(403 if refused else 200) if refused else None

    async with target(refuse=no_e1) as t:
        others = await t.apply(create("E2"), create("E3"), create("E4"))
        ids = [o.account_id or "" for o in others]
        sent = len(t.requests())
        back = change(ids[2], {"active": True}, key="E4", kind=OperationKind.REACTIVATE)
        outcomes = await t.apply(
            create("E5"),  # a write that is accepted: the refusal is about one person
            refers(change(ids[0], {"title": "Lead"}, key="E2"), "E1"),
            refers(change(ids[1], {}, key="E3"), "E1"),
            refers(back, "E1"),
            create("E1"),
        )
        assert [o.result for o in outcomes] == [APPLIED, APPLIED, SKIPPED, APPLIED, FAILED]
        lacking = "without manager.value (worker E1), who has no account yet; the next run sets it"
        assert [o.detail for o in outcomes[1:4]] == [lacking] * 3
        assert outcomes[2].exchanges == ()
        assert len(t.requests()) - sent < 5
        assert {u["title"] for u in t.users() if u["externalId"] == "E2"} == {"Lead"}


@asynchronous
async def test_a_circle_of_new_people_is_completed_by_the_next_run() -> None:
    """Plans have none; whoever hands operations in by hand must not wait for ever."""
    async with target() as t:
        first, second = await t.apply(refers(create("E1"), "E2"), refers(create("E2"), "E1"))
        assert (first.result, second.result) == (APPLIED, APPLIED)
        assert "without manager.value (worker E2)" in first.detail
        assert manager_of(t, "E1") is None
        assert manager_of(t, "E2") == first.account_id


@asynchronous
async def test_a_stop_between_two_levels_leaves_the_reports_to_the_next_run() -> None:
    async with target(max_in_flight=1) as t, t.session() as load:
        team = [create("E1"), refers(create("E2"), "E1"), refers(create("E3"), "E2")]
        outcomes = await load.apply(team, lambda outcome: load.stop("SIGTERM"))
        assert [o.result for o in outcomes] == [APPLIED, SKIPPED, SKIPPED]


@asynchronous
async def test_a_cancelled_load_of_a_deep_company_ends() -> None:
    chain = [create("E1"), *(refers(create(f"E{n}"), f"E{n - 1}") for n in range(2, 40))]
    async with target(sandbox={"latency_ms": 20}) as t, t.session() as load:
        running = asyncio.create_task(load.apply(chain))
        await asyncio.sleep(0.1)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(running, 5)
        known = {o.result for o in load.report().outcomes}
        assert known == {APPLIED, SKIPPED}


@asynchronous
async def test_leavers_free_their_seats_before_anybody_comes() -> None:
    async with target(sandbox={"seats": 2}) as t:
        await t.apply(create("E1"), create("E2"))
        plan = [leave("id-1"), leave("id-2", key="E2"), refers(create("E4"), "E3"), create("E3")]
        async with t.session() as load:
            for _, group in plan_order(plan):
                assert all(o.succeeded for o in await load.apply(group))


def test_names_alone_never_decide_who_manages_whom(tmp_path: Path) -> None:
    """Two people of one name: the number tells."""
    with workplace(tmp_path / "company", 12) as w:
        same: Mapping[str, str] = {"First Name": "Ada", "Last Name": "Smith"}
        w.company.change({1: same, 2: same, 11: {"Supervisor ID": number(2)}})
        w.company.sync()
        assert w.managers()[number(11)] == number(2)
