"""People asked of Microsoft Graph: everybody once, then what changed, always the whole roster."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from starlette.responses import JSONResponse, Response

from deployments.sandbox.server import serve_in_thread
from deployments.sandbox.settings import SandboxSettings
from tasks.extract.contracts import published_text
from tests.command_parts import TOKEN as WORKSPACE_TOKEN
from tests.live_parts import Fern
from tests.servers.live.graph import TOKEN, Graph, person
from tests.servers.live.stand_in import serving


@pytest.fixture(scope="module")
def target() -> Iterator[str]:
    """The address of an empty workspace; nothing here writes to it."""
    with serve_in_thread(SandboxSettings(token=WORKSPACE_TOKEN, rate_limit_per_s=0)) as running:
        yield running.base_url


@pytest.fixture
def graph(monkeypatch: pytest.MonkeyPatch) -> Iterator[Graph]:
    monkeypatch.setenv("GRAPH_TOKEN", TOKEN)
    monkeypatch.setenv("WORKSPACE_TOKEN", WORKSPACE_TOKEN)
    system = Graph()
    system.add(*(person(n) for n in range(1, 6)))
    system.remove(key(5))
    system.change(key(2), manager={"id": key(1)})
    with serving(system):
        yield system


@pytest.fixture
def fern(tmp_path: Path, graph: Graph, target: str) -> Fern:
    live = {
        "system": "microsoft-graph",
        "base_url": graph.base_url,
        "auth": {"token_env": "GRAPH_TOKEN"},
    }
    company = Fern(tmp_path, "entra-graph-json", live, target)
    company.settings()
    return company


def key(number: int) -> str:
    return str(person(number)["id"])


def keys(*numbers: int) -> list[str]:
    return [key(n) for n in numbers]


def roster(fern: Fern) -> dict[str, dict[str, Any]]:
    """The last delivery, by id."""
    people = json.loads(fern.deliveries[-1].read_text())["value"]
    return {each["id"]: each for each in people}


def asked_with(graph: Graph, name: str) -> list[bool]:
    return [name in each.query for each in graph.asked]


def test_the_first_round_reads_everybody_and_who_was_removed(fern: Fern, graph: Graph) -> None:
    assert fern.created() == keys(1, 2, 3, 4)
    people = roster(fern)
    assert people[key(5)] == {"id": key(5), "@removed": {"reason": "changed"}}
    assert people[key(2)]["manager"] == {"id": key(1)}
    assert "jobTitle" not in people[key(1)]
    first = graph.asked[0]
    assert first.path == "/v1.0/users/delta"
    selected = first.query["$select"].split(",")
    assert {"id", "accountEnabled", "employeeId", "employeeHireDate", "manager"} <= set(selected)
    assert "employeeLeaveDateTime" not in selected


def test_the_next_rounds_read_changes_and_deliver_everybody(fern: Fern, graph: Graph) -> None:
    fern.created()
    graph.asked.clear()
    graph.change(key(1), department="Sales", mail=None)
    graph.change(key(2), manager=None)
    graph.remove(key(3), "deleted")
    graph.add(person(6))
    assert fern.created() == keys(1, 2, 4, 6)
    assert asked_with(graph, "$deltatoken")[0]
    assert not any(asked_with(graph, "$select"))
    people = roster(fern)
    assert people[key(1)]["department"] == "Sales"
    assert people[key(1)]["mail"] is None
    assert people[key(1)]["surname"] == "Family1"  # not told again, and not forgotten
    assert people[key(2)]["manager"] is None
    assert people[key(3)] == {"id": key(3), "@removed": {"reason": "deleted"}}
    assert people[key(4)] == {**people[key(4)], "accountEnabled": True}


def test_of_several_changes_in_a_round_the_last_counts(fern: Fern, graph: Graph) -> None:
    fern.created()
    graph.change(key(1), department="Sales")
    graph.change(key(4), accountEnabled=False)
    graph.change(key(1), department="Legal")
    assert fern.created() == keys(1, 2, 3)
    assert roster(fern)[key(1)]["department"] == "Legal"


def test_who_is_restored_is_there_again(fern: Fern, graph: Graph) -> None:
    fern.created()
    graph.add(person(5))
    assert fern.created() == keys(1, 2, 3, 4, 5)


def test_a_round_without_changes_is_the_same_delivery(fern: Fern) -> None:
    fern.created()
    fern.created()
    assert len(fern.deliveries) == 1


def test_a_link_that_is_no_longer_known_leads_to_everybody_again(fern: Fern, graph: Graph) -> None:
    fern.created()
    graph.remove(key(3), "deleted")
    fern.created()
    del graph.users[key(3)], graph.users[key(4)]  # long gone, and no longer spoken of
    graph.since = 10**6
    graph.asked.clear()
    said = fern.say("check", "--json")
    assert said.code == 0, said.text
    assert asked_with(graph, "$select")[1]
    warnings = " ".join(said.document["sources"][0]["warnings"])
    assert "Graph no longer knew the link" in warnings
    assert "1 users of the last delivery are not there any more" in warnings
    people = roster(fern)
    assert key(4) not in people  # absent: the contract says what that means
    assert people[key(3)]["@removed"] == {"reason": "deleted"}  # what was said stays said


def test_a_contract_that_reads_otherwise_asks_for_everybody_again(fern: Fern, graph: Graph) -> None:
    own = yaml.safe_load(published_text("entra-graph-json"))
    columns = own["schema"][0]["properties"]
    own["schema"][0]["properties"] = [c for c in columns if c["name"] != "department"]
    (fern.folder / "own.odcs.yaml").write_text(yaml.safe_dump(own))
    fern.contract = "own.odcs.yaml"
    fern.settings()
    fern.created()
    (fern.folder / "own.odcs.yaml").write_text(published_text("entra-graph-json"))
    graph.asked.clear()
    fern.created()
    assert asked_with(graph, "$select")[0]
    assert roster(fern)[key(1)]["department"] == "Research"


def test_another_question_has_its_own_deliveries(fern: Fern, graph: Graph) -> None:
    fern.created()
    fern.settings({"leave_out": ["employeeLeaveDateTime", "department"]})
    graph.asked.clear()
    fern.created()
    assert asked_with(graph, "$select")[0]
    assert "department" not in roster(fern)[key(1)]


def test_a_round_that_breaks_off_moves_nothing_on(fern: Fern, graph: Graph) -> None:
    fern.created()
    before = fern.deliveries[-1].read_bytes()
    graph.remove(key(1))
    graph.add(person(6), person(7), person(8))
    graph.instead = {len(graph.asked) + 2: JSONResponse({"value": []})}
    said = fern.say("plan")
    assert said.code == 4
    assert "the list breaks off: neither a next page nor the end of the round" in said.text
    assert [each.read_bytes() for each in fern.deliveries] == [before]
    assert fern.created() == keys(2, 3, 4, 6, 7, 8)  # the same changes once more


def test_a_delivery_that_was_changed_is_not_built_upon(fern: Fern, graph: Graph) -> None:
    fern.created()
    (kept,) = fern.deliveries
    kept.write_text('{"value": []}')
    graph.asked.clear()
    assert fern.created() == keys(1, 2, 3, 4)
    assert asked_with(graph, "$select")[0]


@pytest.mark.parametrize("state", [b"", b"{", b"[]", b'{"delivery": 7}', b'{"delivery": "../x"}'])
def test_a_state_that_makes_no_sense_leads_to_everybody(
    fern: Fern, graph: Graph, state: bytes
) -> None:
    fern.created()
    (fern.deliveries[-1].parent / "state.json").write_bytes(state)
    graph.asked.clear()
    assert fern.created() == keys(1, 2, 3, 4)
    assert asked_with(graph, "$select")[0]


def test_without_delta_everybody_is_listed_with_their_managers(fern: Fern, graph: Graph) -> None:
    fern.settings({"delta": False})
    assert fern.created() == keys(1, 2, 3, 4)
    assert {each.path for each in graph.asked} == {"/v1.0/users"}
    assert roster(fern)[key(2)]["manager"] == {
        "@odata.type": "#microsoft.graph.user", "id": key(1)
    }  # fmt: skip
    assert graph.asked[0].query["$expand"] == "manager($select=id)"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (JSONResponse({"error": {"code": "UnknownError"}}, 503), "answered 503"),
        (
            JSONResponse({"error": {"code": "Authorization_RequestDenied"}}, 403),
            "may not do this (403): Authorization_RequestDenied",
        ),
        (JSONResponse({"error": {"code": "Request_BadRequest"}}, 400), "400: Request_BadRequest"),
        (JSONResponse({"error": {"code": "syncStateNotFound"}}, 410), "begun anew on the way"),
        (
            JSONResponse({"value": [], "@odata.nextLink": "https://elsewhere.example/"}),
            "on another host (elsewhere.example)",
        ),
        (
            JSONResponse({"value": [], "@odata.deltaLink": "https://elsewhere.example/"}),
            "on another host (elsewhere.example)",
        ),
        (JSONResponse({"value": [{"accountEnabled": True}]}), "who have no `id`"),
        (
            JSONResponse({"error": {"code": "TooManyRequests"}}, 429, {"Retry-After": "900"}),
            "asks to wait 900 s",
        ),
    ],
)
def test_half_a_first_round_is_none(fern: Fern, graph: Graph, answer: Response, said: str) -> None:
    graph.instead = dict.fromkeys(range(2, 40), answer)
    told = fern.say("plan")
    assert told.code == 4, told.text
    assert said in told.text
    assert TOKEN not in told.text
    assert fern.deliveries == []


def test_doctor_asks_for_one_user(fern: Fern, graph: Graph) -> None:
    said = fern.say("doctor", "--json")
    found = {each["name"]: each for each in said.document["checks"]}
    assert found["source people"]["message"] == "Microsoft Graph answers"
    assert graph.asked[0].query["$top"] == "1"
