"""What a target does with attributes is seen, told, and left out of later plans."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from data_contracts.words import RunState
from tasks.ledger import open_ledger
from tests.command_parts import TODAY, Company, company, person
from tests.sync_parts import Synced, sync_once

DISPLAYED = {"mapping": {"displayName": {"template": "{family_name}, {given_name}"}}}


def synced(acme: Company) -> Synced:
    return asyncio.run(sync_once(acme.config, TODAY))


def results(run: Synced) -> list[str]:
    assert run.load is not None
    return [str(outcome.result) for outcome in run.load.outcomes]


def written(acme: Company) -> list[str]:
    return [line for line in acme.requests() if not line.startswith("GET")]


@pytest.fixture
def forgetful(tmp_path: Path) -> Iterator[Company]:
    with company(tmp_path, forgotten_attributes=frozenset({"title"})) as acme:
        yield acme


@pytest.fixture
def deriving(tmp_path: Path) -> Iterator[Company]:
    with company(tmp_path, derives_display_name=True) as acme:
        acme.settings(DISPLAYED)
        yield acme


def test_an_attribute_that_is_never_kept_fails_once_and_is_then_left_out(
    forgetful: Company,
) -> None:
    first = synced(forgetful)
    assert first.record.state is RunState.PARTLY_APPLIED
    assert results(first) == ["failed"] * 3
    sent = written(forgetful)
    second = synced(forgetful)
    assert second.plan is not None
    assert second.plan.is_empty
    assert second.record.state is RunState.COMPLETED
    assert written(forgetful) == sent
    [finding] = [f for f in second.plan.findings if f.code == "attribute-not-kept"]
    assert finding.subject == "title"
    assert "3 writes" in finding.message


def test_who_joins_after_that_is_created_without_a_failure(forgetful: Company) -> None:
    synced(forgetful)
    forgetful.export(*(person(n) for n in range(1, 5)))
    later = synced(forgetful)
    assert results(later) == ["applied"]
    assert later.load is not None
    assert "title" not in later.load.outcomes[0].verified


def test_one_write_that_came_to_nothing_is_tried_again_and_not_taken_for_a_habit(
    tmp_path: Path,
) -> None:
    with company(tmp_path) as acme:
        synced(acme)
        acme.export(person(1), person(2), person(3, title="Else"))
        # twice: the answer of the write, and the second attempt by `replace`
        acme.sandbox.faults.add("ignored-write=1x")
        assert results(synced(acme)) == ["failed"]
        assert results(synced(acme)) == ["applied"]
        assert acme.users()["person3@acme.example"]["title"] == "Else"


def test_an_attribute_that_was_kept_once_is_never_taken_for_one_that_is_not(
    tmp_path: Path,
) -> None:
    with company(tmp_path) as acme:
        synced(acme)
        for number in range(4):
            acme.export(person(1), person(2), person(3, title=f"Else {number}"))
            acme.sandbox.faults.clear()
            acme.sandbox.faults.add("ignored-write=1")
            assert results(synced(acme)) == ["failed"]
        acme.sandbox.faults.clear()
        assert results(synced(acme)) == ["applied"]


def test_a_value_that_the_target_rewrites_is_no_difference_in_the_next_run(
    deriving: Company,
) -> None:
    assert results(synced(deriving)) == ["failed"] * 3
    second = synced(deriving)
    assert second.plan is not None
    assert second.plan.is_empty
    assert deriving.users()["person1@acme.example"]["displayName"] == "Given1 Family1"


def test_who_joins_where_values_are_rewritten_by_habit_has_not_failed(deriving: Company) -> None:
    synced(deriving)
    deriving.export(*(person(n) for n in range(1, 5)))
    later = synced(deriving)
    assert results(later) == ["applied"]
    assert later.load is not None
    assert "the target's own value, as always: displayName" in later.load.outcomes[0].verified
    assert results(synced(deriving)) == []


def test_a_rewritten_value_is_written_again_when_the_source_or_the_target_moves(
    deriving: Company,
) -> None:
    synced(deriving)
    deriving.export(person(1, last_name="New"), person(2), person(3))
    moved = synced(deriving)
    assert moved.plan is not None
    [operation] = moved.plan.operations
    assert sorted(operation.attributes) == ["displayName", "name.familyName"]
    store = deriving.sandbox.store
    edited = store[deriving.users()["person2@acme.example"]["id"]]
    store.put({**edited, "displayName": "By hand"})
    drifted = synced(deriving)
    assert drifted.plan is not None
    [operation] = drifted.plan.operations
    assert list(operation.attributes) == ["displayName"]


def test_the_doctor_tells_what_was_learned(forgetful: Company) -> None:
    synced(forgetful)
    checks = {c["name"]: c for c in forgetful.say("doctor", "--json").document["checks"]}
    assert checks["attribute title"]["state"] == "warning"
    assert "none of 3 writes" in checks["attribute title"]["message"]
    assert "target.always_compared" in checks["attribute title"]["hint"]


def test_the_settings_can_have_an_attribute_compared_whatever_was_learned(
    forgetful: Company,
) -> None:
    synced(forgetful)
    forgetful.settings({"target": {"always_compared": ["title"]}})
    again = synced(forgetful)
    assert again.plan is not None
    assert [list(o.attributes) for o in again.plan.operations] == [["title"]] * 3


@pytest.mark.sampled(1)
@pytest.mark.parametrize("name", ["active", "userName", "role"])
def test_access_is_never_learned_away(tmp_path: Path, name: str) -> None:
    with (
        company(tmp_path) as acme,
        open_ledger("sqlite:///.scimflow/ledger.db", folder=tmp_path) as ledger,
    ):
        synced(acme)
        changed: dict[str, Any] = {
            "active": {"status": "leaver"},
            "userName": {"email": "new@acme.example"},
            "role": {"department": "IT"},
        }[name]
        acme.export(person(1), person(2), person(3, **changed))
        for _ in range(5):
            acme.sandbox.faults.clear()
            acme.sandbox.faults.add("ignored-write=1")
            assert results(synced(acme)) == ["failed"]
            with ledger.database.write() as connection:  # as though the time had come
                connection.exec_driver_sql("UPDATE failing_operation SET last_at = '2020-01-01'")
        acme.sandbox.faults.clear()
        assert results(synced(acme)) == ["applied"]
