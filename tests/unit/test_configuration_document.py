"""scimflow.yaml as people write it: every error with file, line, path and remedy."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from data_contracts.configuration import Configuration, load_configuration
from data_contracts.configuration.guardrails import Guardrails, Limit
from data_contracts.errors import ConfigurationError

BASE = """\
sources:
  hr: {contract: hr, path: hr.csv}
mapping:
  userName: email
target:
  base_url: http://127.0.0.1:1/scim/v2
  auth: {token_env: TOKEN}
"""
CLAUSE = "scope:\n  any_of:\n  - all_of:\n    - {column: c, %s}\n"
MUST_BE_TEXT = "must be text; put what YAML takes for a number, a date or yes/no into quotes"
MUST_BE_A_SECTION = "must be a section with keys; take it out when there is nothing to set"


def load(text: str, environ: dict[str, str] | None = None) -> Configuration:
    return load_configuration(text, origin="scimflow.yaml", environ=environ)


def problems(text: str, environ: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        load(text, environ)
    assert caught.value.exit_code == 64
    assert caught.value.hint
    return caught.value.message.splitlines()


def test_the_least_settings_are_enough() -> None:
    settings = load(BASE)
    assert settings.target.name == "productboard"
    assert settings.mapping["userName"].column == "email"
    assert settings.lifecycle.time_zone == "UTC"


def with_mapping(line: str) -> str:
    return BASE.replace("  userName: email\n", f"  userName: email\n  {line}\n")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # unknown keys name the nearest known one
        (BASE + "guardrail: {}\n", "8: guardrail: unknown key; did you mean `guardrails`?"),
        (
            BASE + "guardrails:\n  deactivation: {max: 1}\n",
            "9: guardrails.deactivation: unknown key; did you mean `deactivations`?",
        ),
        (
            BASE + "guardrails:\n  deactivations:\n    maximum: 1\n",
            "10: guardrails.deactivations.maximum: unknown key; did you mean `max`?",
        ),
        (
            BASE.replace("path: hr.csv", "path: hr.csv, authorty: login"),
            "2: sources.hr.authorty: unknown key; did you mean `authority`?",
        ),
        (
            with_mapping("title: {colum: title}"),
            "5: mapping.title.colum: unknown key; did you mean `column`?",
        ),
        (
            BASE + CLAUSE % "operater: in",
            "11: scope.any_of.0.all_of.0.operater: unknown key; did you mean `operator`?",
        ),
        (
            BASE + "lifecycle: {zzz: 1}\n",
            "8: lifecycle.zzz: unknown key; known here: "
            "absent, late_days, on_leave, prehire_days, reactivate, suspended, time_zone",
        ),
        (BASE + "folder: /etc\n", "8: folder: unknown key; did you mean `ledger`?"),
        (
            BASE.replace("token_env: TOKEN", "token: TOKEN"),
            "7: target.auth.token: unknown key; did you mean `token_env`?",
        ),
        # what YAML takes for something else
        (BASE + "roles:\n  default: no\n", f"9: roles.default: {MUST_BE_TEXT}"),
        (with_mapping("title: {constant: 007}"), f"5: mapping.title.constant: {MUST_BE_TEXT}"),
        (
            with_mapping("title: {constant: 2020-01-31}"),
            f"5: mapping.title.constant: {MUST_BE_TEXT}",
        ),
        (
            BASE + CLAUSE % "operator: in, values: [NO]",
            f"11: scope.any_of.0.all_of.0.values.0: {MUST_BE_TEXT}",
        ),
        (BASE + CLAUSE % "value: 7", f"11: scope.any_of.0.all_of.0.value: {MUST_BE_TEXT}"),
        (
            BASE + CLAUSE % "operator: in, values: FTE",
            "11: scope.any_of.0.all_of.0.values: must be a list",
        ),
        # sections that are none
        (BASE + "guardrails:\n", f"8: guardrails: {MUST_BE_A_SECTION}"),
        (BASE + "guardrails: none\n", f"8: guardrails: {MUST_BE_A_SECTION}"),
        (
            BASE.replace("  userName: email", "  userName: 5"),
            f"4: mapping.userName: {MUST_BE_A_SECTION}",
        ),
        (
            BASE.replace("  hr: {contract: hr, path: hr.csv}\n", "  {}\n"),
            "1: sources: must have at least one entry",
        ),
        # bounds and choices
        (
            BASE + "guardrails: {deactivations: {max: -1}}\n",
            "8: guardrails.deactivations.max: must be greater than or equal to 0",
        ),
        (
            BASE + "guardrails: {updates: {max_fraction: 1.5}}\n",
            "8: guardrails.updates.max_fraction: must be less than or equal to 1",
        ),
        (
            BASE + "lifecycle: {on_leave: remove}\n",
            "8: lifecycle.on_leave: must be 'keep' or 'deactivate'",
        ),
        (BASE + "version: 2\n", "8: version: must be 1"),
        (
            BASE + "lifecycle: {time_zone: Zurich}\n",
            "8: lifecycle.time_zone: 'Zurich' is no time zone of the IANA database "
            "(Europe/Zurich, UTC)",
        ),
        # what does not fit together
        (
            with_mapping("title: {column: a, constant: b}"),
            "5: mapping.title: give exactly one of `column`, `constant`, `template` and "
            "`account_of`",
        ),
        (
            with_mapping("title: {column: a, otherwise: b}"),
            "5: mapping.title: `otherwise` goes with `values`",
        ),
        (
            BASE + CLAUSE % "operator: in, value: FTE",
            "11: scope.any_of.0.all_of.0: operator in needs `values: [...]`",
        ),
        (
            BASE + CLAUSE % "operator: present, value: x",
            "11: scope.any_of.0.all_of.0: operator present takes no value",
        ),
        (
            BASE + CLAUSE % "operator: contains",
            "11: scope.any_of.0.all_of.0: operator contains needs `value`",
        ),
        (
            BASE + CLAUSE % "operator: matches, value: '('",
            "11: scope.any_of.0.all_of.0: '(' is no regular expression: "
            "missing ), unterminated subpattern at position 0",
        ),
        (
            BASE.replace("token_env: TOKEN", "token_env: A, token_file: b"),
            "7: target.auth: "
            "give exactly one of `token_env`, `token_block`, `token_file` and `oauth2`",
        ),
        (
            BASE.replace("mapping:", "  idp: {contract: c, path: p, authority: login}\nmapping:"),
            "1: settings: two sources need `merge`: which columns name the same person",
        ),
        (
            BASE.replace("mapping:", "  idp: {contract: c, path: p}\nmapping:"),
            "1: settings: exactly one source must have `authority: employment`",
        ),
        (
            BASE.replace("path: hr.csv", "path: hr.csv, authority: login"),
            "1: settings: exactly one source must have `authority: employment`",
        ),
        # paths that SCIM does not have
        (
            with_mapping("titel: title"),
            "5: mapping.titel: SCIM has no attribute 'titel': did you mean 'title'?",
        ),
        (
            with_mapping("active: title"),
            "5: mapping.active: `active` follows the lifecycle and cannot be mapped",
        ),
        (
            with_mapping('emails[type eq "work"].primary: title'),
            '5: mapping.emails[type eq "work"].primary: '
            "true or false cannot be mapped; a work address is primary by itself",
        ),
        (
            BASE + "  not_kept: [title, emails]\n",
            "8: target.not_kept.1: 'emails' names a list",
        ),
        (
            BASE + "  role_path: role\n",
            "8: target.role_path: SCIM has no attribute 'role': did you mean 'roles'?",
        ),
        (
            with_mapping("roles[primary eq true].value: title"),
            "5: mapping.roles[primary eq true].value: `roles` sets this attribute already",
        ),
        (
            BASE.replace("  userName: email\n", "  title: a\n  core.title: b\n"),
            "5: mapping.core.title: `title` sets this attribute already",
        ),
        (
            BASE.replace("userName: email", "title: email"),
            "3: mapping: `userName` is missing: SCIM requires it (RFC 7643 section 4.1.1)",
        ),
    ],
)
def test_an_error_names_file_line_path_and_what_would_be_right(text: str, expected: str) -> None:
    assert problems(text) == [f"scimflow.yaml:{expected}"]


def test_all_problems_are_told_at_once() -> None:
    assert problems("sources: {hr: {contract: hr}}\nmapping: {userName: email}\ntarget: {}\n") == [
        "scimflow.yaml:1: sources.hr: give `path` (a file) or `live` (a system that is asked)",
        "scimflow.yaml:3: target.auth: is missing",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (BASE + "mapping: {}\n", "scimflow.yaml:8: the key 'mapping' stands twice"),
        (
            BASE + "report: {folder: a, folder: b}\n",
            "scimflow.yaml:8: the key 'folder' stands twice",
        ),
        (with_mapping("userName: login"), "scimflow.yaml:5: the key 'userName' stands twice"),
        (BASE + "report: {folder: 'a}\n", "scimflow.yaml:9: malformed YAML"),
        (BASE + "\treport: {}\n", "scimflow.yaml:8: malformed YAML"),
        (BASE + "report: !!python/object:os.system {}\n", "scimflow.yaml:8: malformed YAML"),
        (BASE + "report: {folder: !secret x}\n", "scimflow.yaml:8: malformed YAML"),
        (BASE + "report: &a {folder: *a}\n", "scimflow.yaml:8: malformed YAML"),
        (BASE + "report: {folder: 2026-02-31}\n", "scimflow.yaml:8: malformed YAML"),
        (BASE + "? [a, b]\n: 1\n", "scimflow.yaml:8: malformed YAML"),
        (BASE + "---\n" + BASE, "scimflow.yaml:8: malformed YAML"),
        ("", "scimflow.yaml: expected settings"),
        ("- a\n", "scimflow.yaml: expected settings"),
        ("text", "scimflow.yaml: expected settings"),
    ],
)
def test_malformed_yaml_names_its_line(text: str, expected: str) -> None:
    (problem,) = problems(text)
    assert problem.startswith(expected)


def test_a_key_is_what_was_written() -> None:
    values = load(with_mapping("title: {column: c, values: {no: Norway, 007: Bond, ~: Nil}}"))
    assert values.mapping["title"].values == {"no": "Norway", "007": "Bond", "~": "Nil"}


def test_text_in_quotes_is_text() -> None:
    settings = load(BASE + "roles: {default: 'no'}\n")
    assert settings.roles.default == "no"


# ------------------------------------------------------------------------------ the environment


def test_environment_variables_override_the_file() -> None:
    environ = {
        "SCIMFLOW__TARGET__BASE_URL": "https://scim.example/v2/",
        "SCIMFLOW__GUARDRAILS__DEACTIVATIONS__MAX": "7",
        "SCIMFLOW__LIFECYCLE": "{prehire_days: 3}",
        "SCIMFLOW__SOURCES__HR__PATH": "other.csv",
        "SCIMFLOW__TARGET__PROTECTED": "[a@x, b@x]",
        "SCIMFLOW_TARGET__NAME": "not ours",
        "OTHER": "not ours",
    }
    settings = load(BASE + "guardrails: {deactivations: {max: 50, max_fraction: 0.5}}\n", environ)
    assert settings.target.base_url == "https://scim.example/v2"
    assert settings.guardrails.deactivations.max == 7
    assert settings.guardrails.deactivations.max_fraction == 0.5
    assert settings.lifecycle.prehire_days == 3
    assert settings.sources["hr"].path == "other.csv"
    assert settings.target.protected == ("a@x", "b@x")
    assert settings.target.name == "productboard"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("TARGET__BASE_URL", "http://x", "target.base_url: must be an https:// URL"),
        ("ROLES__DEFAULT", "no", f"roles.default: {MUST_BE_TEXT}"),
        (
            "GUARDRAILS",
            "{deactivations: {max: -1}}",
            "guardrails.deactivations.max: must be greater than or equal to 0",
        ),
        ("TARGT__NAME", "a", "targt: unknown key; did you mean `target`?"),
        ("TARGET__NAME__X", "a", f"target.name: {MUST_BE_TEXT}"),
        ("TARGET__AUTH__TOKEN", "s3cret", "target.auth.token: unknown key"),
        ("TARGET__BASE_URL__X", "a", "'base_url' is no section of the settings"),
    ],
)
def test_an_error_of_the_environment_names_the_variable(
    name: str, value: str, expected: str
) -> None:
    (problem,) = problems(BASE, {f"SCIMFLOW__{name}": value})
    assert problem.startswith(f"environment variable SCIMFLOW__{name}: {expected}")
    assert "s3cret" not in problem


def test_malformed_yaml_in_the_environment_names_the_variable() -> None:
    (problem,) = problems(BASE, {"SCIMFLOW__REPORT__FOLDER": "[s3cret"})
    assert problem.startswith("environment variable SCIMFLOW__REPORT__FOLDER:1: malformed YAML")
    assert "s3cret" not in problem


# -------------------------------------------------------------------------------------- secrets

SECRET = "hunter2-s3cret"


@pytest.mark.parametrize(
    "text",
    [
        BASE.replace("token_env: TOKEN", f"token: {SECRET}"),
        BASE.replace("token_env: TOKEN", f"token_env: A, token_file: {SECRET}"),
        BASE.replace("token_env: TOKEN", f"token_env: [{SECRET}]"),
        BASE.replace("auth: {token_env: TOKEN}", f"auth: {SECRET}"),
        BASE.replace("http://127.0.0.1:1", f"https://user:{SECRET}@example.com"),
        BASE.replace("http://127.0.0.1:1", f"http://{SECRET}.example.com"),
        BASE + f"ledger: {{url: 'postgresql://scimflow:{SECRET}@db/ledger'}}\n",
        BASE + f"ledger: {{url: 'postgresql://db/ledger?user=a&password={SECRET}'}}\n",
        BASE + f"ledger: {{url: ['{SECRET}']}}\n",
    ],
)
def test_no_error_repeats_a_value_that_may_be_a_secret(text: str) -> None:
    assert SECRET not in "\n".join(problems(text))


def test_the_environments_name_of_a_token_is_all_that_settings_hold() -> None:
    dumped = load(BASE).model_dump_json()
    assert '"token_env":"TOKEN"' in dumped
    assert "TOKEN" not in str(load(BASE).about_people())


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/scim",
        "http://10.0.0.1/scim",
        "http://127.0.0.1.example.com/scim",
        "http://localhost.example.com/scim",
        "ftp://example.com/scim",
        "example.com/scim",
        "https://",
        "//127.0.0.1/scim",
    ],
)
def test_only_https_is_spoken_beyond_the_machine(url: str) -> None:
    (problem,) = problems(BASE.replace("http://127.0.0.1:1/scim/v2", url))
    assert problem.endswith("must be an https:// URL (http:// is allowed on loopback alone)")


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:8080/s", "http://localhost/s", "http://[::1]:1/s", "HTTPS://example.com/s"],
)
def test_loopback_may_speak_http(url: str) -> None:
    assert load(BASE.replace("http://127.0.0.1:1/scim/v2", f"'{url}'")).target.base_url == url


# ------------------------------------------------------------------------- digest and the schema


def test_the_digest_names_what_decides_about_people_and_nothing_else() -> None:
    digest = load(BASE).digest
    same = [
        BASE.replace("TOKEN", "OTHER"),
        BASE + "ledger: {url: 'sqlite:///other.db'}\n",
        BASE + "report: {folder: other, show_values: true}\n",
        BASE + "  page_size: 7\n  max_in_flight: 2\n  timeout_s: 5\n",
        BASE.replace("userName: email", "userName: {column: email}"),
    ]
    for text in same:
        assert load(text).digest == digest
    other = [
        BASE.replace("userName: email", "userName: user_name"),
        BASE + "lifecycle: {prehire_days: 1}\n",
        BASE + "guardrails: {deactivations: {max: 51, max_fraction: 0.05}}\n",
        BASE + "guardrails: {deactivations: {max: 50, max_fraction: 0.06}}\n",
        BASE + "  protected: [a@x]\n",
        BASE + "  name: other\n",
        BASE + "roles: {default: maker}\n",
        BASE.replace("path: hr.csv", "path: other.csv"),
    ]
    assert len({load(text).digest for text in other} | {digest}) == len(other) + 1


def sections(schema: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The sections of the document; pydantic also lists `JsonValue`, any value, which is none."""
    named = {name: part for name, part in schema["$defs"].items() if name != "JsonValue"}
    return {"Configuration": schema, **named}


