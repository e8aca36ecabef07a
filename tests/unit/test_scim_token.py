"""The token: found where the settings say, or a clear word on what is missing."""

from pathlib import Path

import pytest

from data_contracts.configuration.target import TokenReference
from data_contracts.errors import ConfigurationError
from tasks.scim.token import read_token


def test_a_token_comes_from_the_environment_a_file_or_a_block(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from-file\n", encoding="utf-8")
    environ = {"TOKEN": " from-environment "}
    found = [
        read_token(reference, environ, tmp_path, lambda name: f"from-{name}").get_secret_value()
        for reference in (
            TokenReference(token_env="TOKEN"),
            TokenReference(token_file="token"),
            TokenReference(token_block="block"),
        )
    ]
    assert found == ["from-environment", "from-file", "from-block"]


def test_the_token_is_not_shown(tmp_path: Path) -> None:
    token = read_token(TokenReference(token_env="TOKEN"), {"TOKEN": "s3cret"}, tmp_path)
    assert "s3cret" not in f"{token} {token!r}"


def no_block(name: str) -> str:
    raise ValueError(name)


@pytest.mark.parametrize(
    ("reference", "words", "hint"),
    [
        (TokenReference(token_env="ABSENT"), "ABSENT is not set", "export ABSENT="),
        (TokenReference(token_env="EMPTY"), "EMPTY is empty", "put the target's access token"),
        (TokenReference(token_file="absent"), "the file absent does not exist", "readable"),
        (TokenReference(token_file="binary"), "the file binary cannot be read", "readable"),
        (TokenReference(token_file="folder"), "the file folder cannot be read", "readable"),
        (TokenReference(token_block="absent"), "block 'absent' does not exist", "Prefect UI"),
        (TokenReference(token_env="QUOTED"), "cannot be an access token", "no quotes"),
        (TokenReference(token_env="LINES"), "cannot be an access token", "no second line"),
    ],
)
def test_a_missing_or_impossible_token_says_where_and_what_to_do(
    reference: TokenReference, words: str, hint: str, tmp_path: Path
) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    (tmp_path / "folder").mkdir()
    environ = {"EMPTY": " ", "QUOTED": "Bearer s3cret", "LINES": "s3cret\nX-Other: 1"}
    with pytest.raises(ConfigurationError) as caught:
        read_token(reference, environ, tmp_path, no_block)
    assert words in caught.value.message
    assert hint in (caught.value.hint or "")
    assert "s3cret" not in caught.value.message


def test_a_block_where_prefect_is_not_at_hand_says_what_to_use_instead(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="does not use Prefect"):
        read_token(TokenReference(token_block="b"), {}, tmp_path)
