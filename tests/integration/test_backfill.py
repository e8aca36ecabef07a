"""Backfills of a small company: its days, in order, on a workspace with a real ledger."""

import asyncio
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from data_contracts.backfill import BackfillRequest
from data_contracts.errors import (
    EXIT_CHANGES,
    EXIT_CONTRACT,
    EXIT_HELD,
    EXIT_USAGE,
    ConfigurationError,
    LeaseHeld,
)
from data_contracts.words import BackfillMode, RunState
from flows.leasing import hold_backfill
from flows.project import open_project
from flows.running import begin_run
from tasks.ledger import LedgerReader, open_ledger
from tests.backfill_parts import backfill, backfill_once, dated, deliver
from tests.command_parts import TODAY, Company, Said, company, person

FRIDAY, MONDAY, TUESDAY, WEDNESDAY = "2026-02-27", TODAY, "2026-03-03", "2026-03-04"
LEFT = {"status": "leaver", "last_day": "2026-02-28"}
NEVER_BEGUN = "not begun: stopped on 2026-03-03"


@pytest.fixture
def acme(tmp_path: Path) -> Iterator[Company]:
    with company(tmp_path) as acme:
        dated(acme)
        yield acme


@pytest.fixture
def three_days(acme: Company) -> Company:
    """One joins on Tuesday, one changes title, one is gone on Wednesday."""
    deliver(acme, MONDAY, person(1), person(2), person(3))
    deliver(acme, TUESDAY, person(1), person(2, title="Lead"), person(3), person(4))
    deliver(acme, WEDNESDAY, person(1), person(2, title="Head"), person(4))
    return acme


def ledger(acme: Company) -> LedgerReader:
    return open_ledger("sqlite:///.scimflow/ledger.db", folder=acme.folder, read_only=True)


def active(acme: Company) -> set[str]:
    return {name.partition("@")[0] for name, user in acme.users().items() if user["active"]}


def writes(acme: Company) -> list[str]:
    return [request for request in acme.requests() if not request.startswith("GET")]


def states(days: Any) -> list[RunState | None]:
    return [day.state for day in days]


def seed(acme: Company, number: int, **more: Any) -> None:
    user = {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": f"person{number}@acme.example",
        "externalId": f"{number:05}",
        "active": True,
        **more,
    }
    acme.sandbox.service.users.seed(user)


def dry(acme: Company, first: str, last: str, *words: str) -> Said:
    return acme.say("backfill", "--from", first, "--to", last, "--dry-run", *words)


def test_each_day_is_a_run_of_its_own_with_its_own_day(three_days: Company) -> None:
    record, days = backfill(three_days.folder, MONDAY, WEDNESDAY)
    assert states(days) == [RunState.COMPLETED] * 3
    assert [day.message for day in days] == ["2 created", "1 created, 1 updated", "1 updated"]
    assert record.message == "3 days of 3 replayed; 3 created, 2 updated"
    with ledger(three_days) as read:
        runs = [(run.flow, run.as_of) for run in read.runs()]
        done = [(e.kind, e.reason) for e in read.history("workspace", person="00002")]
        parts = {run.run_id for run in read.runs() if run.parent_run_id == record.run_id}
        of_all = read.history("workspace", run=record.run_id)
    assert sorted(runs[:-1]) == [("backfill-day", day) for day in (MONDAY, TUESDAY, WEDNESDAY)]
    assert runs[-1] == ("backfill", WEDNESDAY)
    assert parts == {day.run_id for day in days}
    assert len(of_all) == 5
    assert {line.run_id for line in of_all} == parts
    assert f"backfill-day of {record.run_id}" in three_days.say("history").text
    told = three_days.say("history", record.run_id, "--json").document["entries"]
    assert [line["worker_key"] for line in told] == [line.worker_key for line in of_all]
    assert done == [("create", "joiner"), ("update", "mover"), ("update", "mover")]


