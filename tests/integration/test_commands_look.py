"""`check`, `plan` and `drift`: what they say, what they leave alone, how they exit."""

import asyncio
import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from data_contracts.errors import EXIT_CHANGES, EXIT_CONTRACT, EXIT_HELD, EXIT_USAGE
from data_contracts.plan import Plan
from flows.cli.reading import read_plan
from flows.telling import silent
from tests.command_parts import TODAY, Company, company, person

ESCAPE = "\x1b"
PERSONAL = ("Family", "Given", "Title", "Research")


@pytest.fixture
def acme(tmp_path: Path) -> Iterator[Company]:
    with company(tmp_path) as acme:
        yield acme


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("check",), 0),
        (("plan", "--as-of", TODAY), EXIT_CHANGES),
        (("drift", "--as-of", TODAY), EXIT_CHANGES),
        (("explain", "00002", "--as-of", TODAY), 0),
    ],
)
def test_what_is_piped_is_plain_and_shows_no_personal_value(
    acme: Company, words: tuple[str, ...], code: int
) -> None:
    said = acme.say(*words)
    as_json = acme.say(*words, "--json")
    assert (said.code, as_json.code) == (code, code)
    assert said.out
    assert isinstance(as_json.document, dict)
    assert said.err == as_json.err == ""
    for text in (said.out, as_json.out):
        assert ESCAPE not in text
        assert not [value for value in PERSONAL if value in text]


@pytest.mark.parametrize("command", ["plan", "drift", "explain"])
def test_values_are_shown_when_they_are_asked_for(acme: Company, command: str) -> None:
    words = [command, *(["00002"] if command == "explain" else []), "--as-of", TODAY]
    assert "Family2" in acme.say(*words, "--show-values").out
    assert "Family2" in acme.say(*words, "--show-values", "--json").out
    acme.settings({"report": {"show_values": True}})
    assert "Family2" in acme.say(*words).out


def test_reading_commands_send_nothing_but_gets_and_leave_no_file(acme: Company) -> None:
    before = sorted(acme.folder.rglob("*"))
    for words in (("check",), ("plan",), ("drift",), ("explain", "00002"), ("history",)):
        acme.say(*words)
    assert set(acme.requests()) == {"GET /Users"}
    assert sorted(acme.folder.rglob("*")) == before


def test_what_planning_gives_prints_as_a_name_and_not_as_everybodys_values(acme: Company) -> None:
    project, prepared = asyncio.run(read_plan(acme.config, TODAY, silent))
    assert len(prepared.plan.operations) == 3
    for value in (project, prepared, prepared.sources):
        text = repr(value)
        assert not [word for word in (*PERSONAL, "person2@") if word in text]
        assert len(text) < 5_000


def test_a_plan_names_everybody_with_a_reason_and_the_row_it_comes_from(acme: Company) -> None:
    document = acme.plan("--json").document
    assert [(o["id"], o["reason"], o["rows"]) for o in document["operations"]] == [
        (f"create/0000{n}", "joiner", [{"source": "hr", "line": n + 1}]) for n in (1, 2, 3)
    ]
    assert document["totals"]["create"] == 3
    assert document["verdict"] == "safe"
    said = acme.plan().text
    assert "person2@acme.example worker 00002 hr:3 joiner: employed, and has no account yet" in said
    assert document["digest"] in said


def test_a_saved_plan_is_its_owners_alone_and_loads_again(acme: Company) -> None:
    file = acme.folder / "monday.plan.json"
    document = acme.plan("--json", "-o", file).document
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    saved = Plan.from_bytes(file.read_bytes())
    assert saved.digest == document["digest"]
    assert saved.operations[1].attributes["name.familyName"] == "Family2"
    assert f"scimflow apply {file}" in acme.plan("-o", file).text


