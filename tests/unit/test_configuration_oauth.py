"""`target.auth.oauth2`: what fits together, and what is said where it does not."""

from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from data_contracts.configuration import Configuration, load_configuration
from data_contracts.configuration.oauth import OAuth2Settings
from data_contracts.errors import ConfigurationError

SECRET = "hunter2-s3cret"
HEAD = """\
sources:
  hr: {contract: hr, path: hr.csv}
mapping: {userName: email}
target:
  auth:
"""
URL = "https://login.example/token"
BY_CLIENT = {
    "grant": "client_credentials",
    "token_url": URL,
    "client_id": "us",
    "client_secret": {"env": "SECRET"},
}
BY_REFRESH = {
    "grant": "refresh_token",
    "token_url": URL,
    "client_id": "us",
    "refresh_token": {"file": "refresh-token"},
}
BY_JWT = {
    "grant": "jwt_bearer",
    "token_url": URL,
    "client_id": "us",
    "private_key": {"block": "key"},
    "subject": "admin",
}


def text_of(oauth2: Any) -> str:
    lines = yaml.safe_dump({"oauth2": oauth2}, sort_keys=False).splitlines()
    return HEAD + "".join(f"    {line}\n" for line in lines)


def load(oauth2: Any) -> OAuth2Settings:
    settings = load_configuration(text_of(oauth2), origin="scimflow.yaml").target.auth.oauth2
    assert settings is not None
    return settings


def problems(text: str) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        load_configuration(text, origin="scimflow.yaml")
    assert caught.value.exit_code == 64
    return caught.value.message.splitlines()


@pytest.mark.parametrize(
    "oauth2",
    [
        BY_CLIENT,
        {**BY_CLIENT, "client_secret_in": "body", "scopes": ["scim:users", "a/b"]},
        {**BY_CLIENT, "client_secret": None, "private_key": {"file": "k.pem"}, "key_id": "k1"},
        BY_REFRESH,
        {**BY_REFRESH, "client_secret": {"file": "s"}},
        {**BY_REFRESH, "private_key": {"file": "k.pem"}, "audience": "https://login.example"},
        BY_JWT,
        {**BY_JWT, "issuer": "us@example", "audience": "x", "assertion_s": 60},
        {**BY_JWT, "client_secret": {"env": "SECRET"}},
        {**BY_CLIENT, "token_url": "http://127.0.0.1:1/token"},
    ],
)
def test_each_grant_is_accepted_with_what_it_needs(oauth2: dict[str, Any]) -> None:
    assert load(oauth2).grant == oauth2["grant"]
    least = {key: value for key, value in oauth2.items() if value is not None}
    data = {
        "sources": {"hr": {"contract": "hr", "path": "hr.csv"}},
        "mapping": {"userName": "email"},
        "target": {"auth": {"oauth2": least}},
    }
    assert Draft202012Validator(Configuration.model_json_schema()).is_valid(data)


def without(settings: dict[str, Any], key: str) -> dict[str, Any]:
    return {k: v for k, v in settings.items() if k != key}


NO_SECRET = "give exactly one of `env`, `block` and `file`"