def test_every_field_of_every_section_says_what_it_is() -> None:
    schema = Configuration.model_json_schema()
    for name, section in sections(schema).items():
        assert section.get("description"), name
        for key, field in section.get("properties", {}).items():
            assert field.get("description"), f"{name}.{key}"


def test_the_schema_admits_the_short_form_of_a_rule_and_no_unknown_key() -> None:
    validator = Draft202012Validator(Configuration.model_json_schema())
    data: dict[str, Any] = {
        "sources": {"hr": {"contract": "hr", "path": "hr.csv"}},
        "mapping": {"userName": "email", "title": {"column": "title"}},
        "target": {"auth": {"token_env": "TOKEN"}},
    }
    assert validator.is_valid(data)
    assert not validator.is_valid({**data, "guardrail": {}})
    assert not validator.is_valid({**data, "mapping": {"userName": 5}})
    assert not validator.is_valid({**data, "mapping": {"userName": {"colum": "x"}}})


def test_settings_do_not_change_once_read() -> None:
    settings = load(BASE)
    with pytest.raises(ValueError, match="frozen"):
        settings.target.name = "other"  # type: ignore[misc]


def test_a_rule_for_small_populations_without_a_share_is_refused() -> None:
    with pytest.raises(ValueError, match="goes with `max_fraction`"):
        Limit(max_when_small=1)


def test_a_limit_keeps_the_parts_of_its_default_that_the_settings_do_not_name() -> None:
    limits = load(BASE + "guardrails: {deactivations: {max: 100}}\n").guardrails
    assert limits.deactivations == Limit(max=100, max_fraction=0.05)
    environ = {"SCIMFLOW__GUARDRAILS__DEACTIVATIONS__MAX": "7"}
    assert load(BASE, environ).guardrails.deactivations == Limit(max=7, max_fraction=0.05)


@pytest.mark.parametrize(
    "given",
    [
        "{}",
        "{deactivations: {max: 100}, creates: {max_fraction: 0.2, max_when_small: 9}}",
        "{deactivations: {max: null, max_fraction: null}, updates: {max_fraction: null}}",
    ],
)
def test_limits_in_effect_can_be_given_again(given: str) -> None:
    limits = load(BASE + f"guardrails: {given}\n").guardrails
    assert Guardrails.model_validate(limits.model_dump(mode="json", exclude_none=True)) == limits