def test_who_left_in_the_course_of_the_days_is_deactivated_on_the_day(acme: Company) -> None:
    seed(acme, 3)
    deliver(acme, MONDAY, person(1), person(3))
    deliver(acme, TUESDAY, person(1))
    deliver(acme, WEDNESDAY, person(1))
    _, days = backfill(acme.folder, MONDAY, WEDNESDAY)
    assert days[1].message == "1 deactivated"
    assert active(acme) == {"person1"}


def test_nobody_is_deactivated_on_an_old_word_whom_a_newer_export_has_active(
    acme: Company,
) -> None:
    """Also when the newer one is after the window, and whatever the ledger knows."""
    deliver(acme, MONDAY, person(1), person(2, **LEFT))
    deliver(acme, TUESDAY, person(1))
    deliver(acme, WEDNESDAY, person(1), person(2), person(3))
    acme.sync(WEDNESDAY)
    record, _ = backfill(acme.folder, MONDAY, TUESDAY)
    assert record.state is RunState.COMPLETED
    assert active(acme) == {"person1", "person2", "person3"}
    with ledger(acme) as read:
        found = {
            (run.as_of, finding.subject)
            for run in read.runs()
            if (plan := read.plan_of_run(run.run_id)) is not None
            for finding in plan.findings
            if finding.code == "active-in-newer-export"
        }
    assert found == {(MONDAY, "00002"), (TUESDAY, "00002"), (MONDAY, "00003"), (TUESDAY, "00003")}


def test_nobody_gets_access_on_an_old_word_who_has_left_by_a_newer_export(acme: Company) -> None:
    deliver(acme, MONDAY, person(1), person(2), person(3))
    deliver(acme, WEDNESDAY, person(1), person(2, **LEFT))
    seed(acme, 3, active=False)
    backfill(acme.folder, MONDAY, MONDAY)
    assert active(acme) == {"person1"}
    assert "person2@acme.example" not in acme.users()


def test_a_role_that_a_newer_export_does_not_give_is_not_given(acme: Company) -> None:
    deliver(acme, MONDAY, person(1), person(2, department="IT"), person(3, department="IT"))
    deliver(acme, WEDNESDAY, person(1), person(2), person(3))
    seed(acme, 3, roles=[{"value": "contributor", "primary": True}])
    backfill(acme.folder, MONDAY, MONDAY)
    roles = {n: u["roles"][0]["value"] for n, u in acme.users().items()}
    assert roles == {
        "person1@acme.example": "admin",
        "person2@acme.example": "contributor",
        "person3@acme.example": "contributor",
    }


def test_what_a_newer_export_has_brought_about_is_not_undone(acme: Company) -> None:
    deliver(acme, MONDAY, person(1), person(2, title="Trainee", email="maiden@acme.example"))
    deliver(acme, WEDNESDAY, person(1), person(2, title="Head"))
    acme.sync(WEDNESDAY)
    acme.sandbox.journal.clear()
    backfill(acme.folder, MONDAY, MONDAY)
    assert writes(acme) == []


def test_an_account_whose_address_is_somebody_else_s_by_now_is_left_alone(acme: Company) -> None:
    """The address of who left was given to who joined; an old export has it as the leaver's."""
    acme.settings(
        {
            "mapping": {"externalId": None},
            "sources": {"hr": {"path": "hr-{date}.csv", "complete_roster": True}},
            "guardrails": {"min_admins": 0, "deactivations": {"max_fraction": None}},
        }
    )
    given = {"email": "sam@acme.example"}
    deliver(acme, MONDAY, person(1), person(2, first_name="Samuel", **given))
    deliver(acme, TUESDAY, person(1))
    deliver(acme, WEDNESDAY, person(1), person(9, first_name="Samira", **given))
    acme.sandbox.service.users.seed(
        {
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": "sam@acme.example",
            "active": True,
            "name": {"givenName": "Samira"},
        }
    )
    _, days = backfill(acme.folder, MONDAY, TUESDAY)
    assert states(days) == [RunState.COMPLETED] * 2
    assert "sam" in active(acme)
    assert acme.users()["sam@acme.example"]["name"]["givenName"] == "Samira"
    with ledger(acme) as read:
        assert "00002" not in set(read.links("workspace")["worker_key"])


