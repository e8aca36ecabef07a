"""From the worker whom somebody refers to, to the account: an id, or one that the plan makes."""

from dataclasses import replace
from typing import Any

import pytest

from data_contracts.failing import meaning_of
from data_contracts.learned import Learned
from data_contracts.plan import Operation, Plan
from data_contracts.words import FindingSeverity
from tasks.plan.make import make_plan
from tasks.plan.staleness import what_moved
from tasks.report.document_parts import operation_part
from tasks.report.markdown_plan import plan_markdown
from tasks.report.privacy import changes
from tasks.report.tables import operations_table
from tasks.report.terminal_plan import plan_view
from tests.builders import World, codes, operation, quarantined, what
from tests.target_parts import MANAGER
from tests.unit.test_report_terminal import flat, on_screen
from tests.unit.test_transform_references import BY_KEY, by, people

IN_STEP = "mapping: {'emails[type eq \"work\"].value': null, externalId: null}"


def account(key: str, **more: Any) -> dict[str, Any]:
    """The account of worker w1 is a1."""
    return {"id": f"a{key[1:]}", "userName": f"{key}@acme.example", **more}


def world(bosses: dict[str, str | None], *accounts: dict[str, Any], **more: Any) -> World:
    values: dict[str, Any] = {"hr": people(bosses), "conf": [BY_KEY, IN_STEP]}
    return World(**{**values, "accounts": accounts, **more})


def test_a_manager_who_has_an_account_is_written_by_its_id() -> None:
    plan = world({"w1": None, "w2": "w1"}, account("w1")).plan()
    created = operation(plan, "w2")
    assert created.attributes[MANAGER] == "a1"
    assert created.references == {MANAGER: "w1"}
    assert not created.awaited


def test_a_manager_who_is_created_by_the_same_plan_is_named_and_not_guessed() -> None:
    plan = world({"w1": None, "w2": "w1", "w3": "w1"}, account("w3", **{MANAGER: "a9"})).plan()
    for worker, kind in (("w2", "create"), ("w3", "update")):
        found = operation(plan, worker)
        assert str(found.kind) == kind
        assert MANAGER not in found.attributes
        assert found.awaited == {MANAGER: "w1"}
    assert operation(plan, "w3").before == {MANAGER: "a9"}


def test_who_has_the_manager_already_has_nothing_to_do() -> None:
    plan = world({"w1": None, "w2": "w1"}, account("w1"), account("w2", **{MANAGER: "a1"})).plan()
    assert not plan.operations


def test_a_changed_manager_is_one_update_that_says_to_whom() -> None:
    there = [account("w1"), account("w2"), account("w3", **{MANAGER: "a1"})]
    plan = world({"w1": None, "w2": None, "w3": "w2"}, *there).plan()
    changed = operation(plan, "w3")
    assert (changed.attributes, changed.before) == ({MANAGER: "a2"}, {MANAGER: "a1"})
    assert changed.explanation == "differs from the export: manager.value (worker w2)"
    assert what(plan) == {"w3": "update"}


@pytest.mark.parametrize("state", ["leaver", "active"])
def test_the_account_of_a_manager_counts_active_or_not(state: str) -> None:
    """Who manages whom is the export's word; whether the manager may sign in is another matter."""
    rows = people({"w1": None, "w2": "w1"}, w1={"_state": state})
    plan = world({}, account("w1", active=False), hr=rows).plan()
    assert operation(plan, "w2").attributes[MANAGER] == "a1"


@pytest.mark.parametrize(
    "boss",
    [
        {"_state": "leaver"},
        {"hire": "2026-04-01"},  # not yet
        {"_state": "suspended"},
    ],
)
def test_a_manager_without_an_account_to_come_is_left_out_and_told(boss: dict[str, str]) -> None:
    rows = people({"w1": None, "w2": "w1"}, w1=boss)
    plan = world({}, account("w2", **{MANAGER: "a9"}), hr=rows).plan()
    assert "w2" not in what(plan), "keeps the manager they have"
    (finding,) = [f for f in plan.findings if f.subject == "w2"]
    assert finding.code == "manager-without-account"
    assert finding.severity is FindingSeverity.INFO
    assert "worker w1" in finding.message


def test_a_manager_whose_account_is_in_doubt_is_left_out() -> None:
    rows = people({"w1": None, "w2": "w1"}, w1={"ext": "x1"})
    foreign = account("w1", externalId="somebody else's")
    plan = world({}, foreign, account("w2"), hr=rows, conf=BY_KEY).plan()
    assert codes(plan)["w1"] == {"account-conflict"}
    assert codes(plan)["w2"] == {"manager-without-account"}
    assert MANAGER not in operation(plan, "w2").attributes


def test_a_manager_whose_account_a_quarantined_row_names_is_left_out() -> None:
    held = [quarantined(None, "old@acme.example")]
    there = [{**account("w1"), "userName": "old@acme.example"}, account("w2", **{MANAGER: "a9"})]
    plan = world({"w1": None, "w2": "w1"}, *there, links=[("w1", "a1")], held=held).plan()
    assert what(plan) == {}


def test_a_linked_manager_is_found_whatever_the_account_is_called_now() -> None:
    there = [{**account("w1"), "userName": "old@acme.example"}]
    plan = world({"w1": None, "w2": "w1"}, *there, links=[("w1", "a1")]).plan()
    assert operation(plan, "w2").attributes[MANAGER] == "a1"


