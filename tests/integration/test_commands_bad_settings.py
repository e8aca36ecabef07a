"""Wrong usage and wrong settings: exit code 64, with the place and what would be right."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from data_contracts.errors import EXIT_OTHER, EXIT_USAGE
from tests.command_parts import TODAY, TOKEN_VARIABLE, Company, company, say

COMMANDS = (("check",), ("plan",), ("drift",), ("sync",), ("history",), ("explain", "00001"))


@pytest.fixture
def acme(tmp_path: Path) -> Iterator[Company]:
    with company(tmp_path) as acme:
        yield acme


def test_malformed_yaml_is_named_with_file_and_line(acme: Company) -> None:
    acme.config.write_text("sources:\n  hr: {contract: generic-hr\nmapping: x\n")
    for words in COMMANDS:
        said = acme.say(*words)
        assert said.code == EXIT_USAGE
        assert f"{acme.config}:3: malformed YAML" in said.text
        assert "check indentation, colons and quotes at that line" in said.text
        assert said.out == ""


WRONG: dict[str, tuple[Mapping[str, Any], str]] = {
    "unknown key": ({"guardrials": {}}, ":35: guardrials: unknown key; did you mean `guardrails`?"),
    "unknown key in a section": (
        {"guardrails": {"deactivations": {"maximum": 3}}},
        ":37: guardrails.deactivations.maximum: unknown key; did you mean `max`?",
    ),
    "unknown SCIM attribute": (
        {"mapping": {"nickname_": {"column": "given_name"}}},
        ": mapping.nickname_: SCIM has no attribute 'nickname_'",
    ),
    "unknown sub-attribute": (
        {"mapping": {"name.firstName": {"column": "given_name"}}},
        ": mapping.name.firstName: SCIM has no attribute 'name.firstName'",
    ),
    "no userName": ({"mapping": {"userName": None}}, ": mapping: `userName` is missing"),
    "unknown time zone": (
        {"lifecycle": {"time_zone": "Europe/Zuerich"}},
        ":36: lifecycle.time_zone: 'Europe/Zuerich' is no time zone",
    ),
    "a fraction over 1": (
        {"guardrails": {"deactivations": {"max_fraction": 5}}},
        ": guardrails.deactivations.max_fraction: must be less than or equal to 1",
    ),
    "http beyond loopback": (
        {"target": {"base_url": "http://workspace.example/scim/v2"}},
        ": target.base_url: must be an https:// URL",
    ),
    "a token in the settings": (
        {"target": {"auth": {"token": "s3cret"}}},
        ": target.auth.token: unknown key",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_setting_is_named_with_file_line_and_path(acme: Company, case: str) -> None:
    changes, words = WRONG[case]
    acme.settings(changes)
    said = acme.plan()
    assert said.code == EXIT_USAGE
    assert f"{acme.config}:" in said.text
    assert words in said.text
    assert "s3cret" not in said.text
    assert "hint: " in said.err
    assert acme.requests() == []


def test_all_problems_of_the_settings_are_told_at_once(acme: Company) -> None:
    acme.settings({"guardrials": {}, "target": {"page_size": 0}})
    said = acme.plan()
    assert "guardrials" in said.text
    assert "target.page_size" in said.text


def test_a_wrong_value_in_the_environment_is_named_by_its_variable(
    acme: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCIMFLOW__TARGET__PAGE_SIZE", "none")
    said = acme.plan()
    assert said.code == EXIT_USAGE
    assert "environment variable SCIMFLOW__TARGET__PAGE_SIZE: target.page_size" in said.text


def test_a_mapping_from_a_column_that_no_source_has_is_told_before_the_target_is_asked(
    acme: Company,
) -> None:
    acme.settings({"mapping": {"nickName": {"column": "nick"}}})
    said = acme.plan()
    assert said.code == EXIT_USAGE
    assert "mapping.nickName: no source has a column 'nick'" in said.text
    assert "hr.department" in said.text
    assert acme.requests() == []


def test_an_unknown_contract_is_told_with_the_nearest(acme: Company) -> None:
    acme.settings({"sources": {"hr": {"contract": "generic-hrr"}}})
    said = acme.say("check")
    assert said.code == EXIT_USAGE
    assert "no published contract is called 'generic-hrr'; did you mean 'generic-hr'?" in said.text


def test_missing_settings_are_told_with_where_they_were_looked_for(acme: Company) -> None:
    acme.config.unlink()
    said = acme.say("check")
    assert said.code == EXIT_USAGE
    assert f"{acme.config}: there is no such file" in said.text
    assert "scimflow init" in said.text


@pytest.mark.parametrize("words", [("plan",), ("drift",), ("sync",)])
def test_a_token_variable_that_is_not_set_is_named(acme: Company, words: tuple[str, ...]) -> None:
    del os.environ[TOKEN_VARIABLE]
    said = acme.say(*words)
    assert said.code == EXIT_USAGE
    assert f"the environment variable {TOKEN_VARIABLE} is not set" in said.text
    assert f"export {TOKEN_VARIABLE}=" in said.text
    assert acme.requests() == []


def test_what_needs_no_token_works_without_one(acme: Company) -> None:
    del os.environ[TOKEN_VARIABLE]
    for words in (("check",), ("explain", "00001"), ("history",), ("config", "show")):
        assert acme.say(*words).code == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("plann",), "plann"),
        (("--nope",), "--nope"),
        (("plan", "--nope"), "--nope"),
        (("plan", "--jsn"), "--jsn"),
        (("check", "hr", "idp"), "idp"),
        (("explain",), "PERSON"),
        (("apply",), "PLAN"),
        (("approve",), "PLAN"),
        (("check", "--config"), "--config"),
        (("history", "--limit", "many"), "--limit"),
        (("history", "--limit", "0"), "--limit"),
        (("config", "shwo"), "shwo"),
    ],
)
def test_wrong_usage_names_what_is_wrong_and_where_help_is(
    words: tuple[str, ...], told: str
) -> None:
    said = say(*words)
    assert said.code == EXIT_USAGE
    assert told.lower() in said.text.lower()
    assert "--help" in said.text
    assert said.out == ""
    assert "Traceback" not in said.text


@pytest.mark.parametrize("day", ["02.03.2026", "2026-02-30", "tomorrow", ""])
@pytest.mark.parametrize("command", ["plan", "drift", "sync"])
def test_a_day_that_is_none_is_wrong_usage(acme: Company, command: str, day: str) -> None:
    said = acme.say(command, "--as-of", day)
    assert said.code == EXIT_USAGE
    assert "2026-03-02" in said.text
    assert acme.requests() == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("explain", "nobody"), "neither the exports nor the ledger know 'nobody'"),
        (("history", "nobody"), "the ledger knows no run, no person and no team 'nobody'"),
        (("apply", "nothing"), "there is no plan 'nothing'"),
        (("approve", "nothing"), "there is no plan 'nothing'"),
    ],
)
def test_what_is_not_known_is_said_with_what_to_give(
    acme: Company, words: tuple[str, ...], told: str
) -> None:
    said = acme.say(*words)
    assert said.code == EXIT_USAGE
    assert told in said.text
    assert "hint: " in said.err
    assert not acme.ledger.exists()


def test_a_file_that_is_no_plan_is_said_to_be_none(acme: Company) -> None:
    file = acme.folder / "other.json"
    file.write_text('{"format": "something-else"}')
    for command in ("apply", "approve"):
        said = acme.say(command, file)
        assert said.code == EXIT_USAGE
        assert "other.json is not a plan of the format scimflow-plan/1" in said.text


def test_settings_are_found_by_their_folder_and_by_the_environment(
    acme: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert say("check", "--config", acme.folder).code == 0
    monkeypatch.setenv("SCIMFLOW_CONFIG", str(acme.config))
    assert say("plan", "--as-of", TODAY).code == 2


def test_ctrl_c_ends_a_command_with_one_word(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*anything: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("flows.cli.history.open_project", interrupted)
    said = say("history")
    assert (said.code, said.out, said.err) == (130, "", "interrupted\n")


def test_a_defect_is_told_by_its_kind_and_shown_whole_when_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*anything: object) -> None:
        raise KeyError("Ottoline Quartermaine")

    monkeypatch.setattr("flows.cli.history.open_project", broken)
    said = say("history")
    assert said.code == EXIT_OTHER
    assert "internal error (KeyError); this is a defect" in said.text
    assert "SCIMFLOW_DEBUG=1" in said.text
    assert "Ottoline" not in said.text
    monkeypatch.setenv("SCIMFLOW_DEBUG", "1")
    with pytest.raises(KeyError, match="Ottoline"):
        say("history")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_letters_that_a_terminal_does_not_know_end_no_command(acme: Company, encoding: str) -> None:
    acme.settings({"target": {"protected": ["łukasz@acme.example"]}})
    done = subprocess.run(
        [sys.executable, "-m", "flows.cli", "config", "show", "--config", str(acme.config)],
        cwd=Path(__file__).resolve().parents[2],
        env={**os.environ, "PYTHONIOENCODING": encoding},
        capture_output=True,
        timeout=60,
        check=True,
    )
    assert b"- \\u0142ukasz@acme.example" in done.stdout