def test_a_newest_export_that_is_refused_says_nothing(acme: Company) -> None:
    deliver(acme, MONDAY, person(1), person(2, **LEFT))
    deliver(acme, TUESDAY, person(1), person(2))
    deliver(acme, WEDNESDAY, person(1), person(2, status="retired"))
    seed(acme, 2)
    backfill(acme.folder, MONDAY, MONDAY)
    assert active(acme) == {"person1", "person2"}


def test_where_absence_says_nothing_the_last_word_on_each_counts(acme: Company) -> None:
    dated(acme, sources={"hr": {"path": "hr-{date}.csv", "complete_roster": False}})
    deliver(acme, MONDAY, person(1), person(2, **LEFT), person(3, **LEFT))
    deliver(acme, TUESDAY, person(2))
    deliver(acme, WEDNESDAY, person(1))
    for number in (2, 3):
        seed(acme, number)
    backfill(acme.folder, MONDAY, MONDAY)
    assert active(acme) == {"person1", "person2"}


def test_a_backfill_is_refused_when_a_delivery_that_was_acted_on_is_gone(acme: Company) -> None:
    deliver(acme, MONDAY, person(1))
    newest = deliver(acme, WEDNESDAY, person(1), person(2))
    acme.sync(WEDNESDAY)
    newest.unlink()
    with pytest.raises(ConfigurationError, match="acted on hr-2026-03-04"):
        backfill(acme.folder, MONDAY, MONDAY)
    assert active(acme) == {"person1", "person2"}


def test_it_stops_at_the_first_refused_day_and_goes_on_when_told(three_days: Company) -> None:
    deliver(three_days, TUESDAY, person(1), person(2, status="retired"))
    record, days = backfill(three_days.folder, MONDAY, WEDNESDAY)
    assert record.state is RunState.REFUSED_BY_CONTRACT
    assert states(days) == [RunState.COMPLETED, RunState.REFUSED_BY_CONTRACT, None]
    assert days[2].message == NEVER_BEGUN
    record, days = backfill(three_days.folder, MONDAY, WEDNESDAY, keep_going=True)
    assert days[0].message.startswith("done before, by run ")
    assert states(days)[1:] == [RunState.REFUSED_BY_CONTRACT, RunState.COMPLETED]
    assert record.state is RunState.REFUSED_BY_CONTRACT


def test_a_day_that_fails_for_one_person_stops_nobody_and_the_next_day_does_it(
    three_days: Company,
) -> None:
    three_days.sandbox.faults.add("ignored-write=1x")  # the title of Tuesday
    record, days = backfill(three_days.folder, MONDAY, WEDNESDAY)
    done, partly = RunState.COMPLETED, RunState.PARTLY_APPLIED
    assert states(days) == [done, partly, done]
    assert record.state is partly
    assert "1 failed" in days[1].message
    assert days[2].message == "1 updated"
    assert three_days.users()["person2@acme.example"]["title"] == "Head"
    three_days.sandbox.journal.clear()
    record, days = backfill(three_days.folder, MONDAY, WEDNESDAY)
    assert days[0].message.startswith("done before, by run ")
    assert states(days)[1:] == [done, done], "from the day that was not whole on"
    assert record.state is done
    assert writes(three_days) == []


def test_a_day_carried_out_in_part_by_a_target_that_fails_ends_it_and_the_same_goes_on(
    three_days: Company,
) -> None:
    three_days.sandbox.faults.add("503=1@5")  # in the midst of Tuesday, and from there on
    record, days = backfill(three_days.folder, MONDAY, WEDNESDAY)
    assert states(days) == [RunState.COMPLETED, RunState.PARTLY_APPLIED, RunState.FAILED]
    assert record.state is RunState.FAILED
    three_days.sandbox.faults.clear()
    record, days = backfill(three_days.folder, MONDAY, WEDNESDAY)
    assert record.state is RunState.COMPLETED
    assert active(three_days) == {"person1", "person2", "person4"}
    assert three_days.users()["person2@acme.example"]["title"] == "Head"