def test_a_plan_written_over_a_file_that_others_can_read_is_private(acme: Company) -> None:
    file = acme.folder / "monday.plan.json"
    file.write_text("shared before")
    file.chmod(0o644)
    acme.plan("-o", file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_plan_that_cannot_be_saved_says_where_and_what_to_do(acme: Company) -> None:
    said = acme.plan("-o", acme.folder / "nowhere" / "plan.json")
    assert said.code == EXIT_USAGE
    assert "nowhere/plan.json: the plan cannot be written: No such file or directory" in said.text
    assert "a folder that exists" in said.text


def test_nothing_to_do_is_0_and_costs_the_pages_of_the_list_alone(tmp_path: Path) -> None:
    asked = ["GET /Users", "GET /Users"]
    with company(tmp_path, default_page_size=2, max_page_size=2) as acme:
        acme.sync()
        assert len(acme.users()) == 3
        acme.sandbox.journal.clear()
        for words, what in ((["plan"], "nothing to do"), (["drift"], "in step")):
            said = acme.say(*words, "--as-of", TODAY)
            assert (said.code, acme.requests()) == (0, asked)
            assert what in said.text
            acme.sandbox.journal.clear()
        assert acme.sync().counts["requests"] == 0
        assert acme.requests() == asked


def test_drift_is_told_by_what_differs_at_the_target(acme: Company) -> None:
    acme.sync()
    changed = acme.users()["person2@acme.example"]
    acme.sandbox.store.put({**changed, "title": "Somebody's own idea"})
    said = acme.say("drift", "--as-of", TODAY)
    assert said.code == EXIT_CHANGES
    assert "1 account out of step" in said.text
    assert "differs from the export: title" in said.text
    assert "Somebody" not in said.text
    [operation] = acme.say("drift", "--as-of", TODAY, "--json").document["operations"]
    assert operation["worker_key"] == "00002"
    assert [change["path"] for change in operation["attributes"]] == ["title"]


def test_a_held_plan_exits_3_names_limit_and_numbers_and_drift_still_exits_2(
    acme: Company,
) -> None:
    acme.settings({"guardrails": {"creates": {"max": 2}}})
    said = acme.plan()
    assert said.code == EXIT_HELD
    assert "creates: 3 accounts would be created or reactivated" in said.text
    assert "the limit is 2 (max)" in said.text
    assert "scimflow approve" in said.text
    assert acme.say("drift", "--as-of", TODAY).code == EXIT_CHANGES
    assert set(acme.requests()) == {"GET /Users"}


def test_a_plan_is_the_same_byte_for_byte(acme: Company) -> None:
    first, second = acme.folder / "a.json", acme.folder / "b.json"
    acme.plan("-o", first)
    acme.plan("-o", second)
    assert first.read_bytes() == second.read_bytes()
    assert json.loads(first.read_bytes())["as_of"] == TODAY


def test_check_tells_of_one_source_alone_and_knows_no_other(acme: Company) -> None:
    said = acme.say("check", "hr", "--json")
    [source] = said.document["sources"]
    assert (source["source"], source["verdict"], source["rows_accepted"]) == ("hr", "accepted", 3)
    unknown = acme.say("check", "payroll")
    assert unknown.code == EXIT_USAGE
    assert "there is no source 'payroll'" in unknown.text
    assert "the settings name hr" in unknown.text
    assert acme.requests() == []


def test_check_lists_quarantined_rows_with_reasons_and_exits_0(acme: Company) -> None:
    acme.export(*(person(n) for n in range(1, 21)), person(21, email=""))
    said = acme.say("check")
    assert said.code == 0
    assert "20 accepted, 1 quarantined" in said.text
    assert "line 22" in said.text
    [row] = acme.say("check", "--json").document["sources"][0]["quarantined"]
    assert (row["line"], row["worker_key"]) == (22, "00021")
    assert row["reasons"]
    assert row["identities"] is None


def test_check_exits_4_for_a_refused_export_and_says_so_to_machines_too(acme: Company) -> None:
    acme.export(person(1), person(2, status="retired"))
    said = acme.say("check", "--json")
    assert said.code == EXIT_CONTRACT
    assert said.document["refused"] is True
