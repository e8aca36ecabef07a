"""People asked of BambooHR, Workday and Google: the published samples, over HTTP, whole or not."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import HTMLResponse, JSONResponse, Response

from deployments.sandbox.server import serve_in_thread
from deployments.sandbox.settings import SandboxSettings
from tests.command_parts import TOKEN as WORKSPACE_TOKEN
from tests.integration.test_first_plans import CREATED
from tests.live_parts import Fern
from tests.servers.live import bamboohr, google, workday
from tests.servers.live.bamboohr import Bamboo
from tests.servers.live.google import Google
from tests.servers.live.stand_in import StandIn, serving
from tests.servers.live.workday import Workday

SAMPLES = Path(__file__).resolve().parents[1] / "data" / "samples"


@pytest.fixture(scope="module")
def target() -> Iterator[str]:
    """The address of an empty workspace; nothing here writes to it."""
    with serve_in_thread(SandboxSettings(token=WORKSPACE_TOKEN, rate_limit_per_s=0)) as running:
        yield running.base_url


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKSPACE_TOKEN", WORKSPACE_TOKEN)
    monkeypatch.setenv("BAMBOOHR_KEY", bamboohr.KEY)
    monkeypatch.setenv("GOOGLE_TOKEN", google.TOKEN)
    monkeypatch.setenv("WORKDAY_PASSWORD", workday.PASSWORD)


def sample(name: str) -> Any:
    return json.loads((SAMPLES / name).read_text("utf-8"))


@pytest.fixture
def bamboo(tmp_path: Path, target: str) -> Iterator[tuple[Fern, Bamboo]]:
    people = sample("bamboohr-report-json.json")["employees"]
    with serving(Bamboo(people=people)) as system:
        live = {
            "system": "bamboohr",
            "base_url": system.base_url,
            "auth": {"token_env": "BAMBOOHR_KEY"},
        }
        fern = Fern(tmp_path, "bamboohr-report-json", live, target, "email")
        fern.settings()
        yield fern, system


@pytest.fixture
def at_google(tmp_path: Path, target: str) -> Iterator[tuple[Fern, Google]]:
    with serving(Google(users=sample("google-directory-json.json")["users"])) as system:
        live = {
            "system": "google-directory",
            "base_url": system.base_url,
            "auth": {"token_env": "GOOGLE_TOKEN"},
            "page_size": 2,
        }
        fern = Fern(tmp_path, "google-directory-json", live, target)
        fern.settings()
        yield fern, system


@pytest.fixture
def at_workday(tmp_path: Path, target: str) -> Iterator[tuple[Fern, Workday]]:
    as_json = (SAMPLES / "workday-raas-json.json").read_bytes()
    as_xml = (SAMPLES / "workday-raas-xml.xml").read_bytes()
    with serving(Workday(json=as_json, xml=as_xml)) as system:
        live = {
            "system": "workday-raas",
            "report_url": f"{system.base_url}{workday.PATH}?Effective=today&format=csv",
            "login": {"user": workday.USER, "password": {"env": "WORKDAY_PASSWORD"}},
        }
        fern = Fern(tmp_path, "workday-raas-json", live, target, "email")
        fern.settings()
        yield fern, system


def kept(fern: Fern) -> dict[str, Any]:
    (delivery,) = fern.deliveries
    found: dict[str, Any] = json.loads(delivery.read_text("utf-8"))
    return found


def refused(fern: Fern) -> str:
    said = fern.say("plan")
    assert said.code == 4, said.text
    assert "Traceback" not in said.text
    for secret in (bamboohr.KEY, google.TOKEN, workday.PASSWORD):
        assert secret not in said.text
    assert fern.deliveries == []
    return said.text


def test_bamboohr_is_asked_for_everybody_with_the_contracts_columns(
    bamboo: tuple[Fern, Bamboo],
) -> None:
    fern, system = bamboo
    assert set(CREATED["bamboohr-report-json.json"]) <= set(fern.created())
    (asked,) = [each for each in system.asked if each.method == "POST"]
    assert asked.query["onlyCurrent"] == "false"
    fields = json.loads(asked.body)["fields"]
    assert {"employeeNumber", "status", "terminationDate", "supervisorId"} <= set(fields)
    inactive = [p for p in kept(fern)["employees"] if p["status"] == "Inactive"]
    assert inactive


def test_a_saved_report_of_bamboohr_is_asked_for_by_its_number(bamboo: tuple[Fern, Bamboo]) -> None:
    fern, system = bamboo
    fern.settings({"report": 7})
    assert set(CREATED["bamboohr-report-json.json"]) <= set(fern.created())
    assert system.asked[0].path == "/api/v1/reports/7"


def test_columns_that_bamboohr_hides_are_named(bamboo: tuple[Fern, Bamboo]) -> None:
    fern, system = bamboo
    system.hidden = frozenset({"division"})
    assert "BambooHR gave no column for division" in fern.say("check").text
    system.hidden = frozenset({"status"})
    said = fern.say("check")
    assert said.code == 4
    assert "status" in said.text


def test_the_contract_of_bamboohrs_directory_is_refused(bamboo: tuple[Fern, Bamboo]) -> None:
    fern, system = bamboo
    fern.contract = "bamboohr-directory-json"
    fern.settings()
    assert "reads no status: they would count as employed" in refused(fern)
    assert system.asked == []


def test_google_is_asked_page_by_page_for_what_the_contract_reads(
    at_google: tuple[Fern, Google],
) -> None:
    fern, system = at_google
    assert fern.created() == CREATED["google-directory-json.json"]
    assert [each.query.get("pageToken") for each in system.asked] == [None, "2", "4"]
    people = kept(fern)["users"]
    assert len(people) == 5
    assert all("lastLoginTime" not in each and "aliases" not in each for each in people)
    assert people[0]["relations"]


def test_google_with_nobody_on_the_last_page(at_google: tuple[Fern, Google]) -> None:
    fern, system = at_google
    fern.settings({"page_size": 5})
    system.instead = {
        1: JSONResponse({"users": system.users, "nextPageToken": "5"}),
        2: JSONResponse({"kind": "admin#directory#users"}),
    }
    assert fern.created() == CREATED["google-directory-json.json"]


def over(reason: str) -> JSONResponse:
    errors = [{"domain": "usageLimits", "reason": reason}]
    return JSONResponse({"error": {"code": 403, "message": reason, "errors": errors}}, 403)


@pytest.mark.parametrize("reason", ["userRateLimitExceeded", "quotaExceeded", "rateLimitExceeded"])
def test_google_s_limits_are_waited_for(at_google: tuple[Fern, Google], reason: str) -> None:
    fern, system = at_google
    system.instead = {1: over(reason)}
    assert fern.created() == CREATED["google-directory-json.json"]


def test_google_s_daily_limit_is_not(at_google: tuple[Fern, Google]) -> None:
    fern, system = at_google
    system.instead = {1: over("dailyLimitExceeded")}
    assert "the token or key may not do this (403)" in refused(fern)
    assert len(system.asked) == 1


def test_a_token_that_google_repeats_is_a_circle(at_google: tuple[Fern, Google]) -> None:
    fern, system = at_google
    system.instead = {2: JSONResponse({"users": [], "nextPageToken": "2"})}
    assert "the pages lead in a circle" in refused(fern)


def test_google_lists_nobody_twice(at_google: tuple[Fern, Google]) -> None:
    fern, system = at_google
    system.instead = {2: JSONResponse({"users": system.users[1:3]})}
    assert "listed for the second time" in refused(fern)


@pytest.mark.parametrize("form", ["json", "xml"])
def test_workday_answers_in_the_contracts_format(
    at_workday: tuple[Fern, Workday], form: str
) -> None:
    fern, system = at_workday
    fern.contract = f"workday-raas-{form}"
    fern.settings()
    assert set(CREATED[f"workday-raas-{form}.{form}"]) <= set(fern.created())
    assert system.asked[0].query.get("format") == ("json" if form == "json" else None)
    assert fern.deliveries[0].suffix == f".{form}"


def test_one_workday_entry_is_a_list_too(at_workday: tuple[Fern, Workday]) -> None:
    fern, system = at_workday
    one = sample("workday-raas-json.json")
    one["Report_Entry"] = [e for e in one["Report_Entry"] if e.get("Employee_ID") == "001017"]
    one["Report_Entry"][0]["Worker_s_Manager_group"] = []
    system.json = json.dumps(one).encode()
    assert fern.created() == ["001017"]


CUT_OFF = b'{"Report_Entry": [{"Employee_ID": "1", "Worker'


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Response(CUT_OFF), "answered with something that is no whole JSON"),
        (HTMLResponse("<html>maintenance</html>"), "answered with a web page"),
        (JSONResponse({"Report_Entry": {}}), "without a list of people in `Report_Entry`"),
        (JSONResponse({"Report_Entry": ["x"]}), "that are no objects"),
        (Response("", 503), "answered 503"),
        (Response("", 403), "its security group needs the report's domains"),
    ],
)
def test_half_a_report_is_none(
    at_workday: tuple[Fern, Workday], answer: Response, said: str
) -> None:
    fern, system = at_workday
    system.instead = dict.fromkeys(range(1, 40), answer)
    assert said in refused(fern)


@pytest.mark.parametrize(
    "body",
    [b"<wd:Report_Data xmlns:wd='urn:com.workday.report/P'><wd:Report_Entry>", b"<!DOCTYPE html>"],
)
def test_half_an_xml_report_is_none(at_workday: tuple[Fern, Workday], body: bytes) -> None:
    fern, system = at_workday
    fern.contract = "workday-raas-xml"
    fern.settings()
    system.xml = body
    refused(fern)


def test_a_wrong_password_is_told_and_not_shown(
    at_workday: tuple[Fern, Workday], monkeypatch: pytest.MonkeyPatch
) -> None:
    fern, _ = at_workday
    monkeypatch.setenv("WORKDAY_PASSWORD", "an0ther")
    said = refused(fern)
    assert "the token or key was refused (401)" in said
    assert "an0ther" not in said


@pytest.mark.parametrize("which", ["bamboo", "at_workday"])
def test_doctor_asks_for_no_report(which: str, request: pytest.FixtureRequest) -> None:
    fern, system = request.getfixturevalue(which)
    said = fern.say("doctor", "--json")
    found = {each["name"]: each for each in said.document["checks"]}
    assert "only asked for by a run" in found["source people"]["message"]
    assert isinstance(system, StandIn)
    assert system.asked == []