def test_a_held_day_is_approved_and_the_same_backfill_goes_on_there(three_days: Company) -> None:
    dated(three_days, guardrails={"updates": {"max": 0}, "min_admins": 0})
    record, days = backfill(three_days.folder, MONDAY, WEDNESDAY)
    assert record.state is RunState.HELD
    assert states(days) == [RunState.COMPLETED, RunState.HELD, None]
    run = str(days[1].run_id)
    assert f"scimflow approve {run}, then the same backfill again" in days[1].message
    approved = three_days.say("approve", run, "--by", "ada")
    assert approved.code == 0
    assert "next: the same scimflow backfill again" in approved.text
    _, days = backfill(three_days.folder, MONDAY, WEDNESDAY)
    assert states(days) == [None, RunState.COMPLETED, RunState.HELD]
    assert days[1].message == "1 created, 1 updated"


def test_a_backfill_that_was_completed_does_nothing_again_unless_told(three_days: Company) -> None:
    backfill(three_days.folder, MONDAY, WEDNESDAY)
    three_days.sandbox.journal.clear()
    record, days = backfill(three_days.folder, MONDAY, WEDNESDAY)
    assert states(days) == [None] * 3
    assert three_days.requests() == []
    assert record.state is RunState.COMPLETED
    _, days = backfill(three_days.folder, MONDAY, WEDNESDAY, again=True)
    assert states(days) == [RunState.COMPLETED] * 3
    assert writes(three_days) == []


def test_a_day_whose_file_changed_is_replayed_and_so_is_every_day_after_it(
    three_days: Company,
) -> None:
    backfill(three_days.folder, MONDAY, WEDNESDAY)
    deliver(three_days, TUESDAY, person(1), person(2, title="Other"), person(3), person(4))
    _, days = backfill(three_days.folder, MONDAY, WEDNESDAY)
    assert states(days) == [None, RunState.COMPLETED, RunState.COMPLETED]


def test_only_some_people_are_worked_on(three_days: Company) -> None:
    backfill(three_days.folder, MONDAY, WEDNESDAY, only=frozenset({"00002"}))
    assert active(three_days) == {"person2"}
    _, days = backfill(three_days.folder, MONDAY, WEDNESDAY)
    assert states(days) == [RunState.COMPLETED] * 3, "done for one person is not done for all"


def test_shrinkage_is_measured_against_the_day_before_and_not_against_tonight(
    acme: Company,
) -> None:
    many = [person(n) for n in range(1, 41)]
    deliver(acme, MONDAY, *many[:20])
    deliver(acme, TUESDAY, *many[:21])
    deliver(acme, WEDNESDAY, *many)
    acme.settings(
        {
            "sources": {"hr": {"path": "hr-{date}.csv", "complete_roster": True}},
            "guardrails": {"min_admins": 0},
        }
    )
    assert acme.sync(WEDNESDAY).state is RunState.COMPLETED
    record, _ = backfill(acme.folder, MONDAY, TUESDAY)
    assert record.state is RunState.COMPLETED
    deliver(acme, "2026-03-05", *many[:21])
    assert acme.sync("2026-03-05").state is RunState.HELD, "the measure is the newest day's"


def test_the_state_is_rebuilt_without_a_write(three_days: Company) -> None:
    seed(three_days, 3)
    backfill(three_days.folder, MONDAY, WEDNESDAY)
    before = three_days.users()
    shutil.rmtree(three_days.folder / ".scimflow")
    three_days.sandbox.journal.clear()
    record, days = backfill(three_days.folder, MONDAY, WEDNESDAY, BackfillMode.STATE_ONLY)
    assert record.state is RunState.COMPLETED
    assert [day.message for day in days] == ["3 adopted", "1 adopted", "1 adopted"]
    assert {request.split()[0] for request in three_days.requests()} == {"GET"}
    assert three_days.users() == before
    with ledger(three_days) as read:
        linked = read.links("workspace")
        assert dict(zip(linked["worker_key"], linked["account_id"], strict=True)) == {
            user["externalId"]: user["id"] for user in before.values()
        }
        assert read.deactivated_by_us("workspace") == {"00003"}
        accepted = read.last_accepted_batch("workspace", "hr")
        assert accepted is not None
        assert accepted.rows == 3