@pytest.mark.parametrize(
    ("oauth2", "expected"),
    [
        (without(BY_CLIENT, "client_id"), "6: target.auth.oauth2.client_id: is missing"),
        (without(BY_CLIENT, "token_url"), "6: target.auth.oauth2.token_url: is missing"),
        (
            {**BY_CLIENT, "grant": "password"},
            "7: target.auth.oauth2.grant: must be 'client_credentials', 'refresh_token' or "
            "'jwt_bearer'",
        ),
        (
            {**BY_CLIENT, "token_url": "http://login.example/token"},
            "8: target.auth.oauth2.token_url: "
            "must be an https:// URL (http:// is allowed on loopback alone)",
        ),
        (
            {**BY_CLIENT, "token_url": f"{URL}#x"},
            "8: target.auth.oauth2.token_url: no `#` in a token endpoint (RFC 6749 section 3.2)",
        ),
        (
            without(BY_CLIENT, "client_secret"),
            "6: target.auth.oauth2: "
            "grant client_credentials needs `client_secret` or `private_key`",
        ),
        (
            {**BY_CLIENT, "private_key": {"file": "k"}},
            "6: target.auth.oauth2: give one of `client_secret` and `private_key`",
        ),
        (
            {**BY_CLIENT, "refresh_token": {"file": "r"}, "subject": "x"},
            "6: target.auth.oauth2: "
            "`refresh_token` has no place in the grant client_credentials; "
            "`subject` has no place in the grant client_credentials",
        ),
        (
            {**BY_CLIENT, "key_id": "k"},
            "6: target.auth.oauth2: `key_id` goes with `private_key`",
        ),
        (
            {**BY_CLIENT, "assertion_s": 60},
            "6: target.auth.oauth2: `assertion_s` goes with `private_key`",
        ),
        (
            {**BY_CLIENT, "client_id": "a:b"},
            "6: target.auth.oauth2: a `client_id` with a colon needs `client_secret_in: body`",
        ),
        (
            without(BY_REFRESH, "refresh_token"),
            "6: target.auth.oauth2: grant refresh_token needs `refresh_token`",
        ),
        (
            {**BY_REFRESH, "issuer": "x"},
            "6: target.auth.oauth2: `issuer` has no place in the grant refresh_token",
        ),
        (
            {**BY_REFRESH, "client_secret_in": "body"},
            "6: target.auth.oauth2: `client_secret_in` goes with `client_secret`",
        ),
        (
            without(without(BY_JWT, "private_key"), "subject"),
            "6: target.auth.oauth2: grant jwt_bearer needs `private_key`; "
            "grant jwt_bearer needs `subject`",
        ),
        (
            {**BY_JWT, "refresh_token": {"env": "R"}},
            "6: target.auth.oauth2: `refresh_token` has no place in the grant jwt_bearer",
        ),
        (
            {**BY_JWT, "assertion_s": 5},
            "13: target.auth.oauth2.assertion_s: must be greater than or equal to 10",
        ),
        (
            {**BY_CLIENT, "scope": ["a"]},
            "12: target.auth.oauth2.scope: unknown key; did you mean `scopes`?",
        ),
        (
            {**BY_CLIENT, "scopes": "a b"},
            "12: target.auth.oauth2.scopes: must be a list",
        ),
        (
            {**BY_CLIENT, "client_secret": {"env": "A", "file": "b"}},
            f"10: target.auth.oauth2.client_secret: {NO_SECRET}",
        ),
        (
            {**BY_CLIENT, "client_secret": {}},
            f"10: target.auth.oauth2.client_secret: {NO_SECRET}",
        ),
        (
            {**BY_CLIENT, "client_secret": {"value": "x"}},
            "11: target.auth.oauth2.client_secret.value: unknown key; known here: block, env, file",
        ),
    ],
)
def test_what_does_not_fit_is_named_with_its_place(oauth2: dict[str, Any], expected: str) -> None:
    assert problems(text_of(oauth2)) == [f"scimflow.yaml:{expected}"]


@pytest.mark.parametrize("key", ["client_secret", "refresh_token", "private_key"])
def test_a_secret_in_the_settings_is_refused_and_not_repeated(key: str) -> None:
    (problem,) = problems(text_of({**BY_REFRESH, key: SECRET}))
    assert f"target.auth.oauth2.{key}: a secret does not stand in the settings" in problem
    assert "`{file: PATH}`" in problem
    assert SECRET not in problem


@pytest.mark.parametrize(
    "oauth2",
    [
        {**BY_CLIENT, "client_secret": {"env": SECRET}},
        {**BY_CLIENT, "client_secret": {"value": SECRET}},
        {**BY_CLIENT, "client_secret": [SECRET]},
        {**BY_CLIENT, "token_url": f"https://us:{SECRET}@login.example/token"},
        {**BY_CLIENT, "scopes": [f"{SECRET} x"]},
        {**BY_CLIENT, "assertion_s": SECRET},
        SECRET,
    ],
)
def test_no_error_repeats_a_value_that_may_be_a_secret(oauth2: Any) -> None:
    assert SECRET not in "\n".join(problems(text_of(oauth2)))


def test_a_token_and_oauth2_are_not_given_together() -> None:
    (problem,) = problems(text_of(BY_CLIENT) + "    token_env: TOKEN\n")
    assert problem == (
        "scimflow.yaml:5: target.auth: "
        "give exactly one of `token_env`, `token_block`, `token_file` and `oauth2`"
    )


def test_the_environment_overrides_a_particular() -> None:
    environ = {"SCIMFLOW__TARGET__AUTH__OAUTH2__CLIENT_ID": "other"}
    loaded = load_configuration(text_of(BY_CLIENT), origin="scimflow.yaml", environ=environ)
    assert loaded.target.auth.oauth2 is not None
    assert loaded.target.auth.oauth2.client_id == "other"


def test_how_one_authenticates_makes_no_plan_stale() -> None:
    by_client = load_configuration(text_of(BY_CLIENT), origin="a")
    by_jwt = load_configuration(text_of(BY_JWT), origin="a")
    assert by_client.digest == by_jwt.digest
