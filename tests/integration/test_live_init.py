"""`scimflow init --from SYSTEM`: settings for a system that is asked, to be completed."""

from pathlib import Path

import pytest

from deployments.sandbox.server import serve_in_thread
from deployments.sandbox.settings import SandboxSettings
from flows.project import open_project
from tasks.report.live_starter import LIVE_STARTERS
from tests.command_parts import TOKEN as WORKSPACE_TOKEN
from tests.command_parts import Said, say
from tests.servers.live.okta import TOKEN, Okta, user
from tests.servers.live.stand_in import serving


def init(folder: Path, *words: str) -> Said:
    rest = ("--target", "https://scim.example/v2", "--time-zone", "UTC")
    return say("init", *words, *rest, "-o", folder / "scimflow.yaml")


@pytest.mark.parametrize("system", LIVE_STARTERS)
def test_the_settings_of_every_system_are_accepted_and_say_what_is_left(
    tmp_path: Path, system: str
) -> None:
    said = init(tmp_path, "--from", system)
    assert said.code == 0, said.text
    assert f"contract: {LIVE_STARTERS[system].contract} " in said.text
    for left in LIVE_STARTERS[system].left:
        assert f"hr: {left}" in said.text
    (source,) = open_project(tmp_path).settings.sources.values()
    assert source.live is not None
    assert source.live.system == system


def test_a_file_of_that_name_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "okta").write_text("User Id,Status,Username\n00u1,ACTIVE,a@fern.example\n")
    init(tmp_path, "--from", "okta")
    (source,) = open_project(tmp_path).settings.sources.values()
    assert (source.path, source.live) == ("okta", None)


def test_from_nothing_to_a_first_plan_with_init_check_and_plan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OKTA_TOKEN", TOKEN)
    monkeypatch.setenv("SCIMFLOW_TOKEN", WORKSPACE_TOKEN)
    sandbox = SandboxSettings(token=WORKSPACE_TOKEN, rate_limit_per_s=0)
    people = [user(1), user(2, "DEPROVISIONED")]
    with serve_in_thread(sandbox) as running, serving(Okta(users=people)) as okta:
        config = tmp_path / "scimflow.yaml"
        words = ("--from", "okta", "--target", running.base_url, "--time-zone", "UTC")
        assert say("init", *words, "-o", config).code == 0
        text = config.read_text("utf-8")
        config.write_text(text.replace("https://YOUR-ORG.okta.com", okta.base_url), "utf-8")
        assert say("check", "--config", config).code == 0
        said = say("plan", "--config", config, "--json")
        assert said.code == 2, said.text
        assert [o["worker_key"] for o in said.document["operations"]] == [people[0]["id"]]