def test_a_rebuilt_ledger_makes_the_plans_that_the_lost_one_made(three_days: Company) -> None:
    backfill(three_days.folder, MONDAY, TUESDAY)
    plan = three_days.say("plan", "--as-of", WEDNESDAY, "--json").document
    shutil.rmtree(three_days.folder / ".scimflow")
    backfill(three_days.folder, MONDAY, TUESDAY, BackfillMode.STATE_ONLY)
    again = three_days.say("plan", "--as-of", WEDNESDAY, "--json").document
    assert again["operations"] == plan["operations"]
    assert plan["operations"], "there is something to compare"


def test_all_days_are_folded_into_one_plan(three_days: Company) -> None:
    seed(three_days, 3)
    record, days = backfill(three_days.folder, MONDAY, WEDNESDAY, BackfillMode.FINAL_STATE)
    assert record.state is RunState.COMPLETED
    assert days[0].message == days[1].message == "folded into the plan of 2026-03-04"
    assert days[2].message == "3 created, 1 deactivated, 1 adopted"
    assert active(three_days) == {"person1", "person2", "person4"}
    assert three_days.users()["person2@acme.example"]["title"] == "Head"
    with ledger(three_days) as read:
        plan = read.plan_of_run(str(days[2].run_id))
    assert plan is not None
    told = {o.worker_key: o.explanation for o in plan.operations}
    assert told["00004"].endswith("(by the export of 2026-03-03)")
    assert f"{TUESDAY}/hr" in plan.basis.beside
    by_worker = {o.worker_key: o for o in plan.operations}
    assert by_worker["00003"].reason == "absent-from-roster"


def test_a_folded_plan_is_judged_as_one(three_days: Company) -> None:
    dated(three_days, guardrails={"creates": {"max": 2}, "min_admins": 0})
    record, days = backfill(three_days.folder, MONDAY, WEDNESDAY, BackfillMode.FINAL_STATE)
    assert record.state is RunState.HELD
    assert writes(three_days) == []
    run = str(days[2].run_id)
    assert three_days.say("approve", run, "--by", "ada").code == 0
    record, _ = backfill(three_days.folder, MONDAY, WEDNESDAY, BackfillMode.FINAL_STATE)
    assert record.state is RunState.COMPLETED
    assert active(three_days) == {"person1", "person2", "person4"}


def test_a_dry_run_shows_days_files_and_what_each_would_do_and_writes_nothing(
    three_days: Company,
) -> None:
    said = dry(three_days, MONDAY, WEDNESDAY)
    assert said.code == EXIT_CHANGES
    assert "2026-03-02 completed 2 0 0 0 0 0 2 to create; hr-2026-03-02.csv" in said.text
    assert "1 to create, 1 to update; hr-2026-03-03.csv" in said.text
    assert writes(three_days) == []
    assert not three_days.ledger.exists()
    foreseen = dry(three_days, MONDAY, WEDNESDAY, "--json").document
    _, days = backfill(three_days.folder, MONDAY, WEDNESDAY)
    meant = ("to_create", "to_update", "to_deactivate", "to_reactivate", "to_adopt")
    for shown, done in zip(foreseen["days"], days, strict=True):
        assert {k: shown["counts"][k] for k in meant} == {k: done.counts[k] for k in meant}


