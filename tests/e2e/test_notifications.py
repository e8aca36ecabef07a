"""Somebody is told without looking: automations at a real server, a webhook on loopback."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from data_contracts.words import IfBusy
from tests.command_parts import Company, person
from tests.prefect_parts import PrefectServer
from tests.webhook_parts import Told, mail_server, webhook
from tests.worker_parts import until

SECRET_PATH = "/hook-s3cret-of-the-channel"
VARIABLE = "OPS_URL"


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[Told]:
    with webhook(SECRET_PATH) as told:
        monkeypatch.setenv(VARIABLE, told.url)
        yield told


def settings(acme: Company, **notifications: Any) -> None:
    channel = {"kind": "webhook", "url": {"env": VARIABLE}}
    guardrails = notifications.pop("guardrails", {})
    acme.settings(
        {"notifications": {"channels": {"ops": channel}, **notifications}, "guardrails": guardrails}
    )


def message(told: Told, subject: str) -> dict[str, str]:
    """The first message about this."""

    def look() -> dict[str, str] | None:
        found = [m for m in told.messages if m["subject"] == f"scimflow workspace: {subject}"]
        return found[0] if found else None

    return dict(until(look))


def sync(acme: Company) -> Any:
    """As a deployment of the target would: its runs have the target's tag."""
    from prefect import tags

    from flows.prefect_setting import flush_history
    from flows.sync_users import sync_users

    with tags("scimflow", "target:workspace"):
        state = asyncio.run(sync_users(str(acme.config), if_busy=IfBusy.WAIT, return_state=True))
    flush_history()
    return state


def automations(prefect: PrefectServer) -> dict[str, dict[str, Any]]:
    found = prefect.ask("/automations/filter")
    return {a["name"]: a for a in found if a["name"].startswith("scimflow workspace: ")}


def test_a_held_plan_is_told_and_so_is_that_all_is_well_again(
    acme: Company, prefect: PrefectServer, told: Told
) -> None:
    settings(acme, guardrails={"creates": {"max": 2}})
    assert acme.say("deploy").code == 0
    assert sync(acme).name == "Held"
    held = message(told, "a plan is held and waits for somebody")
    assert held["body"].startswith("workspace-")
    assert "creates: 3 accounts would be created" in held["body"]
    assert "/runs/flow-run/" in held["body"]
    settings(acme)
    assert sync(acme).name == "Completed"
    well = message(told, "well again")
    assert "sync-users is well again; the run before ended as held" in well["body"]
    assert not [m for m in told.messages if "Family" in str(m) or "@acme" in str(m)]


def test_many_quarantined_rows_and_leavers_who_stay_active_are_told_with_counts(
    acme: Company, prefect: PrefectServer, told: Told
) -> None:
    settings(acme)
    acme.sync()
    settings(acme, quarantine_rows=1, guardrails={"deactivations": {"max": 0}})
    acme.export(
        *(person(n) for n in range(4, 14)),
        person(14, email=""),
        person(15, email=""),
        person(1, last_day="2026-01-31"),
        person(2, status="leaver", last_day="2026-01-31"),
        person(3),
    )
    assert acme.say("deploy").code == 0
    sync(acme)
    rows = message(told, "many rows were set aside")
    assert rows["body"].startswith("2 rows were set aside, more than 1")
    late = message(told, "leavers are still active")
    assert late["body"].startswith("2 leavers are active more than 4 hours after their last day")
    assert not [m for m in told.messages if "Family" in str(m)]


def test_that_no_sync_went_well_is_told(acme: Company, prefect: PrefectServer, told: Told) -> None:
    settings(acme, no_run_h=0.003)
    assert acme.say("deploy").code == 0
    body = message(told, "no sync ended well for some time")["body"]
    assert body.startswith("Look whether a worker runs")


def test_setting_up_twice_is_setting_up_once_and_what_the_settings_lose_goes(
    acme: Company, prefect: PrefectServer, told: Told
) -> None:
    settings(acme)
    for _ in range(2):
        assert acme.say("deploy").code == 0
    first = automations(prefect)
    assert len(first) == 10
    ours = [a for a in prefect.ask("/automations/filter") if a["name"] in first]
    assert len(ours) == len(first)
    channel = {"kind": "webhook", "url": {"env": VARIABLE}, "about": ["held", "failed"]}
    acme.settings(
        {
            "notifications": {"channels": {"ops": channel}},
            "deployments": {"on_arrival": "check"},
        }
    )
    assert acme.say("deploy").code == 0
    second = automations(prefect)
    assert sorted(second) == [
        "scimflow workspace: a plan is held and waits for somebody",
        "scimflow workspace: a run failed",
        "scimflow workspace: an export arrived",
    ]
    for name, each in second.items():
        assert each["id"] == first[name]["id"]
    assert SECRET_PATH not in prefect.database_text()


@pytest.mark.parametrize(
    ("kind", "url", "words"),
    [
        ("webhook", None, "the environment variable OPS_URL is not set"),
        ("teams", "https://acme.example/hook", "is no URL of teams"),
        ("email", "https://acme.example/hook-s3cret", "is no URL of email"),
    ],
)
def test_a_channel_without_a_fitting_url_is_refused_and_the_url_is_not_told(
    acme: Company,
    prefect: PrefectServer,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    url: str | None,
    words: str,
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    if url is not None:
        monkeypatch.setenv(VARIABLE, url)
    channel = {"kind": kind, "url": {"env": VARIABLE}}
    acme.settings({"notifications": {"channels": {"ops": channel}}})
    said = acme.say("deploy")
    assert said.code == 64, said.text
    assert words in said.text
    assert "notifications.channels.ops" in said.text
    assert url is None or url not in said.text


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
def test_the_block_of_e_mail_sends_mail() -> None:
    from flows.notifying import _email

    with mail_server() as told:
        block: Any = _email(told.url)
        asyncio.run(block.anotify("3 accounts are held", "scimflow workspace: held"))
    [mail] = told.messages
    assert "Subject: scimflow workspace: held" in mail
    assert "To: ops@acme.example" in mail


def test_the_states_that_are_told_of_are_those_that_runs_end_in() -> None:
    from flows.final_states import STATE_NAMES
    from flows.notices import FORMS, WELL

    told_of = {state for form in FORMS.values() for state in form.states}
    assert set(STATE_NAMES.values()) <= told_of | set(WELL)
