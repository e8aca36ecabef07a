"""The access token, read from where the settings say it is."""

from collections.abc import Callable, Mapping
from pathlib import Path

from pydantic import SecretStr

from data_contracts.configuration.target import TokenReference
from data_contracts.errors import ConfigurationError


def read_token(
    reference: TokenReference,
    environ: Mapping[str, str],
    folder: Path,
    read_block: Callable[[str], str] | None = None,
) -> SecretStr:
    """Read the access token.

    Args:
        reference: Where it is.
        environ: The environment variables.
        folder: What a relative `token_file` starts from.
        read_block: Reads a Prefect Secret block by name; None where Prefect is not at hand. It
            raises ValueError when there is no such block.

    Returns:
        The token, without white space around it.

    Raises:
        ConfigurationError: There is none, or it cannot be one.
    """
    if reference.token_env is not None:
        where = f"the environment variable {reference.token_env}"
        text = _from_environment(reference.token_env, environ)
    elif reference.token_file is not None:
        where = f"the file {reference.token_file}"
        text = _from_file(folder / reference.token_file, where)
    else:
        name = reference.token_block or ""
        where = f"the Prefect Secret block {name!r}"
        text = _from_block(name, where, read_block)
    return _checked(text.strip(), where)


def _from_environment(name: str, environ: Mapping[str, str]) -> str:
    if name not in environ:
        raise ConfigurationError(
            f"the environment variable {name} is not set: target.auth.token_env names it",
            hint=f"set it to the target's access token: export {name}=...",
        )
    return environ[name]


def _from_file(path: Path, where: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        reason = "does not exist"
    except (OSError, UnicodeDecodeError):
        reason = "cannot be read"
    raise ConfigurationError(
        f"{where} {reason}: target.auth.token_file names it",
        hint=f"put the access token and nothing else into {path}, readable for this user",
    )


def _from_block(name: str, where: str, read_block: Callable[[str], str] | None) -> str:
    if read_block is None:
        raise ConfigurationError(
            f"{where} cannot be read here: this command does not use Prefect",
            hint="use `token_env` or `token_file` for this command",
        )
    try:
        return read_block(name)
    except ValueError:
        raise ConfigurationError(
            f"{where} does not exist: target.auth.token_block names it",
            hint=f"create a Secret block {name!r} in the Prefect UI, with the access token",
        ) from None


def _checked(text: str, where: str) -> SecretStr:
    if not text:
        raise ConfigurationError(f"{where} is empty", hint="put the target's access token there")
    if not text.isascii() or not text.isprintable() or " " in text:
        raise ConfigurationError(
            f"{where} holds something that cannot be an access token",
            hint="put the token there alone: no `Bearer` in front, no quotes, no second line",
        )
    return SecretStr(text)
