"""`sources.NAME.live`: one section a system, and what is said where it is wrong."""

import pytest

from data_contracts.configuration import Configuration, load_configuration
from data_contracts.errors import ConfigurationError

BASE = """\
sources:
  idp:
    contract: okta-users-json
    live:
      system: okta
      base_url: https://acme.okta.com
      auth: {token_env: OKTA_TOKEN}
mapping:
  userName: user_name
target:
  auth: {token_env: TOKEN}
"""
LIVE = "sources.idp.live"
LOGIN = "login: {user: isu, password: {env: P}}"
SYSTEMS = "'okta', 'microsoft-graph', 'google-directory', 'bamboohr', 'workday-raas'"
MISSING = f"4: {LIVE}: `system` is missing: one of {SYSTEMS}"
WORKDAY = BASE.replace("system: okta", "system: workday-raas").replace(
    "base_url: https://acme.okta.com", "report_url: https://wd.example/ccx/service/a/b?p=1"
)


def load(text: str) -> Configuration:
    return load_configuration(text, origin="scimflow.yaml")


def with_live(line: str) -> str:
    return BASE.replace("      auth:", f"      {line}\n      auth:")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (BASE.replace(": okta\n", ": okt\n"), f"4: {LIVE}: `system` must be one of {SYSTEMS}"),
        (BASE.replace("      system: okta\n", ""), MISSING),
        (with_live("pagesize: 5"), f"7: {LIVE}.pagesize: unknown key; did you mean `page_size`?"),
        (with_live("page_size: 201"), f"7: {LIVE}.page_size: must be less than or equal to 200"),
        (
            BASE.replace("https://acme", "http://acme"),
            "6: sources.idp.live.base_url: "
            "must be an https:// URL (http:// is allowed on loopback alone)",
        ),
        (
            BASE.replace("https://acme", "https://me:s3cret@acme"),
            "6: sources.idp.live.base_url: no user or password in a URL: use `auth`",
        ),
        (
            BASE.replace("okta.com", "okta.com/?after=x"),
            "6: sources.idp.live.base_url: no `?` and no `#` in the address of a system",
        ),
        (
            BASE.replace("    live:", "    path: okta.json\n    live:"),
            "2: sources.idp: `path` is about files and has no place beside `live`",
        ),
        (
            BASE.replace("    live:", "    settle_s: 60\n    live:"),
            "2: sources.idp: `settle_s` is about files and has no place beside `live`",
        ),
        (
            WORKDAY.replace("      auth:", f"      {LOGIN}\n      auth:"),
            "4: sources.idp.live: give exactly one of `login` and `auth`",
        ),
        (
            WORKDAY.replace("auth: {token_env: OKTA_TOKEN}", LOGIN.replace("{env: P}", "hunter2")),
            f"7: {LIVE}.login.password: a secret does not stand in the settings; say where "
            "it is: `{file: PATH}`, `{block: NAME}` or `{env: NAME}`",
        ),
    ],
)  # fmt: skip
def test_a_problem_has_file_line_path_and_remedy(text: str, expected: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(text)
    assert caught.value.message.splitlines() == [f"scimflow.yaml:{expected}"]
    assert "s3cret" not in caught.value.message


@pytest.mark.parametrize("text", [BASE, WORKDAY])
def test_what_is_asked_for_decides_about_people_and_how_does_not(text: str) -> None:
    settings = load(text)
    faster = load(text.replace("      auth:", "      requests_per_s: 9\n      auth:"))
    other_token = load(text.replace("OKTA_TOKEN", "ANOTHER"))
    elsewhere = load(text.replace("https://", "https://eu."))
    assert settings.digest == faster.digest == other_token.digest
    assert settings.digest != elsewhere.digest
    assert "OKTA_TOKEN" not in str(settings.about_people())
