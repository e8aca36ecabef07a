"""Somebody is told without looking: automations at a real server, a webhook on loopback."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from data_contracts.words import IfBusy
from tests.command_parts import TOKEN_VARIABLE, Company, person
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


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
def test_what_went_wrong_is_told_by_webhook_and_by_mail(
    acme: Company, prefect: PrefectServer, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    channels: dict[str, Any] = {"ops": {"kind": "webhook", "url": {"env": VARIABLE}}}
    with mail_server() as mail:
        monkeypatch.setenv("OPS_MAIL", mail.url)
        channels["mail"] = {"kind": "email", "url": {"env": "OPS_MAIL"}}
        acme.settings({"notifications": {"channels": channels}})
        assert acme.say("deploy").code == 0
        hasty = {"target": {"request_budget_s": 0.2}}
        acme.settings({"notifications": {"channels": channels}, **hasty})
        acme.sandbox.faults.add("lost-response=1")
        acme.sandbox.faults.add("html-error=1@2")  # the list and one write get through
        partly = sync(acme)
        acme.sandbox.faults.clear()
        assert partly.name == "PartlyApplied", partly.message
        in_part = message(told, "a plan was carried out in part")
        acme.export(person(1), header="Nothing,That,Anybody,Knows")
        assert sync(acme).name == "RefusedByContract"
        refused = message(told, "refused, nothing was written")
        acme.export(person(1))
        monkeypatch.setenv(TOKEN_VARIABLE, "another-token-s3cret")
        assert sync(acme).name == "Failed"
        failed = message(told, "a run failed")
        mails = until(lambda: mail.messages if len(mail.messages) == 3 else None)
    for body in (in_part["body"], refused["body"], failed["body"]):
        assert body.startswith("workspace-")
        assert "/runs/flow-run/" in body
    assert "nothing was changed; 3 unknown" in in_part["body"]
    assert "hr.csv" in refused["body"]
    assert "401" in failed["body"]
    subjects = {line for each in mails for line in each.splitlines() if "Subject:" in line}
    assert subjects == {
        "Subject: scimflow workspace: a plan was carried out in part",
        "Subject: scimflow workspace: refused, nothing was written",
        "Subject: scimflow workspace: a run failed",
    }
    everything = f"{told.messages} {mails}"
    for private in ("Family", "@acme.example is", "person1@", "s3cret"):
        assert private not in everything


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


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
@pytest.mark.parametrize(
    ("kind", "url"),
    [
        ("slack", "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"),
        (
            "teams",
            "https://prod-04.westeurope.logic.azure.com:443/workflows/643e69f83c8944/triggers/manual"
            "/paths/invoke?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=s3cret",
        ),
    ],
)
def test_what_slack_and_teams_are_sent(
    monkeypatch: pytest.MonkeyPatch, kind: str, url: str
) -> None:
    import requests

    from flows.notifying import _BLOCKS

    sent: list[tuple[str, str]] = []

    def send(_: Any, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        body = request.body or b""
        sent.append((str(request.url), body if isinstance(body, str) else body.decode()))
        answer = requests.Response()
        answer.status_code, answer._content = 200, b"ok"
        return answer

    monkeypatch.setattr(requests.Session, "send", send)
    block: Any = _BLOCKS[kind](url)
    asyncio.run(block.anotify("3 accounts are held", "scimflow workspace: held"))
    [(address, payload)] = sent
    assert address.split("?")[0] == url.split("?")[0]
    assert "3 accounts are held" in payload
    assert "scimflow workspace: held" in payload


def test_the_states_that_are_told_of_are_those_that_runs_end_in() -> None:
    from flows.final_states import STATE_NAMES
    from flows.notices import FORMS, WELL

    told_of = {state for form in FORMS.values() for state in form.states}
    assert set(STATE_NAMES.values()) <= told_of | set(WELL)