def test_a_dry_run_tells_a_held_and_a_refused_day(three_days: Company) -> None:
    dated(three_days, guardrails={"updates": {"max": 0}, "min_admins": 0})
    said = dry(three_days, MONDAY, WEDNESDAY)
    assert said.code == EXIT_HELD
    assert NEVER_BEGUN in said.text
    deliver(three_days, TUESDAY, person(1, status="retired"))
    said = dry(three_days, MONDAY, WEDNESDAY, "--keep-going")
    assert said.code == EXIT_CONTRACT
    assert "retired" in said.text


def test_missing_and_double_days_are_named_before_anything_starts(acme: Company) -> None:
    deliver(acme, FRIDAY, person(1))
    deliver(acme, MONDAY, person(1))
    deliver(acme, TUESDAY, person(1), person(2))
    dated(acme, sources={"hr": {"path": "hr-{date}*.csv", "complete_roster": True}})
    deliver(acme, TUESDAY, person(1), person(2), person(3), suffix="-b")
    words = ("backfill", "--from", FRIDAY, "--to", TUESDAY)
    said = acme.say(*words)
    assert said.code == EXIT_USAGE
    for told in (
        "no delivery of hr on 2026-02-28 (Sat), 2026-03-01 (Sun)",
        "2026-03-03 has several deliveries of hr: hr-2026-03-03-b.csv, hr-2026-03-03.csv",
        "2026-03-02 has the same delivery of hr as 2026-02-27",
        "nothing was started",
        "--skip-missing",
    ):
        assert told in said.text
    said = acme.say(*words, "--skip-missing")
    assert said.code == EXIT_USAGE
    assert "--take-last" in said.text
    assert acme.requests() == []
    assert not acme.ledger.exists()


def test_a_file_that_is_still_written_is_no_delivery_and_is_named(acme: Company) -> None:
    deliver(acme, MONDAY, person(1))
    dated(acme, sources={"hr": {"path": "hr-{date}.csv*", "complete_roster": True}})
    deliver(acme, TUESDAY, person(1)).rename(acme.folder / f"hr-{TUESDAY}.csv.part")
    said = dry(acme, MONDAY, TUESDAY)
    assert "hr-2026-03-03.csv.part is named like a file that is still being written" in said.text
    assert "no delivery of hr on 2026-03-03" in said.text


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--from", TUESDAY, "--to", MONDAY), "before it begins"),
        (("--from", "monday", "--to", MONDAY), "--from 'monday' is not a date"),
        (("--from", MONDAY, "--to", "2199-01-01"), "a backfill is of the past"),
        (("--from", "2025-01-01", "--to", "2025-01-02"), "there is no delivery of hr"),
        (("--from", MONDAY, "--to", MONDAY, "--state-only", "--final-state"), "exclude"),
        (("--from", MONDAY, "--to", MONDAY, "--only", "nobody", "--dry-run"), "nobody"),
    ],
)
def test_wrong_usage_is_told_before_anything_starts(
    three_days: Company, words: tuple[str, ...], told: str
) -> None:
    said = three_days.say("backfill", *words)
    assert said.code == EXIT_USAGE
    assert told in said.text


def test_a_source_without_a_date_cannot_be_replayed(acme: Company) -> None:
    acme.settings()
    acme.export(person(1))
    said = acme.say("backfill", "--from", MONDAY, "--to", MONDAY)
    assert said.code == EXIT_USAGE
    assert "hr.csv, which has no date in it" in said.text


def test_of_two_backfills_of_a_target_one_works_and_the_other_names_it(
    three_days: Company,
) -> None:
    project = open_project(three_days.config)
    request = BackfillRequest(date.fromisoformat(MONDAY), date.fromisoformat(MONDAY))

    async def second() -> None:
        with open_ledger(project.ledger_url, folder=project.folder) as ours:
            run = begin_run(project, ours, "backfill", project.as_of(MONDAY), None)
            async with hold_backfill(run):
                await backfill_once(project, request)

    with pytest.raises(LeaseHeld, match=r"workspace \(backfill\): another run works on it"):
        asyncio.run(second())
    assert three_days.requests() == []
