"""`config` and `init`: the settings in effect, their schema, and a first scimflow.yaml."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest
import yaml

from data_contracts.configuration import load_configuration
from data_contracts.configuration.mapping import AccountReference
from data_contracts.errors import EXIT_CONTRACT, EXIT_USAGE
from tests.command_parts import TOKEN, Company, company, say

EXPORTS = Path(__file__).resolve().parents[2] / "examples" / "tern" / "exports"
SAMPLES = Path(__file__).resolve().parents[1] / "data" / "samples"


@pytest.fixture
def acme(tmp_path: Path) -> Iterator[Company]:
    with company(tmp_path) as acme:
        yield acme


def test_the_settings_in_effect_can_be_read_again_and_hold_the_defaults(acme: Company) -> None:
    shown = acme.say("config", "show")
    assert shown.code == 0
    settings = yaml.safe_load(shown.out)
    assert settings == acme.say("config", "show", "--json").document
    assert settings["target"]["page_size"] == 100
    assert settings["sources"]["hr"]["contract"] == "generic-hr"
    acme.config.write_text(shown.out, encoding="utf-8")
    assert acme.say("config", "show").out == shown.out


def test_a_secret_shows_as_the_reference_that_it_is(acme: Company) -> None:
    shown = acme.say("config", "show")
    assert "token_env: WORKSPACE_TOKEN" in shown.out
    assert TOKEN not in shown.text


def test_what_the_environment_overrides_is_in_effect(
    acme: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCIMFLOW__GUARDRAILS__DEACTIVATIONS__MAX", "7")
    settings = acme.say("config", "show", "--json").document
    assert settings["guardrails"]["deactivations"]["max"] == 7


def test_the_schema_accepts_the_settings_and_no_unknown_key(acme: Company) -> None:
    schema = say("config", "schema").document
    assert schema["title"] == "scimflow.yaml"
    settings = yaml.safe_load(acme.config.read_text(encoding="utf-8"))
    checker = jsonschema.Draft202012Validator(schema)
    checker.check_schema(schema)
    assert [e.message for e in checker.iter_errors(settings)] == []
    assert list(checker.iter_errors({**settings, "guardrials": {}}))


def test_init_writes_settings_that_check_and_plan_can_use(acme: Company) -> None:
    folder = acme.folder / "new"
    shutil.copytree(EXPORTS, folder / "exports")
    day = "2026-03-02"
    hr, idp = (folder / "exports" / f"{name}-{day}.csv" for name in ("hr", "idp"))
    words = ("--from", hr, "--idp", idp, "--target", acme.base_url, "--time-zone", "Europe/Oslo")
    written = folder / "scimflow.yaml"
    said = say("init", *words, "--token-env", "WORKSPACE_TOKEN", "-o", written)
    assert said.code == 0
    for words_said in ("bamboohr-report", "okta-rockstar-csv", "left to fill in", "scope", "roles"):
        assert words_said in said.text
    settings = yaml.safe_load(written.read_text(encoding="utf-8"))
    assert settings["sources"]["hr"]["path"] == f"exports/hr-{day}.csv"
    assert settings["lifecycle"]["time_zone"] == "Europe/Oslo"
    assert say("check", "--config", written).code == 0
    assert say("plan", "--config", written, "--as-of", day).code == 2


@pytest.mark.parametrize(
    ("sample", "told"), [("bamboohr-report.csv", True), ("jumpcloud-users-csv.csv", False)]
)
def test_init_asks_for_the_idps_id_where_the_export_has_none(
    tmp_path: Path, sample: str, *, told: bool
) -> None:
    export = shutil.copy(SAMPLES / sample, tmp_path)
    said = say("init", "--from", export, "-o", tmp_path / "scimflow.yaml")
    assert said.code == 0
    assert ("externalId" in said.text) is told


def test_managers_can_be_switched_on_in_settings_that_init_wrote(tmp_path: Path) -> None:
    """By what the export names them, as the contract's relationship says."""
    export = tmp_path / "hr.csv"
    shutil.copy(EXPORTS / "hr-2026-03-02.csv", export)
    written = tmp_path / "scimflow.yaml"
    assert say("init", "--from", export, "-o", written).code == 0
    text = written.read_text(encoding="utf-8")
    line = "  # enterprise.manager.value: {account_of: manager}\n"
    assert line in text
    settings = load_configuration(text.replace(line, line.replace("# ", "")), origin="settings")
    reference = settings.mapping["enterprise.manager.value"].account_of
    assert reference == AccountReference(column="manager", by="worker_key")


def test_init_drafts_a_contract_for_an_export_that_nobody_knows(tmp_path: Path) -> None:
    export = tmp_path / "people.csv"
    export.write_text("Pers-Nr;Mail;Gruppe\n1;ada@acme.example;A\n", encoding="utf-8")
    said = say("init", "--from", export, "-o", tmp_path / "scimflow.yaml")
    assert said.code == 0
    draft = tmp_path / "contracts" / "hr.odcs.yaml"
    assert f"no published contract fits; drafted: {draft}" in said.text
    assert "say what each column means" in said.text
    assert "Pers-Nr" in draft.read_text(encoding="utf-8")


def test_nobody_gets_an_account_by_a_draft_that_takes_everybody_for_employed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has no status, and its day of leaving is not known to be one."""
    monkeypatch.setenv("SCIMFLOW_TOKEN", "t0ken")
    export = tmp_path / "people.csv"
    export.write_text("Pers-Nr;Mail;Bis\n1;ada@acme.example;2025-12-31\n", encoding="utf-8")
    written = tmp_path / "scimflow.yaml"
    assert say("init", "--from", export, "-o", written).code == 0
    for command in ("check", "plan"):
        said = say(command, "--config", written)
        assert said.code == EXIT_CONTRACT, said.text
        assert "the contract is a draft" in said.text
        assert "hr.odcs.yaml, then write `status: active` there" in said.text
        assert "corrected export" not in said.text  # the export is not what is wrong
    assert "hint: complete the contract named above" in said.text


def test_init_writes_over_nothing_unless_it_is_told_to(acme: Company) -> None:
    before = acme.config.read_text(encoding="utf-8")
    words = ("init", "--from", acme.folder / "hr.csv", "-o", acme.config)
    said = say(*words)
    assert said.code == EXIT_USAGE
    assert "scimflow.yaml is there already" in said.text
    assert "--force" in said.text
    assert acme.config.read_text(encoding="utf-8") == before
    assert say(*words, "--force").code == 0
    assert acme.config.read_text(encoding="utf-8") != before


def test_init_says_which_flag_is_missing_when_nobody_can_be_asked(tmp_path: Path) -> None:
    said = say("init", "-o", tmp_path / "scimflow.yaml")
    assert said.code == EXIT_USAGE
    assert "use --from" in said.text
    assert list(tmp_path.iterdir()) == []


def test_init_says_that_an_export_is_missing_and_leaves_nothing_behind(tmp_path: Path) -> None:
    said = say("init", "--from", tmp_path / "no.csv", "-o", tmp_path / "new" / "scimflow.yaml")
    assert said.code == EXIT_CONTRACT
    assert "no.csv" in said.text
    assert list(tmp_path.iterdir()) == []