def test_an_empty_cell_clears_only_where_the_mapping_says_so() -> None:
    there = [account("w1", **{MANAGER: "a9"})]
    assert not world({"w1": None}, *there).plan().operations
    clears = [by("worker_key", ", clear_when_empty: true"), IN_STEP]
    cleared = operation(world({"w1": None}, *there, conf=clears).plan(), "w1")
    assert cleared.attributes == {MANAGER: ""}
    assert not cleared.references


def test_a_target_that_does_not_keep_managers_gets_them_at_creation_alone() -> None:
    conf = [BY_KEY, IN_STEP, "target: {not_kept: [enterprise.manager.value]}"]
    plan = world({"w1": None, "w2": "w1", "w3": "w1"}, account("w2"), conf=conf).plan()
    assert "w2" not in what(plan)
    assert operation(plan, "w3").awaited == {MANAGER: "w1"}


def test_a_return_and_a_leave_with_managers() -> None:
    rows = people({"w1": None, "w2": "w1", "w3": "w1"}, w3={"_state": "leaver"})
    there = [account("w2", active=False), account("w3")]
    plan = world({}, *there, hr=rows).plan()
    assert what(plan) == {"w1": "create", "w2": "reactivate", "w3": "deactivate"}
    assert operation(plan, "w2").awaited == {MANAGER: "w1"}
    assert not operation(plan, "w3").references


def test_a_plan_for_some_waits_for_nobody_whom_it_does_not_create() -> None:
    made = world({"w1": None, "w2": "w1", "w3": "w1"}, account("w3"))
    inputs = replace(made.inputs(), only=frozenset({"w2", "w3"}))
    plan = make_plan(inputs, made.settings, made.day)
    assert what(plan) == {"w2": "create"}
    assert not operation(plan, "w2").references
    assert codes(plan)["w2"] == {"manager-without-account"}


def test_what_a_target_never_keeps_is_no_difference() -> None:
    made = world({"w1": None, "w2": "w1"}, account("w1"), account("w2"))
    learned = Learned(never_kept=frozenset({MANAGER}), writes={MANAGER: 3})
    plan = make_plan(replace(made.inputs(), learned=learned), made.settings, made.day)
    assert not plan.operations


def test_who_failed_under_one_manager_is_not_put_off_under_another() -> None:
    """The corrected row makes it another attempt, also where neither account is there yet."""
    before = operation(world({"w1": None, "w2": None, "w3": "w1"}).plan(), "w3")
    after = operation(world({"w1": None, "w2": None, "w3": "w2"}).plan(), "w3")
    assert meaning_of(before) != meaning_of(after)


def test_a_plan_with_references_is_the_same_bytes_again_and_is_read_back() -> None:
    made = world({"w1": None, "w2": "w1", "w3": "w2"}, account("w2"))
    plan = made.plan()
    assert plan.to_bytes() == made.plan().to_bytes()
    assert Plan.from_bytes(plan.to_bytes()) == plan
    assert Plan.from_bytes(plan.to_bytes()).digest == plan.digest


def test_plans_that_refer_to_nobody_are_written_as_before() -> None:
    """Saved plans and the ledger's digests of them stay good."""
    plan = world({"w1": None}, conf="").plan()
    assert plan.operations
    assert b"references" not in plan.to_bytes()


def test_a_plan_is_stale_when_somebody_refers_to_another() -> None:
    before = world({"w1": None, "w2": None, "w3": "w1"}).plan()
    after = world({"w1": None, "w2": None, "w3": "w2"}).plan()
    assert before.digest != after.digest
    assert "create/w3 to be done otherwise" in what_moved(before, after)


def referring() -> tuple[Plan, Operation, Operation]:
    """One whose manager is new, one whose manager is there."""
    there = [account("w2"), account("w3", **{MANAGER: "a9"}), account("w4")]
    plan = world({"w1": None, "w2": None, "w3": "w2", "w4": "w1"}, *there).plan()
    return plan, operation(plan, "w3"), operation(plan, "w4")


def test_documents_name_the_worker_and_hide_the_id() -> None:
    _, known, to_come = referring()
    entry = {"path": MANAGER, "before": None, "after": None, "hidden": True}
    assert operation_part(known, False)["attributes"] == [{**entry, "refers_to": "w2"}]
    assert operation_part(to_come, False)["attributes"] == [{**entry, "refers_to": "w1"}]
    (shown,) = operation_part(known, True)["attributes"]
    assert (shown["before"], shown["after"], shown["refers_to"]) == ("a9", "a2", "w2")


def test_pages_and_tables_name_the_worker() -> None:
    plan, _, _ = referring()
    rows = operations_table(plan)
    changed = {row["who"]: row["changed"] for row in rows if row["what"] == "update"}
    assert r"manager.value \(worker w2\)" in changed["w3@acme.example, worker w3"]
    assert r"manager.value \(worker w1\)" in changed["w4@acme.example, worker w4"]
    assert r"manager.value \(worker w2\)" in plan_markdown(plan)


def test_with_values_the_ids_are_shown_beside_the_worker() -> None:
    _, known, to_come = referring()
    assert [c.text() for c in changes(known, True)] == ['manager.value "a9" -> "a2" (worker w2)']
    (text,) = [c.text() for c in changes(to_come, True)]
    assert text == "manager.value (none) -> a new account (worker w1)"


def test_the_terminal_says_once_to_whom_somebody_reports() -> None:
    plan, _, _ = referring()
    text = flat(on_screen(plan_view(plan, plan.digest)))
    assert text.count("manager.value (worker w2)") == 1
    assert "differs from the export: manager.value (worker w1)" in text
