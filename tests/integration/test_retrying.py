"""One person's failure: tried again by the next run, later at growing distance, or by `retry`."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from data_contracts.errors import EXIT_USAGE, ConfigurationError
from data_contracts.failing import FailingOperation
from data_contracts.words import RunState
from flows.retrying import whom_to_retry
from tasks.ledger import open_ledger
from tests.command_parts import TODAY, Company, company, person
from tests.sync_parts import Synced, sync_once


def synced(acme: Company, only: frozenset[str] | None = None) -> Synced:
    return asyncio.run(sync_once(acme.config, TODAY, only=only, at_once=only is not None))


def results(run: Synced) -> dict[str, str]:
    assert run.load is not None
    return {o.worker_key: str(o.result) for o in run.load.outcomes}


def fail(acme: Company, times: int) -> Synced:
    """Let the change of the second person's title come to nothing, so often."""
    acme.export(person(1), person(2, title="Else"), person(3))
    for _ in range(times):
        acme.sandbox.faults.clear()
        acme.sandbox.faults.add("ignored-write=1")
        run = synced(acme, frozenset({"00002"}))
        assert results(run) == {"00002": "failed"}
    acme.sandbox.faults.clear()
    return run


@pytest.fixture
def settled(tmp_path: Path) -> Iterator[Company]:
    with company(tmp_path) as acme:
        assert synced(acme).record.state is RunState.COMPLETED
        yield acme


def failures(folder: Path) -> dict[str, FailingOperation]:
    with open_ledger("sqlite:///.scimflow/ledger.db", folder=folder) as ledger:
        return ledger.failing("workspace")


def test_failures_in_a_row_are_counted_and_forgotten_after_a_success(settled: Company) -> None:
    run = fail(settled, 3)
    [known] = failures(settled.folder).values()
    assert (known.worker_key, known.failures) == ("00002", 3)
    assert known.run_id == run.record.run_id
    assert "did not take over: title" in known.detail
    assert results(synced(settled, frozenset({"00002"}))) == {"00002": "applied"}
    assert failures(settled.folder) == {}


def test_a_first_failure_is_tried_again_by_the_very_next_run(settled: Company) -> None:
    fail(settled, 1)
    assert results(synced(settled)) == {"00002": "applied"}


def test_a_person_who_keeps_failing_is_put_off_and_said_to_be_and_no_request_is_sent(
    settled: Company,
) -> None:
    fail(settled, 2)
    before = [line for line in settled.requests() if not line.startswith("GET")]
    run = synced(settled)
    assert results(run) == {"00002": "put_off"}
    assert [line for line in settled.requests() if not line.startswith("GET")] == before
    assert run.record.state is RunState.PARTLY_APPLIED
    assert run.record.message == "nothing was changed; 1 put off"
    assert run.record.counts["put_off"] == 1


def test_a_demotion_that_keeps_failing_is_tried_in_every_run(settled: Company) -> None:
    settled.settings({"guardrails": {"min_admins": 0}})
    settled.export(person(1, department="Research"), person(2), person(3))
    for _ in range(3):
        settled.sandbox.faults.clear()
        settled.sandbox.faults.add("ignored-write=1")
        assert results(synced(settled)) == {"00001": "failed"}
    settled.sandbox.faults.clear()
    assert results(synced(settled)) == {"00001": "applied"}


def test_a_corrected_row_is_tried_at_once(settled: Company) -> None:
    fail(settled, 4)
    settled.export(person(1), person(2, title="Corrected"), person(3))
    assert results(synced(settled)) == {"00002": "applied"}


def test_who_has_nothing_left_to_be_done_is_no_longer_failing(settled: Company) -> None:
    fail(settled, 2)
    settled.export(*(person(n) for n in range(1, 4)))  # the source takes the change back
    assert synced(settled).record.state is RunState.COMPLETED
    assert failures(settled.folder) == {}


def test_a_retry_does_nothing_for_anybody_else(settled: Company) -> None:
    fail(settled, 2)
    settled.export(person(1, title="Other"), person(2, title="Else"), person(3), person(4))
    run = synced(settled, frozenset({"00002"}))
    assert results(run) == {"00002": "applied"}
    assert run.plan is not None
    assert run.plan.only == ("00002",)
    assert settled.users()["person1@acme.example"]["title"] == "Title 1"
    assert "person4@acme.example" not in settled.users()


def test_a_retry_is_held_by_the_same_guardrails(settled: Company) -> None:
    settled.settings({"guardrails": {"updates": {"max": 0}}})
    settled.export(person(1), person(2, title="Else"), person(3))
    assert synced(settled, frozenset({"00002"})).record.state is RunState.HELD
    assert settled.users()["person2@acme.example"]["title"] == "Title 2"


def test_who_is_meant_is_found_by_run_key_login_and_account(settled: Company) -> None:
    run = fail(settled, 1).record.run_id
    account = settled.users()["person2@acme.example"]["id"]
    with open_ledger("sqlite:///.scimflow/ledger.db", folder=settled.folder) as ledger:
        for name in (run, run[:-1], "00002", "Person2@ACME.example", account):
            assert whom_to_retry(ledger, "workspace", name) == {"00002"}
        for name in ("nobody@acme.example", "2099", ""):
            with pytest.raises(ConfigurationError, match="knows no run and no person"):
                whom_to_retry(ledger, "workspace", name)


def test_a_run_in_which_nobody_failed_is_nothing_to_retry(settled: Company) -> None:
    good = synced(settled).record.run_id
    with (
        open_ledger("sqlite:///.scimflow/ledger.db", folder=settled.folder) as ledger,
        pytest.raises(ConfigurationError, match=f"nobody failed in run {good}"),
    ):
        whom_to_retry(ledger, "workspace", good)


def test_the_command_says_at_once_that_it_knows_nobody_of_that_name(settled: Company) -> None:
    said = settled.say("retry", "nobody@acme.example")
    assert said.code == EXIT_USAGE
    assert "knows no run and no person 'nobody@acme.example'" in said.text
    assert "scimflow history" in said.text


def test_the_doctor_names_who_fails_worst_and_what_to_do(settled: Company) -> None:
    fail(settled, 2)
    checks = {c["name"]: c for c in settled.say("doctor", "--json").document["checks"]}
    assert checks["failing people"]["state"] == "warning"
    assert "worker 00002 2 times in a row" in checks["failing people"]["message"]
    assert "scimflow retry 00002" in checks["failing people"]["hint"]
